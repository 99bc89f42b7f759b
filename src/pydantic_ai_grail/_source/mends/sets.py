"""Set methods with several arguments, which Monty takes one at a time: chained, or folded over an unpacked list."""

from __future__ import annotations

import ast
from typing import Final

from ..edits import Edit
from .mending import Mending

_CHAINS: Final = frozenset({'union', 'intersection', 'difference'})
_FOLD: Final = 'functools.reduce(lambda _left, _right: _left.{method}(_right), '


def mend_sets(mending: Mending) -> None:
    """`a.union(b, c)` as `a.union(b).union(c)`; `set.union(*sets)` as a fold."""
    if not mending.lacks('set-several'):
        return
    defined = {node.name for node in mending.outline.nodes(ast.FunctionDef)}
    for call, _ in mending.calls:
        if not isinstance(call.func, ast.Attribute) or call.keywords or call.func.attr in defined:
            continue
        method = call.func.attr
        if method in _CHAINS and len(call.args) == 1 and isinstance(call.args[0], ast.Starred):
            _fold(mending, call, call.func, call.args[0])
        elif len(call.args) > 1 and not any(isinstance(argument, ast.Starred) for argument in call.args):
            if method in _CHAINS:
                _chain(mending, call, method)
            elif method == 'update':
                _update(mending, call)


def _chain(mending: Mending, call: ast.Call, method: str) -> None:
    edits: list[Edit] = []
    for argument in call.args[:-1]:
        comma = mending.comma_after(mending.text.span(argument)[1])
        if comma is None:
            return
        edits.append(Edit(comma, comma + 1, f').{method}('))
    mending.mend('set-method', call, f'`{method}` of several sets became one call for each: it takes one here', *edits)


def _update(mending: Mending, call: ast.Call) -> None:
    first, last = call.args[0], call.args[-1]
    edits = [mending.before(first, '['), mending.after(last, ']'), *(mending.before(one, '*') for one in call.args)]
    mending.mend('set-method', call, '`update` with several arguments became one: it takes one here', *edits)


def _fold(mending: Mending, call: ast.Call, function: ast.Attribute, starred: ast.Starred) -> None:
    """The result is copied, since a fold over one set gives that set itself."""
    method = function.attr
    (start, end), (items_start, items_end) = mending.text.span(call), mending.text.span(starred.value)
    imported = mending.needs('import functools', [call])
    head = _FOLD.format(method=method)
    is_class = mending.outline.is_builtin(function.value, 'set', 'frozenset')
    if is_class:
        opening = mending.between(start, items_start, head)
        closing = mending.between(items_end, end, ').copy()')
        edits = [opening, closing]
    else:
        opening = mending.between(mending.text.span(function.value)[1], mending.text.span(starred)[0], ', ')
        closing = mending.between(items_end, end, ']).copy()')
        edits = [mending.before(function.value, f'{head}['), opening, closing]
    found = [edit for edit in edits if edit is not None]
    if imported is not None and len(found) == len(edits):
        mending.mend('set-method', call, f'`{method}` of unpacked sets became a fold', *imported, *found)
