"""The claim of one process to something in a store: taken, kept alive, given back, and taken over from the dead."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import Final

from anyio import CancelScope

from .._state.guarded_store import GuardedStore
from ..errors import StoreConflict, StoreError
from ..stores.base import CellKey, Claim


@dataclass(kw_only=True)
class HeldClaim:
    """Lifetime: from `take` or `keep` until `aclose`; meanwhile a task prolongs it."""

    store: GuardedStore
    key: CellKey
    seconds: float
    clock: Callable[[], datetime]
    holder: str = field(default_factory=lambda: f'{_process(os.getpid())}/{token_hex(4)}')
    _newest: Claim | None = None
    _prolonging: asyncio.Task[None] | None = None

    def claim(self) -> Claim:
        """What to ask a store for now: the same as the last time while most of that is left, so that a store need not
        write it down for every entry."""
        if self._newest is None or self._newest.until - self.clock() < timedelta(seconds=self.seconds * _FRESH):
            return self._prolonged()
        return self._newest

    def _prolonged(self) -> Claim:
        self._newest = Claim(holder=self.holder, until=self.clock() + timedelta(seconds=self.seconds))
        return self._newest

    async def take(self, what: str) -> None:
        """Take it, also from a process of this machine that is gone.

        Raises:
            StoreConflict: When a process that is alive has it.
            StoreError: When the store failed.
        """
        _CLAIMING.add(self.holder)
        try:
            held = await self._stored_claim()
        except BaseException:
            await self._give_back()  # it may have been taken, or be taken later: then nobody has it
            raise
        if held.holder != self.holder:
            raise StoreConflict(
                f'{what} is being run by {shown_holder(held.holder)}, which has it until {held.until:%Y-%m-%d %H:%M:%S} UTC '
                'at least. Wait for its answer, or try again then.'
            )
        self.keep()

    def keep(self) -> None:
        """Prolong it from now on; it was taken."""
        _CLAIMING.add(self.holder)
        if self._prolonging is None:
            self._prolonging = asyncio.create_task(self._prolong())

    def drop(self) -> bool:
        """Prolong it no more. False if it was not kept."""
        _CLAIMING.discard(self.holder)
        prolonging, self._prolonging = self._prolonging, None
        if prolonging is not None:
            prolonging.cancel()
        return prolonging is not None

    async def aclose(self) -> None:
        """Give it back. Where the store fails at this, it ends by itself."""
        if self.drop():
            await self._give_back()

    async def _stored_claim(self) -> Claim:
        now = self.clock()
        held = await self.store.claim(self.key, self.claim(), now=now)
        if held.holder != self.holder and _is_gone(held.holder):
            held = await self.store.claim(self.key, self.claim(), now=now, instead_of=held.holder)
        return held

    async def _give_back(self) -> None:
        _CLAIMING.discard(self.holder)
        with CancelScope(shield=True), suppress(StoreError):
            await self.store.release(self.key, holder=self.holder)

    async def _prolong(self) -> None:
        while True:
            await asyncio.sleep(self.seconds / 3)
            with suppress(StoreError):  # whoever lost it is told when it writes
                await self.store.claim(self.key, self._prolonged(), now=self.clock())


_FRESH: Final = 0.6
"""As a part of the time of a claim: less than what is left when its task prolongs it."""


@cache
def _machine() -> str:
    try:
        # The host's name alone is not enough: containers, whose process ids are their own, and restored machines share it.
        boot = Path('/proc/sys/kernel/random/boot_id').read_text().strip()[:8]
        ids = os.readlink('/proc/self/ns/pid')
    except OSError:
        boot = ids = '-'
    return f'{socket.gethostname()}:{boot}:{ids}'


@cache
def _process(pid: int) -> str:
    return f'{_machine()}/{pid}:{_started(pid)}'


def _started(pid: int) -> str:
    """When a process started, in whatever unit, so that a process id that was given out again is told apart."""
    try:
        state, *rest = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    except (OSError, ValueError):
        return '-'
    return 'ended' if state in ('Z', 'X') else rest[18]


def _is_gone(holder: str) -> bool:
    """Whether the holder of a claim was a process of this machine that runs no more, or something in this process that was
    given up; False where that cannot be told."""
    machine, _, rest = holder.partition('/')
    pid, _, started = rest.partition('/')[0].partition(':')
    if machine != _machine() or not pid.isdigit() or started == '-':
        return False
    if int(pid) == os.getpid() and started == _started(os.getpid()):
        # A store that did not answer in time may have written the claim down after it was given up.
        return holder not in _CLAIMING
    now = _started(int(pid))
    return now != started if now != '-' else not _exists(int(pid))


def shown_holder(holder: str) -> str:
    """Who has a claim, for people: `process 4711 on web-1`."""
    machine, _, rest = holder.partition('/')
    host, pid = machine.partition(':')[0], rest.partition(':')[0]
    return f'process {pid} on {host}' if pid.isdigit() else holder


def is_held(claim: Claim, now: datetime) -> bool:
    """Whether the holder of a claim still has it, as far as can be told from here."""
    return claim.until > now and not _is_gone(claim.holder)


_CLAIMING: Final = set[str]()
"""Who has a claim in this process, or is about to take one."""


def _exists(pid: int) -> bool:
    """Whether there is a process of this id, also where `/proc` hides those of other users."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True
