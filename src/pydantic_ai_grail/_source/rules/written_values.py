"""Values that are written out in code, as far as they are: `{'sku': 'A', 'count': n}` is known but for the count.

Beside literals these are dates, times, durations and Decimals of literals, and `dict(a=1)`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, cast

from ..outline import Outline
from ..validated_arguments import MOST_VALUES, UNKNOWN, PartlyKnown

_MADE: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {
        'datetime.datetime': datetime,
        'datetime.datetime.fromisoformat': datetime.fromisoformat,
        'datetime.date': date,
        'datetime.date.fromisoformat': date.fromisoformat,
        'datetime.time': time,
        'datetime.timedelta': timedelta,
        'decimal.Decimal': Decimal,
    }
)
_NAMED: Final[Mapping[str, Any]] = MappingProxyType({'datetime.timezone.utc': timezone.utc})  # noqa: UP017  # as Monty has it


def written_value(node: ast.expr, outline: Outline) -> Any:
    """The value of an expression, with `UNKNOWN` in place of what is not written out; that alone for a very large one."""
    try:
        return _Reader(outline).read(node)
    except _TooLarge:
        return UNKNOWN


class _TooLarge(Exception):
    """More than is looked at before a call."""


class _Reader:
    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.left = MOST_VALUES

    def read(self, node: ast.expr) -> Any:
        self.left -= 1
        if self.left < 0:
            raise _TooLarge
        match node:
            case ast.Constant(value=value):
                return value
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                if any(isinstance(item, ast.Starred) for item in items):
                    return UNKNOWN
                return self._built(node, [self.read(item) for item in items])
            case ast.Dict():
                return self._dict([(key, value) for key, value in zip(node.keys, node.values, strict=True)])
            case ast.Call():
                return self._made(node)
            case ast.UnaryOp(operand=ast.Constant()):
                return _plain(node)
            case ast.Attribute():
                return _NAMED.get(self.outline.dotted(node) or '', UNKNOWN)
            case _:
                return UNKNOWN

    def _built(self, node: ast.expr, items: list[Any]) -> Any:
        try:
            return items if isinstance(node, ast.List) else tuple(items) if isinstance(node, ast.Tuple) else {*items}
        except TypeError:  # a list in a set
            return UNKNOWN

    def _dict(self, items: Sequence[tuple[ast.expr | None, ast.expr]]) -> Any:
        found: dict[Any, Any] = {}
        is_whole = True
        for key, value in items:
            if isinstance(key, ast.Constant):
                found[key.value] = self.read(value)
                continue
            is_whole = False  # the key may be any of those before
            found = dict.fromkeys(found, UNKNOWN)
            self.read(value)
        return found if is_whole else PartlyKnown(found)

    def _made(self, call: ast.Call) -> Any:
        if self.outline.is_builtin(call.func, 'dict') and not call.args:
            return self._dict([(ast.Constant(word.arg) if word.arg else None, word.value) for word in call.keywords])
        make = _MADE.get(self.outline.dotted(call.func) or '')
        if make is None:
            return UNKNOWN
        args = [self.read(argument) for argument in call.args]
        words = {word.arg: self.read(word.value) for word in call.keywords}
        if None in words or UNKNOWN in (*args, *words.values()):
            return UNKNOWN
        try:
            return make(*args, **cast('dict[str, Any]', words))
        except Exception:  # the code will say at that line what is wrong with it
            return UNKNOWN


def _plain(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        return UNKNOWN


def node_at(node: ast.expr, path: Sequence[str | int]) -> tuple[ast.expr, int]:
    """The innermost expression on a path into a written value, and how many steps of the path lead to it."""
    for number, step in enumerate(path):
        found = _inside(node, step)
        if found is None:
            return node, number
        node = found
    return node, len(path)


def key_node(node: ast.expr, key: str | int) -> ast.expr | ast.keyword | None:
    """Where a key of a written dict stands."""
    match node:
        case ast.Dict(keys=keys):
            found = [each for each in keys if isinstance(each, ast.Constant) and each.value == key]
            return found[-1] if found else None
        case ast.Call(keywords=words):
            return next((word for word in words if word.arg == key), None)
        case _:
            return None


def keys_of(node: ast.expr) -> Iterator[str]:
    """The keys of a written dict that are text."""
    match node:
        case ast.Dict(keys=keys):
            yield from (each.value for each in keys if isinstance(each, ast.Constant) and isinstance(each.value, str))
        case ast.Call(keywords=words):
            yield from (word.arg for word in words if word.arg)
        case _:
            pass


def _inside(node: ast.expr, step: str | int) -> ast.expr | None:
    match node:
        case ast.List(elts=items) | ast.Tuple(elts=items) if isinstance(step, int):
            return items[step] if step < len(items) else None
        case ast.Dict(keys=keys, values=values):
            found = [
                value
                for key, value in zip(keys, values, strict=True)
                if isinstance(key, ast.Constant) and key.value == step
            ]
            return found[-1] if found else None
        case ast.Call(keywords=words):
            return next((word.value for word in words if word.arg == step), None)
        case _:
            return None
