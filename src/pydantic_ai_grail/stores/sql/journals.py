"""Journals and claims, as SQLAlchemy Core statements over one connection, inside a transaction of the caller's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Delete, and_, bindparam, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from ...errors import StoreConflict
from ..base import CellKey, Claim, JournalRecord
from ..tables import TAKE_CLAIM, claims, journals


def take(connection: Connection, key: CellKey, claim: Claim, *, now: datetime, instead_of: str | None = None) -> Claim:
    """Take or prolong a claim; the one that holds then."""
    if _length_if_taken(connection, key, claim, now=now, instead_of=instead_of) is not None:
        return claim
    held = connection.execute(_HELD, key._asdict()).first()
    if held is None:  # given back between the two
        return take(connection, key, claim, now=now, instead_of=instead_of)
    return Claim(owner=held.owner, until=held.until)


def release(connection: Connection, key: CellKey, owner: str) -> None:
    """Give a claim back, if it is `owner`'s."""
    connection.execute(_RELEASE, {**key._asdict(), 'claimant': owner})


def append(connection: Connection, records: Sequence[JournalRecord], claim: Claim, *, now: datetime) -> None:
    """Add entries under a claim.

    Raises:
        StoreConflict: When another has the claim, or these are not the next numbers. The transaction is to be rolled
            back.
    """
    key = records[0].key
    length = _length_if_taken(connection, key, claim, now=now)
    if length is None:
        held = connection.execute(_HELD, key._asdict()).first()
        by = 'another process' if held is None else f'{held.owner}, until {held.until:%H:%M:%S} at least'
        raise StoreConflict(f'Cell {key.cell_id!r} is run by {by}.')
    if [record.number for record in records] != [*range(length, length + len(records))]:
        raise StoreConflict(f'Another run has written on in the journal of cell {key.cell_id!r}, or it was forgotten.')
    try:
        connection.execute(_INSERT, [_row(record) for record in records])
    except IntegrityError as error:  # PostgreSQL looked before it waited for the one who wrote meanwhile
        raise StoreConflict(f'Another run has written on in the journal of cell {key.cell_id!r}.') from error


def _length_if_taken(
    connection: Connection, key: CellKey, claim: Claim, *, now: datetime, instead_of: str | None = None
) -> int | None:
    """How many entries the journal has, if the claim was taken or prolonged."""
    values = {**key._asdict(), 'owner': claim.owner, 'until': claim.until, 'now': now, 'instead_of': instead_of}
    return connection.scalar(TAKE_CLAIM, values)


def read(connection: Connection, key: CellKey) -> Sequence[JournalRecord]:
    """A journal in the order of its numbers."""
    return [
        JournalRecord(key=key, number=row.number, written_at=row.written_at, data=row.data)
        for row in connection.execute(_READ, key._asdict())
    ]


def forget(
    connection: Connection, *, conversation_id: str | None, older_than: datetime | None, keep_newest: int
) -> None:
    """Delete journals that no history needs any more, with their claims, and claims that ended."""
    age = func.max(journals.c.written_at)
    cells = select(*_KEY, age.label('written_at')).group_by(*_KEY)
    if conversation_id is not None:
        cells = cells.where(journals.c.conversation_id == conversation_id)
    aged = cells.subquery()
    rank = func.row_number().over(partition_by=aged.c.conversation_id, order_by=aged.c.written_at.desc())
    ranked = select(aged, rank.label('rank')).subquery()
    gone = select(ranked.c.conversation_id, ranked.c.cell_id, ranked.c.code_digest).where(ranked.c.rank > keep_newest)
    if older_than is not None:
        gone = gone.where(ranked.c.written_at < older_than)
    for row in connection.execute(gone).all():
        key = CellKey(*row)
        connection.execute(_DELETE, key._asdict())
        connection.execute(_DELETE_CLAIM, key._asdict())
    if older_than is not None:
        ended = delete(claims).where(claims.c.until < older_than)
        connection.execute(
            ended if conversation_id is None else ended.where(claims.c.conversation_id == conversation_id)
        )


def forget_ended_claims(connection: Connection, ended_before: datetime) -> None:
    """Delete claims that ended. They keep nobody out, and whoever had one takes it anew."""
    connection.execute(delete(claims).where(claims.c.until < ended_before))


def _row(record: JournalRecord) -> dict[str, Any]:
    return {
        **record.key._asdict(),
        'number': record.number,
        'written_at': record.written_at,
        'data': record.data,
    }


_KEY: Final = (journals.c.conversation_id, journals.c.cell_id, journals.c.code_digest)


def _is_cell(table: Any) -> Any:
    return and_(*(table.c[name] == bindparam(name) for name in CellKey._fields))


_READ: Final = select(journals).where(_is_cell(journals)).order_by(journals.c.number)
_INSERT: Final = insert(journals)
_HELD: Final = select(claims.c.owner, claims.c.until).where(_is_cell(claims))
_RELEASE: Final = delete(claims).where(_is_cell(claims), claims.c.owner == bindparam('claimant'))
_DELETE: Final[Delete] = delete(journals).where(_is_cell(journals))
_DELETE_CLAIM: Final[Delete] = delete(claims).where(_is_cell(claims))
