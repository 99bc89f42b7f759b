"""Where values come from, and so whether the type that the checker infers for an expression can be relied on.

What it infers for an item of a container that code fills, for what a function of the session returns or for an attribute
holds only as long as nothing else is put there. What a tool gave is what the tool declares, and what follows from it by
subscripts, loops and methods; a variable can be relied on when all that is ever assigned to it can.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Final

from .._catalog.entries import Catalog
from .bindings import Bindings
from .bound_values import Source, Sources
from .stored_attributes import Stores

_SAME_KIND: Final = frozenset(
    {'list', 'sorted', 'tuple', 'reversed', 'enumerate', 'zip', 'min', 'max', 'set', 'iter', 'next'}
)
"""Builtins whose result is made of their arguments."""
_PLAIN_MAKERS: Final = frozenset(
    {'dict', 'str', 'int', 'float', 'bool', 'len', 'round', 'repr', 'abs', 'sum', 'any', 'all'}
)
"""Builtins whose result is plain whatever they are given."""
_MAX_DEPTH: Final = 8


class Provenance:
    """Answers for one cell below its session."""

    def __init__(
        self,
        sources: Iterable[Sources],
        *,
        catalog: Catalog,
        bindings: Bindings,
        stores: Stores,
        unsure: frozenset[str],
    ) -> None:
        self._sources = Sources.union(sources)
        self._is_aliased = any(not self._is_made_here(name) for name in self._sources.changed)
        self._is_filled_elsewhere = any(not self._is_made_here(name) for name in self._sources.filled)
        self._catalog = catalog
        self._bindings = bindings
        self._stores = stores
        self._unsure = unsure

    def _is_made_here(self, name: str) -> bool:
        """Whether all that a name stands for are containers made by the code that names it."""
        if name in self._sources.opaque:
            return False
        return all(kind == 'value' and _is_made(value) for kind, value in self._sources.known.get(name, ()))

    def has_steady_kind(self, value: ast.expr, depth: int = _MAX_DEPTH) -> bool:
        """Whether the outermost part of the inferred type can be relied on: that it is a list, whatever is in it."""
        if depth == 0:
            return False
        match value:
            case ast.Name(id=name):
                return self._may_know(name) and all(
                    self.has_steady_kind(source, depth - 1) if kind == 'value' else self.is_steady(source, depth - 1)
                    for kind, source in self._sources.known.get(name, ())
                )
            case ast.IfExp(body=body, orelse=orelse):
                return self.has_steady_kind(body, depth - 1) and self.has_steady_kind(orelse, depth - 1)
            case ast.Subscript(value=inner, slice=key):
                return self.is_steady(inner, depth - 1) and not self._is_assigned(key)
            case _:
                return _is_made(value) or self.is_steady(value, depth)

    def _may_know(self, name: str) -> bool:
        """Whether nothing but assignments and loops binds a name."""
        if name in self._sources.opaque or name in self._unsure or name in self._bindings.declared:
            return False
        return name in self._sources.known

    def is_steady(self, value: ast.expr, depth: int = _MAX_DEPTH) -> bool:
        """Whether the type that is inferred for an expression can be relied on, all of it."""
        if depth == 0:
            return False
        match value:
            case ast.Constant() | ast.JoinedStr() | ast.Compare():
                return True
            case ast.List(elts=[]) | ast.Dict(keys=[]):
                return False
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items) | ast.BoolOp(values=items):
                return all(self.is_steady(item, depth - 1) for item in items)
            case ast.Dict(values=items):
                return all(self.is_steady(item, depth - 1) for item in items)
            case ast.ListComp(elt=item) | ast.SetComp(elt=item) | ast.GeneratorExp(elt=item) | ast.DictComp(value=item):
                return self.is_steady(item, depth - 1)
            case ast.IfExp(body=body, orelse=orelse):
                return self.is_steady(body, depth - 1) and self.is_steady(orelse, depth - 1)
            case ast.BinOp(left=left, right=right):
                return self.is_steady(left, depth - 1) and self.is_steady(right, depth - 1)
            case ast.UnaryOp(operand=inner) | ast.Starred(value=inner) | ast.Await(value=inner):
                return self.is_steady(inner, depth - 1)
            case ast.Subscript(value=inner, slice=key):
                return self.is_steady(inner, depth - 1) and not self.is_stored(key)
            case ast.Call():
                return self._is_steady_call(value, depth)
            case ast.Name(id=name):
                return self._is_steady_name(name, depth)
            case _:
                return False

    def tool_behind(self, value: ast.expr, depth: int = _MAX_DEPTH) -> str | None:
        """The name of the tool whose result an expression is, or is made of, if one shows."""
        for node in ast.walk(value) if depth else ():
            if isinstance(node, ast.Call) and self.is_tool(node.func):
                return ast.unparse(node.func)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                for _, source in self._sources.known.get(node.id, ()):
                    if (found := self.tool_behind(source, depth - 1)) is not None:
                        return found
        return None

    def is_single(self, value: ast.expr, depth: int = _MAX_DEPTH) -> bool:
        """Whether there is only one way in which an expression gets its value."""
        for node in ast.walk(value) if depth else ():
            if isinstance(node, (ast.IfExp, ast.BoolOp)):
                return False
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                known = self._sources.known.get(node.id, ())
                if len(known) > 1 or not all(self.is_single(source, depth - 1) for _, source in known):
                    return False
        return depth > 0

    def is_gather(self, value: ast.expr) -> bool:
        """Whether an expression is `asyncio.gather(...)` itself, or a variable that only ever holds one."""
        match value:
            case ast.Call(func=ast.Attribute(value=ast.Name(id='asyncio'), attr='gather') | ast.Name(id='gather')):
                return not self._bindings.assigned & {'asyncio', 'gather'}
            case ast.Name(id=name) if self._may_know(name):
                known = self._sources.known[name]
                return all(
                    kind == 'value' and isinstance(each, ast.Call) and self.is_gather(each) for kind, each in known
                )
            case _:
                return False

    def is_tool(self, function: ast.expr) -> bool:
        """Whether an expression is a tool's own name and no variable's."""
        name = ast.unparse(function)
        return name in self._catalog.entries and not self.is_bound(name.partition('.')[0])

    def is_assigned(self, name: str) -> bool:
        """Whether a name is bound by anything but a `def`."""
        return name in self._sources.known or name in self._sources.opaque or name in self._unsure

    def sources_if_known(self, name: str) -> tuple[Source, ...]:
        """All that a variable is bound to, if nothing else binds it and nothing changes what it holds."""
        if self._is_aliased or name in self._sources.changed or not self._may_know(name):
            return ()
        return self._sources.known[name]

    def sources_of_record(self, name: str) -> tuple[Source, ...]:
        """The same where code may add keys to it, or to anything else: it stays the record or the list it was."""
        if self._is_filled_elsewhere or name in self._sources.filled or not self._may_know(name):
            return ()
        return self._sources.known[name]

    @property
    def adds_keys(self) -> bool:
        """Whether code puts anything under a written-out key, which a dict may then hold among its values."""
        return self._sources.changed != self._sources.filled

    def is_bound(self, name: str) -> bool:
        """Whether the session binds a name that is not a tool module's."""
        if self.is_assigned(name):
            return True
        return name in self._bindings.names and name not in self._catalog.modules

    def is_stored(self, key: ast.expr) -> bool:
        """Whether code may have put what is read under this key."""
        changed = isinstance(key, ast.Constant) and key.value in self._sources.changed_keys
        return changed or self._is_assigned(key)

    def _is_assigned(self, key: ast.expr) -> bool:
        """Whether code may have assigned something under this key."""
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            return key.value in self._stores.added_keys or self._stores.any_key
        return False  # of lists and tuples, and of dicts that `changed` knows

    def _is_steady_call(self, call: ast.Call, depth: int) -> bool:
        function = call.func
        if self.is_tool(function):
            return True
        match function:
            case ast.Name(id=name) if self.is_bound(name):
                return False
            case ast.Name(id=name) if name in _PLAIN_MAKERS:
                return True
            case ast.Name(id='map') if call.args and self.is_tool(call.args[0]):
                return True
            case ast.Name(id=name) if name in _SAME_KIND:
                return all(self.is_steady(argument, depth - 1) for argument in call.args)
            case ast.Attribute(value=ast.Name(id='asyncio'), attr='gather'):
                return all(self.is_steady(argument, depth - 1) for argument in call.args)
            case ast.Attribute(value=inner):
                return self.is_steady(inner, depth - 1)
            case _:
                return False

    def _is_steady_name(self, name: str, depth: int) -> bool:
        known = self.sources_if_known(name)
        return bool(known) and all(self.is_steady(value, depth - 1) for _, value in known)


_MADE: Final = (ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp, ast.SetComp, ast.DictComp, ast.JoinedStr)


def _is_made(value: ast.expr) -> bool:
    """Whether the expression makes a new container."""
    match value:
        case ast.Call(func=ast.Name(id=name)):
            return name in ('list', 'dict', 'set', 'tuple', 'sorted', 'defaultdict', 'Counter')
        case _:
            return isinstance(value, _MADE)
