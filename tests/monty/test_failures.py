"""Each exception of Monty's, and each of its limits, tripped for real."""

from __future__ import annotations

import os
import signal

import psutil
import pydantic_monty
import pytest

from pydantic_ai_grail._monty.failures import ENDINGS, LIMIT_TEXTS, MAX_MESSAGE, cut
from pydantic_ai_grail._monty.lent_worker import lend_worker
from pydantic_ai_grail._monty.stops import CallStop, DoneStop, FailedStop, NameStop, RaisedBy, Returned, Stop
from pydantic_ai_grail._monty.worker import HostAccess
from pydantic_ai_grail.errors import SandboxCrashed
from pydantic_ai_grail.events.outcomes import CodeFrame, Failure
from pydantic_ai_grail.limits import Limits

pytestmark = pytest.mark.anyio


def _nowhere(_stream: str, _text: str) -> None: ...


async def _run(code: str, limits: Limits | None = None) -> Stop:
    async with lend_worker(limits or Limits(), host=HostAccess(), functions={}) as worker:
        return await worker.feed(code, prints=_nowhere, host=HostAccess())


def test_every_exception_of_monty_has_a_place_in_the_table() -> None:
    exceptions = {
        value
        for value in vars(pydantic_monty).values()
        if isinstance(value, type) and issubclass(value, pydantic_monty.MontyError)
    }
    assert exceptions - {pydantic_monty.MontyError} == set(ENDINGS)


async def test_an_error_of_the_code_keeps_its_class_its_place_and_the_session() -> None:
    stop = await _run('def f():\n    return 1 / 0\n\nf()')
    assert stop == FailedStop(
        failure=Failure(
            kind='exception',
            exception_type='ZeroDivisionError',
            message='division by zero',
            frames=(
                CodeFrame(line=4, column=1, end_column=4, source_line='f()'),
                CodeFrame(line=2, column=12, end_column=17, function='f', source_line='    return 1 / 0'),
            ),
        ),
        is_lost=False,
    )


@pytest.mark.parametrize(
    ('code', 'limits', 'limit', 'is_lost'),
    [
        ('while True: pass', Limits(max_duration_secs=0.1), 'time', True),
        ('x = [0] * 10**9', Limits(max_memory=10**7), 'memory', False),
        ("x = []\nwhile True: x.append('a' * 1000)", Limits(max_memory=10**7), 'memory', False),
    ],
)
async def test_a_limit_is_told_by_its_name(code: str, limits: Limits, limit: str, is_lost: bool) -> None:
    stop = await _run(code, limits)
    assert isinstance(stop, FailedStop)
    assert (stop.failure.kind, stop.failure.limit, stop.is_lost) == ('limit', limit, is_lost)


async def test_the_limit_of_suspensions_is_told_by_its_name() -> None:
    async with lend_worker(Limits(max_suspensions=3), host=HostAccess(), functions={}) as worker:
        stop = await worker.feed('for i in range(10): f(i)', prints=_nowhere, host=HostAccess())
        while isinstance(stop, CallStop):
            stop = await worker.answer_later()
    assert isinstance(stop, FailedStop)
    assert (stop.failure.kind, stop.failure.limit) == ('limit', 'suspensions')


@pytest.mark.parametrize(
    ('error', 'text'), [('TimeoutError', 'feed time limit exceeded: 1ms'), ('RuntimeError', 'time limit exceeded')]
)
async def test_a_tool_that_fails_in_the_words_of_a_limit_is_no_limit(error: str, text: str) -> None:
    async with lend_worker(Limits(), host=HostAccess(), functions={}) as worker:
        await worker.feed('f()', prints=_nowhere, host=HostAccess())
        stop = await worker.answer(RaisedBy(error, text))
    assert isinstance(stop, FailedStop)
    assert (stop.failure.kind, stop.failure.exception_type, stop.failure.message) == ('exception', error, text)


def test_every_limit_text_is_tripped_above() -> None:
    assert set(LIMIT_TEXTS.values()) == {'time', 'memory', 'suspensions'}


async def test_a_killed_worker_is_a_crash_and_the_next_session_works() -> None:
    async with lend_worker(Limits(), host=HostAccess(), functions={}) as worker:
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGKILL)
        stop = await worker.feed('1', prints=_nowhere, host=HostAccess())
    assert isinstance(stop, FailedStop)
    assert (stop.failure.kind, stop.failure.exception_type, stop.is_lost) == ('crash', 'MontyCrashedError', True)
    assert 'SIGKILL' in stop.failure.message
    assert await _run('1 + 1') == DoneStop(value=2)


async def test_a_value_that_cannot_leave_says_so_and_keeps_the_session() -> None:
    async with lend_worker(Limits(), host=HostAccess(), functions={}) as worker:
        deep = 'x = []\nfor _ in range(5000): x = [x]\nn = 1\nx'
        stop = await worker.feed(deep, prints=_nowhere, host=HostAccess())
        assert isinstance(stop, FailedStop)
        assert not stop.is_lost
        assert stop.failure.message.startswith('The cell ran to its end, but its value cannot leave the sandbox: ')
        assert await worker.feed('n', prints=_nowhere, host=HostAccess()) == DoneStop(value=1)
        stop = await worker.feed('f(x)', prints=_nowhere, host=HostAccess())
        while isinstance(stop, NameStop):
            stop = await worker.answer_name(is_function=True)
        assert isinstance(stop, CallStop)
        assert stop.unreadable is not None


async def test_a_worker_that_dies_while_nobody_uses_it_is_replaced_when_it_is_lent() -> None:
    assert await _run('1 + 1') == DoneStop(value=2)
    for process in psutil.Process().children(recursive=True):
        if 'monty' in process.name():
            process.kill()
            process.wait()
    assert await _run('2 + 2') == DoneStop(value=4)


@pytest.mark.parametrize(
    'code',
    [
        'list(range(1_000_000))',
        '"a" * 40_000_000',
        'x = []\nfor _ in range(40): x = [x, x]\nrepr(x)',
        'f("a" * 40_000_000)',
    ],
)
async def test_a_value_that_ends_the_worker_on_its_way_out_is_the_limit_of_memory(code: str) -> None:
    async with lend_worker(Limits(), host=HostAccess(), functions={}) as worker:
        stop = await worker.feed(code, prints=_nowhere, host=HostAccess())
        while isinstance(stop, NameStop):
            stop = await worker.answer_name(is_function=True)
        assert isinstance(stop, FailedStop)
        assert (stop.failure.kind, stop.failure.limit, stop.is_lost) == ('limit', 'memory', True)
        with pytest.raises(SandboxCrashed, match='died while its state was read'):
            await worker.dump()


async def test_whatever_is_asked_of_a_session_that_has_ended_has_a_clear_end() -> None:
    async with lend_worker(Limits(), host=HostAccess(), functions={}) as worker:
        await worker.feed('"a" * 40_000_000', prints=_nowhere, host=HostAccess())
    async with lend_worker(Limits(), host=HostAccess(), functions={}) as worker:
        session = worker._session  # pyright: ignore[reportPrivateUsage]  # nothing else ends one without our knowing
        await session.__aexit__(None, None, None)
        stop = await worker.feed('1', prints=_nowhere, host=HostAccess())
        assert isinstance(stop, FailedStop)
        assert (stop.failure.kind, stop.failure.exception_type, stop.is_lost) == ('crash', 'RuntimeError', True)


async def test_code_that_speaks_of_an_ended_worker_itself_has_not_ended_it() -> None:
    stop = await _run("raise MemoryError('the worker exceeded its memory limit and was terminated')")
    assert isinstance(stop, FailedStop)
    assert (stop.failure.kind, stop.failure.limit, stop.is_lost) == ('exception', None, False)


@pytest.mark.parametrize('kind', ['ValueError', 'KeyError', 'RuntimeError'])
async def test_of_a_long_text_of_an_exception_both_ends_are_kept(kind: str) -> None:
    stop = await _run(f'raise {kind}("start" + "a" * 5_000_000 + "end")')
    assert isinstance(stop, FailedStop)
    message = stop.failure.message
    assert stop.failure.exception_type == kind
    assert message.startswith('start')
    assert message.endswith('end')
    assert '4,990,008 more characters' in message
    assert len(message) < MAX_MESSAGE + 100
    assert cut(message) == message


async def test_a_frame_does_not_tell_a_line_of_code_that_is_very_long() -> None:
    stop = await _run('def f(n): return f(n + 1) + "' + 'a' * 3_000 + '"\nf(0)', Limits(max_recursion_depth=50))
    assert isinstance(stop, FailedStop)
    assert [frame.source_line for frame in stop.failure.frames][:2] == ['f(0)', None]


async def test_arguments_of_all_calls_of_a_program_share_their_room() -> None:
    much = (
        'it has more than 2,777,216 bytes of text, each counted as often as it appears, after all that this cell has sent '
        'before. Continue in the next cell'
    )
    async with lend_worker(Limits(), host=HostAccess(), functions={}) as worker:
        stop = await worker.feed('x = "a" * 7_000_000\nwhile True: f(x)', prints=_nowhere, host=HostAccess())
        found: list[str | None] = []
        while len(found) < 3:
            if isinstance(stop, NameStop):
                stop = await worker.answer_name(is_function=True)
            else:
                assert isinstance(stop, CallStop)
                found.append(stop.unreadable)
                stop = await worker.answer(Returned(None))
        assert found == [None, None, much]
