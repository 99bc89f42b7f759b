"""Which state a history is given, and when none."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import anyio
import pytest
from dirty_equals import IsStr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pydantic_ai_grail._state.envelope import code_digest, snapshot_name
from pydantic_ai_grail._state.keyring import Keyring
from pydantic_ai_grail._state.repository import CellRef, Found, RepositorySettings, Saved, SnapshotRepository
from pydantic_ai_grail.errors import (
    JournalTampered,
    SettingsError,
    SnapshotError,
    SnapshotMismatch,
    SnapshotMissing,
    SnapshotTooLarge,
    SnapshotVersionMismatch,
    StoreError,
)
from pydantic_ai_grail.stores import ConversationKey, MemoryStore, SnapshotRecord
from pydantic_ai_grail.stores.base import CellKey

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
A, B = ConversationKey('', 'A'), ConversationKey('', 'B')


class Clock:
    """Ticks one second at each reading."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def repository() -> SnapshotRepository:
    return SnapshotRepository(
        store=MemoryStore(), keyring=Keyring('a secret for the tests'), monty_version='1.4.0', clock=Clock()
    )


async def save(
    repository: SnapshotRepository,
    cell_id: str,
    *,
    conversation: str = 'A',
    owner: str = '',
    parent: Saved | None = None,
) -> Saved:
    """A state whose dump is the cell's id and whose code is `run <id>`."""
    return await repository.save(
        cell_id.encode(),
        conversation=ConversationKey(owner, conversation),
        cell_id=cell_id,
        code_digest=code_digest(f'run {cell_id}'),
        outcome='completed',
        parent=parent,
    )


def ref(cell_id: str, **changes: object) -> CellRef:
    return replace(CellRef(cell_id=cell_id, code_digest=code_digest(f'run {cell_id}'), conversation_id='A'), **changes)


def dump_of(found: Found | None) -> bytes | None:
    return None if found is None else found.dump


async def test_the_newest_cell_of_the_history_gives_the_state(repository: SnapshotRepository) -> None:
    first = await save(repository, 'c1')
    await save(repository, 'c2', parent=first)
    assert dump_of(await repository.find([ref('c2'), ref('c1')], A)) == b'c2'


async def test_a_rewound_history_gets_the_state_it_ends_in(repository: SnapshotRepository) -> None:
    first = await save(repository, 'c1')
    await save(repository, 'c2', parent=first)
    assert dump_of(await repository.find([ref('c1')], A)) == b'c1'


async def test_a_cell_that_left_no_state_is_passed_over(repository: SnapshotRepository) -> None:
    await save(repository, 'c1')
    assert dump_of(await repository.find([ref('refused', expects_state=False), ref('c1')], A)) == b'c1'
    assert dump_of(await repository.find([ref('perhaps'), ref('c1')], A)) == b'c1'


async def test_a_state_that_is_gone_is_not_replaced_by_an_older_one(repository: SnapshotRepository) -> None:
    await save(repository, 'c1')
    with pytest.raises(SnapshotMissing, match="state after cell 'c2'"):
        await repository.find([ref('c2', expects_state=True), ref('c1')], A)
    with pytest.raises(SnapshotMissing, match="state after cell 'c2'"):
        await repository.find([ref('c2', snapshot='0' * 32), ref('c1')], A)


class Ends:
    """Journals of cells that left a state, and which of them were looked at."""

    def __init__(self, *left: str) -> None:
        self.left, self.asked = left, list[str]()

    async def __call__(self, key: CellKey) -> bool:
        self.asked.append(key.cell_id)
        if key.cell_id == 'damaged':
            raise JournalTampered('damaged')
        return key.cell_id in self.left


async def test_a_state_that_a_journal_speaks_of_is_not_replaced_by_an_older_one(repository: SnapshotRepository) -> None:
    repository = replace(repository, left_state=(ends := Ends('c2')))
    await save(repository, 'c1')
    for newest in ('c2', 'damaged'):
        with pytest.raises(SnapshotMissing, match=f'state after cell {newest!r}'):
            await repository.find([ref('refused'), ref(newest), ref('c1')], A)
    with pytest.raises(SnapshotMissing, match="state after cell 'c2'"):
        await repository.find([ref('c2')], A)
    assert ends.asked == ['refused', 'c2', 'refused', 'damaged', 'c2']


async def test_a_journal_of_a_conversation_that_the_history_may_not_open_is_not_asked(
    repository: SnapshotRepository,
) -> None:
    repository = replace(repository, left_state=(ends := Ends('c2')))
    assert await repository.find([ref('c2')], B) is None
    assert ends.asked == []


async def test_a_state_that_is_there_costs_no_look_at_a_journal(repository: SnapshotRepository) -> None:
    repository = replace(repository, left_state=(ends := Ends('c1', 'c2')))
    await save(repository, 'c1')
    assert dump_of(await repository.find([ref('c1')], A)) == b'c1'
    assert dump_of(await repository.find([ref('refused', expects_state=False), ref('c1')], A)) == b'c1'
    assert ends.asked == []


async def test_the_name_in_the_history_decides_where_ids_repeat(repository: SnapshotRepository) -> None:
    first = await save(repository, 'c1')
    await save(repository, 'c1', parent=first)
    found = await repository.find([ref('c1', snapshot=first.name)], A)
    assert found is not None
    assert found.saved == first


async def test_a_name_of_another_cell_is_refused(repository: SnapshotRepository) -> None:
    first = await save(repository, 'c1')
    with pytest.raises(SnapshotMismatch, match="cell_id 'c1' and turned up where cell_id 'c2'"):
        await repository.find([ref('c2', snapshot=first.name)], A)


@pytest.mark.parametrize('named', ['A', None])
async def test_a_fork_of_an_owners_finds_its_past_with_and_without_the_name_of_its_conversation(
    repository: SnapshotRepository, named: str | None
) -> None:
    await save(repository, 'c1', owner='ada')
    assert dump_of(await repository.find([ref('c1', conversation_id=named)], ConversationKey('ada', 'B'))) == b'c1'
    assert await repository.find([ref('c1', conversation_id=named)], ConversationKey('bob', 'B')) is None
    assert await repository.find([ref('c1', conversation_id=named)], B) is None


@pytest.mark.parametrize('named', ['A', None])
async def test_without_an_owner_ids_and_code_open_nothing_of_another_conversation(
    repository: SnapshotRepository, named: str | None
) -> None:
    await save(repository, 'c1')
    assert await repository.find([ref('c1', conversation_id=named)], B) is None


async def test_without_an_owner_a_fork_finds_its_past_by_a_name_that_nobody_can_guess(
    repository: SnapshotRepository,
) -> None:
    first = await save(repository, 'c1')
    await save(repository, 'failed', parent=first)
    by_name = ref('c1', snapshot=first.name)
    assert dump_of(await repository.find([by_name], B)) == b'c1'
    assert dump_of(await repository.find([ref('failed'), by_name], B)) == b'failed'
    guessed = ref('c1', snapshot='0' * 32)
    assert await repository.find([ref('failed'), replace(guessed, snapshot=None)], B) is None
    with pytest.raises(SnapshotMissing):
        await repository.find([ref('failed'), guessed], B)


async def test_a_name_of_one_conversation_opens_no_other(repository: SnapshotRepository) -> None:
    mine = await save(repository, 'c1')
    await save(repository, 'c2', conversation='C')
    claimed = ref('c1', snapshot=mine.name, conversation_id='C')
    found = await repository.find([ref('c2', conversation_id='C'), claimed], B)
    assert dump_of(found) == b'c1'


async def test_a_conversation_is_never_given_the_state_of_another_one_with_equal_ids(
    repository: SnapshotRepository,
) -> None:
    await save(repository, 'c1', conversation='A')
    assert await repository.find([ref('c1', conversation_id='B')], B) is None
    await save(repository, 'c1', conversation='C')
    assert await repository.find([ref('c1', conversation_id=None)], B) is None


async def test_equal_ids_with_other_code_are_other_cells(repository: SnapshotRepository) -> None:
    await save(repository, 'c1')
    assert await repository.find([ref('c1', code_digest=code_digest('run something else'))], A) is None


async def test_a_compacted_history_without_cells_gets_the_newest_state(repository: SnapshotRepository) -> None:
    await save(repository, 'c1')
    await save(repository, 'c2')
    for refs in ([], [ref('refused', expects_state=False)], [ref('perhaps refused')]):
        assert dump_of(await repository.find(refs, A, is_compacted=True)) == b'c2'
        assert await repository.find(refs, A) is None
        assert await repository.find(refs, B, is_compacted=True) is None


async def test_a_history_rewound_to_before_its_first_cell_gets_none(repository: SnapshotRepository) -> None:
    await save(repository, 'c1')
    assert await repository.find([], A, is_compacted=True, not_after=NOON) is None


async def test_a_state_that_was_saved_late_counts_from_when_it_was_reached(repository: SnapshotRepository) -> None:
    saved = await repository.save(
        b'large', conversation=A, cell_id='c1', code_digest='', outcome='completed', reached_at=NOON
    )
    assert saved.header.created_at == NOON
    assert dump_of(await repository.find([], A, is_compacted=True, not_after=NOON)) == b'large'


async def test_what_was_saved_is_told_with_its_line_of_descent(repository: SnapshotRepository) -> None:
    first = await save(repository, 'c1')
    second = await repository.save(
        b'dump',
        conversation=A,
        cell_id='c2',
        code_digest=code_digest('run c2'),
        outcome='failed',
        parent=first,
        variables={'x': 'int'},
        history='[]',
        feeds=2,
    )
    assert second.header.model_dump() == {
        'owner': '',
        'conversation_id': 'A',
        'cell_id': 'c2',
        'code_digest': code_digest('run c2'),
        'outcome': 'failed',
        'parent': first.name,
        'generation': 1,
        'created_at': NOON + timedelta(seconds=2),
        'package_version': IsStr(),
        'monty_version': '1.4.0',
        'variables': {'x': 'int'},
        'history': '[]',
        'feeds': 2,
        'grants': '',
        'dump_size': 4,
    }
    found = await repository.find([ref('c2')], A)
    assert found == Found(saved=second, dump=b'dump')


@pytest.mark.parametrize('size', [100, 5_000_000])
async def test_large_states_go_the_same_way_as_small_ones(repository: SnapshotRepository, size: int) -> None:
    dump = random.Random(size).randbytes(size // 2) + bytes(size // 2)
    saved = await repository.save(dump, conversation=A, cell_id='c1', code_digest='', outcome='completed')
    assert dump_of(await repository.find([ref('c1', code_digest='', snapshot=saved.name)], A)) == dump


async def test_a_state_over_the_cap_is_refused_and_not_stored(repository: SnapshotRepository) -> None:
    small = replace(repository, settings=RepositorySettings(max_dump_bytes=1000))
    with pytest.raises(SnapshotTooLarge):
        await small.save(bytes(1001), conversation=A, cell_id='c1', code_digest='', outcome='completed')
    assert await repository.find([], A, is_compacted=True) is None
    await repository.save(bytes(1001), conversation=A, cell_id='c1', code_digest='', outcome='completed')
    with pytest.raises(SnapshotTooLarge):
        await small.find([], A, is_compacted=True)


async def test_a_state_of_another_monty_is_refused(repository: SnapshotRepository) -> None:
    await save(repository, 'c1')
    with pytest.raises(SnapshotVersionMismatch, match=r'written by Monty 1\.4\.0; this is Monty 1\.5\.0, which cannot'):
        await replace(repository, monty_version='1.5.0').find([ref('c1')], A)


async def test_older_states_are_forgotten_as_new_ones_come(repository: SnapshotRepository) -> None:
    thrifty = replace(repository, settings=RepositorySettings(keep_newest=5))
    saved = None
    for number in range(30):
        saved = await save(thrifty, f'c{number}', parent=saved)
    held = [number for number in range(30) if await repository.store.find(*key(number), conversation_id='A')]
    assert held == list(range(20, 30))
    with pytest.raises(SnapshotMissing, match='forgotten to make room'):
        await repository.find([ref('c3', expects_state=True)], A)


async def test_everything_is_kept_if_that_is_wanted(repository: SnapshotRepository) -> None:
    hoarding = replace(repository, settings=RepositorySettings(keep_newest=None))
    saved = None
    for number in range(20):
        saved = await save(hoarding, f'c{number}', parent=saved)
    assert await repository.store.forget(conversation_id='A') == 20


async def test_a_state_is_saved_also_when_older_ones_cannot_be_forgotten(repository: SnapshotRepository) -> None:
    class Stubborn(MemoryStore):
        async def forget(self, **_: object) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]  # never asked for more
            raise OSError('read-only')

    stubborn = replace(repository, store=Stubborn(), settings=RepositorySettings(keep_newest=1))
    saved = None
    for number in range(9):
        saved = await save(stubborn, f'c{number}', parent=saved)
    assert saved is not None
    assert isinstance(saved.retention_failure, StoreError)
    assert dump_of(await stubborn.find([ref('c8')], A)) == b'c8'


@pytest.mark.parametrize('wrong', [{'store_timeout_seconds': 0}, {'max_dump_bytes': -1}, {'keep_newest': 0}])
def test_a_setting_that_cannot_be_right_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(SettingsError, match='must be greater than 0'):
        RepositorySettings(**wrong)


class LyingStore(MemoryStore):
    """Answers every question with the record it is told to give."""

    answer: SnapshotRecord | None = None

    async def load(self, name: str, *, owner: str = '') -> SnapshotRecord | None:
        return self.answer

    async def find(
        self, cell_id: str, code_digest: str, *, conversation_id: str | None, owner: str = ''
    ) -> SnapshotRecord | None:
        return self.answer

    async def newest(
        self, conversation_id: str, *, owner: str = '', not_after: datetime | None = None
    ) -> SnapshotRecord | None:
        return self.answer


async def records(repository: SnapshotRepository) -> dict[tuple[str, str], SnapshotRecord]:
    """The states after two cells in each of two conversations, all with different dumps."""
    found: dict[tuple[str, str], SnapshotRecord] = {}
    for conversation in ('A', 'B'):
        for cell in ('c1', 'c2'):
            saved = await repository.save(
                f'{conversation} {cell}'.encode(),
                conversation=ConversationKey('', conversation),
                cell_id=cell,
                code_digest=code_digest(f'run {cell}'),
                outcome='completed',
            )
            record = await repository.store.load(saved.name)
            assert record is not None
            found[conversation, cell] = record
    return found


async def test_a_store_that_answers_with_another_state_is_found_out(repository: SnapshotRepository) -> None:
    kept = await records(repository)
    lying = LyingStore()
    fooled = replace(repository, store=lying)
    opened: list[tuple[tuple[str, str], tuple[str, str]]] = []
    for asked, wanted in kept.items():
        for (conversation, cell), other in kept.items():
            # The store gives another one's bytes, under their own columns or under those that were asked for.
            for lying.answer in (other, replace(wanted, data=other.data), replace(other, name=wanted.name)):
                for how in (ref(asked[1], conversation_id=asked[0]), ref(asked[1], snapshot=wanted.name)):
                    try:
                        found = await fooled.find([how], ConversationKey('', asked[0]))
                    except SnapshotError:
                        continue
                    assert dump_of(found) == f'{conversation} {cell}'.encode()
                    opened.append((asked, (conversation, cell)))
    assert opened == [(asked, asked) for asked in kept for _ in range(6)]


async def test_a_store_that_answers_a_compacted_history_from_elsewhere_is_found_out(
    repository: SnapshotRepository,
) -> None:
    kept = await records(repository)
    lying = LyingStore()
    lying.answer = replace(kept['B', 'c1'], conversation_id='A')
    with pytest.raises(SnapshotMismatch, match="conversation_id 'B' and turned up where conversation_id 'A'"):
        await replace(repository, store=lying).find([], A, is_compacted=True)


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_no_altered_record_is_ever_opened(data: st.DataObject) -> None:
    async def attempt() -> None:
        repository = SnapshotRepository(
            store=LyingStore(), keyring=Keyring('a secret for the tests'), monty_version='1.4.0', clock=Clock()
        )
        kept = await records(replace(repository, store=MemoryStore()))
        wanted, other = kept['A', 'c1'], kept['B', 'c1']
        start = data.draw(st.integers(0, len(wanted.data)))
        end = data.draw(st.integers(start, len(wanted.data)))
        middle = data.draw(st.binary(max_size=4) | st.just(other.data[start:end]) | st.just(other.data))
        altered = wanted.data[:start] + middle + wanted.data[end:]
        assume(altered != wanted.data)
        assert isinstance(repository.store, LyingStore)
        repository.store.answer = replace(wanted, data=altered, name=snapshot_name(altered))
        with pytest.raises(SnapshotError):
            await repository.find([ref('c1')], A)

    anyio.run(attempt)


def key(number: int) -> tuple[str, str]:
    return f'c{number}', code_digest(f'run c{number}')
