"""Fresh processes, quickly: forked off a server that has imported the package and never ran a cell."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Final

_CONTEXT: Final = get_context('forkserver')
_CONTEXT.set_forkserver_preload(['pydantic_ai.models.function', 'pydantic_ai_grail', 'pydantic_ai_grail.stores.sql'])


def in_a_process_of_its_own(work: Callable[..., Any], *args: Any) -> None:
    """Do `work` in a fresh process, and raise what it raised there as an `AssertionError` with the traceback."""
    ours, theirs = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=_work, args=(theirs, work, *args))
    process.start()
    theirs.close()
    process.join()
    assert process.exitcode == 0, ours.recv() if ours.poll() else f'exit code {process.exitcode}'


def _work(pipe: Connection, work: Callable[..., Any], *args: Any) -> None:
    try:
        work(*args)
    except BaseException:
        pipe.send(traceback.format_exc())
        raise
