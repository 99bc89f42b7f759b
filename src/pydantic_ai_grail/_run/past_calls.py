"""What a cell that goes on knows of the calls it made before, and whether it makes the same again.

Run again from its beginning, code must make the calls it made, with the same arguments, in the same order; then each gets
the result it got. Code that does not (it depends on the time, or on chance) cannot go on exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._catalog.entries import Catalog
from ..calls import CallRequest, ToolFacts, call_id
from ..journal import NOTHING_KNOWN, CallBegan, CalledBefore, CallEnded, CallWaits, CellSuspended, Known, KnownCall
from ..typed_json import to_typed_json


class Diverged(Exception):
    """Run again, the code does not make the calls that it made before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCalls:
    """The calls of a cell before this run of it."""

    cell_id: str
    known: Known = NOTHING_KNOWN

    def find(self, ordinal: int) -> KnownCall | None:
        return self.known.calls.get(ordinal)

    def is_decided(self, waits: CallWaits | None) -> bool:
        """Whether the decisions that the cell went on with can be for this wait: it had begun when they were made."""
        return waits is None or self.known.suspended is None or waits.after != self.known.suspended.token

    def compare(self, request: CallRequest) -> None:
        """Make sure that a call is the one it was.

        Raises:
            Diverged: When it is another one.
        """
        known = self.known.calls.get(request.ordinal)
        if known is None:
            return
        began = known.began
        if not is_same_call(began, request):
            raise Diverged(
                f'its call {request.ordinal} was {began.tool}() and is {request.tool.python_name}()'
                if began.tool != request.tool.python_name
                else f'its call {request.ordinal}, to {began.tool}(), has other arguments'
            )

    def request(self, ordinal: int, catalog: Catalog | None) -> CallRequest:
        """A call of before, as it was made. Without a catalog nothing is known of its tool."""
        began = self.known.calls[ordinal].began
        entry = None if catalog is None else catalog.entries.get(began.tool)
        facts = entry.facts if entry is not None else ToolFacts(tool_name=began.tool, python_name=began.tool)
        return CallRequest(
            call_id=call_id(self.cell_id, ordinal),
            ordinal=ordinal,
            tool=facts,
            arguments=began.arguments,
            line=began.line,
        )

    def accepted(self, catalog: Catalog) -> list[CallRequest]:
        """The calls that a suspended program had made, in order."""
        count = self.known.suspended.accepted if self.known.suspended is not None else 0
        return [self.request(ordinal, catalog) for ordinal in sorted(self.known.calls) if ordinal <= count]

    def results_before_next(self, accepted: int) -> int | None:
        """How many results code had been given when it made its next call; `None` when it had made `accepted` calls."""
        later = [call.began for ordinal, call in self.known.calls.items() if ordinal > accepted]
        return min((began.had for began in later), default=None)

    def has_more_than(self, count: int) -> bool:
        """Whether more calls were made than `count`."""
        return any(ordinal > count for ordinal in self.known.calls)

    @property
    def orders(self) -> set[int]:
        """The places, in the order of settling, of the calls that settled."""
        return {call.order for call in self.known.calls.values() if call.ended is not None}

    def had(self, suspended: CellSuspended) -> list[KnownCall]:
        """The calls whose results a suspended program had."""
        return [
            call
            for ordinal, call in self.known.calls.items()
            if call.ended is not None and ordinal <= suspended.accepted and ordinal not in suspended.numbers
        ]


class CorrectedCalls:
    """The calls of failed cells, for the cell that corrects them: as long as it makes the same ones, in the same order.

    What a call raised is its result too, if its cell had gone on after it; the one whose failure ended the cell is made
    again. From the first difference on everything runs. But calls of which nobody knows are known again wherever they
    come.
    """

    def __init__(self, before: CalledBefore, earlier: Iterable[CallRequest] = ()) -> None:
        self._failed = before.failed
        self.is_same = bool(before.failed)
        """Whether it has made no other calls than the failed cell, so far."""
        self._results: dict[str, CallEnded] = {}
        self._unknown = [*before.unknown]
        self._under_way: dict[str, KnownCall] = {}
        for request in earlier:  # of this cell, before it waited
            self.compare(request)

    def compare(self, request: CallRequest) -> None:
        """Take note of the next call. In the order in which code makes them."""
        known, made = self._there(request.ordinal)
        # A call that is not there was made and never begun, if there are later ones; what it was nobody wrote down.
        self.is_same = self.is_same and known is not None and (made is None or is_same_call(made.began, request))
        if self.is_same and known is not None and made is not None and made.ended is not None:
            if not request.tool.read_only and _is_result(made, made.ended, known):
                self._results[request.call_id] = made.ended
            return
        unknown = next((call for call in self._unknown if is_same_call(call.began, request)), None)
        if unknown is not None:
            self._unknown.remove(unknown)
            self._under_way[request.call_id] = KnownCall(began=unknown.began)

    @property
    def left(self) -> tuple[KnownCall, ...]:
        """The calls of which nobody knows, and that this cell has not made."""
        return tuple(self._unknown)

    def under_way(self, request: CallRequest) -> KnownCall | None:
        """The same call there, if nobody knows whether it took effect. Each counts for one call."""
        return self._under_way.get(request.call_id)

    def result_of(self, request: CallRequest) -> CallEnded | None:
        """What the same call came to there; `None` when this one is to be made."""
        return self._results.get(request.call_id)

    def _there(self, ordinal: int) -> tuple[Known | None, KnownCall | None]:
        """The call of this number, in the newest cell that came so far."""
        for known in self._failed:
            if ordinal <= max(known.calls, default=0):
                return known, known.calls.get(ordinal)
        return None, None


def _is_result(call: KnownCall, ended: CallEnded, known: Known) -> bool:
    """Whether a call's outcome is one that its cell had gone on with."""
    if ended.state == 'returned':
        return True
    last = known.ended
    if last is None or last.handed is None:  # cut off: it had gone on, as far as its later calls show
        return call.order <= max(other.began.had for other in known.calls.values())
    return call.order <= last.handed and call.began.ordinal != last.cause


def is_same_call(began: CallBegan, other: CallRequest | CallBegan) -> bool:
    """Whether two calls are to the same tool with the same arguments, in whatever order these are named."""
    tool = other.tool.python_name if isinstance(other, CallRequest) else other.tool
    return began.tool == tool and _sorted(began.arguments) == _sorted(other.arguments)


def _sorted(arguments: Mapping[str, Any]) -> str:
    return to_typed_json({name: arguments[name] for name in sorted(arguments)})


def next_attempt(known: KnownCall | None) -> int:
    """The number of the attempt at a call that is to be made now; asking for an approval is none."""
    return 1 if known is None else known.began.attempt + (not known.only_asked)
