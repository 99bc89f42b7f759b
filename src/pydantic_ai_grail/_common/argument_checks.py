"""What is given to public functions and as options, looked at before anything is done with it. Every function here raises a
`SettingsError` that says what to write.
"""

from __future__ import annotations

import inspect
from datetime import datetime, timedelta
from typing import Any, Final, cast

from ..errors import SettingsError
from ..stores.base import LONGEST_AGE, Store

LONGEST_SECONDS: Final = LONGEST_AGE.total_seconds()


def check_store(store: Any, *, or_url: bool = False) -> None:
    """Something to keep state in, and not its URL or its class. `or_url`: a URL would have been taken too."""
    if isinstance(store, type) or not isinstance(store, Store):
        url = ", or a URL such as 'sqlite:///agent.db'" if or_url else ''
        raise SettingsError(f'store must be a Store such as MemoryStore() or SqlStore(url){url}, got {store!r}.')


def check_flag(name: str, value: Any) -> None:
    """`True` or `False`, and not a text such as `'no'`, which would count as true."""
    if not isinstance(value, bool):
        raise SettingsError(f'{name} is True or False, got {value!r}.')


def check_text(name: str, value: Any) -> None:
    """A text, such as an id."""
    if not isinstance(value, str):
        raise SettingsError(f'{name} is text, got {value!r}.')


def in_seconds(name: str, value: Any) -> float:
    """A duration that a clock can count, given as a number of seconds or as a `timedelta`, in seconds."""
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if not (is_number(seconds, int, float) and seconds > 0):
        raise SettingsError(f'{name} must be a number of seconds greater than 0, or a timedelta, got {value!r}.')
    if seconds > LONGEST_SECONDS:
        raise SettingsError(f'{name} must be at most a hundred years, in seconds or as a timedelta, got {value!r}.')
    return seconds


def check_count(name: str, value: Any, *, least: int) -> None:
    """A whole number of things."""
    if not (is_number(value, int) and value >= least):
        raise SettingsError(f'{name} must be a whole number of at least {least}, got {value!r}.')


def check_length_of_time(name: str, value: Any) -> None:
    """A `timedelta`, and not a number, which has no unit."""
    if not isinstance(value, timedelta):
        raise SettingsError(f'{name} is a length of time, such as timedelta(days=30), got {value!r}.')
    if value < timedelta(0):
        raise SettingsError(f'{name} is a length of time that is not negative, got {value!r}.')
    if value > LONGEST_AGE:
        raise SettingsError(f'{name} is a length of time of at most a hundred years, got {value!r}.')


def check_moment(name: str, value: Any) -> None:
    """A `datetime` with a time zone."""
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise SettingsError(f'{name} is a time with its zone, such as datetime.now(UTC), got {value!r}.')


def check_function(name: str, function: Any, *, called_as: str, takes: int) -> None:
    """A function that can be called with so many arguments by position; of some builtins that cannot be told."""
    try:
        inspect.signature(function).bind(*[None] * takes)
    except TypeError:
        raise SettingsError(f'{name} is called as {called_as}, and {_named(function)} takes other arguments.') from None
    except ValueError:
        return


def is_number(value: Any, *kinds: type) -> bool:
    """Whether this is a number of these types; a bool and what is no number are none."""
    return isinstance(value, kinds) and not isinstance(value, bool) and value == value


def _named(function: Any) -> str:
    try:
        return f'{cast("str", function.__name__)}{inspect.signature(function)}'
    except AttributeError:
        return repr(function)
