"""The audit's tools: the environment as an agent reads it, and the desk where it puts what a person should see."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from anyio.to_thread import run_sync
from pydantic_ai import FunctionToolset, RunContext
from rich.console import Console
from rich.markdown import Markdown
from rich.panel import Panel

from .environment import (
    file_facts,
    installed_distributions,
    interpreter_facts,
    package_facts,
    requirement_facts,
)
from .records import Files, Interpreter, Package, Report, Requirement


@dataclass(frozen=True)
class Desk:
    """Where the person sits."""

    console: Console
    folder: Path
    """Where the report is put."""


audit = FunctionToolset[Desk]()


@audit.tool_plain
async def interpreter() -> Interpreter:
    """The Python that runs here."""
    return interpreter_facts()


@audit.tool_plain
async def installed() -> set[str]:
    """The normalised names of all installed packages."""
    return set(installed_distributions())


@audit.tool_plain
async def package(name: str) -> Package:
    """What an installed package says of itself."""
    return await run_sync(package_facts, name)


@audit.tool_plain
async def requirements(name: str) -> list[Requirement]:
    """What an installed package asks for, optional things included."""
    # Not in threads: CPython before 3.11.9 may take the syntax trees that `packaging` makes of markers for broken then.
    return requirement_facts(name)


@audit.tool_plain
async def files(name: str) -> Files:
    """What an installed package takes on disk. Takes some milliseconds."""
    return await run_sync(file_facts, name)


@audit.tool
async def show(ctx: RunContext[Desk], markdown: str) -> None:
    """Put a piece of Markdown in front of the person."""
    ctx.deps.console.print(Panel(Markdown(markdown), title='shown to the person', border_style='green'))


@audit.tool
async def publish(ctx: RunContext[Desk], report: Report) -> Path:
    """Hand in the finished report. It is laid out and kept as a file."""
    path = ctx.deps.folder / 'report.json'
    path.write_text(report.model_dump_json(indent=2))
    return path
