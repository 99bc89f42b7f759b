"""What is old is forgotten, but nothing that somebody may still go on with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from dirty_equals import IsDatetime
from support.bills import SECRET, till, write_journal
from support.journal_entries import BEGAN, CELL_ENDED, call_began

from pydantic_ai_grail import Approve, MemoryStore, SettingsError, SqlStore, Store, decide
from pydantic_ai_grail.admin.retention import ExpiryReport, SparedConversation, delete_expired
from pydantic_ai_grail.approvals import ApprovalGrant
from pydantic_ai_grail.errors import JournalMismatch
from pydantic_ai_grail.stores.base import CellKey, Contents
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio

MONTH = timedelta(days=30)


async def expired(
    store: Store,
    *,
    days: float,
    keep_newest: int = 0,
    unfinished_older_than: timedelta | None = None,
    dry_run: bool = False,
    secret: str = SECRET,
) -> ExpiryReport:
    """Forget what is older than a month, so many days from now."""
    return await delete_expired(
        store,
        older_than=MONTH,
        keep_newest=keep_newest,
        unfinished_older_than=unfinished_older_than,
        dry_run=dry_run,
        secret=secret,
        now=datetime.now(UTC) + timedelta(days=days),
    )


async def conversations(store: Store) -> Sequence[str]:
    return sorted(summary.conversation_id for summary in await store.conversations())


async def test_what_is_old_is_forgotten_and_counted(store: Store) -> None:
    await till(store, 'x = 1', '1 / 0').run('go', conversation_id='A')
    await till(store, 'await pay(1)\n1 / 0').run('go', conversation_id='B')
    assert await expired(store, days=29) == ExpiryReport(conversations=0, snapshots=0, journals=0)
    assert await conversations(store) == ['A', 'B']
    assert await expired(store, days=31) == ExpiryReport(conversations=2, snapshots=3, journals=1)
    assert await conversations(store) == []


async def test_a_conversation_in_which_a_cell_waits_is_left_alone_whole(store: Store) -> None:
    agent = till(store, 'x = {7}', 'await pay(1, 200)\nx')
    waiting = await agent.run('go', conversation_id='A')
    await till(store, 'y = 1').run('go', conversation_id='B')
    before = await store.contents('A')
    told = await expired(store, days=365)
    assert told == ExpiryReport(
        conversations=1,
        snapshots=1,
        journals=0,
        spared=(
            SparedConversation(
                owner='',
                conversation_id='A',
                cell_id=before.entries[-1].key.cell_id,
                status='waiting',
                last_written_at=before.entries[-1].written_at,
            ),
        ),
    )
    assert await store.contents('A') == before
    done = await agent.run(message_history=waiting.all_messages(), deferred_tool_results=decide(waiting.output, True))
    assert played_cells(done.all_messages())[-1].content == {'result': [7]}
    assert (await expired(store, days=365)).spared == ()
    assert await conversations(store) == []


async def test_to_forget_by_age_alone_ends_a_wait(store: Store) -> None:
    """What `Store.forget` says of itself, and why there is `delete_expired`."""
    agent = till(store, 'await pay(1, 200)')
    waiting = await agent.run('go', conversation_id='A')
    await store.forget(older_than=datetime.now(UTC) + timedelta(seconds=1))
    with pytest.raises(JournalMismatch, match=r'was waiting, and .* has no journal of it'):
        await agent.run(message_history=waiting.all_messages(), deferred_tool_results=decide(waiting.output, True))


async def test_a_cell_whose_process_died_spares_its_conversation(store: Store) -> None:
    """Without its journal it would be run again from its beginning, and pay again."""
    await write_journal(store, CellKey('', 'A', 'c1', 'digest'), BEGAN, call_began(1))
    (spared,) = (await expired(store, days=365)).spared
    assert (spared.conversation_id, spared.cell_id, spared.status) == ('A', 'c1', 'under way')
    assert await conversations(store) == ['A']


async def test_unfinished_cells_can_be_given_up_after_a_time_of_their_own(store: Store) -> None:
    await till(store, 'await pay(1, 200)').run('go', conversation_id='A')
    year = timedelta(days=365)
    assert len((await expired(store, days=364, unfinished_older_than=year)).spared) == 1
    assert await expired(store, days=366, unfinished_older_than=year) == ExpiryReport(
        conversations=1, snapshots=0, journals=1
    )
    assert await conversations(store) == []


async def test_a_queued_cell_that_ran_without_calls_spares_nothing(store: Store) -> None:
    agent = till(store, ['await pay(1, 200)', 'x = 1'])
    waiting = await agent.run('go', conversation_id='A')
    assert len((await expired(store, days=365)).spared) == 1
    await agent.run(message_history=waiting.all_messages(), deferred_tool_results=decide(waiting.output, True))
    assert (await expired(store, days=365)).spared == ()


async def test_a_dry_run_tells_what_would_go_and_forgets_nothing(store: Store) -> None:
    await till(store, 'x = 1', 'await pay(1)\n1 / 0').run('go', conversation_id='A')
    before = await store.contents('A')
    told = await expired(store, days=31, dry_run=True)
    assert told == ExpiryReport(conversations=1, snapshots=2, journals=1)
    assert await store.contents('A') == before
    assert await expired(store, days=31) == told


async def test_the_newest_of_each_conversation_are_kept(store: Store) -> None:
    for name in 'AB':
        await till(store, 'x = 1', 'y = 2', 'z = 3').run('go', conversation_id=name)
    assert await expired(store, days=31, keep_newest=1) == ExpiryReport(conversations=2, snapshots=4, journals=0)
    assert [len((await store.contents(name)).snapshots) for name in 'AB'] == [1, 1]
    assert await expired(store, days=31, keep_newest=1) == ExpiryReport(conversations=0, snapshots=0, journals=0)


async def test_a_conversation_whose_journal_cannot_be_opened_is_left_alone(store: Store) -> None:
    await till(store, 'await pay(1)\n1 / 0').run('go', conversation_id='A')
    told = await expired(store, days=31, secret='another secret than that')
    assert [(spared.status, spared.last_written_at) for spared in told.spared] == [(None, IsDatetime())]
    assert await conversations(store) == ['A']


async def test_grants_go_with_the_last_cell_of_their_conversation(store: Store) -> None:
    agent = till(store, 'await pay(1, 200)')
    waiting = await agent.run('go', conversation_id='A')
    await agent.run(
        message_history=waiting.all_messages(),
        deferred_tool_results=decide(waiting.output, Approve(grant=ApprovalGrant())),
    )
    assert len({entry.key for entry in (await store.contents('A')).entries}) == 2
    assert (await expired(store, days=31, keep_newest=1)).spared == ()
    await expired(store, days=31)
    assert await conversations(store) == []


class BusyStore(MemoryStore):
    """A conversation goes on while it is looked at."""

    async def contents(self, conversation_id: str, *, owner: str = '') -> Contents:
        found = await super().contents(conversation_id, owner=owner)
        later = datetime.now(UTC) + timedelta(days=32)
        await write_journal(self, CellKey('', 'A', 'c2', 'digest'), BEGAN, call_began(1), at=later)
        return found


async def test_what_is_written_meanwhile_stays() -> None:
    store = BusyStore()
    await write_journal(store, CellKey('', 'A', 'c1', 'digest'), BEGAN, call_began(1), CELL_ENDED)
    assert await expired(store, days=31) == ExpiryReport(conversations=1, snapshots=0, journals=1)
    assert [summary.entries for summary in await store.conversations()] == [2]


async def test_without_a_journal_to_look_into_no_secret_is_needed(store: Store) -> None:
    await till(store, 'x = 1').run('go', conversation_id='A')
    told = await delete_expired(store, older_than=MONTH, now=datetime.now(UTC) + timedelta(days=31))
    assert told == ExpiryReport(conversations=1, snapshots=1, journals=0)


async def test_without_a_secret_nothing_is_forgotten_unseen(postgresql_url: str) -> None:
    store = SqlStore(postgresql_url)
    for summary in await store.conversations():
        await store.forget(conversation_id=summary.conversation_id)
    await till(store, 'await pay(1)\n1 / 0').run('go', conversation_id='A')
    with pytest.raises(SettingsError, match='GRAIL_SECRET'):
        await delete_expired(store, older_than=MONTH, now=datetime.now(UTC) + timedelta(days=31))
    assert await conversations(store) == ['A']
    await store.aclose()


@pytest.mark.parametrize(
    ('older_than', 'keep_newest', 'unfinished'),
    [(-MONTH, 0, None), (MONTH, -1, None), (MONTH, 0, -MONTH)],
)
async def test_a_negative_age_is_a_mistake(
    older_than: timedelta, keep_newest: int, unfinished: timedelta | None
) -> None:
    with pytest.raises(ValueError, match=r'not negative|at least 0'):
        await delete_expired(
            MemoryStore(), older_than=older_than, keep_newest=keep_newest, unfinished_older_than=unfinished
        )
