"""The tools that every program of the corpus may call: plain functions over `corpus.world`.

A tool's answer depends on its arguments alone, so a program gives the same each time it runs. What a tool would change
in a real shop it only notes in `EFFECTS`: a cell that was refused has left that list empty.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from corpus.records import (
    Address,
    Comment,
    Deploy,
    FileInfo,
    Issue,
    IssueDetail,
    IssueState,
    LineDraft,
    Meeting,
    Order,
    OrderStatus,
    Person,
    Product,
    Receipt,
    Refund,
    Reservation,
    Severity,
    ShippingQuote,
    Warehouse,
    Weather,
)
from corpus.world import (
    CITIES,
    DEPLOYS,
    FILE_INFOS,
    FILES,
    ISSUES,
    MEETINGS,
    ORDERS,
    PAGES,
    PEOPLE,
    PRODUCTS,
    RATES,
    STOCK,
    TABLES,
    TEMPERATURES,
)


class Effect(NamedTuple):
    """A call that would have changed the world."""

    tool: str
    subject: str


EFFECTS: Final[list[Effect]] = []
"""What was done since the list was last cleared."""


# Issues


async def search_issues(
    query: str = '',
    *,
    state: Literal['open', 'closed', 'all'] = 'open',
    labels: set[str] | None = None,
    assignee: str | None = None,
    limit: int = 20,
) -> list[Issue]:
    """Search the issue tracker.

    Args:
        query: Words that the title must contain; empty for all issues.
        state: Which issues to look at.
        labels: Labels that an issue must all have.
        assignee: Email of the person who works on it.
        limit: At most this many issues, the lowest numbers first.
    """
    found = [
        Issue(**issue.model_dump(include=set(Issue.model_fields)))
        for issue in ISSUES
        if query.lower() in issue.title.lower()
        and state in ('all', issue.state.value)
        and (labels or set()) <= issue.labels
        and assignee in (None, issue.assignee.email if issue.assignee else None)
    ]
    return found[:limit]


async def get_issue(number: int) -> IssueDetail:
    """One issue with its body and its comments. Raises LookupError if there is none of this number."""
    for issue in ISSUES:
        if issue.number == number:
            return issue
    raise LookupError(f'no issue {number}')


async def create_issue(
    title: str, body: str, severity: Severity = Severity.low, labels: list[str] | None = None
) -> Issue:
    """Open an issue."""
    EFFECTS.append(Effect('create_issue', title))
    opened_at = datetime.fromisoformat('2026-09-08T12:00:00+00:00')
    return Issue(number=200 + len(title), title=title, state=IssueState.open, severity=severity,
                 labels=set(labels or ()), opened_at=opened_at)  # fmt: skip


async def comment_on_issue(number: int, body: str, *, notify: bool = True) -> Comment:
    """Write a comment below an issue."""
    EFFECTS.append(Effect('comment_on_issue', f'{number}: {body}'))
    at = datetime.fromisoformat('2026-09-08T12:00:00+00:00')
    return Comment(author='agent' if notify else 'agent (silent)', body=body, at=at)


async def close_issue(number: int, reason: Literal['completed', 'not_planned'] = 'completed') -> IssueDetail:
    """Close an open issue. Raises ValueError if it is closed already."""
    issue = await get_issue(number)
    if issue.state is IssueState.closed:
        raise ValueError(f'issue {number} is already closed')
    EFFECTS.append(Effect('close_issue', f'{number}: {reason}'))
    return issue.model_copy(update={'state': IssueState.closed})


# Deploys


async def deploys(service: str | None = None, since: date | None = None) -> list[Deploy]:
    """Past deploys, oldest first."""
    return [d for d in DEPLOYS if service in (None, d.service) and (since is None or d.at.date() >= since)]


async def rollback(service: str, to: UUID, dry_run: bool = False) -> Deploy:
    """Bring a service back to an earlier deploy. Raises LookupError if the service was never deployed by that id."""
    for deploy in DEPLOYS:
        if (deploy.service, deploy.id) == (service, to):
            if not dry_run:
                EFFECTS.append(Effect('rollback', f'{service}: {to}'))
            return deploy
    raise LookupError(f'{service} has no deploy {to}')


async def service_health(service: str) -> tuple[str, float, int]:
    """Status, error rate (0 to 1) and p95 latency in milliseconds."""
    return {'api': ('degraded', 0.031, 9200), 'web': ('ok', 0.0, 180)}.get(service, ('unknown', 0.0, 0))


# Orders


def list_orders(
    customer_id: UUID | None = None, status: OrderStatus | None = None, since: datetime | None = None
) -> list[Order]:
    """Orders, oldest first."""
    return [
        order
        for order in ORDERS
        if customer_id in (None, order.customer_id)
        and status in (None, order.status)
        and (since is None or order.placed_at >= since)
    ]


async def get_order(order_id: str) -> Order:
    """One order. Raises LookupError if there is none of this id."""
    for order in ORDERS:
        if order.id == order_id:
            return order
    raise LookupError(f'no order {order_id!r}')


async def refund(order_id: str, amount: Decimal, reason: str = '') -> Refund:
    """Pay back some or all of an order. Raises ValueError if it is more than the order's total."""
    order = await get_order(order_id)
    if amount > order.total:
        raise ValueError(f'{amount} is more than the total of {order.total}')
    EFFECTS.append(Effect('refund', f'{order_id}: {amount} {reason}'))
    return Refund(order_id=order_id, amount=amount, remaining=order.total - amount)


async def place_order(customer_id: UUID, lines: list[LineDraft], ship_to: Address, note: str | None = None) -> Receipt:
    """Order something for a customer."""
    prices = {product.sku: product.price for product in PRODUCTS}
    total = sum((prices[line['sku']] * line['quantity'] for line in lines), Decimal(0))
    EFFECTS.append(Effect('place_order', f'{customer_id}: {total} to {ship_to["city"]} ({note})'))
    return Receipt(order_id=f'ORD-{2000 + len(lines)}', total=total, ship_by=date(2026, 9, 10))


def quote_shipping(address: Address, weight_kg: float, express: bool = False) -> ShippingQuote:
    """What shipping costs and when it arrives."""
    cost = Decimal('4.90') + Decimal(str(weight_kg)) * (2 if express else 1)
    days = (1 if express else 3) + (0 if address.get('country', 'NO') == 'NO' else 4)
    return ShippingQuote(
        carrier='Express' if express else 'Post', cost=cost, arrives=date(2026, 9, 8) + timedelta(days)
    )


# Inventory


async def list_products(category: Literal['kitchen', 'garden', 'office'] | None = None) -> list[Product]:
    """The catalogue of the shop."""
    return [product for product in PRODUCTS if category in (None, product.category)]


async def stock(sku: str, warehouse: Warehouse | None = None) -> dict[str, int]:
    """Pieces in stock by warehouse. Raises LookupError if there is no such product."""
    if sku not in STOCK:
        raise LookupError(f'no product {sku!r}')
    return {name: n for name, n in STOCK[sku].items() if warehouse is None or name == warehouse.value}


async def reserve(sku: str, quantity: int, until: datetime | None = None) -> Reservation:
    """Hold pieces back for a customer. Raises ValueError if there are not enough."""
    available = sum(STOCK[sku].values())
    if quantity > available:
        raise ValueError(f'only {available} of {sku}')
    EFFECTS.append(Effect('reserve', f'{quantity} {sku}'))
    return Reservation(sku, quantity, until or datetime(2026, 9, 9, 12, 0))


def adjust_stock(sku: str, delta: int, warehouse: Warehouse = Warehouse.north) -> int:
    """Correct a count by hand; the new count. One at a time."""
    EFFECTS.append(Effect('adjust_stock', f'{sku} {delta:+} in {warehouse.value}'))
    return STOCK[sku].get(warehouse.value, 0) + delta


# Weather


async def get_weather(city: str, day: date | None = None) -> Weather:
    """The weather of a city. Raises LookupError if the city is not known."""
    if city not in CITIES:
        raise LookupError(f'unknown city {city!r}')
    day = day or date(2026, 9, 7)
    temperature = TEMPERATURES[city] + day.toordinal() % 3
    direction = ('N', 'E', 'S', 'W')[day.toordinal() % 4]
    weather = Weather(city=city, day=day, temp_c=temperature, conditions='cloudy',
                      wind={'speed_kmh': 10.0 + day.day, 'direction': direction})  # fmt: skip
    if city == 'Oslo':
        weather['conditions'], weather['rain_mm'] = 'rain', 2.5
    return weather


async def forecast(city: str, days: int = 3, *, start: date = date(2026, 9, 7)) -> list[Weather]:
    """The weather of the coming days."""
    return [await get_weather(city, start + timedelta(i)) for i in range(days)]


async def coordinates(city: str) -> tuple[float, float] | None:
    """Latitude and longitude, or None for a city that is not known."""
    return CITIES.get(city)


# People


async def find_people(query: str = '', team: str | None = None) -> list[Person]:
    """People whose name contains the query."""
    return [p for p in PEOPLE if query.lower() in p.name.lower() and team in (None, p.team)]


async def get_person(person_id: UUID) -> Person | None:
    """One person, or None."""
    return next((person for person in PEOPLE if person.id == person_id), None)


async def calendar(email: str, day: date) -> list[Meeting]:
    """A person's meetings of one day."""
    return [m for m in MEETINGS if email in m.attendees and m.start.date() == day]


async def book_meeting(
    title: str, start: datetime, duration: timedelta, attendees: list[str], room: str | None = None
) -> Meeting:
    """Put a meeting into the calendars."""
    EFFECTS.append(Effect('book_meeting', f'{title} at {start}'))
    return Meeting(title, start, start + duration, set(attendees), room)


async def send_email(
    to: str | list[str], subject: str, body: str, priority: Literal['low', 'normal', 'high'] = 'normal'
) -> int:
    """Send an email; the number of recipients."""
    recipients = [to] if isinstance(to, str) else to
    EFFECTS.append(Effect('send_email', f'{", ".join(recipients)}: {subject} ({priority})'))
    return len(recipients)


# Files


async def list_files(folder: Path = Path('/')) -> list[FileInfo]:
    """Files below a folder."""
    return [info for info in FILE_INFOS if info.path.is_relative_to(folder)]


def read_text(path: Path) -> str:
    """A text file. Raises FileNotFoundError."""
    return _content(path).decode()


async def read_bytes(path: Path, start: int = 0, size: int | None = None) -> bytes:
    """A file's bytes, or a part of them. Raises FileNotFoundError."""
    return _content(path)[start:][:size]


def write_file(path: Path, content: str | bytes, overwrite: bool = False) -> int:
    """Write a file; its size in bytes. Raises FileExistsError unless told to overwrite. One at a time."""
    if str(path) in FILES and not overwrite:
        raise FileExistsError(f'{path} exists')
    EFFECTS.append(Effect('write_file', str(path)))
    return len(content.encode() if isinstance(content, str) else content)


def _content(path: Path) -> bytes:
    if str(path) not in FILES:
        raise FileNotFoundError(f'no file {path}')
    return FILES[str(path)]


# Everything else


async def run_query(table: str, where: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Rows of a table whose columns have the given values. Raises LookupError for an unknown table."""
    if table not in TABLES:
        raise LookupError(f'no table {table!r}')
    return [row for row in TABLES[table] if all(row.get(key) == value for key, value in (where or {}).items())]


async def fetch_json(url: str, timeout: timedelta = timedelta(seconds=10)) -> Any:  # noqa: ASYNC109  (waits for nothing)
    """What a web page answers. Raises OSError, or TimeoutError for less than a second of time."""
    if timeout < timedelta(seconds=1):
        raise TimeoutError(f'no answer within {timeout.total_seconds()} s')
    if url not in PAGES:
        raise OSError(f'404: {url}')
    return PAGES[url]


async def exchange_rate(base: str, quote: str, on: date | None = None) -> Decimal:
    """The rate of a currency pair. Raises LookupError if there is none."""
    if base == quote:
        return Decimal(1)
    if (base, quote) not in RATES:
        raise LookupError(f'no rate for {base}/{quote}')
    return RATES[base, quote] + (Decimal('0.0001') * on.day if on else 0)


async def notify(channel: str, text: str, mentions: set[str] = set()) -> None:  # noqa: B006  (never changed)
    """Post a message to a chat channel."""
    EFFECTS.append(Effect('notify', f'{channel}: {text} {sorted(mentions)}'))


def record_metric(name: str, value: int | float | Decimal, tags: dict[str, str] | None = None) -> None:
    """Note a number for the dashboards. One at a time."""
    EFFECTS.append(Effect('record_metric', f'{name}={value} {tags or {}}'))


TOOLS: Final[tuple[Callable[..., Any], ...]] = (
    search_issues, get_issue, create_issue, comment_on_issue, close_issue,
    deploys, rollback, service_health,
    list_orders, get_order, refund, place_order, quote_shipping,
    list_products, stock, reserve, adjust_stock,
    get_weather, forecast, coordinates,
    find_people, get_person, calendar, book_meeting, send_email,
    list_files, read_text, read_bytes, write_file,
    run_query, fetch_json, exchange_rate, notify, record_metric,
)  # fmt: skip
"""Every tool, in the order in which a program's author reads of them."""

SEQUENTIAL: Final = frozenset({'adjust_stock', 'write_file', 'record_metric'})
"""Tools whose calls may not overlap: code calls them without `await`. All others are awaited, `def` or `async def`."""
