"""Work on source grows as the source does, is done off the event loop, and ends no run whatever the source is."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from types import FrameType

import pytest
from inline_snapshot import snapshot
from support.agents import agent_with, play
from support.cells import SHOP
from support.large_sources import GROWING, ODD

from pydantic_ai_grail import Limits
from pydantic_ai_grail._monty.support import load_support
from pydantic_ai_grail._source import threads
from pydantic_ai_grail._source.check import MAX_REFUSALS, check
from pydantic_ai_grail._source.checkers import CHECKERS
from pydantic_ai_grail._source.history import History, PastCell
from pydantic_ai_grail._source.prepare import prepare
from pydantic_ai_grail._source.prepared import Prepared
from pydantic_ai_grail._source.threads import LONG_CHARS, off_loop
from pydantic_ai_grail.events.outcomes import Verdict

pytestmark = pytest.mark.anyio

SMALL, LARGE = 1_500, 12_000
MOST_TIMES = 3 * LARGE / SMALL
"""Linear work grows eightfold, quadratic work sixty-four times."""


async def looked_at(source: str) -> Verdict:
    """The cell prepared and checked."""
    prepared = prepare(source, catalog=SHOP, bound=frozenset(), support=load_support())
    if not isinstance(prepared, Prepared):
        return Verdict(refusals=prepared)
    return await check(prepared, original=source, catalog=SHOP, history=History(), checkers=CHECKERS)


async def steps(source: str) -> int:
    """How many calls of functions it takes to look at a cell, those of C among them."""
    count = 0

    def counted(frame: FrameType, event: str, arg: object) -> None:
        nonlocal count
        count += event in ('call', 'c_call')

    sys.setprofile(counted)
    try:
        await looked_at(source)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize('program', GROWING.values(), ids=GROWING.keys())
async def test_work_grows_as_the_source_does(program: Callable[[int], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, 'LONG_CHARS', 10 * LARGE)  # steps are counted in this thread alone
    await steps(program(SMALL))  # what is cached by then

    small, large = await steps(program(SMALL)), await steps(program(LARGE))

    assert large < MOST_TIMES * small, f'{small:,} steps became {large:,}'


async def test_no_more_mistakes_are_collected_than_are_shown() -> None:
    many = {name: await looked_at(GROWING[name](10_000)) for name in ('unknown names', 'imports of nothing')}

    assert {name: len(verdict.refusals) for name, verdict in many.items()} == dict.fromkeys(many, MAX_REFUSALS)
    assert [each.position.line for each in many['unknown names'].refusals] == [1, 2, 3, 4, 5, 6, 7, 8]


async def test_long_cells_are_read_in_a_thread_and_short_ones_at_once() -> None:
    here = threading.get_ident()

    assert await off_loop(LONG_CHARS, threading.get_ident) == here
    assert await off_loop(LONG_CHARS + 1, threading.get_ident) != here


async def test_the_loop_goes_on_while_a_long_cell_is_checked() -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    source = GROWING['functions with unknown names'](20_000)
    prepared = prepare(source, catalog=SHOP, bound=frozenset(), support=load_support())
    assert isinstance(prepared, Prepared)
    counting = asyncio.create_task(count())
    await check(prepared, original=source, catalog=SHOP, history=History(), checkers=CHECKERS)
    counting.cancel()

    assert turns > 100  # checked on the loop there are some ten


@pytest.mark.parametrize('source', ODD.values(), ids=ODD.keys())
async def test_no_source_ends_a_run(source: str) -> None:
    agent = agent_with(limits=Limits(max_duration_secs=5))

    played = await play(agent, source, 'y = 2', 'y + 1')

    assert played[-1].content == {'result': 3}


@pytest.mark.parametrize('source', ['x = "\ud800"', '\udcff', '# \udcff'])
async def test_half_of_a_surrogate_pair_is_no_source(source: str) -> None:
    [refusal] = (await looked_at(source)).refusals

    assert refusal.code == 'syntax-error'


async def test_a_number_that_cpython_does_not_write_out_may_be_part_of_a_long_history() -> None:
    history = History().after(PastCell(source='x = 0x' + 'f' * 20_000, completed=True))

    history = history.after(PastCell(source='y = 1\n' + '# c\n' * 2_000, completed=True))

    assert {'x', 'y'} <= history.bound_names()


async def test_a_cell_that_is_too_long_is_refused_before_it_is_read() -> None:
    played = await play(agent_with(), 'x = 1\n' * 100_000, '"' + 'a' * 31_000 + '"\nlen("fits")')

    assert [str(each.content) for each in played] == snapshot(
        [
            """\
The code has 600,000 characters, and a cell may have at most 32,000.
Send shorter cells one after the other: variables stay. Compute or fetch long data rather than write it out.
Nothing ran: no tool was called, no variable changed. Send the corrected cell.\
""",
            "{'result': 4}",
        ]
    )


async def test_how_long_a_cell_may_be_is_a_limit() -> None:
    short = agent_with(limits=Limits(max_source_chars=10))

    played = await play(short, '1 + 1 + 1 + 1', '1 + 1')

    assert 'a cell may have at most 10' in str(played[0].content)
    assert played[1].content == {'result': 2}
    long = await play(agent_with(limits=Limits.UNLIMITED), '#' * 40_000 + '\n7')
    assert long[0].content == {'result': 7}
