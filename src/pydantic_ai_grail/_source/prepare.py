"""A cell from source to ready: parsed, rewritten, and looked over for what Monty cannot run."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace

from .._catalog.catalog import Catalog
from .._monty.support import Support
from ..events.diagnostics import Diagnostic, Position, Rewrite
from .edits import Origins
from .imported import Imported
from .mangled import shell_line, unmangled
from .parse import parse
from .portability import report
from .prepared import Prepared
from .rewrites.rewrite_cell import rewrite

RUNTIME_NAMES = frozenset({'help', 'search_tools'})
"""Functions that every session has beside its tools."""


def prepare(
    source: str,
    *,
    catalog: Catalog,
    bound: frozenset[str],
    support: Support,
    attributes: frozenset[str] = frozenset(),
    imported: Imported | None = None,
) -> Prepared | tuple[Diagnostic, ...]:
    """The cell ready to be checked, or everything that keeps it from running at all.

    Args:
        source: The code as the model wrote it. A Markdown fence around it is taken off.
        catalog: The tools it may call.
        bound: Names that live in the session from earlier cells, tools apart.
        support: What the Monty that will run it can do.
        attributes: Attributes and methods that classes and objects of earlier cells have.
        imported: Which of the bound names earlier cells imported, and which stand for something else.
    """
    written = source
    unfenced: tuple[Rewrite, ...] = ()
    indents: Mapping[int, int] = {}
    tree = parse(written)
    if not isinstance(tree, ast.Module):
        meant = unmangled(source)
        if meant is None:
            return (_as_command(tree, source),)
        tree, written, indents = meant.tree, meant.source, meant.indents
        unfenced = tuple(Rewrite(kind='fence', line=1, note=note) for note in meant.notes)
    try:
        return _prepared(tree, written, catalog, bound, support, attributes, unfenced, imported or Imported(), indents)
    except Exception as error:
        # Nested more deeply than it can be walked here, or a mistake of ours over odd source, which must not end the
        # run of somebody's agent. The trace shows it; the code runs as it was written, within Monty's limits.
        message = f'This cell was not rewritten, for looking at it failed: {type(error).__name__}: {error}'
        note = Diagnostic(
            code='not-rewritten', message=message, position=Position(line=1, column=1), stage='portability'
        )
        return Prepared(
            source=written,
            tree=tree,
            rewrites=unfenced,
            has_value=bool(tree.body) and isinstance(tree.body[-1], ast.Expr),
            hints=(note,),
            origins=Origins().indented(indents),
        )


def _as_command(refusal: Diagnostic, source: str) -> Diagnostic:
    """The refusal of a line that is meant for a shell or a notebook, by its name."""
    command = shell_line(source, refusal.position.line)
    if command is None:
        return refusal
    is_install = 'pip' in command.split() or command.startswith(('!pip', '%pip'))
    message = f'`{command.split()[0][:40]}` is a command of a notebook or a shell: only Python runs here.'
    fix = 'Leave the line out: nothing can be installed here.' if is_install else 'Leave the line out, or write Python.'
    return replace(refusal, message=message, fix=fix)


def _prepared(
    tree: ast.Module,
    source: str,
    catalog: Catalog,
    bound: frozenset[str],
    support: Support,
    attributes: frozenset[str],
    rewrites: tuple[Rewrite, ...],
    imported: Imported,
    indents: Mapping[int, int],
) -> Prepared | tuple[Diagnostic, ...]:
    prepared = rewrite(
        tree,
        source,
        catalog=catalog,
        bound=bound,
        support=support,
        rewrites=rewrites,
        attributes=attributes,
        imported=imported,
    )
    if indents:
        unplaced = tuple(_moved(each, indents) for each in prepared.unplaced)
        prepared = replace(prepared, origins=prepared.origins.indented(indents), unplaced=unplaced)
    roots = {module.partition('.')[0] for module in catalog.modules}
    tools = catalog.entries.keys() & (support.lacking_builtins | support.lacking_modules)
    names = bound | tools | roots | RUNTIME_NAMES
    members = (
        {name.rpartition('.')[2] for name in catalog.entries} & support.lacking_methods if roots else frozenset[str]()
    )
    reported = report(
        prepared.tree,
        prepared.source,
        support,
        bound=names,
        attributes=attributes | members,
        outline=prepared.outline,
    )
    found = [*prepared.unplaced, *(_in_original(prepared, one) for one in reported)]
    found.sort(key=lambda one: (one.position.line, one.position.column))
    return tuple(found) or prepared


def _moved(diagnostic: Diagnostic, indents: Mapping[int, int]) -> Diagnostic:
    place, taken = diagnostic.position, indents.get(diagnostic.position.line, 0)
    end = None if place.end_column is None else place.end_column + taken
    return replace(diagnostic, position=replace(place, column=place.column + taken, end_column=end))


def _in_original(prepared: Prepared, diagnostic: Diagnostic) -> Diagnostic:
    return Diagnostic(
        code=diagnostic.code,
        message=diagnostic.message,
        position=prepared.original(diagnostic.position),
        stage=diagnostic.stage,
        fix=diagnostic.fix,
    )
