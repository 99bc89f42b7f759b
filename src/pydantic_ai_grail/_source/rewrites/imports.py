"""Modules that are used and not imported are imported.

A name used bare is imported from its module where Python's habits leave no doubt which that is, and how it is used
fits: `timedelta(days=1)`, `datetime.now()`, `@dataclass`. A bare name that could be anything is left to the check, and
annotations are left alone: nothing evaluates them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ..._common.suggestions import closest, has_the_same_words
from ..._monty.support import Support
from ...events.diagnostics import Diagnostic, Position
from .cell_rewriter import CellRewriter

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
)
"""Modules whose names code is used to use bare. A habit of Python's, not a fact of Monty's."""


def rewrite_imports(rewriter: CellRewriter) -> None:
    """Import what the cell uses and binds nowhere."""
    for statement, uses in _wanted(rewriter).items():
        edits = rewriter.needs(statement, uses)
        if edits is None:
            rewriter.unplaced.append(_unplaced(rewriter, statement, uses[0]))
        elif edits:
            line = min(rewriter.text.place(edit.start)[0] for edit in edits)
            rewriter.add('import', line, f'added `{statement}`', edits)


def _unplaced(rewriter: CellRewriter, statement: str, use: ast.Name) -> Diagnostic:
    position = Position(
        line=use.lineno,
        column=rewriter.text.column(use.lineno, use.col_offset),
        end_line=use.lineno,
        end_column=rewriter.text.column(use.lineno, use.end_col_offset or use.col_offset),
    )
    return Diagnostic(
        code='unknown-name',
        message=f'`{use.id}` is used and not imported.',
        position=position,
        stage='portability',
        fix=f'Start the code with a line of its own: {statement}',
    )


def _wanted(rewriter: CellRewriter) -> dict[str, list[ast.Name]]:
    outline = rewriter.outline
    modules: dict[str, list[ast.Name]] = {}
    members: dict[str, dict[str, list[ast.Name]]] = {}
    for name, uses in outline.loads.items():
        if name in rewriter.support.builtins or name in rewriter.catalog.entries or name in rewriter.bare_tools:
            continue
        free = [use for use in uses if use not in rewriter.replaced and outline.is_free(use)]
        if not free:
            continue
        for module, member in _imports_of(rewriter, name, free):
            (members.setdefault(module, {}) if member else modules).setdefault(member or module, []).extend(free)
    statements: dict[str, list[ast.Name]] = {f'import {module}': uses for module, uses in modules.items()}
    for module, named in members.items():
        together = [use for uses in named.values() for use in uses]
        statements[f'from {module} import {", ".join(named)}'] = together
    return statements


def _imports_of(rewriter: CellRewriter, name: str, uses: Sequence[ast.Name]) -> Iterator[tuple[str, str | None]]:
    """Module and member that a free name calls for; nothing where that would be a guess."""
    chains = [_chain(rewriter, use) for use in uses]
    tool_modules = _tool_modules(rewriter, name, chains)
    if tool_modules:
        yield from ((module, None) for module in tool_modules)
        return
    attributes = {chain[1] if len(chain) > 1 else None for chain in chains}
    in_module = rewriter.support.modules.get(name)
    known = (in_module or frozenset()) | rewriter.support.lacking_attributes.get(name, frozenset())
    is_plain = name not in known or attributes <= known  # `datetime` is a class in a module of its name
    if in_module is not None and None not in attributes and attributes & known and is_plain:
        yield name, None
        return
    module = home(rewriter.support, name)
    if module is None or _may_mean_a_tool(rewriter, f'{module}.{name}', name):
        return
    of_class = rewriter.support.classes.get(f'{module}.{name}', frozenset())
    lacking = rewriter.support.lacking_attributes.get(f'{module}.{name}', frozenset())
    if attributes - {None} <= of_class | lacking and all(_is_used_as_imported(rewriter, use) for use in uses):
        yield module, name


def _chain(rewriter: CellRewriter, use: ast.Name) -> list[str]:
    """`a.b.c` around a use of `a`, as its parts."""
    parts = [use.id]
    node: ast.AST = use
    while isinstance(parent := rewriter.outline.parents[node], ast.Attribute):
        parts.append(parent.attr)
        node = parent
    return parts


def _tool_modules(rewriter: CellRewriter, name: str, chains: Iterable[list[str]]) -> list[str]:
    """The modules of tools that attribute chains go through: `github` for `github.list_issues`."""
    modules = rewriter.catalog.modules
    if not modules or name not in {module.partition('.')[0] for module in modules}:
        return []
    found: list[str] = []
    for chain in chains:
        prefixes = ('.'.join(chain[:length]) for length in range(len(chain), 0, -1))
        found += [next((prefix for prefix in prefixes if prefix in modules), name)]
    return list(dict.fromkeys(found))


def home(support: Support, name: str) -> str | None:
    """The module that a bare name is a habit from."""
    return next((module for module in FROM_IMPORTED if name in support.modules.get(module, ())), None)


def _may_mean_a_tool(rewriter: CellRewriter, dotted: str, name: str) -> bool:
    """Whether a tool's name is near: of a class, `date`, only one of the same words, `get_date` and not `rate`."""
    tool = closest(name, rewriter.catalog.entries)
    return tool is not None and (dotted not in rewriter.support.classes or has_the_same_words(name, tool))


def _is_used_as_imported(rewriter: CellRewriter, use: ast.Name) -> bool:
    """Called, decorating, a class in `isinstance`, passed to a function that wants one; never just some value."""
    parent = rewriter.outline.parents[use]
    match parent:
        case ast.Call(func=function) if function is use:
            return True
        case ast.Call(func=ast.Name(id='isinstance' | 'defaultdict' | 'map')):
            return True
        case ast.Tuple():
            call = rewriter.outline.parents[parent]
            return isinstance(call, ast.Call) and rewriter.outline.is_builtin(call.func, 'isinstance')
        case ast.Attribute() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return True
        case ast.keyword(arg='default_factory' | 'rounding'):
            return True
        case _:
            return False
