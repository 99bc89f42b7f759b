"""Names that Monty lacks for things that it has under another name: `IOError`, `asyncio.TimeoutError`, `datetime.UTC`.

An exception class that Monty lacks becomes the nearest base that it has, which is what such an exception arrives as
when a tool raises it: `ConnectionError` as `OSError`, `UnicodeError` as `ValueError`.
"""

from __future__ import annotations

import ast
import builtins
from typing import Final

from ..edits import Edit
from .mending import Mending

_MODULE_ALIASES: Final = {
    'asyncio.TimeoutError': 'TimeoutError',
    'asyncio.exceptions.TimeoutError': 'TimeoutError',
    'concurrent.futures.TimeoutError': 'TimeoutError',
    'socket.timeout': 'TimeoutError',
    'os.error': 'OSError',
    'binascii.Error': 'ValueError',
}
"""Exceptions of modules that are builtin exceptions; `tests` hold them against CPython."""


def mend_aliases(mending: Mending) -> None:
    """Use the names that Monty has."""
    for name in mending.support.lacking_builtins & mending.outline.loads.keys():
        base = nearest_base(name, mending.support.builtins)
        if base is None:
            continue
        for use in mending.outline.loads[name]:
            if mending.outline.is_free(use):
                note = f'`{name}` is not available here; used `{base}`'
                mending.mend('alias', use, note, mending.instead(use, base))
    for attribute in mending.outline.nodes(ast.Attribute):
        dotted = mending.outline.dotted(attribute)
        if dotted is None or not _is_lacking(mending, dotted):
            continue
        if dotted in _MODULE_ALIASES:
            new = _MODULE_ALIASES[dotted]
            if mending.mend('alias', attribute, f'`{dotted}` is `{new}`', mending.instead(attribute, new)):
                mending.replace(attribute)
        elif dotted == 'datetime.UTC':
            end = mending.text.span(attribute)[1]
            edit = Edit(end - len('UTC'), end, 'timezone.utc')
            mending.mend('alias', attribute, '`UTC` is `timezone.utc`', edit)
    for statement in mending.outline.nodes(ast.ImportFrom):
        if statement.module == 'datetime' and _is_lacking(mending, 'datetime.UTC'):
            _mend_utc_import(mending, statement)


def nearest_base(name: str, available: frozenset[str]) -> str | None:
    """The nearest available base of a builtin exception that says more than `Exception`."""
    kind = getattr(builtins, name, None)
    if not isinstance(kind, type) or not issubclass(kind, BaseException):
        return None
    for base in kind.__mro__[:-1]:
        if base.__name__ in available:
            return base.__name__ if base not in (Exception, BaseException) else None
    return None


def _is_lacking(mending: Mending, dotted: str) -> bool:
    module, _, name = dotted.rpartition('.')
    if module in mending.support.lacking_modules:
        return True
    return name in mending.support.lacking_attributes.get(module, ())


def _mend_utc_import(mending: Mending, statement: ast.ImportFrom) -> None:
    for alias in statement.names:
        if alias.name == 'UTC':
            end = mending.text.span(statement)[1]
            edits = (
                Edit(*mending.text.span(alias), 'timezone as _grail_timezone'),
                Edit(end, end, f'; {alias.asname or "UTC"} = _grail_timezone.utc', closes=True),
            )
            mending.mend('alias', statement, '`UTC` is `timezone.utc`', *edits)
