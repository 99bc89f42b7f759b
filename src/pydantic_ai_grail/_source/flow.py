"""The declared type of a value, followed through the session's own functions, where the checker loses it.

The checker infers neither what a function without annotations returns nor what its parameters are given. Here both
follow from what shows: the tool that a value comes from, every `return`, every call. Where one of them does not show,
or two do not agree, nothing is known.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final, TypeAlias

from .._catalog.entries import Catalog
from .._catalog.signatures import Declaration
from .provenance import Provenance

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
_MAX_DEPTH: Final = 10
_SAME: Final = frozenset({'list', 'sorted', 'reversed', 'tuple', 'iter'})
_ITEM: Final = frozenset({'max', 'min', 'next'})


class Flow:
    """Follows values through the cells of one session. `trees` are theirs, oldest first."""

    def __init__(
        self,
        trees: Iterable[ast.Module],
        *,
        provenance: Provenance,
        top_provenance: Provenance,
        catalog: Catalog,
        declarations: Mapping[str, Declaration],
    ) -> None:
        self._trees = tuple(trees)
        self._provenance = provenance
        self._top_provenance = top_provenance
        self._catalog = catalog
        self._declarations = declarations
        self._passed_function = False

    def record_of(self, value: ast.expr, within: Function | None) -> Declaration | None:
        """The record that an expression surely is, `None` apart, if it came through a function of the session.

        `within` is the function that the expression is in.
        """
        self._passed_function = False
        record = self.declared(value, within)
        return record if self._passed_function else None  # else the checker knows as much

    def declared(self, value: ast.expr, within: Function | None) -> Declaration | None:
        """The same, however the value came there."""
        kind = _without_none(self._kind(value, within, _MAX_DEPTH))
        return self._declarations.get(kind.id) if isinstance(kind, ast.Name) else None

    def kind_of(self, value: ast.expr, within: Function | None) -> ast.expr | None:
        """The declared type of an expression as an annotation; `None` where the value may have another."""
        return self._kind(value, within, _MAX_DEPTH)

    def _kind(self, value: ast.expr, within: Function | None, depth: int) -> ast.expr | None:
        """The type of an expression as an annotation."""
        if depth == 0:
            return None
        match value:
            case ast.Await(value=inner) | ast.NamedExpr(value=inner):
                return self._kind(inner, within, depth)
            case ast.Subscript(value=inner, slice=key):
                return self._under(_without_none(self._kind(inner, within, depth - 1)), key)
            case ast.ListComp(elt=item) | ast.GeneratorExp(elt=item):
                return _list_of(self._kind(item, within, depth - 1))
            case ast.IfExp(body=body, orelse=orelse):
                return _agreed([self._kind(body, within, depth - 1), self._kind(orelse, within, depth - 1)])
            case ast.BoolOp(op=ast.Or(), values=values):
                return _agreed([self._kind(each, within, depth - 1) for each in values if not _is_empty(each)])
            case ast.Constant(value=None):
                return value
            case ast.Call():
                return self._result(value, within, depth)
            case ast.Name(id=name):
                if within is not None and name in _parameters(within):
                    return None if _rebinds(within, name) else self._argument(within, name, depth - 1)
                return self._variable(name, within, depth - 1)
            case _:
                return None

    def _under(self, kind: ast.expr | None, key: ast.expr) -> ast.expr | None:
        """What stands under a key or number in a value of a type."""
        match kind, key:
            case ast.Subscript(value=ast.Name(id='list')), ast.Slice():
                return kind
            case ast.Subscript(value=ast.Name(id='list'), slice=item), _:
                return item
            case ast.Subscript(value=ast.Name(id='dict'), slice=ast.Tuple(elts=[_, item])), _:
                return None if self._provenance.adds_keys else item
            case ast.Name(id=name), ast.Constant(value=str(text)) if name in self._declarations:
                if self._provenance.is_stored(key):
                    return None
                fields = {field.key: field.annotation for field in self._declarations[name].fields}
                return ast.parse(fields[text], mode='eval').body if text in fields else None
            case _:
                return None

    def _result(self, call: ast.Call, within: Function | None, depth: int) -> ast.expr | None:
        """What a call gives."""
        function = call.func
        if self._provenance.is_tool(function):
            entry = self._catalog.entries[ast.unparse(function)]
            return ast.parse(entry.signature.returns, mode='eval').body
        match function, call.args:
            case ast.Name(id=name), [items, *_] if name in _SAME and not self._provenance.is_bound(name):
                return self._kind(items, within, depth - 1)
            case ast.Name(id='filter'), [_, items]:
                return self._kind(items, within, depth - 1)
            case ast.Name(id=name), [items, *_] if name in _ITEM and not self._provenance.is_bound(name):
                return _item(self._kind(items, within, depth - 1))
            case ast.Attribute(value=inner, attr='copy'), []:
                return self._kind(inner, within, depth - 1)
            case ast.Attribute(value=inner, attr='get'), [key]:
                return self._under(_without_none(self._kind(inner, within, depth - 1)), key)
            case _, [*awaited] if not call.keywords and self._provenance.is_gather(call):
                return _list_of(_agreed([self._gathered(each, within, depth - 1) for each in awaited]))
            case ast.Name(id=name), _ if (definition := self._function(name)) is not None:
                self._passed_function = True
                returned = [self._kind(each, definition, depth - 1) for each in _returned(definition)]
                return _agreed(returned)
            case _:
                return None

    def _gathered(self, argument: ast.expr, within: Function | None, depth: int) -> ast.expr | None:
        """What one argument of `gather` gives, or each of those that it stands for."""
        if isinstance(argument, ast.Starred):
            return _item(self._kind(argument.value, within, depth))
        return self._kind(argument, within, depth)

    def _variable(self, name: str, within: Function | None, depth: int) -> ast.expr | None:
        """What a variable holds, whatever of its assignments was the last."""
        sources = (self._top_provenance if within is None else self._provenance).sources_of_record(name)
        if not sources:
            return None
        kinds = [self._kind(value, within, depth) for _, value in sources]
        return _agreed(_item(kind) if how == 'item' else kind for (how, _), kind in zip(sources, kinds, strict=True))

    def _argument(self, function: Function, name: str, depth: int) -> ast.expr | None:
        """What every call gives a parameter."""
        if self._function(function.name) is not function:
            return None
        self._passed_function = True
        kinds: list[ast.expr | None] = []
        for given, how, around in self._given(function, name):
            kind = None if given is None else self._kind(given, around, depth)
            kinds.append(_item(kind) if how == 'item' else kind)
        return _agreed(kinds)

    def _given(self, function: Function, name: str) -> Iterator[tuple[ast.expr | None, str, Function | None]]:
        """What a parameter is given, each time the function is named: the value itself, or something with the items."""
        position = [each.arg for each in function.args.args].index(name) if name in _parameters(function) else -1
        named = 0
        for node, around in self._nodes:
            if isinstance(node, ast.Name) and node.id == function.name and isinstance(node.ctx, ast.Load):
                named += 1
            match node:
                case ast.Call(func=ast.Name(id=called)) if called == function.name:
                    named -= 1
                    yield _argument_of(node, position, name), 'value', around
                case ast.Call(func=ast.Name(id='map' | 'filter'), args=[ast.Name(id=called), items]):
                    if called == function.name:
                        named -= 1
                        yield items, 'item', around
                case ast.Call(func=ast.Name(id='sorted' | 'max' | 'min'), args=[items], keywords=words):
                    if any(isinstance(each.value, ast.Name) and each.value.id == function.name for each in words):
                        named -= 1
                        yield items, 'item', around
                case _:
                    pass
        if named:
            yield None, 'value', None  # it is passed on, and may be called anywhere

    @cached_property
    def _nodes(self) -> list[tuple[ast.AST, Function | None]]:
        """All nodes of the session, each with the function it is in."""
        found: list[tuple[ast.AST, Function | None]] = []
        waiting: list[tuple[ast.AST, Function | None]] = [(tree, None) for tree in self._trees]
        while waiting:
            node, within = waiting.pop()
            found.append((node, within))
            inner = node if isinstance(node, FUNCTIONS) else within
            waiting += ((child, inner) for child in ast.iter_child_nodes(node))
        return found

    def _function(self, name: str) -> Function | None:
        """The function of this name, if the session binds the name once."""
        if self._top_provenance.is_assigned(name):
            return None
        found = [node for node, _ in self._nodes if isinstance(node, FUNCTIONS) and node.name == name]
        return found[0] if len(found) == 1 and not found[0].decorator_list else None


def _parameters(function: Function) -> list[str]:
    return [each.arg for each in function.args.args]


def _rebinds(function: Function, name: str) -> bool:
    """Whether a parameter's name is bound again inside."""
    return any(
        isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
        for node in ast.walk(function)
    )


def _argument_of(call: ast.Call, position: int, name: str) -> ast.expr | None:
    if any(isinstance(each, ast.Starred) for each in call.args):
        return None
    if position < len(call.args):
        return call.args[position]
    return next((word.value for word in call.keywords if word.arg == name), None)


def _returned(function: Function) -> Iterator[ast.expr]:
    """What the function's own `return` statements give."""
    waiting: list[ast.AST] = [*function.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Return):
            yield node.value or ast.Constant(None)
        elif not isinstance(node, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            waiting += ast.iter_child_nodes(node)


def _item(kind: ast.expr | None) -> ast.expr | None:
    match kind:
        case ast.Subscript(value=ast.Name(id='list' | 'set' | 'frozenset'), slice=item):
            return item
        case ast.Subscript(value=ast.Name(id='tuple'), slice=ast.Tuple(elts=[item, ast.Constant()])):
            return item
        case _:
            return None


def _list_of(kind: ast.expr | None) -> ast.expr | None:
    return None if kind is None else ast.Subscript(ast.Name('list'), kind)


def _is_empty(value: ast.expr) -> bool:
    """Whether nothing is in it, so that it says nothing of a type: `rows or []`."""
    match value:
        case ast.List(elts=[]) | ast.Tuple(elts=[]) | ast.Dict(keys=[]):
            return True
        case _:
            return False


def _without_none(kind: ast.expr | None) -> ast.expr | None:
    match kind:
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
            return left
        case _:
            return kind


def _agreed(kinds: Iterable[ast.expr | None]) -> ast.expr | None:
    """The type that all of them are, if they are one; `None` among them changes nothing."""
    found = [*kinds]
    if not found or any(kind is None for kind in found):
        return None
    real = {ast.dump(bare): bare for kind in found if (bare := _without_none(kind)) is not None and not _is_none(bare)}
    return next(iter(real.values())) if len(real) == 1 else None


def _is_none(kind: ast.expr) -> bool:
    return isinstance(kind, ast.Constant) and kind.value is None
