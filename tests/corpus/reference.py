"""Runs a program in CPython, with the tools as globals: what it gives here is what it should give in a sandbox."""

from __future__ import annotations
import __future__

import ast
import builtins
import contextlib
import inspect
import io
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from anyio.lowlevel import checkpoint
from corpus.load import Cell, Program
from corpus.tools import EFFECTS, SEQUENTIAL, TOOLS, Effect
from corpus.values import sandbox_value
from pydantic import validate_call

_VALUE = '__cell_value__'
_FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | __future__.annotations.compiler_flag
"""Cells may await, and their annotations are not evaluated, since they name types that exist for checkers only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRun:
    """What a cell did."""

    value: Any = None
    """Of its last expression or its last assignment; `None` if it has neither or failed."""
    prints: str = ''
    raised: str | None = None
    """Name of the exception that ended it."""
    effects: tuple[Effect, ...] = ()


async def run_in_cpython(program: Program) -> tuple[CellRun, ...]:
    """Each cell's run, as it was meant. A cell that raises does not end the program, as it ends no conversation."""
    builtins_here = {**vars(builtins), '__import__': _import_from_standard_library}
    namespace: dict[str, Any] = {'__name__': '__main__', '__builtins__': builtins_here, **tools_as_in_sandbox()}
    with warnings.catch_warnings():
        # Broken programs leave coroutines behind, or write things that CPython warns of when it compiles them.
        warnings.simplefilter('ignore')
        runs = [await _run(cell, namespace) for cell in program.meant or program.cells]
        await checkpoint()
        namespace.clear()
        return tuple(runs)


def tools_as_in_sandbox() -> dict[str, Callable[..., Any]]:
    """The tools by name, checking their arguments, giving sandbox values, and coroutines unless they are sequential."""
    return {tool.__name__: _as_in_sandbox(tool) for tool in TOOLS}


async def _run(cell: Cell, namespace: dict[str, Any]) -> CellRun:
    prints, raised = io.StringIO(), None
    namespace[_VALUE] = None
    EFFECTS.clear()
    try:
        code = compile(_keeping_value(cell.source), '<cell>', 'exec', _FLAGS, dont_inherit=True)
        with contextlib.redirect_stdout(prints):
            running = eval(code, namespace)  # noqa: S307  (the corpus's own code)
            if inspect.iscoroutine(running):
                await running
    except Exception as error:
        raised = type(error).__name__
    return CellRun(value=namespace[_VALUE], prints=prints.getvalue(), raised=raised, effects=tuple(EFFECTS))


def _keeping_value(source: str) -> ast.Module:
    """The source with its last value kept in a variable."""
    tree = ast.parse(source)
    last = tree.body[-1] if tree.body else None
    kept = ast.Name(_VALUE, ast.Store())
    match last:
        case ast.Expr(value=value):
            tree.body[-1] = ast.Assign([kept], value)
        case ast.Assign():
            last.targets.insert(0, kept)
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()) | ast.AugAssign(target=ast.Name(id=name)):
            tree.body.append(ast.Assign([kept], ast.Name(name, ast.Load())))
        case _:
            pass
    return ast.fix_missing_locations(tree)


@cache
def _as_in_sandbox(tool: Callable[..., Any]) -> Callable[..., Any]:
    validated = validate_call(tool)

    def call(*args: Any, **kwargs: Any) -> Any:
        return sandbox_value(validated(*args, **kwargs))

    async def call_later(*args: Any, **kwargs: Any) -> Any:
        result = validated(*args, **kwargs)
        return sandbox_value(await result if inspect.isawaitable(result) else result)

    return call if tool.__name__ in SEQUENTIAL else call_later


def _import_from_standard_library(name: str, *args: Any, **kwargs: Any) -> Any:
    """What happens to be installed here must not matter."""
    if name.partition('.')[0] not in sys.stdlib_module_names:
        raise ModuleNotFoundError(f'No module named {name!r}', name=name)
    return builtins.__import__(name, *args, **kwargs)
