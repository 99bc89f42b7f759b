"""All mends of a cell, over one outline of its syntax tree."""

from __future__ import annotations

import ast
from typing import Final

from ..._catalog.catalog import Catalog
from ..._monty.support import Support
from ...diagnostics import Mend
from ..edits import Origins, apply
from ..outline import Outline
from ..parse import parse
from ..prepared import Prepared
from .aliases import mend_aliases
from .awaiting import mend_awaits
from .classes import mend_classes
from .dates import mend_dates
from .decorating import mend_wraps
from .deleting import mend_deletes
from .final import FinalValue, final_value
from .imports import mend_imports
from .iterating import mend_iterators, mend_mapped_tools
from .mending import Mending
from .methods import mend_methods
from .polyfills import mend_options
from .sets import mend_sets
from .shadowing import mend_shadowed_builtins
from .tasks import mend_tasks
from .unused import mend_unused_imports

MENDS: Final = (
    mend_tasks,
    mend_mapped_tools,
    mend_awaits,
    mend_methods,
    mend_sets,
    mend_options,
    mend_dates,
    mend_iterators,
    mend_deletes,
    mend_shadowed_builtins,
    mend_aliases,
    mend_classes,
    mend_wraps,
    mend_unused_imports,
    mend_imports,
)
"""In the order in which they claim the text. Imports come last: the others free names, and bind some."""


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

    `bound` are the names that live in the session, tools apart; `mends` those that the source has had already. Never
    raises: where the mends together would not give Python, the cell stays as it was written.
    """
    mending = Mending(outline=Outline(tree, source, session=bound), catalog=catalog, support=support)
    for find in MENDS:
        find(mending)
    final = final_value(mending)
    prepared = _applied(mending, final, mends)
    if prepared is None:
        mending.edits.clear()
        mending.mends.clear()
        prepared = _applied(mending, final, mends)
    return prepared or Prepared(source=source, tree=tree, mends=mends, has_value=final.has_value)


def _applied(mending: Mending, final: FinalValue, mends: tuple[Mend, ...]) -> Prepared | None:
    """The edited cell with the line that asks for its value, or `None` if that is not Python."""
    source, tree = mending.text.source, mending.outline.tree
    text, shifts = apply(mending.text, mending.edits)
    line_count, added_for = 0, (1, 1)
    if final.expression is not None:
        line_count, added_for = len(mending.text.lines), (final.line, 1)
        text = f'{text}{"" if text.endswith(chr(10)) else chr(10)}{final.expression}\n'
    if text != source:
        parsed = parse(text)
        if not isinstance(parsed, ast.Module):
            return None
        tree = parsed
    return Prepared(
        source=text,
        tree=tree,
        mends=(*mends, *sorted(mending.mends, key=_line)),
        has_value=final.has_value,
        value_name=final.name,
        unplaced=tuple(mending.unplaced),
        origins=Origins(shifts=shifts, line_count=line_count, added_for=added_for),
    )


def _line(mend: Mend) -> int:
    return mend.line
