"""A desk that refunds orders and waits for people, in as many processes as a story needs.

Each step is a process of its own that has only the store, the history as JSON and the decisions, in files of one folder.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic_ai import Agent, DeferredToolRequests, DeferredToolResults, RunContext, Tool
from pydantic_ai.exceptions import ApprovalRequired, CallDeferred
from pydantic_ai.messages import (
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
)
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.tools import ToolApproved, ToolDenied
from support.processes import in_a_process_of_its_own

from pydantic_ai_grail import CodeMode, SqlStore, decide, waiting_calls
from pydantic_ai_grail._cell.approval_requests import as_the_model_sees
from pydantic_ai_grail.approvals import Decisions

_REQUESTS = TypeAdapter(DeferredToolRequests)
_RESULTS = TypeAdapter(DeferredToolResults)


@dataclass(frozen=True)
class Direct:
    """A tool that the model calls itself, beside its cells."""

    tool: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class AsAWhole:
    """What a host answers that knows nothing of cells: the same to whatever asks for an approval."""

    answer: bool | ToolApproved | ToolDenied

    def answers(self, requests: DeferredToolRequests) -> DeferredToolResults:
        return DeferredToolResults(approvals={part.tool_call_id: self.answer for part in requests.approvals})


@dataclass(frozen=True, kw_only=True)
class Story:
    """What the model writes, and what is decided in each step after the first."""

    cells: Sequence[str | Sequence[str | Direct]]
    """A cell in a response of its own, or several and direct calls in one."""
    decisions: Sequence[Decisions | AsAWhole]
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    direct: Sequence[str] = ()
    """Tools that stay the model's own."""


@dataclass(frozen=True)
class Told:
    """How a story ended."""

    contents: list[Any]
    """What the model read for each cell and each direct call."""
    effects: list[list[Any]]
    """What the tools did, in all processes, in order."""
    waited: list[list[list[Any]]]
    """Tool, arguments and reason of each waiting call, step by step."""
    is_done: bool


def desk(folder: Path, story: Story) -> Agent[None, str | DeferredToolRequests]:
    effects = folder / 'effects.jsonl'

    def did(*what: Any) -> None:
        with effects.open('a') as file:
            file.write(json.dumps(what) + '\n')

    async def balance(account: str) -> int:
        """What is on an account."""
        did('balance', account)
        return len(account)

    async def refund(ctx: RunContext[Any], order: int, amount: int) -> str:
        """Refund an order. Above 100 somebody has to allow it."""
        if amount > 100 and not ctx.tool_call_approved:
            raise ApprovalRequired(metadata={'why': 'large'})
        did('refund', order, amount)
        return f'refunded {amount}'

    async def close(order: int) -> str:
        """Close an order."""
        did('close', order)
        return 'closed'

    async def fax(number: str) -> str:
        """Send a fax, by hand."""
        raise CallDeferred

    def wire(order: int) -> str:
        """Wire money, one at a time."""
        did('wire', order)
        return 'wired'

    return Agent(
        FunctionModel(partial(_played, story)),
        tools=[
            *(balance, refund, fax),
            Tool(close, requires_approval=True),
            Tool(wire, requires_approval=True, sequential=True),
        ],
        output_type=[str, DeferredToolRequests],
        capabilities=[
            CodeMode(
                store=SqlStore(f'sqlite:///{folder / "desk.db"}'),
                tools=lambda _, tool: tool.name not in story.direct,
                **story.options,
            )
        ],
    )


async def step(folder: Path, story: Story, number: int) -> None:
    """Run the agent once: from the beginning, or on from the decisions of this step."""
    agent, history = desk(folder, story), folder / 'history.json'
    if number == 0:
        result = await agent.run('go')
    else:
        requests = _REQUESTS.validate_json((folder / 'requests.json').read_bytes())
        decided = story.decisions[number - 1]
        answers = decided.answers(requests) if isinstance(decided, AsAWhole) else decide(requests, decided)
        result = await agent.run(
            message_history=ModelMessagesTypeAdapter.validate_json(history.read_bytes()),
            deferred_tool_results=_RESULTS.validate_json(_RESULTS.dump_json(answers)),
        )
    history.write_bytes(result.all_messages_json())
    output = result.output
    waits = isinstance(output, DeferredToolRequests)
    (folder / 'requests.json').write_bytes(_REQUESTS.dump_json(output) if waits else b'null')


def told(folder: Path, story: Story) -> Told:
    """Tell a story from its beginning to its end, each step in a process of its own.

    The processes come from a server that has imported everything and never ran a cell.
    """
    waited: list[list[list[Any]]] = []
    requests: DeferredToolRequests | None = None
    for number in range(len(story.decisions) + 1):
        in_a_process_of_its_own(_step, folder, story, number)
        text = (folder / 'requests.json').read_bytes()
        requests = None if text == b'null' else _REQUESTS.validate_json(text)
        calls = [] if requests is None else waiting_calls(requests)
        waited.append([[call.tool_name, dict(call.args), call.reason] for call in calls])
    history = ModelMessagesTypeAdapter.validate_json((folder / 'history.json').read_bytes())
    messages = as_the_model_sees(history, tool_name='run_code')
    effects = folder / 'effects.jsonl'
    lines = effects.read_text().splitlines() if effects.exists() else []
    return Told(
        contents=[part.content for message in messages for part in message.parts if isinstance(part, ToolReturnPart)],
        effects=[json.loads(line) for line in lines],
        waited=waited,
        is_done=requests is None,
    )


def _played(story: Story, messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """The next response of the model; it goes by how many it gave."""
    del info
    given = sum(isinstance(message, ModelResponse) for message in messages)
    if given == len(story.cells):
        return ModelResponse([TextPart('done')])
    asked = story.cells[given]
    return ModelResponse([_part(each) for each in ([asked] if isinstance(asked, str) else asked)])


def _part(asked: str | Direct) -> ToolCallPart:
    if isinstance(asked, Direct):
        return ToolCallPart(asked.tool, asked.arguments)
    return ToolCallPart('run_code', {'code': asked})


def _step(folder: Path, story: Story, number: int) -> None:
    asyncio.run(step(folder, story, number))
