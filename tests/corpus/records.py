"""The types in the signatures of the corpus's tools: models, dataclasses, typed dicts and enums of an online shop.

They are as mixed as in a real code base, because each kind crosses into a sandbox in its own way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from pathlib import Path
from typing import Literal, NotRequired
from uuid import UUID

from pydantic import BaseModel, Field
from typing_extensions import TypedDict


class IssueState(StrEnum):
    open = 'open'
    closed = 'closed'


class OrderStatus(Enum):
    pending = 'pending'
    paid = 'paid'
    shipped = 'shipped'
    cancelled = 'cancelled'


class Warehouse(Enum):
    north = 'north'
    south = 'south'
    harbour = 'harbour'


class Severity(IntEnum):
    low = 1
    medium = 2
    high = 3


class Person(BaseModel):
    id: UUID
    name: str
    email: str
    team: str | None = None
    manager_id: UUID | None = None
    birthday: date | None = None
    skills: set[str] = Field(default_factory=set)


class Comment(BaseModel):
    author: str
    body: str
    at: datetime


class Issue(BaseModel):
    number: int
    title: str
    state: IssueState
    severity: Severity
    labels: set[str]
    opened_at: datetime
    closed_at: datetime | None = None
    assignee: Person | None = Field(default=None, description='Who works on it; None when nobody does.')
    estimate: timedelta | None = None


class IssueDetail(Issue):
    body: str = ''
    comments: list[Comment] = Field(default_factory=list[Comment])
    linked: tuple[int, ...] = ()


@dataclass
class Deploy:
    id: UUID
    service: str
    version: tuple[int, int, int]
    at: datetime
    took: timedelta
    ok: bool
    by: str | None = None


@dataclass
class OrderLine:
    sku: str
    quantity: int
    unit_price: Decimal


@dataclass
class Order:
    id: str
    customer_id: UUID
    status: OrderStatus
    placed_at: datetime
    total: Decimal
    lines: list[OrderLine] = field(default_factory=list[OrderLine])
    coupon: str | None = None


class Address(TypedDict):
    street: str
    city: str
    zip: str
    country: NotRequired[str]


class LineDraft(TypedDict):
    sku: str
    quantity: int


class Receipt(TypedDict):
    order_id: str
    total: Decimal
    ship_by: date


class Refund(TypedDict):
    order_id: str
    amount: Decimal
    remaining: Decimal


class ShippingQuote(BaseModel):
    carrier: str
    cost: Decimal
    arrives: date


class Product(BaseModel):
    sku: str
    name: str
    category: Literal['kitchen', 'garden', 'office']
    price: Decimal
    weight_kg: float
    tags: frozenset[str] = frozenset()
    discontinued: bool = False


@dataclass
class Reservation:
    sku: str
    quantity: int
    expires: datetime


class Wind(TypedDict):
    speed_kmh: float
    direction: Literal['N', 'E', 'S', 'W']


class Weather(TypedDict):
    city: str
    day: date
    temp_c: float
    conditions: str
    wind: Wind
    rain_mm: NotRequired[float]


@dataclass
class Meeting:
    title: str
    start: datetime
    end: datetime
    attendees: set[str]
    room: str | None = None


@dataclass
class FileInfo:
    path: Path
    size: int
    modified: datetime
    tags: tuple[str, ...] = ()
