"""Values and unions as Python source: defaults, literals, alternatives."""

from __future__ import annotations

import dataclasses
import enum
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import PurePath
from typing import Any, Final, cast
from uuid import UUID

from pydantic import BaseModel, TypeAdapter

from .constraints import blanked, unmarked

_MAX_DEFAULT_CHARS: Final = 60
_NOT_IN_JSON: Final[Mapping[str, Any]] = {each.__name__: each for each in (date, datetime, time, timedelta, Decimal)}
"""Types that JSON has as text."""


def union(members: Iterable[str]) -> str:
    """A union of annotations: each member once, `None` last, `Any` if one of them is."""
    texts: dict[str, str] = {}
    for member in members:
        for part in _alternatives(member):
            bare = unmarked(part)
            # Where one member says more of its values than another, none of it holds for all.
            texts[bare] = part if texts.get(bare, part) == part else bare
    if 'Any' in texts or not texts:
        return 'Any'
    literals = [text for text in texts if text.startswith('Literal[')]
    if len(literals) > 1:
        values = ', '.join(dict.fromkeys(each.removeprefix('Literal[')[:-1] for each in literals))
        texts = {
            text: f'Literal[{values}]' if text == literals[0] else shown
            for text, shown in texts.items()
            if text == literals[0] or text not in literals
        }
    return ' | '.join(sorted(texts.values(), key=lambda text: text == 'None'))


def literal(values: Sequence[object]) -> str:
    """The type of these values: a `Literal` where they can stand in one, else the types they have."""
    texts: list[str] = []
    plain = [value.value if isinstance(value, enum.Enum) else value for value in values]
    sources = [_repr(value) for value in plain if isinstance(value, str | int | bytes)]
    if sources:
        texts.append(f'Literal[{", ".join(dict.fromkeys(sources))}]')
    texts += [
        _TYPES_OF_VALUES.get(type(value).__name__, 'Any') for value in plain if not isinstance(value, str | int | bytes)
    ]
    return union(texts)


def default_source(value: object, annotation: str = '') -> str:
    """A default value as source, `'...'` where it has no short one.

    `annotation` is the parameter's type where the value is only JSON's text of it.
    """
    try:
        kind = _NOT_IN_JSON.get(annotation.removesuffix(' | None'))
        text = _value_source(TypeAdapter(kind).validate_python(value) if kind and isinstance(value, str) else value)
    except Exception:  # a value may hold itself, or have a `repr` that fails
        return '...'
    return text if text is not None and len(text) <= _MAX_DEFAULT_CHARS else '...'


_TYPES_OF_VALUES: Final[Mapping[str, str]] = {
    'NoneType': 'None',
    'float': 'float',
    'list': 'list[Any]',
    'dict': 'dict[str, Any]',
    'tuple': 'tuple[Any, ...]',
}


def _alternatives(annotation: str) -> list[str]:
    """The members of a union that is itself a member."""
    if ' | ' not in annotation:
        return [annotation]
    parts, depth, start, quote = list[str](), 0, 0, ''
    for index, char in enumerate(blanked(annotation)):
        if quote:
            quote = '' if char == quote and annotation[index - 1] != '\\' else quote
        elif char in '\'"':
            quote = char
        else:
            depth += (char == '[') - (char == ']')
            if char == '|' and depth == 0:
                parts.append(annotation[start : index - 1])
                start = index + 2
    return [*parts, annotation[start:]]


def _value_source(value: object) -> str | None:
    if isinstance(value, enum.Enum):
        return _value_source(value.value)
    if isinstance(value, float):
        return float.__repr__(value) if math.isfinite(value) else None
    if value is None:
        return 'None'
    if isinstance(value, str | int | bytes):
        return _repr(value)
    if isinstance(value, PurePath | UUID):
        return repr(str(value))
    if isinstance(value, Decimal | date | time | timedelta):
        return repr(value).replace('datetime.', '')
    if type(value) is dict:
        return _braced('{', '}', [_pair(key, item) for key, item in cast(dict[object, object], value).items()])
    if type(value) is list:
        return _braced('[', ']', [_value_source(item) for item in cast(list[object], value)])
    if type(value) is tuple:
        items = [_value_source(item) for item in cast(tuple[object, ...], value)]
        return _braced('(', ',)' if len(items) == 1 else ')', items)
    if isinstance(value, BaseModel) or (dataclasses.is_dataclass(value) and not isinstance(value, type)):
        return _value_source(TypeAdapter(type(value)).dump_python(value, by_alias=True, exclude_unset=True))
    if isinstance(value, set | frozenset):
        return _set_source(type(cast(object, value)).__name__, cast(set[object], value))
    return None


def _set_source(kind: str, items: set[object]) -> str | None:
    shown = _braced('{', '}', sorted(_value_source(item) or '...' for item in items))
    if shown is None or (items and kind == 'set'):
        return shown
    return f'{kind}({shown})' if items else f'{kind}()'


def _pair(key: object, value: object) -> str | None:
    left, right = _value_source(key), _value_source(value)
    return f'{left}: {right}' if left is not None and right is not None else None


def _braced(opening: str, closing: str, items: Sequence[str | None]) -> str | None:
    known = [item for item in items if item is not None and item != '...']
    return f'{opening}{", ".join(known)}{closing}' if len(known) == len(items) else None


def _repr(value: str | int | bytes) -> str:
    """The source of a value of a basic type, also when its class is a subclass with a `repr` of its own."""
    if isinstance(value, bool):
        return bool.__repr__(value)
    if isinstance(value, int):
        return int.__repr__(value)
    return str.__repr__(value) if isinstance(value, str) else bytes.__repr__(value)
