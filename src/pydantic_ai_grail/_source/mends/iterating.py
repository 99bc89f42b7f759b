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
        case ast.Assign(targets=[ast.Name(id=name) as target], value=value) if _is_lazy(mending, value):
            pass
        case _:
            return
    uses = mending.outline.loads.get(name, [])
    if statement is mending.outline.tree.body[-1]:
        if not uses:
            note = f'kept `{name}` as a list: generators, `map` and the like are lists here, and not used up'
            mending.mend('iterator', statement, note)
            return
    elif any(_is_handed_out(mending, use) for use in uses):
        return
    edits = _as_iterator(mending, value)
    taken = any(_is_taken_from(mending, use) for use in uses)
    if taken or len(uses) > 1 or any(_is_repeated(mending, use, target) for use in uses):
        note = f'made `{name}` an iterator with `iter(...)`: generators, `map` and the like are lists here'
        mending.mend('iterator', statement, note, *edits)
    elif mending.is_where_it_says(value):
        mending.take(edits)  # a later cell may take from it again; in this one it makes no difference


def _is_handed_out(mending: Mending, use: ast.Name) -> bool:
    """Given to a tool, gathered, or part of the cell's value: what goes there goes as a list."""
    outline = mending.outline
    node: ast.AST = use
    while not isinstance(node, ast.stmt):
        parent = outline.parents[node]
        if isinstance(parent, ast.Call) and parent.func is not node:
            return mending.tool(parent.func) is not None or outline.dotted(parent.func) == 'asyncio.gather'
        if isinstance(parent, ast.comprehension):
            return False
        node = parent
    is_last = isinstance(node, ast.Expr) and node is outline.tree.body[-1]
    return is_last or isinstance(node, ast.Return)


def _is_repeated(mending: Mending, use: ast.Name, target: ast.Name) -> bool:
    """Whether a use runs more often than the assignment: in a loop, a comprehension or a function of its own."""
    outline = mending.outline
    around = {*outline.ancestors(target)}
    child: ast.AST = use
    for ancestor in outline.ancestors(use):
        if ancestor in around:
            return False
        if isinstance(ancestor, ast.While) or (isinstance(ancestor, ast.For) and child is not ancestor.iter):
            return True
        if isinstance(ancestor, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return True
        if isinstance(ancestor, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            return child is not ancestor.generators[0]
        child = ancestor
    return False


def _is_taken_from(mending: Mending, use: ast.Name) -> bool:
    parent = mending.outline.parents[use]
    return (
        isinstance(parent, ast.Call)
        and mending.outline.is_builtin(parent.func, 'next')
        and bool(parent.args)
        and parent.args[0] is use
    )
