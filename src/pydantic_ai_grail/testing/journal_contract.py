"""What every store promises of journals and claims. `StoreContract` has these tests too; subclass that one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import anyio
import pytest

from ..errors import StoreConflict
from ..stores.base import BegunCell, CellKey, Claim, JournalRecord, Store

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
CELL = CellKey('', 'A', 'c1', 'digest of c1')


def make_entry(number: int, *, key: CellKey = CELL, minutes: float = 0, data: bytes | None = None) -> JournalRecord:
    """An entry written `minutes` after noon, whose data is its number unless they are given."""
    written_at = NOON + timedelta(minutes=minutes)
    return JournalRecord(
        key=key, number=number, written_at=written_at, data=str(number).encode() if data is None else data
    )


def make_claim(holder: str, *, minutes: float = 1) -> Claim:
    """A claim until `minutes` after noon."""
    return Claim(holder=holder, until=NOON + timedelta(minutes=minutes))


async def write(store: Store, *records: JournalRecord, holder: str = 'one', release: bool = False) -> None:
    """Append at noon, under a claim of a minute."""
    await store.append(records, claim=make_claim(holder), now=NOON, release=release)


async def won(attempts: list[Callable[[], Awaitable[object]]]) -> list[object]:
    """Make all attempts at once; the results of those that met no conflict."""
    results: list[object] = []

    async def make(attempt: Callable[[], Awaitable[object]]) -> None:
        with suppress(StoreConflict):
            results.append(await attempt())

    async with anyio.create_task_group() as tasks:
        for attempt in attempts:
            tasks.start_soon(make, attempt)
    return results


@pytest.mark.anyio
class JournalContract:
    """Entries are appended in order, by one holder at a time, all or none."""

    async def test_entries_come_back_unchanged_in_the_order_of_their_numbers(self, store: Store) -> None:
        odd = datetime(2026, 3, 29, 2, 30, 1, 123456, tzinfo=timezone(timedelta(hours=5)))
        first = JournalRecord(key=CELL, number=0, written_at=odd, data=bytes(range(256)) * 100)
        await write(store, first)
        await write(store, make_entry(1), make_entry(2), make_entry(3, data=b''))
        assert list(await store.journal(CELL)) == [first, make_entry(1), make_entry(2), make_entry(3, data=b'')]

    async def test_a_cell_without_a_journal_has_an_empty_one(self, store: Store) -> None:
        await write(store, make_entry(0))
        assert list(await store.journal(CellKey('', 'A', 'c2', 'digest of c2'))) == []

    async def test_journals_of_other_conversations_cells_and_codes_are_others(self, store: Store) -> None:
        keys = [CELL, CELL._replace(conversation_id='B'), CELL._replace(cell_id='c2'), CELL._replace(code_digest='d')]
        for key in keys:
            await write(store, make_entry(0, key=key, data=repr(key).encode()), holder=repr(key))
        for key in keys:
            assert [entry.data for entry in await store.journal(key)] == [repr(key).encode()]

    async def test_journals_may_be_of_any_text(self, store: Store) -> None:
        odd = CellKey('', '対話/%_\\', "call'; -- 1\n", '')
        await write(store, make_entry(0, key=odd), holder='ow%ner/\n')
        assert await store.claim(odd, make_claim('two'), now=NOON) == make_claim('ow%ner/\n')
        assert list(await store.journal(odd)) == [make_entry(0, key=odd)]
        assert list(await store.journal(odd._replace(conversation_id='対話/%%\\'))) == []
        await store.release(odd, holder='ow%ner/\n')
        assert await store.claim(odd, make_claim('two'), now=NOON) == make_claim('two')

    async def test_large_entries_and_many_of_them_fit(self, store: Store) -> None:
        large = make_entry(0, data=bytes(range(256)) * 4096 * 5)
        await write(store, large)
        await write(store, *[make_entry(number) for number in range(1, 500)])
        found = await store.journal(CELL)
        assert found[0] == large
        assert [entry.number for entry in found] == list(range(500))

    async def test_an_entry_whose_number_is_taken_is_a_conflict_and_none_of_the_others_is_kept(
        self, store: Store
    ) -> None:
        await write(store, make_entry(0), make_entry(1), release=True)
        with pytest.raises(StoreConflict):
            await write(store, make_entry(1, data=b'late'), make_entry(2), holder='two')
        assert list(await store.journal(CELL)) == [make_entry(0), make_entry(1)]
        assert await store.claim(CELL, make_claim('three'), now=NOON) == make_claim('three')

    @pytest.mark.parametrize('numbers', [[1], [0, 2], [1, 0], [0, 0]])
    async def test_entries_without_the_ones_before_them_are_a_conflict(self, store: Store, numbers: list[int]) -> None:
        with pytest.raises(StoreConflict):
            await write(store, *[make_entry(number) for number in numbers])
        assert list(await store.journal(CELL)) == []
        await write(store, make_entry(0))

    async def test_whose_journal_was_forgotten_cannot_continue_it(self, store: Store) -> None:
        await write(store, make_entry(0))
        await store.forget(conversation_id='A')
        with pytest.raises(StoreConflict):
            await write(store, make_entry(1))
        assert list(await store.journal(CELL)) == []

    async def test_only_who_has_the_claim_can_append(self, store: Store) -> None:
        await write(store, make_entry(0))
        with pytest.raises(StoreConflict):
            await write(store, make_entry(1), holder='two')
        await write(store, make_entry(1))
        assert list(await store.journal(CELL)) == [make_entry(0), make_entry(1)]

    async def test_a_claim_is_held_until_its_end_and_not_longer(self, store: Store) -> None:
        assert await store.claim(CELL, make_claim('one'), now=NOON) == make_claim('one')
        just_before = NOON + timedelta(minutes=1, microseconds=-1)
        assert await store.claim(CELL, make_claim('two', minutes=2), now=just_before) == make_claim('one')
        at_its_end = NOON + timedelta(minutes=1)
        assert await store.claim(CELL, make_claim('two', minutes=2), now=at_its_end) == make_claim('two', minutes=2)

    async def test_its_holder_can_prolong_a_claim(self, store: Store) -> None:
        await store.claim(CELL, make_claim('one'), now=NOON)
        assert await store.claim(CELL, make_claim('one', minutes=9), now=NOON) == make_claim('one', minutes=9)
        later = NOON + timedelta(minutes=8)
        assert await store.claim(CELL, make_claim('two', minutes=20), now=later) == make_claim('one', minutes=9)

    async def test_appending_takes_the_claim_and_prolongs_it(self, store: Store) -> None:
        await store.append([make_entry(0)], claim=make_claim('one', minutes=1), now=NOON)
        await store.append([make_entry(1)], claim=make_claim('one', minutes=3), now=NOON)
        later = NOON + timedelta(minutes=2)
        assert await store.claim(CELL, make_claim('two', minutes=9), now=later) == make_claim('one', minutes=3)

    async def test_entries_are_added_in_any_number_under_a_claim_that_is_held(self, store: Store) -> None:
        await store.claim(CELL, make_claim('one', minutes=5), now=NOON)
        length = 0
        for count in (1, 2, 3, 7, 8, 9, 20, 1):
            entries = [make_entry(length + each, data=bytes(range(256)) * each) for each in range(count)]
            await write(store, *entries)
            assert list(await store.journal(CELL))[length:] == entries
            length += count

    async def test_its_holder_cannot_write_an_entry_twice(self, store: Store) -> None:
        await write(store, make_entry(0))
        await write(store, make_entry(1), make_entry(2))
        for numbers in ([1], [2, 3], [4], [3, 5]):
            with pytest.raises(StoreConflict):
                await write(store, *[make_entry(number, data=b'again') for number in numbers])
        assert list(await store.journal(CELL)) == [make_entry(0), make_entry(1), make_entry(2)]
        await write(store, make_entry(3))

    async def test_a_claim_that_ended_and_that_nobody_took_is_its_holders_still(self, store: Store) -> None:
        await write(store, make_entry(0))
        later = NOON + timedelta(minutes=9)
        await store.append([make_entry(1)], claim=make_claim('one', minutes=10), now=later)
        assert await store.claim(CELL, make_claim('two', minutes=20), now=later) == make_claim('one', minutes=10)

    async def test_who_lost_the_claim_cannot_append_any_more(self, store: Store) -> None:
        await write(store, make_entry(0))
        later = NOON + timedelta(minutes=1)
        await store.append([make_entry(1)], claim=make_claim('two', minutes=2), now=later)
        with pytest.raises(StoreConflict):
            await store.append([make_entry(2)], claim=make_claim('one', minutes=2), now=later)
        assert [entry.number for entry in await store.journal(CELL)] == [0, 1]

    async def test_a_claim_can_be_taken_from_the_holder_who_is_named_and_from_no_other(self, store: Store) -> None:
        await store.claim(CELL, make_claim('one'), now=NOON)
        assert await store.claim(CELL, make_claim('two'), now=NOON, instead_of='zero') == make_claim('one')
        assert await store.claim(CELL, make_claim('two'), now=NOON, instead_of='one') == make_claim('two')
        assert await store.claim(CELL, make_claim('three'), now=NOON, instead_of='one') == make_claim('two')

    async def test_a_claim_that_was_given_back_is_free_at_once(self, store: Store) -> None:
        await store.claim(CELL, make_claim('one'), now=NOON)
        await store.release(CELL, holder='one')
        await store.release(CELL, holder='one')
        assert await store.claim(CELL, make_claim('two'), now=NOON) == make_claim('two')
        await store.release(CELL, holder='one')
        assert await store.claim(CELL, make_claim('three'), now=NOON) == make_claim('two')

    async def test_a_last_append_can_give_the_claim_back(self, store: Store) -> None:
        await write(store, make_entry(0), release=True)
        await write(store, make_entry(1), holder='two')
        assert await store.claim(CELL, make_claim('three'), now=NOON) == make_claim('two')

    async def test_the_claim_to_one_cell_is_none_to_another(self, store: Store) -> None:
        await store.claim(CELL, make_claim('one'), now=NOON)
        for other in (CELL._replace(conversation_id='B'), CELL._replace(cell_id='c2'), CELL._replace(code_digest='d')):
            assert await store.claim(other, make_claim('two'), now=NOON) == make_claim('two')
        assert list(await store.journal(CELL)) == []

    async def test_of_several_who_claim_at_once_one_wins_and_all_learn_who(self, store: Store) -> None:
        def attempt(number: int) -> Callable[[], Awaitable[object]]:
            return lambda: store.claim(CELL, make_claim(f'holder {number}'), now=NOON)

        attempts = await won([attempt(number) for number in range(12)])
        assert len(attempts) == 12
        assert len({claim.holder for claim in attempts if isinstance(claim, Claim)}) == 1

    async def test_of_several_who_take_over_at_once_one_wins(self, store: Store) -> None:
        await store.claim(CELL, make_claim('dead'), now=NOON)

        def attempt(number: int) -> Callable[[], Awaitable[object]]:
            return lambda: store.claim(CELL, make_claim(f'holder {number}'), now=NOON, instead_of='dead')

        attempts = await won([attempt(number) for number in range(12)])
        assert len({claim.holder for claim in attempts if isinstance(claim, Claim)}) == 1

    async def test_of_several_who_append_at_once_one_wins_with_all_its_entries(self, store: Store) -> None:
        def attempt(number: int) -> Callable[[], Awaitable[object]]:
            entries = [make_entry(each, data=f'{number}'.encode()) for each in range(3)]
            return lambda: write(store, *entries, holder=f'holder {number}')

        assert len(await won([attempt(number) for number in range(12)])) == 1
        found = await store.journal(CELL)
        assert len(found) == 3
        assert len({entry.data for entry in found}) == 1

    async def test_many_cells_at_once_do_not_mix(self, store: Store) -> None:
        async def run(number: int) -> None:
            key = CellKey('', f'conversation {number % 3}', f'c{number}', 'digest')
            for each in range(10):
                await write(
                    store, make_entry(each, key=key, data=f'{number}-{each}'.encode()), holder=f'holder {number}'
                )
            found = await store.journal(key)
            assert [entry.data for entry in found] == [f'{number}-{each}'.encode() for each in range(10)]

        async with anyio.create_task_group() as tasks:
            for number in range(12):
                tasks.start_soon(run, number)

    async def test_a_cancelled_append_kept_all_its_entries_or_none(self, store: Store) -> None:
        await write(store, make_entry(0))
        with anyio.CancelScope() as scope:
            scope.cancel()
            await write(store, make_entry(1), make_entry(2))
        numbers = [entry.number for entry in await store.journal(CELL)]
        assert numbers in ([0], [0, 1, 2])
        await write(store, make_entry(len(numbers)))

    async def test_a_forgotten_conversations_journals_and_claims_go(self, store: Store) -> None:
        other = CELL._replace(conversation_id='B')
        await write(store, make_entry(0))
        await write(store, make_entry(0, key=other))
        assert await store.forget(conversation_id='A') == 0
        assert list(await store.journal(CELL)) == []
        assert await store.claim(CELL, make_claim('two'), now=NOON) == make_claim('two')
        assert list(await store.journal(other)) == [make_entry(0, key=other)]
        assert await store.claim(other, make_claim('two'), now=NOON) == make_claim('one')

    async def test_journals_are_as_old_as_their_newest_entries(self, store: Store) -> None:
        keys = {minutes: CELL._replace(cell_id=f'until {minutes}') for minutes in (1, 2, 3)}
        for minutes, key in keys.items():
            await write(store, make_entry(0, key=key), make_entry(1, key=key, minutes=minutes), holder=key.cell_id)
        await store.forget(older_than=NOON + timedelta(minutes=2))
        left = [minutes for minutes, key in keys.items() if await store.journal(key)]
        assert left == [2, 3]

    async def test_the_newest_journals_of_each_conversation_are_spared(self, store: Store) -> None:
        keys = [
            (minutes, CELL._replace(conversation_id=conversation, cell_id=f'until {minutes}'))
            for conversation in ('A', 'B')
            for minutes in (3, 1, 2)
        ]
        for minutes, key in keys:
            await write(store, make_entry(0, key=key, minutes=minutes), holder=key.cell_id)
        await store.forget(conversation_id='A', keep_newest=1)
        assert [minutes for minutes, key in keys if await store.journal(key)] == [3, 3, 1, 2]
        await store.forget(older_than=NOON + timedelta(minutes=9), keep_newest=2)
        assert [minutes for minutes, key in keys if await store.journal(key)] == [3, 3, 2]

    async def test_claims_that_ended_long_ago_are_forgotten(self, store: Store) -> None:
        other = CELL._replace(conversation_id='B')
        for key in (CELL, other):
            await store.claim(key, make_claim('one', minutes=1), now=NOON)
        await store.forget(conversation_id='A', older_than=NOON + timedelta(minutes=1))
        assert await store.claim(CELL, make_claim('two'), now=NOON) == make_claim('one')
        await store.forget(conversation_id='A', older_than=NOON + timedelta(minutes=2))
        assert await store.claim(CELL, make_claim('two'), now=NOON) == make_claim('two')
        assert await store.claim(other, make_claim('two'), now=NOON) == make_claim('one')
        await store.forget(older_than=NOON + timedelta(minutes=2))
        assert await store.claim(other, make_claim('three'), now=NOON) == make_claim('three')

    async def test_the_cells_that_began_are_listed_with_their_claims_the_newest_first(self, store: Store) -> None:
        assert await store.begun('A') == []
        keys = {minutes: CELL._replace(cell_id=f'at {minutes}') for minutes in (2, 1, 3)}
        for minutes, key in keys.items():
            await write(store, make_entry(0, key=key, minutes=minutes), holder=key.cell_id, release=minutes == 1)
            await write(store, make_entry(1, key=key, minutes=9), holder=key.cell_id, release=minutes == 1)
        await write(store, make_entry(0, key=CELL._replace(conversation_id='B'), minutes=2))
        begun = [
            BegunCell(key=keys[3], at=NOON + timedelta(minutes=3), claim=make_claim('at 3')),
            BegunCell(key=keys[2], at=NOON + timedelta(minutes=2), claim=make_claim('at 2')),
            BegunCell(key=keys[1], at=NOON + timedelta(minutes=1), claim=None),
        ]
        assert await store.begun('A') == begun
        assert await store.begun('A', after=NOON + timedelta(minutes=1)) == begun[:2]
        assert await store.begun('A', after=NOON + timedelta(minutes=3)) == []

    async def test_journals_stay_when_the_store_is_closed(self, store: Store) -> None:
        await write(store, make_entry(0))
        await store.aclose()
        await write(store, make_entry(1))
        assert [entry.number for entry in await store.journal(CELL)] == [0, 1]
