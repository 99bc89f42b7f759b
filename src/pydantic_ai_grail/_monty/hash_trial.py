"""The process that `hashing.py` starts: takes up programs that stand at a call, and tells whether its arguments may leave.

Nothing of it runs in the host: it may be killed at any moment. It speaks through its pipes: a dump with its length comes in,
`LOADED` goes out, then `CONVERTED`, then `FINE` or `TOO_LONG`. If hashing does not come to an end, nothing more goes out.
"""

from __future__ import annotations

import signal
import struct
import sys
from collections.abc import Iterable
from typing import Any, BinaryIO, Final, cast

from pydantic_monty import FunctionSnapshot, Monty

LENGTH: Final = struct.Struct('>Q')
READY: Final = b'r'
LOADED: Final = b'l'
CONVERTED: Final = b'c'
FINE: Final = b'f'
TOO_LONG: Final = b't'
MOST_VISITS: Final = 200_000
"""Parts that hashing goes through, each as often as it is held: some 5 ms. What has more may not leave, unless no more than
a few times as many as it has parts."""
IDLE_SECONDS: Final = 60


def main() -> None:
    """Answer until nothing more comes, or nothing came for a minute."""
    come, go = sys.stdin.buffer, sys.stdout.buffer
    with Monty(min_processes=1, max_processes=1) as pool:
        _say(go, READY)
        while True:
            if hasattr(signal, 'alarm'):
                signal.alarm(IDLE_SECONDS)  # its default ends the process
            length = come.read(LENGTH.size)
            if not length:
                return
            dump = come.read(LENGTH.unpack(length)[0])
            with pool.checkout() as session:
                snapshot = session.load_snapshot(dump)
                assert isinstance(snapshot, FunctionSnapshot)
                _say(go, LOADED)
                try:
                    values = [*snapshot.args, *snapshot.kwargs.values()]
                except (TypeError, ValueError, OverflowError, RecursionError):
                    values = []  # it has no form on the host, which is found there as soon
                _say(go, CONVERTED)
                _say(go, FINE if hashes_soon(values) else TOO_LONG)


def _say(go: BinaryIO, what: bytes) -> None:
    go.write(what)
    go.flush()


def hashes_soon(value: Any) -> bool:
    """Whether what hashing the keys and members in a value goes through is no more than a few times its parts."""
    keys, parts = _hashed(value)
    costs: dict[int, int] = {}
    visits = sum(_visits(key, costs) for key in keys)
    return visits <= max(MOST_VISITS, 4 * parts)


def _hashed(value: Any) -> tuple[list[Any], int]:
    """All tuples that are keys or members, as often as they are, and how many parts there are."""
    keys: list[Any] = []
    seen: set[int] = set()
    waiting: list[Any] = [value]
    parts = 0
    while waiting:
        part = waiting.pop()
        if not isinstance(part, _CONTAINERS) or id(cast('object', part)) in seen:
            continue
        seen.add(id(cast('object', part)))
        items: list[Any] = [*cast('Iterable[Any]', part)]
        parts += len(items)
        waiting += items
        if isinstance(part, dict):
            waiting += cast('dict[Any, Any]', part).values()
        if isinstance(part, (dict, set, frozenset)):
            keys += _tuples_in(items)
    return keys, parts


def _visits(key: Any, costs: dict[int, int]) -> int:
    """How many parts hashing goes through, from the inside out: a tuple may nest deeper than functions can."""
    waiting: list[tuple[Any, bool]] = [(key, False)]
    while waiting:
        part, is_ready = waiting.pop()
        if id(part) in costs:
            continue
        inner = _tuples_in(part)
        if is_ready:
            costs[id(part)] = len(part) + sum(costs[id(item)] for item in inner)
        else:
            waiting.append((part, True))
            waiting += [(item, False) for item in inner]
    return costs[id(key)]


def _tuples_in(items: Iterable[Any]) -> list[Any]:
    return [item for item in items if isinstance(item, tuple)]


_CONTAINERS: Final = (list, tuple, dict, set, frozenset)
