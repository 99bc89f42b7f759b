"""The trace of a real agent's run: cells between Pydantic AI's own spans, and no content where none is allowed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from inline_snapshot import snapshot
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic_ai import Agent
from pydantic_ai.capabilities import Instrumentation
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.models.instrumented import InstrumentationSettings

from pydantic_ai_grail import CodeMode

pytestmark = pytest.mark.anyio

CELLS = (
    'import asyncio\nprint("secret print")\nawait asyncio.gather(*[stock(sku=s) for s in ["bolt", "nut"]])',
    'secret_name',
    'stock("secret")\n1 / 0  # secret comment',
)


async def stock(sku: str) -> int:
    """How many of a part there are."""
    return len(sku)


def write_cells(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    written = sum(isinstance(part, ToolReturnPart) for message in messages for part in message.parts)
    if written == len(CELLS):
        return ModelResponse([TextPart('done')])
    return ModelResponse([ToolCallPart('run_code', {'code': CELLS[written]}, tool_call_id=f'cell_{written}')])


async def trace(*, include_content: bool) -> Sequence[ReadableSpan]:
    provider, exporter = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    settings = InstrumentationSettings(tracer_provider=provider, include_content=include_content)
    agent = Agent(
        FunctionModel(write_cells, model_name='scripted'),
        tools=[stock],
        capabilities=[CodeMode(), Instrumentation(settings)],
    )
    await agent.run('Count.')
    return exporter.get_finished_spans()


def tree(spans: Sequence[ReadableSpan], parent: int | None = None) -> list[str]:
    """The spans below a parent, indented, in the order of their starts."""
    lines: list[str] = []
    for span in sorted(spans, key=lambda span: span.start_time or 0):
        if (span.parent.span_id if span.parent else None) == parent and span.context is not None:
            message = (
                (span.attributes or {}).get('logfire.msg') if span.name in ('run cell', 'cell record') else span.name
            )
            lines += [str(message), *(f'  {line}' for line in tree(spans, span.context.span_id))]
    return lines


async def test_cells_stand_between_the_call_of_run_code_and_the_calls_of_tools():
    assert tree(await trace(include_content=True)) == snapshot(
        [
            'invoke_agent agent',
            '  chat scripted',
            '  execute_tool run_code',
            '    run cell: completed, 2 calls',
            '      execute_tool stock',
            '      execute_tool stock',
            '  chat scripted',
            '  execute_tool run_code',
            '    run cell: refused',
            "      cell refused: unknown-name: There is no name 'secret_name'.",
            '  chat scripted',
            '  execute_tool run_code',
            '    run cell: failed, 1 call',
            '      execute_tool stock',
            '      cell failed: ZeroDivisionError, line 2: division by zero',
            '  chat scripted',
        ]
    )


async def test_with_content_the_code_and_what_came_of_it_are_there():
    cells = [dict(span.attributes or {}) for span in await trace(include_content=True) if span.name == 'run cell']
    assert [cell['grail.cell.code'] for cell in cells] == list(CELLS)
    assert [cell['grail.cell.outcome'] for cell in cells] == ['completed', 'refused', 'failed']
    assert cells[0]['grail.cell.printed'] == 'secret print\n'


async def test_a_cell_that_ran_has_the_time_of_each_stage_and_its_snapshot():
    ran, *_ = [dict(span.attributes or {}) for span in await trace(include_content=True) if span.name == 'run cell']
    stages = [f'grail.{stage}.seconds' for stage in ('prepare', 'check', 'run', 'save')]
    assert all(isinstance(ran[stage], float) for stage in stages)
    assert isinstance(ran['grail.snapshot.size_bytes'], int)


async def test_without_content_no_span_gives_any_away():
    spans = await trace(include_content=False)
    assert [span.name for span in spans if 'secret' in span.to_json()] == []
