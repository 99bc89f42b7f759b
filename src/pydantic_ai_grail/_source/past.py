"""The past of a session as source for the checker: of all its statements those that bind what a cell uses.

Each statement is rewritten once so that it says what is true afterwards and no more: a top-level `return` no longer ends
the code, promises that annotations make and values may break are left out, names that change behind a reader's back
are `Any`. Statements of a cell that failed stand in `try`, since it may have stopped anywhere.
"""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from .bindings import bindings_of, loads_of
from .history import ANY, History, PastCell
from .provenance import containers_changed

INDENT: Final = '    '


@dataclass(frozen=True, slots=True)
class PastStatement:
    """A statement of an earlier cell, rewritten."""

    text: str
    gives: frozenset[str]
    """Names that it binds, or to whose values it adds."""
    loads: frozenset[str]


@dataclass(frozen=True, slots=True)
class Past:
    """The statements that a cell builds on."""

    lines: tuple[str, ...]
    loads: frozenset[str]


def past_of(history: History, needed: frozenset[str], *, tool_modules: frozenset[str], unsure: frozenset[str]) -> Past:
    """The statements that bind the `needed` names, and those that bind what these read, and so on."""
    cells = [(cell, _statements(cell, tool_modules, unsure & _names_read(cell))) for cell in history.cells]
    wanted = needed
    chosen: set[PastStatement] = set()
    while True:
        more = {item for _, items in cells for item in items if item not in chosen and item.gives & wanted}
        if not more:
            break
        chosen |= more
        wanted = wanted.union(*(item.loads for item in more))
    lines: list[str] = []
    for cell, items in cells:
        lines += _lines([item.text for item in items if item in chosen], completed=cell.completed)
    return Past(tuple(lines), wanted)


def _lines(texts: list[str], *, completed: bool) -> list[str]:
    lines = [line for text in texts for line in text.split('\n')]
    if completed or not lines:
        return lines
    return ['try:', *(INDENT + line for line in lines), 'except BaseException:', f'{INDENT}pass']


@lru_cache(maxsize=1024)
def _names_read(cell: PastCell) -> frozenset[str]:
    return loads_of(cell.tree())


@lru_cache(maxsize=1024)
def _statements(cell: PastCell, tool_modules: frozenset[str], unsure: frozenset[str]) -> tuple[PastStatement, ...]:
    rewriter = Rewriter(tool_modules, unsure)
    found: list[PastStatement] = []
    for statement in cell.tree().body:
        try:
            binds = bindings_of(statement).names
        except RecursionError:
            continue  # too deeply nested to be read: what it binds stays unknown to the checker, and so is not refused
        gives = binds | containers_changed(statement)
        if not gives:
            continue
        # a copy, since the tree is shared and a rewriter changes what it is given
        try:
            rewritten: ast.stmt | list[ast.stmt] = rewriter.visit(copy.deepcopy(statement))
        except RecursionError:
            rewritten = []
        module = ast.Module(body=rewritten if isinstance(rewritten, list) else [rewritten], type_ignores=[])
        found.append(PastStatement(_unparsed(module, binds), gives, loads_of(module)))
    return tuple(found)


def _unparsed(module: ast.Module, binds: frozenset[str]) -> str:
    try:
        return ast.unparse(ast.fix_missing_locations(module))
    except (
        ValueError,
        RecursionError,
    ):  # f-strings that Python 3.11 cannot write, with backslashes or all kinds of quotes in them
        return ' = '.join((*sorted(binds), ANY)) if binds else 'pass'


_EMPTY_MAKERS: Final = frozenset({'list', 'dict', 'set'})


class Rewriter(ast.NodeTransformer):
    """Leaves of a past statement what the checker may rely on."""

    def __init__(self, tool_modules: frozenset[str], unsure: frozenset[str]) -> None:
        self._tool_modules = tool_modules
        self._unsure = unsure
        self._depth = 0

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name(ANY, ast.Load()) if isinstance(node.ctx, ast.Load) and node.id in self._unsure else node

    def visit_Return(self, node: ast.Return) -> ast.stmt:
        self.generic_visit(node)
        return node if self._depth else ast.Pass()

    def visit_Global(self, node: ast.Global) -> ast.stmt:
        return node if self._depth else ast.Pass()

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        """A value nobody takes says nothing of any name, unless something in it binds one."""
        self.generic_visit(node)
        keep = self._depth or bindings_of(node).names or containers_changed(node)
        return node if keep else ast.Pass()

    def visit_Import(self, node: ast.Import) -> ast.stmt | list[ast.stmt]:
        return [statement for alias in node.names for statement in self._import(alias)]

    def _import(self, alias: ast.alias) -> list[ast.stmt]:
        if alias.name not in self._tool_modules:
            return [ast.Import([alias])]
        if alias.asname is None:
            return [ast.Pass()]
        return [_assign(alias.asname, ast.Name(alias.name, ast.Load()))]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.stmt | list[ast.stmt]:
        if node.module == '__future__' or any(alias.name == '*' for alias in node.names):
            return ast.Pass()
        if node.level or node.module not in self._tool_modules:
            return node
        home = ast.Name(node.module, ast.Load())
        return [
            _assign(alias.asname or alias.name, ast.Attribute(home, alias.name, ast.Load())) for alias in node.names
        ]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        self.generic_visit(node)
        if node.value is None or is_empty_container(node.value) or not isinstance(node.target, ast.Name):
            return node
        return _assign(node.target.id, node.value)

    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.stmt:
        self._depth += 1
        self.generic_visit(node)
        self._depth -= 1
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = _visit_function

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.stmt:
        self._depth += 1
        self.generic_visit(node)
        self._depth -= 1
        return node


def is_empty_container(value: ast.expr) -> bool:
    """Whether only an annotation can tell what will be in it."""
    match value:
        case ast.List(elts=[]) | ast.Dict(keys=[]):
            return True
        case ast.Call(func=ast.Name(id=name), args=[], keywords=[]):
            return name in _EMPTY_MAKERS
        case _:
            return False


def _assign(name: str, value: ast.expr) -> ast.Assign:
    return ast.Assign([ast.Name(name, ast.Store())], value)
