"""Names that Monty lacks for things that it has under another name: `IOError`, `asyncio.TimeoutError`, `datetime.UTC`.

An exception class that Monty lacks becomes the nearest base that it has, which is what such an exception arrives as
when a tool raises it: `ConnectionError` as `OSError`, `UnicodeError` as `ValueError`.
"""

from __future__ import annotations

import ast
import builtins
from typing import Final

from ..edits import Edit
from .cell_rewriter import CellRewriter

_MODULE_ALIASES: Final = {
    'asyncio.TimeoutError': 'TimeoutError',
    'asyncio.exceptions.TimeoutError': 'TimeoutError',
    'concurrent.futures.TimeoutError': 'TimeoutError',
    'socket.timeout': 'TimeoutError',
    'os.error': 'OSError',
    'binascii.Error': 'ValueError',
}
"""Exceptions of modules that are builtin exceptions; `tests` hold them against CPython."""


def rewrite_aliases(rewriter: CellRewriter) -> None:
    """Use the names that Monty has."""
    for name in rewriter.support.lacking_builtins & rewriter.outline.loads.keys():
        base = nearest_base(name, rewriter.support.builtins)
        if base is None:
            continue
        for use in rewriter.outline.loads[name]:
            if rewriter.outline.is_free(use):
                note = f'`{name}` is not available here; used `{base}`'
                rewriter.rewrite('alias', use, note, rewriter.instead(use, base))
    for attribute in rewriter.outline.nodes(ast.Attribute):
        dotted = rewriter.outline.dotted(attribute)
        if dotted is None or not _is_lacking(rewriter, dotted):
            continue
        if dotted in _MODULE_ALIASES:
            new = _MODULE_ALIASES[dotted]
            if rewriter.rewrite('alias', attribute, f'`{dotted}` is `{new}`', rewriter.instead(attribute, new)):
                rewriter.replace(attribute)
        elif dotted == 'datetime.UTC':
            end = rewriter.text.span(attribute)[1]
            edit = Edit(end - len('UTC'), end, 'timezone.utc')
            rewriter.rewrite('alias', attribute, '`UTC` is `timezone.utc`', edit)
    for statement in rewriter.outline.nodes(ast.ImportFrom):
        if statement.module == 'datetime' and _is_lacking(rewriter, 'datetime.UTC'):
            _rewrite_utc_import(rewriter, statement)


def nearest_base(name: str, available: frozenset[str]) -> str | None:
    """The nearest available base of a builtin exception that says more than `Exception`."""
    kind = getattr(builtins, name, None)
    if not isinstance(kind, type) or not issubclass(kind, BaseException):
        return None
    for base in kind.__mro__[:-1]:
        if base.__name__ in available:
            return base.__name__ if base not in (Exception, BaseException) else None
    return None


def _is_lacking(rewriter: CellRewriter, dotted: str) -> bool:
    module, _, name = dotted.rpartition('.')
    if module in rewriter.support.lacking_modules:
        return True
    return name in rewriter.support.lacking_attributes.get(module, ())


def _rewrite_utc_import(rewriter: CellRewriter, statement: ast.ImportFrom) -> None:
    for alias in statement.names:
        if alias.name == 'UTC':
            end = rewriter.text.span(statement)[1]
            edits = (
                Edit(*rewriter.text.span(alias), 'timezone as _grail_timezone'),
                Edit(end, end, f'; {alias.asname or "UTC"} = _grail_timezone.utc', closes=True),
            )
            rewriter.rewrite('alias', statement, '`UTC` is `timezone.utc`', *edits)
