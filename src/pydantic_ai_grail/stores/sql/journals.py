"""Journals and claims, as statements over one connection; the caller says whether inside a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Delete, and_, bindparam, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from ...errors import StoreConflict
from ..base import ALL_OWNERS, AllOwners, BegunCell, CellKey, Claim, JournalRecord
from ..tables import claims, journals
from .statements import Statement, as_text, instant

_AT_ONCE: Final = 8
"""How many entries one statement adds. A call in a loop stores two; a gather stores more, and needs no haste."""


def take(connection: Connection, key: CellKey, claim: Claim, *, now: datetime, instead_of: str | None = None) -> Claim:
    """Take or prolong a claim; the one that holds then."""
    if _length_if_taken(connection, key, claim, now=now, instead_of=instead_of) is not None:
        return claim
    held = _held(connection, key)
    if held is None:  # given back between the two
        return take(connection, key, claim, now=now, instead_of=instead_of)
    return held


def release(connection: Connection, key: CellKey, holder: str) -> None:
    """Give a claim back, if it is `holder`'s."""
    _RELEASE.execute(connection, {**key._asdict(), 'holder': holder})


def may_be_at_once(records: Sequence[JournalRecord]) -> bool:
    """Whether `appended` is worth trying: who begins a journal mostly has no claim yet."""
    first = records[0].number
    return first > 0 and len(records) <= _AT_ONCE and _are_in_a_row(records, first)


def appended(connection: Connection, records: Sequence[JournalRecord], claim: Claim) -> bool:
    """Add entries under a claim that is held already, in one statement. False if that cannot be: nothing was done, and
    `append` says why, or takes the claim first."""
    values: dict[str, Any] = {**records[0].key._asdict(), 'holder': claim.holder, 'until': claim.until}
    for each, record in enumerate(records):
        values |= {
            f'number_{each}': record.number,
            f'written_at_{each}': record.written_at,
            f'data_{each}': record.data,
        }
    try:
        statement = _append_under_claim(len(records), locks=connection.dialect.name == 'postgresql')
        return statement.execute(connection, values).rowcount > 0
    except IntegrityError:  # another has written meanwhile; PostgreSQL looked before it waited for that one
        return False


def append(connection: Connection, records: Sequence[JournalRecord], claim: Claim, *, now: datetime) -> None:
    """Add entries under a claim.

    Raises:
        StoreConflict: When another has the claim, or these are not the next numbers. The transaction is to be rolled
            back.
    """
    key = records[0].key
    length = _length_if_taken(connection, key, claim, now=now)
    if length is None:
        held = _held(connection, key)
        by = 'another process' if held is None else f'{held.holder}, until {held.until:%H:%M:%S} at least'
        raise StoreConflict(f'Cell {key.cell_id!r} is run by {by}.')
    if not _are_in_a_row(records, length):
        raise StoreConflict(f'Another run has written on in the journal of cell {key.cell_id!r}, or it was forgotten.')
    try:
        connection.execute(_INSERT, [_row(record) for record in records])
    except IntegrityError as error:  # PostgreSQL looked before it waited for the one who wrote meanwhile
        raise StoreConflict(f'Another run has written on in the journal of cell {key.cell_id!r}.') from error


def _length_if_taken(
    connection: Connection, key: CellKey, claim: Claim, *, now: datetime, instead_of: str | None = None
) -> int | None:
    """How many entries the journal has, if the claim was taken or prolonged."""
    values = {**key._asdict(), 'holder': claim.holder, 'until': claim.until, 'now': now, 'instead_of': instead_of}
    length = _TAKE_CLAIM.execute(connection, values).scalar()
    if length is None or connection.dialect.name == 'sqlite':
        return length
    # PostgreSQL counted before it waited for whoever had the claim, who may have written, or forgotten the journal.
    return _LENGTH_NOW.execute(connection, key._asdict()).scalar()


def _held(connection: Connection, key: CellKey) -> Claim | None:
    row = _HELD.execute(connection, key._asdict()).first()
    return None if row is None else Claim(holder=as_text(row.holder), until=instant(row.until))


def read(connection: Connection, key: CellKey) -> Sequence[JournalRecord]:
    """A journal in the order of its numbers."""
    return [
        JournalRecord(key=key, number=row.number, written_at=instant(row.written_at), data=row.data)
        for row in _READ.execute(connection, key._asdict())
    ]


def begun(connection: Connection, owner: str, conversation_id: str, *, after: datetime | None) -> Sequence[BegunCell]:
    """The cells of a conversation that have a journal, the newest first."""
    values = {'owner': owner, 'conversation_id': conversation_id, 'after': after}
    return [
        BegunCell(
            key=CellKey(owner, conversation_id, as_text(row.cell_id), as_text(row.code_digest)),
            at=instant(row.written_at),
            claim=None if row.holder is None else Claim(holder=as_text(row.holder), until=instant(row.until)),
        )
        for row in (_BEGUN if after is None else _BEGUN_AFTER).execute(connection, values)
    ]


def forget(
    connection: Connection,
    *,
    owner: str | AllOwners,
    conversation_id: str | None,
    older_than: datetime | None,
    keep_newest: int,
) -> None:
    """Delete journals that no history needs any more, with their claims, and claims that ended."""
    age = func.max(journals.c.written_at)
    cells = select(*_KEY, age.label('written_at')).group_by(*_KEY)
    if owner is not ALL_OWNERS:
        cells = cells.where(journals.c.owner == owner)
    if conversation_id is not None:
        cells = cells.where(journals.c.conversation_id == conversation_id)
    aged = cells.subquery()
    rank = func.row_number().over(
        partition_by=(aged.c.owner, aged.c.conversation_id), order_by=aged.c.written_at.desc()
    )
    ranked = select(aged, rank.label('rank')).subquery()
    gone = select(*(ranked.c[name] for name in CellKey._fields)).where(ranked.c.rank > keep_newest)
    if older_than is not None:
        gone = gone.where(ranked.c.written_at < older_than)
    for key in sorted(CellKey(*row) for row in connection.execute(gone).all()):
        connection.execute(
            _DELETE_CLAIM, key._asdict()
        )  # first, as who adds an entry does, and waits for us or we for him
        written_at = connection.scalar(_NEWEST, key._asdict())
        if older_than is None or (written_at is not None and written_at < older_than):
            connection.execute(_DELETE, key._asdict())
    if older_than is not None:
        ended = delete(claims).where(claims.c.until < older_than)
        if owner is not ALL_OWNERS:
            ended = ended.where(claims.c.owner == owner)
        if conversation_id is not None:
            ended = ended.where(claims.c.conversation_id == conversation_id)
        connection.execute(ended)


def forget_ended_claims(connection: Connection, ended_before: datetime) -> None:
    """Delete claims that ended. They keep nobody out, and whoever had one takes a new one."""
    connection.execute(delete(claims).where(claims.c.until < ended_before))


def _are_in_a_row(records: Sequence[JournalRecord], first: int) -> bool:
    return [record.number for record in records] == [*range(first, first + len(records))]


def _row(record: JournalRecord) -> dict[str, Any]:
    return {
        **record.key._asdict(),
        'number': record.number,
        'written_at': record.written_at,
        'data': record.data,
    }


_KEY: Final = tuple(journals.c[name] for name in CellKey._fields)


def _is_cell(table: Any) -> Any:
    return and_(*(table.c[name] == bindparam(name) for name in CellKey._fields))


_INSERT: Final = insert(journals)
_NEWEST: Final = select(func.max(journals.c.written_at)).where(_is_cell(journals))
_DELETE: Final[Delete] = delete(journals).where(_is_cell(journals))
_DELETE_CLAIM: Final[Delete] = delete(claims).where(_is_cell(claims))

_CELL: Final = ' AND '.join(f'{name} = :{name}' for name in CellKey._fields)
_COLUMNS: Final = ', '.join(CellKey._fields)
_VALUES: Final = ', '.join(f':{name}' for name in CellKey._fields)
_LENGTH: Final = f'SELECT coalesce(max(number) + 1, 0) FROM grail_journals WHERE {_CELL}'
_LENGTH_NOW: Final = Statement(_LENGTH)
_READ: Final = Statement(f'SELECT number, written_at, data FROM grail_journals WHERE {_CELL} ORDER BY number')
_FIRST_ENTRIES: Final = """
    SELECT first.cell_id, first.code_digest, first.written_at, claims.holder, claims.until
    FROM grail_journals AS first LEFT JOIN grail_claims AS claims ON claims.owner = first.owner
    AND claims.conversation_id = first.conversation_id
    AND claims.cell_id = first.cell_id AND claims.code_digest = first.code_digest
    WHERE first.owner = :owner AND first.conversation_id = :conversation_id AND first.number = 0
"""
_IN_ORDER: Final = 'ORDER BY first.written_at DESC, first.cell_id DESC, first.code_digest DESC'
_BEGUN: Final = Statement(f'{_FIRST_ENTRIES} {_IN_ORDER}')
_BEGUN_AFTER: Final = Statement(f'{_FIRST_ENTRIES} AND first.written_at > :after {_IN_ORDER}')
_HELD: Final = Statement(f'SELECT holder, until FROM grail_claims WHERE {_CELL}')
_RELEASE: Final = Statement(f'DELETE FROM grail_claims WHERE {_CELL} AND holder = :holder')
_TAKE_CLAIM: Final = Statement(
    f"""
    INSERT INTO grail_claims AS held ({_COLUMNS}, holder, until)
    VALUES ({_VALUES}, :holder, :until)
    ON CONFLICT ({_COLUMNS}) DO UPDATE
    SET holder = excluded.holder, until = excluded.until
    WHERE held.holder = excluded.holder OR held.until <= :now OR held.holder = :instead_of
    RETURNING ({_LENGTH})
    """
)
"""Takes the claim to a cell, or prolongs it, and gives the length of its journal back; nothing if another has it."""


@cache
def _append_under_claim(count: int, *, locks: bool) -> Statement:
    """Adds `count` entries to a journal, if they are the next ones and the claim is held long enough; none otherwise.
    Without a lock on the claim, PostgreSQL could let another take it over in the meantime."""
    lock = 'FOR SHARE' if locks else ''
    rows = ', '.join(f'(:number_{each}, :written_at_{each}, :data_{each})' for each in range(count))
    return Statement(
        f"""
        INSERT INTO grail_journals ({_COLUMNS}, number, written_at, data)
        SELECT {_VALUES}, column1, column2, column3 FROM (VALUES {rows}) AS entries
        WHERE EXISTS (SELECT 1 FROM grail_claims WHERE {_CELL} AND holder = :holder AND until >= :until {lock})
        AND :number_0 = ({_LENGTH})
        """
    )
