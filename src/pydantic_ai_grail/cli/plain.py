"""Values as text for a terminal and as JSON for a program. What is shown was written by models and tools, so nothing of it
may steer a terminal."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any, Final, cast

from ..admin.inspection import HIDDEN

LONGEST: Final = 200
"""Characters of one value that are shown."""
_NOT_SHOWN: Final = 'entries'
"""The bare journal of a cell, whose dumps and syntax trees nobody reads."""


def printable(text: str) -> str:
    """Text without anything that moves a cursor, hides or reorders what stands beside it; lines stay lines."""
    return ''.join(
        char if char.isprintable() or char == '\n' else '    ' if char == '\t' else ascii(char)[1:-1] for char in text
    )


def short(text: str) -> str:
    """Text on one line, cut to a length that can be read."""
    line = printable(text).replace('\n', '\\n')
    return line if len(line) <= LONGEST else f'{line[:LONGEST]}... ({len(line):,} characters)'


def short_value(value: Any) -> str:
    """A value as code has it, as `short` has text; what stands for hidden content, as it is."""
    return HIDDEN if value is HIDDEN else short(repr(value))


def moment(at: datetime) -> str:
    """In UTC, and saying so: whoever reads it may be anywhere."""
    return f'{at.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}'


def size(count: int) -> str:
    return f'{count / 1000:,.1f} kB' if count < 1_000_000 else f'{count / 1_000_000:,.1f} MB'


def many(count: int, what: str) -> str:
    return f'{count:,} {what}' if count == 1 else f'{count:,} {what}s'


def table(rows: Collection[tuple[str, ...]], *, right: Collection[int]) -> str:
    """Rows in columns, those of `right` aligned to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        '  '.join(
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )
    return '\n'.join(line.rstrip() for line in lines)


def as_json(value: Any) -> Any:
    """A value of any kind as JSON has it; what JSON has no word for, as text."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_json(getattr(value, field.name)) for field in fields(value) if field.name != _NOT_SHOWN}
    if isinstance(value, Mapping):
        items = cast('Mapping[Any, Any]', value).items()
        return {key if isinstance(key, str) else repr(key): as_json(item) for key, item in items}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_json(item) for item in cast('Collection[Any]', value)]
    if isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, str | bool | int):
        return value
    return value if isinstance(value, float) and abs(value) < float('inf') else str(value)
