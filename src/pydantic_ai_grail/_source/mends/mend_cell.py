"""All mends of a cell, over one outline of its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from ..._catalog.catalog import Catalog
from ..._monty.support import Support
from ...events.diagnostics import Mend
from ..edits import Edits, Origins, apply
from ..imported import Imported
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
from .lazy import mend_lazy
from .mending import Mending
from .method_values import mend_taken_methods
from .methods import mend_methods, mend_operators
from .modules import mend_bare_tools
from .polyfills import mend_hasattr, mend_json, mend_sub
from .raising import mend_asserts, mend_exits, mend_function_names, mend_raises
from .sets import mend_sets
from .shadowing import mend_shadowed_builtins
from .tasks import mend_tasks
from .text_buffers import mend_text_buffers
from .unused import mend_unused_imports

MENDS: Final[tuple[tuple[Callable[[Mending], None], tuple[str, ...]], ...]] = (
    (mend_exits, ('exit', 'quit')),
    (mend_function_names, ('__name__', '__qualname__')),
    (mend_tasks, ('gather', 'create_task', 'ensure_future')),
    (mend_mapped_tools, ('map',)),
    (mend_awaits, ()),
    (mend_bare_tools, ()),
    (mend_methods, ('key', 'map', 'filter', '.')),
    (mend_taken_methods, ('.', 'getattr')),
    (mend_operators, ('operator',)),
    (mend_sets, ('union', 'intersection', 'difference', 'update')),
    (mend_json, ('default',)),
    (mend_sub, ('.sub',)),
    (mend_hasattr, ('hasattr',)),
    (mend_dates, ('strptime', 'timedelta', 'utcnow', 'timestamp', 'isocalendar')),
    (mend_lazy, ('any', 'all', 'next')),
    (mend_iterators, ('next', '(')),
    (mend_raises, ('Error', 'Exception', 'Warning', 'SystemExit')),
    (mend_asserts, ('assert',)),
    (mend_deletes, ('del',)),
    (mend_shadowed_builtins, ('for',)),
    (mend_aliases, ('Error', 'error', 'UTC', 'timeout')),
    (mend_classes, ('class',)),
    (mend_wraps, ('wraps',)),
    (mend_text_buffers, ('StringIO',)),
    (mend_unused_imports, ('import',)),
    (mend_imports, ()),
)
"""Each mend with texts one of which is in every cell that needs it, so that most cells skip most mends.

In the order in which they claim the text. Imports come last: the others free names, and bind some.
"""


def mend(
    tree: ast.Module,
    source: str,
    *,
    catalog: Catalog,
    bound: frozenset[str],
    support: Support,
    mends: tuple[Mend, ...] = (),
    attributes: frozenset[str] = frozenset(),
    imported: Imported | None = None,
) -> Prepared:
    """The cell with its mechanical mistakes mended.

    `bound` are the names that live in the session, tools apart; `mends` those that the source has had already;
    `attributes` those that code of earlier cells gave its objects; `imported` what earlier cells imported. Never
    raises: where the mends together would not give Python, the cell stays as it was written.
    """
    imported = imported or Imported()
    outline = Outline(tree, source, session=bound, imported=imported.names, others=imported.others)
    mending = Mending(
        outline=outline,
        catalog=catalog,
        support=support,
        attributes=attributes,
        definitions=imported.definitions,
    )
    for find, needles in MENDS:
        if not needles or any(map(source.__contains__, needles)):
            find(mending)
    final = final_value(mending)
    prepared = _applied(mending, final, mends)
    if prepared is None:
        mending.edits = Edits()
        mending.mends.clear()
        prepared = _applied(mending, final, mends)
    if prepared is not None and not mending.edits.taken:
        prepared = replace(prepared, outline=outline)
    return prepared or Prepared(source=source, tree=tree, mends=mends, has_value=final.has_value)


def _applied(mending: Mending, final: FinalValue, mends: tuple[Mend, ...]) -> Prepared | None:
    """The edited cell with the line that asks for its value, or `None` if that is not Python."""
    source, tree = mending.text.source, mending.outline.tree
    text, shifts = apply(mending.text, mending.edits.taken)
    line_count, added_for = 0, (1, 1)
    if text != source:
        parsed = parse(text)
        if not isinstance(parsed, ast.Module):
            return None
        tree = parsed
    if final.expression is not None:
        lines = mending.text.lines
        line_count, added_for = len(lines) - (not lines[-1]), (final.line, 1)
        tree = _with_last(tree, final.expression, line_count + 1)
        text = f'{text}{"" if text.endswith(chr(10)) else chr(10)}{final.expression}\n'
    return Prepared(
        source=text,
        tree=tree,
        mends=(*mends, *sorted(mending.mends, key=_line)),
        has_value=final.has_value,
        value_name=final.name,
        unplaced=tuple(mending.unplaced),
        origins=Origins(shifts=shifts, line_count=line_count, added_for=added_for),
    )


def _with_last(tree: ast.Module, expression: str, line: int) -> ast.Module:
    """The tree with one more line, without parsing it all again."""
    [last] = ast.parse(expression).body
    ast.increment_lineno(last, line - 1)
    return ast.Module(body=[*tree.body, last], type_ignores=[])


def _line(mend: Mend) -> int:
    return mend.line
