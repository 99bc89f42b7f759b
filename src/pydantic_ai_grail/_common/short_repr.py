"""`repr` of a value that code gave, in bounded time and length, and whatever the value is."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from reprlib import Repr
from typing import Any, Final

_LARGEST_INT_BITS: Final = 13_000
"""Python refuses to write integers of more than 4,300 digits."""
_MOST_ITEMS: Final = 100


class _Short(Repr):
    def __init__(self, max_chars: int) -> None:
        super().__init__()
        self.maxlevel = 20
        self.maxdict = self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdeque = _MOST_ITEMS
        self.maxstring = self.maxother = self.maxlong = 2 * max_chars

    def repr_int(self, x: int, level: int) -> str:
        return repr(x) if x.bit_length() <= _LARGEST_INT_BITS else f'<int of {x.bit_length():,} bits>'

    def repr_dict(self, x: Mapping[Any, Any], level: int) -> str:
        """In the order of its keys, which `Repr` sorts."""
        if level <= 0 and x:
            return '{...}'
        shown = [f'{self.repr1(key, level - 1)}: {self.repr1(x[key], level - 1)}' for key in islice(x, self.maxdict)]
        return f'{{{", ".join([*shown, *(["..."] if len(x) > len(shown) else [])])}}}'


def short_repr(value: Any, *, max_chars: int) -> str:
    """At most about twice `max_chars` for one text or number in it, and a hundred items of each container: enough that
    whoever cuts the result at `max_chars` sees no difference to `repr`."""
    return _Short(max_chars).repr(value)
