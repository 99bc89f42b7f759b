"""What a cell may spend. Every limit ends a cell with one clear outcome and a sentence for the model."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar, Literal

from .errors import SettingsError

LimitName = Literal['time', 'memory', 'suspensions', 'tool-calls', 'sleep', 'prints']
"""The limits that can end a cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one cell may spend. Fields have Monty's names where Monty has the limit; `None` switches a limit off.

    Raises:
        SettingsError: When a limit is not positive.
    """

    DEFAULT: ClassVar[Limits]
    """The defaults below."""
    STRICT: ClassVar[Limits]
    """For code that needs little: 5 seconds, 32 MiB, 8,000 characters of code and 4,000 of prints."""
    UNLIMITED: ClassVar[Limits]
    """No limit on time, memory, suspensions, sleep and code. A cell that hangs then hangs for good."""

    max_duration_secs: float | None = 30.0
    """Seconds of computing, without the time spent waiting for tools and sleeps."""
    max_memory: int | None = 48 * 1024 * 1024
    """Bytes of the sandbox's heap. Whatever leaves it (a value, the text of an exception, the state) is in it twice for
    that moment, and costs the host as much again: this is also about what a cell can make the host's process grow by."""
    max_suspensions: int = 10_000
    """How often a cell may turn to the host: calls, awaits of calls, imports, name look-ups."""
    max_sleep_secs: float | None = 30.0
    """Seconds a cell may sleep in total."""
    max_recursion_depth: int = 1_000
    max_source_chars: int | None = 32_000
    """Characters of a cell's code. Longer code is refused before it is read; nothing of it runs."""
    max_print_chars: int = 20_000
    """Characters of printed output that are kept; what is printed beyond is counted and dropped, the cell continues."""

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            kind = str(item.type)  # as it is written above
            if value is None and 'None' in kind:
                continue
            kinds = (int, float) if 'float' in kind else int
            if isinstance(value, bool) or not isinstance(value, kinds) or not value > 0:
                what = 'a number' if 'float' in kind else 'a whole number'
                raise SettingsError(f'Limits.{item.name} must be {what} greater than 0, got {value!r}.')


Limits.DEFAULT = Limits()
Limits.STRICT = Limits(
    max_duration_secs=5.0, max_memory=32 * 1024 * 1024, max_suspensions=1_000, max_sleep_secs=1.0,
    max_source_chars=8_000, max_print_chars=4_000,
)  # fmt: skip
Limits.UNLIMITED = Limits(
    max_duration_secs=None, max_memory=None, max_suspensions=2**31, max_sleep_secs=None, max_source_chars=None
)


def limits_called(name: str) -> Limits:
    """A preset by its name in lower case, as agent specs have it.

    Raises:
        SettingsError: When there is none of this name.
    """
    presets = {'default': Limits.DEFAULT, 'strict': Limits.STRICT, 'unlimited': Limits.UNLIMITED}
    if name not in presets:
        raise SettingsError(
            f'limits in a spec is a dict of limits, or one of {", ".join(map(repr, presets))}, got {name!r}.'
        )
    return presets[name]
