"""The company's database: customers, orders, refunds, and an outbox from which mails would be sent.

Knows nothing of agents. Refunds and mails carry a key that is unique, so that the same one made twice is made once; the
courier knows no keys.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal, cast

from typing_extensions import TypedDict

from .seed import CUSTOMERS, ORDERS

Problem = Literal['broken', 'late', 'wrong item']

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS customers (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE
);
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    item TEXT NOT NULL,
    cents INTEGER NOT NULL CHECK (cents > 0),
    placed TEXT NOT NULL,
    problem TEXT,
    reported TEXT
);
CREATE TABLE IF NOT EXISTS refunds (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    conversation TEXT NOT NULL,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    cents INTEGER NOT NULL CHECK (cents > 0),
    reason TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    conversation TEXT NOT NULL,
    address TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS pickups (
    id INTEGER PRIMARY KEY,
    conversation TEXT NOT NULL,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    day TEXT NOT NULL
);
"""
_ORDERS: Final = """
SELECT orders.id, name, email, item, cents, placed, problem, reported,
    (SELECT coalesce(sum(cents), 0) FROM refunds WHERE order_id = orders.id) AS refunded
FROM orders JOIN customers ON customers.id = customer_id
"""


class Order(TypedDict):
    """An order, with what was paid back of it so far."""

    id: int
    customer: str
    email: str
    item: str
    total: Decimal
    placed: date
    problem: Problem | None
    reported: date | None
    """When the customer reported the problem."""
    refunded: Decimal


class Refund(TypedDict):
    """A refund that was made."""

    order_id: int
    amount: Decimal
    reason: str


class Mail(TypedDict):
    """A mail in the outbox."""

    address: str
    subject: str
    body: str


class Pickup(TypedDict):
    """A parcel that a courier fetches."""

    order_id: int
    day: date


@dataclass(frozen=True)
class Shop:
    """Lifetime: none; each method opens the database and closes it."""

    path: Path

    def open(self) -> None:
        """Make the tables and fill them, if that was not done before."""
        with self._connected() as connection:
            connection.execute('PRAGMA journal_mode = WAL')
            connection.executescript(_TABLES)
            connection.execute('BEGIN IMMEDIATE')
            connection.executemany('INSERT OR IGNORE INTO customers VALUES (?, ?, ?)', CUSTOMERS)
            connection.executemany('INSERT OR IGNORE INTO orders VALUES (?, ?, ?, ?, ?, ?, ?)', ORDERS)

    def orders(
        self,
        *,
        customer: str | None = None,
        item: str | None = None,
        problem: Problem | None = None,
        reported_since: date | None = None,
        placed_since: date | None = None,
    ) -> list[Order]:
        """Orders that match all that is given, the oldest first; names and items by a part of them."""
        with self._connected() as connection:
            rows = connection.execute(
                f"{_ORDERS} WHERE name LIKE ? AND item LIKE ? AND coalesce(problem, '') LIKE ?"
                " AND coalesce(reported, '') >= ? AND placed >= ? ORDER BY orders.id",
                [
                    *(f'%{customer or ""}%', f'%{item or ""}%', problem or '%'),
                    *(str(reported_since or ''), str(placed_since or '')),
                ],
            )
            return [_order(row) for row in rows]

    def order(self, order_id: int) -> Order:
        """One order.

        Raises:
            LookupError: When there is none of this number.
        """
        with self._connected() as connection:
            return _found(connection, order_id)

    def refund(self, order_id: int, amount: Decimal, reason: str, *, key: str, conversation: str) -> Refund:
        """Pay back a part of an order or all of it; with a key that was used before, what was done then.

        Raises:
            LookupError: When there is no such order.
            ValueError: When the amount is not positive, or more than what is left of the order.
        """
        with self._connected() as connection:
            connection.execute('BEGIN IMMEDIATE')
            made = connection.execute('SELECT order_id, cents, reason FROM refunds WHERE key = ?', [key]).fetchone()
            if made is not None:
                return _refund(made)
            order = _found(connection, order_id)
            left = order['total'] - order['refunded']
            if not 0 < amount <= left:
                raise ValueError(f'Of order {order_id}, {left} can be refunded, not {amount}.')
            connection.execute(
                'INSERT INTO refunds (key, conversation, order_id, cents, reason) VALUES (?, ?, ?, ?, ?)',
                [key, conversation, order_id, round(amount * 100), reason],
            )
        return Refund(order_id=order_id, amount=amount, reason=reason)

    def put_in_outbox(self, mail: Mail, *, key: str, conversation: str) -> None:
        """Have a mail sent; one with a key that was used before is there already."""
        with self._connected() as connection:
            connection.execute(
                'INSERT OR IGNORE INTO outbox (key, conversation, address, subject, body) VALUES (?, ?, ?, ?, ?)',
                [key, conversation, mail['address'], mail['subject'], mail['body']],
            )

    def order_pickup(self, order_id: int, day: date, *, conversation: str) -> None:
        """Have a courier fetch a parcel. This stands for a courier that takes no keys: asked twice, it comes twice.

        Raises:
            LookupError: When there is no such order.
        """
        with self._connected() as connection:
            query = 'INSERT INTO pickups (conversation, order_id, day) VALUES (?, ?, ?)'
            connection.execute(query, [conversation, _found(connection, order_id)['id'], str(day)])

    def refunds_of(self, conversation: str) -> list[Refund]:
        """What a conversation refunded, in order."""
        with self._connected() as connection:
            query = 'SELECT order_id, cents, reason FROM refunds WHERE conversation = ? ORDER BY id'
            return [_refund(row) for row in connection.execute(query, [conversation]).fetchall()]

    def mails_of(self, conversation: str) -> list[Mail]:
        """The mails that a conversation had sent, in order."""
        with self._connected() as connection:
            query = 'SELECT address, subject, body FROM outbox WHERE conversation = ? ORDER BY id'
            rows = connection.execute(query, [conversation]).fetchall()
        return [Mail(address=row['address'], subject=row['subject'], body=row['body']) for row in rows]

    def pickups_of(self, conversation: str) -> list[Pickup]:
        """The pickups that a conversation ordered, in order."""
        with self._connected() as connection:
            query = 'SELECT order_id, day FROM pickups WHERE conversation = ? ORDER BY id'
            rows = connection.execute(query, [conversation]).fetchall()
        return [Pickup(order_id=row['order_id'], day=date.fromisoformat(row['day'])) for row in rows]

    @contextmanager
    def _connected(self) -> Generator[sqlite3.Connection]:
        """A connection whose transaction is committed at the end, or rolled back."""
        with closing(sqlite3.connect(self.path, timeout=10)) as connection, connection:
            connection.row_factory = sqlite3.Row
            yield connection


def _found(connection: sqlite3.Connection, order_id: int) -> Order:
    row = connection.execute(f'{_ORDERS} WHERE orders.id = ?', [order_id]).fetchone()
    if row is None:
        raise LookupError(f'There is no order {order_id}.')
    return _order(row)


def _order(row: sqlite3.Row) -> Order:
    return Order(
        id=row['id'],
        customer=row['name'],
        email=row['email'],
        item=row['item'],
        total=_euros(row['cents']),
        placed=date.fromisoformat(row['placed']),
        problem=cast('Problem | None', row['problem']),
        reported=date.fromisoformat(row['reported']) if row['reported'] else None,
        refunded=_euros(row['refunded']),
    )


def _refund(row: sqlite3.Row) -> Refund:
    return Refund(order_id=row['order_id'], amount=_euros(row['cents']), reason=row['reason'])


def _euros(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
