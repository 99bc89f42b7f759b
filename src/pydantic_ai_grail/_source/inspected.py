"""A cell under inspection: all that a rule may ask about it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from .._catalog.entries import Catalog, Entry
from .._catalog.signatures import Declaration
from .._common.suggestions import closest
from .._monty.support import Support
from ..events.diagnostics import Diagnostic, Position
from .bindings import Bindings, bindings_of, names_in
from .bound_values import sources_of, sources_of_cell
from .edits import SourceText
from .flow import FUNCTIONS, Flow
from .history import History
from .offers import offers_of
from .outline import Outline
from .places import Places, Range
from .provenance import Provenance
from .stored_attributes import Stores, stores_of
from .validated_arguments import Validate

MAX_SUGGESTIONS: Final = 16
CONSTANTS: Final = frozenset({'True', 'False', 'None', 'Ellipsis', 'NotImplemented'})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the checker said of a place in the cell."""

    code: str
    message: str
    place: Range


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """A finding that is certain only if it is true of the whole type of an expression.

    Of a union the checker often names just the member that it objects to, so the type itself must be asked for.
    """

    place: Range
    """Where the expression stands."""
    decide: Callable[[str], Diagnostic | None]
    """The refusal, given the whole type."""


class Inspected:
    """A cell with its session, its tools and what Monty has. Positions are those of the rewritten source."""

    def __init__(
        self, outline: Outline, *, history: History, catalog: Catalog, support: Support, validate: Validate | None
    ) -> None:
        self.outline = outline
        self.history = history
        self.catalog = catalog
        self.offers = offers_of(catalog)
        self.support = support
        self.validate = validate
        self.past = history.bindings
        self.own = bindings_of(outline.tree)
        self._nodes_by_place: dict[int, dict[Range, list[ast.expr | ast.keyword | ast.alias]]] = {}
        self._suggestions: dict[tuple[str, str], str | None] = {}

    @property
    def text(self) -> SourceText:
        return self.outline.text

    @cached_property
    def bindings(self) -> Bindings:
        """What the session and the cell bind."""
        return self.past | self.own

    @cached_property
    def stores(self) -> Stores:
        """What the session and the cell put into objects."""
        return self.history.stores | stores_of(self.outline.tree)

    @cached_property
    def unsure(self) -> frozenset[str]:
        """Names whose types no reader can tell: rebound from inside functions, or declared and assigned both."""
        return self.bindings.reached | (self.bindings.declared & self.bindings.assigned)

    @cached_property
    def provenance(self) -> Provenance:
        """Where values come from, for code that may be in a function: names of all scopes are taken together."""
        return self._provenance(top_only=False)

    @cached_property
    def top_provenance(self) -> Provenance:
        """The same for code at the top level, which no function's own names concern."""
        return self._provenance(top_only=True)

    def provenance_at(self, place: Range) -> Provenance:
        return self.top_provenance if self.places.is_top_level(place) else self.provenance

    def _provenance(self, *, top_only: bool) -> Provenance:
        earlier = (sources_of_cell(each, top_only=top_only) for each in self.history.cells)
        return Provenance(
            (*earlier, sources_of(self.outline.tree, top_only=top_only)),
            catalog=self.catalog,
            bindings=self.bindings,
            stores=self.stores,
            unsure=self.unsure,
        )

    @cached_property
    def has_functions(self) -> bool:
        """Whether the session or the cell defines functions."""
        trees = (self.outline.tree, *(cell.tree() for cell in self.history.cells))
        return any(isinstance(node, FUNCTIONS) for tree in trees for node in tree.body)

    @cached_property
    def class_names(self) -> frozenset[str]:
        """Classes that the session or the cell defines, at any depth."""
        trees = (*(each.tree() for each in self.history.cells), self.outline.tree)
        return frozenset(node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef))

    @cached_property
    def flow(self) -> Flow:
        return Flow(
            (*(cell.tree() for cell in self.history.cells), self.outline.tree),
            provenance=self.provenance,
            top_provenance=self.top_provenance,
            catalog=self.catalog,
            declarations=self.declarations,
        )

    def is_steady(self, place: Range, *, kind_only: bool = False) -> bool:
        """Whether the type inferred for the expression at a place can be relied on; with `kind_only` its outermost part."""
        try:
            value = ast.parse(f'({self.segment(place)})', mode='eval').body
        except SyntaxError:
            return False
        known = self.provenance_at(place)
        return known.has_steady_kind(value) if kind_only else known.is_steady(value)

    def is_always_bound(self, name: str) -> bool:
        """Whether every binding of a name stands at the top level, in no branch: at the end it is a variable.

        A loop counts as if it went round.
        """
        if name in self.unsure or name in self.bindings.declared:
            return False
        trees = [*(cell.tree() for cell in self.history.cells if cell.completed), self.outline.tree]
        top = (statement for tree in trees for statement in tree.body)
        is_bound = False
        for statement in top:
            match statement:
                case ast.Assign(targets=targets):
                    is_bound |= any(name in names_in(target) for target in targets)
                case ast.For(target=target) | ast.AnnAssign(target=target) if name in names_in(target):
                    is_bound = True
                case _:
                    if name in bindings_of(statement).names:
                        return False
        return is_bound

    @cached_property
    def places(self) -> Places:
        return Places(self.outline)

    @property
    def declarations(self) -> Mapping[str, Declaration]:
        """The records that signatures mention, by name."""
        return self.offers.declarations

    @cached_property
    def local_names(self) -> frozenset[str]:
        """Names bound at any depth of the cell."""
        outline = self.outline
        found = {*self.own.names}
        found.update(node.id for node in outline.nodes(ast.Name) if not isinstance(node.ctx, ast.Load))
        for node in outline.nodes(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef):
            found.add(node.name)
        for node in outline.nodes(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda):
            found.update(each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg))
        for node in outline.nodes(ast.Import, ast.ImportFrom):
            found.update(alias.asname or alias.name for alias in node.names)
        return frozenset(found)

    def tool(self, function: ast.expr) -> Entry | None:
        """The tool that an expression surely names."""
        entries = self.catalog.entries
        if isinstance(function, ast.Name) and function.id in entries:
            is_variable = function.id in self.local_names or function.id in self.past.names
            return None if is_variable else entries[function.id]
        root = self.outline.root(function)
        if root is None or (root.id in self.past.names and root.id not in self.catalog.modules):
            return None
        dotted = self.outline.dotted(function)
        return None if dotted is None else entries.get(dotted)

    def nodes_at(self, place: Range) -> list[ast.expr | ast.keyword | ast.alias]:
        """The expressions and keywords that stand exactly there, outermost first."""
        line = self.text.place(place[0])[0]
        found = self._nodes_by_place.get(line)
        if found is None:
            found = self._nodes_by_place[line] = {}
            for node in self._nodes_by_line.get(line, ()):
                found.setdefault(self.text.span(node), []).append(node)
        return found.get(place, [])

    @cached_property
    def _nodes_by_line(self) -> dict[int, list[ast.expr | ast.keyword | ast.alias]]:
        found: dict[int, list[ast.expr | ast.keyword | ast.alias]] = {}
        for node in ast.walk(self.outline.tree):
            if isinstance(node, (ast.expr, ast.keyword, ast.alias)):
                found.setdefault(node.lineno, []).append(node)
        return found

    def meant_by(self, name: str, use: str, candidates: Iterable[str]) -> str | None:
        """The candidate for this use that an unknown name most likely stands for.

        Of a few names only: each look-up goes through up to 2,000 candidates, and no more mistakes are shown.
        """
        if (name, use) not in self._suggestions and len(self._suggestions) < 2 * MAX_SUGGESTIONS:
            self._suggestions[name, use] = closest(name, candidates)
        return self._suggestions.get((name, use))

    def segment(self, place: Range) -> str:
        return self.text.source[place[0] : place[1]]

    def place_of(self, node: ast.expr | ast.stmt | ast.keyword | ast.alias) -> Range:
        """Where a node stands; of one inside an f-string, before Python 3.12, the f-string."""
        inside: ast.AST = node
        if not self._tells_places:
            for ancestor in self.outline.ancestors(node):
                if isinstance(ancestor, ast.JoinedStr):
                    inside = ancestor
        assert isinstance(inside, (ast.expr, ast.stmt, ast.keyword, ast.alias))
        return self.text.span(inside)

    @property
    def _tells_places(self) -> bool:
        return sys.version_info >= (3, 12)

    def diagnostic(self, code: str, message: str, place: Range, *, fix: str | None = None) -> Diagnostic:
        line, column = self.text.place(place[0])
        end_line, end_column = self.text.place(place[1])
        position = Position(line=line, column=column, end_line=end_line, end_column=end_column)
        return Diagnostic(code=code, message=message, position=position, stage='check', fix=fix)
