"""A value of a type that an annotation speaks of, to be shown to a validator in place of one not known yet."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from ..._catalog.signatures import Declaration

_PLAIN: Final[Mapping[str, Any]] = MappingProxyType(
    {
        'str': 'a',
        'int': 1,
        'float': 1.5,
        'bool': True,
        'bytes': b'a',
        'Decimal': Decimal('1.5'),
        'datetime': datetime(2026, 9, 8, 12, 30),
        'date': date(2026, 9, 8),
        'time': time(12, 30),
        'timedelta': timedelta(hours=1),
    }
)
_MAX_DEPTH: Final = 6


def example_record(record: Declaration, declarations: Mapping[str, Declaration], depth: int = 0) -> dict[str, Any]:
    """A record with all its keys."""
    if depth > _MAX_DEPTH:
        return {}
    return {field.key: _example(_parsed(field.annotation), declarations, depth + 1) for field in record.fields}


def _parsed(annotation: str) -> ast.expr:
    return ast.parse(annotation, mode='eval').body


def _example(node: ast.expr, declarations: Mapping[str, Declaration], depth: int) -> Any:
    match node:
        case ast.BinOp(left=left):
            return _example(left, declarations, depth)
        case ast.Subscript(value=ast.Name(id='Literal'), slice=ast.Constant(value=value)):
            return value
        case ast.Subscript(value=ast.Name(id='Literal'), slice=ast.Tuple(elts=[ast.Constant(value=value), *_])):
            return value
        case ast.Subscript(value=ast.Name(id='tuple'), slice=ast.Tuple(elts=items)):
            return tuple(_example(item, declarations, depth) for item in items if not _is_ellipsis(item))
        case ast.Subscript(value=ast.Name(id='list' | 'set' | 'frozenset' | 'tuple')):
            return []
        case ast.Subscript(value=ast.Name(id='dict')):
            return {}
        case ast.Name(id=name) if name in declarations:
            return example_record(declarations[name], declarations, depth)
        case ast.Name(id=name):
            return _PLAIN.get(name)
        case _:
            return None


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...
