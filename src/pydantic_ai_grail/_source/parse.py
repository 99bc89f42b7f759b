"""Source to syntax tree, or to the one diagnostic that says why there is none."""

from __future__ import annotations

import ast
import re
import sys
from typing import Final

from ..events.diagnostics import Diagnostic, Position

_FENCE: Final = re.compile(r'(```+|~~~+)[ \t]*(python3?|py|monty)?\Z', re.IGNORECASE)
_TYPE_STATEMENT: Final = re.compile(r'\s*type\s+[A-Za-z_]\w*\s*(\[|=)')


def parse(source: str) -> ast.Module | Diagnostic:
    """The cell's syntax tree, or a diagnostic with code `'syntax-error'`.

    Top-level `await` and `return` are fine. Under Python 3.11, f-strings that only newer versions can read are read
    with other quotes in their place, which moves nothing.
    """
    try:
        return _parsed(source)
    except SyntaxError as error:
        if sys.version_info < (3, 12) and (requoted := _requoted(source)) is not None:
            return requoted
        return _diagnostic(error, source)
    except Exception as error:
        # Null bytes, lone surrogates, nesting too deep for the parser, and whatever else may be in odd source.
        return _refusal(f'The code cannot be read: {error}.', Position(line=1, column=1))


def too_long(source: str, most: int | None) -> Diagnostic | None:
    """The refusal of a cell of more characters than it may have."""
    if most is None or len(source) <= most:
        return None
    message = f'The code has {len(source):,} characters, and a cell may have at most {most:,}.'
    fix = 'Send shorter cells one after the other: variables stay. Compute or fetch long data rather than write it out.'
    return Diagnostic(code='too-long', message=message, position=Position(line=1, column=1), stage='syntax', fix=fix)


def unwrapped(source: str) -> str | None:
    """The source without the Markdown fence around it, its lines kept; `None` if there is none."""
    lines = source.split('\n')
    written = [number for number, line in enumerate(lines) if line.strip()]
    if not written or not _FENCE.match(lines[written[0]].strip()):
        return None
    lines[written[0]] = ''
    if len(written) > 1 and lines[written[-1]].strip() in ('```', '~~~'):
        lines[written[-1]] = ''
    return '\n'.join(lines)


def _diagnostic(error: SyntaxError, source: str) -> Diagnostic:
    lines = source.split('\n')
    line = min(error.lineno or 1, len(lines))
    column = min(max(error.offset or 1, 1), len(lines[line - 1]) + 1)
    end_column = error.end_offset if error.end_lineno == error.lineno and error.end_offset else None
    position = Position(
        line=line,
        column=column,
        end_line=line,
        end_column=end_column if end_column is not None and end_column > column else None,
    )
    if sys.version_info < (3, 12) and _TYPE_STATEMENT.match(lines[line - 1]):
        fix = 'Write it as an assignment: X = ...'
        return Diagnostic(
            code='no-type-statement',
            message='`type X = ...` cannot run here.',
            position=position,
            stage='portability',
            fix=fix,
        )
    return _refusal(f'{_sentence(error.msg)}', position)


def _refusal(message: str, position: Position) -> Diagnostic:
    return Diagnostic(code='syntax-error', message=message, position=position, stage='syntax')


def _sentence(text: str) -> str:
    text = text.strip() or 'invalid syntax'
    return f'{text[0].upper()}{text[1:]}' + ('' if text.endswith(('.', '?')) else '.')


def _requoted(source: str) -> ast.Module | None:
    """The tree of a source whose f-strings nest their own quotes, as Python 3.12 and Monty allow."""
    from .requoting import requoted

    text = requoted(source)
    if text is None:
        return None
    try:
        return _parsed(text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _parsed(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SystemError:
        # Some CPython (seen on 3.11.7) says "AST constructor recursion depth mismatch" when another thread parses in the
        # same moment: threads share the count.
        return ast.parse(text)
