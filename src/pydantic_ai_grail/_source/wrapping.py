"""A cell below its past, as one function that is never run: what the checker is given.

As one function the code is analysed in order, so a name may be bound again to another type. Of the past only the
statements are there that bind what the cell uses, so a long session costs what a short one does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .edits import Edit, Origins, SourceText, apply
from .history import ANY, History
from .outline import Outline
from .past_source import INDENT, is_empty_container, past_of
from .reads import reads_of

CANARY: Final = '__grail_cell_starts_here__'
"""A name nobody binds, read just before the cell: if the checker does not complain, it takes the cell for dead code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a cell finds around itself."""

    package: str
    """The package that has the stubs of the tools."""
    offered: frozenset[str]
    """Functions by bare name, and the types that signatures mention."""
    tool_modules: frozenset[str]
    builtins: frozenset[str]
    bound: frozenset[str]
    """All names that the session or the cell binds."""
    unsure: frozenset[str] = frozenset()
    """Names of which nothing can be said, so they are `Any` wherever they are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapped:
    """The source to check, and the way from a place in it to the cell's own source."""

    source: str
    first_row: int
    """The row of the cell's first line."""
    line_count: int
    origins: Origins

    def place(self, row: int, column: int) -> tuple[int, int] | None:
        """Line and column of the cell for a row and column of the checked source, all from 1.

        `None` for what stands in the past or the frame.
        """
        line = row - self.first_row + 1
        if not 1 <= line <= self.line_count:
            return None
        return self.origins.original(line, max(1, column - len(INDENT)))


def wrap(
    outline: Outline, *, history: History, scope: Scope, revealed: frozenset[tuple[int, int]] = frozenset()
) -> Wrapped:
    """The cell as the checker gets it. It is to tell the types of the expressions at the `revealed` offsets."""
    reads = reads_of(outline)
    past = past_of(history, reads, tool_modules=scope.tool_modules, unsure=scope.unsure)
    reveals = [Edit(at, at, word) for start, end in revealed for at, word in ((start, 'reveal_type('), (end, ')'))]
    cell, shifts = apply(outline.text, [*_Editor(outline, scope).edits(), *reveals])
    cell_lines = SourceText(cell).lines
    used = reads.all | past.reads
    outside = [f'__grail_{name} = {name}' for name in sorted(used & scope.bound & scope.builtins)]
    head = [*_head(scope, used), *past.lines, CANARY]
    body = ''.join(INDENT + line for line in cell_lines)
    source = '\n'.join([*outside, 'async def __cell():', *(INDENT + line for line in head), body])
    return Wrapped(
        source=source,
        first_row=len(outside) + len(head) + 2,
        line_count=len(cell_lines),
        origins=Origins(shifts=shifts),
    )


def _head(scope: Scope, used: frozenset[str]) -> Iterator[str]:
    """What stands before the past: imports of what is used.

    A name that the session binds itself comes under another name and is assigned, so that binding it again is neither a
    contradiction nor, being local to the function from its first line, unknown.
    """
    names = sorted(used & (scope.offered | scope.tool_modules))
    if names:
        imported = (f'{name} as __grail_{name}' if name in scope.bound else name for name in names)
        yield f'from {scope.package} import {", ".join(imported)}'
    for name in sorted(used & scope.bound & (scope.offered | scope.tool_modules | scope.builtins)):
        yield f'{name} = __grail_{name}'


class _Editor:
    """Finds what must change in a cell before it can stand in a function, without moving anything to another line."""

    def __init__(self, outline: Outline, scope: Scope) -> None:
        self._outline = outline
        self._text = outline.text
        self._modules = scope.tool_modules
        self._unsure = scope.unsure

    def edits(self) -> Iterator[Edit]:
        for name in self._unsure & self._outline.loads.keys():
            for load in self._outline.loads[name]:
                # Before Python 3.12 nodes inside f-strings have places of their own making; those stay as they are.
                if self._text.segment(load) == name:
                    yield from self._replace(load, ANY)
        for node in self._outline.nodes(ast.Global):
            if self._outline.scope_of(node).kind == 'module':
                yield from self._replace(node, 'pass')
        for node in self._outline.nodes(ast.ImportFrom):
            yield from self._import_from(node)
        for node in self._outline.nodes(ast.Import):
            if any(alias.name in self._modules for alias in node.names):
                yield from self._replace(node, '; '.join(map(self._import, node.names)))
        for node in self._outline.nodes(ast.AnnAssign):
            yield from self._annotated(node)

    def _replace(self, node: ast.stmt | ast.expr, new: str) -> Iterator[Edit]:
        """Put `new` where the node stands and keep its line breaks."""
        start, end = self._text.span(node)
        for part in self._text.source[start:end].split('\n'):
            yield Edit(start, start + len(part), new)
            start, new = start + len(part) + 1, ''

    def _import_from(self, node: ast.ImportFrom) -> Iterator[Edit]:
        if node.module == '__future__' or any(alias.name == '*' for alias in node.names):
            yield from self._replace(node, 'pass')
        elif node.level == 0 and node.module in self._modules:
            taken = (f'{alias.asname or alias.name} = {node.module}.{alias.name}' for alias in node.names)
            yield from self._replace(node, '; '.join(taken))

    def _import(self, alias: ast.alias) -> str:
        if alias.name in self._modules:
            return f'{alias.asname} = {alias.name}' if alias.asname else 'pass'
        return f'import {alias.name} as {alias.asname}' if alias.asname else f'import {alias.name}'

    def _annotated(self, node: ast.AnnAssign) -> Iterator[Edit]:
        """An annotation is a promise that the value may break, so it goes, unless only it tells what will be inside."""
        if node.value is None or is_empty_container(node.value) or not isinstance(node.target, ast.Name):
            return
        start, end = self._text.span(node.target)[1], self._text.span(node.annotation)[1]
        if '\n' not in self._text.source[start:end]:
            yield Edit(start, end, ' ' * (end - start))
