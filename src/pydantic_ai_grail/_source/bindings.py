"""Which names code binds in its session, read off the syntax tree.

Generous on purpose: a name counts as bound if any construct, on any path, may bind it. What lives in the sandbox must
never be taken for unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeVar

from .child_nodes import Visitor

Item = TypeVar('Item')

OPENING_NAMES: Final = frozenset({'exec', 'globals', 'locals', 'vars', '__import__', '__builtins__'})
"""Who uses one of these may bind names that no reader of the code can see."""


def joined(sets: Iterable[frozenset[Item]]) -> frozenset[Item]:
    """The union of any number of sets."""
    found: frozenset[Item] = frozenset()
    return found.union(*sets)


@dataclass(frozen=True, kw_only=True)
class Bindings:
    """The names that a piece of code binds in its session."""

    assigned: frozenset[str] = frozenset()
    """Bound by assignments, loops, `with`, patterns, handlers, walruses, and by `global` in functions."""
    declared: frozenset[str] = frozenset()
    """Bound by `def`, `class` and `import`."""
    reached: frozenset[str] = frozenset()
    """Rebound by nested functions, through `global` or `nonlocal`: at any time, as far as a reader can tell."""
    is_open: bool = False
    """Names may be bound that are not listed: by `exec`, `globals()`, `import *`."""

    @cached_property
    def names(self) -> frozenset[str]:
        return self.assigned | self.declared

    def __or__(self, other: Bindings) -> Bindings:
        return Bindings(
            assigned=self.assigned | other.assigned,
            declared=self.declared | other.declared,
            reached=self.reached | other.reached,
            is_open=self.is_open or other.is_open,
        )

    @classmethod
    def union(cls, parts: Iterable[Bindings]) -> Bindings:
        """What all of them bind."""
        parts = tuple(parts)
        return cls(
            assigned=joined(each.assigned for each in parts),
            declared=joined(each.declared for each in parts),
            reached=joined(each.reached for each in parts),
            is_open=any(each.is_open for each in parts),
        )


def bindings_of(tree: ast.AST) -> Bindings:
    """The bindings of a module, or of one statement of it."""
    reader = _Reader()
    reader.visit(tree)
    return Bindings(
        assigned=frozenset(reader.assigned),
        declared=frozenset(reader.declared),
        reached=frozenset(reader.reached),
        is_open=reader.is_open,
    )


def names_in(target: ast.AST) -> Iterator[str]:
    """The names in an assignment's target, with those its subscripts read."""
    return (node.id for node in ast.walk(target) if isinstance(node, ast.Name))


class _Reader(Visitor):
    """Walks a module's own scope; in nested ones it looks only for what they do to the module's names."""

    def __init__(self) -> None:
        self.assigned: set[str] = set()
        self.declared: set[str] = set()
        self.reached: set[str] = set()
        self.is_open = False
        self._depth = 0
        self._hidden: list[frozenset[str]] = []

    def _assign(self, name: str) -> None:
        if self._depth == 0 and not any(name in own for own in self._hidden):
            self.assigned.add(name)

    def _declare(self, name: str) -> None:
        if self._depth == 0:
            self.declared.add(name)

    # scopes

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._declare(node.name)
        for outside in (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)):
            self.visit(outside)
        self._inside(node.body)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._declare(node.name)
        for outside in (*node.decorator_list, *node.bases):
            self.visit(outside)
        self._inside(node.body)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for outside in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
            self.visit(outside)
        self._inside([node.body])

    def _inside(self, body: list[ast.stmt] | list[ast.expr]) -> None:
        self._depth += 1
        for node in body:
            self.visit(node)
        self._depth -= 1

    def visit_Global(self, node: ast.Global) -> None:
        self.assigned.update(node.names)
        if self._depth:
            self.reached.update(node.names)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.reached.update(node.names)

    # comprehensions: their targets are their own, a walrus in them is the module's

    def _visit_comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        self._hidden.append(frozenset(name for item in node.generators for name in names_in(item.target)))
        self.generic_visit(node)
        self._hidden.pop()

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension

    # names

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.is_open = self.is_open or node.id in OPENING_NAMES
        else:
            self._assign(node.id)

    def _visit_import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.ImportFrom) and node.module == '__future__':
            return
        for alias in node.names:
            if alias.name == '*':
                self.is_open = True
            else:
                self._declare(alias.asname or alias.name.partition('.')[0])

    visit_Import = visit_ImportFrom = _visit_import

    def _visit_named(self, node: ast.ExceptHandler | ast.MatchAs | ast.MatchStar) -> None:
        if node.name:
            self._assign(node.name)
        self.generic_visit(node)

    visit_ExceptHandler = visit_MatchAs = visit_MatchStar = _visit_named

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        if node.rest:
            self._assign(node.rest)
        self.generic_visit(node)
