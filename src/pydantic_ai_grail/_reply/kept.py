"""The variables that a failed cell had certainly assigned by the line at which it stopped, and the tools they came from."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from ..events.calls import CallRecord
from ..events.outcomes import CodeFrame, Failed

_Binding: TypeAlias = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Delete
_BINDINGS: Final = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Delete)
_BLOCKS: Final = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try)

_DECLARING: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
_HIDES: Final = frozenset({'exec', 'eval', 'globals', 'setattr'})
"""What these assign cannot be read off."""
_GATHERS: Final = frozenset({'asyncio.gather', 'gather'})


def kept_variables(outcome: Failed) -> dict[str, tuple[str, ...]]:
    """Names in the order in which they were assigned, each with the tools whose results went into it.

    Of assignments in a block that may not have run only those are told that a returned call shows to have run.
    """
    frames = outcome.failure.frames
    if outcome.state_lost or not frames or not frames[0].in_this_cell:
        return {}
    try:
        return _kept(outcome, frames[0], ast.parse(outcome.source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}  # nested too deeply to be walked, for one


def may_have_assigned(outcome: Failed) -> bool:
    """Whether the cell may have changed anything that lives on; where that cannot be read off, it may."""
    frames = outcome.failure.frames
    try:
        tree = ast.parse(outcome.source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    if not frames or not frames[0].in_this_cell:
        return any(_changes(node) for node in ast.walk(tree))
    stopped = frames[0].line
    for statement in tree.body:
        if statement.lineno > stopped:
            break
        is_last = stopped <= (statement.end_lineno or stopped) and not isinstance(statement, (*_BLOCKS, *_DECLARING))
        # Of the statement that failed only what its value binds on the way may have been done.
        parts = ast.walk(statement) if not is_last else _named_on_the_way(statement)
        if any(_changes(node) for node in parts):
            return True
    return False


def _named_on_the_way(statement: ast.stmt) -> Iterator[ast.AST]:
    for node in ast.walk(statement):
        if isinstance(node, ast.NamedExpr):
            yield node.target
        elif isinstance(node, ast.Name) and node.id in _HIDES:
            yield node


def _changes(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=name) if name in _HIDES:
            return True
        case ast.Name(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
            return True
        case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Expr(value=ast.Call(func=ast.Attribute())):
            return True
        case _:
            return isinstance(node, _DECLARING)


def _kept(outcome: Failed, outermost: CodeFrame, tree: ast.Module) -> dict[str, tuple[str, ...]]:
    kept: dict[str, tuple[str, ...]] = {}
    # A function that `gather` runs has no caller in the traceback: then only calls tell how far the cell had come.
    stopped = None if outermost.function not in (None, '<lambda>') else outermost.line
    for statement, is_certain in _assignments(tree.body, stopped=stopped, is_certain=stopped is not None):
        tools = _tools_in(statement, outcome.calls, is_certain=is_certain)
        for name in _targets(statement):
            before = kept.pop(name, ())
            if isinstance(statement, ast.Delete) or name.startswith('_'):
                continue
            if is_certain or tools:
                kept[name] = tuple(dict.fromkeys([*before, *tools])) if isinstance(statement, ast.AugAssign) else tools
    return kept


def _assignments(body: Sequence[ast.stmt], *, stopped: int | None, is_certain: bool) -> Iterator[tuple[_Binding, bool]]:
    """Those before the line, and whether they have run for certain."""
    for statement in body:
        lines = range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
        if isinstance(statement, _BLOCKS):
            is_entered = is_certain and isinstance(statement, (ast.With, ast.AsyncWith))
            for part in _parts(statement):
                yield from _assignments(part, stopped=stopped, is_certain=is_entered)
        elif isinstance(statement, _BINDINGS) and stopped not in lines:
            yield statement, is_certain
        if is_certain and stopped in lines:
            return


def _parts(block: ast.stmt) -> Iterator[list[ast.stmt]]:
    for branch in ('body', 'orelse', 'finalbody'):
        yield getattr(block, branch, [])
    if isinstance(block, ast.Try):
        yield from (handler.body for handler in block.handlers)


def _targets(statement: _Binding) -> Iterator[str]:
    """The variables that a statement binds, or unbinds."""
    targets = statement.targets if isinstance(statement, (ast.Assign, ast.Delete)) else [statement.target]
    if isinstance(statement, ast.AnnAssign) and statement.value is None:
        return
    for target in targets:
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                yield node.id


def _tools_in(statement: ast.stmt, calls: Sequence[CallRecord], *, is_certain: bool) -> tuple[str, ...]:
    """The tools that a statement called; none if one of the calls leaves it open whether it assigned anything."""
    lines = range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
    called = {ast.unparse(node.func) for node in ast.walk(statement) if isinstance(node, ast.Call)}
    here = [call for call in calls if call.request.line in lines and call.request.tool.python_name in called]
    if not is_certain and (called & _GATHERS or any(call.state != 'returned' for call in here)):
        return ()
    return tuple(dict.fromkeys(call.request.tool.python_name for call in here if call.state == 'returned'))
