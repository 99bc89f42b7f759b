"""What becomes of a value: used as no coroutine could be, not used, or perhaps awaited somewhere.

Names and containers are followed to where they are used, through one cell. A depth says how many containers a value is
in by then: `calls` of `calls = [search(q) for q in qs]` holds its values at depth 1, `dict(calls).items()` at 2.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from enum import Enum
from typing import Final

from .mending import Mending

_HANDS_ON: Final = frozenset({'list', 'tuple', 'set', 'frozenset', 'reversed', 'iter', 'sorted'})
"""Builtins that give a container of what was in their argument."""
_PAIRS: Final = frozenset({'enumerate', 'zip'})
"""Builtins that give tuples of what was in their arguments."""
_LOOKS_ONLY: Final = frozenset({'len', 'bool', 'id', 'isinstance', 'type', 'callable', 'hasattr'})
"""Builtins that look at a container and not into it."""
_MAY_CALL: Final = frozenset({'map', 'filter', 'setattr', 'getattr'})
"""Builtins that hand values to functions, or to objects."""
_ADDS: Final = frozenset({'append', 'add', 'insert', 'appendleft', 'setdefault'})
"""Methods that put an argument into a container."""
_POURS: Final = frozenset({'extend', 'update'})
"""Methods that put what is in an argument into a container."""
_CHANGES: Final = _ADDS | _POURS | {'clear', 'remove', 'discard', 'reverse', 'keys', 'index', 'count'}
"""Methods of a container that give away nothing of what is in it."""
_TAKES_OUT: Final = frozenset({'get', 'pop', 'popleft'})
_SAME_DEPTH: Final = frozenset({'values', 'copy'})
_ITERTOOLS_HAND_ON: Final = frozenset({'chain', 'islice', 'cycle', 'batched', 'compress', 'tee'})
"""Functions of `itertools` that give what was in their arguments, and do not look at it."""
_ITERTOOLS_LOOK: Final = frozenset({'takewhile', 'dropwhile', 'filterfalse', 'groupby', 'accumulate', 'starmap'})
"""Those that give it to a function, which may do anything but wait for it."""
_DEEPEST: Final = 4
_MODULES_OF_VALUES: Final = frozenset(
    {'json', 're', 'math', 'datetime', 'decimal', 'copy', 'base64', 'hashlib', 'csv', 'random', 'time'}
)
"""Standard modules none of whose functions takes a coroutine."""


class Fate(Enum):
    """What becomes of an expression's value."""

    UNUSED = 'not used'
    VALUE = 'used as a value'
    """As no coroutine could be used."""
    DOUBTFUL = 'perhaps awaited elsewhere'


_ORDER: Final = tuple(Fate)


class Fates:
    """Follows values through one cell. Made anew for each question."""

    def __init__(self, mending: Mending) -> None:
        self._mending = mending
        self._outline = mending.outline
        self._seen: set[tuple[str, int]] = set()

    def of(self, node: ast.AST, depth: int = 0) -> Fate:
        """What becomes of the value of a node, or of what is `depth` containers deep in it."""
        if depth > _DEEPEST:
            return Fate.DOUBTFUL
        parent = self._outline.parents[node]
        match parent:
            case ast.Expr() | ast.FormattedValue():
                return Fate.VALUE
            case ast.Return():
                kind = self._outline.scope_of(parent).kind
                return Fate.VALUE if kind == 'module' or (kind == 'coroutine' and not depth) else Fate.DOUBTFUL
            case ast.If() | ast.While() | ast.UnaryOp() | ast.Assert():
                return Fate.UNUSED if depth else Fate.VALUE
            case ast.Match(subject=subject, cases=cases) if subject is node and not depth:
                captures = any(isinstance(each.pattern, ast.MatchAs) and each.pattern.name for each in cases)
                return Fate.DOUBTFUL if captures else Fate.VALUE
            case ast.Compare(ops=[ast.In() | ast.NotIn()]) if parent.left is not node:
                return Fate.VALUE  # what is in it is compared
            case ast.Compare():
                return Fate.DOUBTFUL if depth else Fate.VALUE
            case ast.BinOp():
                return self.of(parent, depth) if depth else Fate.VALUE
            case ast.BoolOp(values=[*_, last]):
                return Fate.VALUE if last is not node and not depth else self.of(parent, depth)
            case ast.IfExp(test=test):
                return self.of(parent, depth) if node is not test else Fate.UNUSED if depth else Fate.VALUE
            case ast.For(iter=iterated, target=target) | ast.comprehension(iter=iterated, target=target):
                if iterated is not node or not depth:
                    return Fate.UNUSED if depth else Fate.VALUE
                return self._put(target, depth - 1)
            case ast.Starred():
                return self.of(parent, depth - 1) if depth else Fate.VALUE
            case ast.List() | ast.Tuple() | ast.Set():
                return self.of(parent, depth + 1)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self.of(parent, depth + 1)
            case ast.Dict(values=values):
                is_value = any(value is node for value in values)
                spread = is_value and parent.keys[values.index(node)] is None if isinstance(node, ast.expr) else False
                return self.of(parent, depth if spread else depth + 1) if is_value else Fate.DOUBTFUL
            case ast.Attribute():
                return self._member(parent, depth)
            case ast.Subscript():
                return self._item(parent, node, depth)
            case ast.Call():
                return self._argument(parent, node, depth)
            case ast.keyword():
                call = self._outline.parents[parent]
                return self._argument(call, parent, depth) if isinstance(call, ast.Call) else Fate.DOUBTFUL
            case ast.Assign(targets=targets):
                return self._worst(self._put(target, depth) for target in targets)
            case ast.AnnAssign(target=target):
                return self._put(target, depth)
            case ast.AugAssign(target=target):
                return self._put(target, depth) if depth else Fate.VALUE
            case ast.NamedExpr(target=target):
                return self._worst((self._name(target, depth), self.of(parent, depth)))
            case _:
                return Fate.DOUBTFUL

    def _member(self, attribute: ast.Attribute, depth: int) -> Fate:
        """`call().x`; or a method of the container that the value is in."""
        if not depth:
            return Fate.DOUBTFUL if attribute.attr in ('send', 'throw', 'close') else Fate.VALUE
        call = self._outline.parents[attribute]
        if not isinstance(call, ast.Call) or call.func is not attribute:
            return Fate.DOUBTFUL
        if attribute.attr in _CHANGES:
            return Fate.UNUSED
        if attribute.attr in _SAME_DEPTH:
            return self.of(call, depth)
        if attribute.attr == 'items':
            return self.of(call, depth + 1)
        return self.of(call, depth - 1) if attribute.attr in _TAKES_OUT else Fate.DOUBTFUL

    def _item(self, subscript: ast.Subscript, node: ast.AST, depth: int) -> Fate:
        if not depth or subscript.slice is node:
            return Fate.VALUE
        if not isinstance(subscript.ctx, ast.Load):
            return Fate.UNUSED
        return self.of(subscript, depth if isinstance(subscript.slice, ast.Slice) else depth - 1)

    def _argument(self, call: ast.Call, node: ast.AST, depth: int) -> Fate:
        function = call.func
        if function is node or self._mending.tool(function) is not None:
            return Fate.VALUE  # what a call gave is called, or handed to a tool
        if isinstance(function, ast.Name) and self._outline.is_free(function):
            return self._argument_of_builtin(call, function.id, depth)
        dotted = self._outline.dotted(function)
        module = (dotted or '').partition('.')[0]
        if module == 'itertools' and depth and (fate := self._argument_of_itertools(call, dotted or '', depth)):
            return fate
        if module in self._mending.support.modules:
            return Fate.VALUE if module in _MODULES_OF_VALUES else Fate.DOUBTFUL
        if isinstance(function, ast.Attribute):
            return self._argument_of_method(function, depth)
        return Fate.DOUBTFUL

    def _argument_of_itertools(self, call: ast.Call, dotted: str, depth: int) -> Fate | None:
        name = dotted.rpartition('.')[2]
        if name in _ITERTOOLS_LOOK:
            return Fate.VALUE
        if name in _ITERTOOLS_HAND_ON:
            return self.of(call, depth + (name in ('batched', 'tee')))
        return self.of(call, max(depth - 1, 1)) if name == 'from_iterable' else None

    def _argument_of_builtin(self, call: ast.Call, name: str, depth: int) -> Fate:
        if name == 'filter' and depth and isinstance(call.args[0], ast.Constant):
            return self._worst((Fate.VALUE, self.of(call, depth)))  # `None`: the items themselves are tested
        if name not in self._mending.support.builtins or name in _MAY_CALL:
            return Fate.DOUBTFUL
        if not depth:
            return Fate.VALUE
        if name in _LOOKS_ONLY:
            return Fate.UNUSED
        if name in _HANDS_ON and not (name == 'sorted' and not call.keywords):
            return self.of(call, depth)
        if name in _PAIRS:
            return self.of(call, depth + 1)
        if name == 'dict':
            return self.of(call, max(depth - 1, 1))
        return self.of(call, depth - 1) if name == 'next' else Fate.VALUE

    def _argument_of_method(self, method: ast.Attribute, depth: int) -> Fate:
        if isinstance(method.value, ast.Constant | ast.JoinedStr):
            return Fate.VALUE  # a method of text
        if method.attr in _POURS:
            return self._into(method.value, depth) if depth else Fate.VALUE
        return self._into(method.value, depth + 1) if method.attr in _ADDS else Fate.DOUBTFUL

    def _put(self, target: ast.expr, depth: int) -> Fate:
        """What becomes of a value that is bound to a target."""
        match target:
            case ast.Name():
                return self._name(target, depth)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                return self._worst(self._put(element, depth - 1) for element in elements) if depth else Fate.VALUE
            case ast.Starred(value=value):
                return self._put(value, depth + 1)
            case ast.Subscript(value=value):
                return self._into(value, depth + 1)
            case _:
                return Fate.DOUBTFUL

    def _into(self, container: ast.expr, depth: int) -> Fate:
        """What becomes of a value put into a container, which must be a variable or be in one."""
        while isinstance(container, ast.Subscript):
            container, depth = container.value, depth + 1
        return self._name(container, depth) if isinstance(container, ast.Name) else Fate.DOUBTFUL

    def _name(self, name: ast.Name, depth: int) -> Fate:
        """The worst of all uses of a variable. A container that nothing uses may be meant for a later cell."""
        if (name.id, depth) in self._seen:
            return Fate.UNUSED
        self._seen.add((name.id, depth))
        outline = self._outline
        if name.id == '_' and not outline.loads.get('_'):
            return Fate.UNUSED
        if depth > _DEEPEST or outline.scope_of(name).kind == 'class' or name.id in outline.module.outer:
            return Fate.DOUBTFUL
        uses = outline.loads.get(name.id, ())
        if depth and not uses and outline.statement_of(name) is not outline.tree.body[-1]:
            return Fate.DOUBTFUL
        return self._worst(self.of(use, depth) for use in uses)

    @staticmethod
    def _worst(fates: Iterable[Fate]) -> Fate:
        found = Fate.UNUSED
        for fate in fates:
            found = max(found, fate, key=_ORDER.index)
            if found is Fate.DOUBTFUL:
                break
        return found
