"""The observers that speak OpenTelemetry: a span per cell, metrics of all cells."""

from __future__ import annotations

from opentelemetry.trace import Tracer

from .metrics import CellMetrics, cell_metrics
from .spans import CellSpan, link_to, trace_context

__all__ = ['CellMetrics', 'CellSpan', 'Tracer', 'cell_metrics', 'link_to', 'trace_context']
