"""What to write in place of an option that does not exist: as `docs/comparison/harness.md` has it for those of `pydantic_ai_harness`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from .suggestions import closest


def problem_with_option(wrong: str, known: Collection[str]) -> str:
    """What is wrong with an option of this name, and what to write."""
    if wrong in OF_THE_HARNESS:
        return f'Code mode has no option {wrong!r}: {OF_THE_HARNESS[wrong]}'
    meant = closest(wrong, sorted(known))
    if meant is not None:
        return f'Code mode has no option {wrong!r}. Did you mean {meant}?'
    return f'Code mode has no option {wrong!r}. There are: {", ".join(sorted(known))}.'


_NO_SPECULATION: Final = 'nothing runs before the model has written the whole cell and it was checked. Leave it out.'
_NO_SERVER: Final = 'code runs in processes of the same machine. Leave it out.'
OF_THE_HARNESS: Final[Mapping[str, str]] = MappingProxyType(
    {
        'repl_store': "it is `store` here: leave it out for a store in memory, or write store=SqlStore('sqlite:///agent.db').",
        'eager': _NO_SPECULATION,
        'speculate': _NO_SPECULATION,
        'monty_sandbox': _NO_SERVER,
        'monty_sandbox_url': _NO_SERVER,
        'dynamic_catalog': 'large catalogs move into modules by themselves, see `catalog_chars`. Leave it out.',
        'defer_loading': "defer the tools' own toolsets instead. Leave it out.",
        'max_suspensions': 'write limits=Limits(max_suspensions=...), which is of one cell.',
        'tool_events': 'it is one of the capability: write CodeMode(tool_events=...).',
    }
)
