"""What code calls, and with what -> a tool and its own argument names, as CPython would bind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ..._catalog.catalog import Catalog, Entry
from ..._common.suggestions import closest
from ..._monty.stops import CallStop, RaisedBy, Returned, Settled, sandbox_exception
from ..._source.rules.accepting import may_accept
from ..._source.rules.whole_records import given_whole
from ..pending import holds_pending

Answerer = Callable[..., str]
"""A function of ours that code may call (`help`, `search_tools`): answered at once, no tool, no budget."""


class Bound(NamedTuple):
    """A tool and what it is called with."""

    entry: Entry
    arguments: dict[str, Any]
    left_out: tuple[str, ...] = ()
    """Optional parameters that were given `None` and take none, by the names that code has for them."""


def resolve(stop: CallStop, catalog: Catalog, answerers: Mapping[str, Answerer]) -> Bound | Settled:
    """What code calls; or its answer, when there is nothing to run: one of our own functions, or a mistake."""
    answerer = answerers.get(stop.name)
    if answerer is not None:
        try:
            return Returned(answerer(*stop.args, **stop.kwargs))
        except (TypeError, LookupError) as error:
            return sandbox_exception(error)
    entry = catalog.find(stop.name)
    if entry is None:
        return _unknown_name(stop.name, [*catalog.entries, *answerers])
    if stop.unreadable is not None:
        return RaisedBy('ValueError', f'the arguments of {stop.name}() cannot leave the sandbox: {stop.unreadable}')
    if holds_pending((stop.args, dict(stop.kwargs))):
        return RaisedBy('TypeError', f'{stop.name}() was given a call that was not awaited: put await before that call')
    try:
        return _without_none(entry, bind(entry, stop.args, stop.kwargs))
    except TypeError as error:
        return sandbox_exception(error)


def bind(entry: Entry, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments by the tool's own names. Missing and wrongly typed ones are left to the tool's validator.

    A dict of all parameters stands for them where it can mean nothing else.

    Raises:
        TypeError: When the call does not fit the signature, in CPython's words.
    """
    parameters = entry.signature.parameters
    name = entry.facts.python_name
    positional = [parameter for parameter in parameters if not parameter.keyword_only]
    if (whole := given_whole(entry, args, kwargs)) is not None:
        args, kwargs = (), whole
    variadic = entry.signature.variadic
    if variadic is None and len(args) > len(positional):
        raise TypeError(f'{name}() takes {len(positional)} positional arguments but {len(args)} were given')
    bound = {parameter.key: value for parameter, value in zip(positional, args, strict=False)}
    beyond = list(args[len(positional) :])
    if variadic is not None and (beyond or not {variadic.name, variadic.key} & kwargs.keys()):
        bound[variadic.key] = beyond
    keys = {parameter.key: parameter.key for parameter in parameters}
    keys |= {parameter.name: parameter.key for parameter in parameters}
    for keyword, value in kwargs.items():
        key = keys.get(keyword)
        if key is None and not (entry.signature.takes_any_keyword or entry.signature.allows_unnamed):
            raise TypeError(f'{name}() got an unexpected keyword argument {keyword!r}')
        key = key or keyword
        if key in bound:
            raise TypeError(f'{name}() got multiple values for argument {keyword!r}')
        bound[key] = value
    return bound


def _without_none(entry: Entry, arguments: dict[str, Any]) -> Bound:
    """`None` for an optional parameter whose type has no null is how code says "not given": `cursor=None`."""
    if not any(value is None for value in arguments.values()):
        return Bound(entry, arguments)
    declarations = {each.name: each for each in entry.signature.declarations}
    left_out = {
        parameter.key: parameter.name
        for parameter in entry.signature.parameters
        if parameter.key in arguments
        and arguments[parameter.key] is None
        and parameter.default is not None
        and not may_accept(parameter.annotation, None, declarations)
    }
    given = {key: value for key, value in arguments.items() if key not in left_out} if left_out else arguments
    return Bound(entry, given, tuple(left_out.values()))


def _unknown_name(name: str, there: Sequence[str]) -> RaisedBy:
    meant = closest(name, there)
    return RaisedBy('NameError', f'name {name!r} is not defined' + (f'. Did you mean {meant!r}?' if meant else ''))
