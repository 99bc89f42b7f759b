"""What to write in place of an option that does not exist: as `docs/comparison/harness.md` has it for those of `pydantic_ai_harness`."""

from __future__ import annotations

from collections.abc import Mapping, Set
from types import MappingProxyType
from typing import Final

from .suggestions import closest


def problem_with_option(wrong: str, known: Set[str]) -> str:
    """What is wrong with an option of this name, and what to write."""
    if wrong in OF_THE_HARNESS:
        return f'Code mode has no option {wrong!r}: {OF_THE_HARNESS[wrong]}'
    meant = closest(wrong, sorted(known))
    if meant is not None:
        return f'Code mode has no option {wrong!r}. Did you mean {FORMER.get(meant, meant)}?'
    return f'Code mode has no option {wrong!r}. There are: {", ".join(sorted(known - FORMER.keys()))}.'


FORMER: Final[Mapping[str, str]] = MappingProxyType({'max_retries': 'max_failed_cells', 'resource_limits': 'limits'})
"""Options of `pydantic_ai_harness.CodeMode` that still work, and what they are called here."""


_NO_SPECULATION: Final = 'nothing runs before the model has written the whole cell and it was checked. Leave it out.'
_NO_SERVER: Final = 'code runs in processes of the same machine. Leave it out.'
OF_THE_HARNESS: Final[Mapping[str, str]] = MappingProxyType(
    {
        'repl_store': "it is `store` here: leave it out for a store in memory, or write store='sqlite:///agent.db'.",
        'eager': _NO_SPECULATION,
        'speculate': _NO_SPECULATION,
        'monty_sandbox': _NO_SERVER,
        'monty_sandbox_url': _NO_SERVER,
        'dynamic_catalog': 'large catalogs move into modules by themselves, see `max_catalog_chars`. Leave it out.',
        'defer_loading': "defer the tools' own toolsets instead. Leave it out.",
        'max_suspensions': 'write limits=Limits(max_suspensions=...), which is of one cell.',
        'tool_events': 'it is one of the capability: write CodeMode(tool_events=...).',
    }
)
