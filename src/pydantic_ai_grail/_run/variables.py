"""Which variables live after a cell and what they are, asked of the sandbox itself in one small extra program.

Only names the session's code may have bound are asked for. A name that was never bound is answered by the host with a
function, so it reads as one, and functions are left out with classes and modules: the model is told of data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from .._monty.worker import BlockedStop, CallStop, DoneStop, FailedStop, HostAccess, HostStop, NameStop, SleepStop, Worker

MAX_NAMES: Final = 60
_SIZED: Final = frozenset({'list', 'dict', 'set', 'frozenset', 'tuple', 'str', 'bytes'})
_CLASS: Final = re.compile(r"<(?:class|type) '(?:[\w.]*\.)?(\w+)'>")


async def live_variables(worker: Worker, names: Iterable[str]) -> Mapping[str, str]:
    """Names and a word or two on each (`list, 214`), the newest last. Empty when it cannot be told."""
    asked = [name for name in names if not name.startswith('_')][-MAX_NAMES:]
    if not asked:
        return {}
    rows = ', '.join(
        f'({name!r}, str(type({name})), len({name}) if type({name}) in (list, dict, set, frozenset, tuple, str, bytes)'
        f' else None)'
        for name in asked
    )
    stop = await worker.feed(f'[{rows}]', prints=_nowhere, host=HostAccess())
    while not isinstance(stop, (DoneStop, FailedStop)):
        match stop:
            case NameStop():
                stop = await worker.answer_name(is_function=True)
            case CallStop() | HostStop() | SleepStop() | BlockedStop():
                return {}
    if isinstance(stop, FailedStop):
        return {}
    return {name: _word(kind, size) for name, kind, size in stop.value if _type_name(kind) not in _NO_DATA}


_NO_DATA: Final = frozenset({'function', 'type', 'module', 'builtin_function_or_method', 'coroutine'})


def _nowhere(_stream: str, _text: str) -> None: ...


def _type_name(kind: str) -> str:
    found = _CLASS.fullmatch(kind)
    return found[1] if found else kind


def _word(kind: str, size: int | None) -> str:
    name = _type_name(kind)
    return f'{name}, {size:,}' if size is not None and name in _SIZED else name
