"""Calls whose results are used before they were awaited, and awaits of what is no call."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from ...events.diagnostics import Diagnostic
from ..inspected import Finding, Inspected, Suspicion
from ..places import Range
from ..rewrites.awaiting import can_await
from . import ty_texts
from .attributes import PLAIN_TYPES
from .ty_texts import TypeText, union_of

_WITHOUT_ITEMS: Final = frozenset(
    {'int', 'float', 'bool', 'datetime', 'date', 'time', 'timedelta', 'Decimal', 'set', 'frozenset'}
)
_BARE_GATHER: Final = re.compile(r'(?<!await )\b(?<!\.)(asyncio\.)?gather\(')
_READERS: Final = frozenset(
    {'len', 'sorted', 'sum', 'min', 'max', 'enumerate', 'zip', 'reversed', 'any', 'all', 'int', 'float', 'round',
     'list.__init__', 'set.__init__', 'tuple.__init__', 'dict.__init__', 'enumerate.__init__', 'next', 'iter', 'abs'}
)  # fmt: skip
"""Functions that read what they are given, so a coroutine is of no use to them."""


def is_coroutine(member: TypeText) -> bool:
    return member.head == 'CoroutineType'


def is_only_coroutine(type_text: str) -> bool:
    return all(map(is_coroutine, union_of(type_text)))


def not_awaited(cell: Inspected, place: Range, use: str, *, of: str | None = None) -> Suspicion | None:
    """Something done to a coroutine, which the source `of`, at the start of the place, stands for."""
    own = place if of is None else (place[0], place[0] + len(of))
    if cell.places.never_runs(place) or not cell.is_steady(own):
        return None

    def decide(type_text: str) -> Diagnostic | None:
        return _unawaited(cell, place, use) if is_only_coroutine(type_text) else None

    return Suspicion(place=own, decide=decide)


def _unawaited(cell: Inspected, place: Range, use: str) -> Diagnostic:
    base = cell.segment(place)
    message = f'This takes the {use} of a call that was not awaited, so its result is not there yet.'
    name = re.match(r'[A-Za-z_]\w*', base)
    source = f' that {name[0]} comes from' if name and not base[name.end() :].startswith('(') else ''
    fix = f'Put await before the call{source}{_where(cell, place)}.'
    return cell.diagnostic('not-awaited', message, place, fix=fix)


def _where(cell: Inspected, place: Range) -> str:
    """What more it takes for an `await` to stand there."""
    for node in cell.nodes_at(place):
        for ancestor in cell.outline.ancestors(node):
            if isinstance(ancestor, ast.Lambda):
                return ', in an async def instead of the lambda'
            if isinstance(ancestor, ast.FunctionDef):
                return f', and make {ancestor.name} an async def'
            if isinstance(ancestor, ast.AsyncFunctionDef):
                return ''
    return ''


def not_subscriptable(cell: Inspected, finding: Finding) -> Diagnostic | Suspicion | None:
    """`[...]` of a coroutine, of a tool that was not called, or of a plain value without items."""
    match = ty_texts.NOT_SUBSCRIPTABLE.search(finding.message)
    if match is None:
        return None
    base = _subscripted(cell, finding)
    if is_only_coroutine(match['type']):
        return not_awaited(cell, finding.place, 'items', of=base)
    if (found := not_called(cell, match['type'], finding.place)) is not None:
        return found
    place = (finding.place[0], finding.place[0] + len(base))
    if cell.places.never_runs(place) or cell.places.catches(place, 'TypeError'):
        return None
    if not cell.is_steady(place, kind_only=True):
        return None

    def decide(type_text: str) -> Diagnostic | None:
        kinds = {member.kind for member in union_of(type_text)}
        if len(kinds) != 1 or not kinds <= _WITHOUT_ITEMS:
            return None
        kind = kinds.pop()
        message = f'{base} is of type {kind}, whose values have no keys and no numbered items.'
        fix = f'A set has no order: test with `in`, or index `list({base})`.' if 'set' in kind else None
        return cell.diagnostic('unknown-key', message, finding.place, fix=fix)

    return Suspicion(place=place, decide=decide)


def _subscripted(cell: Inspected, finding: Finding) -> str:
    for node in cell.nodes_at(finding.place):
        if isinstance(node, ast.Subscript):
            start, end = cell.text.span(node.value)
            return cell.text.source[start:end]
    return cell.segment(finding.place).rpartition('[')[0]


def not_iterable(cell: Inspected, finding: Finding) -> Diagnostic | Suspicion | None:
    """A loop over a coroutine or over a tool that was not called."""
    match = ty_texts.NOT_ITERABLE.search(finding.message)
    if match is None:
        return None
    if is_only_coroutine(match['type']):
        return not_awaited(cell, finding.place, 'items')
    return not_called(cell, match['type'], finding.place)


def not_called(cell: Inspected, type_text: str, place: Range) -> Diagnostic | None:
    """The refusal of a tool's own name where its result was meant."""
    match = ty_texts.FUNCTION.match(type_text)
    entry = cell.catalog.find(match['name']) if match is not None else None
    name = re.match(r'[\w.]+', cell.segment(place))
    if entry is None or name is None or name[0] not in cell.catalog.entries:
        return None
    if cell.places.never_runs(place) or cell.places.catches(place, 'TypeError'):
        return None
    if name[0].partition('.')[0] in cell.bindings.assigned:
        return None
    message = f'{name[0]} is the tool itself: it was not called.'
    call = f'{name[0]}(...)' if entry.facts.sequential else f'await {name[0]}(...)'
    return cell.diagnostic('not-a-tool', message, place, fix=f'Call it: {call}.')


def invalid_await(cell: Inspected, finding: Finding) -> Diagnostic | Suspicion | None:
    """`await` before something that is no call, or whose result is there at once."""
    match = ty_texts.NOT_AWAITABLE.search(finding.message)
    if match is None or cell.places.never_runs(finding.place) or cell.places.catches(finding.place, 'TypeError'):
        return None
    if (found := not_called(cell, match['type'], finding.place)) is not None:
        return found
    if not cell.is_steady(finding.place, kind_only=True):
        return None
    names = PLAIN_TYPES | cell.declarations.keys()

    def decide(type_text: str) -> Diagnostic | None:
        if not all(member.kind in names for member in union_of(type_text)):
            return None
        value = cell.segment(finding.place)
        message = f'{value} needs no await: its value is there at once, and await of it fails.'
        return cell.diagnostic('not-awaitable', message, _with_await(cell, finding.place), fix=value)

    return Suspicion(place=finding.place, decide=decide)


def _with_await(cell: Inspected, place: Range) -> Range:
    """The value together with the `await` before it, which is what goes."""
    for node in cell.nodes_at(place):
        for each in (node, cell.outline.parents.get(node)):
            if isinstance(each, ast.Await) and cell.text.span(each.value) == place:
                return cell.text.span(each)
    return place


def unsupported_operator(cell: Inspected, finding: Finding) -> Suspicion | None:
    """A coroutine in a sum or the like."""
    match = ty_texts.OPERATOR.search(finding.message)
    if match and (is_only_coroutine(match['left']) or is_only_coroutine(match['right'])):
        operand = match['left'] if is_only_coroutine(match['left']) else match['right']
        return _operand_not_awaited(cell, finding, is_left=operand is match['left'])
    return None


def _operand_not_awaited(cell: Inspected, finding: Finding, *, is_left: bool) -> Suspicion | None:
    for node in cell.nodes_at(finding.place):
        if isinstance(node, ast.BinOp):
            return not_awaited(cell, cell.place_of(node.left if is_left else node.right), 'value')
    return None


def given_to_a_reader(cell: Inspected, callee: str, found: str, place: Range) -> Suspicion | None:
    """A coroutine given to a function that reads its argument."""
    if callee in _READERS and callee.partition('.')[0] not in cell.bindings.names and is_only_coroutine(found):
        return not_awaited(cell, place, 'value')
    return None


def tested_not_awaited(cell: Inspected) -> Iterator[Diagnostic]:
    """A call to an async tool whose outcome a plain function tests, compares or writes down: none is there to wait for."""
    for call in cell.outline.nodes(ast.Call):
        entry = cell.tool(call.func)
        if entry is None or entry.facts.sequential or not _is_looked_at(cell, call):
            continue
        place = cell.place_of(call)
        if cell.places.never_runs(place) or cell.places.is_deferred(place) or can_await(cell.outline, call):
            continue
        yield _unawaited(cell, place, 'value')


def _is_looked_at(cell: Inspected, call: ast.Call) -> bool:
    match cell.outline.parents[call]:
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) | ast.Assert(test=test):
            return test is call
        case ast.UnaryOp(op=ast.Not()) | ast.Compare() | ast.FormattedValue():
            return True
        case ast.BoolOp(values=[*_, last]):
            return last is not call
        case ast.comprehension(ifs=tests):
            return call in tests
        case _:
            return False


def gathered_not_awaited(cell: Inspected) -> Iterator[Diagnostic]:
    """`asyncio.gather(...)` whose results are read without an `await`. The checker takes it for something with items."""
    outline = cell.outline
    if not any(map(_BARE_GATHER.search, (cell.text.source, *(each.source for each in cell.history.cells)))):
        return
    awaited = {ast.dump(node.value) for node in outline.nodes(ast.Await)}
    for items in (
        *(node.iter for node in outline.nodes(ast.For)),
        *(node.iter for node in outline.nodes(ast.comprehension)),
        *(node.value for node in outline.nodes(ast.Subscript) if isinstance(node.ctx, ast.Load)),
    ):
        place = cell.place_of(items)
        if cell.places.never_runs(place) or cell.places.catches(place, 'TypeError'):
            continue
        if cell.provenance.is_gather(items) and ast.dump(items) not in awaited:
            yield _unawaited(cell, cell.place_of(items), 'items')
