"""Set methods with several arguments, which Monty takes one at a time.

What is surely a set has its calls chained; any other receiver is asked for its type when the call is made, since an
object of the user's own may have a method of the same name.
"""

from __future__ import annotations

import ast
from typing import Final

from ..edits import Edit
from .cell_rewriter import CellRewriter
from .kinds import kind_of

_CHAINS: Final = frozenset({'union', 'intersection', 'difference'})
_SETS: Final = frozenset({'set', 'frozenset'})
_FOLD: Final = 'functools.reduce(lambda _left, _right: _left.{method}(_right), '
_GIVES: Final = (
    '(lambda _set, *_others: (_set.copy() if not _others else '
    'functools.reduce(lambda _left, _right: _left.{method}(_right), _others, _set)) '
    'if type(_set) in (set, frozenset) else _set.{method}(*_others))'
)
_UPDATES: Final = (
    '(lambda _set, *_others: [_set.update(_other) for _other in _others] and None '
    'if type(_set) is set else _set.update(*_others))'
)
_NOTE: Final = '`{method}` of several sets became one call for each: it takes one here'


def rewrite_sets(rewriter: CellRewriter) -> None:
    """`a.union(b, c)`, `a.update(b, c)` and `set.union(*sets)`."""
    if not rewriter.lacks('set-several'):
        return
    for call, _ in rewriter.calls:
        if not isinstance(call.func, ast.Attribute) or call.keywords:
            continue
        method, owner = call.func.attr, call.func.value
        is_unpacked = any(isinstance(argument, ast.Starred) for argument in call.args)
        if method not in (*_CHAINS, 'update') or (len(call.args) < 2 and not is_unpacked):
            continue
        if rewriter.outline.is_builtin(owner, *_SETS):
            if method in _CHAINS and len(call.args) == 1 and isinstance(call.args[0], ast.Starred):
                _fold(rewriter, call, call.args[0], method)
        elif (kind := kind_of(rewriter, owner)) is None or is_unpacked:
            _dispatch(rewriter, call, call.func, is_set=kind in _SETS)
        elif kind in _SETS and method in _CHAINS:
            _chain(rewriter, call, method)
        elif kind == 'set':
            _update(rewriter, call)


def _chain(rewriter: CellRewriter, call: ast.Call, method: str) -> None:
    edits: list[Edit] = []
    for argument in call.args[:-1]:
        comma = rewriter.comma_after(rewriter.text.span(argument)[1])
        if comma is None:
            return
        edits.append(Edit(comma, comma + 1, f').{method}('))
    rewriter.rewrite('set-method', call, _NOTE.format(method=method), *edits)


def _update(rewriter: CellRewriter, call: ast.Call) -> None:
    first, last = call.args[0], call.args[-1]
    edits = [rewriter.before(first, '['), rewriter.after(last, ']'), *(rewriter.before(one, '*') for one in call.args)]
    rewriter.rewrite('set-method', call, '`update` with several arguments became one: it takes one here', *edits)


def _dispatch(rewriter: CellRewriter, call: ast.Call, function: ast.Attribute, *, is_set: bool) -> None:
    """`x.union(a, b)` as a function of `x`, `a` and `b`, which are evaluated once and in this order."""
    start = rewriter.text.span(call)[0]
    name_end = rewriter.text.span(function)[1]
    dot = rewriter.text.source.rfind('.', 0, name_end)
    opening = rewriter.text.source.find('(', name_end)
    joint = rewriter.between(dot, opening + 1, ', ')
    head = (_UPDATES if function.attr == 'update' else _GIVES).format(method=function.attr)
    imported = [] if function.attr == 'update' else rewriter.needs('import functools', [call])
    if joint is None or imported is None:
        return
    edits = [*imported, Edit(start, start, f'{head}('), joint]
    if is_set:
        rewriter.rewrite('set-method', call, _NOTE.format(method=function.attr), *edits)
    elif rewriter.is_where_it_says(call):
        rewriter.take(edits)  # of what may be no set there is nothing to tell


def _fold(rewriter: CellRewriter, call: ast.Call, starred: ast.Starred, method: str) -> None:
    """`set.union(*sets)`. The result is copied, since a fold over one set gives that set itself."""
    (start, end), (items_start, items_end) = rewriter.text.span(call), rewriter.text.span(starred.value)
    imported = rewriter.needs('import functools', [call])
    edits = [
        rewriter.between(start, items_start, _FOLD.format(method=method)),
        rewriter.between(items_end, end, ').copy()'),
    ]
    found = [edit for edit in edits if edit is not None]
    if imported is not None and len(found) == len(edits):
        rewriter.rewrite('set-method', call, f'`{method}` of unpacked sets became a fold', *imported, *found)
