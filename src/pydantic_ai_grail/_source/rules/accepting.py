"""Whether a parameter may accept a value, as far as its annotation tells: what Pydantic would make of it, leniently.

Says no only where no validator of that annotation says yes. Strings are taken for almost anything, since dates, numbers
and paths are written as strings.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, TypeGuard

from ..._catalog.signatures import Declaration

_TEXTS_FOR_BOOL: Final = frozenset({'0', '1', 'off', 'on', 'f', 't', 'false', 'true', 'n', 'y', 'no', 'yes'})


def may_accept(annotation: str, value: Any, declarations: Mapping[str, Declaration]) -> bool:
    """False only if no value equal to `value` can pass a validator of `annotation`."""
    node = _parsed(annotation)
    return node is None or _may(node, value, declarations)


@lru_cache(maxsize=1024)
def _parsed(annotation: str) -> ast.expr | None:
    try:
        return ast.parse(annotation, mode='eval').body
    except SyntaxError:
        return None


def _may(node: ast.expr, value: Any, declarations: Mapping[str, Declaration]) -> bool:
    match node:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _may(left, value, declarations) or _may(right, value, declarations)
        case ast.Constant(value=None):
            return value is None
        case ast.Subscript(value=ast.Name(id='Literal'), slice=inner):
            options = [each.value for each in _items(inner) if isinstance(each, ast.Constant)]
            return value in options if isinstance(value, (str, int, float, bool, type(None))) else False
        case ast.Subscript(value=ast.Name(id='list' | 'set' | 'frozenset'), slice=inner):
            return _is_sequence(value) and all(_may(inner, each, declarations) for each in value)
        case ast.Subscript(value=ast.Name(id='tuple'), slice=inner):
            return _is_sequence(value) and _may_tuple(_items(inner), [*value], declarations)
        case ast.Subscript(value=ast.Name(id='dict')):
            return isinstance(value, dict)
        case ast.Name(id=name) if name in declarations:
            return _is_mapping(value) and _may_record(declarations[name], value, declarations)
        case ast.Name(id=name):
            return _PLAIN.get(name, _anything)(value)
        case _:
            return True


def _items(inner: ast.expr) -> list[ast.expr]:
    return inner.elts if isinstance(inner, ast.Tuple) else [inner]


def _may_tuple(items: list[ast.expr], values: list[Any], declarations: Mapping[str, Declaration]) -> bool:
    if len(items) == 2 and isinstance(items[1], ast.Constant) and items[1].value is ...:
        return all(_may(items[0], value, declarations) for value in values)
    return len(items) == len(values) and all(
        _may(item, value, declarations) for item, value in zip(items, values, strict=True)
    )


def _may_record(record: Declaration, value: dict[Any, Any], declarations: Mapping[str, Declaration]) -> bool:
    for field in record.fields:
        if field.key not in value:
            if field.required:
                return False
        elif not may_accept(field.annotation, value[field.key], declarations):
            return False
    return True


def _is_sequence(value: Any) -> TypeGuard[Collection[Any]]:
    return isinstance(value, (list, tuple, set, frozenset))


def _is_mapping(value: Any) -> TypeGuard[dict[Any, Any]]:
    return isinstance(value, dict)


def _anything(value: Any) -> bool:
    return True


def _as_int(value: Any) -> bool:
    return isinstance(value, (int, Decimal)) or (isinstance(value, float) and value.is_integer()) or _is_number(value)


def _as_float(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) or _is_number(value)


def _is_number(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        float(value)
    except ValueError:
        return False
    return True


def _as_bool(value: Any) -> bool:
    return value in (0, 1) if isinstance(value, (int, float)) else str(value).lower() in _TEXTS_FOR_BOOL


def _as_moment(value: Any) -> bool:
    return isinstance(value, (str, int, float, Decimal, date, time, timedelta))


_PLAIN: Final[Mapping[str, Callable[[Any], bool]]] = {
    'str': lambda value: isinstance(value, (str, bytes)),
    'int': _as_int,
    'float': _as_float,
    'bool': _as_bool,
    'bytes': lambda value: isinstance(value, (str, bytes)),
    'Decimal': lambda value: not isinstance(value, bool) and _as_float(value),
    'datetime': _as_moment,
    'date': _as_moment,
    'time': _as_moment,
    'timedelta': _as_moment,
    'list': _is_sequence,
    'set': _is_sequence,
    'frozenset': _is_sequence,
    'tuple': _is_sequence,
    'dict': _is_mapping,
    'None': lambda value: value is None,
}
