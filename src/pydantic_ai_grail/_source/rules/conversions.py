"""How a plain value is written for a parameter of another type: only where what it means there is plain as well."""

from __future__ import annotations

import ast
import json
from collections.abc import Set
from decimal import Decimal
from typing import Any, Final

from ..outline import Outline
from .ty_texts import union_of

_SEPARATORS: Final = frozenset(',;|\n\t[]{}')
"""A text with one of these may be several items, written as one."""
_LONGEST: Final = 200


def converted(annotation: str, value: Any, source: str) -> str | None:
    """A value that is known, and how code has it, as a parameter of this annotation takes it; `None` where that is open."""
    kinds = {member.kind for member in union_of(annotation)}
    if 'str' in kinds and isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return repr(source if source.replace('.', '').isdigit() else str(value))
    if isinstance(value, str):
        return _from_json(value) or _single(kinds, value)
    return None


def converted_variable(annotation: str, value: Any, node: ast.expr) -> str | None:
    """The same for a value of which only its type is known; `value` is an example of it."""
    kinds = {member.kind for member in union_of(annotation)}
    if 'str' in kinds and isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return f'str({ast.unparse(node)})'
    match node:
        # Data that was made a text: the data itself.
        case ast.Call(func=function, args=[ast.List() | ast.Dict() | ast.Set() | ast.ListComp() as data], keywords=[]):
            return ast.unparse(data) if ast.unparse(function) in ('json.dumps', 'str', 'repr') else None
        case _:
            return None


def makes_text(outline: Outline, node: ast.expr) -> bool:
    """Whether an expression gives text whatever is in it: `json.dumps(x)`, `', '.join(xs)`, an f-string."""
    match node:
        case ast.JoinedStr():
            return True
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str()), attr='join' | 'format')):
            return True
        case ast.Call(func=function):
            return outline.dotted(function) == 'json.dumps' or outline.is_builtin(function, 'str', 'repr')
        case _:
            return False


def _from_json(text: str) -> str | None:
    """Data that is written as JSON in a text, as code."""
    if text[:1] not in '[{' or len(text) > _LONGEST:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return repr(found)


def _single(kinds: Set[str], text: str) -> str | None:
    """A collection of the one text, unless it may be several."""
    if not text.strip() or _SEPARATORS & {*text}:
        return None
    if kinds & {'list', 'tuple'}:
        return f'[{text!r}]'
    return f'{{{text!r}}}' if kinds & {'set', 'frozenset'} else None
