"""Metrics of cells, told by events. The instruments are made once and shared by every cell of a process."""

from __future__ import annotations

from functools import cache

from opentelemetry.metrics import Meter, get_meter

from ...events import (
    CallSettled,
    CellChecked,
    CellEnded,
    CellPrepared,
    Event,
    SnapshotFailed,
    SnapshotSaved,
    StateLost,
    StateRestored,
)
from ...outcomes import Failed
from .. import names
from ..labels import outcome_label


class CellMetrics:
    """An observer that counts and measures. It keeps nothing of a cell, so one serves all cells at once."""

    def __init__(self, meter: Meter) -> None:
        self._cells = meter.create_counter(names.CELLS_METRIC, '{cell}', 'Cells by outcome.')
        self._calls = meter.create_counter(names.CALLS_METRIC, '{call}', 'Tool calls made by cells, by outcome.')
        self._refusals = meter.create_counter(names.REFUSALS_METRIC, '{diagnostic}', 'Mistakes found before a run.')
        self._mends = meter.create_counter(names.MENDS_METRIC, '{mend}', 'Mistakes mended before a run.')
        self._run = meter.create_histogram(names.RUN_DURATION_METRIC, 's', 'Time in the sandbox and its calls.')
        self._restore = meter.create_histogram(names.RESTORE_DURATION_METRIC, 's', 'Time to restore state.')
        self._save = meter.create_histogram(names.SNAPSHOT_DURATION_METRIC, 's', 'Time to dump, seal and store state.')
        self._size = meter.create_histogram(names.SNAPSHOT_SIZE_METRIC, 'By', 'Size of snapshots as stored.')
        self._unsaved = meter.create_counter(names.SNAPSHOT_FAILURES_METRIC, '{snapshot}', 'States that were not kept.')
        self._lost = meter.create_counter(names.STATES_LOST_METRIC, '{state}', 'States that could not be restored.')

    def __call__(self, event: Event, /) -> None:
        match event:
            case StateRestored():
                self._restore.record(event.seconds)
            case StateLost():
                self._lost.add(1, {names.METRIC_REASON: type(event.reason).__name__})
            case CellPrepared():
                for mend in event.mends:
                    self._mends.add(1, {names.METRIC_KIND: mend.kind})
            case CellChecked():
                for diagnostic in event.verdict.refusals:
                    self._refusals.add(1, {names.METRIC_CODE: diagnostic.code})
            case CallSettled(record=record):
                self._calls.add(
                    1, {names.METRIC_OUTCOME: record.state, names.METRIC_TOOL: record.request.tool.tool_name}
                )
            case CellEnded(outcome=outcome):
                attributes = {names.METRIC_OUTCOME: outcome_label(outcome)}
                if isinstance(outcome, Failed) and outcome.failure.limit is not None:
                    attributes[names.METRIC_LIMIT] = outcome.failure.limit
                self._cells.add(1, attributes)
                self._run.record(event.run_seconds)
            case SnapshotSaved():
                self._save.record(event.seconds)
                self._size.record(event.size_bytes)
            case SnapshotFailed():
                self._unsaved.add(1, {names.METRIC_STAGE: event.stage})
            case _:
                pass


@cache
def cell_metrics() -> CellMetrics:
    """The metrics of this process, on the global meter provider; one that is set later is picked up."""
    return CellMetrics(get_meter(names.SCOPE))
