"""Which names of the session a piece of code reads, and when: at once, or whenever a function in it is called."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Final

from .bindings import names_in
from .outline import Outline

_DEFERRED: Final = ('function', 'coroutine', 'lambda')


@dataclass(frozen=True, slots=True)
class Reads:
    """Names of the session that code reads or adds to; names that are its own (parameters, locals) are no such."""

    now: frozenset[str]
    later: frozenset[str]
    """Read in the bodies of functions: what these names stand for when the functions are called."""

    @property
    def all(self) -> frozenset[str]:
        return self.now | self.later


def reads_of(outline: Outline) -> Reads:
    """What the code of an outline reads of its session, in annotations too."""
    now = {each.id for each in outline.annotations}
    later: set[str] = set()
    for name, loads in outline.loads.items():
        for load in loads:
            if outline.binding(load) in (None, outline.module) and not _is_own_loop_variable(outline, load):
                (later if _is_deferred(outline, load) else now).add(name)
    for node in outline.nodes(ast.AugAssign):
        if isinstance(node.target, ast.Name):
            (later if _is_deferred(outline, node.target) else now).add(node.target.id)
    for node in outline.nodes(ast.Global, ast.Nonlocal):
        later.update(node.names)
    return Reads(frozenset(now), frozenset(later))


def _is_deferred(outline: Outline, name: ast.Name) -> bool:
    scope = outline.scope_of(name)
    while scope.parent is not None:
        if scope.kind in _DEFERRED:
            return True
        scope = scope.parent
    return False


def _is_own_loop_variable(outline: Outline, load: ast.Name) -> bool:
    """Whether the name stands in the body of a loop that gives it its value: `for row in rows: print(row)`."""
    child: ast.AST = load
    for ancestor in outline.ancestors(load):
        if isinstance(ancestor, ast.For) and child in ancestor.body and load.id in names_in(ancestor.target):
            return True
        child = ancestor
    return False
