"""Who may have a claim: one at a time, as long as it lives, and who comes after a death."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import anyio
import pytest

from pydantic_ai_grail._journal import claims
from pydantic_ai_grail._journal.claims import HeldClaim
from pydantic_ai_grail._state.guarded_store import GuardedStore
from pydantic_ai_grail.errors import StoreConflict, StoreError, StoreTimeout
from pydantic_ai_grail.stores import CellKey, Claim, MemoryStore, Store

pytestmark = pytest.mark.anyio

KEY = CellKey('', 'A', 'c1', 'digest')
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


def claim_to(store: Store, *, clock: Callable[[], datetime] = lambda: NOON, seconds: float = 30) -> HeldClaim:
    return HeldClaim(store=GuardedStore(store=store, timeout_seconds=5), key=KEY, seconds=seconds, clock=clock)


async def hold(store: Store, holder: str) -> None:
    """Let somebody have the claim for half a minute after noon."""
    await store.claim(KEY, Claim(holder=holder, until=NOON + timedelta(seconds=30)), now=NOON)


async def holder(store: Store) -> str:
    """Who has it, or `nobody`, for which this asks at noon."""
    held = await store.claim(KEY, Claim(holder='nobody', until=NOON), now=NOON)
    await store.release(KEY, holder='nobody')
    return held.holder


@contextmanager
def process() -> Generator[subprocess.Popen[bytes]]:
    """Another process, which lives until it is killed."""
    running = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE)
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def holder_of(running: subprocess.Popen[bytes]) -> str:
    """The name under which a process holds its claims; as `HeldClaim` makes it for its own."""
    own = claim_to(MemoryStore()).holder
    machine, own_process, _ = own.split('/')
    assert own_process == f'{os.getpid()}:{claims._started(os.getpid())}'  # pyright: ignore[reportPrivateUsage]  # the name is its secret
    return f'{machine}/{running.pid}:{claims._started(running.pid)}/abcd'  # pyright: ignore[reportPrivateUsage]  # as above


async def test_a_claim_names_the_machine_the_process_and_its_start() -> None:
    machine, own_process, token = claim_to(MemoryStore()).holder.split('/')
    assert machine.startswith(socket.gethostname() + ':')
    assert own_process.split(':')[0] == str(os.getpid())
    assert own_process.split(':')[1].isdigit()
    assert len(token) == 8
    assert claim_to(MemoryStore()).holder != claim_to(MemoryStore()).holder


async def test_only_one_has_it_and_the_other_is_told_who_and_until_when() -> None:
    store = MemoryStore()
    first, second = claim_to(store), claim_to(store)
    await first.take('Cell 1')
    with pytest.raises(StoreConflict) as caught:
        await second.take('Cell 1')
    assert str(caught.value) == (
        f'Cell 1 is being run by process {os.getpid()} on {socket.gethostname()}, which has it until 2026-01-01 12:00:30 UTC '
        'at least. Wait for its answer, or try again then.'
    )
    await second.aclose()
    assert await holder(store) == first.holder
    await first.aclose()
    assert await holder(store) == 'nobody'
    await first.aclose()


async def test_a_process_that_lives_keeps_its_claim_and_one_that_died_loses_it_at_once() -> None:
    store = MemoryStore()
    with process() as other:
        taken = holder_of(other)
        await hold(store, taken)
        with pytest.raises(StoreConflict):
            await claim_to(store).take('Cell 1')
        other.kill()
        other.wait()
    mine = claim_to(store)
    await mine.take('Cell 1')
    assert await holder(store) == mine.holder
    await mine.aclose()


async def test_a_process_that_died_and_was_not_waited_for_is_dead() -> None:
    store = MemoryStore()
    with process() as other:
        await hold(store, holder_of(other))
        other.kill()
        end = os.WEXITED | os.WNOWAIT
        await anyio.to_thread.run_sync(os.waitid, os.P_PID, other.pid, end)  # it is a zombie from here on
        mine = claim_to(store)
        await mine.take('Cell 1')
        await mine.aclose()


async def test_a_process_id_that_was_given_out_again_is_another_process() -> None:
    store = MemoryStore()
    with process() as other:
        machine, name, token = holder_of(other).split('/')
        pid, _, started = name.partition(':')
        await hold(store, f'{machine}/{pid}:{int(started) - 1}/{token}')
        mine = claim_to(store)
        await mine.take('Cell 1')
        await mine.aclose()


@pytest.mark.parametrize(
    'holder',
    [
        'another machine/999999999:34/abcd',
        '{machine}/12x:34/abcd',
        '{machine}/999999999:-/abcd',
        'some other client of the store',
        '',
    ],
)
async def test_of_whom_nothing_is_known_is_waited_for(holder: str) -> None:
    store, clock = MemoryStore(), Clock()
    await hold(store, holder.format(machine=claim_to(store).holder.partition('/')[0]))
    with pytest.raises(StoreConflict):
        await claim_to(store, clock=clock).take('Cell 1')
    clock.now += timedelta(seconds=30)
    mine = claim_to(store, clock=clock)
    await mine.take('Cell 1')
    await mine.aclose()


@pytest.mark.parametrize(
    ('pid', 'gone'),
    [(os.getpid(), False), (999999999, True), (10**30, True), (1, False)],
    ids=['this process', 'none', 'no number of a process', 'the first process'],
)
async def test_where_no_start_can_be_read_it_counts_whether_there_is_such_a_process(
    pid: int, gone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = claim_to(MemoryStore()).holder.partition('/')[0]
    monkeypatch.setattr(claims, '_started', lambda pid: '-')  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]  # as if /proc was hidden
    assert claims._is_gone(f'{machine}/{pid}:123/abcd') is gone  # pyright: ignore[reportPrivateUsage]  # what it is for


async def test_a_process_of_another_user_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pid: int, signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, 'kill', refuse)
    assert claims._exists(1)  # pyright: ignore[reportPrivateUsage]  # what it is for


async def test_without_a_proc_there_is_a_name_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(path: str) -> str:
        raise OSError

    def forget() -> None:
        claims._machine.cache_clear()  # pyright: ignore[reportPrivateUsage]  # both are remembered
        claims._process.cache_clear()  # pyright: ignore[reportPrivateUsage]  # as above

    forget()
    monkeypatch.setattr(os, 'readlink', unreadable)
    assert claim_to(MemoryStore()).holder.startswith(f'{socket.gethostname()}:-:-/')
    monkeypatch.undo()
    forget()


# Keeping it alive


class CountingStore(MemoryStore):
    """Counts the claims, and fails some of them."""

    def __init__(self, *, fails: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.asked: list[Claim] = []
        self.fails = fails
        self.twice = anyio.Event()

    async def claim(self, key: CellKey, claim: Claim, *, now: datetime, instead_of: str | None = None) -> Claim:
        self.asked.append(claim)
        if len(self.asked) in self.fails:
            raise OSError('disk full')
        if len(self.asked) >= 4:
            self.twice.set()
        return await super().claim(key, claim, now=now, instead_of=instead_of)


def tick() -> datetime:
    return datetime.now(UTC)


@pytest.mark.parametrize('fails', [(), (2, 3)])
async def test_a_claim_is_prolonged_for_as_long_as_it_is_held_whatever_the_store_does(fails: tuple[int, ...]) -> None:
    store = CountingStore(fails=fails)
    held = claim_to(store, clock=tick, seconds=0.03)
    await held.take('Cell 1')
    with anyio.fail_after(10):
        await store.twice.wait()
    assert [claim.holder for claim in store.asked] == [held.holder] * len(store.asked)
    ends = [claim.until for claim in store.asked]
    assert ends == sorted(set(ends))
    await held.aclose()
    asked = len(store.asked)
    await anyio.sleep(0.05)
    assert len(store.asked) == asked


async def test_who_lost_it_gives_nothing_back_that_is_anothers() -> None:
    store, clock = MemoryStore(), Clock()
    lost = claim_to(store, clock=clock)
    await lost.take('Cell 1')
    clock.now += timedelta(seconds=30)
    winner = claim_to(store, clock=clock)
    await winner.take('Cell 1')
    await lost.aclose()
    assert await holder(store) == winner.holder
    await winner.aclose()


# Giving it back


class SlowStore(MemoryStore):
    """Gives a claim, and says so late."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = anyio.Event()

    async def claim(self, key: CellKey, claim: Claim, *, now: datetime, instead_of: str | None = None) -> Claim:
        held = await super().claim(key, claim, now=now, instead_of=instead_of)
        if claim.holder != 'nobody':
            self.reached.set()
            await anyio.sleep_forever()
        return held


async def test_who_is_cancelled_while_it_is_taken_gives_it_back() -> None:
    store = SlowStore()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(claim_to(store).take, 'Cell 1')
        await store.reached.wait()
        assert await holder(store) != 'nobody'
        tasks.cancel_scope.cancel()
    assert await holder(store) == 'nobody'


async def test_it_is_given_back_where_everything_is_cancelled() -> None:
    store = MemoryStore()
    held = claim_to(store)
    await held.take('Cell 1')
    with anyio.CancelScope() as scope:
        scope.cancel()
        await held.aclose()
    assert await holder(store) == 'nobody'


async def test_a_store_that_fails_at_taking_it_is_told_and_at_giving_back_is_not() -> None:
    class BrokenStore(MemoryStore):
        async def release(self, key: CellKey, *, holder: str) -> None:
            raise OSError('disk full')

    store = BrokenStore()
    held = claim_to(store)
    await held.take('Cell 1')
    await held.aclose()
    with pytest.raises(StoreError, match='disk full'):
        await claim_to(CountingStore(fails=(1,))).take('Cell 1')


async def test_no_task_is_left() -> None:
    before = asyncio.all_tasks()
    held = claim_to(MemoryStore())
    await held.take('Cell 1')
    held.keep()
    assert len(asyncio.all_tasks() - before) == 1
    await held.aclose()
    await anyio.wait_all_tasks_blocked()
    assert asyncio.all_tasks() <= before


class Slow(MemoryStore):
    """Writes claims down long after whoever wanted them has given up."""

    def __init__(self) -> None:
        super().__init__()
        self.late: Claim | None = None

    async def claim(self, key: CellKey, claim: Claim, *, now: datetime, instead_of: str | None = None) -> Claim:
        if self.late is None:
            self.late = claim
            await asyncio.sleep(60)
        return await super().claim(key, claim, now=now, instead_of=instead_of)

    async def arrives(self) -> None:
        assert self.late is not None
        await super().claim(KEY, self.late, now=NOON)


async def test_a_claim_that_is_written_down_after_it_was_given_up_keeps_nobody_out() -> None:
    store = Slow()
    given_up = HeldClaim(store=GuardedStore(store=store, timeout_seconds=0.01), key=KEY, seconds=30, clock=lambda: NOON)
    with pytest.raises(StoreTimeout):
        await given_up.take('Cell 1')
    await store.arrives()
    again, other = claim_to(store), claim_to(store)
    await again.take('Cell 1')
    assert await holder(store) == again.holder
    with pytest.raises(StoreConflict):  # one that is held is held
        await other.take('Cell 1')
    await again.aclose()
