"""Values and unions as Python source: defaults, literals, alternatives."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, cast

_MAX_DEFAULT_CHARS: Final = 60
_LITERALS: Final = (str, int, bytes, type(None))


def union(members: Iterable[str]) -> str:
    """A union of annotations: each member once, `None` last, `Any` if one of them is."""
    texts = dict.fromkeys(part for member in members for part in _alternatives(member))
    if 'Any' in texts or not texts:
        return 'Any'
    return ' | '.join(sorted(texts, key=lambda text: text == 'None'))


def literal(values: Sequence[object]) -> str:
    """The type of these values: a `Literal` where they can stand in one, else the types they have."""
    texts: list[str] = []
    plain = [value.value if isinstance(value, enum.Enum) else value for value in values]
    sources = [text for value in plain if value is not None and isinstance(value, _LITERALS) if (text := _repr(value))]
    if sources:
        texts.append(f'Literal[{", ".join(dict.fromkeys(sources))}]')
    for value in plain:
        if value is None:
            texts.append('None')
        elif not isinstance(value, _LITERALS):
            texts.append(_TYPES_OF_VALUES.get(type(value), 'Any'))
    return union(texts)


def default_source(value: object) -> str:
    """A default value as source, `'...'` where it has no short one."""
    text = _value_source(value)
    return text if text is not None and len(text) <= _MAX_DEFAULT_CHARS else '...'


_TYPES_OF_VALUES: Final = {float: 'float', list: 'list[Any]', dict: 'dict[str, Any]', tuple: 'tuple[Any, ...]'}


def _alternatives(annotation: str) -> list[str]:
    """The members of a union that is itself a member."""
    if ' | ' not in annotation:
        return [annotation]
    parts, depth, start, quote = list[str](), 0, 0, ''
    for index, char in enumerate(annotation):
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
    if value is None or isinstance(value, str | int | bytes):
        return _repr(value)
    if type(value) is Decimal:
        return repr(value)
    if type(value) is dict:
        return _braced('{', '}', [_pair(key, item) for key, item in cast(dict[object, object], value).items()])
    if type(value) is list:
        return _braced('[', ']', [_value_source(item) for item in cast(list[object], value)])
    if type(value) is tuple:
        items = [_value_source(item) for item in cast(tuple[object, ...], value)]
        return _braced('(', ',)' if len(items) == 1 else ')', items)
    if type(value) is set and value:
        return _braced('{', '}', sorted(_value_source(item) or '...' for item in cast(set[object], value)))
    return 'set()' if type(value) is set else None


def _pair(key: object, value: object) -> str | None:
    left, right = _value_source(key), _value_source(value)
    return f'{left}: {right}' if left is not None and right is not None else None


def _braced(opening: str, closing: str, items: list[str | None]) -> str | None:
    known = [item for item in items if item is not None and item != '...']
    return f'{opening}{", ".join(known)}{closing}' if len(known) == len(items) else None


def _repr(value: object) -> str:
    """The source of a value of a basic type, also when its class is a subclass with a `repr` of its own."""
    for base in (bool, int, str, bytes):
        if isinstance(value, base):
            return base.__repr__(value)
    return 'None'
