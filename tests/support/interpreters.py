"""Runs a cell in CPython and in a real Monty, so that a test can compare what they give."""

from __future__ import annotations

import ast
import asyncio
import inspect
from collections.abc import Callable, Mapping
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
    with asyncio.Runner() as runner:
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
) -> Any:
    """The same in one Monty session. Async tools are called like any other."""
    return asyncio.run(_run_monty(sources, dict(tools or {}), prints))


async def _run_monty(sources: tuple[str, ...], tools: dict[str, Any], prints: list[str] | None) -> Any:
    def keep_printed(stream: str, text: str) -> None:
        if prints is not None:
            prints.append(text)

    value: Any = None
    async with pydantic_monty.AsyncMonty(max_processes=1) as pool, pool.checkout() as session:
        for source in sources:
            value = await session.feed_run(source, external_lookup=tools, print_callback=keep_printed)
    return value
