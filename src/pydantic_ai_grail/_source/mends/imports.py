"""Modules that are used and not imported are imported, on a line that is already there.

An import goes in front of a simple statement (`import json; rows = json.loads(text)`) or onto a blank or comment line,
before the first use. A name used bare is imported from its module where Python's habits leave no doubt which that is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import Final

from ...suggestions import closest
from ..edits import Edit
from .mending import Mending

FROM_IMPORTED: Final = (
    'collections',
    'dataclasses',
    'datetime',
    'decimal',
    'pathlib',
    'functools',
    'itertools',
    'math',
    'copy',
    'typing',
)
"""Modules whose names code is used to use bare. A habit of Python's, not a fact of Monty's."""

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
_DEFERRED: Final = (ast.FunctionDef, ast.AsyncFunctionDef)


def mend_imports(mending: Mending) -> None:
    """Import what the cell uses and binds nowhere, and what other mends need."""
    wanted: dict[str, list[ast.AST]] = {}
    for name, uses in mending.outline.loads.items():
        free = [use for use in uses if mending.outline.is_free(use)]
        if free and name not in mending.support.builtins and name not in mending.catalog.entries:
            for statement in _imports_of(mending, name, free):
                wanted.setdefault(statement, []).extend(free)
    for name in {use.id for use in mending.outline.annotations if mending.outline.is_free(use)}:
        if name not in mending.outline.loads and (module := _home(mending, name, ('typing', *FROM_IMPORTED))):
            annotated = [use for use in mending.outline.annotations if use.id == name]
            wanted[f'from {module} import {name}'] = list(annotated)
    for statement, uses in mending.wanted_imports.items():
        wanted.setdefault(statement, []).extend(uses)
    for statement, uses in wanted.items():
        edits = _placed(mending, statement, uses)
        if edits:
            line = min(mending.text.place(edit.start)[0] for edit in edits)
            mending.add('import', line, f'added `{statement}`', edits)


def _imports_of(mending: Mending, name: str, uses: Sequence[ast.Name]) -> list[str]:
    """The import statement that a free name calls for; none where that would be a guess."""
    chains = [_chain(mending, use) for use in uses]
    if modules := _tool_modules(mending, name, chains):
        return [f'import {module}' for module in modules]
    attributes = {chain[1] if len(chain) > 1 else None for chain in chains}
    in_module = mending.support.modules.get(name)
    if in_module is not None and None not in attributes and attributes & in_module:
        return [f'import {name}']
    if in_module is not None and name not in in_module:
        return []
    module = _home(mending, name, FROM_IMPORTED)
    if module is None or closest(name, mending.catalog.entries) is not None:
        return []
    members = mending.support.classes.get(f'{module}.{name}', frozenset())
    if not attributes - {None} <= members or not all(_is_used_as_imported(mending, use) for use in uses):
        return []
    return [f'from {module} import {name}']


def _chain(mending: Mending, use: ast.Name) -> list[str]:
    """`a.b.c` around a use of `a`, as its parts."""
    parts = [use.id]
    node: ast.AST = use
    while isinstance(parent := mending.outline.parents[node], ast.Attribute):
        parts.append(parent.attr)
        node = parent
    return parts


def _tool_modules(mending: Mending, name: str, chains: Iterable[list[str]]) -> list[str]:
    """The modules of tools that attribute chains go through: `github` for `github.list_issues`."""
    found: list[str] = []
    for chain in chains:
        for length in range(len(chain), 0, -1):
            if (module := '.'.join(chain[:length])) in mending.catalog.modules:
                found.append(module)
                break
    roots = {module.partition('.')[0] for module in mending.catalog.modules}
    return list(dict.fromkeys(found)) if found or name not in roots else [name]


def _home(mending: Mending, name: str, modules: Iterable[str]) -> str | None:
    return next((module for module in modules if name in mending.support.modules.get(module, ())), None)


def _is_used_as_imported(mending: Mending, use: ast.Name) -> bool:
    """Called, a decorator, a class in `isinstance`, an argument or a base of an attribute; never just some value."""
    parent = mending.outline.parents[use]
    match parent:
        case ast.Call(func=function) if function is use:
            return True
        case ast.Call(func=ast.Name(id='isinstance' | 'defaultdict' | 'map')):
            return True
        case ast.Tuple():
            return mending.outline.is_builtin(_function_of(mending, parent), 'isinstance')
        case ast.Attribute() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return True
        case ast.keyword(arg='default_factory' | 'rounding'):
            return True
        case _:
            return False


def _function_of(mending: Mending, argument: ast.expr) -> ast.expr:
    call = mending.outline.parents[argument]
    return call.func if isinstance(call, ast.Call) else argument


def _placed(mending: Mending, statement: str, uses: Iterable[ast.AST]) -> list[Edit] | None:
    """Where to write an import so that it has run before each use; `None` where no line has room for it."""
    holders = {ancestor for use in uses for ancestor in (use, *mending.outline.ancestors(use))}
    return _Placing(mending, statement, holders).in_block(mending.outline.tree.body, at_top=True)


class _Placing:
    def __init__(self, mending: Mending, statement: str, holders: set[ast.AST]) -> None:
        self.mending = mending
        self.statement = statement
        self.holders = holders
        """Every node that holds a use."""

    def in_block(self, block: list[ast.stmt], *, at_top: bool = False, in_class: bool = False) -> list[Edit] | None:
        edits: list[Edit] = []
        for index, statement in enumerate(block):
            if statement not in self.holders:
                continue
            if not in_class:
                needed = self._needed_at(block, index)
                spot = self._simple(block, needed) or self._gap(block, needed, at_top=at_top)
                if spot is not None:
                    return [*edits, spot]
            inside = self._inside(statement)
            if inside is None:
                return None
            edits += inside
        return edits

    def _needed_at(self, block: list[ast.stmt], index: int) -> int:
        """Functions do not need it before something runs that may call them."""
        while isinstance(block[index], _DEFERRED) and not self._header_uses(block[index]) and index + 1 < len(block):
            index += 1
        return index

    def _simple(self, block: list[ast.stmt], index: int) -> Edit | None:
        for statement in reversed(block[: index + 1]):
            if isinstance(statement, ast.ImportFrom) and statement.module == '__future__':
                return None
            if isinstance(statement, _SIMPLE):
                start = self.mending.text.span(statement)[0]
                return Edit(start, start, f'{self.statement}; ', rank=-1)
        return None

    def _gap(self, block: list[ast.stmt], index: int, *, at_top: bool) -> Edit | None:
        """A blank or comment line right before one of the statements up to this one."""
        for position in range(index, -1, -1):
            statement = block[position]
            first = min([statement.lineno, *(node.lineno for node in getattr(statement, 'decorator_list', []))])
            if position > 0:
                start = (block[position - 1].end_lineno or 0) + 1
            elif at_top:
                start = 1
            else:
                return None
            if start < first and (edit := self._on_line(first - 1, like=first)) is not None:
                return edit
        return None

    def _on_line(self, line: int, *, like: int) -> Edit | None:
        """The import on a line that holds no code, indented as another line is."""
        text = self.mending.text
        wanted, found = (text.lines[number - 1] for number in (like, line))
        indent, there = (one[: len(one) - len(one.lstrip(' \t\f'))] for one in (wanted, found))
        if not indent.startswith(there) or found.rstrip().endswith('\\'):
            return None
        at = text.line_start(line) + len(there)
        return Edit(at, at, f'{indent[len(there) :]}{self.statement}; ', rank=-1)

    def _inside(self, statement: ast.stmt) -> list[Edit] | None:
        if self._header_uses(statement):
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
        blocks = {id(inner) for block in _blocks(statement) for inner in block}
        return any(
            id(child) not in blocks
            and child in self.holders
            and not isinstance(child, ast.ExceptHandler | ast.match_case)
            for child in _children(statement)
        )


def _children(statement: ast.stmt) -> Iterable[ast.AST]:
    for child in ast.iter_child_nodes(statement):
        yield child
        if isinstance(child, ast.ExceptHandler | ast.match_case):
            yield from (one for one in ast.iter_child_nodes(child) if not isinstance(one, ast.stmt))


def _blocks(statement: ast.stmt) -> list[list[ast.stmt]]:
    blocks: list[list[ast.stmt]] = []
    for name in ('body', 'orelse', 'finalbody'):
        block = getattr(statement, name, None)
        if isinstance(block, list):
            blocks.append(block)  # pyright: ignore[reportUnknownArgumentType]  # `ast` does not type its fields
    for name in ('handlers', 'cases'):
        blocks += [inner.body for inner in getattr(statement, name, ())]
    return blocks
