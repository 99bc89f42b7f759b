"""The calls a failed cell made, told so that a model knows what happened outside and what must not happen twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import takewhile
from typing import Final

from ..events.calls import CallRecord, CallRequest
from . import reply_texts
from .foreign import first_line
from .preview import short

_MOST_SHOWN: Final = 8
_LAST_SHOWN: Final = 3
"""Of many calls the first and the last are shown: how it began, and how far it came."""
_ARGUMENT_CHARS: Final = 40
_CALL_CHARS: Final = 120
_RESULT_CHARS: Final = 80
_ERROR_CHARS: Final = 200


def what_happened(calls: Sequence[CallRecord], *, cause: CallRecord | None, reuses: bool = False) -> str:
    """One block per kind of end: took effect, may have, failed, waits; read-only calls are only counted. Never empty.

    `cause` is the call whose failure ended the cell; it is told elsewhere. `reuses` says that the next cell gets the
    results of the calls that it makes again from the beginning.
    """
    made = [call for call in calls if call.state == 'returned' and not call.request.tool.read_only]
    read = [call for call in calls if call.state == 'returned' and call.request.tool.read_only]
    interrupted = [call for call in calls if call.state in ('started', 'cancelled') or call.is_unknown]
    unknown = [call for call in interrupted if not call.request.tool.read_only]
    failed = [call for call in calls if call.state in ('raised', 'denied') and call is not cause]
    blocks: list[str] = []
    if made:
        blocks.append(_block(reply_texts.CALLS_MADE, made))
        if not all(call.request.tool.idempotent for call in made):
            first = takewhile(lambda call: call.is_settled and call.state != 'cancelled', calls)  # given again
            alike = reuses and {id(call) for call in made} <= {id(call) for call in first}
            blocks.append(reply_texts.call_alike(failed=bool(failed)) if alike else reply_texts.CALL_ONCE)
    if unknown:
        blocks.append(_block(reply_texts.CALLS_UNKNOWN, unknown))
    if failed:
        blocks.append(_block(reply_texts.CALLS_FAILED, failed))
    if undecided := [call for call in calls if call.state == 'waiting' and not call.is_unknown]:
        blocks.append(_block(reply_texts.CALLS_UNDECIDED, undecided))
    if read:
        blocks.append(reply_texts.CALLS_READ + counted(read))
    return '\n'.join(blocks) or (reply_texts.NO_CALLS if cause is None else reply_texts.NO_OTHER_CALLS)


def call_text(request: CallRequest) -> str:
    """A call as code: `create_refund(order='A1', amount=3)`, with long arguments cut."""
    arguments = ', '.join(
        f'{argument_name(name)}={short(value, max_chars=_ARGUMENT_CHARS)}' for name, value in request.args.items()
    )
    if len(arguments) > _CALL_CHARS:
        arguments = arguments[:_CALL_CHARS] + reply_texts.CUT_MARK
    return f'{request.tool.python_name}({arguments})'


def argument_name(name: str) -> str:
    """Of an argument; the names of those that a tool takes without naming them are any text."""
    return name if name.isidentifier() and len(name) <= _ARGUMENT_CHARS else short(name, max_chars=_ARGUMENT_CHARS)


def _block(title: str, calls: Sequence[CallRecord]) -> str:
    return f'{title}\n{listed(calls)}'


def listed(calls: Sequence[CallRecord]) -> str:
    """Calls and what they came to, one line each; of many the first and the last."""
    if len(calls) <= _MOST_SHOWN:
        return '\n'.join(_line(call) for call in calls)
    first, last = calls[: _MOST_SHOWN - _LAST_SHOWN], calls[-_LAST_SHOWN:]
    between = calls[_MOST_SHOWN - _LAST_SHOWN : -_LAST_SHOWN]
    return '\n'.join([*(_line(call) for call in first), f'  … {counted(between)} …', *(_line(call) for call in last)])


def _line(call: CallRecord) -> str:
    text = f'  {call_text(call.request)}'
    if call.state == 'returned' and call.result is not None:
        return f'{text} -> {short(call.result, max_chars=_RESULT_CHARS)}'
    if call.error is not None:
        return f'{text}: {first_line(call.error, max_chars=_ERROR_CHARS)}'
    return text


def counted(calls: Sequence[CallRecord]) -> str:
    """The tools that were called, each with how often."""
    counts = Counter(call.request.tool.python_name for call in calls)
    listed = [f'`{name}`' + (f' ×{count}' if count > 1 else '') for name, count in counts.most_common(6)]
    rest = sum(count for _, count in counts.most_common()[6:])
    return ', '.join(listed) + (f' and {rest} others' if rest else '')
