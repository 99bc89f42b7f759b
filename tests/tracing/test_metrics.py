"""Metrics of cells, as a reader gets them."""

from __future__ import annotations

from typing import Any

from inline_snapshot import snapshot
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader
from opentelemetry.trace import NoOpTracer
from support.cell_events import call, completed, events_of, failed, refused, suspended, troubles

from pydantic_ai_grail._tracing.otel import CellMetrics, CellSpan, cell_metrics


def collect(reader: InMemoryMetricReader) -> dict[str, list[Any]]:
    """Every metric's points, as attributes and the sum or the count and the sum."""
    data = reader.get_metrics_data()
    assert data is not None
    found: dict[str, list[Any]] = {}
    for metric in (
        one for resource in data.resource_metrics for scope in resource.scope_metrics for one in scope.metrics
    ):
        found[f'{metric.name} [{metric.unit}]'] = [
            (dict(point.attributes or {}), point.count, point.sum)
            if isinstance(point, HistogramDataPoint)
            else (dict(point.attributes or {}), getattr(point, 'value', None))
            for point in metric.data.data_points
        ]
    return found


def test_cells_calls_refusals_rewrites_and_state_are_counted_and_measured():
    reader = InMemoryMetricReader()
    metrics = CellMetrics(MeterProvider([reader]).get_meter('test'))
    outcomes = (completed(call(), call('raised')), refused(), failed('limit', limit='time'), suspended())
    for event in (one for outcome in outcomes for one in events_of(outcome)):
        metrics(event)
    for event in troubles():
        metrics(event)
    assert collect(reader) == snapshot(
        {
            'grail.restore.duration [s]': [({}, 4, 0.008)],
            'grail.rewrites [{rewrite}]': [({'kind': 'await'}, 4)],
            'grail.calls [{call}]': [
                ({'outcome': 'returned', 'gen_ai.tool.name': 'search'}, 1),
                ({'outcome': 'raised', 'gen_ai.tool.name': 'search'}, 2),
            ],
            'grail.cells [{cell}]': [
                ({'outcome': 'completed'}, 1),
                ({'outcome': 'refused'}, 1),
                ({'outcome': 'failed', 'limit': 'time'}, 1),
                ({'outcome': 'suspended'}, 1),
            ],
            'grail.run.duration [s]': [({}, 4, 2.0)],
            'grail.snapshot.duration [s]': [({}, 4, 0.016)],
            'grail.snapshot.size [By]': [({}, 4, 16384)],
            'grail.refusals [{diagnostic}]': [({'code': 'unknown-name'}, 1), ({'code': 'missing-argument'}, 1)],
            'grail.states.lost [{state}]': [({'reason': 'SnapshotMissing'}, 1)],
            'grail.snapshot.failures [{snapshot}]': [({'stage': 'store'}, 1)],
        }
    )


def test_a_cell_that_is_not_traced_is_counted_all_the_same():
    reader = InMemoryMetricReader()
    metrics = CellMetrics(MeterProvider([reader]).get_meter('test'))
    with CellSpan(NoOpTracer(), include_content=False, metrics=metrics) as observe:
        for event in events_of(completed()):
            observe(event)
    assert collect(reader)['grail.cells [{cell}]'] == [({'outcome': 'completed'}, 1)]


def test_cells_that_were_left_without_an_outcome_are_counted():
    reader = InMemoryMetricReader()
    metrics = CellMetrics(MeterProvider([reader]).get_meter('test'))
    for error in (KeyboardInterrupt(), RuntimeError()):
        span = CellSpan(NoOpTracer(), include_content=False, metrics=metrics)
        span.__enter__()
        span.__exit__(type(error), error, None)
    assert collect(reader) == {'grail.cells [{cell}]': [({'outcome': 'cancelled'}, 1), ({'outcome': 'error'}, 1)]}


def test_a_process_has_one_set_of_instruments():
    assert cell_metrics() is cell_metrics()
