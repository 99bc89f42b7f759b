"""What docs/operating/stores.md shows of the command line is what it prints, but for times, sizes and durations."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pydantic_ai import Agent, ApprovalRequired, DeferredToolRequests, RunContext
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from pydantic_ai_grail import CodeMode, SqlStore
from pydantic_ai_grail.cli import main

PAGE = Path(__file__).parents[2] / 'docs' / 'operating' / 'stores.md'
FENCE = re.compile(r'```console\n(.*?)```', re.DOTALL)
VARYING = re.compile(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ|[\d.,]+ [kM]B|[\d.]+ s\b')

CELLS = {
    'desk-7': [
        'orders = {7: 50, 8: 300}',
        'import asyncio\nawait asyncio.gather(*[refund(order, amount) for order, amount in orders.items()])',
    ],
    'desk-8': ['total = 12'],
}


class Shown(NamedTuple):
    command: str
    output: str


def shown(text: str) -> Iterator[Shown]:
    """The commands of the page, and what they print there."""
    for fence in FENCE.findall(text):
        for block in re.split(r'^\$ ', fence, flags=re.MULTILINE)[1:]:
            command, _, output = block.partition('\n')
            yield Shown(command, output)


def desk(*cells: str) -> Agent[None, Any]:
    async def refund(ctx: RunContext[Any], order: int, amount: int) -> str:
        """Refund an order."""
        if amount > 100 and not ctx.tool_call_approved:
            raise ApprovalRequired
        return f'refunded {amount}'

    def play(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        number = sum(isinstance(message, ModelResponse) for message in messages)
        if number == len(cells):
            return ModelResponse([TextPart('done')])
        return ModelResponse([ToolCallPart('run_code', {'code': cells[number]}, f'call_{number + 1}')])

    return Agent(
        FunctionModel(play),
        tools=[refund],
        output_type=[str, DeferredToolRequests],
        capabilities=[CodeMode(store=SqlStore('sqlite:///desk.db'))],
    )


def test_the_commands_of_the_page_print_what_it_shows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv('GRAIL_SECRET', raising=False)
    for name, cells in CELLS.items():
        result = desk(*cells).run_sync('go', conversation_id=name)
        if name == 'desk-7':
            (tmp_path / 'history.json').write_bytes(result.all_messages_json())
    commands = [*shown(PAGE.read_text())]
    assert len(commands) == 12
    for command, expected in commands:
        program, *arguments = shlex.split(command)
        if program == 'export':
            monkeypatch.setenv(*arguments[0].split('=', 1))
            continue
        assert program == 'pydantic-ai-grail'
        assert main(arguments) == 0, capsys.readouterr().err
        printed = capsys.readouterr().out
        assert (command, VARYING.sub('~', printed)) == (command, VARYING.sub('~', expected)), printed
