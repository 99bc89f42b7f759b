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
from pydantic_ai import Agent, DeferredToolRequests, DeferredToolResults, Tool, ToolDenied, capture_run_messages
from pydantic_ai.capabilities import Instrumentation
from pydantic_ai.models.instrumented import InstrumentationSettings
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode, MemoryStore, SqlStore, StoreError, decide
from pydantic_ai_grail.stores import JournalRecord

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
            CodeMode(store=Down(), journal_writes='call'),
            Instrumentation(InstrumentationSettings(tracer_provider=provider)),
        ],
    )
    with pytest.raises(StoreError):
        await agent.run('go')
    [cell] = (dict(span.attributes or {}) for span in exporter.get_finished_spans() if span.name == 'run cell')
    calls = json.loads(str(cell['grail.cell.calls']))
    assert [(call['tool_name'], call['state']) for call in calls] == [('pay', 'returned'), ('pay', 'cancelled')]
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
    assert dict(went_on.attributes or {})['grail.cell.resumed'] == 'from its beginning'


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


async def pay(bill: int) -> str:
    return f'paid {bill}'


async def ask(*cells: str | Sequence[str], approve: bool | ToolDenied) -> tuple[list[str], list[str], list[str]]:
    """Outcomes of cells, names of records and statuses of spans, of a run that waits and one that answers it."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    agent: Agent[None, Any] = Agent(
        scripted_model(*cells),
        tools=[Tool(pay, requires_approval=True)],
        output_type=[str, DeferredToolRequests],
        capabilities=[CodeMode(), Instrumentation(InstrumentationSettings(tracer_provider=provider))],
    )
    waiting = await agent.run('go')
    assert isinstance(waiting.output, DeferredToolRequests)
    answers = DeferredToolResults(approvals={call.tool_call_id: approve for call in waiting.output.approvals})
    await agent.run(message_history=waiting.all_messages(), deferred_tool_results=answers)
    spans = exporter.get_finished_spans()
    outcomes = [str((span.attributes or {}).get('grail.cell.outcome')) for span in spans if span.name == 'run cell']
    records = [str((span.attributes or {})['event.name']) for span in spans if span.name == 'cell record']
    return outcomes, records, [span.name for span in spans if span.name.endswith('cell') and not span.status.is_unset]


async def test_a_cell_that_waits_behind_another_is_no_error() -> None:
    """Nobody is to be woken by it: it was shown as one that ended its run."""
    outcomes, records, errors = await ask(['await pay(1)', 'await pay(2)'], approve=True)
    # the second is asked for by a request of its own: it was not shown what it would call
    assert outcomes == ['suspended', 'suspended', 'completed', 'suspended', 'suspended']
    assert set(records) == {'grail.cell.waits', 'grail.cell.resumed'}
    assert errors == []


async def test_a_later_wait_of_a_cell_is_no_error() -> None:
    outcomes, records, errors = await ask('await pay(1)\nawait pay(2)', approve=True)
    assert outcomes == ['suspended', 'suspended', 'suspended']
    assert records == ['grail.cell.waits', 'grail.cell.resumed', 'grail.cell.waits', 'grail.cell.waits']
    assert errors == []


async def test_a_cell_that_was_denied_as_a_whole_says_so() -> None:
    outcomes, records, errors = await ask('await pay(1)', approve=ToolDenied('no'))
    assert outcomes == ['suspended', 'denied']
    assert records == ['grail.cell.waits', 'grail.cell.denied']
    assert errors == []


async def test_a_state_that_is_not_kept_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    class Full(MemoryStore):
        async def save(self, *record: Any, **how: Any) -> None:
            raise OSError('the disk is full')

    agent: Agent[None, Any] = Agent(scripted_model('x = 1'), capabilities=[CodeMode(store=Full())])
    await agent.run('go')
    assert len([one for one in caplog.records if 'could not be kept' in one.message]) == 1
