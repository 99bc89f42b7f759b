"""A statement as the drivers take it.

What is asked in every cell is text that SQLite and PostgreSQL both understand, and goes to the driver as it is. SQLAlchemy
brings the connections; to make, compile and run a statement takes it longer than SQLite needs to answer: the first four
that a cell asks which is resumed in a fresh process took 6 ms so, and take 1.7 (SQLAlchemy 2.1, CPython 3.11, 2026-11-28).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, CursorResult, Dialect, Integer, LargeBinary, String, bindparam, text
from sqlalchemy.types import TypeEngine

from ..tables import UtcDateTime


class Statement:
    """Text with parameters such as `:holder`. What type one has is told by its name, without a number at its end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._compiled: dict[type[Dialect], _Compiled] = {}

    def execute(self, connection: Connection, values: Mapping[str, Any]) -> CursorResult[Any]:
        """Run it with these values, which may be more than it has parameters."""
        if connection.dialect.name == 'sqlite':  # its driver knows such parameters
            return connection.exec_driver_sql(self._text, {name: _for_sqlite(value) for name, value in values.items()})
        dialect = type(connection.dialect)
        compiled = self._compiled.get(dialect) or self._compile(dialect)
        return connection.exec_driver_sql(compiled.text, tuple(values[name] for name in compiled.names))

    def _compile(self, dialect: type[Dialect]) -> _Compiled:
        typed = [bindparam(name, type_=_type_of(name)) for name in {*_PARAMETER.findall(self._text)}]
        compiled = text(self._text).bindparams(*typed).compile(dialect=dialect())
        self._compiled[dialect] = _Compiled(compiled.string, compiled.positiontup or ())
        return self._compiled[dialect]


class _Compiled(NamedTuple):
    text: str
    names: Sequence[str]


def instant(value: datetime | str) -> datetime:
    """A time as a driver gives it back: PostgreSQL's has a zone, SQLite's is the text of a UTC time."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value.astimezone(UTC)


def as_text(value: object) -> str:
    """A text as a driver gives it back.

    Raises:
        TypeError: When it is none: any SQLite column may hold anything.
    """
    if not isinstance(value, str):
        raise TypeError(f'{value!r} stands where a text belongs')
    return value


def _for_sqlite(value: Any) -> Any:
    if isinstance(value, datetime):  # as SQLAlchemy writes it, so that both compare as text
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(' ', 'microseconds')
    return value


def _type_of(parameter: str) -> TypeEngine[Any]:
    return _TYPES[parameter.rstrip('_0123456789')]


_TEXTS: Final = ('conversation_id', 'cell_id', 'code_digest', 'owner', 'holder', 'instead_of', 'name', 'parent')
_PARAMETER: Final = re.compile(r':(\w+)')
_TYPES: Final[Mapping[str, TypeEngine[Any]]] = {
    **dict.fromkeys(_TEXTS, String()),
    'number': Integer(),
    'data': LargeBinary(),
    **dict.fromkeys(('created_at', 'written_at', 'until', 'now', 'not_after', 'after'), UtcDateTime()),
}
