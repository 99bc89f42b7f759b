"""Imports of what Monty lacks, where nothing that runs needs them, are left out. A star import names what it imports.

Annotations are not evaluated in the sandbox, so a name that only annotations use is not needed.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ..edits import Edit
from .cell_rewriter import CellRewriter


def rewrite_unused_imports(rewriter: CellRewriter) -> None:
    """Leave out what cannot be imported and is not used."""
    for statement in rewriter.outline.nodes(ast.Import, ast.ImportFrom):
        if isinstance(statement, ast.ImportFrom) and statement.level == 0 and statement.names[0].name == '*':
            _rewrite_wildcard(rewriter, statement)
            continue
        lacking = [alias for alias in statement.names if _is_lacking(rewriter, statement, alias)]
        if lacking and not any(_is_used(rewriter, alias) for alias in lacking) and not _is_tried(rewriter, statement):
            _rewrite(rewriter, statement, lacking)


def _is_lacking(rewriter: CellRewriter, statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> bool:
    support = rewriter.support
    if isinstance(statement, ast.Import):
        return alias.name in support.lacking_modules or alias.name.partition('.')[0] in support.lacking_modules
    module = statement.module or ''
    if statement.level or module == '__future__':
        return False
    if module in support.lacking_modules or module.partition('.')[0] in support.lacking_modules:
        return True
    dotted = f'{module}.{alias.name}'
    return alias.name in support.lacking_attributes.get(module, ()) and dotted not in support.modules


def _is_used(rewriter: CellRewriter, alias: ast.alias) -> bool:
    local = alias.asname or alias.name.partition('.')[0]
    return any(use not in rewriter.replaced for use in rewriter.outline.loads.get(local, ()))


def _is_tried(rewriter: CellRewriter, statement: ast.stmt) -> bool:
    """In a `try`, where failing to import is an answer."""
    return any(isinstance(ancestor, ast.Try) for ancestor in rewriter.outline.ancestors(statement))


def _rewrite(rewriter: CellRewriter, statement: ast.Import | ast.ImportFrom, lacking: Sequence[ast.alias]) -> None:
    kept = ', '.join(_spelled(alias) for alias in statement.names if alias not in lacking)
    text = 'pass'
    if kept:
        text = f'from {statement.module} import {kept}' if isinstance(statement, ast.ImportFrom) else f'import {kept}'
    edits = _over_lines(rewriter, statement, text)
    unused = [alias for alias in lacking if not _was_used(rewriter, alias)]
    if not unused:
        rewriter.take(edits)  # the rewrites of its uses have told already
        return
    left_out = ', '.join(f'`{alias.name}`' for alias in unused)
    note = f'left out the import of {left_out}: not available here, and nothing that runs uses it'
    rewriter.rewrite('unused-import', statement, note, *edits)


def _was_used(rewriter: CellRewriter, alias: ast.alias) -> bool:
    """Whether rewrites have replaced all uses of a name."""
    return bool(rewriter.outline.loads.get(alias.asname or alias.name.partition('.')[0]))


def _spelled(alias: ast.alias) -> str:
    return f'{alias.name} as {alias.asname}' if alias.asname else alias.name


def _over_lines(rewriter: CellRewriter, statement: ast.stmt, text: str) -> list[Edit]:
    """New text for a statement, on its last line, where more may follow it; its other lines stay, and stay blank."""
    start, end = rewriter.text.span(statement)
    lines = rewriter.text.source[start:end].splitlines(keepends=True)
    if len(lines) == 1:
        return [Edit(start, end, text)]
    edits: list[Edit] = []
    for line in lines[:-1]:
        edits.append(Edit(start, start + len(line.rstrip('\r\n')), ''))
        start += len(line)
    first = rewriter.text.lines[statement.lineno - 1]
    indent = first[: len(first) - len(first.lstrip())]
    return [*edits, Edit(start, end, f'{indent}{text}')]


def _rewrite_wildcard(rewriter: CellRewriter, statement: ast.ImportFrom) -> None:
    names = rewriter.support.modules.get(statement.module or '')
    if names is None or not rewriter.lacks('wildcard-import'):
        return
    note = f'named what `from {statement.module} import *` imports'
    rewriter.rewrite('wildcard', statement, note, rewriter.instead(statement.names[0], ', '.join(sorted(names))))  # pyright: ignore[reportArgumentType]  # an alias has a place in the source as well
