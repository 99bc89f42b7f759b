"""How a rule says what it found."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ...events.diagnostics import Diagnostic, Position
from ..edits import SourceText


def finding(
    text: SourceText, node: ast.expr | ast.stmt | ast.alias | ast.keyword, code: str, message: str, fix: str | None
) -> Diagnostic:
    """A diagnostic at a node; of a statement over several lines only its first line is marked."""
    column = text.column(node.lineno, node.col_offset)
    end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
    if end_line != node.lineno:
        line = text.lines[node.lineno - 1]
        end = len(line.rstrip()) + 1
        position = Position(line=node.lineno, column=column, end_line=node.lineno, end_column=max(end, column + 1))
    else:
        end = text.column(end_line, end_column)
        position = Position(line=node.lineno, column=column, end_line=end_line, end_column=end)
    return Diagnostic(code=code, message=message, position=position, stage='portability', fix=fix)


def joined_repeats(found: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    """The same remark at several places is one, that names the other lines."""
    places: dict[tuple[str, str], list[Diagnostic]] = {}
    for one in found:
        places.setdefault((one.code, one.message), []).append(one)
    for first, *others in places.values():
        lines = sorted({one.position.line for one in others} - {first.position.line})
        if lines:
            word = 'line' if len(lines) == 1 else 'lines'
            first = replace(first, message=f'{first.message} Also on {word} {", ".join(map(str, lines[:8]))}.')
        yield first
