"""Comprehension variables named like builtins are renamed at the top level.

There `[id for id in ids]` gives the builtin `id` each time, in Monty 1.4; nothing fails, the values are wrong.
"""

from __future__ import annotations

import ast

from ..edits import Edit
from ..outline import COMPREHENSIONS, Scope
from .cell_rewriter import CellRewriter


def rewrite_shadowed_builtins(rewriter: CellRewriter) -> None:
    """Rename each such variable wherever its comprehension reads it."""
    outline = rewriter.outline
    if not outline.has(*COMPREHENSIONS) or not rewriter.lacks('comprehension-builtin-names'):
        return
    found: dict[tuple[int, str], list[ast.Name]] = {}
    for name in outline.nodes(ast.Name):
        if name.id in rewriter.support.builtins and (scope := outline.binding(name)) is not None and _at_top(scope):
            found.setdefault((id(scope), name.id), []).append(name)
    for (_, old), names in found.items():
        if all(rewriter.is_where_it_says(name) and not _is_spelled_out(rewriter, name) for name in names):
            new = rewriter.fresh_name(f'{old}_')
            note = f'renamed the comprehension variable `{old}` to `{new}`, since `{old}` is a builtin'
            edits: list[Edit] = [rewriter.instead(name, new) for name in names]
            rewriter.add('comprehension-name', min(name.lineno for name in names), note, edits)


def _at_top(scope: Scope) -> bool:
    """A comprehension that is not inside of a function or class."""
    inner: Scope | None = scope
    while inner is not None and inner.kind == 'comprehension':
        inner = inner.parent
    return scope.kind == 'comprehension' and inner is not None and inner.kind == 'module'


def _is_spelled_out(rewriter: CellRewriter, name: ast.Name) -> bool:
    """`f'{id=}'` prints the name itself."""
    parent = rewriter.outline.parents[name]
    if not isinstance(parent, ast.FormattedValue):
        return False
    start = rewriter.text.span(name)[1]
    return rewriter.text.source[start : start + 10].lstrip().startswith('=')
