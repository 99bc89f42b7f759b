"""Spans of a tracer of their own, as an in-memory exporter gets them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Tracer


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    tracer: Tracer
    exporter: InMemorySpanExporter

    @property
    def spans(self) -> Sequence[ReadableSpan]:
        """Those that have ended, in the order of their ends."""
        return self.exporter.get_finished_spans()

    @property
    def attributes(self) -> dict[str, Any]:
        """Those of the only span of a cell."""
        (span,) = [span for span in self.spans if span.name == 'run cell']
        return dict(span.attributes or {})

    @property
    def records(self) -> list[tuple[Any, Any]]:
        """Level and message of the records below the cell."""
        facts = [span.attributes or {} for span in self.spans if span.name == 'cell record']
        return [(fact['logfire.level_num'], fact['logfire.msg']) for fact in facts]


def traces_in_memory() -> Traces:
    provider = TracerProvider()
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return Traces(tracer=provider.get_tracer('test'), exporter=exporter)
