"""Arguments of a type that a tool can never accept, and those that are not awaited."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from ..._catalog.entries import Entry
from ..._catalog.signatures import Parameter
from ...events.diagnostics import Diagnostic
from ..inspected import Finding, Inspected, Suspicion
from ..validated_arguments import UNKNOWN
from . import ty_texts
from .accepting import may_accept
from .conversions import converted_variable, makes_text
from .coroutines import given_to_a_reader, is_coroutine, not_awaited, not_called
from .examples import example_record
from .ty_texts import TypeText, union_of
from .whole_records import fits_whole, whole_argument, written_whole
from .written_values import written_value

_SAMPLES: Final[dict[str, Sequence[Any]]] = {
    'int': (0, 1, -1, 7, 1000),
    'float': (0.0, 0.5, 1.0, -2.5),
    'bool': (True, False),
    'Decimal': (Decimal(0), Decimal('1.5'), Decimal(-1)),
    'datetime': (datetime(2026, 9, 8, 12, 30), datetime(2026, 9, 8), datetime(2026, 9, 8, tzinfo=UTC)),
    'date': (date(2026, 9, 8), date(1970, 1, 1)),
    'timedelta': (timedelta(0), timedelta(days=1, seconds=1)),
    'list': ([], [0], ['a'], [{}], [0, 0], ['a', 'a'], [0, 0, 0], [0.5, 0.5]),
    'tuple': ((), (0,), ('a',), (0, 0), ('a', 'a'), (0, 0, 0), (0.5, 0.5)),
    'set': (set(), {0}, {'a'}),
    'frozenset': (frozenset(), frozenset({0}), frozenset({'a'})),
}
"""Values that stand for their type: when a validator accepts none of them, it accepts none of the type."""


_WITH_ITEMS: Final = frozenset({'list', 'tuple', 'set', 'frozenset', 'dict'})
_TEXTS: Final = (
    *('', 'a', '0', '1.5', 'true', 'null', 'a,b', '2026-09-08', '2026-09-08T12:30:00Z', 'P1D'),
    *('[]', '{}', '[0]', '["a"]', '[{}]', '{"a": 0}', 'bytes'),
)
"""Texts of many kinds. A validator that reads one of them, such as that of `Json`, may read others."""


def invalid_argument(cell: Inspected, finding: Finding) -> Diagnostic | Suspicion | None:
    """An argument that cannot be right, whatever its value will be."""
    match = ty_texts.ARGUMENT.search(finding.message)
    if match is None or cell.places.never_runs(finding.place):
        return None
    found, callee = match['found'], match['callee']
    argument = next((node for node in cell.nodes_at(finding.place) if isinstance(node, (ast.expr, ast.keyword))), None)
    if argument is None:
        return None
    call, parameter_of = _call_of(cell, argument)
    entry = cell.tool(call.func) if call is not None else None
    if entry is None or call is None:
        return given_to_a_reader(
            cell, callee.rpartition('.')[2] if '__' not in callee else callee, found, finding.place
        )
    members = union_of(found)
    if all(map(is_coroutine, members)):
        return not_awaited(cell, cell.place_of(_value(argument)), 'result')
    if (refusal := not_called(cell, found, cell.place_of(_value(argument)))) is not None:
        return refusal
    parameter = _parameter(entry, call, parameter_of)
    if parameter is None or cell.places.catches(finding.place, 'TypeError', 'ValueError'):
        return None
    if parameter.default is not None and any(member.head == 'None' for member in members):
        return None  # an optional argument that is None is left out of the call
    value = _value(argument)
    from_tool = any(member.names & cell.declarations.keys() for member in members)
    is_steady = from_tool or makes_text(cell.outline, value) or cell.provenance_at(finding.place).is_steady(value)
    if not is_steady:
        return None
    if parameter_of is whole_argument(entry, call) and _is_whole(cell, entry, members, value):
        return None
    if not all(_never_accepted(cell, entry, parameter, member) for member in members):
        return None
    message = (
        f'{entry.facts.python_name}() takes {parameter.name} as {parameter.annotation}, and {ast.unparse(value)} is '
        f'{_words(members)}.'
    )
    return cell.diagnostic('wrong-type', message, finding.place, fix=_fix(cell, entry, parameter, members, value))


def _value(argument: ast.expr | ast.keyword) -> ast.expr:
    return argument.value if isinstance(argument, ast.keyword) else argument


def _call_of(cell: Inspected, argument: ast.expr | ast.keyword) -> tuple[ast.Call | None, ast.expr | ast.keyword]:
    """The call that has the node as an argument, with the argument's keyword if it has one."""
    parent = cell.outline.parents.get(argument)
    if isinstance(argument, ast.expr) and isinstance(parent, ast.keyword):
        return _call_of(cell, parent)
    return (parent, argument) if isinstance(parent, ast.Call) and argument is not parent.func else (None, argument)


def _parameter(entry: Entry, call: ast.Call, argument: ast.expr | ast.keyword) -> Parameter | None:
    parameters = entry.signature.parameters
    if isinstance(argument, ast.keyword):
        return next((each for each in parameters if each.name == argument.arg), None)
    if any(isinstance(each, ast.Starred) for each in call.args) or argument not in call.args:
        return None
    position = call.args.index(argument)
    positional = [each for each in parameters if not each.keyword_only]
    return positional[position] if position < len(positional) else None


def _never_accepted(cell: Inspected, entry: Entry, parameter: Parameter, member: TypeText) -> bool:
    """Whether no value of a type gets through the annotation and the tool's own validator."""
    if is_coroutine(member):
        return True
    is_changed = cell.stores.any_key or cell.stores.added_keys
    if member.head in cell.declarations and is_changed and _takes_dicts(cell, parameter):
        return False  # code may have made of it what the parameter takes
    samples = _texts(member) if _is_text_for_items(cell, parameter, member) else samples_of(cell, member)
    return bool(samples) and all(
        not may_accept(parameter.annotation, sample, cell.declarations) and _is_refused(cell, entry, parameter, sample)
        for sample in samples
    )


def _is_text_for_items(cell: Inspected, parameter: Parameter, member: TypeText) -> bool:
    """Whether a text is given for what has items or keys: most other types are written as texts as well."""
    kinds = {each.head for each in union_of(parameter.annotation)}
    return bool(_texts(member)) and kinds <= {*_WITH_ITEMS, *cell.declarations, 'None'}


def _texts(member: TypeText) -> Sequence[Any]:
    return _TEXTS if member.head in ('str', 'LiteralString') else ()


def _is_whole(cell: Inspected, entry: Entry, members: tuple[TypeText, ...], value: ast.expr) -> bool:
    """Whether an argument stands for all parameters."""
    records = [cell.declarations[member.head] for member in members if member.head in cell.declarations]
    return written_whole(entry, value) is not None or (len(records) == len(members) and fits_whole(entry, records))


def _takes_dicts(cell: Inspected, parameter: Parameter) -> bool:
    return any(member.head in cell.declarations or member.head == 'dict' for member in union_of(parameter.annotation))


def _is_refused(cell: Inspected, entry: Entry, parameter: Parameter, value: Any) -> bool:
    if cell.validate is None:
        return True
    errors = cell.validate(entry.facts.python_name, {parameter.key: value})
    return any(error.path[:1] == (parameter.key,) for error in errors)


def samples_of(cell: Inspected, member: TypeText) -> Sequence[Any]:
    """Values that stand for a type; none for a type of which too little is known."""
    if member.head == 'Literal':
        return [each.value for each in member.arguments if isinstance(each, ast.Constant)]
    if member.head == 'None':
        return [None]
    if member.head in cell.declarations:
        return [example_record(cell.declarations[member.head], cell.declarations)]
    return _SAMPLES.get(member.head, ())


def _words(members: tuple[TypeText, ...]) -> str:
    texts: list[str] = []
    for member in members:
        literals = [ast.unparse(each) for each in member.arguments] if member.head == 'Literal' else []
        texts += literals or [ast.unparse(member.node) if member.node is not None else member.head]
    return ' or '.join(texts)


def _fix(
    cell: Inspected, entry: Entry, parameter: Parameter, members: tuple[TypeText, ...], value: ast.expr
) -> str | None:
    """A key of the record that has the parameter's name or type, if a whole record was given; or another way to write it."""
    records = [cell.declarations[member.head] for member in members if member.head in cell.declarations]
    for record in records:
        keys = {field.key: field.annotation for field in record.fields}
        name = parameter.name
        for key in (
            name,
            name.rpartition('_')[2],
            *(each for each, kind in keys.items() if kind == parameter.annotation),
        ):
            kinds = union_of(keys[key]) if key in keys else ()
            if kinds and not all(_never_accepted(cell, entry, parameter, kind) for kind in kinds):
                return f'{ast.unparse(value)}[{key!r}]'
    samples = [sample for member in members for sample in samples_of(cell, member) or _texts(member)]
    fixes = {converted_variable(parameter.annotation, sample, value) for sample in samples}
    fix = fixes.pop() if len(fixes) == 1 else None
    if fix is None or fix.startswith('str('):
        return fix
    data = written_value(ast.parse(fix, mode='eval').body, cell.outline)
    return None if data is UNKNOWN or _is_refused(cell, entry, parameter, data) else fix
