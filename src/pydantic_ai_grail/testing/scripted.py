"""A model that plays a script, for tests and examples that have no provider.

Where it stands in its script is read from the messages: it counts the responses that are its own. So it continues over the
turns of a conversation, in any process, and in a history that was rewound or forked.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import ceil
from typing import Any, Final

from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel
from pydantic_core import to_json, to_jsonable_python

from ..errors import GrailError
from ..events.run_code_part import RUN_CODE, RUN_CODE_KIND
from .played_cells import PlayedCell, played_cells
from .script_steps import AnswerStep, CellStep, PlainStep, Step, ToolCallStep

_PIECES: Final = 8
"""Into how many a streamed part is cut at most: enough to see that it streams."""
_RESULT: Final = '{result}'
_ENDED: Final = ('completed', 'refused', 'failed', 'denied')
"""Outcomes that are compared with what the script expects."""


class ScriptError(GrailError, AssertionError):
    """A script does not fit what happened: it is over, or a cell ended as the script does not expect."""


def scripted_model(
    *steps: Step, answer: str | None = 'done', repeat: bool = False, name: str | None = None
) -> FunctionModel:
    """A model that plays a script, step by step, streamed or not.

    Each request to the model is one step, over all turns of a conversation. Which step comes next is read from the messages, so
    the script continues in another process that is given the history.

    Args:
        *steps: The code of a cell; `cell()`, `answer()`, `tool_call()`; a list of these, for one response; or a function of
            the messages that gives one of these.
        answer: What the model answers at the end of a script that has no answer at its end; `None`: nothing.
        repeat: Begin again after the last step. Without it, a request after the last step is a `ScriptError`.
        name: The model's name, by which its responses are counted. By default it is made from the script: two scripts that
            differ have two names, so that each turn may have a script of its own.

    Raises:
        ScriptError: In the run, when the script is over, when a cell ended otherwise than it expects, or when a step does not
            fit the agent. A function is given the messages and looks itself: neither the cells that it gives nor those
            before it are compared.
    """
    played = [*steps] if answer is None or (steps and _ends_turn(steps[-1])) else [*steps, AnswerStep(content=answer)]
    if not played:
        raise ValueError('A script needs a step: give a cell or an answer.')
    script = _Script(steps=tuple(played), repeat=repeat, name=name or f'scripted-{_digest(played)}')
    return FunctionModel(script.respond, stream_function=script.stream, model_name=script.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Script:
    steps: tuple[Step, ...]
    repeat: bool
    name: str

    def respond(self, messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        # Histories that come from a front end do not say which model responded.
        own = [
            number
            for number, message in enumerate(messages)
            if isinstance(message, ModelResponse) and message.model_name in (None, self.name)
        ]
        number = len(own)
        is_over = number >= len(self.steps) and not self.repeat
        step = self.steps[number % len(self.steps)]
        if own and (is_over or not callable(step)):
            self._compare(number - 1, played_cells(messages[own[-1] :]))
        if is_over:
            raise ScriptError(
                f'The script is over: the model was asked again after its {_counted(len(self.steps))}. Add a step, or let it '
                f'begin again with repeat=True. The newest message:\n{_shown(messages[-1])}'
            )
        return _response(step(messages, info) if callable(step) else step, messages, info)

    async def stream(self, messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str | DeltaToolCalls]:
        for number, part in enumerate(self.respond(messages, info).parts):
            if isinstance(part, TextPart):
                for piece in _pieces(part.content):
                    yield piece
            elif isinstance(part, ToolCallPart):
                tool_name: str | None = part.tool_name
                for piece in _pieces(part.args_as_json_str()):
                    yield {number: DeltaToolCall(tool_name, piece, tool_call_id=part.tool_call_id)}
                    tool_name = None

    def _compare(self, number: int, cells: Sequence[PlayedCell]) -> None:
        """See that the cells of a step ended as the script expects. `number`: of the step, from 0."""
        step = self.steps[number % len(self.steps)]
        if callable(step):
            return
        expected = [each for each in map(_as_cell, _parts_of(step)) if each is not None]
        for sent, played in zip(expected, cells, strict=False):
            if sent.outcome is None or played.outcome == sent.outcome or played.outcome not in _ENDED:
                continue
            raise ScriptError(
                f'Step {number + 1} of the script is a cell that was expected to be {sent.outcome}, and it is '
                f'{played.outcome}. If that is what you test, write cell(..., outcome={played.outcome!r}). The code:\n'
                f'{played.code}\nThe model read:\n{played.content}'
            )


def _ends_turn(step: Step) -> bool:
    return callable(step) or any(isinstance(part, AnswerStep) for part in _parts_of(step))


def _parts_of(step: PlainStep | Sequence[PlainStep]) -> Sequence[PlainStep]:
    return [step] if isinstance(step, PlainStep) else step


def _as_cell(part: PlainStep) -> CellStep | None:
    if isinstance(part, str):
        return CellStep(code=part)
    return part if isinstance(part, CellStep) else None


def _response(
    step: PlainStep | Sequence[PlainStep], messages: Sequence[ModelMessage], info: AgentInfo
) -> ModelResponse:
    parts: list[TextPart | ToolCallPart] = []
    for part in _parts_of(step):
        match part:
            case str():
                parts.append(_cell_part(CellStep(code=part), info))
            case CellStep():
                parts += [TextPart(part.text)] if part.text else []
                parts.append(_cell_part(part, info))
            case ToolCallStep(tool_name=tool_name, args=args):
                offered = [tool.name for tool in info.function_tools]
                if tool_name not in offered:
                    raise ScriptError(
                        f'The model is offered no tool {tool_name!r}; it is offered: {", ".join(offered)}.'
                    )
                parts.append(ToolCallPart(tool_name, args))
            case AnswerStep(content=content):
                parts.append(_answer_part(content, messages, info))
    return ModelResponse(parts=parts)


def _cell_part(step: CellStep, info: AgentInfo) -> ToolCallPart:
    tools = [tool for tool in info.function_tools if tool.tool_kind == RUN_CODE_KIND or tool.name == RUN_CODE]
    if not tools:
        raise ScriptError('The script sends a cell, and the agent has no run_code: give it capabilities=[CodeMode()].')
    options = {'restart': step.restart, 'rerun': step.rerun}
    return ToolCallPart(tools[0].name, {'code': step.code, **{name: True for name, given in options.items() if given}})


def _answer_part(content: Any, messages: Sequence[ModelMessage], info: AgentInfo) -> TextPart | ToolCallPart:
    if isinstance(content, str):
        if not info.allow_text_output:
            raise ScriptError(
                f'The agent takes no text as its answer, and the script gives {content!r}: write answer(...).'
            )
        return TextPart(content.replace(_RESULT, _newest_result(messages)) if _RESULT in content else content)
    value = to_jsonable_python(content)
    if not info.output_tools:
        return TextPart(to_json(value).decode())
    tool = info.output_tools[0]
    return ToolCallPart(tool.name, {tool.outer_typed_dict_key: value} if tool.outer_typed_dict_key else value)


def _newest_result(messages: Sequence[ModelMessage]) -> str:
    cells = played_cells(messages)
    if not cells or cells[-1].outcome != 'completed':
        raise ScriptError(f'The answer is to tell a {_RESULT}, and no cell before it completed.')
    return str(cells[-1].result)


def _pieces(text: str) -> Iterator[str]:
    size = max(8, ceil(len(text) / _PIECES))
    yield from (text[start : start + size] for start in range(0, max(1, len(text)), size))


def _digest(steps: Sequence[Step]) -> str:
    """The same for the same script in every process."""
    lines = [getattr(step, '__qualname__', type(step).__qualname__) if callable(step) else repr(step) for step in steps]
    return sha256('\n'.join(lines).encode()).hexdigest()[:8]


def _counted(count: int) -> str:
    return '1 step' if count == 1 else f'{count} steps'


def _shown(message: ModelMessage) -> str:
    return '\n'.join(f'{part.part_kind}: {getattr(part, "content", "")}' for part in message.parts)
