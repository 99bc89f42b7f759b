"""A tool that lives in a module and is called by its bare name is called through its module, if only one has it."""

from __future__ import annotations

import ast

from ..edits import Edit
from .cell_rewriter import CellRewriter


def rewrite_bare_tools(rewriter: CellRewriter) -> None:
    """`get_order(1)` as `tools.get_order(1)`, with the import that this needs."""
    outline = rewriter.outline
    if not rewriter.catalog.modules:
        return
    for name, uses in outline.loads.items():
        entry = rewriter.bare_tools.get(name)
        if entry is None or entry.module is None:
            continue
        free = [use for use in uses if outline.is_free(use) or rewriter.comes_before_its_binding(use)]
        imported = _imported(rewriter, entry.module, free)
        if not free or imported is None:
            continue
        prefixes = [rewriter.before(use, f'{entry.module}.') for use in free if rewriter.is_where_it_says(use)]
        note = f'`{name}` is in module `{entry.module}`; wrote `{entry.facts.python_name}`'
        rewriter.add('module', free[0].lineno, note, [*imported, *prefixes])


def _imported(rewriter: CellRewriter, module: str, uses: list[ast.Name]) -> list[Edit] | None:
    """What makes the module's name mean the module; `None` where it means something else or no line has room."""
    root = module.partition('.')[0]
    scope = rewriter.outline.module
    if root in scope.bound:
        return None
    if root in rewriter.outline.session or scope.imported.get(root) == root:
        return []
    return rewriter.needs(f'import {module}', uses)
