"""What was rewritten in a cell, in few lines: the same change at several places is one line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from ..events.diagnostics import Rewrite
from . import reply_texts

_MOST_LINES: Final = 3
_MOST_NAMES: Final = 5
_UNREPORTED: Final = frozenset({'added `import asyncio`', 'took off the Markdown fence'})
"""What the description of `run_code` itself leaves out, as it writes `asyncio.gather` without the import; and what is no code."""
_NAMED: Final = re.compile(r'([^`]+)(`[^`]+`)')
"""A note that says what was done and to what: such notes go together."""


def changes(rewrites: Iterable[Rewrite]) -> list[str]:
    """One line for each way in which the code was changed, at most three and one that counts the rest."""
    groups: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for rewrite in rewrites:
        if rewrite.note in _UNREPORTED:
            continue
        found = _NAMED.fullmatch(rewrite.note)
        what, name = (found[1], found[2]) if found else (rewrite.note, '')
        groups.setdefault((rewrite.kind, what), []).append((rewrite.line, name))
    lines = [_line(what, places) for (_, what), places in groups.items()]
    left = len(lines) - _MOST_LINES
    # A line that counts one line would take the place of that line.
    return lines if left <= 1 else [*lines[:_MOST_LINES], reply_texts.more_changes(left)]


def _line(what: str, places: list[tuple[int, str]]) -> str:
    names = [*dict.fromkeys(name for _, name in places)]
    shown = ', '.join(names[:_MOST_NAMES])
    if len(names) > _MOST_NAMES:
        shown = f'{shown} {reply_texts.and_more(len(names) - _MOST_NAMES)}'
    return reply_texts.rewritten(sorted({line for line, _ in places}), what + shown)
