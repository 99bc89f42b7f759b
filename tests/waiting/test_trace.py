"""The trace of a cell that goes on leads to the one in which it was suspended."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic_ai import Agent, DeferredToolRequests, Tool
from pydantic_ai.capabilities import Instrumentation
from pydantic_ai.models.instrumented import InstrumentationSettings

from pydantic_ai_grail import CodeMode, decide
from pydantic_ai_grail.testing.scripted import scripted_model

pytestmark = pytest.mark.anyio


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
