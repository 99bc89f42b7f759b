"""Types that cross into the sandbox under a plain name: Monty's native leaves, containers, and what crosses as text."""

from __future__ import annotations

import collections
import collections.abc
import datetime
import ipaddress
import os
import pathlib
import re
import typing
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import pydantic

PLAIN: Final[Mapping[Any, str]] = {
    None: 'None',
    type(None): 'None',
    Any: 'Any',
    object: 'Any',
    str: 'str',
    typing.LiteralString: 'str',
    bool: 'bool',
    int: 'int',
    float: 'float',
    complex: 'complex',
    bytes: 'bytes',
    bytearray: 'bytes',
    datetime.datetime: 'datetime',
    datetime.date: 'date',
    datetime.time: 'time',
    datetime.timedelta: 'timedelta',
    datetime.timezone: 'timezone',
    datetime.tzinfo: 'timezone',
    Decimal: 'Decimal',
    pydantic.AwareDatetime: 'datetime',
    pydantic.NaiveDatetime: 'datetime',
    pydantic.PastDatetime: 'datetime',
    pydantic.FutureDatetime: 'datetime',
    pydantic.PastDate: 'date',
    pydantic.FutureDate: 'date',
    pydantic.SecretBytes: 'bytes',
    pydantic.JsonValue: 'Any',
    # bare containers
    list: 'list[Any]',
    tuple: 'tuple[Any, ...]',
    set: 'set[Any]',
    frozenset: 'frozenset[Any]',
    dict: 'dict[str, Any]',
    collections.deque: 'list[Any]',
    collections.abc.Sequence: 'Sequence[Any]',
    collections.abc.Iterable: 'Sequence[Any]',
    collections.abc.Mapping: 'dict[str, Any]',
}
"""Types that have one name, whatever stands around them."""

AS_TEXT: Final[tuple[Any, ...]] = (
    str,
    uuid.UUID,
    os.PathLike,
    pathlib.PurePath,
    re.Pattern,
    ipaddress.IPv4Address,
    ipaddress.IPv6Address,
    ipaddress.IPv4Network,
    ipaddress.IPv6Network,
    pydantic.SecretStr,
    pydantic.AnyUrl,
    pydantic.EmailStr,
    pydantic.NameEmail,
)
"""Classes whose values cross as text, their subclasses included."""

ONE_ITEM: Final[Mapping[Any, str]] = {
    list: 'list',
    collections.deque: 'list',
    collections.abc.MutableSequence: 'list',
    set: 'set',
    collections.abc.Set: 'set',
    collections.abc.MutableSet: 'set',
    frozenset: 'frozenset',
    collections.abc.Sequence: 'Sequence',
    collections.abc.Collection: 'Sequence',
    collections.abc.Iterable: 'Iterable',
    collections.abc.Iterator: 'Iterable',
    collections.abc.Generator: 'Iterable',
}
"""Containers of items of one type."""

HASHED: Final = frozenset({'set', 'frozenset'})
"""Containers, by their names, that hash what they hold."""

UNHASHABLE: Final = frozenset({'dict', 'list', 'set'})
"""What cannot be hashed, by name."""

MAPPINGS: Final = (
    dict,
    collections.defaultdict,
    collections.OrderedDict,
    collections.abc.Mapping,
    collections.abc.MutableMapping,
)
"""What crosses as a dict."""
