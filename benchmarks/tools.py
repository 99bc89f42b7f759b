"""As many typed tools as a benchmark asks for: ten kinds of call over nouns of a shop. They answer at once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import count as numbers
from itertools import islice
from typing import Any, Literal

from pydantic_ai import Tool

NOUNS = [
    *('order', 'customer', 'product', 'invoice', 'shipment', 'refund', 'supplier', 'warehouse', 'ticket', 'review'),
    *('coupon', 'payment', 'address', 'basket', 'catalogue', 'courier', 'discount', 'employee', 'return', 'voucher'),
]


@dataclass(frozen=True, slots=True)
class Record:
    """One thing the shop knows of."""

    id: int
    name: str
    state: Literal['new', 'open', 'closed']
    amount: Decimal


def record(id: int) -> Record:
    return Record(id=id, name=f'number {id}', state='open', amount=Decimal(id) / 4)


async def get(id: int) -> Record:
    """One by its id."""
    return record(id)


async def search(query: str, limit: int = 10, state: Literal['new', 'open', 'closed'] | None = None) -> list[Record]:
    """Those whose name contains the query, newest first.

    Args:
        query: Words to look for.
        limit: At most so many.
        state: Only those in this state.
    """
    return [record(id) for id in range(limit)]


async def count(state: Literal['new', 'open', 'closed'] | None = None) -> int:
    """How many there are."""
    return 42


async def total(since: datetime, until: datetime | None = None) -> Decimal:
    """The sum of all amounts in a span of time."""
    return Decimal('1234.50')


async def create(name: str, amount: Decimal, labels: list[str] | None = None) -> Record:
    """Make a new one.

    Args:
        name: What it is called.
        amount: In euros.
        labels: Free words to find it by.
    """
    return Record(id=1, name=name, state='new', amount=amount)


async def rename(id: int, name: str) -> Record:
    """Give it another name."""
    return Record(id=id, name=name, state='open', amount=Decimal(1))


async def close(id: int, reason: str = '', notify: bool = True) -> bool:
    """Close it. False if it was closed before."""
    return True


async def labels(id: int) -> list[str]:
    """The words it can be found by."""
    return ['red', 'large']


async def history(id: int, limit: int = 20) -> list[dict[str, str]]:
    """Who changed what, newest first."""
    return [{'who': 'ada', 'what': 'created'}]


async def compare(first_id: int, second_id: int) -> dict[str, tuple[str, str]]:
    """The fields in which two of them differ."""
    return {'name': ('number 1', 'number 2')}


KINDS: list[Callable[..., Any]] = [get, search, count, total, create, rename, close, labels, history, compare]


def nouns() -> Iterator[str]:
    """As many as are asked for: `order`, ..., `voucher`, `order_2`, ..."""
    yield from NOUNS
    for round in numbers(2):
        yield from (f'{noun}_{round}' for noun in NOUNS)


def tools(number: int) -> list[Tool]:
    """The first `number` tools: `get_order`, `search_order`, ..., `get_customer`, ..."""
    pairs = ((noun, kind) for noun in nouns() for kind in KINDS)
    return [Tool(kind, name=f'{kind.__name__}_{noun}') for noun, kind in islice(pairs, number)]


STUB_HEAD = """\
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypedDict

class Record(TypedDict):
    id: int
    name: str
    state: Literal['new', 'open', 'closed']
    amount: Decimal

"""


def stubs(tools: Sequence[Tool]) -> str:
    """Their signatures as they are written above, as a checker reads them. A record arrives in code as a dict."""
    return STUB_HEAD + '\n'.join(f'async def {tool.name}{inspect.signature(tool.function)}: ...' for tool in tools)
