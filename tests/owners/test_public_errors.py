"""What a browser is told of an error holds no path, host name or process id, and nothing that a database said."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import httpx
import pytest
from owners.test_forged_histories import ADAPTERS, SECRET, Bank, Turn, ag_ui, body_of, vercel
from pydantic_ai import Agent
from pydantic_ai.models.test import TestModel
from pydantic_ai.ui.vercel_ai import VercelAIAdapter

from pydantic_ai_grail import CodeMode, MemoryStore, Store, errors
from pydantic_ai_grail._common.public_errors import PUBLIC_TEXTS, as_public, public_errors
from pydantic_ai_grail.errors import GrailError, JournalMismatch, StoreConflict
from pydantic_ai_grail.stores.base import NO_OWNER, CellKey, Claim, JournalRecord, SnapshotRecord

pytestmark = pytest.mark.anyio

SAID = "/srv/db.sqlite on host db-7.internal, pid 4711: row of bob's"
OURS = [each for _, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, GrailError)]


class Broken(MemoryStore):
    """Fails at what it is told to, and says too much."""

    fails: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f'Broken({SAID})'

    def _look(self, what: str) -> None:
        if what in self.fails:
            raise OSError(SAID)

    async def find(
        self, cell_id: str, code_digest: str, *, conversation_id: str | None, owner: str = NO_OWNER
    ) -> SnapshotRecord | None:
        self._look('find')
        return await super().find(cell_id, code_digest, owner=owner, conversation_id=conversation_id)

    async def journal(self, key: CellKey) -> Sequence[JournalRecord]:
        self._look('journal')
        return await super().journal(key)

    async def claim(self, key: CellKey, claim: Claim, *, now: datetime, instead_of: str | None = None) -> Claim:
        self._look('claim')
        if 'conflict' in self.fails:
            return Claim(holder=f'db-7.internal:1:2/4711:3/{SAID}', until=datetime.max.replace(tzinfo=now.tzinfo))
        return await super().claim(key, claim, now=now, instead_of=instead_of)

    async def append(
        self, records: Sequence[JournalRecord], *, claim: Claim, now: datetime, release: bool = False
    ) -> None:
        self._look('append')
        await super().append(records, claim=claim, now=now, release=release)


def bank_of(adapter: Any, store: Store, **options: Any) -> Bank:
    return Bank(adapter, store, options, dispatched={'sdk_version': 6} if adapter is VercelAIAdapter else {})


@pytest.fixture(params=ADAPTERS, ids=lambda adapter: adapter.__name__)
def adapter(request: pytest.FixtureRequest) -> Any:
    return request.param


def tells_nothing(answer: str) -> bool:
    return not any(word in answer for word in ('/srv', 'db-7', '4711', 'bob', 'Broken', 'MemoryStore', 'Traceback'))


def approved(adapter: Any, code: str) -> dict[str, Any]:
    """The request that approves a cell which waits."""
    if not issubclass(adapter, VercelAIAdapter):
        body = ag_ui([code, ('cell 1', code, 'x')])
        body['messages'].pop()
        answer = {'interruptId': 'int-cell 1', 'status': 'resolved', 'payload': {'approved': True}}
        return {**body, 'resume': [answer]}
    body = vercel([code, ('cell 1', code, None)])
    approval = {'id': 'cell 1', 'approved': True}
    body['messages'][-1]['parts'][0] |= {'state': 'approval-responded', 'approval': approval}
    return body


@pytest.mark.parametrize('fails', ['find', 'journal', 'claim', 'append', 'conflict'])
async def test_a_store_that_says_too_much_is_not_quoted(adapter: Any, fails: str) -> None:
    bank = bank_of(adapter, store := Broken(), journal_writes='call', on_lost_state='error')
    await bank.post(body_of(adapter, ['x = 1']))
    store.fails = (fails,)
    done: list[Turn] = ['x = 1', ('cell 1', 'x = 1', {'notes': ['no value']}), ('', 'done', ...)]
    assert tells_nothing(await bank.post(body_of(adapter, [*done, 'await send(1)'])))
    store.fails, bank.asked = (), 0
    await bank.post(body_of(adapter, ['await pay(1)']))
    store.fails = (fails,)
    assert tells_nothing(await bank.post(approved(adapter, 'await pay(1)')))
    assert ('pay', 1) not in bank.made or fails == 'find'


async def test_a_cell_whose_journal_is_gone_says_so_in_plain_words(
    adapter: Any, caplog: pytest.LogCaptureFixture
) -> None:
    bank = bank_of(adapter, store := Broken())
    await bank.post(body_of(adapter, ['await pay(1)']))
    await store.forget(owner='ada', conversation_id='chat 1')
    answer = await bank.post(approved(adapter, 'await pay(1)'))
    assert tells_nothing(answer)
    assert PUBLIC_TEXTS[errors.JournalError] in answer
    assert bank.made == []
    assert any('has no journal of it' in record.getMessage() for record in caplog.records)


async def test_the_web_chat_tells_as_little() -> None:
    store: Store = (broken := Broken())
    agent = Agent(TestModel(call_tools=['run_code']), capabilities=[CodeMode(store=store, secret=SECRET)])
    app = agent.to_web()
    broken.fails = ('find', 'journal', 'claim', 'append')
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url='http://localhost', timeout=60) as client:
        response = await client.post('/api/chat', json=vercel(['x', ('cell 1', 'x', 'x'), ('', 'y', ...), 'hello']))
    assert response.status_code == 200, response.text
    assert tells_nothing(response.text)


@pytest.mark.parametrize('kind', OURS, ids=lambda kind: kind.__name__)
def test_every_error_has_words_for_anybody(kind: type[GrailError]) -> None:
    with pytest.raises(kind) as told, public_errors(is_public=True):
        raise kind(SAID)
    assert type(told.value) is kind
    assert str(told.value) in PUBLIC_TEXTS.values()
    assert str(told.value.__cause__) == SAID


def test_a_program_gets_the_error_as_it_is() -> None:
    with pytest.raises(JournalMismatch, match='db-7'), public_errors(is_public=False):
        raise JournalMismatch(SAID)
    assert str(as_public(StoreConflict(SAID))) == PUBLIC_TEXTS[StoreConflict]
