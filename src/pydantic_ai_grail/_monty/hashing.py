"""Whether what leaves the sandbox can be hashed in time, tried in another process before anybody here looks at it.

The sandbox keeps the hash of a tuple; CPython 3.13 and before goes through all of it at every reference. A tuple of two
tuples of two tuples ..., 30 times, is 30 objects there, and takes 18 s here as a key of a dict or a member of a set: in C,
with the interpreter held, where nothing can stop it. Monty converts what leaves only when it is read, so a program that may
have such values (`_source/nested_tuples.py`) is dumped at the call, and the process of `hash_trial.py` reads it first.
Lifetime of that process: started at the first need, until it is idle for a minute, or the end of this one.
"""

from __future__ import annotations

import atexit
import logging
import os
import select
import subprocess
import sys
import threading
from typing import IO, Final, cast

from anyio.to_thread import run_sync

from .hash_trial import CONVERTED, FINE, LENGTH, LOADED, READY

GIVE_VALUE: Final = '_grail_value'
"""The function that a program calls with its value, so that it stands at a call then."""
MOST_SECONDS: Final = 2.0
"""For the conversion; what is fine takes some milliseconds, at the most some hundred."""
START_SECONDS: Final = 30.0
TOO_LONG_TO_HASH: Final = (
    'a tuple that holds tuples many times over is a key of a dict or in a set there, and hashing it takes too long'
)
_START: Final = 'import sys; sys.path[:] = sys.argv[1:]; from pydantic_ai_grail._monty.hash_trial import main; main()'
_log = logging.getLogger(__name__)


class HashTrials:
    """Asks the other process, one value at a time. Safe to use from several threads and event loops."""

    def __init__(self) -> None:
        self._asking = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._has_warned = False

    async def end_in_time(self, dump: bytes) -> bool:
        """Whether the arguments of the call at which the program in `dump` stands can be converted in time.

        True, with a warning in the log, where no such process can be started.
        """
        return await run_sync(self.ask, dump)

    def ask(self, dump: bytes) -> bool:
        """The same, in this thread."""
        with self._asking:
            for _ in range(2):  # an idle process ends when it wants to
                if self._process is None:
                    self._process = self._started()
                if self._process is None:
                    return True
                answer = self._answer(self._process, dump)
                if answer is not None:
                    return answer
                self._end()
            return False

    def close(self) -> None:
        """End the process. It is started again at the next need."""
        with self._asking:
            self._end()

    def forget(self) -> None:
        """Let go of the process without ending it: it belongs to the process this one was forked from."""
        process, self._process, self._asking = self._process, None, threading.Lock()
        if process is not None:
            for pipe in (process.stdin, process.stdout):
                os.close(cast('IO[bytes]', pipe).fileno())
            process.returncode = 0  # none of ours to wait for

    def _started(self) -> subprocess.Popen[bytes] | None:
        try:
            process = subprocess.Popen(
                [sys.executable, '-c', _START, *sys.path],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
        except (OSError, ValueError) as error:
            self._tell(error)
            return None
        if self._read(process, START_SECONDS) == READY:
            return process
        _kill(process)
        self._tell(f'{sys.executable!r} did not answer')
        return None

    def _tell(self, why: object) -> None:
        if not self._has_warned:
            _log.warning(
                'Values with nested tuples as keys leave the sandbox untried, for no process could be started: %s', why
            )
        self._has_warned = True

    def _answer(self, process: subprocess.Popen[bytes], dump: bytes) -> bool | None:
        """What the process says; `None` when it had ended before it took the program up."""
        stdin = cast('IO[bytes]', process.stdin)
        try:
            stdin.write(LENGTH.pack(len(dump)))
            view = memoryview(dump)
            while view:
                view = view[stdin.write(view) :]
        except OSError:
            return None
        if self._read(process, START_SECONDS) != LOADED:
            return None
        if self._read(process, MOST_SECONDS) != CONVERTED:
            self._end()
            return False
        return self._read(process, START_SECONDS) == FINE

    def _read(self, process: subprocess.Popen[bytes], seconds: float) -> bytes:
        """One byte, or none when it did not come in time; then the process is dead."""
        stdout = cast('IO[bytes]', process.stdout)
        if hasattr(select, 'poll'):
            waiting = select.poll()
            waiting.register(stdout, select.POLLIN)
            if not waiting.poll(seconds * 1000):
                process.kill()
            return stdout.read(1)
        killer = threading.Timer(seconds, process.kill)
        killer.start()
        try:
            return stdout.read(1)
        finally:
            killer.cancel()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        cast('IO[bytes]', pipe).close()


HASH_TRIALS: Final = HashTrials()
"""The process's own."""
atexit.register(HASH_TRIALS.close)
if hasattr(os, 'register_at_fork'):
    os.register_at_fork(after_in_child=HASH_TRIALS.forget)
