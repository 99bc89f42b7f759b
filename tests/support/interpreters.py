"""Runs a cell in CPython and in a real Monty, so that a test can compare what they give."""

from __future__ import annotations

import ast
import asyncio
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import pydantic_monty


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
    value: Any = None
    with asyncio.Runner() as runner:
        for source in sources:
            tree = ast.parse(source)
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            _run(tree, 'exec', namespace, runner)
            value = _run(ast.Expression(last.value), 'eval', namespace, runner) if isinstance(last, ast.Expr) else None
    return value


def _run(tree: ast.Module | ast.Expression, mode: str, namespace: dict[str, Any], runner: asyncio.Runner) -> Any:
    """Code without an `await` of its own runs outside of the loop, so that it may call `asyncio.run` itself."""
    code = compile(tree, '<cell>', mode, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    value = eval(code, namespace)  # noqa: S307 - the programs are the tests' own
    return runner.run(value) if code.co_flags & inspect.CO_COROUTINE else value


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
