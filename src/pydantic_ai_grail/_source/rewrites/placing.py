"""Finds room for a statement that the cell needs and does not have, on a line that is already there.

It goes in front of a simple statement (`import json; rows = json.loads(text)`) or onto a blank or comment line, so that
it has run before each use. A function needs it only when something runs that may call the function; where nothing
simple stands before a use in the same block, the blocks inside are tried.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Final

from ..edits import Edit
from ..outline import Outline

_SIMPLE: Final = (
    ast.Expr,
    ast.Assign,
    ast.AugAssign,
    ast.AnnAssign,
    ast.Return,
    ast.Raise,
    ast.Assert,
    ast.Pass,
    ast.Break,
    ast.Continue,
    ast.Import,
    ast.ImportFrom,
    ast.Delete,
)
_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)


def placed(outline: Outline, statement: str, uses: Iterable[ast.AST], *, in_module: bool = False) -> list[Edit] | None:
    """Edits that make a statement run before each use; `None` where no line has room for it.

    It may be written several times, in blocks of which only one runs, unless `in_module` asks for the top level.
    """
    holders = {holder for use in uses for holder in (use, *outline.ancestors(use))}
    return _Placing(outline, statement, holders, in_module=in_module).in_block(outline.tree.body, at_top=True)


class _Placing:
    def __init__(self, outline: Outline, statement: str, holders: set[ast.AST], *, in_module: bool) -> None:
        self.outline = outline
        self.statement = statement
        self.holders = holders
        """Every node that holds a use."""
        self.in_module = in_module

    def in_block(self, block: list[ast.stmt], *, at_top: bool = False, in_class: bool = False) -> list[Edit] | None:
        edits: list[Edit] = []
        for index, statement in enumerate(block):
            if statement not in self.holders:
                continue
            if not in_class:
                needed = self._needed_at(block, index)
                spot = self._before_simple(block, needed) or self._on_free_line(block, needed, at_top=at_top)
                if spot is not None:
                    return [*edits, spot]
            inside = self._inside(statement)
            if inside is None:
                return None
            edits += inside
        return edits

    def _needed_at(self, block: list[ast.stmt], index: int) -> int:
        while isinstance(block[index], _FUNCTIONS) and not self._header_uses(block[index]) and index + 1 < len(block):
            index += 1
        return index

    def _before_simple(self, block: list[ast.stmt], index: int) -> Edit | None:
        for statement in reversed(block[: index + 1]):
            if isinstance(statement, ast.ImportFrom) and statement.module == '__future__':
                return None
            if isinstance(statement, _SIMPLE):
                start = self.outline.text.span(statement)[0]
                return Edit(start, start, f'{self.statement}; ', rank=-1)
        return None

    def _on_free_line(self, block: list[ast.stmt], index: int, *, at_top: bool) -> Edit | None:
        for position in range(index, -1, -1):
            statement = block[position]
            first = min([statement.lineno, *(node.lineno for node in getattr(statement, 'decorator_list', []))])
            if position == 0 and not at_top:
                return None
            start = (block[position - 1].end_lineno or 0) + 1 if position else 1
            if start < first and (edit := self._on_line(first - 1, like=first)) is not None:
                return edit
        return None

    def _on_line(self, line: int, *, like: int) -> Edit | None:
        """On a line that holds no code, indented as another line is."""
        text = self.outline.text
        wanted, found = (text.lines[number - 1] for number in (like, line))
        indent, there = (one[: len(one) - len(one.lstrip(' \t\f'))] for one in (wanted, found))
        if not indent.startswith(there) or found.rstrip().endswith('\\'):
            return None
        at = text.line_start(line) + len(there)
        return Edit(at, at, f'{indent[len(there) :]}{self.statement}; ', rank=-1)

    def _inside(self, statement: ast.stmt) -> list[Edit] | None:
        if self._header_uses(statement) or (self.in_module and isinstance(statement, _FUNCTIONS)):
            return None
        edits: list[Edit] = []
        for block in _blocks(statement):
            found = self.in_block(block, in_class=isinstance(statement, ast.ClassDef))
            if found is None:
                return None
            edits += found
        return edits

    def _header_uses(self, statement: ast.stmt) -> bool:
        """Whether the part of a compound statement that runs before its blocks holds a use."""
        return any(child in self.holders for child in _header(statement))


def _header(statement: ast.stmt) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.ExceptHandler | ast.match_case):
            yield from (one for one in ast.iter_child_nodes(child) if not isinstance(one, ast.stmt))
        elif not isinstance(child, ast.stmt):
            yield child


def _blocks(statement: ast.stmt) -> list[list[ast.stmt]]:
    blocks: list[list[ast.stmt]] = []
    for name in ('body', 'orelse', 'finalbody'):
        block = getattr(statement, name, None)
        if isinstance(block, list):
            blocks.append(block)  # pyright: ignore[reportUnknownArgumentType]  # `ast` does not type its fields
    for name in ('handlers', 'cases'):
        blocks += [inner.body for inner in getattr(statement, name, ())]
    return blocks
