"""What may take for ever to hash is tried in a process that may be ended."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic_monty import AsyncMonty

from pydantic_ai_grail._monty.hash_trial import MOST_VISITS, hashes_soon
from pydantic_ai_grail._monty.hashing import HashTrials

pytestmark = pytest.mark.anyio


@pytest.fixture
def trials() -> Iterator[HashTrials]:
    made = HashTrials()
    yield made
    made.close()


async def _at_call(source: str) -> bytes:
    async with AsyncMonty(max_processes=1) as pool, pool.checkout() as session:
        await session.feed_start(source)
        return await session.dump()


def _doubled(times: int) -> str:
    return f'x = (1,)\nfor _ in range({times}): x = (x, x)\n'


def _pid(trials: HashTrials) -> int:
    process = trials._process  # pyright: ignore[reportPrivateUsage]
    assert process is not None
    return process.pid


@pytest.mark.parametrize(
    ('code', 'ends'),
    [
        ('take({(1, 2): 3}, by={("a", ("b", 1))})', True),
        (_doubled(10) + 'take({x: 1})', True),
        (_doubled(20) + 'take({x: 1})', False),  # it ends, after too long
        (_doubled(60) + 'take({x: 1})', False),
        (_doubled(60) + 'take(1, by=[{"a": frozenset([x])}])', False),
        (_doubled(60) + 'take(x)', True),  # hashed by nobody
        ('take({(((0,) * 100_000,) * 100_000,): 1})', False),
        ('take({(i, (i, i)) for i in range(20_000)})', True),  # much, and each part once
        ('class A: pass\ntake({A(): 1})', True),  # no form on the host at all: it is told there
    ],
)
async def test_only_what_is_hashed_soon_may_leave(code: str, ends: bool, trials: HashTrials) -> None:
    assert await trials.end_in_time(await _at_call(code)) is ends


async def test_one_process_answers_many_times_and_a_dead_one_is_replaced(trials: HashTrials) -> None:
    fine, endless = await _at_call('take({(1, (2, 2)): 3})'), await _at_call(_doubled(60) + 'take({x: 1})')
    assert trials.ask(fine)
    first = _pid(trials)
    assert trials.ask(fine)
    assert _pid(trials) == first
    os.kill(first, signal.SIGKILL)
    assert trials.ask(fine)
    second = _pid(trials)
    assert second != first
    assert not trials.ask(endless)
    assert trials.ask(fine)
    assert _pid(trials) != second


async def test_where_no_process_can_be_started_values_leave_with_a_warning(
    trials: HashTrials, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, 'executable', '/nowhere/python')
    with caplog.at_level(logging.WARNING):
        assert trials.ask(b'')
        assert trials.ask(b'')
    assert [record.getMessage() for record in caplog.records] == [
        'Values with nested tuples as keys leave the sandbox untried, for no process could be started: '
        "[Errno 2] No such file or directory: '/nowhere/python'"
    ]


def _nested(times: int) -> Any:
    x: Any = (1,)
    for _ in range(times):
        x = (x, x)
    return x


def test_what_is_hashed_is_counted_as_often_as_it_is_held() -> None:
    assert hashes_soon([1, {'a': (1, 2)}, {(1, 2)}])
    assert hashes_soon(_nested(60))
    rounds = MOST_VISITS.bit_length()
    assert hashes_soon({_nested(rounds - 4): 1})
    assert not hashes_soon({_nested(rounds - 1): 1})
    part = _nested(rounds - 8)
    assert hashes_soon([{part}])
    assert not hashes_soon([{part} for _ in range(1_000)])
    chain: Any = ()
    for _ in range(5_000):
        chain = (chain,)
    assert hashes_soon({'deep': chain})
