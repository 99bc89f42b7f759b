"""One operation of the store fails, once. Whichever it is, the cell that waits can be approved, and pays once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from pydantic_ai import Agent, CallToolsNode, DeferredToolRequests
from pydantic_ai.exceptions import ApprovalRequired
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter
from pydantic_ai.run import AgentRunResult
from pydantic_ai.tools import RunContext
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode, MemoryStore, StoreError
from pydantic_ai_grail.approvals import decide
from pydantic_ai_grail.errors import JournalMismatch
from pydantic_ai_grail.stores.base import SnapshotRecord
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio

OPERATIONS = ('save', 'load', 'find', 'newest', 'claim', 'release', 'append', 'journal', 'begun')


class FailsOnce(MemoryStore):
    """Fails at one of its operations, counted from 0, before or after it had its effect."""

    reach = 'machine'  # so that everything is written down

    def __init__(self, *, at: int | None = None, operation: str | None = None, times: int = 1) -> None:
        super().__init__()
        self.at, self.operation, self.times = at, operation, times
        self.done: list[str] = []
        self.has_forgotten_states = False

    async def load(self, name: str, *, owner: str = '') -> SnapshotRecord | None:
        return None if self.has_forgotten_states else await super().load(name, owner=owner)

    async def find(
        self, cell_id: str, code_digest: str, *, conversation_id: str | None, owner: str = ''
    ) -> SnapshotRecord | None:
        found = await super().find(cell_id, code_digest, conversation_id=conversation_id, owner=owner)
        return None if self.has_forgotten_states else found

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        return self.counted(name, found) if name in OPERATIONS else found

    def counted(self, name: str, found: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def operation(*args: Any, **options: Any) -> Any:
            number = len(self.done)
            self.done.append(name)
            if self.times and (number == self.at or name == self.operation):
                self.times -= 1
                raise OSError(28, 'No space left on device')
            return await found(*args, **options)

        return operation


class Till:
    """An agent in front of a till, and a host that runs again what the store has stopped."""

    def __init__(self, store: MemoryStore, **options: Any) -> None:
        self.paid: list[int] = []
        self.store, self.options = store, options

    def agent(self) -> Agent[None, str | DeferredToolRequests]:
        """A new one each time, as in another process."""

        async def pay(ctx: RunContext[None], amount: int) -> str:
            """Pay."""
            if not ctx.tool_call_approved:
                raise ApprovalRequired
            self.paid.append(amount)
            return f'paid {amount}'

        capability = CodeMode(store=self.store, secret='till' * 8, journal_writes='call', **self.options)
        return Agent(tools=[pay], output_type=[str, DeferredToolRequests], capabilities=[capability])

    async def run(self, prompt: str | None, *cells: str, **given: Any) -> AgentRunResult[str | DeferredToolRequests]:
        for _ in range(5):
            saved: list[ModelMessage] = []
            try:
                async with self.agent().iter(prompt, model=scripted_model(*cells), conversation_id='c', **given) as run:
                    async for node in run:
                        if isinstance(node, CallToolsNode):
                            saved = [*run.all_messages()]  # a host saves messages as they come
                assert run.result is not None
                return run.result
            except StoreError:
                if saved:
                    given, prompt = {**given, 'message_history': reloaded(saved)}, None
        raise AssertionError('it never came through')


def reloaded(messages: Sequence[ModelMessage]) -> list[ModelMessage]:
    return ModelMessagesTypeAdapter.validate_json(ModelMessagesTypeAdapter.dump_json([*messages]))


CELLS = ('x = 41', 'y = [x]', 'z = await pay(x + 1)\n[y, z]')
END = [[41], 'paid 42']


async def story(store: MemoryStore, *cells: str, between: Callable[[], None] | None = None, **options: Any) -> Till:
    """A cell waits, is approved, and gives `END`; another cell finds its variables."""
    till = Till(store, **options)
    asked = await till.run('go', *cells)
    assert isinstance(asked.output, DeferredToolRequests)
    if between is not None:
        between()
    result = await till.run(
        None,
        *cells,
        '[x, y, z]',
        message_history=reloaded(asked.all_messages()),
        deferred_tool_results=decide(asked.output, True),
    )
    approved, later = played_cells(result.all_messages())[-2:]
    assert (approved.content['result'], later.content['result']) == (END, [41, *END])
    assert till.paid == [42]
    return till


async def test_whichever_operation_fails_the_call_is_approved_and_made_once() -> None:
    ends: dict[int, str] = {}
    failed = list[str]()
    for at in range(40):  # more than there are; how many, is for the timer to say that stores the ends of calls
        store = FailsOnce(at=at)
        try:
            await story(store, *CELLS)
        except Exception as error:
            ends[at] = f'{store.done[at]}: {type(error).__name__}: {error}'
        failed += [] if store.times else [store.done[at]]
    assert ends == {}
    assert {'save', 'append', 'journal', 'claim', 'find'} <= {*failed}


@pytest.mark.parametrize('times', [1, 2, 5])
async def test_a_disk_that_is_full_for_a_while(times: int) -> None:
    await story(FailsOnce(operation='save', times=times), *CELLS)


@pytest.mark.parametrize('on_lost_state', ['restart', 'error'])
async def test_what_waits_needs_no_state_from_the_store(on_lost_state: str) -> None:
    store = FailsOnce()

    def forgotten() -> None:
        store.has_forgotten_states = True

    await story(store, *CELLS, between=forgotten, on_lost_state=on_lost_state)


async def test_the_state_before_a_cell_that_waits_is_saved_again_once_the_store_takes_it() -> None:
    store = FailsOnce(operation='save')
    till = Till(store)
    asked = await till.run('go', 'x = 41', 'await pay(x + 1)')
    assert store.done.count('save') == 2
    again = await till.run('again', 'x', message_history=reloaded(asked.all_messages()[:3]))
    assert played_cells(again.new_messages())[-1].content == {'result': 41}


async def test_an_edited_history_is_still_told_from_a_lost_state() -> None:
    till = Till(FailsOnce())
    asked = await till.run('go', *CELLS)
    assert isinstance(asked.output, DeferredToolRequests)
    without_y = [message for number, message in enumerate(asked.all_messages()) if number not in (3, 4)]
    with pytest.raises(JournalMismatch, match='began from another state'):
        await till.run(
            None, *CELLS, message_history=reloaded(without_y), deferred_tool_results=decide(asked.output, True)
        )
    assert till.paid == []
