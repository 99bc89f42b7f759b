"""What is told of cells and calls on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

from ..admin.inspection import (
    LiveGrant,
    PastCall,
    PastCell,
    PastDecision,
    StoredWaitingCall,
    UnfinishedCell,
    shown_holder,
)
from ..admin.retention import ExpiryReport, SparedConversation
from ..events.journal_entries import DecisionKind, WaitingReason
from .plain import many, moment, printable, short, short_value

_WAITS_FOR: Final[Mapping[WaitingReason, str]] = {
    'approval': 'an approval',
    'external': 'its result, from outside',
    'unknown': 'somebody who knows whether it was made when its process died',
}
_DECIDED: Final[Mapping[DecisionKind, str]] = {
    'approve': 'approved',
    'deny': 'denied',
    'result': 'given a result',
    'raise': 'given an exception',
}


def shown_text(cells: Sequence[PastCell], grants: Sequence[LiveGrant]) -> str:
    """A conversation, cell by cell."""
    blocks = ['\n'.join(_cell_lines(number, cell)) for number, cell in enumerate(cells, start=1)]
    if grants:
        blocks.append('\n'.join(['Allowed without being asked:', *map(_grant_line, grants)]))
    return '\n\n'.join(blocks)


def waiting_text(waiting: Sequence[StoredWaitingCall]) -> str:
    """Calls that wait, the oldest first."""
    return '\n\n'.join('\n'.join(_waiting_lines(each)) for each in waiting)


def unfinished_text(unfinished: Sequence[UnfinishedCell]) -> str:
    """Cells that did not come to their end."""
    return '\n\n'.join('\n'.join(_unfinished_lines(each)) for each in unfinished)


def unreadable_text(unreadable: Sequence[UnfinishedCell]) -> str:
    """What is to be said of cells that may have calls which wait."""
    places = list(dict.fromkeys(_place(each) for each in unreadable))
    more = len(places) - _MOST_PLACES
    where = ', '.join(places[:_MOST_PLACES]) + (f' and {more:,} more conversations' if more > 0 else '')
    what = f'{many(len(unreadable), "cell")} cannot be read, and may have calls that wait'
    return f'{what}: see {where}. {_problem(unreadable[0].cell)}'


_MOST_PLACES: Final = 5
"""What is to be done stands behind them, and is to be seen."""


def _problem(cell: PastCell) -> str:
    """Ours, and whole: what to do stands at its end."""
    return ' '.join(printable(cell.problem or '').split())


def _place(where: UnfinishedCell | StoredWaitingCall | SparedConversation) -> str:
    """A conversation, and whose it is."""
    id = short(where.conversation_id)
    return f'{id} of {short(where.owner)}' if where.owner else id


def _waiting_lines(waiting: StoredWaitingCall) -> Iterator[str]:
    call = waiting.call
    yield _made(call)
    yield f'  waits for {_waits_for(call)} since {moment(waiting.since)}'
    if call.waits is not None and call.waits.reason == 'unknown':
        yield f'  began {moment(call.began_at)} with the idempotency key {call.idempotency_key}'
    if call.waits is not None and call.waits.metadata:
        yield f'  {", ".join(f"{short(name)}: {short_value(value)}" for name, value in call.waits.metadata.items())}'
    yield f'  conversation {_place(waiting)}, call {short(call.tool_call_id)}'
    yield from _lines_around(waiting)
    if waiting.is_passed:
        yield '  later cells have run: perhaps nobody will decide any more'


def _unfinished_lines(unfinished: UnfinishedCell) -> Iterator[str]:
    cell = unfinished.cell
    yield f'{_place(unfinished)}: {_status(cell)} (cell {short(cell.cell_id)})'
    if cell.problem is not None:
        yield f'  Not to be trusted: {_problem(cell)}'
    yield from (f'  - {_made(call)} {_outcome(call)}' for call in cell.calls if call.ended is None)
    if unfinished.is_passed:
        yield '  later cells have run'


def expired_text(expired: ExpiryReport, *, dry_run: bool) -> str:
    """What was forgotten, and what was not."""
    went = ' and '.join([many(expired.snapshots, 'state'), many(expired.journals, 'journal')])
    lines = [f'{"Would forget" if dry_run else "Forgot"} {went} of {many(expired.conversations, "conversation")}.']
    for each in expired.spared:
        why = 'whose journal cannot be opened' if each.status is None else f'that is {each.status}'
        lines.append(f'Kept {_place(each)} for a cell {why}, last written to {moment(each.last_written_at)}.')
    return '\n'.join(lines)


def _cell_lines(number: int, cell: PastCell) -> Iterator[str]:
    yield f'{number}. {_status(cell)} (cell {short(cell.cell_id)})'
    if cell.problem is not None:
        yield f'   Not to be trusted: {_problem(cell)}'
    if cell.code is not None:
        yield from (f'   | {line}'.rstrip() for line in printable(cell.code.rstrip()).split('\n'))
    yield from chain.from_iterable(map(_call_lines, cell.calls))
    if cell.error is not None:
        yield f'   {short(cell.error)}{"" if cell.error_line is None else f", line {cell.error_line}"}'
    if cell.variables:
        kept = ', '.join(f'{name} ({kind})' for name, kind in cell.variables.items())
        yield f'   leaves {short(kept)}'


def _status(cell: PastCell) -> str:
    match cell.status:
        case None:
            return 'unreadable'
        case 'waiting' | 'queued' if cell.waiting_since is not None:
            return f'{cell.status} since {moment(cell.waiting_since)}'
        case 'under way' if cell.began_at is not None:
            if cell.is_claimed and cell.claim is not None:
                return f'under way since {moment(cell.began_at)}, in {shown_holder(cell.claim.holder)}'
            return f'interrupted, began {moment(cell.began_at)}: no process runs it'
        case status:
            return status if cell.ended_at is None else f'{status} {moment(cell.ended_at)}'


def _call_lines(call: PastCall) -> Iterator[str]:
    line = '' if call.line is None else f'line {call.line}: '
    yield f'   - {line}{_made(call)} {_outcome(call)}'
    yield from (f'     {_decision(each)}' for each in call.decisions)
    if call.grant is not None:
        yield f'     allowed by grant {short(call.grant)}'
    if call.ended is not None and call.ended.looked_up:
        yield '     as was found when it was looked up: its process had died'
    if call.attempts == 0:
        yield '     not made: the result of the same call in the failed cell before'
    if call.attempts > 1:
        yield f'     attempt {call.attempts}'


def _made(call: PastCall) -> str:
    arguments = ', '.join(f'{name}={short_value(value)}' for name, value in call.args.items())
    return f'{short(call.tool_name)}({arguments})'


def _outcome(call: PastCall) -> str:
    if call.state == 'waiting' and call.waits is not None:
        return f'waits for {_waits_for(call)} since {moment(call.waits.at)}'
    if call.ended is None:
        return f'began {moment(call.began_at)} and did not end'
    took = f', {call.ended.seconds:.3f} s'
    if call.state == 'returned':
        return f'returned {short_value(call.ended.value)}{took}'
    raised = ': '.join(filter(None, [call.ended.exception_type, call.ended.message]))
    return f'{call.state} {short(raised)}{took}'


def _decision(decision: PastDecision) -> str:
    changed = decision.decided.arguments
    with_others = '' if changed is None else f' with {short_value(dict(changed))}'
    return f'{_DECIDED[decision.decided.kind]}{with_others} {moment(decision.at)}'


def _waits_for(call: PastCall) -> str:
    assert call.waits is not None
    until = '' if call.waits.until is None else f' (until {moment(call.waits.until)})'
    return f'{_WAITS_FOR[call.waits.reason]}{until}'


def _lines_around(waiting: StoredWaitingCall) -> Iterator[str]:
    """The line of the call, with those before and after it."""
    line, code = waiting.call.line, waiting.cell.code
    lines = [] if code is None else printable(code.rstrip()).split('\n')
    if line is None or line > len(lines):
        return
    for number in range(max(line - _LINES_AROUND, 1), min(line + _LINES_AROUND, len(lines)) + 1):
        yield f'  {">" if number == line else "|"} {number}  {lines[number - 1]}'.rstrip()


_LINES_AROUND: Final = 2


def _grant_line(grant: LiveGrant) -> str:
    uses = 'any number of calls' if grant.uses_left is None else many(grant.uses_left, 'call')
    arguments = ', '.join([*(f'{name}={short_value(value)}' for name, value in grant.args.items()), '...'])
    where = 'in one cell' if grant.scope == 'cell' else 'in the conversation'
    return (
        f'   {short(grant.tool_name)}({arguments}): {uses} {where}, since {moment(grant.granted_at)} (grant {grant.id})'
    )
