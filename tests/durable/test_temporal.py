"""Cells do not run in Temporal workflows, and say so. There is no server: a history is replayed up to the cell."""

from __future__ import annotations

import warnings
from base64 import b64encode
from typing import Any

import pytest
from pydantic import TypeAdapter
from pydantic_ai import Agent
from pydantic_ai.exceptions import UserError
from pydantic_ai.messages import ModelResponse, ToolCallPart
from support.scripts import scripted_model
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from pydantic_ai_grail import CodeMode

with warnings.catch_warnings():
    warnings.simplefilter('ignore')
    from pydantic_ai.durable_exec.temporal import PydanticAIPlugin, TemporalDurability

pytestmark = pytest.mark.anyio

AGENT: Agent[None, str] = Agent(scripted_model('1 + 1'), name='clerk', capabilities=[CodeMode(), TemporalDurability()])
raised: list[UserError] = []


@workflow.defn
class Desk:
    @workflow.run
    async def run(self, prompt: str) -> str:
        try:
            return (await AGENT.run(prompt)).output
        except UserError as error:
            raised.append(error)
            raise


def payload(json: bytes) -> dict[str, Any]:
    return {'metadata': {'encoding': b64encode(b'json/plain').decode()}, 'data': b64encode(json).decode()}


def history() -> WorkflowHistory:
    """Of a workflow whose agent was answered with a cell."""
    answer = TypeAdapter(ModelResponse).dump_json(ModelResponse([ToolCallPart('run_code', {'code': '1 + 1'})]))
    queue, run_id = {'name': 'queue'}, '11111111-1111-1111-1111-111111111111'
    scheduled = {'taskQueue': queue, 'startToCloseTimeout': '10s'}
    events: list[tuple[str, dict[str, Any]]] = [
        (
            'workflowExecutionStarted',
            {
                'workflowType': {'name': 'Desk'},
                'taskQueue': queue,
                'input': {'payloads': [payload(b'"go"')]},
                'originalExecutionRunId': run_id,
                'firstExecutionRunId': run_id,
            },
        ),
        ('workflowTaskScheduled', scheduled),
        ('workflowTaskStarted', {'scheduledEventId': '2'}),
        ('workflowTaskCompleted', {'scheduledEventId': '2', 'startedEventId': '3'}),
        (
            'activityTaskScheduled',
            {'activityId': '1', 'activityType': {'name': 'agent__clerk__model_request'}, 'taskQueue': queue},
        ),
        ('activityTaskStarted', {'scheduledEventId': '5', 'attempt': 1}),
        (
            'activityTaskCompleted',
            {'scheduledEventId': '5', 'startedEventId': '6', 'result': {'payloads': [payload(answer)]}},
        ),
        ('workflowTaskScheduled', scheduled),
        ('workflowTaskStarted', {'scheduledEventId': '8'}),
    ]
    words = [''.join(f'_{letter}' if letter.isupper() else letter for letter in name).upper() for name, _ in events]
    return WorkflowHistory.from_json(
        'workflow-1',
        {
            'events': [
                {
                    'eventId': str(number),
                    'eventTime': f'2026-11-20T12:00:0{number}Z',
                    'eventType': f'EVENT_TYPE_{word}',
                    f'{name}EventAttributes': attributes,
                }
                for number, (word, (name, attributes)) in enumerate(zip(words, events, strict=True), 1)
            ]
        },
    )


async def test_a_cell_in_a_workflow_is_an_error_that_says_what_to_do() -> None:
    raised.clear()
    runner = UnsandboxedWorkflowRunner()
    replayer = Replayer(workflows=[Desk], plugins=[PydanticAIPlugin()], workflow_runner=runner)
    await replayer.replay_workflow(history(), raise_on_replay_failure=False)
    assert [str(error) for error in raised] == [
        'Cells cannot run in a Temporal workflow, which may start no process and read no store. Run the whole agent in an '
        'activity of yours.'
    ]


async def test_outside_of_a_workflow_the_same_agent_runs_its_cells() -> None:
    assert (await AGENT.run('go')).output == 'done'
