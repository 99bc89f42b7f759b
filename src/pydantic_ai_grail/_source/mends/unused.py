"""Imports of what Monty lacks, where nothing that runs needs them: left out, or bound to `Any` for annotations.

Annotations are not evaluated in the sandbox, so a name that only annotations use may stand for anything.
`from module import *` names what it imports.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ..edits import Edit
from .mending import Mending


def mend_unused_imports(mending: Mending) -> None:
    """Leave out what cannot be imported and is not used; call what only annotations use `Any`."""
    annotated = {name.id for name in mending.outline.annotations}
    for statement in mending.outline.nodes(ast.Import, ast.ImportFrom):
        if isinstance(statement, ast.ImportFrom) and statement.level == 0 and statement.names[0].name == '*':
            _mend_wildcard(mending, statement)
            continue
        lacking = [alias for alias in statement.names if _is_lacking(mending, statement, alias)]
        if lacking and not any(_is_used(mending, alias) for alias in lacking) and not _is_tried(mending, statement):
            _rewrite(mending, statement, lacking, annotated)


def _is_lacking(mending: Mending, statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> bool:
    support = mending.support
    if isinstance(statement, ast.Import):
        return alias.name in support.lacking_modules or alias.name.partition('.')[0] in support.lacking_modules
    module = statement.module or ''
    if statement.level or module == '__future__':
        return False
    if module in support.lacking_modules or module.partition('.')[0] in support.lacking_modules:
        return True
    dotted = f'{module}.{alias.name}'
    return alias.name in support.lacking_attributes.get(module, ()) and dotted not in support.modules


def _is_used(mending: Mending, alias: ast.alias) -> bool:
    local = alias.asname or alias.name.partition('.')[0]
    return any(use not in mending.replaced for use in mending.outline.loads.get(local, ()))


def _is_tried(mending: Mending, statement: ast.stmt) -> bool:
    """In a `try`, where failing to import is an answer."""
    return any(isinstance(ancestor, ast.Try) for ancestor in mending.outline.ancestors(statement))


def _rewrite(
    mending: Mending, statement: ast.Import | ast.ImportFrom, lacking: Sequence[ast.alias], annotated: set[str]
) -> None:
    kept = [alias for alias in statement.names if alias not in lacking]
    parts: list[str] = []
    if kept:
        names = ', '.join(_spelled(alias) for alias in kept)
        parts.append(
            f'from {statement.module} import {names}' if isinstance(statement, ast.ImportFrom) else f'import {names}'
        )
    for alias in lacking:
        local = alias.asname or alias.name.partition('.')[0]
        if local in annotated:
            in_typing = isinstance(statement, ast.ImportFrom) and alias.name in mending.support.modules.get(
                'typing', ()
            )
            name = alias.name if in_typing else 'Any'
            parts.append(f'from typing import {name}' if name == local else f'from typing import {name} as {local}')
    edits = _over_lines(mending, statement, '; '.join(parts) or 'pass')
    left_out = ', '.join(f'`{alias.name}`' for alias in lacking)
    mending.mend('unused-import', statement, f'left out the import of {left_out}, which nothing that runs uses', *edits)


def _spelled(alias: ast.alias) -> str:
    return f'{alias.name} as {alias.asname}' if alias.asname else alias.name


def _over_lines(mending: Mending, statement: ast.stmt, text: str) -> list[Edit]:
    """New text for a statement, on its first line; its other lines stay, and stay blank."""
    start, end = mending.text.span(statement)
    edits: list[Edit] = []
    for line in mending.text.source[start:end].splitlines(keepends=True):
        length = len(line.rstrip('\r\n'))
        edits.append(Edit(start, start + length, text if not edits else ''))
        start += len(line)
    return edits


def _mend_wildcard(mending: Mending, statement: ast.ImportFrom) -> None:
    names = mending.support.modules.get(statement.module or '')
    if names is None or not mending.lacks('wildcard-import'):
        return
    note = f'named what `from {statement.module} import *` imports'
    mending.mend('wildcard', statement, note, mending.instead(statement.names[0], ', '.join(sorted(names))))  # type: ignore[arg-type]
