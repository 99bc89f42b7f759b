"""What the corpus's tools know: one small, fixed world. Nothing here changes while a program runs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from corpus.records import (
    Comment,
    Deploy,
    FileInfo,
    IssueDetail,
    IssueState,
    Meeting,
    Order,
    OrderLine,
    OrderStatus,
    Person,
    Product,
    Severity,
)


def _id(number: int) -> UUID:
    return UUID(int=number)


ADA: Final = Person(
    id=_id(1), name='Ada Moreno', email='ada@shop.example', team='platform', birthday=date(1988, 12, 10),
    skills={'python', 'postgres', 'kafka'},
)  # fmt: skip
BO: Final = Person(
    id=_id(2), name='Bo Lindqvist', email='bo@shop.example', team='platform', manager_id=_id(1), skills={'go', 'kafka'}
)
CHIDI: Final = Person(
    id=_id(3), name='Chidi Okafor', email='chidi@shop.example', team='payments', manager_id=_id(1),
    birthday=date(1995, 3, 1), skills={'python', 'react'},
)  # fmt: skip
DANA: Final = Person(id=_id(4), name='Dana Wu', email='dana@shop.example', manager_id=_id(3))
PEOPLE: Final = (ADA, BO, CHIDI, DANA)

ISSUES: Final = (
    IssueDetail(
        number=101, title='Checkout times out under load', state=IssueState.open, severity=Severity.high,
        labels={'bug', 'checkout'}, opened_at=datetime(2026, 9, 1, 8, 30, tzinfo=UTC), assignee=CHIDI,
        estimate=timedelta(hours=12), body='p95 is 9s. See ORD-1002 and ORD-1004.',
        comments=[
            Comment(author='ada', body='Looks like the pool.', at=datetime(2026, 9, 1, 9, 0, tzinfo=UTC)),
            Comment(author='chidi', body='Confirmed: pool_size=5', at=datetime(2026, 9, 2, 14, 15, tzinfo=UTC)),
        ],
        linked=(103, 104),
    ),
    IssueDetail(
        number=102, title='Add dark mode', state=IssueState.open, severity=Severity.low, labels={'feature', 'ui'},
        opened_at=datetime(2026, 8, 20, 12, 0, tzinfo=UTC), body='People ask for it.',
    ),
    IssueDetail(
        number=103, title='Refund rounds to the wrong cent', state=IssueState.closed, severity=Severity.medium,
        labels={'bug', 'payments'}, opened_at=datetime(2026, 7, 3, 10, 0, tzinfo=UTC),
        closed_at=datetime(2026, 7, 9, 16, 45, tzinfo=UTC), assignee=CHIDI, estimate=timedelta(hours=3),
        comments=[Comment(author='chidi', body='Fixed in 2.3.1', at=datetime(2026, 7, 9, 16, 40, tzinfo=UTC))],
        linked=(101,),
    ),
    IssueDetail(
        number=104, title='Flaky payment test', state=IssueState.open, severity=Severity.medium,
        labels={'bug', 'tests', 'payments'}, opened_at=datetime(2026, 9, 10, 7, 5, tzinfo=UTC), assignee=BO,
    ),
    IssueDetail(
        number=105, title='Upgrade postgres', state=IssueState.closed, severity=Severity.low, labels=set(),
        opened_at=datetime(2026, 5, 1, 9, 0, tzinfo=UTC), closed_at=datetime(2026, 6, 1, 9, 0, tzinfo=UTC),
        assignee=ADA, estimate=timedelta(days=2),
    ),
)  # fmt: skip

DEPLOYS: Final = (
    Deploy(_id(11), 'api', (2, 3, 0), datetime(2026, 9, 1, 6, 0, tzinfo=UTC), timedelta(minutes=4), True, 'ada'),
    Deploy(_id(12), 'api', (2, 3, 1), datetime(2026, 9, 3, 6, 0, tzinfo=UTC), timedelta(minutes=9, seconds=30), False),
    Deploy(_id(13), 'web', (5, 0, 12), datetime(2026, 9, 3, 11, 0, tzinfo=UTC), timedelta(seconds=75), True, 'bo'),
    Deploy(_id(14), 'api', (2, 3, 2), datetime(2026, 9, 4, 6, 30, tzinfo=UTC), timedelta(minutes=5), True, 'bo'),
    Deploy(_id(15), 'worker', (1, 9, 0), datetime(2026, 9, 5, 20, 0, tzinfo=UTC), timedelta(minutes=2), True, 'chidi'),
)

PRODUCTS: Final = (
    Product(sku='KET-1', name='Kettle', category='kitchen', price=Decimal('39.90'), weight_kg=1.2,
            tags=frozenset({'steel', 'electric'})),
    Product(sku='PAN-2', name='Cast iron pan', category='kitchen', price=Decimal('54.00'), weight_kg=2.8,
            tags=frozenset({'steel'})),
    Product(sku='HOS-3', name='Garden hose', category='garden', price=Decimal('24.50'), weight_kg=3.5),
    Product(sku='LMP-4', name='Desk lamp', category='office', price=Decimal('31.25'), weight_kg=0.9,
            tags=frozenset({'electric', 'led'})),
    Product(sku='MUG-5', name='Mug', category='kitchen', price=Decimal('8.00'), weight_kg=0.4, discontinued=True),
)  # fmt: skip

STOCK: Final = {
    'KET-1': {'north': 4, 'south': 0, 'harbour': 11},
    'PAN-2': {'north': 2, 'south': 7},
    'HOS-3': {'south': 31},
    'LMP-4': {'north': 0, 'harbour': 0},
    'MUG-5': {},
}

ORDERS: Final = (
    Order('ORD-1001', _id(4), OrderStatus.shipped, datetime(2026, 8, 28, 10, 0), Decimal('79.80'),
          [OrderLine('KET-1', 2, Decimal('39.90'))]),
    Order('ORD-1002', _id(3), OrderStatus.paid, datetime(2026, 9, 1, 18, 20), Decimal('78.50'),
          [OrderLine('PAN-2', 1, Decimal('54.00')), OrderLine('HOS-3', 1, Decimal('24.50'))]),
    Order('ORD-1003', _id(4), OrderStatus.cancelled, datetime(2026, 9, 2, 9, 45), Decimal('31.25'),
          [OrderLine('LMP-4', 1, Decimal('31.25'))], coupon='LIGHT10'),
    Order('ORD-1004', _id(2), OrderStatus.pending, datetime(2026, 9, 6, 22, 5), Decimal('141.90'),
          [OrderLine('KET-1', 1, Decimal('39.90')), OrderLine('PAN-2', 1, Decimal('54.00')),
           OrderLine('MUG-5', 6, Decimal('8.00'))], coupon='WELCOME'),
    Order('ORD-1005', _id(4), OrderStatus.paid, datetime(2026, 9, 7, 7, 30), Decimal('24.50'),
          [OrderLine('HOS-3', 1, Decimal('24.50'))]),
)  # fmt: skip

CITIES: Final[dict[str, tuple[float, float]]] = {
    'Oslo': (59.91, 10.75),
    'Lisbon': (38.72, -9.14),
    'Nairobi': (-1.29, 36.82),
}
TEMPERATURES: Final = {'Oslo': 4.5, 'Lisbon': 21.0, 'Nairobi': 24.25}

MEETINGS: Final = (
    Meeting('Standup', datetime(2026, 9, 7, 9, 0), datetime(2026, 9, 7, 9, 15), {'ada@shop.example', 'bo@shop.example'}),
    Meeting('Pool incident', datetime(2026, 9, 7, 9, 10), datetime(2026, 9, 7, 10, 0),
            {'ada@shop.example', 'chidi@shop.example'}, 'Fjord'),
    Meeting('Roadmap', datetime(2026, 9, 7, 13, 0), datetime(2026, 9, 7, 14, 30),
            {'ada@shop.example', 'chidi@shop.example', 'dana@shop.example'}, 'Delta'),
    Meeting('Standup', datetime(2026, 9, 8, 9, 0), datetime(2026, 9, 8, 9, 15), {'ada@shop.example', 'bo@shop.example'}),
)  # fmt: skip

FILES: Final[dict[str, bytes]] = {
    '/logs/api.log': (
        b'2026-09-03T06:00:01 INFO start\n'
        b'2026-09-03T06:00:09 ERROR pool exhausted order=ORD-1002\n'
        b'2026-09-03T06:01:00 WARN slow query 2300ms\n'
        b'2026-09-03T06:02:41 ERROR pool exhausted order=ORD-1004\n'
    ),
    '/logs/web.log': b'2026-09-03T11:00:00 INFO start\n',
    '/config/api.json': b'{"pool_size": 5, "timeout": 9.5, "hosts": ["db1", "db2"], "debug": null}',
    '/config/broken.json': b'{"pool_size": 5,',
    '/data/prices.csv': b'sku,price,currency\nKET-1,39.90,EUR\nPAN-2,54.00,EUR\nLMP-4,n/a,EUR\n',
    '/data/logo.bin': bytes([0x89, 0x50, 0x4E, 0x47, 0, 1, 2, 255]),
}
FILE_INFOS: Final = tuple(
    FileInfo(Path(path), len(content), datetime(2026, 9, 1 + i, 12, 0), tuple(path.strip('/').split('/')[:1]))
    for i, (path, content) in enumerate(FILES.items())
)

TABLES: Final[dict[str, list[dict[str, Any]]]] = {
    'visits': [
        {'day': date(2026, 9, 1), 'page': '/', 'hits': 120, 'bounce': 0.41},
        {'day': date(2026, 9, 1), 'page': '/cart', 'hits': 32, 'bounce': None},
        {'day': date(2026, 9, 2), 'page': '/', 'hits': 98, 'bounce': 0.37},
        {'day': date(2026, 9, 2), 'page': '/cart', 'hits': 45, 'bounce': 0.2},
    ],
    'teams': [{'name': 'platform', 'size': 2, 'lead': 'ada'}, {'name': 'payments', 'size': 1, 'lead': None}],
}

PAGES: Final[dict[str, Any]] = {
    'https://status.example/api': {
        'status': 'degraded',
        'components': [{'name': 'api', 'up': True, 'uptime': 99.2}, {'name': 'mail', 'up': False, 'uptime': 87}],
        'next': None,
    },
    'https://status.example/empty': [],
    'https://pages.example/1': {'items': ['a', 'b'], 'next': 'https://pages.example/2'},
    'https://pages.example/2': {'items': ['c'], 'next': 'https://pages.example/3'},
    'https://pages.example/3': {'items': [], 'next': None},
}

RATES: Final = {
    ('EUR', 'USD'): Decimal('1.0850'),
    ('EUR', 'NOK'): Decimal('11.62'),
    ('USD', 'EUR'): Decimal('0.9217'),
}
