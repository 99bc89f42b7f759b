"""What the host answers a program, in Monty's words: modules and functions that code may call, results and exceptions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from pydantic_monty import ExcType, ExternalModule, ExternalSettledResult, MontyError

from .failures import failure_of
from .stops import RaisedBy, Returned, Settled


def module(names: Sequence[str]) -> ExternalModule:
    return ExternalModule({name: function_named(name) for name in names})


def function_named(name: str) -> Callable[[], None]:
    # Never run: Monty suspends at the call and gives the name.
    def function() -> None: ...

    function.__name__ = function.__qualname__ = name
    return function


def settled(result: Settled) -> ExternalSettledResult:
    if isinstance(result, Returned):
        return {'return_value': result.value}
    return {'exc_type': cast('ExcType', result.exception_type), 'message': result.message}


def lost(result: Settled, why: MontyError) -> Settled:
    """What code gets instead of a result that Monty has no form for."""
    if not isinstance(result, Returned):
        return result
    return RaisedBy('TypeError', f'the call ran, but its result is lost: {failure_of(why, current_file="")[0].message}')
