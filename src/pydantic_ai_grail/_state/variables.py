"""Which variables live after a cell and what they are. The sandbox is asked, in one small extra program.

Only names that the session's code may have bound are asked for; one that was not bound is passed over. Functions,
classes and modules are left out: the model is told of data. Monty keeps the source of every program it was fed, so this
one is fed after the state was dumped, to a session that ends then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from .._monty.stops import DoneStop, NameStop
from .._monty.worker import HostAccess, Worker

MAX_NAMES: Final = 60
_ROWS: Final = '__rows'
_SIZED: Final = frozenset({'list', 'dict', 'set', 'frozenset', 'tuple', 'str', 'bytes'})
_CLASS: Final = re.compile(r"<(?:class|type) '(?:[\w.]*\.)?(\w+)'>")


async def live_variables(worker: Worker, names: Iterable[str]) -> Mapping[str, str]:
    """Names and a word or two on each (`list, 214`), the newest last; empty when it cannot be told. Leaves traces."""
    requested = [name for name in names if not name.startswith('_')][-MAX_NAMES:]
    if not requested:
        return {}
    stop = await worker.feed(_program(requested, worker.given(_ROWS)), prints=_nowhere, host=HostAccess())
    while isinstance(stop, NameStop):
        # Answered with a value, the name would be bound to it from now on.
        stop = await worker.answer_name(is_function=False)
    if not isinstance(stop, DoneStop):
        return {}
    try:
        return {name: _word(kind, size) for name, kind, size in stop.value if _type_name(kind) not in _NO_DATA}
    except (TypeError, ValueError):  # `str` and `len` may be the code's own
        return {}


def _program(names: Iterable[str], value: str) -> str:
    lines = [f'{_ROWS} = []']
    for name in names:
        size = f'len({name}) if type({name}) in (list, dict, set, frozenset, tuple, str, bytes) else None'
        lines += ['try:', f'    {_ROWS}.append(({name!r}, str(type({name})), {size}))', 'except NameError: pass']
    return '\n'.join([*lines, value])


_NO_DATA: Final = frozenset({'function', 'type', 'module', 'builtin_function_or_method', 'coroutine'})


def _nowhere(_stream: str, _text: str) -> None: ...


def _type_name(kind: str) -> str:
    found = _CLASS.fullmatch(kind)
    return found[1] if found else kind


def _word(kind: str, size: int | None) -> str:
    name = _type_name(kind)
    return f'{name}, {size:,}' if size is not None and name in _SIZED else name
