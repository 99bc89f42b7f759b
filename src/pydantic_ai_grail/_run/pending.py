"""A call that was not awaited, where it has become text: Monty hands a value that is not there yet to the host as that.

Code that awaits nothing gets no error from it: such a value is true, equal to nothing and can be printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

from .._monty.stops import DoneStop, FailedStop
from ..events.calls import CallRequest
from ..events.outcomes import Failure
from .call_remarks import CallRemarks, spelled

_TEXT: Final = '<coroutine external_future('
_COROUTINE: Final = re.compile(r'<coroutine object (\w{1,100})>')
"""All that Monty leaves of a call of an `async def` of the code's own that was not awaited."""
_MOST_PARTS: Final = 10_000


def holds_pending(value: Any) -> bool:
    """Whether a value is, or has in it, the text of a call that was not awaited."""
    return any(_TEXT in text for text in _texts(value))


def _coroutine_in(value: Any) -> str | None:
    """The name of a function of the code's own whose coroutine a value is, or has in it."""
    found = (_COROUTINE.fullmatch(text) for text in _texts(value))
    return next((match[1] for match in found if match is not None), None)


def _texts(value: Any) -> Iterator[str]:
    waiting, seen = [value], 0
    while waiting and seen < _MOST_PARTS:
        part = waiting.pop()
        seen += 1
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            waiting += cast('dict[Any, Any]', part).values()
        elif isinstance(part, (list, tuple)):
            waiting += cast('Sequence[Any]', part)[:_MOST_PARTS]


def all_awaited(done: DoneStop, never: Sequence[CallRequest], remarks: CallRemarks) -> DoneStop | FailedStop:
    """The end of a program that left calls unawaited: told, and an error where they are in the value that it gives."""
    if never and holds_pending(done.value):
        return _failed(
            f'the value of this cell has a call in it, not its result: {spelled(never)} never awaited, so not made'
        )
    function = _coroutine_in(done.value)
    if function is not None:
        return _failed(
            f'the value of this cell has a coroutine in it, not its result: {function}() was never awaited, so not made'
        )
    remarks.never_awaited(never)
    return done


def _failed(message: str) -> FailedStop:
    failure = Failure(kind='exception', exception_type='RuntimeError', message=message)
    return FailedStop(failure=failure, is_lost=False)
