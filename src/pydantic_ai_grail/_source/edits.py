"""Edits of a cell's text that keep its lines: where they go, what the text is then, and the way back from it.

Positions in a syntax tree count bytes of UTF-8; edits count characters. Edits replace or insert inside a line, never
a line break, so a line number means the same before and after, and only columns must be mapped back.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters `start` to `end` of a source, and what comes in their place."""

    start: int
    end: int
    text: str
    closes: bool = False
    """It ends what began further left. Where several edits meet, the ones that close come first, inner ones first."""
    rank: int = 0
    """Where several edits that open meet, the lowest comes first, then the one that was made first."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One edit as seen from its line: columns count characters from 1."""

    column: int
    """Where it starts in the original line."""
    removed: int
    inserted: int


class SourceText:
    """A source with its lines, for turning positions of a syntax tree into offsets."""

    __slots__ = ('_columns', '_is_ascii', '_starts', 'lines', 'source')

    def __init__(self, source: str) -> None:
        self.source = source
        self.lines = _physical_lines(source)
        self._is_ascii = source.isascii()
        starts = [0]
        for line in self.lines:
            starts.append(starts[-1] + len(line))
        self._starts = starts
        self._columns: dict[int, list[int]] = {}

    def offset(self, line: int, utf8_column: int) -> int:
        """Offset in characters of a position as `ast` gives it: lines from 1, columns in bytes from 0."""
        if self._is_ascii:
            return self._starts[line - 1] + utf8_column
        return self._starts[line - 1] + bisect_right(self._ends(line), utf8_column)

    def _ends(self, line: int) -> list[int]:
        """Where each character of a line ends, in bytes; worked out once, since a line may hold thousands of nodes."""
        found = self._columns.get(line)
        if found is None:
            sizes = (len(character.encode(errors='surrogatepass')) for character in self.lines[line - 1])
            found = self._columns[line] = [*accumulate(sizes)]
        return found

    def span(self, node: ast.expr | ast.stmt | ast.keyword | ast.arg | ast.alias) -> tuple[int, int]:
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return self.offset(node.lineno, node.col_offset), self.offset(end_line, end_column)

    def segment(self, node: ast.expr | ast.stmt) -> str:
        start, end = self.span(node)
        return self.source[start:end]

    def column(self, line: int, utf8_column: int) -> int:
        """The column in characters from 1."""
        return self.offset(line, utf8_column) - self._starts[line - 1] + 1

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of an offset."""
        line = max(1, bisect_right(self._starts, offset, 0, len(self._starts) - 1))
        return line, offset - self._starts[line - 1] + 1

    def line_start(self, line: int) -> int:
        return self._starts[line - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """The way back from an edited source to the original one."""

    shifts: Mapping[int, tuple[Shift, ...]] = field(default_factory=dict[int, tuple[Shift, ...]])
    """The edits of each edited line, from left to right."""
    line_count: int = 0
    """Lines of the original; lines beyond it were added, and stand for `added_for`. 0: nothing was added."""
    added_for: tuple[int, int] = (1, 1)

    def indented(self, indents: Mapping[int, int]) -> Origins:
        """The way back to a source whose lines had so many characters more at their beginning."""
        if not indents:
            return self
        shifts = dict(self.shifts)
        for line, taken in indents.items():
            moved = (Shift(each.column + taken, each.removed, each.inserted) for each in self.shifts.get(line, ()))
            shifts[line] = (Shift(1, taken, 0), *moved)
        return replace(self, shifts=shifts)

    def original(self, line: int, column: int) -> tuple[int, int]:
        """Where a position of the edited source came from. What was inserted came from the place it was inserted at."""
        if self.line_count and line > self.line_count:
            return self.added_for
        moved = 0
        for shift in self.shifts.get(line, ()):
            start = shift.column + moved
            if column < start:
                break
            if column < start + shift.inserted:
                return line, shift.column
            moved += shift.inserted - shift.removed
        return line, column - moved


def apply(text: SourceText, edits: Iterable[Edit]) -> tuple[str, dict[int, tuple[Shift, ...]]]:
    """The edited source and its shifts. Edits must not overlap."""
    parts: list[str] = []
    shifts: dict[int, list[Shift]] = {}
    done = 0
    for edit in _in_order(edits):
        line, column = text.place(edit.start)
        shifts.setdefault(line, []).append(Shift(column, edit.end - edit.start, len(edit.text)))
        parts += (text.source[done : edit.start], edit.text)
        done = edit.end
    parts.append(text.source[done:])
    return ''.join(parts), {line: tuple(found) for line, found in shifts.items()}


def _in_order(edits: Iterable[Edit]) -> list[Edit]:
    numbered = sorted(
        enumerate(edits),
        key=lambda item: (
            item[1].start,
            not item[1].closes,
            item[1].end > item[1].start,
            item[1].rank,
            -item[0] if item[1].closes else item[0],
        ),
    )
    return [edit for _, edit in numbered]


class Edits:
    """Edits that were taken. None of them changes what another one changes; two inserts at one place do not clash."""

    __slots__ = ('_inserts', '_replaced', 'taken')

    def __init__(self) -> None:
        self.taken: list[Edit] = []
        self._inserts: list[int] = []
        self._replaced: list[tuple[int, int]] = []

    def take(self, edits: Sequence[Edit]) -> bool:
        """Take all of them, or none if one of them clashes with an edit that was taken before."""
        if any(self._clashes(edit) for edit in edits):
            return False
        for edit in edits:
            if edit.start == edit.end:
                insort(self._inserts, edit.start)
            else:
                insort(self._replaced, (edit.start, edit.end))
        self.taken += edits
        return True

    def _clashes(self, edit: Edit) -> bool:
        # What was replaced does not overlap, so only the last one that begins before the edit's end can reach into it.
        before = bisect_left(self._replaced, (edit.end, 0)) - 1
        if before >= 0 and self._replaced[before][1] > edit.start and self._replaced[before][0] < edit.end:
            return True
        inside = bisect_right(self._inserts, edit.start)
        return inside < len(self._inserts) and self._inserts[inside] < edit.end


def _physical_lines(source: str) -> list[str]:
    """Lines as the parser counts them: at line feeds, carriage returns and both. The last has no break at its end."""
    if '\r' not in source:
        lines = [f'{line}\n' for line in source.split('\n')]
        lines[-1] = lines[-1][:-1]
        return lines
    return [*re.findall(r'[^\r\n]*(?:\r\n|\r|\n)', source), re.split(r'\r\n|\r|\n', source)[-1]]
