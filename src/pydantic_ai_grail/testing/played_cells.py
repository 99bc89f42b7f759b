"""What happened, read from a message history: the cells with their outcomes, their calls, and what the model read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeAlias, cast, get_args

from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart, ToolReturnPart, UserPromptPart
from pydantic_core import from_json

from ..events.calls import OUTCOME_KEY
from ..events.run_code_part import RUN_CODE, RUN_CODE_KIND

CellOutcome: TypeAlias = Literal['completed', 'refused', 'failed', 'denied', 'cancelled', 'pending']
"""How a cell ended. `'refused'`: nothing of it ran. `'failed'`: it raised, or a limit ended it. `'denied'`: a person denied the
cell as a whole. `'cancelled'`: its run was. `'pending'`: there is no reply yet; it waits for a decision, or it was
interrupted."""

_RESUME: Final = 'resume'
"""The argument of `run_code` that names the cell to resume, and the same in the return of a cell that waits again."""

_OUTCOMES: Final[Mapping[str, CellOutcome]] = {
    'success': 'completed',
    'denied': 'denied',
    'interrupted': 'cancelled',
    'retried': 'refused',
}
"""A return's outcome -> its cell's, where the return does not say more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedCall:
    """A tool call that a cell made."""

    tool_name: str
    args: Mapping[str, Any]
    outcome: Literal['returned', 'denied', 'failed']
    """`'failed'`: it raised, or was cancelled."""
    result: Any = None
    """What code got, as JSON values; of a denied call, what was said with the denial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedCell:
    """A cell, how it ended, and what the model read of it."""

    cell_id: str
    """The tool call id of its `run_code` call."""
    code: str
    outcome: CellOutcome
    """In a history that a front end sent back a refused cell may be called `'failed'`: front ends keep no metadata."""
    content: Any = None
    """What the model read: data for a cell that completed, text for one that did not, `None` while it is pending."""
    calls: tuple[PlayedCall, ...] = field(default=())
    """The tool calls that it made, in order. Of a pending cell: `waiting_calls` has those that wait."""

    @property
    def result(self) -> Any:
        """The value of the cell; `None` where it has none."""
        return _value(self.content) if self.outcome == 'completed' else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The newest turn of a conversation, as a model sees it."""

    prompt: str
    """What the person asked."""
    responses: int
    """How often the model has responded in this turn."""


def played_cells(messages: Iterable[ModelMessage]) -> list[PlayedCell]:
    """The cells of a message history, in order, each once, however often it was resumed."""
    cells: dict[str, PlayedCell] = {}
    newest: dict[str, str] = {}
    """Tool call id -> key of its cell. Ids may repeat in a history."""
    for message in messages:
        for part in message.parts:
            if isinstance(part, ToolCallPart) and (part.tool_name == RUN_CODE or part.tool_kind == RUN_CODE_KIND):
                args = _arguments(part)
                key = newest.get(str(args.get(_RESUME)))
                if key is None:
                    key = f'{len(cells)}'
                    code = str(args.get('code', ''))
                    cells[key] = PlayedCell(cell_id=part.tool_call_id, code=code, outcome='pending')
                newest[part.tool_call_id] = key
            elif isinstance(part, ToolReturnPart) and part.tool_call_id in newest:
                key = newest[part.tool_call_id]
                cells[key] = _ended(cells[key], part)
    return list(cells.values())


def current_turn(messages: Iterable[ModelMessage]) -> Turn:
    """The turn that a model is in, for functions in scripts: a model that looks at what it was asked.

    Raises:
        ValueError: When nobody asked anything.
    """
    prompt, responses = None, 0
    for message in messages:
        if isinstance(message, ModelResponse):
            responses += 1
        elif not any(isinstance(part, ToolReturnPart) for part in message.parts):
            # A prompt beside a tool's return is content that the tool gave.
            prompts = [part.content for part in message.parts if isinstance(part, UserPromptPart)]
            if prompts:
                prompt, responses = prompts[0], 0  # behind it may stand what the agent tells its model
    if prompt is None:
        raise ValueError('There is no user prompt in these messages.')
    text = prompt if isinstance(prompt, str) else ' '.join(each for each in prompt if isinstance(each, str))
    return Turn(prompt=text, responses=responses)


def _ended(cell: PlayedCell, part: ToolReturnPart) -> PlayedCell:
    content: Any = part.content
    waits_again = part.outcome == 'success' and isinstance(content, Mapping) and _RESUME in content
    if waits_again:
        return cell
    metadata = _mapping(part.metadata)
    noted = metadata.get(OUTCOME_KEY)
    outcome = noted if noted in get_args(CellOutcome) else _OUTCOMES.get(part.outcome, 'failed')
    return replace(cell, outcome=outcome, content=content, calls=tuple(_calls(metadata)))


def _calls(metadata: Mapping[str, Any]) -> Iterable[PlayedCall]:
    returns = _mapping(metadata.get('tool_returns'))
    for id, call in _mapping(metadata.get('tool_calls')).items():
        made, returned = _mapping(call), _mapping(returns.get(id))
        yield PlayedCall(
            tool_name=made['tool_name'],
            args=_mapping(made['args']),
            outcome='failed' if not returned else 'denied' if returned['outcome'] == 'denied' else 'returned',
            result=returned.get('content'),
        )


def _value(content: Any) -> Any:
    """What stands under `result`, beside prints and notes. Front ends send the whole back as its JSON, and
    `pydantic_ai_harness` gives the value bare."""
    if isinstance(content, str) and content.startswith('{"'):
        with suppress(ValueError):
            content = from_json(content)
    return cast('Mapping[str, Any]', content).get('result') if isinstance(content, Mapping) else content


def _mapping(value: Any) -> Mapping[str, Any]:
    """A mapping, or a message part as one: in a history that was JSON the parts in metadata are dicts."""
    if isinstance(value, ToolCallPart | ToolReturnPart):
        return vars(value)
    return cast('Mapping[str, Any]', value) if isinstance(value, Mapping) else {}


def _arguments(part: ToolCallPart) -> Mapping[str, Any]:
    try:
        return part.args_as_dict()
    except ValueError:  # a model's arguments may be no JSON
        return {}
