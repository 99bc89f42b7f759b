"""A cell that was refused or failed, as the model reads it.

Always in this order: what is wrong, where, what to write instead, what already happened, what state is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from ..events.calls import CallRecord
from ..events.diagnostics import Diagnostic
from ..events.outcomes import CodeFrame, Failed, Failure, Refused
from . import reply_texts
from .call_report import call_text, what_happened
from .changes import changes
from .excerpt import excerpt, line_of
from .foreign import quoted, quoted_after_first
from .hints import advice
from .kept import kept_variables, may_have_assigned
from .offered import NAME, instead

_MOST_DIAGNOSTICS: Final = 8
_REFUSAL_CHARS: Final = 1_500
_MISTAKE_CHARS: Final = 490
"""One mistake and what follows it stay under 600 characters; so short a message is read whole."""
_ERROR_CHARS: Final = 800
_PRINTED_CHARS: Final = 1_500
_MOST_FRAMES: Final = 5
_MOST_NAMES: Final = 12


def refused(outcome: Refused, *, notes: Sequence[str]) -> str:
    """Why nothing ran: each mistake once, with its place and its fix. One mistake takes under 600 characters."""
    groups = _grouped(outcome.refusals)
    texts: list[str] = []
    for group in groups[:_MOST_DIAGNOSTICS]:
        text = _mistake(group, outcome.source)
        if texts and sum(map(len, texts)) + len(text) > _REFUSAL_CHARS:
            break
        texts.append(text)
    if len(groups) > 1:
        texts = [f'{number}. {text}' for number, text in enumerate(texts, 1)]
        texts.insert(0, reply_texts.REFUSED_MANY.format(count=len(groups)))
    if left := len(groups) - len(texts) + (len(groups) > 1):
        texts.append(reply_texts.more_mistakes(left))
    return '\n'.join([*texts, reply_texts.REFUSED_STATE, *notes])


def failed(
    outcome: Failed, *, variables: Sequence[str] | None, notes: Sequence[str], reuses_calls: bool = False
) -> str:
    """Why the cell stopped, what it had done by then and what is left of it."""
    failure = outcome.failure
    cause = _cause(outcome)
    parts = [_what(failure, cause), *_where(failure, outcome.source)]
    if (fix := _fix(outcome, cause)) is not None:
        parts.append(fix)
    if outcome.printed.text:
        parts.append(f'{reply_texts.PRINTED}\n{quoted(outcome.printed.text, max_chars=_PRINTED_CHARS)}')
    parts.append(what_happened(outcome.calls, cause=cause, reuses=reuses_calls))
    parts.extend(changes(outcome.rewrites))
    parts.append(_state(outcome, variables))
    parts.extend(notes)
    return '\n'.join(part for part in parts if part)


def _grouped(refusals: Sequence[Diagnostic]) -> list[list[Diagnostic]]:
    """One diagnostic per place; those that say the same of several places together, in the order of the first."""
    places: dict[tuple[int, int], Diagnostic] = {}
    for item in refusals:
        places.setdefault((item.position.line, item.position.column), item)
    groups: dict[tuple[str, str, str | None], list[Diagnostic]] = {}
    for _, item in sorted(places.items()):
        groups.setdefault((item.code, item.message, item.fix), []).append(item)
    return list(groups.values())


def _mistake(group: list[Diagnostic], source: str) -> str:
    first = group[0]
    position = first.position
    parts: list[str] = []
    if (text := line_of(source, position.line)) is not None:
        end_column = position.end_column if position.end_line in (None, position.line) else None
        parts.append(excerpt(text, label=f'line {position.line}: ', column=position.column, end_column=end_column))
    if lines := _lines_beside(group):
        parts.append(reply_texts.also_at(lines))
    room = _MISTAKE_CHARS - sum(map(len, parts))
    message = quoted_after_first(first.message, max_chars=room // 2 if first.fix is not None else room)
    if first.fix is not None:
        parts.append(instead(quoted_after_first(first.fix, max_chars=room - len(message))))
    return '\n'.join([message, *parts])


def _lines_beside(group: list[Diagnostic]) -> str:
    lines = sorted({item.position.line for item in group} - {group[0].position.line})
    return ', '.join(map(str, lines[:6])) + (', …' if len(lines) > 6 else '')


def _what(failure: Failure, cause: CallRecord | None) -> str:
    message = quoted_after_first(failure.message, max_chars=_ERROR_CHARS)
    match failure.kind:
        case 'limit':
            what = reply_texts.LIMITS[failure.limit][0] if failure.limit is not None else failure.exception_type
            return reply_texts.limit_reached(what, message)
        case 'crash':
            return reply_texts.CRASHED
        case 'cancelled':
            return reply_texts.CANCELLED
        case 'exception':
            kind = failure.exception_type if NAME.fullmatch(failure.exception_type) else 'Exception'
            text = f'{kind}: {message}' if message else kind
            if cause is None:
                return text
            word = reply_texts.call_denied if cause.state == 'denied' else reply_texts.call_raised
            return word(call_text(cause.request), text)


def _fix(outcome: Failed, cause: CallRecord | None) -> str | None:
    match outcome.failure.kind:
        case 'limit':
            return reply_texts.LIMITS[outcome.failure.limit][1] if outcome.failure.limit is not None else None
        case 'crash':
            return reply_texts.CRASHED_FIX
        case 'cancelled':
            return None
        case 'exception':
            text = advice(outcome, cause=cause)
            return None if text is None else quoted_after_first(text, max_chars=_ERROR_CHARS)


def _where(failure: Failure, source: str) -> list[str]:
    """The line that failed first, then the calls that led to it; a function that calls itself is shown once."""
    runs = [(frame, len([*same])) for frame, same in groupby(reversed(failure.frames))]
    between = runs[_MOST_FRAMES - 1 : -1]
    shown: list[str] = []
    for frame, times in [*runs[: _MOST_FRAMES - 1], *runs[-1:]] if between else runs:
        if between and frame is runs[-1][0]:
            shown.append(reply_texts.more_frames(sum(count for _, count in between)))
        shown.append(_frame(frame, source))
        if times > 1:
            shown.append(reply_texts.same_frame(times - 1))
    return shown


def _frame(frame: CodeFrame, source: str) -> str:
    function = None if frame.function == '<module>' else frame.function
    label = reply_texts.where(frame.line, function, in_this_cell=frame.in_this_cell) + ': '
    ran = line_of(frame.source_line or '', 1) or ''
    written = line_of(source, frame.line) if frame.in_this_cell else ran
    if not written:
        return label.removesuffix(': ')
    start, end = _place(frame, ran=ran or written, written=written)
    return excerpt(written, label=label, column=start, end_column=end)


def _place(frame: CodeFrame, *, ran: str, written: str) -> tuple[int | None, int | None]:
    """The frame's columns in the line as it was written, which a rewrite may have moved; none where that is unclear."""
    if ran.strip() == written.strip():
        moved = len(written) - len(written.lstrip()) - (len(ran) - len(ran.lstrip()))
        end = frame.end_column + moved if frame.end_column is not None else None
        return frame.column + moved, end
    piece = ran[frame.column - 1 : frame.end_column - 1 if frame.end_column is not None else None]
    if piece and written.count(piece) == 1:
        start = written.index(piece) + 1
        return start, start + len(piece)
    return None, None


def _cause(outcome: Failed) -> CallRecord | None:
    """The call that raised what ended the cell."""
    ordinal = outcome.failure.ordinal
    return next((call for call in outcome.calls if call.request.ordinal == ordinal), None)


def _state(outcome: Failed, variables: Sequence[str] | None) -> str:
    if outcome.state_lost:
        return reply_texts.STATE_LOST
    kept = kept_variables(outcome)
    names = list(variables if variables is not None else kept)
    listed = [
        reply_texts.variable_from(name, ', '.join(f'`{tool}`' for tool in kept.get(name, ())))
        for name in names[-_MOST_NAMES:]
    ]
    if not listed:
        return reply_texts.STATE_KEPT if may_have_assigned(outcome) else ''
    return reply_texts.variables_kept(('…, ' if len(names) > _MOST_NAMES else '') + ', '.join(listed))
