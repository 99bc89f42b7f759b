"""What answers the operating system calls of code: called by keywords, as Monty does it, or by position, as it was before."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, cast

from pydantic_monty import AbstractOS, OsHandler

from ..errors import SettingsError


def os_handler(given: Any) -> AbstractOS | OsHandler:
    """A handler that can be called as Monty calls it.

    Raises:
        SettingsError: When it is none, or takes other arguments.
    """
    if isinstance(given, AbstractOS):
        return given
    if not callable(given):
        raise SettingsError(f'os_access is a pydantic_monty.AbstractOS or an OsHandler, got {given!r}.')
    handler = cast('Callable[..., Any]', given)
    if _takes(handler, name='', args=(), kwargs={}, is_async=True):
        return handler
    if _takes(handler, '', (), {}):

        def by_position(*, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], **_: Any) -> Any:
            return handler(name, args, kwargs)

        return by_position
    raise SettingsError(
        'os_access is called as handler(name=..., args=..., kwargs=..., is_async=...), or as handler(name, args, kwargs), '
        f'and {given!r} takes neither.'
    )


def _takes(handler: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
    try:
        inspect.signature(handler).bind(*args, **kwargs)
    except TypeError:
        return False
    except ValueError:  # a builtin that does not tell its signature
        return True
    return True
