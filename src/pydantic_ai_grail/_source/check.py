"""A cell below its session -> what is certainly wrong with it, and what is doubtful. Nothing runs.

Valid Python is never refused: what the checker says is a refusal only where `rules/` knows it for certain, and a cell
that cannot be checked is accepted.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Final, Literal

from .._catalog.entries import Catalog
from .._monty.support import load_support
from ..errors import SandboxError
from ..events.diagnostics import Diagnostic, Position
from ..events.outcomes import Verdict
from .checkers import Checkers, package_of
from .history import History
from .inspected import Finding, Inspected, Suspicion
from .outline import Outline
from .places import Range
from .prepared import Prepared
from .rules import RULES
from .rules.changed_loops import changed_in_loops
from .rules.coroutines import gathered_not_awaited, tested_not_awaited
from .rules.generators import calls_in_generators
from .rules.record_keys import keys_in_functions
from .rules.remarks import remarks
from .rules.special_methods import special_methods
from .rules.tool_calls import given_whole_or_not, tool_calls
from .rules.ty_texts import REVEALED
from .rules.unawaitable import cannot_wait
from .rules.undefined_names import names_of_types, only_added_to, unknown_module, unknown_name
from .threads import run_off_loop
from .unsupported.finding import joined_repeats
from .validated_arguments import Validate
from .wrapping import CANARY, Scope, Wrapped, wrap

CheckMode = Literal['strict', 'names', 'off']
"""`'strict'`: all rules. `'names'`: only what shows without types: names, modules, arguments of tools. `'off'`: none."""

MAX_REFUSALS: Final = 8
MAX_HINTS: Final = 20
MAX_REMARKS: Final = 5
MAX_FOUND: Final = 4 * MAX_REFUSALS
"""Mistakes that one rule may find. More than are shown, since some turn out to be the same one."""
MAX_FINDINGS: Final = 500
"""Remarks of the checker that are looked at, in the order of the source."""

_SILENT: Final = frozenset(
    {'invalid-syntax', 'unused-awaitable', 'redundant-condition', 'unresolved-global', 'undefined-reveal',
     'revealed-type', 'deprecated', 'possibly-unresolved-reference'}
)  # fmt: skip
"""Remarks about the form in which code is checked, or about style; not worth a hint."""


async def check(
    prepared: Prepared,
    *,
    original: str,
    catalog: Catalog,
    history: History,
    checkers: Checkers,
    validate: Validate | None = None,
    mode: CheckMode = 'strict',
) -> Verdict:
    """What is to be said of a cell before it runs. Positions are those of `original`, the code as the model wrote it.

    Args:
        prepared: The cell with its rewrites.
        original: What it was made from.
        catalog: The tools it may call.
        history: The cells of its session that ran.
        checkers: Where it is checked.
        validate: Asks a tool's validator about arguments that are written out.
        mode: How much is checked.
    """
    if mode == 'off' or not original.strip():
        return Verdict()
    try:
        return await run_off_loop(
            len(prepared.source), partial(_check, prepared, catalog, history, checkers, validate, mode)
        )
    except RecursionError:
        position = Position(line=1, column=1)
        message = 'This cell ran unchecked: it is nested too deeply.'
        return Verdict(hints=(Diagnostic(code='not-checked', message=message, position=position, stage='check'),))


async def _check(
    prepared: Prepared,
    catalog: Catalog,
    history: History,
    checkers: Checkers,
    validate: Validate | None,
    mode: CheckMode,
) -> Verdict:
    bound = history.bound_names()
    read = prepared.outline
    outline = read.in_session(bound) if read else Outline(prepared.tree, prepared.source, session=bound)
    cell = Inspected(outline, history=history, catalog=catalog, support=load_support(), validate=validate)
    structural = (
        *(tool_calls, cannot_wait, calls_in_generators, names_of_types, only_added_to),
        *(gathered_not_awaited, tested_not_awaited, changed_in_loops),
    )
    refusals = [refusal for rule in structural for refusal in islice(rule(cell), MAX_FOUND)]
    hints: list[Diagnostic] = []
    if mode == 'names':
        refusals += islice(_names(cell), MAX_FOUND)
    else:
        certain, hints = await _typed(cell, checkers)
        refusals += [*certain, *islice(keys_in_functions(cell), MAX_FOUND)]
    if refusals:
        return Verdict(refusals=_one_per_mistake(_in_original(prepared, each) for each in refusals)[:MAX_REFUSALS])
    remarked = (
        sorted(islice(remarks(cell), MAX_FOUND), key=lambda each: _start(each.position)) if mode == 'strict' else []
    )
    return Verdict(
        hints=tuple(_in_original(prepared, each) for each in hints[:MAX_HINTS]),
        remarks=tuple(_in_original(prepared, each) for each in remarked[:MAX_REMARKS]),
    )


async def _typed(cell: Inspected, checkers: Checkers) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """Refusals and hints from what the checker says."""
    try:
        findings = await _findings(cell, checkers)
    except SandboxError as error:
        note = cell.diagnostic('not-checked', f'This cell ran unchecked: {error}', (0, 0))
        return [*islice(_names(cell), MAX_FOUND)], [note]
    judged = [*_judged(cell, findings)]
    suspected = [*islice(special_methods(cell), MAX_FINDINGS), *islice(given_whole_or_not(cell), MAX_FINDINGS)]
    places = {each.place for each in (*(judgment for _, judgment in judged), *suspected) if isinstance(each, Suspicion)}
    types = await _types(cell, checkers, places) if places else {}
    decided = (each.decide(types[each.place]) for each in suspected if each.place in types)
    refusals = [*joined_repeats([refusal for refusal in decided if refusal is not None])]
    hints: list[Diagnostic] = []
    for finding, judgment in judged:
        if isinstance(judgment, Suspicion):
            whole = types.get(judgment.place)
            judgment = judgment.decide(whole) if whole is not None else None
        if judgment is not None:
            refusals.append(judgment)
        elif finding.code not in _SILENT and len(hints) < MAX_HINTS:
            hints.append(cell.diagnostic('doubtful', finding.message, finding.place))
    return refusals, hints


def _judged(cell: Inspected, findings: Iterable[Finding]) -> Iterator[tuple[Finding, Diagnostic | Suspicion | None]]:
    """Findings with what they amount to, as long as there are not more mistakes than anybody reads."""
    certain = 0
    for finding in islice(findings, MAX_FINDINGS):
        judgment = _judge(cell, finding)
        yield finding, judgment
        certain += isinstance(judgment, Diagnostic)
        if certain >= MAX_FOUND:
            return


def _judge(cell: Inspected, finding: Finding) -> Diagnostic | Suspicion | None:
    rule = RULES.get(finding.code)
    return rule(cell, finding) if rule is not None else None


async def _types(cell: Inspected, checkers: Checkers, places: set[Range]) -> dict[Range, str]:
    """The whole types of the expressions at some places."""
    try:
        findings = await _findings(cell, checkers, revealed=frozenset(places))
    except SandboxError:
        return {}
    matches = ((finding.place, REVEALED.search(finding.message)) for finding in findings)
    return {place: match['type'] for place, match in matches if match is not None}


async def _findings(cell: Inspected, checkers: Checkers, *, revealed: frozenset[Range] = frozenset()) -> list[Finding]:
    """What the checker says of the cell itself. Taken for dead code after its past, it is checked without it."""
    for history in (cell.history, History()):
        scope = _scope(cell, history)
        wrapped = wrap(cell.outline, history=history, scope=scope, revealed=revealed)
        found = await checkers.diagnostics(wrapped.source, cell.catalog)
        if any(CANARY in raw.message for raw in found):
            return [
                Finding(code=raw.code, message=raw.message, place=place)
                for raw in found
                if (place := _place(cell, wrapped, (raw.row, raw.column, raw.end_row, raw.end_column))) is not None
            ]
    return []


def _scope(cell: Inspected, history: History) -> Scope:
    return Scope(
        package=package_of(cell.catalog),
        offered=cell.offers.flat,
        tool_modules=cell.offers.modules,
        builtins=cell.support.builtins,
        bound=cell.bindings.names,
        unsure=cell.unsure if history.cells else cell.unsure | cell.past.names,
    )


def _place(cell: Inspected, wrapped: Wrapped, where: tuple[int, int, int, int]) -> tuple[int, int] | None:
    start, end = wrapped.place(*where[:2]), wrapped.place(*where[2:])
    if start is None or end is None:
        return None
    lines = cell.text.line_start
    return lines(start[0]) + start[1] - 1, lines(end[0]) + end[1] - 1


def _names(cell: Inspected) -> Iterable[Diagnostic]:
    """Unknown names and modules, as far as they show without the checker."""
    outline = cell.outline
    for name, loads in outline.loads.items():
        for load in loads:
            if outline.binding(load) is None and (found := unknown_name(cell, name, cell.place_of(load))):
                yield found
    for node in outline.nodes(ast.Import):
        for alias in node.names:
            if found := unknown_module(cell, alias.name, cell.place_of(alias)):
                yield found
    for node in outline.nodes(ast.ImportFrom):
        if node.module and not node.level and (found := unknown_module(cell, node.module, cell.place_of(node))):
            yield found


def _one_per_mistake(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """In the order of the source, without those that stand inside or around one that was found before."""
    kept: list[Diagnostic] = []
    for diagnostic in found:
        if not any(_overlap(diagnostic.position, other.position) for other in kept):
            kept.append(diagnostic)
    return tuple(sorted(kept, key=lambda each: _start(each.position)))


def _overlap(one: Position, other: Position) -> bool:
    return _start(one) < _end(other) and _start(other) < _end(one)


def _start(position: Position) -> tuple[int, int]:
    return position.line, position.column


def _end(position: Position) -> tuple[int, int]:
    return position.end_line or position.line, position.end_column or position.column + 1


def _in_original(prepared: Prepared, diagnostic: Diagnostic) -> Diagnostic:
    return replace(diagnostic, position=prepared.original(diagnostic.position))
