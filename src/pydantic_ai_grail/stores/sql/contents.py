"""What a database has, for looking at it and for taking it elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, literal, select, union_all

from ..base import ALL_OWNERS, AllOwners, CellKey, Contents, ConversationSummary, JournalRecord, SnapshotRecord
from ..tables import journals, snapshots
from .statements import as_text


def summaries(connection: Connection, owner: str | AllOwners, limit: int) -> Sequence[ConversationSummary]:
    """The conversations that were written to last."""
    query, values = _SUMMARIES, {'most': limit}
    if owner is not ALL_OWNERS:
        query, values = query.where(_WRITTEN.c.owner == bindparam('owner')), {**values, 'owner': owner}
    return [
        ConversationSummary(
            owner=as_text(row.owner),
            conversation_id=as_text(row.conversation_id),
            snapshots=row.snapshots,
            entries=row.entries,
            size_bytes=row.size_bytes,
            newest_at=row.newest_at,
        )
        for row in connection.execute(query, values)
    ]


def all_of(connection: Connection, owner: str, conversation_id: str) -> Contents:
    """Everything of a conversation."""
    key = {'owner': owner, 'conversation_id': conversation_id}
    return Contents(
        snapshots=[_snapshot(row) for row in connection.execute(_SNAPSHOTS, key).mappings()],
        entries=[
            JournalRecord(
                key=CellKey(*map(as_text, (row.owner, row.conversation_id, row.cell_id, row.code_digest))),
                number=row.number,
                written_at=row.written_at,
                data=row.data,
            )
            for row in connection.execute(_ENTRIES, key)
        ],
    )


def _snapshot(row: Mapping[Any, Any]) -> SnapshotRecord:
    for name in ('name', 'owner', 'conversation_id', 'cell_id', 'code_digest', 'parent'):
        as_text(row[name] or '')
    return SnapshotRecord(**row)


_WRITTEN: Final = union_all(
    select(
        snapshots.c.owner,
        snapshots.c.conversation_id,
        literal(1).label('snapshots'),
        literal(0).label('entries'),
        func.length(snapshots.c.data).label('size_bytes'),
        snapshots.c.created_at.label('at'),
    ),
    select(
        journals.c.owner,
        journals.c.conversation_id,
        literal(0),
        literal(1),
        func.length(journals.c.data),
        journals.c.written_at,
    ),
).subquery()
_NEWEST: Final = func.max(_WRITTEN.c.at).label('newest_at')
_SUMMARIES: Final = (
    select(
        _WRITTEN.c.owner,
        _WRITTEN.c.conversation_id,
        func.sum(_WRITTEN.c.snapshots).label('snapshots'),
        func.sum(_WRITTEN.c.entries).label('entries'),
        func.sum(_WRITTEN.c.size_bytes).label('size_bytes'),
        _NEWEST,
    )
    .group_by(_WRITTEN.c.owner, _WRITTEN.c.conversation_id)
    .order_by(_NEWEST.desc())
    .limit(bindparam('most'))
)
_SNAPSHOTS: Final = (
    select(*(snapshots.c[field.name] for field in fields(SnapshotRecord)))
    .where(snapshots.c.owner == bindparam('owner'), snapshots.c.conversation_id == bindparam('conversation_id'))
    .order_by(snapshots.c.created_at, snapshots.c.sequence)
)
_ENTRIES: Final = (
    select(journals)
    .where(journals.c.owner == bindparam('owner'), journals.c.conversation_id == bindparam('conversation_id'))
    .order_by(journals.c.cell_id, journals.c.code_digest, journals.c.number)
)
