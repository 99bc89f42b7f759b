"""Hostile cells that are put together: every value that is hard on its host, in every way in which a value gets there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from .playing import MAX_GROWTH_BYTES, MOST_GROWN_BY_EXCEPTIONS, HostileCell

VALUES: Final[Mapping[str, str]] = {
    # One object many times over: small where it is, and as large as one likes where it is written out.
    'shared lists': 'v = ["a"]\nfor _ in range(26): v = [v, v]',
    'shared dicts': 'v = {"a": 1}\nfor _ in range(26): v = {"x": v, "y": v}',
    'shared tuples': 'v = ("a",)\nfor _ in range(18): v = (v, v)',
    'shared tuples, deep': 'v = ("a",)\nfor _ in range(40): v = (v, v)',
    'shared tuples as keys': 'u = ("a",)\nfor _ in range(40): u = (u, u)\nv = [{u: 1}, {u}]',
    'shared lists, wide': 'v = ["a"] * 100\nfor _ in range(5): v = [v] * 100',
    'shared mixed': 'v = ["a"]\nfor _ in range(24): v = {"l": [v], "t": (v, 1)}',
    'shared text': 'v = ["a" * 1_000_000] * 5_000',
    'shared bytes': 'v = {str(i): b"a" * 0 + t for i, t in enumerate([b"a" * 1_000_000] * 500)}',
    'shared records': (
        'from dataclasses import dataclass\n@dataclass\nclass Node:\n    left: object\n    right: object\n'
        'v = Node(1, 2)\nfor _ in range(26): v = Node(v, v)'
    ),
    'shared objects': (
        'class Box:\n    def __init__(self, a, b):\n        self.a = a\n        self.b = b\n'
        'v = Box(1, 2)\nfor _ in range(26): v = Box(v, v)'
    ),
    # Large where they are.
    'text of 10 MB': 'v = "a" * 10_000_000',
    'text of 20 MB': 'v = "a" * 20_000_000',
    'text beyond ASCII': 'v = "ä" * 8_000_000',
    'bytes of 10 MB': 'v = b"ab" * 5_000_000',
    'many numbers': 'v = list(range(200_000))',
    'a million numbers': 'v = list(range(1_000_000))',
    'many texts': 'v = [str(i) for i in range(100_000)]',
    'many pairs': 'v = {i: i for i in range(60_000)}',
    'many members': 'v = set(range(60_000))',
    'many small lists': 'v = [[i] for i in range(40_000)]',
    'many records': 'v = [{"id": i, "name": f"n{i}", "price": i / 3, "tags": ["a", "b"]} for i in range(10_000)]',
    # Of an odd kind.
    'a number of 300,000 digits': 'v = 10 ** 300_000',
    'a Decimal of many digits': 'from decimal import Decimal\nv = Decimal("1." + "3" * 1_000_000)',
    'nested 5,000 deep': 'v = []\nfor _ in range(5_000): v = [v]',
    'nested 5,000 deep in dicts': 'v = {}\nfor _ in range(5_000): v = {"a": v}',
    'nested 180 deep, and wide': 'v = list(range(50))\nfor _ in range(180): v = [v, 1, 2]',
    'one that contains itself': 'v = [1]\nv.append(v)',
    'a dict that contains itself': 'v = {"a": 1}\nv["self"] = v',
    'an exception with a large text': 'v = ValueError("a" * 5_000_000)',
    'a generator': 'v = (i for i in range(1_000_000))',
    'a range': 'v = range(10 ** 18)',
    'functions': 'def f(): return 1\nv = [f] * 1_000',
    'zeros in text': 'v = "\\0" * 1_000_000',
    'line breaks': 'v = "\\n" * 1_000_000',
}
"""What binds `v`."""

WAYS: Final[Mapping[str, str]] = {
    'as the result': 'v',
    'in a tuple, twice': '(v, v)',
    'in a dict': '{"a": v, "b": [v]}',
    'as a copy': 'import copy\ncopy.deepcopy(v)',
    'as an argument': 'await take(v)',
    'as an argument by name': 'await take(value=v)',
    'as an argument of another type': 'take_text(v)',
    'there and back': 'w = await give_back(v)\nlen(str(type(w)))',
    'in a gather': 'import asyncio\nawait asyncio.gather(*[take(v) for _ in range(10)])',
    'through a variable of the tool': 'f = take\nawait f(v)',
    'printed': 'print(v)',
    'printed many times': 'for _ in range(20): print(v, v)',
    'in a text': 'len(f"{v}")',
    'as JSON': 'import json\nlen(json.dumps(v))',
    'in an exception': 'raise ValueError(v)',
    'in an exception, as text': 'raise RuntimeError(f"it is {v}")',
    'in an assertion': 'assert v == 1, v',
    'as a key that is not there': '{}[v]',
    'in a set': 'len({v})',
    'in an object': ('class Holder:\n    def __init__(self, held):\n        self.held = held\nHolder(v)'),
    'kept': 'kept = [v, v]\nNone',
    'sorted': 'sorted([v, v])',
    'compared': 'v == [v]',
}


def generated() -> Iterator[HostileCell]:
    """All of them; those that take a value that is nowhere hard are left out."""
    for value, binds in VALUES.items():
        for way, does in WAYS.items():
            yield HostileCell(name=f'{value}, {way}', code=f'{binds}\n{does}', most_grown_bytes=most_grown(value, way))


def most_grown(*names: str) -> int:
    """What such a cell may make the process grow by."""
    return MAX_GROWTH_BYTES if _RAISES.isdisjoint(names) else MOST_GROWN_BY_EXCEPTIONS


_RAISES: Final = frozenset(
    {'in an exception', 'in an exception, as text', 'in an assertion', 'as a key that is not there'}
)
