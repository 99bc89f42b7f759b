"""The audit's tools: the environment as an agent reads it, and the desk where it puts what a person should see."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from anyio.to_thread import run_sync
from pydantic_ai import ApprovalRequired, FunctionToolset, RunContext

from .environment import (
    file_facts,
    installed_distributions,
    interpreter_facts,
    package_facts,
    requirement_facts,
)
from .records import Files, Interpreter, Package, Report, Requirement
from .screen import Screen


@dataclass(frozen=True)
class Desk:
    """Where the person sits."""

    screen: Screen
    folder: Path
    """Where the report is put."""


audit = FunctionToolset[Desk]()
READS: Final = {'read_only': True}
"""Calls that change nothing: one that was under way when its process was killed is made again."""


@audit.tool_plain(metadata=READS)
async def interpreter() -> Interpreter:
    """The Python that runs here."""
    return interpreter_facts()


@audit.tool_plain(metadata=READS)
async def installed() -> set[str]:
    """The normalised names of all installed packages."""
    return set(installed_distributions())


@audit.tool_plain(metadata=READS)
async def package(name: str) -> Package:
    """What an installed package says of itself."""
    return await run_sync(package_facts, name)


@audit.tool_plain(metadata=READS)
async def requirements(name: str) -> list[Requirement]:
    """What an installed package asks for, optional things included."""
    # Not in threads: CPython before 3.11.9 may take the syntax trees that `packaging` makes of markers for broken then.
    return requirement_facts(name)


@audit.tool_plain(metadata=READS)
async def files(name: str) -> Files:
    """What an installed package takes on disk. Takes some milliseconds."""
    return await run_sync(file_facts, name)


@audit.tool
async def show(ctx: RunContext[Desk], markdown: str) -> None:
    """Put a piece of Markdown in front of the person."""
    ctx.deps.screen.shown(markdown)


@audit.tool
async def publish(ctx: RunContext[Desk], report: Report) -> Path:
    """Hand in the finished report. It is laid out and kept as a file."""
    if not ctx.tool_call_approved:
        raise ApprovalRequired
    path = ctx.deps.folder / 'report.json'
    path.write_text(report.model_dump_json(indent=2))
    with (ctx.deps.folder / 'published.txt').open('a') as books:
        books.write(f'{report.title}\n')
    return path
