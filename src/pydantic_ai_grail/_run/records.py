"""How a call ended, as the record that replies and traces read."""

from __future__ import annotations

from .._monty.stops import RaisedBy, Returned, Settled
from ..calls import CallRecord, CallRequest, CallState


def record_of(
    request: CallRequest, state: CallState, settled: Settled, *, seconds: float, wrong: tuple[str, ...] = ()
) -> CallRecord:
    """The record of a call that settled; `wrong` are the arguments that did not pass the tool's validation."""
    return CallRecord(
        request=request,
        state=state,
        result=settled.value if isinstance(settled, Returned) else None,
        error=f'{settled.exception_type}: {settled.message}' if isinstance(settled, RaisedBy) else None,
        seconds=seconds,
        wrong_arguments=wrong,
    )
