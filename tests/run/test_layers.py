"""A cell has the layers that it can need, a call goes through them, and its way is five files at most."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai import RunContext, RunUsage, UsageLimits
from pydantic_ai.models.test import TestModel
from pydantic_ai.tool_manager import ToolManager
from pydantic_ai.toolsets import FunctionToolset
from support.interrupted import APPROVED, ListRecorder, journal_state_of
from support.journal_entries import call_began, call_ended, call_waits

import pydantic_ai_grail
from pydantic_ai_grail._catalog.catalog import build_catalog
from pydantic_ai_grail._monty.lent_worker import lend_worker
from pydantic_ai_grail._monty.stops import DoneStop, Returned
from pydantic_ai_grail._monty.worker import HostAccess
from pydantic_ai_grail._run.driver import drive
from pydantic_ai_grail._run.layers.decided_calls import Decisions
from pydantic_ai_grail._run.layers.layer import Answer, Call, Layer
from pydantic_ai_grail._run.pipeline import CallPipeline, CellTools, call_pipeline
from pydantic_ai_grail._run.prints import PrintCapture
from pydantic_ai_grail.events.calls import CallRequest
from pydantic_ai_grail.events.journal_entries import EMPTY_JOURNAL, EarlierCalls, JournalState
from pydantic_ai_grail.limits import Limits

pytestmark = pytest.mark.anyio

ROOT = Path(pydantic_ai_grail.__file__).parent
NOTHING = EarlierCalls()
ENDED = journal_state_of([call_began(1, number=1), call_ended(1, 'paid')])
RUNNING = journal_state_of([call_began(1, number=1)])
WAITING = journal_state_of([call_began(1, number=1), call_waits(1)])
AFTER_A_FAILURE = EarlierCalls(failed=[ENDED])
AFTER_AN_UNKNOWN_OUTCOME = EarlierCalls(unknown=RUNNING.unknown)


class Desk:
    """A tool, and the files of the package that were on the way to it."""

    def __init__(self) -> None:
        self.ways: list[list[str]] = []

    async def pay(self, number: int) -> str:
        """Pay."""
        files: list[str] = []
        frame = sys._getframe()  # pyright: ignore[reportPrivateUsage]  # the way here
        while frame is not None:
            path = Path(frame.f_code.co_filename)
            if path.is_relative_to(ROOT) and (name := str(path.relative_to(ROOT))) not in files:
                files.append(name)
            frame = frame.f_back
        self.ways.append(files[::-1])
        return f'paid {number}'

    async def pipeline(
        self,
        journaled: JournalState = EMPTY_JOURNAL,
        before: EarlierCalls = NOTHING,
        decisions: Decisions | None = None,
        usage_limits: UsageLimits | None = None,
        **options: Any,
    ) -> CallPipeline:
        toolset = FunctionToolset[Any]()
        toolset.add_function(self.pay, **options)
        ctx = RunContext(deps=None, model=TestModel(), usage=RunUsage(), usage_limits=usage_limits)
        tools = await toolset.get_tools(ctx)
        manager = ToolManager(toolset=toolset, ctx=ctx, tools=tools)
        return call_pipeline(
            'cell',
            CellTools(catalog=build_catalog(tools, root=toolset), manager=manager),
            max_tool_calls=10,
            observe=lambda event: None,
            journaled=journaled,
            before=before,
            decisions=decisions or Decisions(),
            recorder=ListRecorder([]),
        )


async def result_of(source: str, calls: CallPipeline) -> Any:
    async with lend_worker(Limits.DEFAULT, host=HostAccess(), functions={}) as worker:
        prints = PrintCapture(100)
        ending = await drive(worker, source, calls=calls, prints=prints, host=HostAccess(), limits=Limits.DEFAULT)
    assert isinstance(ending, DoneStop), ending
    return ending.value


ORDINARY = ['_run/driver.py', '_run/pipeline.py', '_run/layers/made_calls.py', '_run/tool_call.py']


@pytest.mark.parametrize(
    ('code', 'options'),
    [
        ('await pay(1)', {}),
        ('import asyncio\n(await asyncio.gather(pay(1)))[0]', {}),
        ('pay(1)', {'sequential': True}),
        ('await pay(1)', {'metadata': {'read_only': True}}),
    ],
    ids=['alone', 'in a gather', 'in order', 'that changes nothing'],
)
async def test_the_way_of_a_call_from_the_driver_to_the_tool_manager_is_four_files(
    code: str, options: dict[str, Any]
) -> None:
    desk = Desk()
    assert await result_of(code, await desk.pipeline(**options)) == 'paid 1'
    assert desk.ways == [ORDINARY]


async def test_it_is_no_longer_where_everything_is_needed() -> None:
    desk = Desk()
    before = EarlierCalls(failed=[ENDED], done=[*ENDED.calls.values()], unknown=RUNNING.unknown)
    decisions = Decisions(by_call={'cell__1': APPROVED})
    calls = await desk.pipeline(WAITING, before, decisions, UsageLimits(tool_calls_limit=5))
    assert [type(layer).__name__ for layer in calls.layers] == [
        'ReplayedCalls', 'ReusedCalls', 'DecidedCalls', 'UnknownCalls',
    ]  # fmt: skip
    assert await result_of('[await pay(1), await pay(1), await pay(2)]', calls) == ['paid 1', 'paid', 'paid 2']
    assert desk.ways == [ORDINARY] * 2
    assert len(ORDINARY) <= 5


@pytest.mark.parametrize(
    ('journaled', 'before', 'layers'),
    [
        (EMPTY_JOURNAL, NOTHING, []),
        (EMPTY_JOURNAL, AFTER_A_FAILURE, ['ReusedCalls']),
        (EMPTY_JOURNAL, EarlierCalls(done=[*ENDED.calls.values()]), ['ReusedCalls']),
        (EMPTY_JOURNAL, AFTER_AN_UNKNOWN_OUTCOME, ['ReusedCalls', 'DecidedCalls', 'UnknownCalls']),
        (WAITING, NOTHING, ['ReplayedCalls', 'DecidedCalls', 'UnknownCalls']),
        (RUNNING, AFTER_A_FAILURE, ['ReplayedCalls', 'ReusedCalls', 'DecidedCalls', 'UnknownCalls']),
    ],
    ids=['begins', 'corrects', 'after an interrupted one', 'after an unknown outcome', 'resumed', 'both'],
)
async def test_a_cell_has_the_layers_that_it_can_need(
    journaled: JournalState, before: EarlierCalls, layers: Sequence[str]
) -> None:
    calls = await Desk().pipeline(journaled, before)
    assert [type(layer).__name__ for layer in calls.layers] == layers
    assert type(calls.last).__name__ == 'MadeCalls'


class Free(Layer):
    """Lets nobody pay."""

    def __init__(self) -> None:
        self.noted: list[str] = []

    def note(self, request: CallRequest) -> None:
        self.noted.append(request.tool_call_id)

    async def answer(self, call: Call) -> Answer | None:
        return Returned('free') if call.request.args['number'] < 10 else None


async def test_the_first_layer_that_answers_a_call_is_the_last_that_sees_it() -> None:
    desk, free = Desk(), Free()
    calls = await desk.pipeline()
    calls.layers = [free]
    for number, (given, expected) in enumerate([(1, 'free'), (20, 'paid 20')], start=1):
        request = CallRequest(
            tool_call_id=f'cell__{number}',
            ordinal=calls.position.accept(),
            tool=calls.tools.catalog.entries['pay'].facts,
            args={'number': given},
        )
        free.note(request)
        assert await calls.run(request) == Returned(expected)
    assert (len(desk.ways), free.noted) == (1, ['cell__1', 'cell__2'])
