"""What is read of a history costs as much as the history is long, whatever a client has made up in it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, ToolCallPart, ToolReturnPart, UserPromptPart

from pydantic_ai_grail._cell.approval_requests import as_the_model_sees, next_requests
from pydantic_ai_grail._cell.cells_called import CellCalls, cell_ids_in
from pydantic_ai_grail._cell.message_history import cells_in, denied_in, last_instruction, requests_again

Reads = Callable[[list[ModelMessage]], Any]
READERS: dict[str, Reads] = {
    'as_the_model_sees': lambda messages: as_the_model_sees(messages, tool_name='run_code'),
    'next_requests': lambda messages: next_requests(messages, tool_name='run_code'),
    'cells_in': lambda messages: cells_in(CellCalls(messages, tool_name='run_code'), before='grail_1', run_id='r'),
    'cell_ids_in': lambda messages: cell_ids_in(messages, tool_name='run_code'),
    'cell_id': lambda messages: CellCalls(messages, tool_name='run_code').cell_id('no such'),
    'asking': lambda messages: CellCalls(messages, tool_name='run_code').asking('no such'),
    'denied_in': lambda messages: denied_in(messages, tool_name='run_code'),
    'asks_anew': requests_again,
    'said_before': lambda messages: last_instruction(messages, 'no such'),
}


def _call(id: str, resumes: str | None = None) -> ToolCallPart:
    return ToolCallPart('run_code', {'code': 'x', **({'resume': resumes} if resumes else {})}, tool_call_id=id)


def _returned(id: str, outcome: Any = 'success', content: Any = None) -> ToolReturnPart:
    return ToolReturnPart('run_code', content or {'result': 1}, tool_call_id=id, outcome=outcome)


def _in_one(calls: list[ToolCallPart], returns: list[ToolReturnPart]) -> list[ModelMessage]:
    return [ModelResponse(calls), ModelRequest(returns)]


def _one_by_one(calls: list[ToolCallPart], returns: list[ToolReturnPart]) -> list[ModelMessage]:
    return [each for call, gave in zip(calls, returns, strict=True) for each in _in_one([call], [gave])]


def _resumed(count: int) -> tuple[list[ToolCallPart], list[ToolReturnPart]]:
    """One cell that was resumed again and again."""
    ids = ['own', *(f'grail_{number}' for number in range(count))]
    return [_call(id, None if id == 'own' else 'own') for id in ids], [_returned(id) for id in ids]


def _chain(count: int) -> tuple[list[ToolCallPart], list[ToolReturnPart]]:
    """Each call resumes the one before it."""
    calls = [_call(f'grail_{number}', f'grail_{number - 1}' if number else None) for number in range(count)]
    return calls, [_returned(call.tool_call_id) for call in calls]


def _same_id(count: int) -> tuple[list[ToolCallPart], list[ToolReturnPart]]:
    return [_call('same') for _ in range(count)], [_returned('same') for _ in range(count)]


def _denied(count: int) -> tuple[list[ToolCallPart], list[ToolReturnPart]]:
    calls = [_call(f'c{number}') for number in range(count)]
    return calls, [_returned(call.tool_call_id, 'denied', 'no') for call in calls]


def _waits(count: int) -> tuple[list[ToolCallPart], list[ToolReturnPart]]:
    calls = [_call(f'c{number}') for number in range(count)]
    waits = {'resume': 'c0', 'waiting_for': ['pay(1)'], 'notes': []}
    return calls, [_returned(call.tool_call_id, content=waits) for call in calls]


SHAPES = {
    f'{kind.__name__[1:]}, {way.__name__[1:]}': (kind, way)
    for kind in (_resumed, _chain, _same_id, _denied, _waits)
    for way in (_in_one, _one_by_one)
}


def steps(reads: Reads, messages: list[ModelMessage]) -> int:
    """Lines that ran."""
    counted = 0

    def count(_frame: Any, event: str, _argument: Any) -> Any:
        nonlocal counted
        counted += event == 'line'
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        reads(messages)
    finally:
        sys.settrace(before)
    return counted


@pytest.mark.parametrize('shape', SHAPES)
@pytest.mark.parametrize('reader', READERS)
def test_twice_the_history_costs_twice_as_much(reader: str, shape: str) -> None:
    kind, way = SHAPES[shape]

    def cost(count: int) -> int:
        messages = [ModelRequest([UserPromptPart('hi')]), *way(*kind(count))]
        return steps(READERS[reader], messages)

    assert cost(200) < 2.2 * cost(100) + 100
