"""The span of a cell in Logfire: under the span of the tool, with its level, and without content where that is so set."""

from __future__ import annotations

from typing import Any

import logfire
import pytest
from logfire.testing import TestExporter
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from support.cell_events import call, completed, events_of, failed, refused

from pydantic_ai_grail._tracing.otel import CellSpan
from pydantic_ai_grail.events.outcomes import Outcome


def export(*outcomes: Outcome, include_content: bool) -> list[dict[str, Any]]:
    exporter = TestExporter()
    instance = logfire.configure(
        local=True, send_to_logfire=False, console=False, additional_span_processors=[SimpleSpanProcessor(exporter)]
    )
    tracer = instance.config.get_tracer_provider().get_tracer('pydantic-ai')
    with instance.span('running tool'):
        for outcome in outcomes:
            with CellSpan(tracer, include_content=include_content) as observe:
                for event in events_of(outcome):
                    observe(event)
    return [span for span in exporter.exported_spans_as_dict() if span['name'] == 'run cell']


def test_cells_are_shown_by_their_outcome_and_level():
    spans = export(completed(call()), refused(), failed(), include_content=True)
    assert [(span['attributes']['logfire.msg'], span['attributes'].get('logfire.level_num')) for span in spans] == [
        ('run cell: completed, 1 call', None),
        ('run cell: refused', 13),
        ('run cell: failed, 1 call', 17),
    ]


@pytest.mark.parametrize('include_content', [True, False])
def test_content_is_there_only_when_it_is_allowed(include_content: bool):
    spans = export(completed(call()), refused(), failed(), include_content=include_content)
    assert ('secret' in repr(spans)) is include_content
