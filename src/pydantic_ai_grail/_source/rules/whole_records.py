"""A dict given whole where its keys are the parameters: `issue_refund({'order_id': 'A1', 'amount': 5})`.

Of a tool whose one parameter is a record, the record's fields are the parameters, and code is often written as if the
record were. It is taken where it can mean nothing else: one argument by place, for a parameter that takes no dict.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from typing import Any, Final, cast

from ..._catalog.entries import Entry
from ..._catalog.signatures import Declaration, Parameter
from ..._common.suggestions import closest
from .ty_texts import union_of

_NO_DICTS: Final = frozenset(
    {'None', 'bool', 'bytes', 'complex', 'date', 'datetime', 'Decimal', 'float', 'frozenset', 'int', 'list', 'set', 'str',
     'time', 'timedelta', 'tuple', 'LiteralString'}
)  # fmt: skip
"""Types whose validators take no dict."""


def takes_no_dict(annotation: str) -> bool:
    """Whether a parameter of this annotation surely takes no dict."""
    return all(member.kind in _NO_DICTS or member.head == 'Literal' for member in union_of(annotation))


def is_no_dict(type_text: str) -> bool:
    """Whether a value of this type is surely no dict."""
    return takes_no_dict(type_text)


def may_be_given_whole(entry: Entry) -> bool:
    """Whether a dict as the one argument stands for all parameters."""
    first = next(iter(entry.signature.parameters), None)
    return first is not None and not first.keyword_only and takes_no_dict(first.annotation)


def given_whole(entry: Entry, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any] | None:
    """The one dict that a call gives, if each key of it is a parameter."""
    if len(args) != 1 or kwargs or not isinstance(args[0], dict) or not may_be_given_whole(entry):
        return None
    whole = cast('dict[Any, Any]', args[0])
    is_fit = bool(whole) and all(isinstance(key, str) and is_parameter(entry, key) for key in whole)
    return whole if is_fit else None


def whole_argument(entry: Entry, call: ast.Call) -> ast.expr | None:
    """The one argument of a call that may stand for all parameters, unless it surely is no dict."""
    match call:
        case ast.Call(args=[argument], keywords=[]) if may_be_given_whole(entry):
            return None if isinstance(argument, _OTHERS) else argument
        case _:
            return None


_OTHERS: Final = (ast.Starred, ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Set, ast.ListComp, ast.Compare)


def written_whole(entry: Entry, argument: ast.expr | None) -> ast.Dict | None:
    """An argument that may stand for all parameters, if it is a dict that is written out and names some."""
    if not isinstance(argument, ast.Dict):
        return None
    keys = [key.value for key in argument.keys if isinstance(key, ast.Constant)]
    names = [parameter.name for parameter in entry.signature.parameters]
    is_meant = any(isinstance(key, str) and (is_parameter(entry, key) or closest(key, names)) for key in keys)
    return argument if is_meant else None


def fits_whole(entry: Entry, records: Collection[Declaration]) -> bool:
    """Whether each key of these records is a parameter."""
    return bool(records) and all(is_parameter(entry, field.key) for record in records for field in record.fields)


def parameter_named(entry: Entry, name: str) -> Parameter | None:
    """The parameter of this name, as code has it or as the tool has it."""
    parameters = entry.signature.parameters
    return next((each for each in parameters if each.name == name), None) or next(
        (each for each in parameters if each.key == name), None
    )


def is_parameter(entry: Entry, name: str) -> bool:
    return entry.signature.takes_any_keyword or parameter_named(entry, name) is not None
