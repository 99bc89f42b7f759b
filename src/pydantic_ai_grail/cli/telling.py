"""What is told of cells and calls on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

from ..inspecting import LiveGrant, PastCall, PastCell, PastDecision, WaitingInStore
from ..journal import DecisionKind, WaitingReason
from ..upkeep import Expired
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


def waiting_text(waiting: Sequence[WaitingInStore]) -> str:
    """Calls that wait, the oldest first."""
    blocks = (
        [
            _made(each.call),
            f'  waits for {_waits_for(each.call)} since {moment(each.since)}',
            f'  conversation {short(each.conversation_id)}, call {short(each.call.id)}{_source_line(each)}',
            *(['  later cells have run: perhaps nobody will decide any more'] if each.is_passed else ()),
        ]
        for each in waiting
    )
    return '\n\n'.join(map('\n'.join, blocks)) or 'No call waits.'


def expired_text(expired: Expired, *, dry_run: bool) -> str:
    """What was forgotten, and what was not."""
    went = ' and '.join([many(expired.snapshots, 'state'), many(expired.journals, 'journal')])
    lines = [f'{"Would forget" if dry_run else "Forgot"} {went} of {many(expired.conversations, "conversation")}.']
    for each in expired.spared:
        why = 'whose journal cannot be opened' if each.standing is None else f'that is {each.standing}'
        lines.append(
            f'Kept {short(each.conversation_id)} for a cell {why}, last written to {moment(each.last_written_at)}.'
        )
    return '\n'.join(lines)


def _cell_lines(number: int, cell: PastCell) -> Iterator[str]:
    yield f'{number}. {_standing(cell)} (cell {short(cell.cell_id)})'
    if cell.problem is not None:
        yield f'   Not to be trusted: {short(cell.problem)}'
    if cell.code is not None:
        yield from (f'   | {line}'.rstrip() for line in printable(cell.code.rstrip()).split('\n'))
    yield from chain.from_iterable(map(_call_lines, cell.calls))
    if cell.variables:
        kept = ', '.join(f'{name} ({kind})' for name, kind in cell.variables.items())
        yield f'   leaves {short(kept)}'


def _standing(cell: PastCell) -> str:
    match cell.standing:
        case None:
            return 'unreadable'
        case 'waiting' | 'queued' if cell.waiting_since is not None:
            return f'{cell.standing} since {moment(cell.waiting_since)}'
        case 'under way' if cell.began_at is not None:
            return f'under way since {moment(cell.began_at)}, or its process died'
        case standing:
            return standing if cell.ended_at is None else f'{standing} {moment(cell.ended_at)}'


def _call_lines(call: PastCall) -> Iterator[str]:
    line = '' if call.line is None else f'line {call.line}: '
    yield f'   - {line}{_made(call)} {_outcome(call)}'
    yield from (f'     {_decision(each)}' for each in call.decisions)
    if call.grant is not None:
        yield f'     allowed by grant {short(call.grant)}'
    if call.attempts == 0:
        yield '     not made: the result of the same call in the failed cell before'
    if call.attempts > 1:
        yield f'     attempt {call.attempts}'


def _made(call: PastCall) -> str:
    arguments = ', '.join(f'{name}={short_value(value)}' for name, value in call.arguments.items())
    return f'{short(call.tool)}({arguments})'


def _outcome(call: PastCall) -> str:
    if call.state == 'waiting' and call.waits is not None:
        return f'waits for {_waits_for(call)} since {moment(call.waits.at)}'
    if call.ended is None:
        return f'began {moment(call.began_at)} and did not end'
    took = f', {call.ended.seconds:.3f} s'
    if call.state == 'returned':
        return f'returned {short_value(call.ended.value)}{took}'
    said = ': '.join(filter(None, [call.ended.exception_type, call.ended.message]))
    return f'{call.state} {short(said)}{took}'


def _decision(decision: PastDecision) -> str:
    changed = decision.decided.arguments
    with_others = '' if changed is None else f' with {short_value(dict(changed))}'
    return f'{_DECIDED[decision.decided.kind]}{with_others} {moment(decision.at)}'


def _waits_for(call: PastCall) -> str:
    assert call.waits is not None
    until = '' if call.waits.until is None else f' (until {moment(call.waits.until)})'
    return f'{_WAITS_FOR[call.waits.reason]}{until}'


def _source_line(waiting: WaitingInStore) -> str:
    line, code = waiting.call.line, waiting.cell.code
    lines = [] if code is None else code.splitlines()
    return '' if line is None or line > len(lines) else f', line {line}: {short(lines[line - 1].strip())}'


def _grant_line(grant: LiveGrant) -> str:
    uses = 'any number of calls' if grant.uses_left is None else many(grant.uses_left, 'call')
    arguments = ', '.join([*(f'{name}={short_value(value)}' for name, value in grant.arguments.items()), '...'])
    where = 'in one cell' if grant.scope == 'cell' else 'in the conversation'
    return f'   {short(grant.tool)}({arguments}): {uses} {where}, since {moment(grant.granted_at)} (grant {grant.id})'
