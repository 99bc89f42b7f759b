"""The corpus through an agent: valid programs are never refused and give what CPython gives; broken ones never start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from corpus.load import Cell, Program, load
from corpus.reference import run_in_cpython
from corpus.tools import EFFECTS, SEQUENTIAL, TOOLS
from pydantic_ai import Agent, Tool
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from pydantic_ai_grail import CodeMode, MemoryStore
from pydantic_ai_grail._reply.json_values import to_plain
from pydantic_ai_grail.testing import PlayedCell, played_cells

pytestmark = pytest.mark.anyio

VALID = load('valid')
BROKEN = load('broken')
NOTHING_RAN = 'Nothing ran'


def named(programs: tuple[Program, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize('program', programs, ids=lambda program: program.name)


@named(VALID)
async def test_a_valid_program_is_never_refused_and_gives_what_cpython_gives(program: Program) -> None:
    expected = await run_in_cpython(program)
    played, _ = await run_through_agent(program)

    refused = [cell.content for cell in played if cell.outcome != 'completed' and NOTHING_RAN in cell.content]
    assert refused == []
    assert [_raised(cell) for cell in played] == [run.raised for run in expected]
    assert [_printed(cell) for cell in played if cell.outcome == 'completed'] == [
        run.prints.rstrip('\n') for run in expected if run.raised is None
    ]
    plain = to_plain(expected[-1].value, max_chars=1_000_000)
    assert plain is not None
    assert played[-1].content.get('result') == plain.data


@named(BROKEN)
async def test_a_broken_cell_is_refused_before_any_tool_ran_with_a_short_message_that_names_the_fix(
    program: Program,
) -> None:
    played, effects = await run_through_agent(program)

    refusal = played[-1]
    assert refusal.outcome in ('refused', 'failed')
    assert NOTHING_RAN in refusal.content
    assert program.names is not None
    assert program.names in refusal.content
    assert len(refusal.content) < 600
    assert effects == 0
    assert [cell.content for cell in played[:-1] if cell.outcome != 'completed' and NOTHING_RAN in cell.content] == []


async def run_through_agent(program: Program) -> tuple[list[PlayedCell], int]:
    """What the model got for each cell, and how many effects the last one had.

    A restore ends the turn: the history goes through JSON and another agent goes on with the same store.
    """
    store = MemoryStore()
    history: list[ModelMessage] = []
    effects = 0
    for cells in _between_restores(program.cells):
        effects_before: list[int] = []
        result = await _agent(store).run('go', model=_model(cells, effects_before), message_history=history)
        history = ModelMessagesTypeAdapter.validate_json(result.all_messages_json())
        effects = len(EFFECTS) - effects_before[-1]
    return played_cells(history), effects


def _agent(store: MemoryStore) -> Agent[None, str]:
    tools = [Tool(tool, sequential=tool.__name__ in SEQUENTIAL) for tool in TOOLS]
    return Agent(tools=tools, capabilities=[CodeMode(store=store)])


def _model(cells: Sequence[Cell], effects_before: list[int]) -> FunctionModel:
    rest = list(cells)

    def play(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        del messages, info
        if not rest:
            return ModelResponse(parts=[TextPart('done')])
        effects_before.append(len(EFFECTS))
        return ModelResponse(parts=[ToolCallPart('run_code', {'code': rest.pop(0).source})])

    return FunctionModel(play)


def _between_restores(cells: Sequence[Cell]) -> Iterator[list[Cell]]:
    group: list[Cell] = []
    for cell in cells:
        if cell.restore and group:
            yield group
            group = []
        group.append(cell)
    yield group


def _raised(cell: PlayedCell) -> str | None:
    """The exception's name, as the message has it before the first colon."""
    if cell.outcome == 'completed':
        return None
    lines: list[str] = cell.content.splitlines()
    return next(
        word.split()[-1]
        for word in lines[0].split(':')
        if word.split() and word.split()[-1].endswith(('Error', 'Exception', 'Iteration'))
    )


def _printed(cell: PlayedCell) -> str:
    content: dict[str, Any] = cell.content
    return '\n'.join(content.get('printed', []))
