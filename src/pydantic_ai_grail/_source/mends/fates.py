"""What becomes of a value: used as no coroutine could be, not used, or perhaps awaited somewhere.

Names and containers are followed to where they are used, through one cell.
"""

from __future__ import annotations

import ast
from enum import Enum
from typing import Final

from .mending import Mending

_PASSES_ITEMS_ON: Final = frozenset(
    {'list', 'tuple', 'set', 'enumerate', 'zip', 'reversed', 'iter', 'frozenset', 'dict'}
)
"""Builtins that hand on what is in a container, so coroutines in it may be awaited afterwards."""

_READS_NOTHING_INSIDE: Final = frozenset({'len', 'bool', 'id', 'isinstance', 'type', 'callable'})
"""Builtins that look at a container and not into it."""

_ADDS: Final = frozenset({'append', 'add', 'insert', 'appendleft', 'setdefault'})
"""Methods that put an argument into a container."""


class Fate(Enum):
    """What becomes of an expression's value."""

    VALUE = 'used as a value'
    """As no coroutine could be used."""
    UNUSED = 'not used'
    DOUBTFUL = 'perhaps awaited elsewhere'


class Fates:
    """Follows values through one cell."""

    def __init__(self, mending: Mending) -> None:
        self._mending = mending
        self._outline = mending.outline
        self._seen: set[tuple[str, bool]] = set()

    def of(self, node: ast.AST, *, inside: bool = False) -> Fate:
        """What becomes of a node's value; `inside` asks for what is in it, when it is a container."""
        parent = self._outline.parents[node]
        match parent:
            case ast.Expr():
                return Fate.VALUE
            case ast.Return():
                return self._returned(parent, inside=inside)
            case ast.Attribute():
                return self._method(parent, inside=inside)
            case ast.Subscript():
                return self._subscript(parent, node, inside=inside)
            case ast.BinOp():
                # Lists are added and repeated with what is in them; a coroutine cannot be.
                return self.of(parent, inside=True) if inside else Fate.VALUE
            case ast.Compare() | ast.UnaryOp() | ast.FormattedValue() | ast.Assert() | ast.AugAssign():
                return Fate.DOUBTFUL if inside and isinstance(parent, ast.AugAssign) else Fate.VALUE
            case ast.BoolOp(values=[*_, last]):
                return Fate.VALUE if last is not node and not inside else self.of(parent, inside=inside)
            case ast.If() | ast.While():
                return Fate.VALUE if not inside else Fate.UNUSED
            case ast.IfExp(test=test):
                return self.of(parent, inside=inside) if node is not test else Fate.VALUE
            case ast.For(iter=iterated, target=target) if iterated is node:
                return self._target(target) if inside else Fate.VALUE
            case ast.comprehension(iter=iterated, target=target):
                if iterated is not node:
                    return Fate.VALUE
                return self._target(target) if inside else Fate.VALUE
            case ast.Starred():
                return self.of(parent, inside=False) if inside else Fate.VALUE
            case ast.List() | ast.Tuple() | ast.Set():
                return Fate.DOUBTFUL if inside else self.of(parent, inside=True)
            case ast.Dict():
                is_value = any(value is node for value in parent.values)
                return self.of(parent, inside=True) if is_value and not inside else Fate.DOUBTFUL
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return Fate.DOUBTFUL if inside else self.of(parent, inside=True)
            case ast.Call():
                return self._argument(parent, node, inside=inside)
            case ast.keyword():
                call = self._outline.parents[parent]
                return self._argument(call, parent, inside=inside) if isinstance(call, ast.Call) else Fate.DOUBTFUL
            case ast.Assign(targets=[target]):
                return self._assigned(target, node, inside=inside)
            case ast.AnnAssign(target=target):
                return self._assigned(target, node, inside=inside)
            case ast.NamedExpr(target=target):
                return _worse(self._name(target, inside=inside), self.of(parent, inside=inside))
            case _:
                return Fate.DOUBTFUL

    def _returned(self, statement: ast.Return, *, inside: bool) -> Fate:
        kind = self._outline.scope_of(statement).kind
        return Fate.VALUE if kind == 'module' or (kind == 'coroutine' and not inside) else Fate.DOUBTFUL

    def _method(self, attribute: ast.Attribute, *, inside: bool) -> Fate:
        """`call().x`; or a method of the container that the value was put into."""
        if not inside:
            return Fate.DOUBTFUL if attribute.attr in ('send', 'throw', 'close') else Fate.VALUE
        call = self._outline.parents[attribute]
        if not isinstance(call, ast.Call) or call.func is not attribute:
            return Fate.DOUBTFUL
        if attribute.attr in _ADDS or attribute.attr in ('clear', 'keys', 'remove', 'reverse', 'index', 'count'):
            return Fate.UNUSED
        return self.of(call, inside=attribute.attr in ('values', 'items', 'copy'))

    def _subscript(self, subscript: ast.Subscript, node: ast.AST, *, inside: bool) -> Fate:
        if not inside or subscript.slice is node:
            return Fate.VALUE
        if not isinstance(subscript.ctx, ast.Load):
            return Fate.UNUSED
        return self.of(subscript, inside=isinstance(subscript.slice, ast.Slice))

    def _argument(self, call: ast.Call, node: ast.AST, *, inside: bool) -> Fate:
        function = call.func
        if function is node:
            return Fate.VALUE  # what the call gave is called
        if isinstance(function, ast.Name) and self._outline.is_free(function):
            name = function.id
            if name in self._mending.catalog.entries:
                return Fate.VALUE
            if name not in self._mending.support.builtins:
                return Fate.DOUBTFUL
            if inside and name in _PASSES_ITEMS_ON:
                return self.of(call, inside=True)
            if inside and name in _READS_NOTHING_INSIDE:
                return Fate.UNUSED
            return Fate.VALUE if name not in ('iter', 'setattr', 'map', 'filter') or not inside else Fate.DOUBTFUL
        if self._mending.tool(function) is not None:
            return Fate.VALUE
        dotted = self._outline.dotted(function)
        root = self._outline.root(function)
        if dotted is not None and root is not None and dotted.partition('.')[0] in self._mending.support.modules:
            return Fate.VALUE if dotted.partition('.')[0] in _MODULES_OF_VALUES else Fate.DOUBTFUL
        if isinstance(function, ast.Attribute):
            return self._put_into(function, inside=inside)
        return Fate.DOUBTFUL

    def _put_into(self, method: ast.Attribute, *, inside: bool) -> Fate:
        """An argument of a method: into a container whose name can be followed, or used up."""
        if isinstance(method.value, ast.Constant | ast.JoinedStr):
            return Fate.VALUE  # a method of text
        if not inside and method.attr in ('extend', 'update', 'join'):
            return Fate.VALUE
        if isinstance(method.value, ast.Name) and not inside and method.attr in _ADDS:
            return self._name(method.value, inside=True)
        return Fate.DOUBTFUL

    def _assigned(self, target: ast.expr, node: ast.AST, *, inside: bool) -> Fate:
        match target:
            case ast.Name():
                return self._name(target, inside=inside)
            case ast.Tuple() | ast.List():
                # `a, b = call()` takes it apart; `a, b = call(), call()` was followed into a display.
                return self._unpacked(target, node) if inside else Fate.VALUE
            case ast.Subscript(value=ast.Name() as container):
                return Fate.DOUBTFUL if inside else self._name(container, inside=True)
            case _:
                return Fate.DOUBTFUL

    def _unpacked(self, target: ast.Tuple | ast.List, node: ast.AST) -> Fate:
        if not isinstance(node, ast.Tuple | ast.List):
            return Fate.DOUBTFUL
        fate = Fate.UNUSED
        for element in target.elts:
            fate = _worse(fate, self._assigned(element, element, inside=False))
        return fate

    def _target(self, target: ast.expr) -> Fate:
        """What becomes of the items of a loop."""
        match target:
            case ast.Name():
                return self._name(target, inside=False)
            case ast.Tuple(elts=elements) if all(isinstance(element, ast.Name) for element in elements):
                fate = Fate.UNUSED
                for element in elements:
                    fate = _worse(fate, self._name(element, inside=False)) if isinstance(element, ast.Name) else fate
                return fate
            case _:
                return Fate.DOUBTFUL

    def _name(self, name: ast.Name, *, inside: bool) -> Fate:
        """The worst of all uses of a variable. A variable that is the value of the cell is used."""
        key = (name.id, inside)
        if key in self._seen:
            return Fate.UNUSED
        self._seen.add(key)
        if self._outline.scope_of(name).kind == 'class' or name.id in self._outline.module.outer:
            return Fate.DOUBTFUL
        uses = self._outline.loads.get(name.id, ())
        if inside and not uses and not self._is_final(name):
            return Fate.DOUBTFUL  # a container of coroutines, perhaps for a later cell
        fate = Fate.UNUSED
        for use in uses:
            fate = _worse(fate, self.of(use, inside=inside))
            if fate is Fate.DOUBTFUL:
                break
        return fate

    def _is_final(self, name: ast.Name) -> bool:
        return self._outline.statement_of(name) is self._outline.tree.body[-1]


_MODULES_OF_VALUES: Final = frozenset(
    {'json', 're', 'math', 'datetime', 'decimal', 'copy', 'base64', 'hashlib', 'csv', 'random', 'time'}
)
"""Standard modules none of whose functions takes a coroutine."""

_ORDER: Final = (Fate.UNUSED, Fate.VALUE, Fate.DOUBTFUL)


def _worse(one: Fate, other: Fate) -> Fate:
    return max(one, other, key=_ORDER.index)
