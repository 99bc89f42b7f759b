"""What becomes of a value: used as no coroutine could be, not used, or perhaps awaited somewhere.

Names and containers are followed to where they are used, through one cell. A depth says how many containers a value is
in by then: `calls` of `calls = [search(q) for q in qs]` holds its values at depth 1, `dict(calls).items()` at 2.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from enum import Enum
from typing import Final

from .cell_rewriter import CellRewriter

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


class ValueUse(Enum):
    """What becomes of an expression's value."""

    UNUSED = 'not used'
    VALUE = 'used as a value'
    """As no coroutine could be used."""
    DOUBTFUL = 'perhaps awaited elsewhere'


_ORDER: Final = tuple(ValueUse)


class ValueUses:
    """Follows values through one cell. A new one for each question."""

    def __init__(self, rewriter: CellRewriter) -> None:
        self._rewriter = rewriter
        self._outline = rewriter.outline
        self._seen: set[tuple[str, int]] = set()

    def of(self, node: ast.AST, depth: int = 0) -> ValueUse:
        """What becomes of the value of a node, or of what is `depth` containers deep in it."""
        if depth > _DEEPEST:
            return ValueUse.DOUBTFUL
        parent = self._outline.parents[node]
        match parent:
            case ast.Expr() | ast.FormattedValue():
                return ValueUse.VALUE
            case ast.Return():
                kind = self._outline.scope_of(parent).kind
                return ValueUse.VALUE if kind == 'module' or (kind == 'coroutine' and not depth) else ValueUse.DOUBTFUL
            case ast.If() | ast.While() | ast.UnaryOp() | ast.Assert():
                return ValueUse.UNUSED if depth else ValueUse.VALUE
            case ast.Match(subject=subject, cases=cases) if subject is node and not depth:
                captures = any(isinstance(each.pattern, ast.MatchAs) and each.pattern.name for each in cases)
                return ValueUse.DOUBTFUL if captures else ValueUse.VALUE
            case ast.Compare(ops=[ast.In() | ast.NotIn()]) if parent.left is not node:
                return ValueUse.VALUE  # what is in it is compared
            case ast.Compare():
                return ValueUse.DOUBTFUL if depth else ValueUse.VALUE
            case ast.BinOp():
                return self.of(parent, depth) if depth else ValueUse.VALUE
            case ast.BoolOp(values=[*_, last]):
                return ValueUse.VALUE if last is not node and not depth else self.of(parent, depth)
            case ast.IfExp(test=test):
                return self.of(parent, depth) if node is not test else ValueUse.UNUSED if depth else ValueUse.VALUE
            case ast.For(iter=iterated, target=target) | ast.comprehension(iter=iterated, target=target):
                if iterated is not node or not depth:
                    return ValueUse.UNUSED if depth else ValueUse.VALUE
                return self._put(target, depth - 1)
            case ast.Starred():
                return self.of(parent, depth - 1) if depth else ValueUse.VALUE
            case ast.List() | ast.Tuple() | ast.Set():
                return self.of(parent, depth + 1)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self.of(parent, depth + 1)
            case ast.Dict(values=values):
                is_value = any(value is node for value in values)
                spread = is_value and parent.keys[values.index(node)] is None if isinstance(node, ast.expr) else False
                return self.of(parent, depth if spread else depth + 1) if is_value else ValueUse.DOUBTFUL
            case ast.Attribute():
                return self._member(parent, depth)
            case ast.Subscript():
                return self._item(parent, node, depth)
            case ast.Call():
                return self._argument(parent, node, depth)
            case ast.keyword():
                call = self._outline.parents[parent]
                return self._argument(call, parent, depth) if isinstance(call, ast.Call) else ValueUse.DOUBTFUL
            case ast.Assign(targets=targets):
                return self._worst(self._put(target, depth) for target in targets)
            case ast.AnnAssign(target=target):
                return self._put(target, depth)
            case ast.AugAssign(target=target):
                return self._put(target, depth) if depth else ValueUse.VALUE
            case ast.NamedExpr(target=target):
                return self._worst((self._name(target, depth), self.of(parent, depth)))
            case _:
                return ValueUse.DOUBTFUL

    def _member(self, attribute: ast.Attribute, depth: int) -> ValueUse:
        """`call().x`; or a method of the container that the value is in."""
        if not depth:
            return ValueUse.DOUBTFUL if attribute.attr in ('send', 'throw', 'close') else ValueUse.VALUE
        call = self._outline.parents[attribute]
        if not isinstance(call, ast.Call) or call.func is not attribute:
            return ValueUse.DOUBTFUL
        if attribute.attr in _CHANGES:
            return ValueUse.UNUSED
        if attribute.attr in _SAME_DEPTH:
            return self.of(call, depth)
        if attribute.attr == 'items':
            return self.of(call, depth + 1)
        return self.of(call, depth - 1) if attribute.attr in _TAKES_OUT else ValueUse.DOUBTFUL

    def _item(self, subscript: ast.Subscript, node: ast.AST, depth: int) -> ValueUse:
        if not depth or subscript.slice is node:
            return ValueUse.VALUE
        if not isinstance(subscript.ctx, ast.Load):
            return ValueUse.UNUSED
        return self.of(subscript, depth if isinstance(subscript.slice, ast.Slice) else depth - 1)

    def _argument(self, call: ast.Call, node: ast.AST, depth: int) -> ValueUse:
        function = call.func
        if function is node or self._rewriter.tool(function) is not None:
            return ValueUse.VALUE  # what a call gave is called, or passed to a tool
        if isinstance(function, ast.Name) and self._outline.is_free(function):
            return self._argument_of_builtin(call, function.id, depth)
        dotted = self._outline.dotted(function)
        module = (dotted or '').partition('.')[0]
        if module == 'itertools' and depth and (use := self._argument_of_itertools(call, dotted or '', depth)):
            return use
        if module in self._rewriter.support.modules:
            return ValueUse.VALUE if module in _MODULES_OF_VALUES else ValueUse.DOUBTFUL
        if isinstance(function, ast.Attribute):
            return self._argument_of_method(function, depth)
        return ValueUse.DOUBTFUL

    def _argument_of_itertools(self, call: ast.Call, dotted: str, depth: int) -> ValueUse | None:
        name = dotted.rpartition('.')[2]
        if name in _ITERTOOLS_LOOK:
            return ValueUse.VALUE
        if name in _ITERTOOLS_HAND_ON:
            return self.of(call, depth + (name in ('batched', 'tee')))
        return self.of(call, max(depth - 1, 1)) if name == 'from_iterable' else None

    def _argument_of_builtin(self, call: ast.Call, name: str, depth: int) -> ValueUse:
        if name == 'filter' and depth and isinstance(call.args[0], ast.Constant):
            return self._worst((ValueUse.VALUE, self.of(call, depth)))  # `None`: the items themselves are tested
        if name not in self._rewriter.support.builtins or name in _MAY_CALL:
            return ValueUse.DOUBTFUL
        if not depth:
            return ValueUse.VALUE
        if name in _LOOKS_ONLY:
            return ValueUse.UNUSED
        if name in _HANDS_ON and not (name == 'sorted' and not call.keywords):
            return self.of(call, depth)
        if name in _PAIRS:
            return self.of(call, depth + 1)
        if name == 'dict':
            return self.of(call, max(depth - 1, 1))
        return self.of(call, depth - 1) if name == 'next' else ValueUse.VALUE

    def _argument_of_method(self, method: ast.Attribute, depth: int) -> ValueUse:
        if isinstance(method.value, ast.Constant | ast.JoinedStr):
            return ValueUse.VALUE  # a method of text
        if method.attr in _POURS:
            return self._into(method.value, depth) if depth else ValueUse.VALUE
        return self._into(method.value, depth + 1) if method.attr in _ADDS else ValueUse.DOUBTFUL

    def _put(self, target: ast.expr, depth: int) -> ValueUse:
        """What becomes of a value that is bound to a target."""
        match target:
            case ast.Name():
                return self._name(target, depth)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                return self._worst(self._put(element, depth - 1) for element in elements) if depth else ValueUse.VALUE
            case ast.Starred(value=value):
                return self._put(value, depth + 1)
            case ast.Subscript(value=value):
                return self._into(value, depth + 1)
            case _:
                return ValueUse.DOUBTFUL

    def _into(self, container: ast.expr, depth: int) -> ValueUse:
        """What becomes of a value put into a container, which must be a variable or be in one."""
        while isinstance(container, ast.Subscript):
            container, depth = container.value, depth + 1
        return self._name(container, depth) if isinstance(container, ast.Name) else ValueUse.DOUBTFUL

    def _name(self, name: ast.Name, depth: int) -> ValueUse:
        """The worst of all uses of a variable. A container that nothing uses may be meant for a later cell."""
        if (name.id, depth) in self._seen:
            return ValueUse.UNUSED
        self._seen.add((name.id, depth))
        outline = self._outline
        if name.id == '_' and not outline.loads.get('_'):
            return ValueUse.UNUSED
        if depth > _DEEPEST or outline.scope_of(name).kind == 'class' or name.id in outline.module.outer:
            return ValueUse.DOUBTFUL
        uses = outline.loads.get(name.id, ())
        if depth and not uses and outline.statement_of(name) is not outline.tree.body[-1]:
            return ValueUse.DOUBTFUL
        return self._worst(self.of(use, depth) for use in uses)

    @staticmethod
    def _worst(uses: Iterable[ValueUse]) -> ValueUse:
        found = ValueUse.UNUSED
        for use in uses:
            found = max(found, use, key=_ORDER.index)
            if found is ValueUse.DOUBTFUL:
                break
        return found
