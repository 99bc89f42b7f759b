"""The description of `run_code`: everything the model reads before it writes its first line of code."""

from __future__ import annotations

from dataclasses import dataclass

from . import prose
from .catalog import DEFAULT_BUDGET_CHARS
from .entries import Catalog
from .listing import flat_detail, listing
from .rendering import COMPLETE, records_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a sandbox can reach beside the tools."""

    has_os_access: bool = False
    mounts: tuple[str, ...] = ()
    """Paths in the sandbox below which there are files."""
    overlays: tuple[str, ...] = ()
    """Those of them where what is written lasts for one cell only."""


def tool_description(
    catalog: Catalog,
    support: prose.Support,
    *,
    surroundings: Surroundings | None = None,
    search_tool: str | None = None,
    budget_chars: int = DEFAULT_BUDGET_CHARS,
) -> str:
    """What the model reads of `run_code`.

    Args:
        catalog: The tools that code may call.
        support: What the installed Monty can run.
        surroundings: Files and environment; by default there are none.
        search_tool: The name of the agent's own tool that reveals further tools.
        budget_chars: How long the listing of the tools may be, as it was when the catalog was built.
    """
    parts = [prose.WHAT_IT_IS]
    if catalog.entries:
        parts.append(_calls(catalog, budget_chars))
    if search_tool is not None:
        parts.append(prose.FINDING_MORE.format(name=search_tool))
    parts.append(_sandbox(support, surroundings or Surroundings()))
    if catalog.entries:
        parts.append(f'```\n{listing(catalog, budget_chars=budget_chars)}\n```')
    return '\n\n'.join(parts)


def _calls(catalog: Catalog, budget_chars: int) -> str:
    entries = list(catalog.entries.values())
    synchronous = [entry.facts.sequential for entry in entries]
    sentences = [
        prose.CALLS_ALL_SYNC if all(synchronous) else prose.CALLS_MIXED if any(synchronous) else prose.CALLS_ALL_ASYNC
    ]
    if catalog.modules:
        sentences.append(prose.MODULES.format(example=entries[0].facts.python_name))
    elif flat_detail(catalog, budget_chars=budget_chars) is not COMPLETE:
        sentences.append(prose.HELP)
    if records_of(entries):
        sentences.append(prose.RECORDS)
    return ' '.join(sentences)


def _sandbox(support: prose.Support, surroundings: Surroundings) -> str:
    sentences: list[str] = []
    if lacking := prose.lacking(support):
        sentences.append(prose.LACKING.format(lacking=lacking))
    sentences.append(prose.IMPORTABLE.format(modules=prose.importable(support)))
    if surroundings.has_os_access:
        sentences.append(prose.WITH_OS)
    elif surroundings.mounts:
        sentences.append(prose.MOUNTED.format(paths=_paths(surroundings.mounts)))
    else:
        sentences.append(prose.NO_OS)
    if surroundings.overlays:
        sentences.append(prose.OVERLAY.format(paths=_paths(surroundings.overlays)))
    return ' '.join(sentences)


def _paths(paths: tuple[str, ...]) -> str:
    return ', '.join(f'`{path}`' for path in paths)
