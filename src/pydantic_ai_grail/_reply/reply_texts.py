"""Every fixed sentence a model reads after a cell. Short, exact, and one thing a sentence.

Whole messages are pinned by the tests; docs/concepts/feedback.md shows them. Data comes in as text already cut to size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ..errors import (
    GrailError,
    SnapshotKeyUnknown,
    SnapshotMismatch,
    SnapshotMissing,
    SnapshotTampered,
    SnapshotTooLarge,
    SnapshotVersionMismatch,
)
from ..limits import LimitName

CUT_MARK: Final = '…'

# --- results ---------------------------------------------------------------------------------------------------------

NO_VALUE: Final = 'Done. The cell has no value: end it with an expression to see one.'


def cut_items(count: int) -> str:
    return f'{CUT_MARK} {count:,} more {"item" if count == 1 else "items"}'


def cut_keys(count: int) -> str:
    return f'{count:,} more {"key" if count == 1 else "keys"}'


def cut_text(count: int) -> str:
    return f'{CUT_MARK} {count:,} characters {CUT_MARK}'


def cut_result(description: str, how_to_get_the_rest: str) -> str:
    return f'The result is {description}: too large to show whole, so `preview` is its head. {how_to_get_the_rest}'


def rest_of_list(name: str, shown: int) -> str:
    return f'The whole is in `{name}`: look at `{name}[{shown}:{2 * shown}]`, or compute on it.'


def rest_of_items(name: str) -> str:
    return f'The whole is in `{name}`: look at single items, `{name}[0]`, or compute on it.'


def rest_of_dict(name: str) -> str:
    return f'The whole is in `{name}`: look at single keys, or compute on it.'


def rest_of_text(name: str) -> str:
    return f'The whole is in `{name}`: look at `{name}[a:b]`, or search it with code.'


def rest_of_other(name: str) -> str:
    return f'The whole is in `{name}`: compute on it and return what you need.'


REST_UNNAMED: Final = 'No variable holds it: assign it to one, and return only the part you need.'


def dropped_prints(count: int) -> str:
    return f'{count:,} more characters were printed and dropped. Print less: a slice, a count, a total.'


def cut_prints(count: int, most: int) -> str:
    return f'The middle of what was printed is left out: {count:,} characters are more than {most:,}.'


def files_left_out(count: int, most: int) -> str:
    return f'{count:,} more {"file is" if count == 1 else "files are"} not shown: one result shows at most {most}.'


def more_lines(count: int) -> str:
    return f'{CUT_MARK} {count:,} more lines'


def rewritten(lines: Sequence[int], note: str) -> str:
    return f'Changed in {lines_named(lines)}: {note}'


def more_changes(count: int) -> str:
    return f'{CUT_MARK} and {count:,} more kinds of changes.'


def lines_named(lines: Sequence[int]) -> str:
    listed = ', '.join(map(str, lines[:6])) + (f', {CUT_MARK}' if len(lines) > 6 else '')
    return f'line {listed}' if len(lines) == 1 else f'lines {listed}'


def more_remarks(count: int) -> str:
    return f'{CUT_MARK} and {count:,} more lines like these.'


def remarked(line: int, message: str, fix: str | None) -> str:
    return f'Line {line}: {message}' if fix is None else f'Line {line}: {message} Perhaps {fix} was meant.'


# --- state -----------------------------------------------------------------------------------------------------------


def live_variables(names: Sequence[str], more: int) -> str:
    listed = ', '.join(names)
    return f'Variables from earlier turns are live: {listed}{f" and {more:,} more" if more else ""}.'


def live_definitions(names: Sequence[str], more: int) -> str:
    return f'Functions, classes and modules: {", ".join(names)}{f" and {more:,} more" if more else ""}.'


STATE_GONE: Final[Mapping[type[GrailError], str]] = {
    SnapshotMissing: 'they are not stored any more',
    SnapshotTampered: 'their stored copy was damaged',
    SnapshotKeyUnknown: 'their stored copy could not be opened',
    SnapshotMismatch: 'their stored copy belongs to another conversation',
    SnapshotVersionMismatch: 'another version of the sandbox stored them',
    SnapshotTooLarge: 'they were too large',
    GrailError: 'their stored copy could not be read',
}
"""Why earlier variables are gone, by the error that the restore met."""


def state_gone(why: str) -> str:
    return f'All variables and functions of earlier cells are gone ({why}). Define again what you still need.'


STATE_UNSAVED: Final = 'The variables of this cell could not be stored; a later turn may not have them.'
STATE_TOO_LARGE: Final = (
    'The variables of this cell could not be kept: they are too large. Variables are as they were before it. Keep only '
    'the parts you need.'
)

# --- refusals --------------------------------------------------------------------------------------------------------

REFUSED_STATE: Final = 'Nothing ran: no tool was called, no variable changed. Send the corrected cell.'
REFUSED_MANY: Final = '{count} mistakes, found before anything ran:'


def write_instead(fix: str) -> str:
    return f'Write: {fix}'


def did_you_mean(name: str) -> str:
    return f'Did you mean {name}?'


def also_at(lines: str) -> str:
    return f'The same in line {lines}.'


def more_mistakes(count: int) -> str:
    return f'… and {count} more {"mistake" if count == 1 else "mistakes"}.'


# --- failures --------------------------------------------------------------------------------------------------------


def call_raised(call: str, error: str) -> str:
    return f'{call} raised {error}'


def call_denied(call: str, error: str) -> str:
    return f'{call} was denied: {error}'


def check_says(remark: str) -> str:
    return f'The type check says of this line: {remark}'


CRASHED: Final = 'The sandbox died while it ran this cell. Most often the cell needed far too much memory at once.'
CRASHED_FIX: Final = 'Do the work in smaller pieces; do not send the same cell again.'
CANCELLED: Final = 'The run was cancelled while this cell ran.'

LIMITS: Final[Mapping[LimitName, tuple[str, str]]] = {
    'time': (
        'The cell computed for too long and was stopped',
        'Do less in one cell: fewer items, no endless loop, a faster way. Waiting for tools does not count.',
    ),
    'memory': (
        'The cell needed more memory than it may have',
        'Keep less at once: work in batches, and keep only the fields you need.',
    ),
    'suspensions': (
        'The cell turned to the host too often (calls, awaits, imports)',
        'Make fewer calls in one cell and continue in the next one.',
    ),
    'tool-calls': (
        'The cell made more tool calls than one cell may',
        'Call in smaller batches: keep what you have in a variable and continue in the next cell.',
    ),
    'sleep': ('The cell slept longer than it may', 'Do not wait with `sleep`; continue with other work.'),
    'prints': ('The cell printed more than it may', 'Print a slice, a count or a total.'),
}
"""What each limit says when it ends a cell, and what to do."""


def limit_reached(what: str, detail: str) -> str:
    return f'{what}: {detail}' if detail else f'{what}.'


def where(line: int, function: str | None, *, in_this_cell: bool) -> str:
    place = f'line {line}' + (f', in `{function}`' if function else '')
    return place if in_this_cell else f'{place}, of an earlier cell'


def more_frames(count: int) -> str:
    return f'… {count:,} more calls'


def same_frame(count: int) -> str:
    return f'… {count:,} more times the same'


PRINTED: Final = 'Printed before it stopped:'
UNSAVED: Final = (
    'An earlier run of this conversation was interrupted, was taken back, or still runs beside this one. These messages do not show '
    'what it did; it stays done.'
)
CALLS_MADE_TOO: Final = 'In an interrupted cell, these were made too:'
CALL_THE_SAME: Final = (
    'Continue from there. If code makes them again, with the same arguments, they return this and are not run again.'
)
CALL_AND_ASK: Final = 'If one is still needed, make it with exactly these arguments: a person is asked first.'
CALLS_MADE: Final = 'Calls that were made and are not undone:'
CALLS_UNKNOWN: Final = 'Interrupted before they answered, so they may have taken effect:'
CALLS_FAILED: Final = 'Calls that failed:'
CALLS_UNDECIDED: Final = 'Nobody had decided on these when the cell stopped:'
CALLS_READ: Final = 'Read-only calls that returned: '
NO_CALLS: Final = 'This cell called no tool.'
NO_OTHER_CALLS: Final = 'This cell called no other tool.'
CALL_ONCE: Final = 'Use what they returned; make none again that changes anything.'


def call_alike(*, failed: bool) -> str:
    again = 'return or raise the same' if failed else 'return this'
    return (
        f'The same calls, made first and in the same order, {again} without being run again. Otherwise use what they '
        'returned; make none again that changes anything.'
    )


def unused(calls: str) -> str:
    return f'These ran too, though the cell did not await them:\n{calls}'


def as_text(tool: str, kinds: Sequence[str]) -> str:
    listed = ', '.join(f'`{kind}`' for kind in kinds)
    return f'`{tool}` returned {listed}, which has no form here: code got the text of it.'


def lost_content(tool: str, why: str) -> str:
    return f'`{tool}` ran and code has its value, but what it returned for you to look at is lost: {why}'


def reused(calls: str, *, raised: bool) -> str:
    gave = 'They gave what they had returned' + (', or raised what they had raised.' if raised else '.')
    return f'Not run again, as a cell that failed or was interrupted had made the same calls: {calls}. {gave}'


def changed(calls: str) -> str:
    return f'A person approved with changes: {calls}.'


def changed_call(requested: str, made: str) -> str:
    return f'`{requested}` was made as `{made}`'


STATE_KEPT: Final = 'What the cell assigned before it stopped is kept; continue from there.'


def variables_kept(names: str) -> str:
    return f'What the cell assigned before it stopped is kept: {names}. Continue from there.'


def variable_from(name: str, tools: str) -> str:
    return f'`{name}` (from {tools})' if tools else f'`{name}`'


# --- keys and arguments ----------------------------------------------------------------------------------------------

NO_KEYS: Final = 'The dict is empty: set the key first, or use `d.get(key, default)`.'


def keys_there(keys: str, meant: str | None) -> str:
    return f'Its keys: {keys}. ' + (f'Did you mean {meant}?' if meant else 'Where one may be absent, use `d.get(key)`.')


def keys_of_result(tool: str, keys: str, meant: str) -> str:
    return f'What `{tool}` returned has the keys: {keys}. Did you mean {meant}?'


def and_more(count: int) -> str:
    return f'and {count:,} more'


def none_given(argument: str, expression: str | None) -> str:
    if expression is None:
        return f'`{argument}` must not be None: test the value first, `if x is not None`.'
    return f'`{expression}` is None here, and `{argument}` must not be: test it first, `if {expression} is not None`.'


def other_zone(named: str, *, has_zone: bool) -> str:
    how, theirs, code = ('without', 'none', 'None') if has_zone else ('with', 'one', 'timezone.utc')
    return f'Give {named} {how} a timezone, as the times of the tool have {theirs}: `d.replace(tzinfo={code})`.'


STATE_LOST: Final = 'Nothing this cell assigned is kept: variables are as they were before it.'


def give_up(count: int) -> str:
    return (
        f'That was failure {count} in a row. Stop running code now: answer with what you already know, '
        'and say plainly what you could not do and why.'
    )


# --- waiting ---------------------------------------------------------------------------------------------------------


def waiting(calls: str) -> str:
    return f'The cell waits where it stands for: {calls}'


DECIDED_BEFORE: Final = (
    'The calls of this cell were decided on otherwise before this answer came. The first answer counts; the later one did '
    'nothing.'
)


def request_again(resume: str) -> str:
    return f'Nothing else has happened. Call `run_code` with `resume={resume!r}`, to ask for these calls.'


def resume_code(calls: Sequence[str]) -> str:
    """The code of a call that resumes a cell."""
    return '\n'.join(['# Resumes the cell above, if this is approved:', *calls])


def denied(message: str) -> str:
    return f'A person denied the cell: {message}\nNothing more of it runs, and nothing that it assigned is kept.'


def nothing_to_resume(resume: str) -> str:
    return f'No cell {resume!r} is in this conversation. Nothing ran. To run code, leave `resume` out.'
