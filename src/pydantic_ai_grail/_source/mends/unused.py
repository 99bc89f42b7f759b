"""Imports of what Monty lacks, where nothing that runs needs them, are left out. A star import names what it imports.

Annotations are not evaluated in the sandbox, so a name that only annotations use is not needed.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ..edits import Edit
from .mending import Mending


def mend_unused_imports(mending: Mending) -> None:
    """Leave out what cannot be imported and is not used."""
    for statement in mending.outline.nodes(ast.Import, ast.ImportFrom):
        if isinstance(statement, ast.ImportFrom) and statement.level == 0 and statement.names[0].name == '*':
            _mend_wildcard(mending, statement)
            continue
        lacking = [alias for alias in statement.names if _is_lacking(mending, statement, alias)]
        if lacking and not any(_is_used(mending, alias) for alias in lacking) and not _is_tried(mending, statement):
            _rewrite(mending, statement, lacking)


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


def _rewrite(mending: Mending, statement: ast.Import | ast.ImportFrom, lacking: Sequence[ast.alias]) -> None:
    kept = ', '.join(_spelled(alias) for alias in statement.names if alias not in lacking)
    text = 'pass'
    if kept:
        text = f'from {statement.module} import {kept}' if isinstance(statement, ast.ImportFrom) else f'import {kept}'
    edits = _over_lines(mending, statement, text)
    unused = [alias for alias in lacking if not _was_used(mending, alias)]
    if not unused:
        mending.take(edits)  # the mends of its uses have told already
        return
    left_out = ', '.join(f'`{alias.name}`' for alias in unused)
    note = f'left out the import of {left_out}: not available here, and nothing that runs uses it'
    mending.mend('unused-import', statement, note, *edits)


def _was_used(mending: Mending, alias: ast.alias) -> bool:
    """Whether mends have replaced all uses of a name."""
    return bool(mending.outline.loads.get(alias.asname or alias.name.partition('.')[0]))


def _spelled(alias: ast.alias) -> str:
    return f'{alias.name} as {alias.asname}' if alias.asname else alias.name


def _over_lines(mending: Mending, statement: ast.stmt, text: str) -> list[Edit]:
    """New text for a statement, on its last line, where more may follow it; its other lines stay, and stay blank."""
    start, end = mending.text.span(statement)
    lines = mending.text.source[start:end].splitlines(keepends=True)
    if len(lines) == 1:
        return [Edit(start, end, text)]
    edits: list[Edit] = []
    for line in lines[:-1]:
        edits.append(Edit(start, start + len(line.rstrip('\r\n')), ''))
        start += len(line)
    first = mending.text.lines[statement.lineno - 1]
    indent = first[: len(first) - len(first.lstrip())]
    return [*edits, Edit(start, end, f'{indent}{text}')]


def _mend_wildcard(mending: Mending, statement: ast.ImportFrom) -> None:
    names = mending.support.modules.get(statement.module or '')
    if names is None or not mending.lacks('wildcard-import'):
        return
    note = f'named what `from {statement.module} import *` imports'
    mending.mend('wildcard', statement, note, mending.instead(statement.names[0], ', '.join(sorted(names))))  # pyright: ignore[reportArgumentType]  # an alias has a place in the source as well
