"""A cell's journal in the store: sealed to its place, claimed by one, and told as stored only once it is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.journal_entries import (
    BEGAN,
    CELL_ENDED,
    CELL_QUEUED,
    ENTRIES,
    call_began,
    call_ended,
    call_waits,
    cell_resumed,
    cell_suspended,
)

from pydantic_ai_grail._journal.cell_journal import CellJournal, Journals
from pydantic_ai_grail._state.keyring import Keyring
from pydantic_ai_grail.errors import JournalKeyUnknown, JournalTampered, StoreConflict, StoreError, StoreTimeout
from pydantic_ai_grail.events.journal_entries import CallBegan, CallEnded, CallWaits, Entry, JournaledCall, JournalState
from pydantic_ai_grail.stores import CellKey, Claim, JournalRecord, MemoryStore, Store

pytestmark = pytest.mark.anyio

KEY = CellKey('', 'A', 'c1', 'digest')
OLD, NEW = 'the secret of the old days', 'the secret of these days'


def journals(store: Store, secret: str | list[str] = OLD, **changes: Any) -> Journals:
    made = Journals(store=store, keyring=Keyring(secret), store_timeout_seconds=5, writes_calls=True, claim_seconds=30)
    return replace(made, **changes)


async def written(store: Store, entries: Sequence[Entry], *, key: CellKey = KEY, secret: str = OLD) -> None:
    """Write a journal, an entry at a time, and give it back."""
    journal = journals(store, secret).new(key)
    for entry in entries:
        await journal.write(entry)
    await journal.store()
    await journal.aclose()


async def is_free(store: Store, key: CellKey = KEY) -> bool:
    """Whether somebody else could have the claim now."""
    claim = Claim(holder='somebody else', until=datetime.now(UTC))
    held = await store.claim(key, claim, now=datetime.now(UTC))
    await store.release(key, holder='somebody else')
    return held == claim


FEW = [BEGAN, call_began(1), call_ended(1, 'x' * 2000), call_began(2), call_waits(2), cell_suspended()]


# What was written comes back


@given(st.lists(ENTRIES, max_size=6))
@settings(deadline=None)
def test_what_was_written_comes_back(entries: list[Entry]) -> None:
    async def run() -> None:
        store = MemoryStore()
        await written(store, entries)
        assert (await journals(store).peek(KEY)).entries == entries

    asyncio.run(run())


async def test_a_journal_goes_on_where_it_ended() -> None:
    store = MemoryStore()
    await written(store, FEW)
    journal = await journals(store).reopen(KEY)
    await journal.write(cell_resumed())
    await journal.aclose()
    assert (await journals(store).peek(KEY)).entries == [*FEW, cell_resumed()]


async def test_a_cell_that_has_no_journal_is_reopened_empty() -> None:
    store = MemoryStore()
    journal = await journals(store).reopen(KEY)
    assert journal.state() == JournalState()
    await journal.aclose()
    assert await is_free(store)


async def test_what_is_large_is_kept_small() -> None:
    store = MemoryStore()
    await written(store, [BEGAN, call_began(1), call_ended(1, 'abc' * 10_000)])
    sizes = [len(record.data) for record in await store.journal(KEY)]
    assert sizes[1] < 300
    assert sizes[2] < 800


async def test_a_fork_takes_the_journal_over_and_writes_it_as_its_own() -> None:
    store, fork = MemoryStore(), KEY._replace(conversation_id='B')
    await written(store, FEW)
    journal = await journals(store).reopen(fork)
    journal.copy_from(await journals(store).peek(KEY))
    assert journal.state().suspended == cell_suspended()
    assert await store.journal(fork) == []
    await journal.write(cell_resumed())
    await journal.aclose()
    assert (await journals(store).peek(fork)).entries == [*FEW, cell_resumed()]
    assert (await journals(store).peek(KEY)).entries == FEW


# Nothing but what was written is believed


def at_its_place(record: JournalRecord, number: int, key: CellKey = KEY) -> JournalRecord:
    """As somebody would put it who can write to the database."""
    return replace(record, number=number, key=key)


@st.composite
def forgeries(draw: st.DrawFn) -> tuple[str, int, int, int]:
    kinds = ['changed', 'cut', 'longer', 'swapped', 'removed', 'twice', 'of another cell', 'of another conversation']
    place = st.integers(0, len(FEW) - 1)
    return draw(st.sampled_from(kinds)), draw(place), draw(place), draw(st.integers(0, 10**9))


def forged(own: list[JournalRecord], other: list[JournalRecord], kind: str, at: int, to: int, salt: int) -> list[Any]:
    """A journal with something wrong in it."""
    records = list(own)
    data = records[at].data
    position = salt % len(data)
    if kind == 'changed':
        flipped = bytes([data[position] ^ (1 + salt % 255)])
        records[at] = replace(records[at], data=data[:position] + flipped + data[position + 1 :])
    elif kind == 'cut':
        records[at] = replace(records[at], data=data[:position])
    elif kind == 'longer':
        records[at] = replace(records[at], data=data + bytes(1 + salt % 3))
    elif kind == 'swapped':
        to = to if to != at else (at + 1) % len(records)
        records[at], records[to] = records[to], records[at]
    elif kind == 'removed':
        del records[at if at < len(records) - 1 else 0]  # at the end it is a journal that was set back
    elif kind == 'twice':
        records.insert(at, records[to])
    else:
        records[at] = other[at]
    return [at_its_place(record, number) for number, record in enumerate(records)]


@given(forgeries())
@settings(max_examples=300, deadline=None)
def test_entries_that_were_altered_moved_removed_or_brought_from_elsewhere_are_refused(
    forgery: tuple[str, int, int, int],
) -> None:
    async def run() -> None:
        store = MemoryStore()
        kind = forgery[0]
        elsewhere = KEY._replace(cell_id='c2') if kind == 'of another cell' else KEY._replace(conversation_id='B')
        await written(store, FEW)
        await written(store, FEW, key=elsewhere)
        own, other = await store.journal(KEY), await store.journal(elsewhere)
        journal = journals(store).new(KEY)
        journal.read(own)
        with pytest.raises((JournalTampered, JournalKeyUnknown)):
            journal.read(forged(list(own), list(other), *forgery))

    asyncio.run(run())


async def test_an_entry_of_a_second_run_of_the_same_cell_does_not_fit_into_the_first() -> None:
    first, second = MemoryStore(), MemoryStore()
    await written(first, [BEGAN, call_began(1), call_ended(1, 'a'), call_began(2)])
    await written(second, [BEGAN, call_began(1), call_ended(1, 'b'), call_began(2)])
    mixed = [*(await first.journal(KEY))[:3], *(await second.journal(KEY))[3:]]
    with pytest.raises(JournalTampered, match='does not fit its seal'):
        journals(first).new(KEY).read(mixed)


@pytest.mark.parametrize('changes', [{'number': 1}, {'key': KEY._replace(cell_id='c2')}])
async def test_an_entry_under_another_number_or_name_is_missing_here(changes: dict[str, Any]) -> None:
    store = MemoryStore()
    await written(store, FEW)
    with pytest.raises(JournalTampered, match="Entry 0 of the journal of cell 'c1' is missing"):
        journals(store).new(KEY).read([replace((await store.journal(KEY))[0], **changes)])


@dataclass(frozen=True, slots=True, kw_only=True)
class CellMoved:
    """An entry of a later version."""

    at: datetime


async def test_an_entry_of_a_later_version_is_refused() -> None:
    store = MemoryStore()
    await written(store, [BEGAN, CellMoved(at=datetime(2026, 1, 1, tzinfo=UTC))])  # pyright: ignore[reportArgumentType]  # this version has no such entry
    with pytest.raises(
        JournalTampered, match=r"cannot be read by this version: .* no journal entry of the kind 'CellMoved'"
    ):
        await journals(store).peek(KEY)


class ForgingStore(MemoryStore):
    """Has journals whose first entry was altered."""

    async def journal(self, key: CellKey) -> Sequence[JournalRecord]:
        records = await super().journal(key)
        return [replace(record, data=record.data[:-1] + b'!') for record in records]


async def test_a_journal_that_is_refused_leaves_no_claim_and_no_task() -> None:
    store = ForgingStore()
    await written(store, FEW)
    tasks = asyncio.all_tasks()
    with pytest.raises(JournalTampered):
        await journals(store).reopen(KEY)
    assert await is_free(store)
    await anyio.wait_all_tasks_blocked()
    assert asyncio.all_tasks() <= tasks


class HungStore(MemoryStore):
    """Takes its first entry, and then no other in any time that a test has."""

    async def append(self, records: Sequence[JournalRecord], **how: Any) -> None:
        if records[0].number:
            await asyncio.sleep(60)
        await super().append(records, **how)


async def test_a_cell_that_is_cancelled_while_it_gives_its_journal_back_prolongs_no_claim() -> None:
    store, tasks = HungStore(), asyncio.all_tasks()
    journal = journals(store).new(KEY)
    journal.begin(lambda: BEGAN)
    await journal.write(call_began(1))
    journal.write_behind(call_ended(1))
    closing = asyncio.create_task(journal.aclose())
    await asyncio.sleep(0.01)
    closing.cancel()
    with suppress(asyncio.CancelledError):
        await closing
    assert await is_free(store)
    await anyio.wait_all_tasks_blocked()
    assert asyncio.all_tasks() <= tasks


async def test_journals_outlive_a_change_of_keys_as_long_as_the_old_one_is_known() -> None:
    store = MemoryStore()
    await written(store, FEW, secret=OLD)
    journal = await journals(store, [NEW, OLD]).reopen(KEY)
    await journal.write(cell_resumed())
    await journal.aclose()
    assert (await journals(store, [OLD, NEW]).peek(KEY)).entries == [*FEW, cell_resumed()]
    for alone in (OLD, NEW):
        with pytest.raises(JournalKeyUnknown, match=r'not among those configured: Keyring\([0-9a-f]+\)'):
            await journals(store, alone).peek(KEY)


# What is known of a cell


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Entry], dict[int, list[Entry]]]:
    """Entries in an order in which they can happen, and each call's own."""
    entries: list[Entry] = [BEGAN]
    calls: dict[int, list[Entry]] = {}
    made = 0
    for _ in range(draw(st.integers(0, 14))):
        may_end = [ordinal for ordinal, own in calls.items() if not isinstance(own[-1], CallEnded)]
        what = draw(st.sampled_from(['make', 'make', 'again', 'wait', 'end', 'end', 'suspend']))
        if what == 'make' or not may_end:
            made += 1
            entry, ordinal = call_began(made), made
            calls[ordinal] = []
        elif what == 'suspend':
            entries += [cell_suspended(f'token {len(entries)}'), cell_resumed(f'token {len(entries)}')]
            continue
        else:
            ordinal = draw(st.sampled_from(may_end))
            attempt = sum(isinstance(each, CallBegan) for each in calls[ordinal]) + 1
            entry = {
                'again': call_began(ordinal, attempt=attempt),
                'wait': call_waits(ordinal),
                'end': call_ended(ordinal, f'result of {ordinal}'),
            }[what]
        entries.append(entry)
        calls[ordinal].append(entry)
    return entries, calls


@given(histories())
def test_of_each_call_the_last_attempt_is_known_and_what_came_after_it(
    history: tuple[list[Entry], dict[int, list[Entry]]],
) -> None:
    entries, calls = history
    journal = journals(MemoryStore()).new(KEY)
    journal.entries = entries
    journaled = journal.state()
    assert journaled.began == BEGAN
    assert list(journaled.calls) == list(calls)
    ended = [entry.ordinal for entry in entries if isinstance(entry, CallEnded)]
    for ordinal, own in calls.items():
        started = max(place for place, entry in enumerate(own) if isinstance(entry, CallBegan))
        waits = [entry for entry in own[started:] if isinstance(entry, CallWaits)]
        ends = [entry for entry in own if isinstance(entry, CallEnded)]
        assert journaled.calls[ordinal] == JournaledCall(
            began=own[started],  # pyright: ignore[reportArgumentType]  # it was chosen for its type
            waits=waits[-1] if waits else None,
            ended=ends[0] if ends else None,
            order=ended.index(ordinal) + 1 if ends else 0,
            approval_requests=sum(isinstance(entry, CallWaits) and entry.reason == 'approval' for entry in own),
        )
    assert {call.began.ordinal for call in journaled.waiting} == {
        ordinal for ordinal, own in calls.items() if isinstance(own[-1], CallWaits)
    }


async def test_the_newest_suspension_counts_and_only_decisions_made_after_it() -> None:
    def journaled(*entries: Entry) -> JournalState:
        journal = journals(MemoryStore()).new(KEY)
        journal.entries = list(entries)
        return journal.state()

    one, two = cell_suspended('1'), cell_suspended('2')
    assert journaled(BEGAN, one).suspended == one
    assert journaled(BEGAN, one, cell_resumed('1')).resumed == cell_resumed('1')
    requests = (('', '1'), ('', '2'))
    assert journaled(BEGAN, one, cell_resumed('1'), two) == JournalState(
        state='waiting', began=BEGAN, suspended=two, requests=requests
    )
    assert journaled(BEGAN, one, cell_resumed('1'), CELL_ENDED).ended == CELL_ENDED
    assert journaled(CELL_QUEUED).is_queued
    assert journaled() == JournalState()


# When it is stored


@dataclass
class Gate:
    """What a store does with the next transactions."""

    opened: anyio.Event = field(default_factory=anyio.Event)
    reached: anyio.Event = field(default_factory=anyio.Event)
    failures: list[BaseException] = field(default_factory=list[BaseException])
    failed: anyio.Event = field(default_factory=anyio.Event)
    appended: list[int] = field(default_factory=list[int])
    """How many entries each transaction had."""


class GatedStore(MemoryStore):
    """Finishes transactions when it is let, or fails them."""

    def __init__(self, *failures: BaseException, is_open: bool = True) -> None:
        super().__init__()
        self.gate = Gate(failures=list(failures))
        if is_open:
            self.gate.opened.set()

    async def append(
        self, records: Sequence[JournalRecord], *, claim: Claim, now: datetime, release: bool = False
    ) -> None:
        self.gate.reached.set()
        await self.gate.opened.wait()
        self.gate.appended.append(len(records))
        if self.gate.failures:
            self.gate.failed.set()
            raise self.gate.failures.pop(0)
        await super().append(records, claim=claim, now=now, release=release)


async def test_an_entry_is_stored_when_it_is_told_so() -> None:
    store = GatedStore()
    journal = journals(store).new(KEY)
    journal.begin(lambda: BEGAN)
    assert store.gate.appended == []  # with the first call
    await journal.write(call_began(1))
    assert (await journals(store).peek(KEY)).entries == [BEGAN, call_began(1)]
    await journal.aclose()


async def test_entries_that_may_wait_are_stored_together_at_the_end() -> None:
    store = GatedStore()
    journal = journals(store, writes_calls=False).new(KEY)
    for entry in FEW:
        await journal.write(entry)
    assert store.gate.appended == []
    assert journal.state().suspended == cell_suspended()
    await journal.store(release=True)
    await journal.store(release=True)
    assert store.gate.appended == [len(FEW)]
    assert (await journals(store).peek(KEY)).entries == FEW
    assert await is_free(store)


async def write_told(journal: CellJournal, number: int, told: dict[int, str]) -> None:
    try:
        await journal.write(call_began(number))
    except StoreError as error:
        told[number] = type(error).__name__
    else:
        stored = [record.number for record in await journal.journals.store.journal(KEY)]
        told[number] = 'stored' if journal.entries.index(call_began(number)) in stored else 'not there'


async def test_who_writes_while_a_transaction_is_under_way_shares_the_next_one() -> None:
    store = GatedStore(is_open=False)
    journal = journals(store).new(KEY)
    told: dict[int, str] = {}
    async with anyio.create_task_group() as tasks:
        for number in range(1, 6):
            tasks.start_soon(write_told, journal, number, told)
        await anyio.wait_all_tasks_blocked()
        assert told == {}
        store.gate.opened.set()
    assert told == dict.fromkeys(range(1, 6), 'stored')
    assert store.gate.appended == [1, 4]
    assert (await journals(store).peek(KEY)).entries == [call_began(number) for number in range(1, 6)]
    await journal.aclose()


@pytest.mark.parametrize('failure', [OSError('disk full'), StoreConflict('lost')])
async def test_nobody_is_told_of_success_by_a_transaction_that_failed(failure: Exception) -> None:
    store = GatedStore(failure, failure, is_open=False)
    journal = journals(store).new(KEY)
    told: dict[int, str] = {}
    async with anyio.create_task_group() as tasks:
        for number in range(1, 5):
            tasks.start_soon(write_told, journal, number, told)
        await anyio.wait_all_tasks_blocked()
        store.gate.opened.set()
    name = 'StoreConflict' if isinstance(failure, StoreConflict) else 'StoreError'
    assert told == {1: name, 2: name, 3: 'stored', 4: 'stored'}
    assert (await journals(store).peek(KEY)).entries == [call_began(number) for number in range(1, 5)]
    await journal.aclose()


async def test_what_is_behind_is_stored_with_the_next_entry() -> None:
    store = GatedStore()
    journal = journals(store).new(KEY)
    await journal.write(call_began(1))
    journal.write_behind(call_ended(1))
    await journal.write(call_began(2))
    assert store.gate.appended == [1, 2]
    assert (await journals(store).peek(KEY)).entries == [call_began(1), call_ended(1), call_began(2)]
    await journal.aclose()


async def test_what_is_behind_does_not_wait_for_a_next_entry() -> None:
    class Tells(MemoryStore):
        async def append(
            self, records: Sequence[JournalRecord], *, claim: Claim, now: datetime, release: bool = False
        ) -> None:
            await super().append(records, claim=claim, now=now, release=release)
            appended.set()

    store, appended = Tells(), anyio.Event()
    journal = journals(store).new(KEY)
    journal.write_behind(call_began(1), call_ended(1))
    with anyio.fail_after(10):
        await appended.wait()
    assert (await journals(store).peek(KEY)).entries == [call_began(1), call_ended(1)]
    await journal.aclose()


async def test_what_is_behind_is_stored_when_a_run_is_ended() -> None:
    store = GatedStore()
    journal = journals(store).new(KEY)
    await journal.write(call_began(1))
    journal.write_behind(call_ended(1))
    await journal.aclose()
    assert (await journals(store).peek(KEY)).entries == [call_began(1), call_ended(1)]
    assert await is_free(store)


async def test_a_journal_is_not_given_back_while_what_is_behind_is_being_stored() -> None:
    store = GatedStore(is_open=False)
    journal = journals(store).new(KEY)
    async with anyio.create_task_group() as tasks:
        journal.write_behind(call_began(1), call_ended(1))
        with anyio.fail_after(10):
            await store.gate.reached.wait()
        tasks.start_soon(journal.aclose)
        await anyio.wait_all_tasks_blocked()
        store.gate.opened.set()
    assert (await journals(store).peek(KEY)).entries == [call_began(1), call_ended(1)]
    assert await is_free(store)


async def test_a_call_that_was_cancelled_before_it_began_is_not_written_down_at_the_end() -> None:
    store = GatedStore(is_open=False)
    journal = journals(store).new(KEY)
    told: dict[int, str] = {}
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(write_told, journal, 1, told)
        await anyio.wait_all_tasks_blocked()
        journal.write_behind(call_ended(1))
        async with anyio.create_task_group() as cancelled:
            cancelled.start_soon(write_told, journal, 2, told)
            await anyio.wait_all_tasks_blocked()
            cancelled.cancel_scope.cancel()
        store.gate.opened.set()
        await journal.aclose()
    assert told == {1: 'stored'}
    assert (await journals(store).peek(KEY)).entries == [call_began(1), call_ended(1)]


async def test_where_what_is_behind_cannot_be_stored_the_next_who_writes_is_told() -> None:
    store = GatedStore(OSError('disk full'), OSError('disk full'))
    journal = journals(store).new(KEY)
    journal.write_behind(call_began(1), call_ended(1))
    with anyio.fail_after(10):
        await store.gate.failed.wait()
    with pytest.raises(StoreError, match='disk full'):
        await journal.write(call_began(2))
    await journal.store()
    assert (await journals(store).peek(KEY)).entries == [call_began(1), call_ended(1), call_began(2)]
    await journal.aclose()


async def test_entries_that_are_behind_wait_for_the_end_where_calls_are_not_written() -> None:
    store = GatedStore()
    journal = journals(store, writes_calls=False).new(KEY)
    await journal.write(call_began(1))
    journal.write_behind(call_ended(1))
    await journal.aclose()
    assert store.gate.appended == []


async def test_a_store_that_does_not_answer_fails_the_write() -> None:
    journal = journals(GatedStore(is_open=False), store_timeout_seconds=0.01).new(KEY)
    with pytest.raises(StoreTimeout):
        await journal.write(call_began(1))
    assert journal.entries == []
    await journal.aclose()


async def test_a_writer_that_is_cancelled_half_way_leaves_the_journal_whole_for_the_others() -> None:
    store = GatedStore(is_open=False)
    journal = journals(store).new(KEY)
    told: dict[int, str] = {}
    async with anyio.create_task_group() as tasks:
        async with anyio.create_task_group() as cancelled:
            cancelled.start_soon(write_told, journal, 1, told)
            await anyio.wait_all_tasks_blocked()
            tasks.start_soon(write_told, journal, 2, told)
            await anyio.wait_all_tasks_blocked()
            cancelled.cancel_scope.cancel()
            store.gate.opened.set()
    assert told[2] == 'stored'
    await journal.write(call_ended(2))
    assert (await journals(store).peek(KEY)).entries == [call_began(1), call_began(2), call_ended(2)]
    await journal.aclose()


async def test_a_run_that_is_ended_half_way_through_a_transaction_gives_the_claim_back() -> None:
    class SlowStore(MemoryStore):
        """Has done its work long before it says so."""

        async def append(
            self, records: Sequence[JournalRecord], *, claim: Claim, now: datetime, release: bool = False
        ) -> None:
            await super().append(records, claim=claim, now=now, release=release)
            reached.set()
            await anyio.sleep_forever()

    async def run() -> None:
        journal = journals(store).new(KEY)
        try:
            await journal.write(call_began(1))
        finally:
            await journal.aclose()

    reached, store = anyio.Event(), SlowStore()
    task = asyncio.create_task(run())
    await reached.wait()
    assert not await is_free(store)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await is_free(store)


# Claims


async def test_a_journal_that_is_open_cannot_be_opened_again() -> None:
    store = MemoryStore()
    await written(store, FEW)
    journal = await journals(store).reopen(KEY)
    with pytest.raises(StoreConflict, match=r"Cell 'c1' is being run by process \d+ on .*, which has it until"):
        await journals(store).reopen(KEY)
    await journal.aclose()
    await (await journals(store).reopen(KEY)).aclose()


async def test_who_lost_the_claim_is_told_before_the_next_call_begins() -> None:
    store = MemoryStore()
    first = journals(store, claim_seconds=0.0).new(KEY)
    await first.write(call_began(1))
    second = await journals(store).reopen(KEY)
    with pytest.raises(StoreConflict):
        await first.write(call_began(2))
    await second.write(call_ended(1))
    with pytest.raises(StoreConflict):
        await first.write(call_began(2))
    await second.store(release=True)
    await second.aclose()
    with pytest.raises(StoreConflict, match='has written on'):
        await first.write(call_began(2))
    await first.aclose()
    assert (await journals(store).peek(KEY)).entries == [call_began(1), call_ended(1)]


async def test_two_who_begin_the_same_cell_are_one_too_many() -> None:
    store = MemoryStore()
    first, second = journals(store).new(KEY), journals(store).new(KEY)
    await first.write(BEGAN, call_began(1))
    with pytest.raises(StoreConflict):
        await second.write(BEGAN, call_began(1))
    await second.aclose()
    await first.write(call_ended(1))
    await first.aclose()


async def test_what_is_written_while_a_journal_is_read_is_no_setting_back() -> None:
    class Slow(MemoryStore):
        async def journal(self, key: CellKey) -> Sequence[JournalRecord]:
            found = await super().journal(key)
            if len(found) == 1:
                writer = journals(self).new(KEY)
                await writer.take()
                writer.read(found)
                await writer.write(call_began(0))
                await writer.aclose()
            return found

    store = Slow()
    await written(store, [BEGAN])
    assert (await journals(store).peek(KEY)).entries == [BEGAN]
    assert (await journals(store).peek(KEY)).entries == [BEGAN, call_began(0)]


async def test_a_journal_whose_newest_entries_are_gone_is_not_read_by_who_has_seen_them() -> None:
    store = MemoryStore()
    await written(store, [BEGAN, call_began(0)])
    records = await store.journal(KEY)
    await store.forget(conversation_id='A')
    await store.append(records[:1], claim=Claim(holder='me', until=datetime.now(UTC)), now=datetime.now(UTC))
    with pytest.raises(JournalTampered, match='this process has seen 2 entries of it, and 1 are there'):
        await journals(store).peek(KEY)


async def test_a_journal_that_was_forgotten_is_begun_anew() -> None:
    store = MemoryStore()
    await written(store, [BEGAN, call_began(0)])
    await store.forget(conversation_id='A')
    assert (await journals(store).peek(KEY)).entries == []
    await written(store, [BEGAN])
    assert (await journals(store).peek(KEY)).entries == [BEGAN]
