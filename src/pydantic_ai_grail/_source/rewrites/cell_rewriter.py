"""What every rewrite works with: the cell's outline, the tools, what Monty has, and the edits made so far."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from ..._catalog.catalog import Catalog, Entry
from ..._monty.support import Support
from ...events.diagnostics import Diagnostic, Rewrite
from ..bindings import bindings_of
from ..edits import Edit, Edits, SourceText
from ..imported import Definition
from ..outline import Outline
from .placing import placed

_LINE_BREAK: Final = re.compile(r'\r\n|\r|\n')
_POSITIONS_IN_F_STRINGS_ARE_RIGHT = sys.version_info >= (3, 12)


@dataclass(kw_only=True)
class CellRewriter:
    """The rewrites of one cell, while they are being found."""

    outline: Outline
    catalog: Catalog
    support: Support
    attributes: frozenset[str] = frozenset()
    """Attributes that code of earlier cells gave its objects and classes."""
    definitions: Mapping[str, Definition] = field(default_factory=dict[str, Definition])
    """What names of the session are bound to, where one definition is all that binds them."""
    edits: Edits = field(default_factory=Edits)
    rewrites: list[Rewrite] = field(default_factory=list[Rewrite])
    replaced: set[ast.AST] = field(default_factory=set[ast.AST])
    """Names that no longer stand in the code, so that an import of theirs has nobody to import for."""
    lowered: set[ast.AST] = field(default_factory=set[ast.AST])
    """Expressions that have become others already, which later rewrites leave alone."""
    exits: set[ast.AST] = field(default_factory=set[ast.AST])
    """Calls of `exit` that became a `return`."""
    unplaced: list[Diagnostic] = field(default_factory=list[Diagnostic])
    """Imports that no line has room for."""

    @property
    def text(self) -> SourceText:
        return self.outline.text

    def replace(self, node: ast.AST) -> None:
        """Note that the names in a node no longer stand in the code."""
        self.replaced |= {inner for inner in ast.walk(node) if isinstance(inner, ast.Name)}

    def lacks(self, feature: str) -> bool:
        return not self.support.has(feature)

    @cached_property
    def calls(self) -> tuple[tuple[ast.Call, str | None], ...]:
        """Every call of the cell, with the dotted name of what is called where that is known."""
        return tuple((call, self.outline.dotted(call.func)) for call in self.outline.nodes(ast.Call))

    def calls_of(self, *dotted: str) -> Iterator[tuple[ast.Call, str]]:
        """Calls of library functions by their dotted names, or of builtins."""
        for call, name in self.calls:
            if name is not None and name in dotted and ('.' in name or self.outline.is_free(_name(call.func))):
                yield call, name

    @cached_property
    def bare_tools(self) -> dict[str, Entry]:
        """Tools in modules by their bare names, where one module has the name and nothing else goes by it."""
        found: dict[str, Entry | None] = {}
        for dotted, entry in self.catalog.entries.items():
            if entry.module is not None:
                name = dotted.rpartition('.')[2]
                found[name] = None if name in found else entry
        taken = self.catalog.entries.keys() | self.support.builtins
        return {name: entry for name, entry in found.items() if entry is not None and name not in taken}

    def tool(self, function: ast.expr) -> Entry | None:
        """The tool an expression names, if it surely names one."""
        entries = self.catalog.entries
        if isinstance(function, ast.Name):
            scope = self.outline.binding(function)
            if scope is None:
                if function.id in self.outline.session:
                    return None
                return entries.get(function.id) or self.bare_tools.get(function.id)
            if function.id in scope.bound:
                if not self.comes_before_its_binding(function):
                    return None
                return entries.get(function.id) or self.bare_tools.get(function.id)
        dotted = self.outline.dotted(function)
        return None if dotted is None else entries.get(dotted)

    def rewrite(self, kind: str, node: ast.expr | ast.stmt, note: str, *edits: Edit) -> bool:
        """Take the edits, all or none: none if one of them clashes with an earlier rewrite."""
        return self.is_where_it_says(node) and self.add(kind, node.lineno, note, edits)

    def add(self, kind: str, line: int, note: str, edits: Sequence[Edit]) -> bool:
        """The same for edits that belong to no node."""
        if not self.take(edits):
            return False
        self.rewrites.append(Rewrite(kind=kind, line=line, note=note))
        return True

    def take(self, edits: Sequence[Edit]) -> bool:
        """Take edits without a note, as part of a rewrite that has one."""
        return not any(map(self._loses_lines, edits)) and self.edits.take(edits)

    def _loses_lines(self, edit: Edit) -> bool:
        """Whether lines below an edit would move, so that nothing could be placed in them any more."""
        return len(_LINE_BREAK.findall(self.text.source[edit.start : edit.end])) != len(_LINE_BREAK.findall(edit.text))

    def needs(self, statement: str, uses: Iterable[ast.AST], *, in_module: bool = False) -> list[Edit] | None:
        """Edits that make a statement run before each use; `None` where no line has room for it."""
        return placed(self.outline, statement, uses, in_module=in_module)

    def before(self, node: ast.expr | ast.stmt, text: str) -> Edit:
        start = self.text.span(node)[0]
        return Edit(start, start, text)

    def after(self, node: ast.expr | ast.stmt, text: str) -> Edit:
        end = self.text.span(node)[1]
        return Edit(end, end, text, closes=True)

    def around(self, node: ast.expr, before: str, after: str) -> tuple[Edit, Edit]:
        return self.before(node, before), self.after(node, after)

    def outside(self, node: ast.expr, before: str, after: str, *, to: ast.expr | None = None) -> tuple[Edit, Edit]:
        """As `around`, and around whatever other rewrites put at the same place; up to the end of another node, if given."""
        return replace(self.before(node, before), rank=-1), self.after(to or node, after)

    def instead(self, node: ast.expr | ast.stmt, text: str) -> Edit:
        return Edit(*self.text.span(node), text)

    def between(self, start: int, end: int, text: str) -> Edit | None:
        """New text for what stands between two offsets, unless that goes over a line's end or holds a comment."""
        old = self.text.source[start:end]
        return None if '\n' in old or '\r' in old or '#' in old else Edit(start, end, text)

    def without(self, call: ast.Call, *arguments: ast.expr | ast.keyword) -> list[Edit] | None:
        """Take arguments out of a call, each with a comma beside it."""
        given = sorted([*call.args, *call.keywords], key=lambda one: (one.lineno, one.col_offset))
        edits: list[Edit] = []
        for index, argument in enumerate(given):
            if argument not in arguments:
                continue
            start, end = self.text.span(argument)
            if '\n' in self.text.source[start:end]:
                return None
            edits.append(Edit(start, end, ''))
            if index:
                comma = self.comma_after(self.text.span(given[index - 1])[1])
            elif len(given) > 1 and given[1] in arguments:
                continue  # the next one takes their comma along
            else:
                comma = self.comma_after(end)
            if comma is not None:
                edits.append(Edit(comma, comma + 1, ''))
            elif len(given) > 1:
                return None
        return edits

    def comma_after(self, offset: int) -> int | None:
        """The comma that ends an argument or an item, past its closing brackets, blanks and comments."""
        source = self.text.source
        while offset < len(source):
            character = source[offset]
            if character == ',':
                return offset
            if character == '#':
                offset = source.find('\n', offset)
                if offset < 0:
                    return None
            elif character not in ') \t\r\n\\':
                return None
            offset += 1
        return None

    def fresh_name(self, wanted: str) -> str:
        """A name that neither the cell nor the session has."""
        outline = self.outline
        taken = {name.id for name in outline.nodes(ast.Name)} | outline.session | self.catalog.entries.keys()
        while wanted in taken or wanted in self.support.builtins:
            wanted += '_'
        return wanted

    def is_where_it_says(self, node: ast.expr | ast.stmt) -> bool:
        """Python 3.11 gives wrong positions to some nodes in f-strings; what is there must be what the node is."""
        if _POSITIONS_IN_F_STRINGS_ARE_RIGHT or not isinstance(node, ast.expr):
            return True
        if not any(isinstance(ancestor, ast.JoinedStr) for ancestor in self.outline.ancestors(node)):
            return True
        if isinstance(node, ast.Name):
            return self.text.segment(node) == node.id
        try:
            found = ast.parse(f'({self.text.segment(node)})', mode='eval').body
        except SyntaxError:
            return False
        return ast.dump(found) == ast.dump(node)

    def comes_before_its_binding(self, name: ast.Name) -> bool:
        """`deploys = deploys()` at the top level: the call still sees the tool, what follows sees the variable."""
        outline = self.outline
        if name.id in outline.session or outline.binding(name) is not outline.module:
            return False
        if outline.scope_of(name).kind not in ('module', 'comprehension'):
            return False
        first = self._first_bindings.get(name.id)
        if first is None:
            return True
        statement = outline.tree.body[first]
        holder = next((each for each in (name, *outline.ancestors(name)) if each in self._top_level), None)
        if holder is statement:
            return isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign)
        return holder is not None and self._top_level[holder] < first

    @cached_property
    def _top_level(self) -> dict[ast.AST, int]:
        """The statements of the cell with their numbers."""
        return {statement: number for number, statement in enumerate(self.outline.tree.body)}

    @cached_property
    def _first_bindings(self) -> dict[str, int]:
        """The first statement of the cell in which a name is bound, at any depth."""
        found: dict[str, int] = {}
        for number, statement in enumerate(self.outline.tree.body):
            for name in bindings_of(statement).names:
                found.setdefault(name, number)
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                    found.setdefault(node.id, number)
        return found


def keyword(call: ast.Call, name: str) -> ast.keyword | None:
    """The keyword argument of this name."""
    return next((one for one in call.keywords if one.arg == name), None)


def _name(node: ast.expr) -> ast.Name:
    return node if isinstance(node, ast.Name) else ast.Name(id='', ctx=ast.Load())
