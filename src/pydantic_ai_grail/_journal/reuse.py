"""What a cell is given of the cells before it that failed or were interrupted, instead of making their calls again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from .._common.typed_json import to_typed_json
from ..events.calls import MADE_WITH, CallRequest
from ..events.journal_entries import CallBegan, CallEnded, EarlierCalls, JournaledCall, JournalState

IsReadOnly: TypeAlias = Callable[[str], bool]
"""Whether the tool of this name changes nothing, as far as is known."""


class ReusableCalls:
    """The calls of cells before, for the cell that comes after them.

    Those of failed cells, as long as it makes the same ones, in the same order; calls that change nothing do not count, and
    are made. What a call raised is its result too, if its cell continued after it; the one whose failure ended the cell is
    made again. From the first difference on everything runs. But the calls of an interrupted cell, and
    those with an unknown outcome, are recognised wherever they come: each once.
    """

    def __init__(self, before: EarlierCalls, *, is_read_only: IsReadOnly, earlier: Iterable[CallRequest] = ()) -> None:
        self._made = _longest([(journaled, changing(journaled, is_read_only)) for journaled in before.failed])
        self._place = 0
        self.is_same = bool(before.failed)
        """Whether it has made no other calls than the failed cell, so far."""
        self._results: dict[str, JournaledCall] = {}
        self._done = [*before.done]
        self._unknown = [*before.unknown]
        self._unknown_outcomes: dict[str, JournaledCall] = {}
        for request in earlier:  # of this cell, before it waited
            self.compare(request)

    def compare(self, request: CallRequest) -> None:
        """Take note of the next call. In the order in which code makes them."""
        if not request.tool.read_only and self._is_there(request):
            return
        unknown = _taken(self._unknown, request)
        if unknown is not None:
            self._unknown_outcomes[request.tool_call_id] = JournaledCall(began=unknown.began)

    def _is_there(self, request: CallRequest) -> bool:
        """Whether the same call ended in a cell before; then its result is noted, if it is one."""
        journaled, made = self._there(request)
        if journaled is not None and made is not None and made.ended is not None:
            if _is_result(made, made.ended, journaled):
                self._results[request.tool_call_id] = made
            return True
        done = _taken(self._done, request)
        if done is not None and done.ended is not None:
            self._results[request.tool_call_id] = done
        return done is not None

    @property
    def done(self) -> tuple[JournaledCall, ...]:
        """The calls of interrupted cells, and that this cell has not made."""
        return tuple(self._done)

    @property
    def unknown(self) -> tuple[JournaledCall, ...]:
        """The calls with an unknown outcome that this cell has not made."""
        return tuple(self._unknown)

    def unknown_outcome(self, request: CallRequest) -> JournaledCall | None:
        """The same call there, if its outcome is unknown. Each counts for one call."""
        return self._unknown_outcomes.get(request.tool_call_id)

    def result_of(self, request: CallRequest) -> CallEnded | None:
        """What the same call came to there; `None` when this one is to be made."""
        made = self._results.get(request.tool_call_id)
        return None if made is None else made.ended

    def made_with(self, request: CallRequest) -> Mapping[str, Any] | None:
        """What a person had that call made with instead of what code gave, if somebody changed it."""
        made = self._results.get(request.tool_call_id)
        return None if made is None else made.began.tool_metadata.get(MADE_WITH)

    def _there(self, request: CallRequest) -> tuple[JournalState | None, JournaledCall | None]:
        """The failed cells' call at the place where the cell is, if it is the same."""
        if not self.is_same:
            return None, None
        rest = self._made[self._place :]
        ahead = next((number for number, (_, call) in enumerate(rest) if call is not None), len(rest))
        if ahead < len(rest):
            journaled, call = rest[ahead]
            if call is not None and is_same_call(call.began, request):
                self._place += ahead + 1
                return journaled, call
        # A call that was made and never begun, of which nobody wrote down what it was, may have been this one.
        self.is_same = ahead > 0
        self._place += 1
        return None, None


def changing(journaled: JournalState, is_read_only: IsReadOnly) -> list[JournaledCall | None]:
    """The calls of a cell that may have changed something, in order; `None` for one that was made and never begun."""
    calls = (journaled.calls.get(ordinal) for ordinal in range(1, max(journaled.calls, default=0) + 1))
    return [call for call in calls if call is None or not is_read_only(call.began.tool)]


def is_same_call(began: CallBegan, other: CallRequest | CallBegan) -> bool:
    """Whether two calls are to the same tool with the same arguments, in whatever order these are named."""
    if isinstance(other, CallRequest):
        tool, arguments = other.tool.python_name, other.args
    else:
        tool, arguments = other.tool, other.arguments
    return began.tool == tool and _sorted(began.arguments) == _sorted(arguments)


def _longest(
    cells: Iterable[tuple[JournalState, list[JournaledCall | None]]],
) -> list[tuple[JournalState, JournaledCall | None]]:
    """The calls of cells that made the same ones, as far as they came: each from the newest that came so far."""
    longest: list[tuple[JournalState, JournaledCall | None]] = []
    for journaled, calls in cells:
        longest += [(journaled, call) for call in calls[len(longest) :]]
    return longest


def _taken(calls: list[JournaledCall], request: CallRequest) -> JournaledCall | None:
    found = next((call for call in calls if is_same_call(call.began, request)), None)
    if found is not None:
        calls.remove(found)
    return found


def _is_result(call: JournaledCall, ended: CallEnded, journaled: JournalState) -> bool:
    """Whether a call's outcome is one that its cell continued with."""
    if ended.state == 'returned':
        return True
    last = journaled.ended
    continued = last is not None and last.delivered is not None and call.order <= last.delivered
    return continued and last is not None and call.began.ordinal != last.cause


def _sorted(arguments: Mapping[str, Any]) -> str:
    return to_typed_json({name: arguments[name] for name in sorted(arguments)})
