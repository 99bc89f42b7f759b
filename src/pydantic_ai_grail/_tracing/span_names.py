"""Names of spans, attributes and metrics: part of the public surface, since dashboards and alerts are built on them.

Attributes under `grail.` are ours. Where OpenTelemetry or Logfire has a name for a thing, theirs is used.
"""

from __future__ import annotations

from typing import Final

SCOPE: Final = 'pydantic-ai-grail'
"""Instrumentation scope of the metrics. Spans come from Pydantic AI's own tracer."""

CELL_SPAN: Final = 'run cell'
CELL_RECORD: Final = 'cell record'
"""Below the span of a cell: something that a console has to tell before the cell's span is shown."""

# what a record says, for alerts
RECORD: Final = 'event.name'
RESUMED_RECORD: Final = 'grail.cell.resumed'
WAITS_RECORD: Final = 'grail.cell.waits'
UNKNOWN_RECORD: Final = 'grail.cell.unknown_call'
DENIED_RECORD: Final = 'grail.cell.denied'
REFUSED_RECORD: Final = 'grail.cell.refused'
FAILED_RECORD: Final = 'grail.cell.failed'
LIMIT_RECORD: Final = 'grail.cell.limit'
CRASHED_RECORD: Final = 'grail.cell.crashed'
CANCELLED_RECORD: Final = 'grail.cell.cancelled'
ERROR_RECORD: Final = 'grail.cell.error'
STATE_LOST_RECORD: Final = 'grail.state.lost'
STATE_UNSAVED_RECORD: Final = 'grail.state.unsaved'
HANDLER_RECORD: Final = 'grail.handler.failed'

# identity
CELL_ID: Final = 'gen_ai.tool.call.id'
CONVERSATION_ID: Final = 'gen_ai.conversation.id'
OWNER: Final = 'grail.conversation.owner'

# what was sent, and what checking said
CODE: Final = 'grail.cell.code'
REWRITES: Final = 'grail.cell.rewrites'
VERDICT: Final = 'grail.cell.verdict'
DIAGNOSTICS: Final = 'grail.cell.diagnostics'

# what happened
OUTCOME: Final = 'grail.cell.outcome'
RESUMED: Final = 'grail.cell.resumed'
CALLS: Final = 'grail.cell.calls'
CALL_COUNT: Final = 'grail.cell.call_count'
PRINTED: Final = 'grail.cell.printed'
PRINTED_CHARS: Final = 'grail.cell.printed_chars'
LIMIT: Final = 'grail.cell.limit'
FAILURE_KIND: Final = 'grail.failure.kind'
FAILURE_MESSAGE: Final = 'grail.failure.message'
FAILURE_LINE: Final = 'grail.failure.line'
FAILURE_TOOL: Final = 'grail.failure.tool'
ERROR_TYPE: Final = 'error.type'
ERROR_MESSAGE: Final = 'grail.error.message'

# state
RESTORED: Final = 'grail.restored.name'
RESTORED_BYTES: Final = 'grail.restored.size_bytes'
STATE_LOST: Final = 'grail.state.lost'
STATE_LOST_MESSAGE: Final = 'grail.state.lost_message'
SNAPSHOT: Final = 'grail.snapshot.name'
SNAPSHOT_BYTES: Final = 'grail.snapshot.size_bytes'
SNAPSHOT_ERROR: Final = 'grail.snapshot.error'
SNAPSHOT_ERROR_MESSAGE: Final = 'grail.snapshot.error_message'
SNAPSHOT_ERROR_STAGE: Final = 'grail.snapshot.error_stage'

# time of each stage
RESTORE_SECONDS: Final = 'grail.restore.seconds'
PREPARE_SECONDS: Final = 'grail.prepare.seconds'
CHECK_SECONDS: Final = 'grail.check.seconds'
RUN_SECONDS: Final = 'grail.run.seconds'
JOURNAL_SECONDS: Final = 'grail.journal.seconds'
SAVE_SECONDS: Final = 'grail.save.seconds'

# what Logfire reads
LOGFIRE_MESSAGE: Final = 'logfire.msg'
LOGFIRE_TYPE: Final = 'logfire.span_type'
LOGFIRE_LEVEL: Final = 'logfire.level_num'
LOGFIRE_SCHEMA: Final = 'logfire.json_schema'
INFO: Final = 9
WARN: Final = 13
ERROR: Final = 17

# metrics, and their attributes
CELLS_METRIC: Final = 'grail.cells'
CALLS_METRIC: Final = 'grail.calls'
REFUSALS_METRIC: Final = 'grail.refusals'
REWRITES_METRIC: Final = 'grail.rewrites'
RUN_DURATION_METRIC: Final = 'grail.run.duration'
RESTORE_DURATION_METRIC: Final = 'grail.restore.duration'
SNAPSHOT_DURATION_METRIC: Final = 'grail.snapshot.duration'
SNAPSHOT_SIZE_METRIC: Final = 'grail.snapshot.size'
SNAPSHOT_FAILURES_METRIC: Final = 'grail.snapshot.failures'
STATES_LOST_METRIC: Final = 'grail.states.lost'
METRIC_OUTCOME: Final = 'outcome'
METRIC_LIMIT: Final = 'limit'
METRIC_TOOL: Final = 'gen_ai.tool.name'
METRIC_CODE: Final = 'code'
METRIC_KIND: Final = 'kind'
METRIC_STAGE: Final = 'stage'
METRIC_REASON: Final = 'reason'
