"""All rewrites of a cell, over one outline of its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from ..._catalog.catalog import Catalog
from ..._monty.support import Support
from ...events.diagnostics import Rewrite
from ..edits import Edits, Origins, apply
from ..imported import Imported
from ..outline import Outline
from ..parse import parse
from ..prepared import Prepared
from .aliases import rewrite_aliases
from .awaiting import rewrite_awaits
from .cell_rewriter import CellRewriter
from .classes import rewrite_classes
from .dates import rewrite_dates
from .decorating import rewrite_wraps
from .deleting import rewrite_deletes
from .final import FinalValue, final_value
from .imports import rewrite_imports
from .iterating import rewrite_iterators, rewrite_mapped_tools
from .lazy import rewrite_lazy
from .method_values import rewrite_taken_methods
from .methods import rewrite_methods, rewrite_operators
from .modules import rewrite_bare_tools
from .polyfills import rewrite_hasattr, rewrite_json, rewrite_sub
from .raising import rewrite_asserts, rewrite_exits, rewrite_function_names, rewrite_raises
from .sets import rewrite_sets
from .shadowing import rewrite_shadowed_builtins
from .tasks import rewrite_tasks
from .text_buffers import rewrite_text_buffers
from .unused import rewrite_unused_imports

REWRITES: Final[tuple[tuple[Callable[[CellRewriter], None], tuple[str, ...]], ...]] = (
    (rewrite_exits, ('exit', 'quit')),
    (rewrite_function_names, ('__name__', '__qualname__')),
    (rewrite_tasks, ('gather', 'create_task', 'ensure_future')),
    (rewrite_mapped_tools, ('map',)),
    (rewrite_awaits, ()),
    (rewrite_bare_tools, ()),
    (rewrite_methods, ('key', 'map', 'filter', '.')),
    (rewrite_taken_methods, ('.', 'getattr')),
    (rewrite_operators, ('operator',)),
    (rewrite_sets, ('union', 'intersection', 'difference', 'update')),
    (rewrite_json, ('default',)),
    (rewrite_sub, ('.sub',)),
    (rewrite_hasattr, ('hasattr',)),
    (rewrite_dates, ('strptime', 'timedelta', 'utcnow', 'timestamp', 'isocalendar')),
    (rewrite_lazy, ('any', 'all', 'next')),
    (rewrite_iterators, ('next', '(')),
    (rewrite_raises, ('Error', 'Exception', 'Warning', 'SystemExit')),
    (rewrite_asserts, ('assert',)),
    (rewrite_deletes, ('del',)),
    (rewrite_shadowed_builtins, ('for',)),
    (rewrite_aliases, ('Error', 'error', 'UTC', 'timeout')),
    (rewrite_classes, ('class',)),
    (rewrite_wraps, ('wraps',)),
    (rewrite_text_buffers, ('StringIO',)),
    (rewrite_unused_imports, ('import',)),
    (rewrite_imports, ()),
)
"""Each rewrite with texts one of which is in every cell that needs it, so that most cells skip most rewrites.

In the order in which they claim the text. Imports come last: the others free names, and bind some.
"""


def rewrite(
    tree: ast.Module,
    source: str,
    *,
    catalog: Catalog,
    bound: frozenset[str],
    support: Support,
    rewrites: tuple[Rewrite, ...] = (),
    attributes: frozenset[str] = frozenset(),
    imported: Imported | None = None,
) -> Prepared:
    """The cell with its mechanical mistakes rewritten.

    `bound` are the names that live in the session, tools apart; `rewrites` those that the source has had already;
    `attributes` those that code of earlier cells gave its objects; `imported` what earlier cells imported. Never
    raises: where the rewrites together would not give Python, the cell stays as it was written.
    """
    imported = imported or Imported()
    outline = Outline(tree, source, session=bound, imported=imported.names, others=imported.others)
    rewriter = CellRewriter(
        outline=outline,
        catalog=catalog,
        support=support,
        attributes=attributes,
        definitions=imported.definitions,
    )
    for find, needles in REWRITES:
        if not needles or any(map(source.__contains__, needles)):
            find(rewriter)
    final = final_value(rewriter)
    prepared = _applied(rewriter, final, rewrites)
    if prepared is None:
        rewriter.edits = Edits()
        rewriter.rewrites.clear()
        prepared = _applied(rewriter, final, rewrites)
    if prepared is not None and not rewriter.edits.taken:
        prepared = replace(prepared, outline=outline)
    return prepared or Prepared(source=source, tree=tree, rewrites=rewrites, has_value=final.has_value)


def _applied(rewriter: CellRewriter, final: FinalValue, rewrites: tuple[Rewrite, ...]) -> Prepared | None:
    """The edited cell with the line that asks for its value, or `None` if that is not Python."""
    source, tree = rewriter.text.source, rewriter.outline.tree
    text, shifts = apply(rewriter.text, rewriter.edits.taken)
    line_count, added_for = 0, (1, 1)
    if text != source:
        parsed = parse(text)
        if not isinstance(parsed, ast.Module):
            return None
        tree = parsed
    if final.expression is not None:
        lines = rewriter.text.lines
        line_count, added_for = len(lines) - (not lines[-1]), (final.line, 1)
        tree = _with_last(tree, final.expression, line_count + 1)
        text = f'{text}{"" if text.endswith(chr(10)) else chr(10)}{final.expression}\n'
    return Prepared(
        source=text,
        tree=tree,
        rewrites=(*rewrites, *sorted(rewriter.rewrites, key=_line)),
        has_value=final.has_value,
        value_name=final.name,
        unplaced=tuple(rewriter.unplaced),
        origins=Origins(shifts=shifts, line_count=line_count, added_for=added_for),
    )


def _with_last(tree: ast.Module, expression: str, line: int) -> ast.Module:
    """The tree with one more line, without parsing it all again."""
    [last] = ast.parse(expression).body
    ast.increment_lineno(last, line - 1)
    return ast.Module(body=[*tree.body, last], type_ignores=[])


def _line(rewrite: Rewrite) -> int:
    return rewrite.line
