"""Text that somebody else wrote: tools, servers, persons, the model's own code. It never speaks with our voice.

Its first line stands behind words of ours; what follows is quoted, `> ` before each line, so that no line of it stands at
the margin, where our sentences are. All that comes into a message from outside goes through here.
"""

from __future__ import annotations

import re
from typing import Final

from .preview import both_ends
from .reply_texts import CUT_MARK, more_lines

_MOST_LINES: Final = 20
_QUOTE: Final = '> '
_INVISIBLE: Final = re.compile(
    '[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]'  # control, joining and direction
)


def quoted_after_first(text: str, *, max_chars: int) -> str:
    """`text` cut to size, its first line as it is and the others quoted. Empty lines are left out."""
    first, *others = _lines(text, max_chars) or ['']
    return '\n'.join([first, *_quoted(others)])


def quoted(text: str, *, max_chars: int) -> str:
    """`text` cut to size, each line quoted."""
    return '\n'.join(_quoted(_lines(text, max_chars, most=max_chars)))


def first_line(text: str, *, max_chars: int) -> str:
    """The first line of `text` that has something in it, cut to size."""
    head = text.lstrip()[: max_chars + 1]
    line = next(iter(_lines(head, max_chars + 1)), '')
    return line if len(line) <= max_chars else line[:max_chars] + CUT_MARK


def _lines(text: str, max_chars: int, *, most: int = _MOST_LINES) -> list[str]:
    lines = [visible(line.rstrip()) for line in both_ends(text.strip(), max_chars).splitlines() if line.strip()]
    left = len(lines) - most
    return lines if left <= 1 else [*lines[:most], more_lines(left)]


def _quoted(lines: list[str]) -> list[str]:
    return [f'{_QUOTE}{line}' for line in lines]


def visible(text: str) -> str:
    """`text` with an escape for each character that moves, hides or turns round what stands beside it."""
    return _INVISIBLE.sub(
        lambda found: f'\\x{ord(found[0]):02x}' if ord(found[0]) < 256 else f'\\u{ord(found[0]):04x}', text
    )
