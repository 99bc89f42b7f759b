"""How long the event loop stood still, and how far the process grew, while something ran.

On a machine that others share, a loop may stand still because another process had the processor. What this process itself
can have done in a gap is no more than the processor time that it spent in it, in all its threads: a gap counts as the
smaller of the two. Objects that were there before are kept from the garbage collector, which would look at all of them
whenever something makes many: how long that takes says how large the test's process is. Peak memory is the kernel's own mark, which is set back before; elsewhere than on Linux it is not known.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BEAT_SECONDS: Final = 0.002
_CLEAR: Final = Path('/proc/self/clear_refs')
_STATUS: Final = Path('/proc/self/status')


@dataclass(slots=True)
class Strain:
    """What it cost the host."""

    held_seconds: float = 0.0
    """The longest time in which the loop could do nothing else."""
    grown_bytes: int | None = None
    """By how much the process was larger at its largest than before; `None` where that cannot be told."""


@asynccontextmanager
async def watched() -> AsyncGenerator[Strain]:
    """Watch the loop and the process for the length of the block; read the strain behind it."""
    strain = Strain()
    before = _settled_bytes()
    beats = asyncio.create_task(_beat(strain))
    await asyncio.sleep(2 * BEAT_SECONDS)
    try:
        yield strain
    finally:
        await asyncio.sleep(2 * BEAT_SECONDS)
        beats.cancel()
        gc.unfreeze()
        with suppress(asyncio.CancelledError):
            await beats
        peak = _status_bytes('VmHWM')
        if before is not None and peak is not None:
            strain.grown_bytes = max(peak - before, 0)


async def _beat(strain: Strain) -> None:
    last, spent = time.perf_counter(), time.process_time()
    while True:
        await asyncio.sleep(BEAT_SECONDS)
        now, spent_now = time.perf_counter(), time.process_time()
        gap = min(now - last - BEAT_SECONDS, spent_now - spent)
        strain.held_seconds = max(strain.held_seconds, gap)
        last, spent = now, spent_now


def _settled_bytes() -> int | None:
    """The size of the process, with what was freed given back; the mark of its peak is set to it."""
    gc.collect()
    gc.freeze()
    with suppress(OSError, AttributeError):
        ctypes.CDLL('libc.so.6').malloc_trim(0)
    try:
        _CLEAR.write_text('5')
    except OSError:
        return None
    return _status_bytes('VmRSS')


def _status_bytes(key: str) -> int | None:
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return None
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f'{key}:'))
