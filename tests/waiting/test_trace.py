"""The trace of a cell that goes on leads to the one in which it was suspended."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic_ai import Agent, DeferredToolRequests, Tool, capture_run_messages
from pydantic_ai.capabilities import Instrumentation
from pydantic_ai.models.instrumented import InstrumentationSettings

from pydantic_ai_grail import CodeMode, MemoryStore, SqlStore, StoreError, decide
from pydantic_ai_grail.stores import JournalRecord
from pydantic_ai_grail.testing.scripted import scripted_model

pytestmark = pytest.mark.anyio


class Down(MemoryStore):
    """Keeps two entries, and then no more."""

    async def append(self, records: Sequence[JournalRecord], **how: Any) -> None:
        if records[-1].number > 2:
            raise OSError('the disk is full')
        await super().append(records, **how)


async def test_a_run_that_the_store_ended_shows_the_calls_it_made() -> None:
    async def pay(bill: int) -> str:
        await asyncio.sleep(0.02)
        return f'paid {bill}'

    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    agent: Agent[None, Any] = Agent(
        scripted_model('await pay(1)\nawait pay(2)'),
        tools=[pay],
        capabilities=[
            CodeMode(store=Down(), durability='call'),
            Instrumentation(InstrumentationSettings(tracer_provider=provider)),
        ],
    )
    with pytest.raises(StoreError):
        await agent.run('go')
    [cell] = (dict(span.attributes or {}) for span in exporter.get_finished_spans() if span.name == 'run cell')
    calls = json.loads(str(cell['grail.cell.calls']))
    assert [(call['tool'], call['state']) for call in calls] == [('pay', 'returned'), ('pay', 'cancelled')]
    assert 'the disk is full' in str(cell['grail.error.message'])
    journal_seconds = cell['grail.journal.seconds']
    assert isinstance(journal_seconds, float)


async def test_a_cell_that_goes_on_from_its_beginning_links_to_where_it_was_cut_off(tmp_path: Path) -> None:
    reached = asyncio.Event()

    async def pay(bill: int) -> str:
        if not reached.is_set():
            reached.set()
            await asyncio.sleep(60)
        return f'paid {bill}'

    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    agent: Agent[None, Any] = Agent(
        scripted_model('await pay(1)'),
        tools=[Tool(pay, metadata={'idempotent': True})],
        capabilities=[
            CodeMode(store=SqlStore(f'sqlite:///{tmp_path}/agent.db')),
            Instrumentation(InstrumentationSettings(tracer_provider=provider)),
        ],
    )
    with capture_run_messages() as messages:
        run = asyncio.create_task(agent.run('go'))
        await reached.wait()
        run.cancel()
        with suppress(asyncio.CancelledError):
            await run
    await agent.run(message_history=messages[:2])
    cut_off, went_on = (span for span in exporter.get_finished_spans() if span.name == 'run cell')
    assert cut_off.context is not None
    assert [link.context.span_id for link in went_on.links] == [cut_off.context.span_id]
    assert dict(went_on.attributes or {})['grail.cell.goes_on'] == 'from its beginning'


async def test_a_resumed_cell_links_to_its_suspension() -> None:
    async def pay(bill: int) -> str:
        return f'paid {bill}'

    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    agent: Agent[None, Any] = Agent(
        scripted_model('await pay(1)'),
        tools=[Tool(pay, requires_approval=True)],
        output_type=[str, DeferredToolRequests],
        capabilities=[CodeMode(), Instrumentation(InstrumentationSettings(tracer_provider=provider))],
    )
    waiting = await agent.run('go')
    assert isinstance(waiting.output, DeferredToolRequests)
    await agent.run(message_history=waiting.all_messages(), deferred_tool_results=decide(waiting.output, True))
    suspended, resumed = (span for span in exporter.get_finished_spans() if span.name == 'run cell')
    assert suspended.context is not None
    assert [(link.context.trace_id, link.context.span_id) for link in resumed.links] == [
        (suspended.context.trace_id, suspended.context.span_id)
    ]
    outcomes = [dict(span.attributes or {})['grail.cell.outcome'] for span in (suspended, resumed)]
    assert outcomes == ['suspended', 'completed']


async def test_a_call_that_was_not_made_says_where_its_result_is_from(tmp_path: Path) -> None:
    async def pay(bill: int) -> str:
        return f'paid {bill}'

    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    agent: Agent[None, Any] = Agent(
        scripted_model('await pay(1)\n1 / 0', 'await pay(1)'),
        tools=[pay],
        capabilities=[CodeMode(), Instrumentation(InstrumentationSettings(tracer_provider=provider))],
    )
    await agent.run('go')
    cells = [dict(span.attributes or {}) for span in exporter.get_finished_spans() if span.name == 'run cell']
    froms = [[call.get('from') for call in json.loads(str(cell['grail.cell.calls']))] for cell in cells]
    assert froms == [[None], ['the failed cell']]
