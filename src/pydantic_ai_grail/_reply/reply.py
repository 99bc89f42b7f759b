"""From an outcome to what the model reads: the only entry to this folder.

Structure comes in, words go out; nothing is decided here about runs, retries or state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, assert_never

from pydantic_ai.messages import UserContent

from ..errors import GrailError
from ..events.calls import CallRecord, CallRequest
from ..events.outcomes import Completed, Failed, Outcome, Refused, Suspended
from . import reply_texts
from .call_report import argument_name, call_text, counted, listed, what_happened
from .failure import failed, refused
from .foreign import first_line, quoted_after_first
from .preview import both_ends, short
from .success import MAX_RESULT_CHARS, completed

_MOST_NAMES: Final = 40
_NAME_CHARS: Final = 80
_DENIAL_CHARS: Final = 800
_PLAIN_CHARS: Final = 400
_LOST_CHARS: Final = 200
WAITING_FOR: Final = 'waiting_for'
RESUME: Final = 'resume'
"""In the reply of a cell that waits again: the calls that it waits for, and the call that asked for the cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What becomes of a cell in the message history."""

    return_value: Any = None
    """For `ToolReturn.return_value`, when `error` is `None`: one object (see `success.py`), or a list of it and files."""
    error: str | None = None
    """For `ToolFailed`: why the cell was refused or failed."""
    content: tuple[UserContent, ...] = ()
    """For `ToolReturn.content`: what nested calls sent to the model beside their results."""


def render(
    outcome: Outcome,
    *,
    max_result_chars: int = MAX_RESULT_CHARS,
    notes: Sequence[str] = (),
    variables: Sequence[str] | None = None,
    content: Sequence[UserContent] = (),
    reuses_calls: bool = False,
) -> Reply:
    """Word an outcome for the model.

    Args:
        outcome: How the cell ended.
        max_result_chars: Size a result, and what was printed, may have before it is cut.
        notes: What else there is to tell, one sentence each, such as `variables_note(...)`.
        variables: Names that live after a failed cell, if they are known.
        content: `ToolReturn.content` of nested calls, in the order of the calls.
        reuses_calls: Whether a cell that corrects a failed one gets the results of the calls that it makes again.
    """
    match outcome:
        case Completed():
            payload, files = completed(outcome, max_chars=max_result_chars, notes=notes)
            return Reply(return_value=[payload, *files] if files else payload, content=tuple(content))
        case Refused():
            return Reply(error=refused(outcome, notes=notes), content=tuple(content))
        case Failed():
            return Reply(
                error=failed(outcome, variables=variables, notes=notes, reuses_calls=reuses_calls),
                content=tuple(content),
            )
        case Suspended():
            waiting = ', '.join(call_text(call.request) for call in outcome.waiting)
            return Reply(return_value={'notes': [reply_texts.waiting(waiting)]}, content=tuple(content))
        case _:
            assert_never(outcome)


def variables_note(names: Sequence[str], *, defined: Sequence[str] = ()) -> str | None:
    """What lives from earlier turns; `None` when nothing does.

    Args:
        names: Variables, the newest first. A name may have its type: `rows (list)`.
        defined: Functions, classes and modules.
    """
    sentences: list[str] = []
    if names:
        sentences.append(reply_texts.live_variables(_named(names), max(len(names) - _MOST_NAMES, 0)))
    if defined:
        sentences.append(reply_texts.live_definitions(_named(defined), max(len(defined) - _MOST_NAMES, 0)))
    return ' '.join(sentences) or None


def _named(names: Sequence[str]) -> list[str]:
    return [first_line(name, max_chars=_NAME_CHARS) for name in names[:_MOST_NAMES]]


def unsaved_note(
    others: Sequence[CallRecord], interrupted: Sequence[CallRecord], *, reuses: bool, asks: bool
) -> str | None:
    """What cells called that the messages do not show; `None` when that changed nothing.

    Args:
        others: The calls of cells that came to their end, or were interrupted long ago.
        cut_off: Those of interrupted cells.
        reuses: Whether these give what they had returned when they are made again.
        asks: Whether a person is asked before a call with an unknown outcome is made again.
    """
    made_before, made = _returned(others), _returned(interrupted)
    unknown = [
        call for call in (*others, *interrupted) if call.state == 'cancelled' and not call.request.tool.read_only
    ]
    lines: list[str] = []
    if made_before:
        lines += [reply_texts.CALLS_MADE, listed(made_before), reply_texts.CALL_ONCE]
    if made:
        again = reply_texts.CALL_THE_SAME if reuses else reply_texts.CALL_ONCE
        lines += [reply_texts.CALLS_MADE_TOO if made_before else reply_texts.CALLS_MADE, listed(made), again]
    if unknown:
        lines += [reply_texts.CALLS_UNKNOWN, listed(unknown), *([reply_texts.CALL_AND_ASK] if asks else ())]
    return '\n'.join([reply_texts.UNSAVED, *lines]) if lines else None


def _returned(calls: Sequence[CallRecord]) -> list[CallRecord]:
    return [call for call in calls if call.state == 'returned' and not call.request.tool.read_only]


def state_lost_note(reason: GrailError) -> str:
    """One sentence for the cell that had to start without the state that the history speaks of."""
    return reply_texts.state_gone(
        next(reply_texts.STATE_GONE[kind] for kind in type(reason).__mro__ if kind in reply_texts.STATE_GONE)
    )


def state_unsaved_note() -> str:
    """One sentence for a cell whose state could not be stored after it."""
    return reply_texts.STATE_UNSAVED


def changed_note(calls: Sequence[tuple[CallRequest, Mapping[str, Any]]]) -> list[str]:
    """What calls were made with that a person had approved with other arguments than code gave."""
    texts = [(call_text(request), call_text(replace(request, args=made))) for request, made in calls]
    changes = [reply_texts.changed_call(requested, made) for requested, made in texts if requested != made]
    return [reply_texts.changed(', '.join(changes))] if changes else []


def reused_note(calls: Sequence[CallRecord]) -> list[str]:
    """A sentence on calls that were answered with what they had returned in the failed cell before, if there are any."""
    return [reply_texts.reused(counted(calls), raised=any(call.error is not None for call in calls))] if calls else []


def unused_note(calls: Sequence[CallRecord]) -> list[str]:
    """A sentence on calls that ran though nothing awaited them, if there are any."""
    return [reply_texts.unused(listed(calls))] if calls else []


def results_note(calls: Sequence[CallRecord]) -> list[str]:
    """What there is to know of the results that code got: which are from before, and which are not all that was returned."""
    return [*reused_note([call for call in calls if call.is_reused]), *incomplete_note(calls)]


def incomplete_note(calls: Sequence[CallRecord]) -> list[str]:
    """A sentence for each tool of whose result code got a text only, or the model nothing to look at."""
    kinds: dict[str, dict[str, None]] = {}
    for call in calls:
        if call.as_text:
            kinds.setdefault(call.request.tool.python_name, {}).update(dict.fromkeys(call.as_text))
    lost = {call.request.tool.python_name: call.lost_content for call in calls if call.lost_content is not None}
    return [
        *(reply_texts.as_text(tool, list(names)) for tool, names in kinds.items()),
        *(reply_texts.lost_content(tool, both_ends(why, _LOST_CHARS)) for tool, why in lost.items()),
    ]


def give_up(failures: int) -> str:
    """What to add to the text of a failure once the budget of failures in a row is spent."""
    return reply_texts.give_up(failures)


def plain_call(tool: str, arguments: Mapping[str, Any]) -> str:
    """A call as code, for whoever decides on it: with its arguments in the types that code gave them."""
    given = (f'{argument_name(name)}={short(value, max_chars=_PLAIN_CHARS)}' for name, value in arguments.items())
    return f'{tool}({", ".join(given)})'


def decided_before_note() -> str:
    """For a cell whose calls were decided on otherwise before."""
    return reply_texts.DECIDED_BEFORE


def denied(message: str, calls: Sequence[CallRecord], *, notes: Sequence[str], reuses: bool) -> str:
    """For a cell that a person denied as a whole, with the calls that it had made before."""
    return '\n'.join(
        [
            reply_texts.denied(quoted_after_first(message, max_chars=_DENIAL_CHARS)),
            what_happened(calls, cause=None, reuses=reuses),
            *notes,
        ]
    )


def suspended_again(calls: Sequence[str], *, resume: str, notes: Sequence[str]) -> dict[str, Any]:
    """For a cell that waits for decisions which another call has to ask for."""
    return {WAITING_FOR: [*calls], RESUME: resume, 'notes': [*notes, reply_texts.request_again(resume)]}


def resume_code(calls: Sequence[str]) -> str:
    """The code of a call that resumes a cell which waits for these."""
    return reply_texts.resume_code(calls)


def nothing_to_resume(resume: str) -> str:
    """For a call that resumes a cell which the messages do not have."""
    return reply_texts.nothing_to_resume(resume)
