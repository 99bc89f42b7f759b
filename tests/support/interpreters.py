"""Runs a cell in CPython and in a real Monty, so that a test can compare what they give."""

from __future__ import annotations

import ast
import asyncio
import inspect
import warnings
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

import pydantic_monty

_VALUE: Final = '__cell_value__'


def run_cpython(
    *sources: str, tools: Mapping[str, Callable[..., Any]] | None = None, prints: list[str] | None = None
) -> Any:
    """The value of the last expression of the last source, run one after the other in one namespace."""

    def keep_printed(
        *values: object, sep: str = ' ', end: str = '\n', file: object = None, flush: bool = False
    ) -> None:
        if prints is not None:
            prints.append(sep.join(map(str, values)) + end)

    namespace: dict[str, Any] = {'__name__': '__main__', 'print': keep_printed, **(tools or {})}
    with asyncio.Runner() as runner, warnings.catch_warnings():
        warnings.simplefilter('ignore', DeprecationWarning)
        for source in sources:
            namespace[_VALUE] = None
            code = compile(_keeping_value(source), '<cell>', 'exec', ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
            running = eval(code, namespace)  # noqa: S307 - the programs are the tests' own
            # Code without an `await` of its own runs outside of the loop, so that it may call `asyncio.run` itself.
            if inspect.iscoroutine(running):
                runner.run(running)
    return namespace[_VALUE]


def _keeping_value(source: str) -> ast.Module:
    """The cell, with the value of its last expression in a name of its own."""
    tree = ast.parse(source)
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        tree.body[-1] = ast.Assign(targets=[ast.Name(_VALUE, ast.Store())], value=tree.body[-1].value)
    return ast.fix_missing_locations(tree)


def run_monty(
    *sources: str,
    tools: Mapping[str, Callable[..., Any]] | None = None,
    prints: list[str] | None = None,
    restore: bool = False,
) -> Any:
    """The same in one Monty session; async tools are answered when their results are awaited.

    With `restore`, every source runs in a fresh session that was given the state of the one before.
    """
    printed = pydantic_monty.CollectString()
    value: Any = None
    with pydantic_monty.Monty(max_processes=1) as pool:
        state: bytes | None = None
        batches = [(source,) for source in sources] if restore else [sources]
        for batch in batches:
            with pool.checkout() as session:
                if state is not None:
                    session.load_session(state)
                for source in batch:
                    snapshot = session.feed_start(source, external_lookup=dict(tools or {}), print_callback=printed)
                    value = driven(snapshot, tools or {})
                state = session.dump()
    if prints is not None:
        prints.append(printed.output)
    return value


def driven(snapshot: pydantic_monty.SyncSnapshot, tools: Mapping[str, Callable[..., Any]]) -> Any:
    """Drive a sync snapshot to its end."""
    pending: dict[int, Any] = {}
    while not isinstance(snapshot, pydantic_monty.MontyComplete):
        if isinstance(snapshot, pydantic_monty.FutureSnapshot):
            settled = {call_id: _settled(pending.pop(call_id)) for call_id in snapshot.pending_call_ids}
            snapshot = snapshot.resume(settled)
            continue
        tool = tools.get(snapshot.function_name) if isinstance(snapshot, pydantic_monty.FunctionSnapshot) else None
        if (
            tool is not None
            and inspect.iscoroutinefunction(tool)
            and isinstance(snapshot, pydantic_monty.FunctionSnapshot)
        ):
            pending[snapshot.call_id] = tool(*snapshot.args, **snapshot.kwargs)
            snapshot = snapshot.resume({'future': ...})
        else:
            snapshot = snapshot.resume_auto()
    return snapshot.output


def _settled(running: Coroutine[Any, Any, Any]) -> pydantic_monty.ExternalSettledResult:
    try:
        return {'return_value': asyncio.run(running)}
    except Exception as error:
        return {'exception': error}
