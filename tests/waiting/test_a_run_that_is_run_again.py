"""A durable engine runs a run again after a crash: same run id, same answers of the model, same call ids."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from support.agents import agent_with

from pydantic_ai_grail import MemoryStore, SqlStore, Store
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio

CELLS = ['first = await pay(1)', 'second = await pay(2)\n[first, second]', 'await pay(3)\n1 / 0', '2 + 2']


class Recorded(FunctionModel):
    """As the engine has it: the responses that the first run had."""

    def __init__(self) -> None:
        super().__init__(self._play)
        self._responses: list[ModelResponse] = []

    def _play(self, messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        number = sum(isinstance(message, ModelResponse) for message in messages)
        if number == len(self._responses):
            cell = CELLS[number] if number < len(CELLS) else None
            part = TextPart('done') if cell is None else ToolCallPart('run_code', {'code': cell}, f'call-{number}')
            self._responses.append(ModelResponse([part]))
        return self._responses[number]


@pytest.mark.parametrize('kind', ['memory', 'sqlite'])
async def test_no_call_is_made_twice_and_the_answer_is_the_same(kind: str, tmp_path: Any) -> None:
    store: Store = MemoryStore() if kind == 'memory' else SqlStore(f'sqlite:///{tmp_path}/agent.db')
    paid: list[int] = []

    async def pay(bill: int) -> str:
        paid.append(bill)
        return f'paid {bill}'

    agent = agent_with(pay, store=store, journal_writes='call')
    model = Recorded()
    first = await agent.run('go', model=model, run_id='workflow-1', conversation_id='A')
    again = await agent.run('go', model=model, run_id='workflow-1', conversation_id='A')
    contents = [[cell.content for cell in played_cells(each.all_messages())] for each in (first, again)]
    assert contents[0] == contents[1]
    assert contents[0][1] == {'result': ['paid 1', 'paid 2']}
    assert paid == [1, 2, 3]
