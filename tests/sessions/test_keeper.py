"""Which state a history is given, and when none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pydantic_ai_grail._sessions.envelope import code_digest
from pydantic_ai_grail._sessions.keeper import CellRef, Found, Keeper, Saved
from pydantic_ai_grail._sessions.keyring import Keyring
from pydantic_ai_grail.errors import SnapshotForeign, SnapshotMissing
from pydantic_ai_grail.stores import MemoryStore

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Clock:
    """Ticks one second at each reading."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def keeper() -> Keeper:
    return Keeper(store=MemoryStore(), keyring=Keyring('a secret for the tests'), monty_version='1.4.0', clock=Clock())


async def save(keeper: Keeper, cell_id: str, *, conversation: str = 'A', parent: Saved | None = None) -> Saved:
    """A state whose dump is the cell's id and whose code is `run <id>`."""
    return await keeper.save(
        cell_id.encode(),
        conversation_id=conversation,
        cell_id=cell_id,
        code_digest=code_digest(f'run {cell_id}'),
        outcome='completed',
        parent=parent,
    )


def ref(cell_id: str, **changes: object) -> CellRef:
    return replace(CellRef(cell_id=cell_id, code_digest=code_digest(f'run {cell_id}'), conversation_id='A'), **changes)


def dump_of(found: Found | None) -> bytes | None:
    return None if found is None else found.dump


async def test_the_newest_cell_of_the_history_gives_the_state(keeper: Keeper) -> None:
    first = await save(keeper, 'c1')
    await save(keeper, 'c2', parent=first)
    assert dump_of(await keeper.find([ref('c2'), ref('c1')], 'A')) == b'c2'


async def test_a_rewound_history_gets_the_state_it_ends_in(keeper: Keeper) -> None:
    first = await save(keeper, 'c1')
    await save(keeper, 'c2', parent=first)
    assert dump_of(await keeper.find([ref('c1')], 'A')) == b'c1'


async def test_a_cell_that_left_no_state_is_passed_over(keeper: Keeper) -> None:
    await save(keeper, 'c1')
    assert dump_of(await keeper.find([ref('refused', expects_state=False), ref('c1')], 'A')) == b'c1'
    assert dump_of(await keeper.find([ref('perhaps'), ref('c1')], 'A')) == b'c1'


async def test_a_state_that_is_gone_is_not_replaced_by_an_older_one(keeper: Keeper) -> None:
    await save(keeper, 'c1')
    with pytest.raises(SnapshotMissing, match="state after cell 'c2'"):
        await keeper.find([ref('c2', expects_state=True), ref('c1')], 'A')
    with pytest.raises(SnapshotMissing, match="state after cell 'c2'"):
        await keeper.find([ref('c2', snapshot='0' * 32), ref('c1')], 'A')


async def test_the_name_in_the_history_decides_where_ids_repeat(keeper: Keeper) -> None:
    first = await save(keeper, 'c1')
    await save(keeper, 'c1', parent=first)
    found = await keeper.find([ref('c1', snapshot=first.name)], 'A')
    assert found is not None
    assert found.saved == first


async def test_a_name_of_another_cell_is_refused(keeper: Keeper) -> None:
    first = await save(keeper, 'c1')
    with pytest.raises(SnapshotForeign, match="after cell 'c1', not after 'c2'"):
        await keeper.find([ref('c2', snapshot=first.name)], 'A')


async def test_a_fork_finds_its_past_by_the_conversation_its_messages_name(keeper: Keeper) -> None:
    await save(keeper, 'c1', conversation='A')
    assert dump_of(await keeper.find([ref('c1', conversation_id='A')], 'B')) == b'c1'


async def test_a_fork_finds_its_past_when_its_messages_name_no_conversation(keeper: Keeper) -> None:
    await save(keeper, 'c1', conversation='A')
    assert dump_of(await keeper.find([ref('c1', conversation_id=None)], 'B')) == b'c1'


async def test_a_conversation_is_never_given_the_state_of_another_one_with_equal_ids(keeper: Keeper) -> None:
    await save(keeper, 'c1', conversation='A')
    assert await keeper.find([ref('c1', conversation_id='B')], 'B') is None
    await save(keeper, 'c1', conversation='C')
    assert await keeper.find([ref('c1', conversation_id=None)], 'B') is None


async def test_equal_ids_with_other_code_are_other_cells(keeper: Keeper) -> None:
    await save(keeper, 'c1')
    assert await keeper.find([ref('c1', code_digest=code_digest('run something else'))], 'A') is None


async def test_a_history_without_cells_gets_the_newest_state(keeper: Keeper) -> None:
    await save(keeper, 'c1')
    await save(keeper, 'c2')
    assert dump_of(await keeper.find([], 'A')) == b'c2'
    assert dump_of(await keeper.find([ref('refused', expects_state=False)], 'A')) == b'c2'
    assert await keeper.find([], 'B') is None


async def test_a_history_rewound_to_before_its_first_cell_gets_none(keeper: Keeper) -> None:
    await save(keeper, 'c1')
    assert await keeper.find([], 'A', not_after=NOON) is None
