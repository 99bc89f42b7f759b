"""A program parked on one worker and revived on another stands where it stood."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from pydantic_ai_grail._monty.lent_worker import lend_worker
from pydantic_ai_grail._monty.machine import IllegalTransition
from pydantic_ai_grail._monty.stops import BlockedStop, CallStop, DoneStop, FailedStop, HostStop, RaisedBy, Returned
from pydantic_ai_grail._monty.worker import HostAccess, Worker
from pydantic_ai_grail.errors import SnapshotVersionMismatch
from pydantic_ai_grail.limits import Limits

pytestmark = pytest.mark.anyio
NO_HOST = HostAccess()


def nowhere(_stream: str, _text: str) -> None: ...


@asynccontextmanager
async def lent(**functions: list[str]) -> AsyncGenerator[Worker]:
    async with lend_worker(Limits(), host=NO_HOST, functions=functions) as worker:
        yield worker


async def parked_at_call(source: str, *, earlier: str = '') -> tuple[bytes, int]:
    """The dump of a program that stands at its first call."""
    async with lent() as worker:
        if earlier:
            await worker.feed(earlier, prints=nowhere, host=NO_HOST)
        assert isinstance(await worker.feed(source, prints=nowhere, host=NO_HOST), CallStop)
        return await worker.park(), worker.feeds


async def test_a_program_parked_at_a_call_stands_at_it_again() -> None:
    source = 'x = [1]\ny = send("ä", to=x)\nx, y'
    dump, feeds = await parked_at_call(source)
    async with lent() as worker:
        stop = await worker.revive(dump, source, feeds=feeds, prints=nowhere, host=NO_HOST)
        assert stop == CallStop(number=0, name='send', args=('ä',), kwargs={'to': [1]}, line=2)
        assert await worker.answer(Returned('sent')) == DoneStop(value=([1], 'sent'))


async def test_it_can_be_revived_more_than_once_and_parked_again() -> None:
    source = 'x = f()\ny = g()\n[x, y]'
    dump, feeds = await parked_at_call(source)
    for result in (1, 2):
        async with lent() as worker:
            await worker.revive(dump, source, feeds=feeds, prints=nowhere, host=NO_HOST)
            await worker.answer(Returned(result))
            again, feeds_again = await worker.park(), worker.feeds
        async with lent() as worker:
            stop = await worker.revive(again, source, feeds=feeds_again, prints=nowhere, host=NO_HOST)
            assert isinstance(stop, CallStop)
            assert (stop.name, stop.line) == ('g', 2)
            assert await worker.answer(Returned(3)) == DoneStop(value=[result, 3])


async def test_a_blocked_program_waits_for_the_same_calls_again() -> None:
    source = 'import asyncio\nawait asyncio.gather(a(), b())'
    async with lent() as worker:
        await worker.feed(source, prints=nowhere, host=NO_HOST)
        await worker.answer_later()
        stop = await worker.answer_later()
        assert isinstance(stop, BlockedStop)
        assert set(stop.pending) == {0, 1}
        assert await worker.settle({0: Returned('a')}) == BlockedStop(pending=(1,))
        dump, feeds = await worker.park(), worker.feeds
    async with lent() as worker:
        stop = await worker.revive(dump, source, feeds=feeds, prints=nowhere, host=NO_HOST)
        assert stop == BlockedStop(pending=(1,))
        assert await worker.settle({1: Returned('b')}) == DoneStop(value=['a', 'b'])
        assert await worker.feed('1', prints=nowhere, host=NO_HOST) == DoneStop(value=1)


async def test_what_an_earlier_cell_left_is_there_and_later_cells_follow() -> None:
    source = 'kept.append(f())\nlen(kept)'
    dump, feeds = await parked_at_call(source, earlier='kept = [1]')
    assert feeds == 2
    async with lent() as worker:
        await worker.revive(dump, source, feeds=feeds, prints=nowhere, host=NO_HOST)
        assert await worker.answer(Returned(2)) == DoneStop(value=2)
        assert await worker.feed('kept', prints=nowhere, host=NO_HOST) == DoneStop(value=[1, 2])
        assert worker.feeds == 3


async def test_failures_are_placed_in_the_revived_cell() -> None:
    source = 'x = 1\nf()'
    dump, feeds = await parked_at_call(source, earlier='y = 1')
    async with lent() as worker:
        await worker.revive(dump, source, feeds=feeds, prints=nowhere, host=NO_HOST)
        stop = await worker.answer(RaisedBy('KeyError', 'gone'))
        assert isinstance(stop, FailedStop)
        assert [(frame.line, frame.in_this_cell) for frame in stop.failure.frames] == [(2, True)]


async def test_it_prints_to_who_revives_it() -> None:
    printed: list[str] = []
    dump, feeds = await parked_at_call('print("before")\nf()\nprint("after")')
    async with lent() as worker:
        source = 'print("before")\nf()\nprint("after")'
        await worker.revive(dump, source, feeds=feeds, prints=lambda _, text: printed.append(text), host=NO_HOST)
        await worker.answer(Returned(None))
    assert ''.join(printed) == 'after\n'


async def test_it_may_import_the_modules_of_who_revives_it() -> None:
    source = 'f()\nimport github\ngithub.close(1)'
    dump, feeds = await parked_at_call(source)
    async with lent(github=['close']) as worker:
        await worker.revive(dump, source, feeds=feeds, prints=nowhere, host=NO_HOST)
        assert await worker.answer(Returned(None)) == HostStop(function='import')
        stop = await worker.answer_host()
        assert stop == CallStop(number=2, name='github.close', args=(1,), kwargs={}, line=3)


async def test_only_a_program_that_stands_still_can_be_parked() -> None:
    async with lent() as worker:
        with pytest.raises(IllegalTransition, match="'park' cannot happen to a program that is idle"):
            await worker.park()


@pytest.mark.parametrize('dump', [b'', b'nonsense'])
async def test_what_is_no_dump_is_refused(dump: bytes) -> None:
    async with lent() as worker:
        with pytest.raises(SnapshotVersionMismatch, match='This version of Monty cannot read the state'):
            await worker.revive(dump, 'f()', feeds=1, prints=nowhere, host=NO_HOST)


async def test_the_state_between_cells_is_no_parked_program() -> None:
    async with lent() as worker:
        await worker.feed('x = 1', prints=nowhere, host=NO_HOST)
        dump = await worker.dump()
    async with lent() as worker:
        with pytest.raises(SnapshotVersionMismatch, match='This version of Monty cannot read the state'):
            await worker.revive(dump, 'x = 1', feeds=1, prints=nowhere, host=NO_HOST)
