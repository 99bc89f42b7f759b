"""What the model does, written once: a step is a piece of code for code mode, and the same calls for a plain agent."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, TextPart, ToolCallPart, UserPromptPart
from pydantic_ai.models.function import AgentInfo, FunctionModel


@dataclass(frozen=True)
class Step:
    """One response of the model."""

    code: str
    calls: Sequence[tuple[str, dict[str, Any]]] = ()
    """What `code` calls, as direct tool calls."""

    def as_code(self, info: AgentInfo) -> list[ToolCallPart]:
        """As a model would that read the description: with the module's name, where tools are in modules."""
        description = info.function_tools[0].description or ''
        is_in_module = 'tools.get_order' in description
        code = TOOL_NAME.sub(r'tools.\g<0>', self.code) if is_in_module else self.code
        return [ToolCallPart('run_code', {'code': code})]

    def as_calls(self, info: AgentInfo) -> list[ToolCallPart]:
        return [ToolCallPart(name, arguments) for name, arguments in self.calls]


Write: TypeAlias = Callable[[Step, AgentInfo], list[ToolCallPart]]
TOOL_NAME = re.compile(r'\b(get|search)_order\b')


class Clock(Protocol):
    """Stands still while the model thinks."""

    def stop(self) -> None: ...

    def start(self) -> None: ...


def scripted(*turns: Sequence[Step], write: Write, clock: Clock | None = None) -> FunctionModel:
    """A model that takes one step per response and then says `done`. It keeps no state, so runs may overlap.

    Args:
        turns: The steps of the conversation's first turn, its second, ...
        write: How it does a step.
        clock: Told of each request and each response.
    """

    def respond(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if clock is None:
            return response(messages, info)
        clock.stop()
        answer = response(messages, info)
        clock.start()
        return answer

    def response(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        prompts = [index for index, message in enumerate(messages) if is_prompt(message)]
        steps = turns[len(prompts) - 1]
        taken = sum(isinstance(message, ModelResponse) for message in messages[prompts[-1] :])
        return ModelResponse(write(steps[taken], info) if taken < len(steps) else [TextPart('done')])

    return FunctionModel(respond)


def is_prompt(message: ModelMessage) -> bool:
    return isinstance(message, ModelRequest) and any(isinstance(part, UserPromptPart) for part in message.parts)


ONE_CALL = [Step('record = await get_order(id=7)\nrecord["name"]', [('get_order', {'id': 7})])]

FIVE_CELLS = [
    Step(f'record_{n} = await get_order(id={n})\nrecord_{n}["name"]', [('get_order', {'id': n})]) for n in range(1, 6)
]

FIFTY_CALLS = [('get_order', {'id': n}) for n in range(50)]

LOOP = [
    Step('names = []\nfor n in range(50):\n    names.append((await get_order(id=n))["name"])\nlen(names)', FIFTY_CALLS)
]

GATHER = [
    Step(
        'import asyncio\nrecords = await asyncio.gather(*[get_order(id=n) for n in range(50)])\nlen(records)',
        FIFTY_CALLS,
    )
]

FIRST_TURN = [Step('records = await search_order(query="blue")\nlen(records)', [('search_order', {'query': 'blue'})])]

SECOND_TURN = [Step('[record["name"] for record in records]', [('search_order', {'query': 'blue'})])]
