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

from .bindings import bindings_of, joined
from .bound_values import containers_changed
from .history import ANY, History, PastCell
from .outline import Outline
from .reads import Reads, reads_of

INDENT: Final = '    '
_SCOPES: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_MAY_HOLD_RETURN: Final = (ast.stmt, ast.ExceptHandler, ast.match_case)


@dataclass(frozen=True, slots=True)
class PastStatement:
    """A statement of an earlier cell, rewritten."""

    text: str
    gives: frozenset[str]
    """Names that it binds, or to whose values it adds."""
    settles: frozenset[str]
    """Names that it surely binds, so that what they were before does not matter."""
    reads: Reads


@dataclass(frozen=True, slots=True)
class Past:
    """The statements that a cell builds on."""

    lines: tuple[str, ...]
    reads: frozenset[str]
    """Names that these statements read."""


def past_of(history: History, reads: Reads, *, tool_modules: frozenset[str], unsure: frozenset[str]) -> Past:
    """The statements that give the names which a cell `reads` what they stand for, and those that these build on."""
    cells = [(cell, _statements(cell, tool_modules, unsure & _names_read(cell))) for cell in history.cells]
    later = reads.all
    while True:
        chosen = _chosen(cells, later)
        grown = later.union(*(item.reads.later for item in chosen))
        if grown == later:
            break
        later = grown
    lines: list[str] = []
    for cell, items in cells:
        lines += _lines([item.text for item in items if item in chosen], completed=cell.completed)
    return Past(tuple(lines), joined(item.reads.all for item in chosen))


def _chosen(cells: list[tuple[PastCell, tuple[PastStatement, ...]]], wanted: frozenset[str]) -> set[PastStatement]:
    """The statements that the values of the `wanted` names come from, found from the last one to the first."""
    open_names = set(wanted)
    chosen: set[PastStatement] = set()
    for _, items in reversed(cells):
        for item in reversed(items):
            if item.gives & open_names:
                chosen.add(item)
                open_names -= item.settles
                open_names |= item.reads.now
    return chosen


def _lines(texts: list[str], *, completed: bool) -> list[str]:
    lines = [line for text in texts for line in text.split('\n')]
    if completed or not lines:
        return lines
    return ['try:', *(INDENT + line for line in lines), 'except BaseException:', f'{INDENT}pass']


@lru_cache(maxsize=1024)
def _names_read(cell: PastCell) -> frozenset[str]:
    return frozenset(node.id for node in ast.walk(cell.tree()) if isinstance(node, ast.Name))


@lru_cache(maxsize=1024)
def _statements(cell: PastCell, tool_modules: frozenset[str], unsure: frozenset[str]) -> tuple[PastStatement, ...]:
    rewriter = Rewriter(tool_modules, unsure)
    may_end_early = not cell.completed or _returns(cell.tree())
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
        settles = frozenset[str]() if may_end_early else _settled(statement)
        found.append(PastStatement(_unparsed(module, binds), gives, settles, _reads(module)))
    return tuple(found)


def _reads(module: ast.Module) -> Reads:
    try:
        return reads_of(Outline(module, ''))
    except RecursionError:
        return Reads(frozenset(), frozenset())


def _settled(statement: ast.stmt) -> frozenset[str]:
    """Names that a statement binds whatever happens."""
    match statement:
        case (
            ast.Assign() | ast.Import() | ast.ImportFrom() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef()
        ):
            return bindings_of(statement).names
        case ast.AnnAssign(value=ast.expr()):
            return bindings_of(statement).names
        case _:
            return frozenset()


def _returns(tree: ast.AST) -> bool:
    """Whether code may end at a `return` of its own."""
    children = (each for each in ast.iter_child_nodes(tree) if not isinstance(each, _SCOPES))
    return any(
        isinstance(each, ast.Return) or _returns(each) for each in children if isinstance(each, _MAY_HOLD_RETURN)
    )


def _unparsed(module: ast.Module, binds: frozenset[str]) -> str:
    try:
        return ast.unparse(ast.fix_missing_locations(module))
    except (ValueError, RecursionError):
        # ValueError: f-strings that Python 3.11 cannot write, with backslashes or all kinds of quotes in them
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
