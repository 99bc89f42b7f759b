"""Dates where Monty is narrower: partial `strptime` formats, fractions in `timedelta`, and methods it lacks."""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from typing import Final

from ..edits import Edit
from .cell_rewriter import CellRewriter
from .kinds import shown_types

_CLASS: Final = ('datetime.datetime', 'datetime')
_DIRECTIVE: Final = re.compile(r'%[-#]?(.)')
_FROM_TIMESTAMP: Final = (
    'import datetime as _grail_datetime; _grail_fromtimestamp = lambda seconds, tz=None: '
    '(lambda moment: moment.astimezone(tz) if tz is not None else moment.astimezone().replace(tzinfo=None))'
    '(_grail_datetime.datetime(1970, 1, 1, tzinfo=_grail_datetime.timezone.utc) + _grail_datetime.timedelta('
    'seconds=int(seconds // 1), microseconds=round(seconds % 1 * 1000000)))'
)
_UTC_NOW: Final = 'import datetime as _grail_datetime'
_ISO_CALENDAR: Final = (
    'import collections as _grail_collections; '
    "_grail_iso_date = _grail_collections.namedtuple('IsoCalendarDate', ['year', 'week', 'weekday']); "
    "_grail_isocalendar = lambda day: _grail_iso_date(int(day.strftime('%G')), int(day.strftime('%V')), day.isoweekday()) "
    "if str(type(day)) in {types!r} else getattr(day, 'isocalendar')()"
)
"""What has an `isocalendar` of its own, or none, gives what it gives in CPython."""


def rewrite_dates(rewriter: CellRewriter) -> None:
    """Complete formats, and make from other calls what Monty has no call for."""
    if rewriter.lacks('strptime-partial'):
        for call, _ in rewriter.calls_of('datetime.datetime.strptime', 'datetime.strptime'):
            _rewrite_strptime(rewriter, call)
    if rewriter.lacks('timedelta-fractions'):
        for call, _ in rewriter.calls_of('datetime.timedelta', 'timedelta'):
            _rewrite_timedelta(rewriter, call)
    for owner in _CLASS:
        _rewrite_constructors(rewriter, owner)
    if 'isocalendar' in rewriter.support.lacking_methods:
        _rewrite_isocalendar(rewriter)


def _rewrite_strptime(rewriter: CellRewriter, call: ast.Call) -> None:
    """`strptime('2024-01', '%Y-%m')` reads `'01 2024-01'` as `'%d %Y-%m'`: CPython takes 1900-01-01 for what is missing."""
    match call:
        case ast.Call(args=[text, ast.Constant(value=str(pattern)) as given], keywords=[]):
            pass
        case _:
            return
    directives = set(_DIRECTIVE.findall(pattern))
    if directives & {'j', 'U', 'W', 'V', 'G', 'c', 'x', 'D', 'F', 's'}:
        return
    missing = [
        (directive, value)
        for directive, others, value in (('Y', 'Yy', '1900'), ('m', 'mbBh', '01'), ('d', 'de', '01'))
        if not directives & set(others)
    ]
    if not missing or isinstance(text, ast.Starred):
        return
    values = ' '.join(value for _, value in missing)
    formats = ' '.join(f'%{directive}' for directive, _ in missing)
    quoted = rewriter.text.segment(given)
    edits = (*rewriter.around(text, f"'{values} ' + (", ')'), rewriter.before(given, f"'{formats} ' "))
    if quoted[0] in '\'"rR' and '\n' not in quoted:
        rewriter.rewrite('strptime', call, f'completed the format {pattern!r} with {formats}', *edits)


def _rewrite_timedelta(rewriter: CellRewriter, call: ast.Call) -> None:
    """Fractions that stand in the code are worked out; what a variable holds cannot be known."""
    values: dict[str, float] = {}
    names = ('days', 'seconds', 'microseconds', 'milliseconds', 'minutes', 'hours', 'weeks')
    given = [*zip(names, call.args, strict=False), *((one.arg or '', one.value) for one in call.keywords)]
    for name, node in given:
        number = _number(node)
        if number is None or name not in names:
            return
        values[name] = number
    start, end = rewriter.text.span(call)
    if not any(isinstance(value, float) for value in values.values()) or '\n' in rewriter.text.source[start:end]:
        return
    whole = timedelta(**values)
    parts = [('days', whole.days), ('seconds', whole.seconds), ('microseconds', whole.microseconds)]
    text = ', '.join(f'{name}={value}' for name, value in parts if value) or '0'
    old = rewriter.text.segment(call)
    function = rewriter.text.segment(call.func)
    rewriter.rewrite('timedelta', call, f'`{old}` became `{function}({text})`', Edit(start, end, f'{function}({text})'))


def _number(node: ast.expr) -> float | None:
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case _:
            return None


def _rewrite_constructors(rewriter: CellRewriter, owner: str) -> None:
    has = rewriter.support.classes.get('datetime.datetime', frozenset())
    for call, name in rewriter.calls_of(f'{owner}.utcnow', f'{owner}.fromtimestamp', f'{owner}.utcfromtimestamp'):
        method = name.rpartition('.')[2]
        if method in has or not isinstance(call.func, ast.Attribute) or '\n' in rewriter.text.segment(call.func):
            continue
        class_text = rewriter.text.segment(call.func.value)
        if method == 'utcnow' and not call.args and not call.keywords and '\n' not in rewriter.text.segment(call):
            defined = rewriter.needs(_UTC_NOW, [call])
            text = f'{class_text}.now(_grail_datetime.timezone.utc).replace(tzinfo=None)'
            edits = [Edit(*rewriter.text.span(call), text)]
        elif method == 'fromtimestamp' and call.args:
            defined = rewriter.needs(_FROM_TIMESTAMP, [call])
            edits = [rewriter.instead(call.func, '_grail_fromtimestamp')]
        elif method == 'utcfromtimestamp' and len(call.args) == 1:
            defined = rewriter.needs(_FROM_TIMESTAMP, [call])
            edits = [
                rewriter.instead(call.func, '_grail_fromtimestamp'),
                rewriter.after(call.args[0], ', _grail_datetime.timezone.utc'),
                rewriter.after(call, '.replace(tzinfo=None)'),
            ]
        else:
            continue
        if defined is not None:
            rewriter.rewrite('date', call, f'`{class_text}.{method}` became a calculation', *defined, *edits)


def _rewrite_isocalendar(rewriter: CellRewriter) -> None:
    """`day.isocalendar()` as a named tuple of the same fields, which is what CPython gives."""
    functions = rewriter.outline.nodes(ast.FunctionDef)
    has_own = 'isocalendar' in rewriter.attributes or any(each.name == 'isocalendar' for each in functions)
    types = shown_types('isocalendar', ('datetime.date', 'datetime.datetime'))
    for call, _ in rewriter.calls:
        match call:
            case ast.Call(func=ast.Attribute(attr='isocalendar') as function, args=[], keywords=[]):
                pass
            case _:
                continue
        start, end = rewriter.text.span(call)
        dot = rewriter.text.source.rfind('.', 0, rewriter.text.span(function)[1])
        closing = rewriter.between(dot, end, ')')
        defined = rewriter.needs(_ISO_CALENDAR.format(types=types), [call])
        if closing is None or defined is None:
            continue
        edits = [*defined, Edit(start, start, '_grail_isocalendar('), closing]
        if not has_own:
            rewriter.rewrite('isocalendar', call, '`isocalendar()` became a calculation: it is missing here', *edits)
        elif rewriter.is_where_it_says(call):
            rewriter.take(edits)  # of what may be an object of the user's own there is nothing to tell
