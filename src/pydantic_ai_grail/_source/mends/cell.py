"""All mends of a cell, in one pass over its syntax tree."""

from __future__ import annotations

import ast

from ..._catalog.catalog import Catalog
from ..._monty.support import Support
from ...diagnostics import Mend
from ..edits import Origins, apply
from ..outline import Outline
from ..prepared import Prepared
from .awaiting import mend_awaits
from .final import final_value
from .imports import mend_imports
from .mending import Mending


def mend(
    tree: ast.Module,
    source: str,
    *,
    catalog: Catalog,
    bound: frozenset[str],
    support: Support,
    mends: tuple[Mend, ...] = (),
) -> Prepared:
    """The cell with its mechanical mistakes mended.

    `bound` are the names that live in the session, tools apart; `mends` those that the source has had already. Never raises: where a mend would not give Python, the
    cell stays as it was written.
    """
    outline = Outline(tree, source, session=bound)
    mending = Mending(outline=outline, catalog=catalog, support=support, mends=list(mends))
    mend_awaits(mending)
    mend_imports(mending)
    final = final_value(mending)
    text, shifts = apply(mending.text, mending.edits)
    line_count = 0
    added_for = (1, 1)
    if final.expression is not None:
        line_count, added_for = len(mending.text.lines), (final.line, 1)
        text = _with_last_line(text, final.expression)
    mended = tree
    if text != source:
        try:
            mended = ast.parse(text)
        except SyntaxError:
            return Prepared(source=source, tree=tree, has_value=isinstance(tree.body[-1], ast.Expr))
    return Prepared(
        source=text,
        tree=mended,
        mends=tuple(sorted(mending.mends, key=_line)),
        has_value=final.has_value,
        value_name=final.name,
        origins=Origins(shifts=shifts, line_count=line_count, added_for=added_for),
    )


def _with_last_line(text: str, expression: str) -> str:
    return f'{text}{"" if text.endswith(chr(10)) else chr(10)}{expression}\n'


def _line(mend: Mend) -> int:
    return mend.line
