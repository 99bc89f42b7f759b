"""Journal entries of every kind, for tests that write and read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from hypothesis import strategies as st

from pydantic_ai_grail.events.journal_entries import (
    Began,
    CallBegan,
    CallEnded,
    CallWaits,
    CellEnded,
    CellQueued,
    CellResumed,
    CellSuspended,
    DecisionRequested,
    Entry,
    Granted,
    GrantRevoked,
    GrantUsed,
)

NOON: Final = datetime(2026, 1, 1, 12, tzinfo=UTC)
BEGAN: Final = Began(source='await pay(1)', prepared='{}', parent=None)


def call_began(ordinal: int, *, attempt: int = 1, delivered_before: int = 0, **arguments: Any) -> CallBegan:
    return CallBegan(
        ordinal=ordinal,
        tool='pay',
        arguments=arguments,
        line=1,
        attempt=attempt,
        delivered_before=delivered_before,
        at=NOON,
    )


def call_waits(ordinal: int) -> CallWaits:
    return CallWaits(ordinal=ordinal, reason='approval', metadata={}, until=None, at=NOON)


def call_ended(ordinal: int, value: Any = None) -> CallEnded:
    return CallEnded(
        ordinal=ordinal,
        state='returned',
        value=value,
        exception_type=None,
        message=None,
        content='',
        seconds=0.5,
        at=NOON,
    )


def cell_suspended(token: str = 'token', *, accepted: int = 1, dump: bytes = b'dump') -> CellSuspended:
    return CellSuspended(
        token=token,
        numbers={1: 0},
        at_call=None,
        accepted=accepted,
        slept=[],
        slept_seconds=0.0,
        feeds=1,
        printed='',
        dropped_chars=0,
        trace={},
        dump=dump,
    )


def cell_resumed(token: str = 'token') -> CellResumed:
    return CellResumed(token=token, decisions={'cell__1': {'kind': 'approve'}}, at=NOON)


CELL_ENDED: Final = CellEnded(outcome='completed', at=NOON)
CELL_QUEUED: Final = CellQueued(at=NOON)

_TEXT = st.text(st.characters(), max_size=20)
_MOMENTS = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=2), 'CEST')]))
_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXT | st.binary() | _MOMENTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3) | st.tuples(inner, inner),
    max_leaves=6,
)
_ORDINALS = st.integers(min_value=1, max_value=10**6)
_SECONDS = st.floats(min_value=0, allow_infinity=False)
ENTRIES: Final[st.SearchStrategy[Entry]] = st.one_of(
    st.builds(Began, source=_TEXT, prepared=_TEXT, parent=st.none() | _TEXT),
    st.builds(CellQueued, at=_MOMENTS, requested_by=_TEXT),
    st.builds(DecisionRequested, token=_TEXT, requested_by=_TEXT, at=_MOMENTS),
    st.builds(
        CallBegan,
        ordinal=_ORDINALS,
        tool=_TEXT,
        arguments=st.dictionaries(_TEXT, _PLAIN, max_size=4),
        line=st.none() | _ORDINALS,
        attempt=_ORDINALS,
        delivered_before=_ORDINALS,
        at=_MOMENTS,
    ),
    st.builds(
        CallWaits,
        ordinal=_ORDINALS,
        reason=st.sampled_from(['approval', 'external', 'unknown']),
        metadata=st.dictionaries(_TEXT, _PLAIN, max_size=2),
        until=st.none() | _MOMENTS,
        at=_MOMENTS,
    ),
    st.builds(
        CallEnded,
        ordinal=_ORDINALS,
        state=st.sampled_from(['returned', 'raised', 'denied']),
        value=_PLAIN,
        exception_type=st.none() | _TEXT,
        message=st.none() | _TEXT,
        content=_TEXT,
        seconds=_SECONDS,
        at=_MOMENTS,
    ),
    st.builds(
        CellSuspended,
        token=_TEXT,
        numbers=st.dictionaries(_ORDINALS, _ORDINALS, max_size=3),
        at_call=st.none() | _ORDINALS,
        accepted=_ORDINALS,
        slept=st.lists(_ORDINALS, max_size=3),
        slept_seconds=_SECONDS,
        feeds=_ORDINALS,
        printed=_TEXT,
        dropped_chars=_ORDINALS,
        trace=st.dictionaries(_TEXT, _TEXT, max_size=2),
        requested_by=st.none() | _TEXT,
        dump=st.binary() | st.binary().map(lambda part: part * 300),
    ),
    st.builds(
        CellResumed,
        token=_TEXT,
        decisions=st.dictionaries(_TEXT, st.dictionaries(_TEXT, _PLAIN, max_size=3), max_size=2),
        at=_MOMENTS,
    ),
    st.builds(
        Granted,
        id=_TEXT,
        tool=_TEXT,
        arguments=st.dictionaries(_TEXT, _PLAIN, max_size=2),
        uses=st.none() | _ORDINALS,
        cell_id=st.none() | _TEXT,
        at=_MOMENTS,
    ),
    st.builds(GrantUsed, id=_TEXT, key=_TEXT, at=_MOMENTS),
    st.builds(GrantRevoked, id=_TEXT, at=_MOMENTS),
    st.builds(CellEnded, outcome=st.sampled_from(['completed', 'failed']), at=_MOMENTS),
)
