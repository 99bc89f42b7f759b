"""Dates where Monty is narrower: partial `strptime` formats, fractions in `timedelta`, and methods it lacks."""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from typing import Final

from ..edits import Edit
from .kinds import shown_types
from .mending import Mending

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


def mend_dates(mending: Mending) -> None:
    """Complete formats, and make from other calls what Monty has no call for."""
    if mending.lacks('strptime-partial'):
        for call, _ in mending.calls_of('datetime.datetime.strptime', 'datetime.strptime'):
            _mend_strptime(mending, call)
    if mending.lacks('timedelta-fractions'):
        for call, _ in mending.calls_of('datetime.timedelta', 'timedelta'):
            _mend_timedelta(mending, call)
    for owner in _CLASS:
        _mend_constructors(mending, owner)
    if 'isocalendar' in mending.support.lacking_methods:
        _mend_isocalendar(mending)


def _mend_strptime(mending: Mending, call: ast.Call) -> None:
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
    quoted = mending.text.segment(given)
    edits = (*mending.around(text, f"'{values} ' + (", ')'), mending.before(given, f"'{formats} ' "))
    if quoted[0] in '\'"rR' and '\n' not in quoted:
        mending.mend('strptime', call, f'completed the format {pattern!r} with {formats}', *edits)


def _mend_timedelta(mending: Mending, call: ast.Call) -> None:
    """Fractions that stand in the code are worked out; what a variable holds cannot be known."""
    values: dict[str, float] = {}
    names = ('days', 'seconds', 'microseconds', 'milliseconds', 'minutes', 'hours', 'weeks')
    given = [*zip(names, call.args, strict=False), *((one.arg or '', one.value) for one in call.keywords)]
    for name, node in given:
        number = _number(node)
        if number is None or name not in names:
            return
        values[name] = number
    start, end = mending.text.span(call)
    if not any(isinstance(value, float) for value in values.values()) or '\n' in mending.text.source[start:end]:
        return
    whole = timedelta(**values)
    parts = [('days', whole.days), ('seconds', whole.seconds), ('microseconds', whole.microseconds)]
    text = ', '.join(f'{name}={value}' for name, value in parts if value) or '0'
    old = mending.text.segment(call)
    function = mending.text.segment(call.func)
    mending.mend('timedelta', call, f'`{old}` became `{function}({text})`', Edit(start, end, f'{function}({text})'))


def _number(node: ast.expr) -> float | None:
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case _:
            return None


def _mend_constructors(mending: Mending, owner: str) -> None:
    has = mending.support.classes.get('datetime.datetime', frozenset())
    for call, name in mending.calls_of(f'{owner}.utcnow', f'{owner}.fromtimestamp', f'{owner}.utcfromtimestamp'):
        method = name.rpartition('.')[2]
        if method in has or not isinstance(call.func, ast.Attribute) or '\n' in mending.text.segment(call.func):
            continue
        class_text = mending.text.segment(call.func.value)
        if method == 'utcnow' and not call.args and not call.keywords and '\n' not in mending.text.segment(call):
            defined = mending.needs(_UTC_NOW, [call])
            text = f'{class_text}.now(_grail_datetime.timezone.utc).replace(tzinfo=None)'
            edits = [Edit(*mending.text.span(call), text)]
        elif method == 'fromtimestamp' and call.args:
            defined = mending.needs(_FROM_TIMESTAMP, [call])
            edits = [mending.instead(call.func, '_grail_fromtimestamp')]
        elif method == 'utcfromtimestamp' and len(call.args) == 1:
            defined = mending.needs(_FROM_TIMESTAMP, [call])
            edits = [
                mending.instead(call.func, '_grail_fromtimestamp'),
                mending.after(call.args[0], ', _grail_datetime.timezone.utc'),
                mending.after(call, '.replace(tzinfo=None)'),
            ]
        else:
            continue
        if defined is not None:
            mending.mend('date', call, f'`{class_text}.{method}` became a calculation', *defined, *edits)


def _mend_isocalendar(mending: Mending) -> None:
    """`day.isocalendar()` as a named tuple of the same fields, which is what CPython gives."""
    functions = mending.outline.nodes(ast.FunctionDef)
    has_own = 'isocalendar' in mending.attributes or any(each.name == 'isocalendar' for each in functions)
    types = shown_types('isocalendar', ('datetime.date', 'datetime.datetime'))
    for call, _ in mending.calls:
        match call:
            case ast.Call(func=ast.Attribute(attr='isocalendar') as function, args=[], keywords=[]):
                pass
            case _:
                continue
        start, end = mending.text.span(call)
        dot = mending.text.source.rfind('.', 0, mending.text.span(function)[1])
        closing = mending.between(dot, end, ')')
        defined = mending.needs(_ISO_CALENDAR.format(types=types), [call])
        if closing is None or defined is None:
            continue
        edits = [*defined, Edit(start, start, '_grail_isocalendar('), closing]
        if not has_own:
            mending.mend('isocalendar', call, '`isocalendar()` became a calculation: it is missing here', *edits)
        elif mending.is_where_it_says(call):
            mending.take(edits)  # of what may be an object of the user's own there is nothing to tell
