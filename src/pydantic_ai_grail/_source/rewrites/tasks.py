"""Tasks and gathers as Monty has them: a tool call under way is its own task, and `gather` takes awaitables only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from ..edits import Edit
from .awaiting import can_await
from .cell_rewriter import CellRewriter, keyword
from .value_uses import ValueUse, ValueUses

_MAKES_TASK: Final = ('asyncio.create_task', 'asyncio.ensure_future')
_SETTLED: Final = (
    '_grail_settled = (eval("exec(\'async def _grail_settled(call):\\\\n try:\\\\n  return await call\\\\n'
    " except Exception as error:\\\\n  return error')\"), eval('_grail_settled'))[1]"
)
"""An awaitable that gives its exception instead of raising it. Only `exec` can define it in one line."""


def rewrite_tasks(rewriter: CellRewriter) -> None:
    """Take off `create_task`, gather sequential tools by calling them, and gather exceptions as values."""
    for call, name in rewriter.calls_of(*_MAKES_TASK):
        if name not in _existing(rewriter):
            _rewrite_task(rewriter, call)
    gathers = [call for call, _ in rewriter.calls_of('asyncio.gather')]
    for call in gathers:
        if not _rewrite_sequential(rewriter, call) and rewriter.lacks('asyncio.gather(return_exceptions=)'):
            _rewrite_exceptions(rewriter, call)


def _existing(rewriter: CellRewriter) -> set[str]:
    return {f'asyncio.{name}' for name in rewriter.support.modules.get('asyncio', ())}


def _rewrite_task(rewriter: CellRewriter, call: ast.Call) -> None:
    """`create_task(tool(x))` as `(tool(x))`. A task that is asked for more than its result stays."""
    match call:
        case ast.Call(args=[ast.Call() as inner], keywords=[] | [ast.keyword(arg='name')]):
            pass
        case _:
            return
    is_statement = isinstance(rewriter.outline.parents[call], ast.Expr)
    if not _is_awaitable(rewriter, inner) or (ValueUses(rewriter).of(call) is ValueUse.VALUE and not is_statement):
        return
    start, end = rewriter.text.span(call)
    inner_start, inner_end = rewriter.text.span(inner)
    edits = [rewriter.between(start, inner_start, '('), rewriter.between(inner_end, end, ')')]
    if is_statement and can_await(rewriter.outline, call):
        edits.append(Edit(start, start, 'await '))
    found = [edit for edit in edits if edit is not None]
    if len(found) == len(edits):
        note = 'a call that is under way needs no `create_task`' if not is_statement else 'awaited instead of a task'
        if rewriter.rewrite('task', call, note, *found):
            rewriter.replace(call.func)


def _is_awaitable(rewriter: CellRewriter, call: ast.Call) -> bool:
    """A call to an async tool, or to an `async def` of the cell."""
    entry = rewriter.tool(call.func)
    if entry is not None:
        return not entry.facts.sequential
    return isinstance(call.func, ast.Name) and any(
        function.name == call.func.id for function in rewriter.outline.nodes(ast.AsyncFunctionDef)
    )


def _gathered(gather: ast.Call) -> Iterator[ast.expr]:
    """What is gathered, as far as it stands in the call itself."""
    for argument in gather.args:
        match argument:
            case ast.Starred(value=ast.ListComp(elt=item) | ast.GeneratorExp(elt=item) | ast.SetComp(elt=item)):
                yield item
            case ast.Starred(value=ast.Call() as mapped):
                yield mapped
            case ast.Starred(value=ast.List(elts=items) | ast.Tuple(elts=items)):
                yield from items
            case _:
                yield argument


def _rewrite_sequential(rewriter: CellRewriter, gather: ast.Call) -> bool:
    """Tools that give their result at once are not awaitable: a list of them, or `asyncio.sleep(0, result)`."""
    items = list(_gathered(gather))
    direct = [item for item in items if _is_sequential(rewriter, item)]
    if not direct or gather.keywords:
        return bool(direct)
    parent = rewriter.outline.parents[gather]
    awaited = parent if len(direct) == len(items) and isinstance(parent, ast.Await) else None
    if awaited is not None:
        start, end = rewriter.text.span(awaited)
        edits = [
            rewriter.between(start, rewriter.text.span(gather.args[0])[0], '['),
            rewriter.between(rewriter.text.span(gather.args[-1])[1], end, ']'),
        ]
        note = 'these tools give their results at once; gathered them in a list'
    elif any(_mapped(rewriter, item) for item in direct):
        return True
    else:
        sleep = f'{rewriter.text.segment(gather.func.value)}.sleep' if isinstance(gather.func, ast.Attribute) else None
        imported = [] if sleep is not None else rewriter.needs('import asyncio', [gather])
        around = [edit for item in direct for edit in rewriter.around(item, f'{sleep or "asyncio.sleep"}(0, ', ')')]
        edits = [*(imported or []), *around]
        note = 'a tool that gives its result at once cannot be gathered by itself; wrapped it'
    found = [edit for edit in edits if edit is not None]
    if len(found) != len(edits) or not rewriter.rewrite('gather', gather, note, *found):
        return False
    if awaited is not None:
        rewriter.replace(gather.func)
    return True


def _is_sequential(rewriter: CellRewriter, item: ast.expr) -> bool:
    function = _mapped(rewriter, item) or (item.func if isinstance(item, ast.Call) else None)
    entry = None if function is None else rewriter.tool(function)
    return entry is not None and entry.facts.sequential


def _mapped(rewriter: CellRewriter, item: ast.expr) -> ast.expr | None:
    """The function of a `map(function, ...)`."""
    if isinstance(item, ast.Call) and item.args and rewriter.outline.is_builtin(item.func, 'map'):
        return item.args[0]
    return None


def _rewrite_exceptions(rewriter: CellRewriter, gather: ast.Call) -> None:
    """`return_exceptions=True` through a function that gives the exception it caught."""
    option = keyword(gather, 'return_exceptions')
    if option is None or not isinstance(option.value, ast.Constant):
        return
    removed = rewriter.without(gather, option)
    if removed is None:
        return
    if option.value.value is not True:
        rewriter.rewrite('gather', gather, 'left out `return_exceptions=False`, which is the default', *removed)
        return
    defined = rewriter.needs(_SETTLED, [gather], in_module=True)
    if defined is None:
        return
    edits = [*defined, *removed]
    for argument in gather.args:
        if isinstance(argument, ast.Starred):
            edits += rewriter.around(argument.value, '[_grail_settled(_call) for _call in ', ']')
        else:
            edits += rewriter.around(argument, '_grail_settled(', ')')
    rewriter.rewrite('gather', gather, '`return_exceptions=True` became a function that returns what it caught', *edits)
