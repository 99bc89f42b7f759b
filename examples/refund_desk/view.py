"""What a page shows of a conversation: its messages told as questions, words, cells and calls that wait, as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal, cast

from markupsafe import Markup
from pydantic_ai.messages import TextPart, ToolCallPart, ToolReturnPart, UserPromptPart

from pydantic_ai_grail import WaitingCall

from .conversation import Conversation, Decided, about
from .highlighting import highlighted

AROUND: Final = 2
"""How many lines of code are shown above and below a call."""

CellState = Literal['running', 'waiting', 'done', 'failed']


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of code."""

    number: int
    text: str
    html: Markup
    waits: bool
    """A call in this line waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Words of the person, or of the model."""

    by_person: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that waits."""

    wait: str
    about: str
    reason: str
    why: str
    line: int | None
    around: list[Line]
    order: dict[str, Any]
    """What the tool said of the order it is about."""
    amount: Decimal | None
    """What is asked for, where it is about money."""
    most: Decimal | None
    """The most that can be paid back."""
    arguments: dict[str, Any]
    """The others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell and what became of it."""

    number: int
    state: CellState
    lines: list[Line]
    result: Any = None
    has_result: bool = False
    printed: str = ''
    feedback: str = ''
    """What the model was told of a cell that was refused or failed."""
    calls: list[Call] = field(default_factory=list[Call])
    decisions: list[Decided] = field(default_factory=list[Decided])


def told(conversation: Conversation) -> list[Said | Cell]:
    """A conversation in order, without its first question, which is its title."""
    items = [*_told(conversation)]
    first = items.index(Said(by_person=True, text=conversation.title)) if items else 0
    return items[first + 1 :]


def _told(conversation: Conversation) -> Iterator[Said | Cell]:
    returns = {
        part.tool_call_id: part
        for message in conversation.history
        for part in message.parts
        if isinstance(part, ToolReturnPart)
    }
    number = 0
    for message in conversation.history:
        for part in message.parts:
            match part:
                case UserPromptPart(content=str(text)):
                    yield Said(by_person=True, text=text)
                case TextPart(content=text):
                    yield Said(by_person=False, text=text)
                case ToolCallPart(tool_name='run_code', tool_call_id=id):
                    number += 1
                    yield _cell(number, str(part.args_as_dict().get('code', '')), returns.get(id), conversation, id)
                case _:
                    pass
    if conversation.prompt is not None:
        yield Said(by_person=True, text=conversation.prompt)


def _cell(number: int, code: str, returned: ToolReturnPart | None, conversation: Conversation, id: str) -> Cell:
    decisions = [decision for decision in conversation.decisions if decision.call.startswith(f'{id}__')]
    if returned is None:
        waiting = [call for call in conversation.waiting if call.cell_id == id]
        state: CellState = 'waiting' if waiting else 'failed' if conversation.state == 'failed' else 'running'
        lines = _lines(code, {call.line for call in waiting})
        calls = [_call(call, lines) for call in waiting]
        return Cell(number=number, state=state, lines=lines, calls=calls, decisions=decisions)
    lines = _lines(code, set())
    if returned.outcome != 'success':
        feedback = returned.model_response_str(wrap_if_error=False)
        return Cell(number=number, state='failed', lines=lines, feedback=feedback, decisions=decisions)
    returned_value: Any = returned.content
    content = cast('dict[str, Any]', returned_value if isinstance(returned_value, dict) else {'result': returned_value})
    return Cell(
        number=number,
        state='done',
        lines=lines,
        result=content.get('result'),
        has_result='result' in content,
        printed='\n'.join(content.get('printed', [])),
        decisions=decisions,
    )


def _call(call: WaitingCall, lines: Sequence[Line]) -> Call:
    order = dict(call.metadata.get('order', {}))
    arguments = dict(call.args)
    amount = arguments.pop('amount', None)
    return Call(
        wait=call.wait_id,
        about=about(call),
        reason=call.reason,
        why=str(call.metadata.get('why', _WHY[call.reason])),
        line=call.line,
        around=[line for line in lines if call.line is not None and abs(line.number - call.line) <= AROUND],
        order=order,
        amount=None if amount is None else Decimal(str(amount)),
        most=Decimal(order['total']) - Decimal(order['refunded']) if order else None,
        arguments=arguments,
    )


_WHY: Final = {
    'approval': 'It needs a person’s consent.',
    'external': 'Somebody else has to do this.',
    'unknown': 'It was under way when the desk was stopped. Nobody knows whether it took effect.',
}


def _lines(code: str, waiting: set[int | None]) -> list[Line]:
    lines = zip(code.split('\n'), highlighted(code), strict=True)
    return [
        Line(number=number, text=text, html=html, waits=number in waiting)
        for number, (text, html) in enumerate(lines, start=1)
    ]
