"""A line of the model's own code with carets under the place that is meant."""

from __future__ import annotations

from typing import Final

_WIDEST: Final = 76
"""Characters of a line that are shown; a longer one is cut around the place that is meant."""


def line_of(source: str, line: int) -> str | None:
    """The `line`-th line of `source`, counted from 1, or `None` when there is none."""
    lines = source.splitlines()
    return lines[line - 1] if 0 < line <= len(lines) else None


def excerpt(text: str, *, label: str, column: int | None = None, end_column: int | None = None) -> str:
    """`label` and the line, and below it carets from `column` up to before `end_column`, when a column is given and that is
    not all of it."""
    stripped = text.lstrip()
    if column is None:
        return f'{label}{_clip(stripped, 0)[0]}'
    start = max(column - 1 - (len(text) - len(stripped)), 0)
    if start > len(stripped):
        return f'{label}{_clip(stripped, 0)[0]}'
    end = len(stripped) if end_column is None else end_column - 1 - (len(text) - len(stripped))
    shown, offset = _clip(stripped, start)
    place = start - offset
    width = max(min(end - start, len(shown) - place), 1)
    if width >= len(shown) > 1:
        return f'{label}{shown}'  # carets under all of it say nothing
    return f'{label}{shown}\n{_blank(label + shown[:place])}{"^" * width}'


def _clip(text: str, start: int) -> tuple[str, int]:
    """At most `_WIDEST` characters of `text` around `start`, and how far they moved to the left."""
    text = text.rstrip()
    if len(text) <= _WIDEST:
        return text, 0
    first = max(0, min(start - _WIDEST // 3, len(text) - _WIDEST))
    shown = text[first : first + _WIDEST]
    head, tail = '…' if first else '', '…' if first + _WIDEST < len(text) else ''
    return f'{head}{shown}{tail}', first - len(head)


def _blank(text: str) -> str:
    return ''.join('\t' if character == '\t' else ' ' for character in text)
