"""Generator expressions, `map` and their like as the iterators they are in CPython; in Monty they are lists.

`next()` of one gets an `iter()` around it, and so does one that is kept in a variable and taken from or read twice.
`map(tool, items)` becomes a comprehension, since a tool can only be called where the code may wait.
"""

from __future__ import annotations

import ast
from typing import Final

from ..edits import Edit
from .awaiting import can_await
from .fates import Fate, Fates
from .mending import Mending

_LAZY: Final = ('map', 'filter', 'zip', 'reversed', 'enumerate')


def mend_iterators(mending: Mending) -> None:
    """Make iterators of what is taken from, one item at a time."""
    if mending.lacks('next-generator'):
        for call, _ in mending.calls_of('next'):
            if call.args and call.args[0] not in mending.lowered and _is_lazy(mending, call.args[0]):
                edits = _as_iterator(mending, call.args[0], inside=call)
                mending.mend(
                    'next',
                    call,
                    'put `iter(...)` around what `next` takes from: generators, `map` and the like are lists here',
                    *edits,
                )
    if mending.lacks('generator-exhausted'):
        for statement in mending.outline.nodes(ast.Assign):
            _mend_variable(mending, statement)


def mend_mapped_tools(mending: Mending) -> None:
    """`map(tool, items)` as a list comprehension."""
    if not mending.lacks('map-tool'):
        return
    for call, _ in mending.calls_of('map'):
        match call:
            case ast.Call(args=[function, items], keywords=[]) if not isinstance(items, ast.Starred):
                entry = mending.tool(function)
                if entry is None:
                    continue
                (start, end), (first, last) = mending.text.span(call), mending.text.span(function)
                item_start, item_end = mending.text.span(items)
                waits = not entry.facts.sequential and can_await(mending.outline, call)
                waits = waits and Fates(mending).of(call, 1) is not Fate.DOUBTFUL
                head = mending.between(start, first, '[await ' if waits else '[')
                middle = mending.between(last, item_start, '(_item) for _item in ')
                tail = mending.between(item_end, end, ']')
                if head is not None and middle is not None and tail is not None:
                    note = f'`map({entry.facts.python_name}, ...)` became a list comprehension'
                    mending.mend('map-tool', call, note, head, middle, tail)
            case _:
                pass


def _is_lazy(mending: Mending, node: ast.expr) -> bool:
    if isinstance(node, ast.GeneratorExp):
        return True
    return isinstance(node, ast.Call) and mending.outline.is_builtin(node.func, *_LAZY)


def _as_iterator(mending: Mending, node: ast.expr, *, inside: ast.Call | None = None) -> tuple[Edit, ...]:
    if not isinstance(node, ast.GeneratorExp):
        return mending.around(node, 'iter(', ')')
    if inside is not None and mending.text.span(node)[1] == mending.text.span(inside)[1]:
        return mending.around(node, '(iter', ')')  # it has no brackets of its own
    return (mending.before(node, 'iter'),)


def _mend_variable(mending: Mending, statement: ast.Assign) -> None:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_lazy(mending, value):
            uses = mending.outline.loads.get(name, [])
            taken = any(_is_taken_from(mending, use) for use in uses)
            if taken or (isinstance(value, ast.GeneratorExp) and len(uses) > 1):
                edits = _as_iterator(mending, value)
                mending.mend(
                    'iterator',
                    statement,
                    f'made `{name}` an iterator with `iter(...)`: generators, `map` and the like are lists here',
                    *edits,
                )
        case _:
            pass


def _is_taken_from(mending: Mending, use: ast.Name) -> bool:
    parent = mending.outline.parents[use]
    return (
        isinstance(parent, ast.Call)
        and mending.outline.is_builtin(parent.func, 'next')
        and bool(parent.args)
        and parent.args[0] is use
    )
