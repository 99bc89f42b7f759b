"""A lent worker: fed, answered, dumped, loaded."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic_monty import AsyncMontySession, ExternalModule, OSPolicy

from pydantic_ai_grail._monty.lent_worker import lend_worker
from pydantic_ai_grail._monty.pool import WorkerPool
from pydantic_ai_grail._monty.stops import (
    BlockedStop,
    CallStop,
    DoneStop,
    FailedStop,
    HostStop,
    NameStop,
    RaisedBy,
    Returned,
    SleepStop,
    sandbox_exception,
)
from pydantic_ai_grail._monty.worker import HostAccess, MountDir, Worker
from pydantic_ai_grail.errors import SandboxCrashed, SnapshotVersionMismatch
from pydantic_ai_grail.limits import Limits

pytestmark = pytest.mark.anyio
NO_HOST = HostAccess()


def _nowhere(_stream: str, _text: str) -> None: ...


@asynccontextmanager
async def _worker(functions: Mapping[str, Sequence[str]] | None = None) -> AsyncGenerator[Worker]:
    async with lend_worker(Limits(), host=NO_HOST, functions=functions or {}) as worker:
        yield worker


async def test_a_call_stops_with_its_arguments_and_its_line() -> None:
    async with _worker() as worker:
        stop = await worker.feed("x = 1\ny = send('ä', to=[x])\ny", prints=_nowhere, host=NO_HOST)
        assert stop == CallStop(number=0, name='send', args=('ä',), kwargs={'to': [1]}, line=2)
        assert await worker.answer(Returned({'ok': True})) == DoneStop(value={'ok': True})


async def test_a_call_inside_an_earlier_cells_function_has_no_line_in_this_cell() -> None:
    async with _worker() as worker:
        await worker.feed('def both():\n    return a() + 1', prints=_nowhere, host=NO_HOST)
        stop = await worker.feed('both()', prints=_nowhere, host=NO_HOST)
        assert stop == CallStop(number=0, name='a', args=(), kwargs={}, line=None)


async def test_promised_calls_are_settled_when_all_tasks_wait() -> None:
    async with _worker() as worker:
        stop = await worker.feed('import asyncio\nawait asyncio.gather(a(), b())', prints=_nowhere, host=NO_HOST)
        assert isinstance(stop, CallStop)
        stop = await worker.answer_later()
        assert isinstance(stop, CallStop)
        stop = await worker.answer_later()
        assert isinstance(stop, BlockedStop)
        assert set(stop.pending) == {0, 1}
        assert await worker.settle({1: Returned('b')}) == BlockedStop(pending=(0,))
        assert await worker.settle({0: Returned('a')}) == DoneStop(value=['a', 'b'])


async def test_a_raised_answer_can_be_caught_by_its_class() -> None:
    code = 'try:\n    f()\nexcept KeyError as error:\n    found = str(error)\nfound'
    async with _worker() as worker:
        await worker.feed(code, prints=_nowhere, host=NO_HOST)
        assert await worker.answer(RaisedBy('KeyError', 'x')) == DoneStop(value="'x'")


class OwnError(LookupError):
    """An exception of the host's own."""


@pytest.mark.parametrize(
    ('error', 'seen'),
    [
        (ValueError('bad'), RaisedBy('ValueError', 'bad')),
        (KeyError('k'), RaisedBy('KeyError', 'k')),
        (OwnError('gone'), RaisedBy('LookupError', 'OwnError: gone')),
        (OwnError(), RaisedBy('LookupError', 'OwnError')),
        (ConnectionRefusedError(111, 'refused'), RaisedBy('OSError', 'ConnectionRefusedError: [Errno 111] refused')),
    ],
)
def test_a_host_exception_is_seen_as_its_nearest_builtin_class(error: Exception, seen: RaisedBy) -> None:
    assert sandbox_exception(error) == seen


async def test_names_are_functions_or_missing_as_the_host_says() -> None:
    async with _worker() as worker:
        assert await worker.feed('f = known\nf(1)', prints=_nowhere, host=NO_HOST) == NameStop(name='known')
        stop = await worker.answer_name(is_function=True)
        assert stop == CallStop(number=0, name='known', args=(1,), kwargs={}, line=2)
        await worker.answer(Returned(None))
        await worker.feed('unknown', prints=_nowhere, host=NO_HOST)
        stop = await worker.answer_name(is_function=False)
        assert isinstance(stop, FailedStop)
        assert (stop.failure.exception_type, stop.failure.message) == ('NameError', "name 'unknown' is not defined")


@pytest.mark.parametrize(
    ('code', 'blocks'), [('import time\ntime.sleep(2)', True), ('import asyncio\nawait asyncio.sleep(2)', False)]
)
async def test_a_sleep_is_the_hosts_to_wait_for(code: str, blocks: bool) -> None:
    async with _worker() as worker:
        assert await worker.feed(code, prints=_nowhere, host=NO_HOST) == SleepStop(number=0, seconds=2.0, blocks=blocks)


async def test_modules_of_functions_are_importable_also_after_a_restore() -> None:
    async with _worker({'github': ['list_issues']}) as worker:
        assert await worker.feed('import github', prints=_nowhere, host=NO_HOST) == HostStop(function='import')
        assert await worker.answer_host() == DoneStop(value=None)
        dump, feeds = await worker.dump(), worker.feeds
    async with _worker({'github': ['list_issues', 'close']}) as worker:
        await worker.load(dump, feeds=feeds)
        stop = await worker.feed('github.list_issues(1)', prints=_nowhere, host=NO_HOST)
        assert stop == CallStop(number=0, name='github.list_issues', args=(1,), kwargs={}, line=1)
        await worker.answer(Returned([]))
        await worker.feed('import github\ngithub.close(2)', prints=_nowhere, host=NO_HOST)
        stop = await worker.answer_host()
        assert stop == CallStop(number=1, name='github.close', args=(2,), kwargs={}, line=2)


async def test_state_survives_a_dump_and_a_load() -> None:
    async with _worker() as worker:
        await worker.feed('x = {1: {2, 3}}', prints=_nowhere, host=NO_HOST)
        dump, feeds = await worker.dump(), worker.feeds
    async with _worker() as worker:
        await worker.load(dump, feeds=feeds)
        assert await worker.feed('x', prints=_nowhere, host=NO_HOST) == DoneStop(value={1: {2, 3}})


async def test_bytes_that_are_no_dump_are_refused() -> None:
    async with _worker() as worker:
        with pytest.raises(SnapshotVersionMismatch, match='This version of Monty cannot read the state'):
            await worker.load(b'nonsense', feeds=0)


async def test_without_access_there_are_no_files_and_no_environment() -> None:
    async with _worker() as worker:
        assert await worker.feed("open('/etc/passwd').read()", prints=_nowhere, host=NO_HOST) == HostStop(
            function='open'
        )
        stop = await worker.answer_host()
        assert isinstance(stop, FailedStop)
        assert stop.failure.exception_type == 'PermissionError'


async def test_a_mount_opens_one_directory(tmp_path: Path) -> None:
    (tmp_path / 'note.txt').write_text('hello')
    with MountDir(host_path=tmp_path, virtual_path='/data', mode='read-only') as mount:
        host = HostAccess(mounts=(mount,))
        async with lend_worker(Limits(), host=host, functions={}) as worker:
            stop = await worker.feed("open('/data/note.txt').read()", prints=_nowhere, host=host)
            while isinstance(stop, HostStop):
                stop = await worker.answer_host()
            assert stop == DoneStop(value='hello')


class _KillingPool(WorkerPool):
    """Kills the first workers that it lends, as an operating system does that is short of memory."""

    def __init__(self, kills: int) -> None:
        super().__init__()
        self.kills = kills
        self.lent = 0

    @asynccontextmanager
    async def lend(
        self, limits: Limits, *, policy: OSPolicy, modules: Mapping[str, ExternalModule]
    ) -> AsyncGenerator[AsyncMontySession]:
        async with super().lend(limits, policy=policy, modules=modules) as session:
            self.lent += 1
            if self.lent <= self.kills:
                assert session.worker_pid is not None
                os.kill(session.worker_pid, signal.SIGKILL)
            yield session


@asynccontextmanager
async def _killing(kills: int) -> AsyncGenerator[tuple[Worker, _KillingPool]]:
    pool = _KillingPool(kills)
    try:
        async with lend_worker(Limits(), host=NO_HOST, functions={}, pool=pool) as worker:
            yield worker, pool
    finally:
        pool.close()


async def _state() -> bytes:
    async with _worker() as worker:
        await worker.feed('x = 41', prints=_nowhere, host=NO_HOST)
        return await worker.dump()


async def test_a_state_over_which_a_worker_was_killed_once_is_taken_up_by_another() -> None:
    dump = await _state()
    async with _killing(1) as (worker, pool):
        await worker.load(dump, feeds=1)
        assert await worker.feed('x + 1', prints=_nowhere, host=NO_HOST) == DoneStop(value=42)
    assert pool.lent == 2


async def test_a_program_over_which_a_worker_was_killed_once_is_taken_up_by_another() -> None:
    source = 'ask(1) + 1'
    async with _worker() as worker:
        assert isinstance(await worker.feed(source, prints=_nowhere, host=NO_HOST), CallStop)
        dump = await worker.park()
    async with _killing(1) as (worker, pool):
        stop = await worker.revive(dump, source, feeds=1, prints=_nowhere, host=NO_HOST)
        assert stop == CallStop(number=0, name='ask', args=(1,), kwargs={}, line=1)
        assert await worker.answer(Returned(41)) == DoneStop(value=42)
    assert pool.lent == 2


async def test_a_state_over_which_two_workers_died_is_given_up() -> None:
    dump = await _state()
    async with _killing(2) as (worker, pool):
        with pytest.raises(SandboxCrashed, match='The sandbox worker died while it read a state'):
            await worker.load(dump, feeds=1)
    assert pool.lent == 2


async def test_a_state_that_cannot_be_read_is_read_once() -> None:
    async with _killing(0) as (worker, pool):
        with pytest.raises(SnapshotVersionMismatch):
            await worker.load(b'none', feeds=1)
    assert pool.lent == 1
