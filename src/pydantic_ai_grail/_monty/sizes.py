"""Whether it takes long to go through a value, told from some parts of it: then that is work for another thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Final, cast

LARGE_PARTS: Final = 1_000
LARGE_BYTES: Final = 100_000
"""Of texts and bytes together."""


def is_large(*values: Any) -> bool:
    """Whether values have more than about a thousand parts, or 100 kB of text. Looks at no more of them than that."""
    waiting: list[Any] = [*values]
    parts = size = 0
    while waiting:
        part = waiting.pop()
        parts += 1
        if isinstance(part, (str, bytes, bytearray)):
            size += len(part)
        elif isinstance(part, Mapping):
            waiting += islice(cast('Mapping[Any, Any]', part).values(), LARGE_PARTS)
        elif isinstance(part, (list, tuple, set, frozenset)):
            waiting += islice(cast('Iterable[Any]', part), LARGE_PARTS)
        if parts + len(waiting) > LARGE_PARTS or size > LARGE_BYTES:
            return True
    return False
