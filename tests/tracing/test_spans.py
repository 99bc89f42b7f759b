"""The span of a cell, as an exporter gets it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from inline_snapshot import snapshot
from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.trace import NoOpTracer, StatusCode
from support.cell_events import CELL, call, completed, diagnostic, events_of, failed, refused, suspended, troubles
from support.counted_calls import counted_calls
from support.traces import Traces, traces_in_memory

from pydantic_ai_grail._tracing.otel import CellSpan, link_to, trace_context
from pydantic_ai_grail.events.cell_events import CellResumed, CellStarted, Event
from pydantic_ai_grail.events.outcomes import Completed, Outcome, Verdict


@pytest.fixture
def traces() -> Traces:
    return traces_in_memory()


def record(traces: Traces, *events: Event, include_content: bool = True) -> dict[str, Any]:
    with CellSpan(traces.tracer, include_content=include_content) as observe:
        for event in events:
            observe(event)
    return traces.attributes


def test_a_cell_is_one_span_with_everything_that_happened(traces: Traces):
    attributes = record(traces, *events_of(completed(call(), call(ordinal=2))))
    assert traces.spans[0].name == 'run cell'
    assert attributes == snapshot(
        {
            'gen_ai.tool.call.id': 'call_1',
            'gen_ai.conversation.id': 'conversation_1',
            'logfire.json_schema': '{"type": "object", "properties": {"gen_ai.tool.call.id": {}, "gen_ai.conversation.id": {}, "grail.cell.code": {}, "grail.cell.rewrites": {"type": "array"}, "grail.cell.calls": {"type": "array"}}}',
            'grail.cell.code': """\
rows = search(
    "secret"
)\
""",
            'grail.restored.name': 'snapshot_0',
            'grail.restored.size_bytes': 2048,
            'grail.restore.seconds': 0.002,
            'grail.prepare.seconds': 0.001,
            'grail.cell.rewrites': '[{"kind": "await", "line": 1, "note": "added `await` to the secret call"}]',
            'grail.cell.verdict': 'accepted',
            'grail.check.seconds': 0.003,
            'grail.run.seconds': 0.5,
            'grail.cell.outcome': 'completed',
            'grail.cell.call_count': 2,
            'grail.cell.printed_chars': 13,
            'grail.cell.calls': '[{"tool_call_id": "call_1__1", "tool_name": "search", "state": "returned", "seconds": 0.25, "line": 1}, {"tool_call_id": "call_1__2", "tool_name": "search", "state": "returned", "seconds": 0.25, "line": 1}]',
            'grail.cell.printed': 'secret print\n',
            'logfire.msg': 'run cell: completed, 2 calls',
            'grail.snapshot.name': 'snapshot_1',
            'grail.snapshot.size_bytes': 4096,
            'grail.save.seconds': 0.004,
        }
    )


def test_without_content_only_structure_is_recorded(traces: Traces):
    hints = Verdict(hints=(diagnostic(),))
    attributes = record(traces, *events_of(failed(), verdict=hints), *troubles(), include_content=False)
    assert attributes == snapshot(
        {
            'gen_ai.tool.call.id': 'call_1',
            'gen_ai.conversation.id': 'conversation_1',
            'logfire.json_schema': '{"type": "object", "properties": {"gen_ai.tool.call.id": {}, "gen_ai.conversation.id": {}, "grail.cell.rewrites": {"type": "array"}, "grail.cell.diagnostics": {"type": "array"}, "grail.cell.calls": {"type": "array"}}}',
            'grail.restored.name': 'snapshot_0',
            'grail.restored.size_bytes': 2048,
            'grail.restore.seconds': 0.002,
            'grail.prepare.seconds': 0.001,
            'grail.cell.rewrites': '[{"kind": "await", "line": 1}]',
            'grail.cell.verdict': 'accepted with hints',
            'grail.check.seconds': 0.003,
            'grail.cell.diagnostics': '[{"role": "hint", "code": "unknown-name", "stage": "check", "line": 1, "column": 8}]',
            'grail.run.seconds': 0.5,
            'grail.cell.outcome': 'failed',
            'grail.cell.call_count': 1,
            'grail.cell.printed_chars': 13,
            'grail.cell.calls': '[{"tool_call_id": "call_1__1", "tool_name": "search", "state": "raised", "seconds": 0.25, "line": 1}]',
            'logfire.msg': 'run cell: failed, 1 call',
            'grail.failure.kind': 'exception',
            'error.type': 'ValueError',
            'grail.failure.line': 1,
            'grail.failure.tool': 'search',
            'grail.snapshot.name': 'snapshot_1',
            'grail.snapshot.size_bytes': 4096,
            'grail.save.seconds': 0.004,
            'grail.state.lost': 'SnapshotMissing',
            'grail.snapshot.error': 'StoreTimeout',
            'grail.snapshot.error_stage': 'store',
            'logfire.level_num': 17,
        }
    )
    assert 'secret' not in traces.spans[0].to_json()


@pytest.mark.parametrize(
    'outcome', [completed(call()), refused(), failed(), suspended()], ids=lambda o: type(o).__name__
)
def test_no_outcome_gives_content_away(traces: Traces, outcome: Outcome):
    record(traces, *events_of(outcome), include_content=False)
    assert 'secret' not in traces.spans[0].to_json()


def test_a_refusal_is_a_warning_and_no_error(traces: Traces):
    attributes = record(traces, *events_of(refused()))
    assert traces.spans[-1].status.status_code is StatusCode.UNSET
    assert attributes['logfire.level_num'] == 13
    assert attributes['logfire.msg'] == 'run cell: refused'
    assert attributes['grail.cell.verdict'] == 'refused'
    assert json.loads(attributes['grail.cell.diagnostics']) == snapshot(
        [
            {
                'role': 'refusal',
                'code': 'unknown-name',
                'stage': 'check',
                'line': 1,
                'column': 8,
                'message': 'a secret name',
                'fix': 'the secret fix',
            },
            {
                'role': 'refusal',
                'code': 'missing-argument',
                'stage': 'check',
                'line': 1,
                'column': 8,
                'message': 'a secret name',
                'fix': 'the secret fix',
            },
        ]
    )


def test_a_failure_is_an_error_with_its_place(traces: Traces):
    attributes = record(traces, *events_of(failed('limit', limit='memory')))
    assert traces.spans[-1].status.status_code is StatusCode.ERROR
    assert traces.spans[-1].status.description == 'secret'
    assert {
        name: value for name, value in attributes.items() if name.startswith(('grail.failure', 'error'))
    } == snapshot(
        {
            'grail.failure.kind': 'limit',
            'error.type': 'ValueError',
            'grail.failure.line': 1,
            'grail.failure.tool': 'search',
            'grail.failure.message': 'secret',
        }
    )
    assert attributes['grail.cell.limit'] == 'memory'
    assert attributes['logfire.level_num'] == 17


def test_a_cancelled_cell_is_no_error(traces: Traces):
    attributes = record(traces, *events_of(failed('cancelled')))
    assert attributes['grail.cell.outcome'] == 'cancelled'
    assert traces.spans[-1].status.status_code is StatusCode.UNSET


def test_a_suspended_cell_is_no_error(traces: Traces):
    attributes = record(traces, *events_of(suspended()))
    assert attributes['logfire.msg'] == 'run cell: suspended, 1 call'
    assert traces.spans[-1].status.status_code is StatusCode.UNSET


def test_hints_are_an_accepted_verdict(traces: Traces):
    attributes = record(traces, *events_of(completed(), verdict=Verdict(hints=(diagnostic(),))))
    assert attributes['grail.cell.verdict'] == 'accepted with hints'
    assert json.loads(attributes['grail.cell.diagnostics'])[0]['role'] == 'hint'


def test_state_that_was_lost_or_not_kept_is_a_warning(traces: Traces):
    attributes = record(traces, *troubles())
    assert attributes == snapshot(
        {
            'grail.state.lost': 'SnapshotMissing',
            'grail.state.lost_message': 'the secret snapshot',
            'grail.snapshot.error': 'StoreTimeout',
            'grail.snapshot.error_message': 'the secret store',
            'grail.snapshot.error_stage': 'store',
            'logfire.level_num': 13,
        }
    )


def test_spans_of_calls_are_children_of_the_cell_and_the_cell_of_what_runs_it(traces: Traces):
    with traces.tracer.start_as_current_span('execute_tool run_code'):
        with CellSpan(traces.tracer, include_content=True):
            traces.tracer.start_span('execute_tool search').end()
        traces.tracer.start_span('after').end()
    parents = {span.name: span.parent.span_id if span.parent else None for span in traces.spans}
    ids = {span.name: span.context.span_id for span in traces.spans if span.context}
    assert parents == {
        'execute_tool search': ids['run cell'],
        'run cell': ids['execute_tool run_code'],
        'after': ids['execute_tool run_code'],
        'execute_tool run_code': None,
    }


def test_an_error_of_ours_that_ends_a_cell_is_recorded(traces: Traces):
    with pytest.raises(ZeroDivisionError), CellSpan(traces.tracer, include_content=True):
        raise ZeroDivisionError('secret')
    assert traces.attributes['grail.cell.outcome'] == 'error'
    assert traces.attributes['error.type'] == 'ZeroDivisionError'
    assert traces.spans[-1].status.status_code is StatusCode.ERROR
    assert [event.name for event in traces.spans[-1].events] == ['exception']


def test_an_error_of_ours_gives_no_content_away(traces: Traces):
    with pytest.raises(ZeroDivisionError), CellSpan(traces.tracer, include_content=False):
        raise ZeroDivisionError('secret')
    assert 'secret' not in traces.spans[0].to_json()


def test_cancellation_in_the_middle_of_a_cell_is_told_as_such(traces: Traces):
    with pytest.raises(KeyboardInterrupt), CellSpan(traces.tracer, include_content=True):
        raise KeyboardInterrupt
    assert traces.attributes['grail.cell.outcome'] == 'cancelled'
    assert traces.spans[-1].status.status_code is StatusCode.UNSET


def test_what_is_raised_to_end_the_run_after_a_cell_changes_nothing(traces: Traces):
    span = CellSpan(traces.tracer, include_content=True)
    observe = span.__enter__()
    for event in events_of(suspended()):
        observe(event)
    error = RuntimeError('approval required')
    span.__exit__(RuntimeError, error, None)
    assert traces.attributes['grail.cell.outcome'] == 'suspended'
    assert traces.spans[-1].status.status_code is StatusCode.UNSET


def test_a_resumed_cell_links_to_the_trace_it_was_suspended_in(traces: Traces):
    with CellSpan(traces.tracer, include_content=True):
        kept = trace_context()
    with CellSpan(traces.tracer, include_content=True) as observe:
        observe(CellResumed(cell_id=CELL, was_waiting=True, trace=kept))
    first, second = [span for span in traces.spans if span.name == 'run cell']
    assert first.context is not None
    assert [one.context.span_id for one in second.links] == [first.context.span_id]
    assert dict(second.attributes or {})['grail.cell.resumed'] == 'from where it waited'


def test_a_cell_that_was_suspended_untraced_links_to_nothing():
    assert link_to(trace_context()) is None


def test_code_of_any_length_and_content_can_be_exported(traces: Traces):
    source = '# ä \ud800\n' + 'x' * 100_000
    code = record(traces, CellStarted(cell_id=CELL, conversation_id='c', source=source))['grail.cell.code']
    assert code.startswith('# ä ?\nxxx')
    assert code.endswith('x… 80,006 more characters')


def test_very_many_calls_are_counted_and_the_first_hundred_listed(traces: Traces):
    outcome = Completed(value=1, has_value=True, calls=tuple(call(ordinal=n) for n in range(1, 301)))
    attributes = record(traces, *events_of(outcome))
    assert attributes['grail.cell.call_count'] == 300
    assert len(json.loads(attributes['grail.cell.calls'])) == 100


def test_logfire_is_told_what_is_json(traces: Traces):
    attributes = record(traces, *events_of(completed(call()), verdict=Verdict(hints=(diagnostic(),))))
    told = json.loads(attributes['logfire.json_schema'])['properties']
    assert {name for name, schema in told.items() if schema == {'type': 'array'}} == {
        'grail.cell.rewrites',
        'grail.cell.diagnostics',
        'grail.cell.calls',
    }
    for name, schema in told.items():
        assert not schema or isinstance(json.loads(attributes[name]), list)
    assert told.keys() <= attributes.keys()


def test_a_tracer_that_records_nothing_costs_next_to_nothing():
    events = events_of(completed(call()))
    with counted_calls() as calls, CellSpan(NoOpTracer(), include_content=True) as observe:
        for event in events:
            observe(event)
    assert calls.count < 12 * len(events)


def test_what_is_known_of_a_cell_is_there_when_its_span_starts():
    """For samplers, and for consoles that print a line when a span starts."""
    seen: list[Mapping[str, Any]] = []

    class Starts(SpanProcessor):
        def on_start(self, span: Span, parent_context: Context | None = None) -> None:
            seen.append(dict(span.attributes or {}))

    provider = TracerProvider()
    provider.add_span_processor(Starts())
    source = 'import os\nsecret()'
    started = CellStarted(cell_id='call_1', conversation_id='conversation_1', source=source, owner='ada')
    for include_content in (True, False):
        with CellSpan(provider.get_tracer('test'), include_content=include_content, started=started):
            pass
    ids = {'gen_ai.tool.call.id': 'call_1', 'gen_ai.conversation.id': 'conversation_1'}
    assert [ids.items() <= facts.items() for facts in seen] == [True, True]
    assert [facts.get('grail.cell.code') for facts in seen] == ['import os\nsecret()', None]
    assert [facts.get('grail.conversation.owner') for facts in seen] == ['ada', None]
    assert [facts['logfire.msg'] for facts in seen] == ['run cell: secret()…', 'run cell call_1']
