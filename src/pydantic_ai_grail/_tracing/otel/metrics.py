"""Metrics of cells, told by events. The instruments are made once and shared by every cell of a process."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from opentelemetry.metrics import Histogram, Meter, get_meter

from ...events.cell_events import (
    CallSettled,
    CellChecked,
    CellDenied,
    CellEnded,
    CellPrepared,
    CellWaits,
    Event,
    SnapshotFailed,
    SnapshotSaved,
    StateLost,
    StateRestored,
)
from ...events.labels import StoppedLabel, outcome_label
from ...events.outcomes import Failed
from .. import span_names as names

_SECONDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Buckets from what a warm cell takes to what a slow tool does; the usual ones are made for milliseconds."""
_BYTES: Final = tuple(float(4**exponent) for exponent in range(5, 14))
"""1 KiB to 64 MiB."""


class CellMetrics:
    """An observer that counts and measures. It keeps nothing of a cell, so one serves all cells at once."""

    def __init__(self, meter: Meter) -> None:
        self._cells = meter.create_counter(names.CELLS_METRIC, '{cell}', 'Cells by outcome.')
        self._calls = meter.create_counter(names.CALLS_METRIC, '{call}', 'Tool calls made by cells, by outcome.')
        self._refusals = meter.create_counter(names.REFUSALS_METRIC, '{diagnostic}', 'Mistakes found before a run.')
        self._rewrites = meter.create_counter(names.REWRITES_METRIC, '{rewrite}', 'Mistakes rewritten before a run.')
        self._run = _histogram(meter, names.RUN_DURATION_METRIC, 's', 'Time in the sandbox and its calls.', _SECONDS)
        self._restore = _histogram(meter, names.RESTORE_DURATION_METRIC, 's', 'Time to restore state.', _SECONDS)
        self._save = _histogram(meter, names.SNAPSHOT_DURATION_METRIC, 's', 'Time to keep state.', _SECONDS)
        self._size = _histogram(meter, names.SNAPSHOT_SIZE_METRIC, 'By', 'Size of snapshots as stored.', _BYTES)
        self._unsaved = meter.create_counter(names.SNAPSHOT_FAILURES_METRIC, '{snapshot}', 'States that were not kept.')
        self._lost = meter.create_counter(names.STATES_LOST_METRIC, '{state}', 'States that could not be restored.')

    def __call__(self, event: Event, /) -> None:
        match event:
            case StateRestored():
                self._restore.record(event.seconds)
            case StateLost():
                self._lost.add(1, {names.METRIC_REASON: type(event.reason).__name__})
            case CellPrepared():
                for rewrite in event.rewrites:
                    self._rewrites.add(1, {names.METRIC_KIND: rewrite.kind})
            case CellChecked():
                for diagnostic in event.verdict.refusals:
                    self._refusals.add(1, {names.METRIC_CODE: diagnostic.code})
            case CallSettled(record=record) if not (record.is_replayed or record.is_reused):
                self._calls.add(
                    1, {names.METRIC_OUTCOME: record.state, names.METRIC_TOOL: record.request.tool.tool_name}
                )
            case CellEnded(outcome=outcome):
                attributes = {names.METRIC_OUTCOME: outcome_label(outcome)}
                if isinstance(outcome, Failed) and outcome.failure.limit is not None:
                    attributes[names.METRIC_LIMIT] = outcome.failure.limit
                self._cells.add(1, attributes)
                self._run.record(event.run_seconds)
            case CellWaits():
                self._cells.add(1, {names.METRIC_OUTCOME: 'suspended'})
            case CellDenied():
                self._cells.add(1, {names.METRIC_OUTCOME: 'denied'})
            case SnapshotSaved():
                self._save.record(event.seconds)
                self._size.record(event.size_bytes)
            case SnapshotFailed():
                self._unsaved.add(1, {names.METRIC_STAGE: event.stage})
            case _:
                pass

    def count_stopped(self, label: StoppedLabel) -> None:
        """A cell that was left without an outcome."""
        self._cells.add(1, {names.METRIC_OUTCOME: label})


def _histogram(meter: Meter, name: str, unit: str, description: str, boundaries: Sequence[float]) -> Histogram:
    return meter.create_histogram(name, unit, description, explicit_bucket_boundaries_advisory=boundaries)


@cache
def cell_metrics() -> CellMetrics:
    """The metrics of this process, on the global meter provider; one that is set later is picked up."""
    return CellMetrics(get_meter(names.SCOPE))
