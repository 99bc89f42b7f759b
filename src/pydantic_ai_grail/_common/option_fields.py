"""A dataclass of options whose unknown names are told like any wrong option, and whose text shows what was set.

The constructor that a dataclass makes is the one that editors and type checkers know: they complete its names, and find
those that are none. At run time it would answer such a name with a bare `TypeError`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, fields
from functools import wraps
from inspect import Parameter, Signature
from typing import Any, TypeVar, cast

from ..errors import SettingsError
from .unknown_options import with_names_of_here

T = TypeVar('T')


def takes_options(made: type[T]) -> type[T]:
    """Decorates a dataclass: its constructor raises a `SettingsError` for an unknown name, and takes those of
    `pydantic_ai_harness` with a warning.
    """
    construct = cast('Callable[..., None]', made.__init__)
    options = _options(made)
    known = frozenset(item.name for item in options)
    by_position = frozenset(item.name for item in options if not item.kw_only)

    @wraps(construct)
    def __init__(self: T, *given: Any, **named: Any) -> None:
        for name in by_position & named.keys() if given else ():
            raise SettingsError(f'Give {name} once: by position, or by name.')
        construct(self, *given, **with_names_of_here(named, known))

    made.__init__ = __init__
    return made


def take_plain_options(from_spec: Any, of: type[Any], *, plain: Mapping[str, Any]) -> None:
    """Give the class method `from_spec` the signature of what YAML and JSON can say, from which Pydantic AI makes the schema of
    agent specs, and finds the options that may be templates.

    Args:
        from_spec: The method.
        of: The dataclass.
        plain: The annotations of those fields that have others in a spec; `None` for one that cannot be there.
    """
    options = _options(of)
    types = {item.name: plain.get(item.name, item.type) for item in options}
    parameters = [
        Parameter(
            item.name,
            Parameter.KEYWORD_ONLY if item.kw_only else Parameter.POSITIONAL_OR_KEYWORD,
            default=item.default,
            annotation=types[item.name],
        )
        for item in sorted(options, key=lambda item: bool(item.kw_only))
        if types[item.name] is not None
    ]
    function = from_spec.__func__
    function.__signature__ = Signature([Parameter('cls', Parameter.POSITIONAL_ONLY), *parameters])
    function.__annotations__ = {item.name: item.annotation for item in parameters}


def shown_options(instance: object) -> str:
    """A dataclass as the call that makes it, with the options that differ from their defaults. Of a field with `repr=False`
    only that it was set.
    """
    given = [(item, getattr(instance, item.name)) for item in _options(type(instance))]
    shown = [
        f'{item.name}={value!r}' if item.repr else f'{item.name}=...'
        for item, value in given
        if value is not item.default and not _is_equal(value, item.default)
    ]
    return f'{type(instance).__name__}({", ".join(shown)})'


def _options(of: Any) -> list[Field[Any]]:
    return [item for item in fields(of) if item.init]


def _is_equal(value: object, default: object) -> bool:
    try:
        return type(value) is type(default) and bool(value == default)
    except Exception:  # somebody's `__eq__`
        return False
