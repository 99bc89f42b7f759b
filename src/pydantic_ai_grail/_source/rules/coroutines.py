"""Results that are used before they were awaited."""

from __future__ import annotations

import re
from typing import Final

from ...diagnostics import Diagnostic
from ..inspected import Finding, Inspected
from ..places import Range
from . import ty_texts
from .ty_texts import TypeText, union_of

_READERS: Final = frozenset(
    {'len', 'sorted', 'sum', 'min', 'max', 'enumerate', 'zip', 'reversed', 'any', 'all', 'int', 'float', 'round',
     'list.__init__', 'set.__init__', 'tuple.__init__', 'dict.__init__', 'enumerate.__init__', 'map', 'filter',
     'dumps', 'loads', 'join', 'next', 'iter', 'abs'}
)  # fmt: skip
"""Functions that read what they are given, so a coroutine is of no use to them."""


def is_coroutine(member: TypeText) -> bool:
    return member.head == 'CoroutineType'


def is_only_coroutine(type_text: str) -> bool:
    return all(map(is_coroutine, union_of(type_text)))


def not_awaited(cell: Inspected, place: Range, use: str) -> Diagnostic | None:
    """The refusal of something done to a coroutine."""
    if cell.places.never_runs(place):
        return None
    base = cell.segment(place)
    message = f'This uses the {use} of a call that was not awaited: its result is not there yet.'
    name = re.match(r'\w+', base)
    fix = f'Await it where it is made: {name[0]} = await ...' if name and f'{name[0]}(' not in base else None
    return cell.diagnostic('not-awaited', message, place, fix=fix or 'Put await before the call.')


def not_subscriptable(cell: Inspected, finding: Finding) -> Diagnostic | None:
    match = ty_texts.NOT_SUBSCRIPTABLE.search(finding.message)
    if match and is_only_coroutine(match['type']):
        return not_awaited(cell, finding.place, 'items')
    return None


def not_iterable(cell: Inspected, finding: Finding) -> Diagnostic | None:
    match = ty_texts.NOT_ITERABLE.search(finding.message)
    if match and is_only_coroutine(match['type']):
        return not_awaited(cell, finding.place, 'items')
    return None


def unsupported_operator(cell: Inspected, finding: Finding) -> Diagnostic | None:
    match = ty_texts.OPERATOR.search(finding.message)
    if match and (is_only_coroutine(match['left']) or is_only_coroutine(match['right'])):
        return not_awaited(cell, finding.place, 'value')
    return None


def given_to_a_reader(cell: Inspected, callee: str, found: str, place: Range) -> Diagnostic | None:
    """A coroutine given to a function that reads its argument."""
    if callee in _READERS and is_only_coroutine(found):
        return not_awaited(cell, place, 'value')
    return None
