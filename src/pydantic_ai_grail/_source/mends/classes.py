"""Class headers that say nothing Monty needs: `class A(object)`, and options of `@dataclass` that only restrict."""

from __future__ import annotations

import ast
import re
from typing import Final

from ..edits import Edit
from .mending import Mending

_HEADER: Final = re.compile(r'class\s+\w+\s*')


def mend_classes(mending: Mending) -> None:
    """Take off `object` as a base, records' base where they are only annotations, and `slots` and `kw_only`."""
    for node in mending.outline.nodes(ast.ClassDef):
        _mend_bases(mending, node)
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and _is_dataclass(mending, decorator.func):
                _mend_options(mending, node, decorator)


def _mend_bases(mending: Mending, node: ast.ClassDef) -> None:
    if len(node.bases) != 1:
        return
    base = node.bases[0]
    if mending.outline.is_builtin(base, 'object') and mending.lacks('object-base') and not node.keywords:
        what = 'left out the base `object`'
    elif _is_typed_dict(mending, base) and node.name not in mending.outline.loads and mending.lacks('inheritance'):
        what = f'left out the base of `{node.name}`, which only annotations use'
    else:
        return
    start = mending.text.span(node)[0]
    header = _HEADER.match(mending.text.source, start)
    last = mending.text.span(node.keywords[-1] if node.keywords else base)[1]
    closing = mending.text.source.find(')', last)
    if header is None or closing < 0:
        return
    edit = mending.between(header.end(), closing + 1, '')
    if edit is not None and mending.mend('base', node, what, edit):
        mending.replace(base)


def _is_typed_dict(mending: Mending, base: ast.expr) -> bool:
    return mending.outline.dotted(base) in ('typing.TypedDict', 'typing_extensions.TypedDict', 'TypedDict')


def _is_dataclass(mending: Mending, function: ast.expr) -> bool:
    return mending.outline.dotted(function) in ('dataclasses.dataclass', 'dataclass')


def _mend_options(mending: Mending, node: ast.ClassDef, decorator: ast.Call) -> None:
    dropped = [
        option
        for option in decorator.keywords
        if option.arg in ('slots', 'kw_only', 'weakref_slot')
        and mending.lacks(f'dataclasses.dataclass({option.arg}=)')
        and (option.arg != 'kw_only' or _may_be_positional(node))
    ]
    edits: list[Edit] | None = mending.without(decorator, *dropped)
    if dropped and edits is not None:
        names = ' and '.join(f'`{option.arg}`' for option in dropped)
        mending.mend('dataclass-option', decorator, f'left out {names} of `@dataclass`', *edits)


def _may_be_positional(node: ast.ClassDef) -> bool:
    """No field without a default comes after one with a default."""
    seen_default = False
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign):
            if statement.value is None and seen_default:
                return False
            seen_default = seen_default or statement.value is not None
    return True
