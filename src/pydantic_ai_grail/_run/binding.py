"""What code calls, and with what -> the tool's own argument names, as CPython would bind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._catalog.catalog import Entry
from .._monty.stops import RaisedBy
from ..suggestions import closest


def bind(entry: Entry, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments by the tool's own names. Missing and wrongly typed ones are left to the tool's validator.

    Raises:
        TypeError: When the call does not fit the signature, in CPython's words.
    """
    parameters = entry.signature.parameters
    name = entry.facts.python_name
    positional = [parameter for parameter in parameters if not parameter.keyword_only]
    if len(args) > len(positional):
        raise TypeError(f'{name}() takes {len(positional)} positional arguments but {len(args)} were given')
    bound = {parameter.key: value for parameter, value in zip(positional, args, strict=False)}
    keys = {parameter.name: parameter.key for parameter in parameters}
    for keyword, value in kwargs.items():
        key = keys.get(keyword)
        if key is None and not entry.signature.takes_any_keyword:
            raise TypeError(f'{name}() got an unexpected keyword argument {keyword!r}')
        key = key or keyword
        if key in bound:
            raise TypeError(f'{name}() got multiple values for argument {keyword!r}')
        bound[key] = value
    return bound


def unknown_name(name: str, there: Sequence[str]) -> RaisedBy:
    """What code gets that calls a name which is none of those that are there."""
    meant = closest(name, there)
    return RaisedBy('NameError', f'name {name!r} is not defined' + (f'. Did you mean {meant!r}?' if meant else ''))
