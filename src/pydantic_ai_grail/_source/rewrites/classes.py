"""Class headers that say nothing Monty needs: `class A(object)`, and options of `@dataclass` that only restrict."""

from __future__ import annotations

import ast
import re
from typing import Final

from ..edits import Edit
from .cell_rewriter import CellRewriter

_HEADER: Final = re.compile(r'class\s+\w+\s*')


def rewrite_classes(rewriter: CellRewriter) -> None:
    """Take off `object` as a base, records' base where they are only annotations, and `slots` and `kw_only`."""
    for node in rewriter.outline.nodes(ast.ClassDef):
        _rewrite_bases(rewriter, node)
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and _is_dataclass(rewriter, decorator.func):
                _rewrite_options(rewriter, node, decorator)


def _rewrite_bases(rewriter: CellRewriter, node: ast.ClassDef) -> None:
    if len(node.bases) != 1:
        return
    base = node.bases[0]
    if rewriter.outline.is_builtin(base, 'object') and rewriter.lacks('object-base') and not node.keywords:
        what = 'left out the base `object`'
    elif _is_typed_dict(rewriter, base) and node.name not in rewriter.outline.loads and rewriter.lacks('inheritance'):
        what = f'left out the base of `{node.name}`, which only annotations use'
    else:
        return
    start = rewriter.text.span(node)[0]
    header = _HEADER.match(rewriter.text.source, start)
    last = rewriter.text.span(node.keywords[-1] if node.keywords else base)[1]
    closing = rewriter.text.source.find(')', last)
    if header is None or closing < 0:
        return
    edit = rewriter.between(header.end(), closing + 1, '')
    if edit is not None and rewriter.rewrite('base', node, what, edit):
        rewriter.replace(base)


def _is_typed_dict(rewriter: CellRewriter, base: ast.expr) -> bool:
    return rewriter.outline.dotted(base) in ('typing.TypedDict', 'typing_extensions.TypedDict', 'TypedDict')


def _is_dataclass(rewriter: CellRewriter, function: ast.expr) -> bool:
    return rewriter.outline.dotted(function) in ('dataclasses.dataclass', 'dataclass')


def _rewrite_options(rewriter: CellRewriter, node: ast.ClassDef, decorator: ast.Call) -> None:
    dropped = [
        option
        for option in decorator.keywords
        if option.arg in ('slots', 'kw_only', 'weakref_slot')
        and rewriter.lacks(f'dataclasses.dataclass({option.arg}=)')
        and (option.arg != 'kw_only' or _may_be_positional(node))
    ]
    edits: list[Edit] | None = rewriter.without(decorator, *dropped)
    if dropped and edits is not None:
        names = ' and '.join(f'`{option.arg}`' for option in dropped)
        rewriter.rewrite('dataclass-option', decorator, f'left out {names} of `@dataclass`', *edits)


def _may_be_positional(node: ast.ClassDef) -> bool:
    """No field without a default comes after one with a default."""
    seen_default = False
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign):
            if statement.value is None and seen_default:
                return False
            seen_default = seen_default or statement.value is not None
    return True
