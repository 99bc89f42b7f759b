"""The model of the examples: a live one where a key for it is present, otherwise answers written down beforehand."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_core import from_json

LIVE = {'ANTHROPIC_API_KEY': 'anthropic:claude-sonnet-4-6', 'OPENAI_API_KEY': 'openai:gpt-5'}


@dataclass(frozen=True)
class Code:
    """The model writes a cell."""

    source: str


@dataclass(frozen=True)
class Output:
    """The model gives structured output."""

    arguments: dict[str, object]


Answer = str | Code | Output
"""A string is what the model says at the end of a turn; `{result}` in it is what the last cell gave."""


def model(*turns: Sequence[Answer]) -> Model | str:
    """A live model's name, or a model that gives the answers of the first turn, then those of the second, ..."""
    for variable, name in LIVE.items():
        if os.environ.get(variable):
            return name

    def respond(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        prompts = [index for index, message in enumerate(messages) if is_prompt(message)]
        given = sum(isinstance(message, ModelResponse) for message in messages[prompts[-1] :])
        return ModelResponse([as_part(turns[len(prompts) - 1][given], messages[-1], info)])

    return FunctionModel(respond, model_name='scripted')


def is_prompt(message: ModelMessage) -> bool:
    return isinstance(message, ModelRequest) and any(isinstance(part, UserPromptPart) for part in message.parts)


def as_part(answer: Answer, last: ModelMessage, info: AgentInfo) -> TextPart | ToolCallPart:
    match answer:
        case str():
            return TextPart(answer.replace('{result}', result_in(last)))
        case Code(source):
            return ToolCallPart('run_code', {'code': source})
        case Output(arguments):
            return ToolCallPart(info.output_tools[0].name, arguments)


def result_in(message: ModelMessage) -> str:
    """The value a cell gave. It stands under `result`, beside what was printed and noted; the harness gives it bare."""
    found = ''
    for part in message.parts:
        if isinstance(part, ToolReturnPart):
            match from_json(part.model_response_str()):
                case {'result': value}:
                    found = str(value)
                case value:
                    found = str(value)
    return found
