"""Stepping through a past conversation: what was written, what it called, what became of it, and whether that is so."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dirty_equals import IsFloat, IsNow
from support.bills import SECRET, till, write_journal
from support.journal_entries import BEGAN, call_began, call_ended, call_waits, cell_resumed, cell_suspended

from pydantic_ai_grail import Approve, Deny, MemoryStore, SettingsError, SqlStore, Store, decide
from pydantic_ai_grail._state.keyring import Keyring
from pydantic_ai_grail._state.repository import SnapshotRepository
from pydantic_ai_grail.admin.inspection import PastCall, PastCell, list_cells, list_grants, list_waiting_calls
from pydantic_ai_grail.approvals import ApprovalGrant, RaiseError
from pydantic_ai_grail.cli.plain import as_json
from pydantic_ai_grail.events.journal_entries import Decided
from pydantic_ai_grail.stores.base import CellKey, Claim, ConversationKey, JournalRecord
from pydantic_ai_grail.testing.journal_contract import NOON

pytestmark = pytest.mark.anyio


async def told(store: Store, conversation_id: str = 'A', **options: Any) -> list[PastCell]:
    return await list_cells(store, conversation_id, secret=SECRET, **options)


def brief(call: PastCall) -> tuple[Any, ...]:
    ended = call.ended
    return (call.tool_name, dict(call.args), call.state, ended and (ended.value, ended.exception_type, ended.message))


async def test_a_conversation_is_told_cell_by_cell_and_call_by_call(store: Store) -> None:
    await till(store, 'bills = [1, 2]', '[await pay(bill) for bill in bills]', 'await pay(3, amount=-1)').run(
        'go', conversation_id='A'
    )
    first, second, third = await told(store)
    assert [cell.status for cell in (first, second, third)] == ['completed', 'completed', 'failed']
    assert [cell.code for cell in (second, third)] == ['[await pay(bill) for bill in bills]', 'await pay(3, amount=-1)']
    assert first.calls == ()
    assert first.variables == {'bills': 'list, 2'}
    assert [brief(call) for call in second.calls] == [
        ('pay', {'bill': 1}, 'returned', ('paid 1', None, None)),
        ('pay', {'bill': 2}, 'returned', ('paid 2', None, None)),
    ]
    assert [brief(call) for call in third.calls] == [
        ('pay', {'bill': 3, 'amount': -1}, 'raised', (None, 'ValueError', 'a bill is not negative')),
    ]
    (call,) = third.calls
    assert (call.tool_call_id, call.line, call.attempts) == (f'{third.cell_id}__1', 1, 1)
    assert call.began_at == third.began_at == IsNow(tz=UTC, delta=60)
    assert third.ended_at == IsNow(tz=UTC, delta=60)
    assert call.ended is not None
    assert call.ended.seconds == IsFloat(ge=0, lt=60)
    assert not third.is_unfinished


async def test_a_cell_without_calls_is_told_as_it_was_run(store: Store) -> None:
    await till(store, 'x = math.sqrt(4)').run('go', conversation_id='A')
    (cell,) = await told(store)
    assert cell.code is not None
    assert cell.code.split('\n')[0] == 'import math; x = math.sqrt(4)'
    assert (cell.began_at, cell.entries, cell.problem) == (None, (), None)


async def test_of_what_the_checker_has_condensed_only_the_history_has_the_code() -> None:
    store = MemoryStore()
    filler = '\n'.join(f'number_{n} = {n} * {n} + sum([{n}, {n}, {n}])' for n in range(600))
    await till(store, 'first = 1', filler, 'last = 2').run('go', conversation_id='A')
    codes = [cell.code for cell in await told(store)]
    assert codes[0] == 'first = 1\nfirst'
    assert codes[1] is None
    assert codes[2] == 'last = 2\nlast'


async def test_what_waits_says_since_when_and_what_was_decided_of_it(store: Store) -> None:
    code = 'import asyncio\nawait asyncio.gather(pay(1, 200), pay(2, 300), fax("7"), pay(4), return_exceptions=True)'
    agent = till(store, code)
    waiting = await agent.run('go', conversation_id='A')
    (cell,) = await told(store)
    assert cell.status == 'waiting'
    assert cell.is_unfinished
    assert cell.waiting_since == IsNow(tz=UTC, delta=60)
    assert [(call.state, call.waits and call.waits.reason) for call in cell.calls] == [
        ('waiting', 'approval'),
        ('waiting', 'approval'),
        ('waiting', 'external'),
        ('returned', None),
    ]
    decisions = {
        f'{cell.cell_id}__1': Approve(override_args={'bill': 1, 'amount': 5}),
        f'{cell.cell_id}__2': Deny('ask first'),
        f'{cell.cell_id}__3': RaiseError('no paper'),
    }
    await agent.run(message_history=waiting.all_messages(), deferred_tool_results=decide(waiting.output, decisions))
    (cell,) = await told(store)
    assert (cell.status, cell.waiting_since) == ('completed', None)
    assert [call.decisions and call.decisions[0].decided for call in cell.calls] == [
        Decided(kind='approve', arguments={'bill': 1, 'amount': 5}),
        Decided(kind='deny', message='ask first'),
        Decided(kind='raise', exception_type='RuntimeError', message='no paper'),
        (),
    ]
    assert [(call.state, call.ended and call.ended.message) for call in cell.calls] == [
        ('returned', None),
        ('denied', 'ask first'),
        ('raised', 'no paper'),
        ('returned', None),
    ]


async def test_the_calls_of_all_conversations_that_wait_are_listed_the_oldest_first(store: Store) -> None:
    for name, code in [('A', 'await pay(1, 200)'), ('B', 'await pay(2)'), ('C', 'await fax("7")')]:
        await till(store, code).run('go', conversation_id=name)
    found = await list_waiting_calls(store, secret=SECRET)
    assert [(each.conversation_id, each.call.tool_name, each.is_passed) for each in found] == [
        ('A', 'pay', False),
        ('C', 'fax', False),
    ]
    assert [each.since for each in found] == [each.cell.waiting_since for each in found]


async def test_a_wait_that_the_conversation_has_passed_is_told_apart(store: Store) -> None:
    """The store is not told when somebody asks for something else in place of deciding."""
    await till(store, 'await pay(1, 200)').run('go', conversation_id='A')
    await till(store, 'await pay(2)').run('go on', conversation_id='A')
    (found,) = await list_waiting_calls(store, secret=SECRET)
    assert (found.call.args['bill'], found.is_passed) == (1, True)


async def test_a_cell_that_was_denied_as_a_whole_waits_no_more(store: Store) -> None:
    waiting = await till(store, 'await pay(1, 200)').run('go', conversation_id='A')
    results = decide(waiting.output, True)
    results.approvals = dict.fromkeys(results.approvals, False)
    await till(store, 'await pay(1, 200)').run(message_history=waiting.all_messages(), deferred_tool_results=results)
    assert await list_waiting_calls(store, secret=SECRET) == []


async def test_a_cell_that_was_asked_for_beside_one_that_waits_is_queued(store: Store) -> None:
    await till(store, ['await pay(1, 200)', 'await pay(2)']).run('go', conversation_id='A')
    assert [cell.status for cell in await told(store)] == ['waiting', 'queued']
    assert len(await list_waiting_calls(store, secret=SECRET)) == 1


async def test_a_cell_whose_process_died_is_under_way(store: Store) -> None:
    key = CellKey('', 'A', 'c1', 'digest')
    await write_journal(store, key, BEGAN, call_began(1, bill=1))
    (cell,) = await told(store)
    assert (cell.status, cell.is_unfinished, cell.code, cell.began_at) == ('under way', True, 'await pay(1)', NOON)
    assert [(call.state, call.ended) for call in cell.calls] == [('started', None)]


async def test_the_attempts_at_a_call_whose_fate_was_unknown_are_one_call(store: Store) -> None:
    unknown = replace(call_waits(1), reason='unknown', at=NOON + timedelta(hours=1))
    approved = replace(cell_resumed(), decisions={'c1__1': {'kind': 'approve'}})
    entries = [
        BEGAN,
        call_began(1),
        unknown,
        cell_suspended(),
        approved,
        call_began(1, attempt=2),
        call_ended(1, 'paid'),
    ]
    await write_journal(store, CellKey('', 'A', 'c1', 'digest'), *entries)
    (cell,) = await told(store)
    (call,) = cell.calls
    assert (cell.status, call.state, call.attempts, call.began_at) == ('under way', 'returned', 2, NOON)
    assert call.waits == unknown
    assert [decision.decided.kind for decision in call.decisions] == ['approve']


async def test_of_a_state_of_another_version_the_code_is_not_known() -> None:
    store = MemoryStore()
    repository = SnapshotRepository(store=store, keyring=Keyring(SECRET), monty_version='0.1')
    for number, history in enumerate(['{"cells": "of another kind"}', '']):
        await repository.save(
            b'dump',
            conversation=ConversationKey('', 'A'),
            cell_id=f'c{number}',
            code_digest='digest',
            outcome='completed',
            history=history,
        )
    assert [(cell.status, cell.code, cell.problem) for cell in await told(store)] == [('completed', None, None)] * 2


async def test_a_call_that_a_grant_allowed_names_it(store: Store) -> None:
    code = 'await pay(1, 200)\nawait pay(2, 200)'
    agent = till(store, code)
    waiting = await agent.run('go', conversation_id='A')
    answers = decide(waiting.output, lambda _: Approve(grant=ApprovalGrant(uses=3, args={'amount': 200})))
    await agent.run(message_history=waiting.all_messages(), deferred_tool_results=answers)
    (cell,) = await told(store)
    (grant,) = await list_grants(store, 'A', secret=SECRET)
    assert [call.grant for call in cell.calls] == [None, grant.id]
    assert (grant.tool_name, grant.uses_left) == ('pay', 2)


async def test_a_result_of_the_failed_cell_before_is_no_call(store: Store) -> None:
    await till(store, 'await pay(1)\nawait pay(2, -1)', 'await pay(1)\nawait pay(2)').run('go', conversation_id='A')
    calls = (await told(store))[-1].calls
    assert [(call.state, call.attempts) for call in calls] == [('returned', 0), ('returned', 1)]


async def test_without_content_only_what_happened_is_told(store: Store) -> None:
    agent = till(
        store, 'sesame = 7', 'await pay(47110815471108, 47120815471208)', 'await pay(47130815471308)\nopen_sesame'
    )
    waiting = await agent.run('go', conversation_id='A')
    await agent.run(
        message_history=waiting.all_messages(), deferred_tool_results=decide(waiting.output, Deny('sesame'))
    )
    cells = await told(store, include_content=False)
    text = json.dumps(as_json(cells)) + repr(cells)
    assert [
        word for word in ('sesame', '47110815471108', '47120815471208', 'large', 'paid', 'await') if word in text
    ] == []
    assert [(call.tool_name, list(call.args), call.state) for cell in cells for call in cell.calls] == [
        ('pay', ['bill', 'amount'], 'denied')
    ]


async def test_nothing_is_told_of_what_is_not_there(store: Store) -> None:
    assert await told(store) == []
    assert await list_waiting_calls(store, secret=SECRET) == []


# What is not to be trusted


async def test_an_entry_that_was_changed_is_a_problem_of_its_cell_alone() -> None:
    store, other = MemoryStore(), MemoryStore()
    await till(store, 'await pay(1)', 'await fax("7")').run('go', conversation_id='A')
    contents = await store.contents('A')
    journals = {record.key: list[JournalRecord]() for record in contents.entries}
    for record in contents.entries:
        changed = record.data.replace(b'"pay"', b'"fax"') if record.number == 1 else record.data
        journals[record.key].append(replace(record, data=changed))
    for records in journals.values():
        claim = Claim(holder='somebody', until=NOON)
        await other.append(records, claim=claim, now=NOON, release=True)
    problems = [(cell.status, cell.problem and cell.problem[:27]) for cell in await told(other)]
    assert sorted(problems, key=repr) == [
        ('waiting', None),
        (None, 'An entry in the journal of '),
    ]


async def test_a_journal_that_was_set_back_is_told() -> None:
    store, other = MemoryStore(), MemoryStore()
    await till(store, 'await pay(1)\n1 / 0').run('go', conversation_id='A')
    contents = await store.contents('A')
    await other.append(contents.entries[:2], claim=Claim(holder='somebody', until=NOON), now=NOON, release=True)
    for snapshot in contents.snapshots:
        await other.save(snapshot)
    (cell,) = await told(other)
    assert cell.status is None
    assert cell.problem == 'It left a state, and its journal does not have its end: the journal was set back.'


async def test_a_state_under_another_name_or_place_is_told() -> None:
    store, other = MemoryStore(), MemoryStore()
    await till(store, 'x = 1').run('go', conversation_id='A')
    (record,) = (await store.contents('A')).snapshots
    for strange in (replace(record, name='n'), replace(record, cell_id='c'), replace(record, data=b'no state')):
        await other.forget(conversation_id='A')
        await other.save(strange)
        (cell,) = await told(other)
        assert cell.status is None
        assert cell.problem is not None


async def test_what_another_secret_sealed_is_told(store: Store) -> None:
    await till(store, 'x = 1', 'await pay(1)').run('go', conversation_id='A')
    cells = await list_cells(store, 'A', secret='another secret than that')
    assert [(cell.status, cell.code, bool(cell.problem)) for cell in cells] == [(None, None, True)] * 2


async def test_looking_makes_no_key(tmp_path: Path) -> None:
    store = SqlStore(f'sqlite:///{tmp_path}/agent.db')
    await till(store, 'x = 1').run('go', conversation_id='A')
    with pytest.raises(SettingsError, match=r'There is no key file .*agent\.db\.key.\. Set GRAIL_SECRET'):
        await list_cells(store, 'A')
    await store.aclose()
    assert not (tmp_path / 'agent.db.key').exists()


async def test_looking_changes_nothing(store: Store) -> None:
    await till(store, 'x = 1', 'await pay(1, 200)').run('go', conversation_id='A')
    before = await store.contents('A')
    await told(store)
    await list_waiting_calls(store, secret=SECRET)
    assert await store.contents('A') == before


async def test_a_wait_of_long_ago_is_as_old_as_it_says(store: Store) -> None:
    key = CellKey('', 'A', 'c1', 'digest')
    await write_journal(store, key, BEGAN, call_began(1), call_waits(1), cell_suspended(), at=datetime.now(UTC))
    (found,) = await list_waiting_calls(store, secret=SECRET)
    assert found.since == NOON
