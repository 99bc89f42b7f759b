"""A recording of what a language model answered, and the model that plays it.

The recording is JSON: for each turn the person's message and the model's responses, in order; a response is text, or
code for `run_code`, or both. It holds nothing that tools returned: those are called again, on the machine it is played
on, so the code in it has to work with whatever is installed there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, field_serializer, field_validator
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, ToolReturnPart, UserPromptPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from pydantic_ai_grail.testing import CellStep, PlainStep, answer, scripted_model

RECORDING: Final = Path(__file__).with_name('recording.json')


class Response(BaseModel):
    """One response of the model."""

    model_config = ConfigDict(extra='forbid')

    text: str | None = None
    code: str | None = None
    """Kept in the file as a list of lines, so that a person can read it."""
    succeeded: bool | None = None
    """How its cell went when it was recorded. Where it goes otherwise, the next response would not fit."""

    @field_validator('code', mode='before')
    @classmethod
    def join_lines(cls, value: object) -> object:
        return '\n'.join(map(str, value)) if isinstance(value, list) else value  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - any list, checked by str()

    @field_serializer('code')
    def split_lines(self, value: str | None) -> list[str] | None:
        return value.split('\n') if value is not None else None


class Turn(BaseModel):
    """What a person said and how the model went on."""

    model_config = ConfigDict(extra='forbid')

    prompt: str
    responses: list[Response] = []

    @property
    def is_finished(self) -> bool:
        """A response without code ends a turn."""
        return bool(self.responses) and self.responses[-1].code is None


class Recording(BaseModel):
    """A whole conversation."""

    model_config = ConfigDict(extra='forbid')

    about: str
    """Which model answered, when, and what it was given."""
    turns: list[Turn]

    @classmethod
    def load(cls, path: Path = RECORDING) -> Recording:
        return cls.model_validate_json(path.read_bytes())

    def save(self, path: Path = RECORDING) -> None:
        path.write_text(self.model_dump_json(indent=2, exclude_none=True) + '\n')


class OffTheRecord(Exception):
    """The recording has no answer to what happened here: it is at its end, or a cell went otherwise than recorded."""

    def __init__(self, messages: list[ModelMessage], info: AgentInfo) -> None:
        super().__init__(f'The recording has no answer to this:\n{last_return(messages)}')
        self.messages = messages
        self.info = info


def recorded_model(recording: Recording) -> FunctionModel:
    """A model that answers as the recording has it.

    Raises (when run):
        OffTheRecord: When there is no answer left in the turn.
    """

    def respond(messages: list[ModelMessage], info: AgentInfo) -> PlainStep:
        prompts = [index for index, message in enumerate(messages) if is_prompt(message)]
        responses = recording.turns[len(prompts) - 1].responses
        given = sum(isinstance(message, ModelResponse) for message in messages[prompts[-1] :])
        if given >= len(responses) or (given and responses[given - 1].succeeded not in (None, went_well(messages))):
            raise OffTheRecord(messages, info)
        return written(responses[given])

    return scripted_model(respond, repeat=True, name='recording')


def is_prompt(message: ModelMessage) -> bool:
    return isinstance(message, ModelRequest) and any(isinstance(part, UserPromptPart) for part in message.parts)


def last_return(messages: list[ModelMessage]) -> ToolReturnPart | None:
    """What the last cell gave, if the last message is about one."""
    return next((part for part in messages[-1].parts if isinstance(part, ToolReturnPart)), None)


def went_well(messages: list[ModelMessage]) -> bool:
    returned = last_return(messages)
    return returned is None or returned.outcome == 'success'


def written(response: Response) -> PlainStep:
    if response.code is None:
        return answer(response.text or '')
    return CellStep(code=response.code, text=response.text or '')
