"""What was mended in a cell, in few lines: the same change at several places is told once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from ..events.diagnostics import Mend
from . import prose

_MOST_LINES: Final = 3
_MOST_NAMES: Final = 5
_UNTOLD: Final = frozenset({'added `import asyncio`', 'took off the Markdown fence'})
"""What the description of `run_code` itself leaves out, as it writes `asyncio.gather` without the import; and what is no code."""
_NAMED: Final = re.compile(r'([^`]+)(`[^`]+`)')
"""A note that says what was done and to what: such notes go together."""


def changes(mends: Iterable[Mend]) -> list[str]:
    """One line for each way in which the code was changed, at most three and one that counts the rest."""
    groups: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for mend in mends:
        if mend.note in _UNTOLD:
            continue
        found = _NAMED.fullmatch(mend.note)
        what, name = (found[1], found[2]) if found else (mend.note, '')
        groups.setdefault((mend.kind, what), []).append((mend.line, name))
    told = [_told(what, places) for (_, what), places in groups.items()]
    left = len(told) - _MOST_LINES
    # A line that counts one line would take the place of that line.
    return told if left <= 1 else [*told[:_MOST_LINES], prose.more_changes(left)]


def _told(what: str, places: list[tuple[int, str]]) -> str:
    names = [*dict.fromkeys(name for _, name in places)]
    shown = ', '.join(names[:_MOST_NAMES])
    if len(names) > _MOST_NAMES:
        shown = f'{shown} {prose.and_more(len(names) - _MOST_NAMES)}'
    return prose.mended(sorted({line for line, _ in places}), what + shown)
