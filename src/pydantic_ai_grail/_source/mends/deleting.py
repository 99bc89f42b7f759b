"""`del` becomes what has the same effect: `pop` for an item, an empty slice for a slice, `None` for a name."""

from __future__ import annotations

import ast

from ..edits import Edit
from .mending import Mending


def mend_deletes(mending: Mending) -> None:
    """Rewrite each `del` all of whose targets have an equal. Others are left for the portability report."""
    for statement in mending.outline.nodes(ast.Delete):
        edits = _rewritten(mending, statement)
        if edits is not None:
            mending.mend('del', statement, f'`{_short(mending, statement)}` became {_what(statement)}', *edits)


def _rewritten(mending: Mending, statement: ast.Delete) -> list[Edit] | None:
    edits: list[Edit] = []
    for index, target in enumerate(statement.targets):
        start, end = mending.text.span(target)
        if index:
            comma = mending.comma_after(mending.text.span(statement.targets[index - 1])[1])
            prefix = None if comma is None else mending.between(comma, start, '; ')
        else:
            prefix = mending.between(mending.text.span(statement)[0], start, '')
        body = _target(mending, target)
        if prefix is None or body is None:
            return None
        edits += [prefix, *body]
    end = mending.text.span(statement)[1]
    last = mending.text.span(statement.targets[-1])[1]
    return edits if mending.text.source[last:end].strip() == '' else None


def _target(mending: Mending, target: ast.expr) -> list[Edit] | None:
    end = mending.text.span(target)[1]
    match target:
        case ast.Name() if mending.lacks('del-name'):
            return [Edit(end, end, ' = None')]
        case ast.Subscript(slice=ast.Slice(step=None)) if mending.lacks('del-slice'):
            return [Edit(end, end, ' = []')]
        case ast.Subscript(value=value, slice=key) if mending.lacks('del-item') and not _is_slice(key):
            opening = mending.text.source.find('[', mending.text.span(value)[1])
            open_key, close_key = ('((', ')') if isinstance(key, ast.Tuple) else ('(', '')
            after = ', None)' if _is_counter(mending, value) else ')'
            return [Edit(opening, opening + 1, f'.pop{open_key}'), Edit(end - 1, end, f'{close_key}{after}')]
        case _:
            return None


def _is_slice(key: ast.expr) -> bool:
    return isinstance(key, ast.Slice) or (isinstance(key, ast.Tuple) and any(map(_is_slice, key.elts)))


def _is_counter(mending: Mending, value: ast.expr) -> bool:
    """A `Counter` forgives a missing key, so its `pop` must too."""
    if not isinstance(value, ast.Name):
        return False
    return any(
        isinstance(name.ctx, ast.Store)
        and isinstance(parent := mending.outline.parents[name], ast.Assign)
        and isinstance(parent.value, ast.Call)
        and mending.outline.dotted(parent.value.func) in ('collections.Counter', 'Counter')
        for name in mending.outline.nodes(ast.Name)
        if name.id == value.id
    )


def _short(mending: Mending, statement: ast.Delete) -> str:
    text = ' '.join(mending.text.segment(statement).split())
    return text if len(text) <= 40 else f'{text[:37]}...'


def _what(statement: ast.Delete) -> str:
    match statement.targets[0]:
        case ast.Name(id=name):
            return f'`{name} = None`'
        case ast.Subscript(slice=ast.Slice()):
            return 'an assignment of `[]`'
        case _:
            return '`.pop(...)`'
