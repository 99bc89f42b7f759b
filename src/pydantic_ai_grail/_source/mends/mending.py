"""What every mend works with: the cell's outline, the tools, what Monty has, and the edits made so far."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..._catalog.catalog import Catalog, Entry
from ..._monty.support import Support
from ...diagnostics import Mend
from ..edits import Edit, SourceText, overlap
from ..outline import Outline

FIRST_PYTHON_WITH_POSITIONS_IN_F_STRINGS = (3, 12)


@dataclass(slots=True, kw_only=True)
class Mending:
    """The mends of one cell, while they are being found."""

    outline: Outline
    catalog: Catalog
    support: Support
    edits: list[Edit] = field(default_factory=list[Edit])
    mends: list[Mend] = field(default_factory=list[Mend])
    wanted_imports: dict[str, list[ast.AST]] = field(default_factory=dict[str, 'list[ast.AST]'])
    """Import statements that other mends need, with the nodes that need them."""

    @property
    def text(self) -> SourceText:
        return self.outline.text

    def tool(self, function: ast.expr) -> Entry | None:
        """The tool an expression names, if it surely names one."""
        entries = self.catalog.entries
        if isinstance(function, ast.Name):
            scope = self.outline.binding(function)
            if scope is None:
                return entries.get(function.id) if function.id not in self.outline.session else None
            if function.id in scope.bound:
                return entries.get(function.id) if self._comes_before_its_binding(function) else None
        dotted = self.outline.dotted(function)
        return None if dotted is None else entries.get(dotted)

    def mend(self, kind: str, node: ast.expr | ast.stmt, note: str, *edits: Edit) -> bool:
        """Take the edits, all or none: none if one of them clashes with an earlier mend."""
        return self._is_where_it_says(node) and self.add(kind, node.lineno, note, edits)

    def add(self, kind: str, line: int, note: str, edits: Sequence[Edit]) -> bool:
        """The same for edits that belong to no node."""
        if overlap(edits, self.edits):
            return False
        self.edits += edits
        self.mends.append(Mend(kind=kind, line=line, note=note))
        return True

    def before(self, node: ast.expr | ast.stmt, text: str) -> Edit:
        start = self.text.span(node)[0]
        return Edit(start, start, text)

    def after(self, node: ast.expr | ast.stmt, text: str) -> Edit:
        end = self.text.span(node)[1]
        return Edit(end, end, text, closes=True)

    def around(self, node: ast.expr, before: str, after: str) -> tuple[Edit, Edit]:
        return self.before(node, before), self.after(node, after)

    def _comes_before_its_binding(self, name: ast.Name) -> bool:
        """`deploys = deploys()` at the top level: the call still sees the tool, what follows sees the variable."""
        outline = self.outline
        if name.id in outline.session or outline.binding(name) is not outline.module:
            return False
        if outline.scope_of(name).kind not in ('module', 'comprehension'):
            return False
        for statement in outline.tree.body:
            binds = any(
                (isinstance(node, ast.Name) and node.id == name.id and not isinstance(node.ctx, ast.Load))
                or (isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == name.id)
                for node in ast.walk(statement)
            )
            if any(statement is ancestor for ancestor in outline.ancestors(name)):
                return not binds or isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign)
            if binds:
                return False
        return False

    def _is_where_it_says(self, node: ast.expr | ast.stmt) -> bool:
        """Python 3.11 gives wrong positions to some nodes in f-strings; what is there must be what the node is."""
        if sys.version_info >= FIRST_PYTHON_WITH_POSITIONS_IN_F_STRINGS or not isinstance(node, ast.expr):
            return True
        if not any(isinstance(ancestor, ast.JoinedStr) for ancestor in self.outline.ancestors(node)):
            return True
        try:
            found = ast.parse(f'({self.text.segment(node)})', mode='eval').body
        except SyntaxError:
            return False
        return ast.dump(found) == ast.dump(node)
