"""Options by names that are not their own: unknown ones, with what to write in their place, and those of `pydantic_ai_harness` that
still work. `docs/comparison/harness.md` has both.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from types import MappingProxyType
from typing import Any, Final

from ..errors import SettingsError
from ..limits import Limits
from .deprecations import warn_deprecated
from .suggestions import closest


def with_names_of_here(options: Mapping[str, Any], known: Set[str]) -> dict[str, Any]:
    """Options under the names that they have here; a `DeprecationWarning` for each that had another one.

    Raises:
        SettingsError: When there is none of a name, or one is given under both of its names.
    """
    given = dict(options)
    if unknown := given.keys() - known - FORMER.keys():
        raise SettingsError(_problem_with(min(unknown), known))
    for former, name in FORMER.items():
        value = given.pop(former, None)
        if value is None:
            continue
        if given.get(name) is not None:
            raise SettingsError(f'Give {name} or {former}, not both: they are the same option.')
        is_unlimited = name == 'limits' and value == 'unlimited'
        given[name] = Limits.UNLIMITED if is_unlimited else value
        written = 'Limits.UNLIMITED' if is_unlimited else '...'
        warn_deprecated(f'{former}, of pydantic_ai_harness, is {name} here: write {name}={written}')
    return given


def _problem_with(wrong: str, known: Set[str]) -> str:
    if wrong in OF_THE_HARNESS:
        return f'Code mode has no option {wrong!r}: {OF_THE_HARNESS[wrong]}'
    meant = closest(wrong, sorted(known | FORMER.keys()))
    if meant is not None:
        return f'Code mode has no option {wrong!r}. Did you mean {FORMER.get(meant, meant)}?'
    return f'Code mode has no option {wrong!r}. There are: {", ".join(sorted(known))}.'


FORMER: Final[Mapping[str, str]] = MappingProxyType({'max_retries': 'max_failed_cells', 'resource_limits': 'limits'})
"""Options of `pydantic_ai_harness.CodeMode` that work here too, and what they are called here."""

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
