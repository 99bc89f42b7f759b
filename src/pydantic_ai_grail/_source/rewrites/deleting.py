"""`del` becomes what has the same effect: `pop` for an item, an empty slice for a slice, for a name its unbinding.

A name at the top level is unbound for real, by an `except` clause that has it: what reads it afterwards fails as in
CPython, and a builtin that it hid is there again. A name of a function is given `None` where nothing can read it before
it is bound again; where something may, the `del` is left for the portability report.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Final

from ..edits import Edit
from ..outline import Outline
from .cell_rewriter import CellRewriter
from .kinds import kind_of

_UNBIND: Final = '{name}; eval(\'exec("try:\\\\n raise ValueError\\\\nexcept ValueError as {name}:\\\\n pass")\')'
"""Reads the name first, which is a NameError if there is none. `eval` keeps `exec` from opening the session's names to
all readers of the code."""
_REMOVE: Final = (
    '(lambda _from, _key: _from.pop(_key, None) if str(type(_from)) == "<class \'Counter\'>" else '
    '(_from.rotate(-_key), _from.popleft(), _from.rotate(_key)) if str(type(_from)) == "<class \'collections.deque\'>" '
    'else _from.pop(_key) if type(_from) in (dict, list) or str(type(_from)) == "<class \'collections.defaultdict\'>" '
    'else _from.__delitem__(_key))'
)
"""Each type by its own means; whatever has items of another kind says itself that it cannot."""
_SURE: Final = frozenset({'dict', 'list', 'defaultdict'})


def rewrite_deletes(rewriter: CellRewriter) -> None:
    """Rewrite each `del` all of whose targets have an equal. Others are left for the portability report."""
    for statement in rewriter.outline.nodes(ast.Delete):
        edits = _rewritten(rewriter, statement)
        if edits is not None:
            rewriter.rewrite('del', statement, f'`{_short(rewriter, statement)}` became {_what(statement)}', *edits)


def _rewritten(rewriter: CellRewriter, statement: ast.Delete) -> list[Edit] | None:
    edits: list[Edit] = []
    for index, target in enumerate(statement.targets):
        start, end = rewriter.text.span(target)
        if index:
            comma = rewriter.comma_after(rewriter.text.span(statement.targets[index - 1])[1])
            prefix = None if comma is None else rewriter.between(comma, start, '; ')
        else:
            prefix = rewriter.between(rewriter.text.span(statement)[0], start, '')
        body = _target(rewriter, statement, target)
        if prefix is None or body is None:
            return None
        edits += [prefix, *body]
    end = rewriter.text.span(statement)[1]
    last = rewriter.text.span(statement.targets[-1])[1]
    return edits if rewriter.text.source[last:end].strip() == '' else None


def _target(rewriter: CellRewriter, statement: ast.Delete, target: ast.expr) -> list[Edit] | None:
    start, end = rewriter.text.span(target)
    match target:
        case ast.Name() if rewriter.lacks('del-name'):
            return _name(rewriter, statement, target)
        case ast.Subscript(slice=ast.Slice(step=None)) if rewriter.lacks('del-slice'):
            return [Edit(end, end, ' = []')]
        case ast.Subscript(value=value, slice=key) if rewriter.lacks('del-item') and not _is_slice(key):
            opening = rewriter.text.source.find('[', rewriter.text.span(value)[1])
            kind = kind_of(rewriter, value)
            open_key, close_key = ('(', ')') if isinstance(key, ast.Tuple) else ('', '')
            if kind in (*_SURE, 'Counter'):
                after = ', None)' if kind == 'Counter' else ')'
                return [Edit(opening, opening + 1, f'.pop({open_key}'), Edit(end - 1, end, f'{close_key}{after}')]
            return [
                Edit(start, start, f'{_REMOVE}('),
                Edit(opening, opening + 1, f', {open_key}'),
                Edit(end - 1, end, f'{close_key})'),
            ]
        case _:
            return None


def _name(rewriter: CellRewriter, statement: ast.Delete, target: ast.Name) -> list[Edit] | None:
    start, end = rewriter.text.span(target)
    scope = rewriter.outline.scope_of(target)
    if scope.kind == 'module':
        return [Edit(start, end, _UNBIND.format(name=target.id))]
    if target.id in scope.outer or not scope.binds(target.id) or scope.kind not in ('function', 'coroutine'):
        return None  # of another scope, which no assignment here unbinds
    return None if _may_be_read(rewriter.outline, statement, target, scope.node) else [Edit(end, end, ' = None')]


def _may_be_read(outline: Outline, statement: ast.Delete, target: ast.Name, function: ast.AST) -> bool:
    """Whether anything may read (or delete) a function's name after its `del`, before it is bound again for sure."""
    name = target.id
    if any(name in node.names for node in outline.nodes(ast.Nonlocal)):
        return True
    reads = [node for node in _reads(outline, function, name) if node is not target]
    if any(outline.scope_of(node).node is not function for node in reads):
        return True  # by a function inside, which may be called at any time
    inside = {*ast.walk(function)}
    for loop in outline.ancestors(statement):
        if isinstance(loop, ast.For | ast.While) and loop in inside:
            body = {node for part in loop.body for node in ast.walk(part)}
            is_target = isinstance(loop, ast.For) and any(
                isinstance(node, ast.Name) and node.id == name for node in ast.walk(loop.target)
            )
            if any(read in body for read in reads) and not is_target and not _is_bound_first(loop.body, name):
                return True
    later = [node for node in reads if (node.lineno, node.col_offset) > (target.lineno, target.col_offset)]
    return bool(later) and not _is_bound_first(_after(outline, statement), name)


def _reads(outline: Outline, tree: ast.AST, name: str) -> list[ast.Name]:
    """All that a tree does with a name but to assign it."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Name)
        and node.id == name
        and (not isinstance(node.ctx, ast.Store) or isinstance(outline.parents[node], ast.AugAssign))
    ]


def _after(outline: Outline, statement: ast.stmt) -> list[ast.stmt]:
    """What follows a statement in its own block."""
    for field in ('body', 'orelse', 'finalbody'):
        block: object = getattr(outline.parents[statement], field, None)
        if isinstance(block, list) and statement in block:
            return block[block.index(statement) + 1 :]  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]  # `ast` does not type its fields
    return []


def _is_bound_first(block: Sequence[ast.stmt], name: str) -> bool:
    """Whether the first statement of a block that has a name assigns it, without reading it."""
    for statement in block:
        uses = [node for node in ast.walk(statement) if isinstance(node, ast.Name) and node.id == name]
        if uses:
            return isinstance(statement, ast.Assign) and statement.targets == uses
    return False


def _is_slice(key: ast.expr) -> bool:
    return isinstance(key, ast.Slice) or (isinstance(key, ast.Tuple) and any(map(_is_slice, key.elts)))


def _short(rewriter: CellRewriter, statement: ast.Delete) -> str:
    text = ' '.join(rewriter.text.segment(statement).split())
    return text if len(text) <= 40 else f'{text[:37]}...'


def _what(statement: ast.Delete) -> str:
    match statement.targets[0]:
        case ast.Name(id=name):
            return f'what has its effect: `{name}` is bound no more'
        case ast.Subscript(slice=ast.Slice()):
            return 'an assignment of `[]`'
        case _:
            return '`.pop(...)`'
