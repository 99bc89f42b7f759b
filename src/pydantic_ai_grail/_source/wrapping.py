"""A cell below its past, as one function that is never run: what the checker is given.

As one function the code is analysed in order, so a name may be bound again to another type. Of the past only the
statements are there that bind what the cell uses, so a long session costs what a short one does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .bindings import loads_of
from .edits import Edit, Origins, SourceText, apply
from .history import ANY, History
from .past import INDENT, is_empty_container, past_of

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
    tree: ast.Module,
    text: SourceText,
    *,
    history: History,
    scope: Scope,
    revealed: frozenset[tuple[int, int]] = frozenset(),
) -> Wrapped:
    """The cell as the checker gets it. It is to tell the types of the expressions at the `revealed` offsets."""
    needed = loads_of(tree)
    past = past_of(history, needed, tool_modules=scope.tool_modules, unsure=scope.unsure)
    asked = [Edit(at, at, word) for start, end in revealed for at, word in ((start, 'reveal_type('), (end, ')'))]
    cell, shifts = apply(text, [*_edits(tree, text, scope), *asked])
    cell_lines = SourceText(cell).lines
    rebound = needed | past.loads
    outside = [f'__grail_{name} = {name}' for name in sorted(rebound & scope.bound & scope.builtins)]
    head = [*_head(scope, rebound), *past.lines, CANARY]
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


def _edits(tree: ast.Module, text: SourceText, scope: Scope) -> list[Edit]:
    editor = _Editor(text, scope)
    editor.visit(tree)
    return editor.edits


class _Editor(ast.NodeVisitor):
    """Finds what must change in a cell before it can stand in a function, without moving anything to another line."""

    def __init__(self, text: SourceText, scope: Scope) -> None:
        self.edits: list[Edit] = []
        self._text = text
        self._scope = scope
        self._depth = 0

    def _replace(self, node: ast.stmt | ast.expr, new: str) -> None:
        """Put `new` where the node stands and keep its line breaks."""
        start, end = self._text.span(node)
        for part in self._text.source[start:end].split('\n'):
            self.edits.append(Edit(start, start + len(part), new))
            start, new = start + len(part) + 1, ''

    def visit_Name(self, node: ast.Name) -> None:
        # Before Python 3.12 nodes inside f-strings have places of their own making; those are left as they are.
        is_unsure = isinstance(node.ctx, ast.Load) and node.id in self._scope.unsure
        if is_unsure and self._text.segment(node) == node.id:
            self._replace(node, ANY)

    def visit_Global(self, node: ast.Global) -> None:
        if self._depth == 0:
            self._replace(node, 'pass')

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.module == '__future__' or any(alias.name == '*' for alias in node.names):
            self._replace(node, 'pass')
        elif node.level == 0 and node.module in self._scope.tool_modules:
            taken = (f'{alias.asname or alias.name} = {node.module}.{alias.name}' for alias in node.names)
            self._replace(node, '; '.join(taken))

    def visit_Import(self, node: ast.Import) -> None:
        if any(alias.name in self._scope.tool_modules for alias in node.names):
            self._replace(node, '; '.join(map(self._import, node.names)))

    def _import(self, alias: ast.alias) -> str:
        if alias.name in self._scope.tool_modules:
            return f'{alias.asname} = {alias.name}' if alias.asname else 'pass'
        return f'import {alias.name} as {alias.asname}' if alias.asname else f'import {alias.name}'

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None and not is_empty_container(node.value) and isinstance(node.target, ast.Name):
            start, end = self._text.span(node.target)[1], self._text.span(node.annotation)[1]
            if '\n' not in self._text.source[start:end]:
                self.edits.append(Edit(start, end, ' ' * (end - start)))
        for child in (node.target, node.value):
            if child is not None:
                self.visit(child)

    def _visit_scope(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda) -> None:
        self._depth += 1
        self.generic_visit(node)
        self._depth -= 1

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = visit_Lambda = _visit_scope
