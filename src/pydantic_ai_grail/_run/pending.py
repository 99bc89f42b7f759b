"""A call that was not awaited, where it has become text: Monty hands a value that is not there yet to the host as that.

Code that awaits nothing gets no error from it: such a value is true, equal to nothing and can be printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from .._monty.stops import DoneStop, FailedStop
from ..calls import CallRequest
from ..outcomes import Failure
from .call_remarks import CallRemarks, spelled

_TEXT: Final = '<coroutine external_future('
_MOST_PARTS: Final = 10_000


def holds_pending(value: Any) -> bool:
    """Whether a value is, or has in it, the text of a call that was not awaited."""
    waiting, seen = [value], 0
    while waiting and seen < _MOST_PARTS:
        part = waiting.pop()
        seen += 1
        if isinstance(part, str):
            if _TEXT in part:
                return True
        elif isinstance(part, dict):
            waiting += part.values()  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        elif isinstance(part, (list, tuple)):
            waiting += part[:_MOST_PARTS]  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
    return False


def all_awaited(done: DoneStop, never: Sequence[CallRequest], remarks: CallRemarks) -> DoneStop | FailedStop:
    """The end of a program that left calls unawaited: told, and an error where they are in the value that it gives."""
    if never and holds_pending(done.value):
        message = (
            f'the value of this cell has a call in it, not its result: {spelled(never)} never awaited, so not made'
        )
        return FailedStop(
            failure=Failure(kind='exception', exception_type='RuntimeError', message=message), is_lost=False
        )
    remarks.never_awaited(never)
    return done
