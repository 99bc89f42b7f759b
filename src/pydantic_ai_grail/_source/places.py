"""What stands around a place in a cell: handlers that would catch its error, code that never runs, annotations.

Places are asked for by offsets, not by nodes: before Python 3.12 nodes inside f-strings have positions of their own
making, while statements are always where they say.
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import accumulate
from typing import Final

from .outline import Outline

Range = tuple[int, int]
"""Offsets of the first character and of the one past the last."""

_BROAD: Final = frozenset({'Exception', 'BaseException'})
_ANY_ERROR: Final = '*'


class Regions:
    """Ranges, asked which places they hold. A question takes as many steps as their number has digits."""

    def __init__(self, ranges: Iterable[Range]) -> None:
        ordered = sorted(ranges)
        self._starts = [start for start, _ in ordered]
        self._ends = [*accumulate((end for _, end in ordered), max)]
        """How far the ranges reach that begin no later than each."""

    def holds(self, place: Range) -> bool:
        """Whether a place is within one of them."""
        before = bisect_right(self._starts, place[0]) - 1
        return before >= 0 and self._ends[before] >= place[1]


class Places:
    """A cell's regions, found once."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        guards: dict[str, list[Range]] = {}
        for body, errors in self._find_guards():
            for error in errors:
                guards.setdefault(error, []).append(body)
        self._guards = {error: Regions(bodies) for error, bodies in guards.items()}
        self._dead = Regions(self._find_dead())
        self._annotations = Regions(self._find_annotations())
        self._deferred = Regions(self._find_deferred())
        self._scopes = Regions(
            outline.text.span(node)
            for node in outline.nodes(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
        )

    def catches(self, place: Range, *errors: str) -> bool:
        """Whether code around the place expects one of these errors there: then it is no mistake."""
        expecting = (self._guards.get(error) for error in (*errors, _ANY_ERROR))
        return any(regions is not None and regions.holds(place) for regions in expecting)

    def never_runs(self, place: Range) -> bool:
        """Whether the place is below `if False` or `if TYPE_CHECKING`."""
        return self._dead.holds(place)

    def is_annotation(self, place: Range) -> bool:
        """Whether the place is in an annotation. Monty does not evaluate those."""
        return self._annotations.holds(place)

    def is_deferred(self, place: Range) -> bool:
        """Whether the place is in a function that nothing in this cell uses: what it needs may still come."""
        return self._deferred.holds(place)

    def is_top_level(self, place: Range) -> bool:
        """Whether the place is in no function, lambda or class."""
        return not self._scopes.holds(place)

    def is_quoted(self, place: Range) -> bool:
        """Whether the place is inside a string, apart from f-strings."""
        return self._strings.holds(place)

    @cached_property
    def _strings(self) -> Regions:
        return Regions(self._find_strings())

    @cached_property
    def _attributes(self) -> frozenset[str]:
        return frozenset(node.attr for node in self._outline.nodes(ast.Attribute))

    # finding

    def _body(self, statements: list[ast.stmt]) -> Range:
        span = self._outline.text.span
        return span(statements[0])[0], span(statements[-1])[1]

    def _find_guards(self) -> Iterator[tuple[Range, Iterable[str]]]:
        """The bodies of `try` statements, with what their handlers name; a broad handler counts where the body is one
        statement, since then it is about that statement's failure."""
        for node in self._outline.nodes(ast.Try):
            if node.handlers:
                caught = frozenset(name for handler in node.handlers for name in _caught(handler))
                is_single = len(node.body) == 1 and isinstance(
                    node.body[0], (ast.Expr, ast.Assign, ast.Import, ast.ImportFrom)
                )
                yield self._body(node.body), caught | ({_ANY_ERROR} if is_single and caught & _BROAD else set())

    def _find_dead(self) -> Iterator[Range]:
        for node in self._outline.nodes(ast.If, ast.While):
            match node.test:
                case ast.Constant(value=value) if not value:
                    yield self._body(node.body)
                case ast.Name(id='TYPE_CHECKING') | ast.Attribute(attr='TYPE_CHECKING'):
                    yield self._body(node.body)
                case _:
                    pass

    def _find_annotations(self) -> Iterator[Range]:
        span = self._outline.text.span
        for node in self._outline.nodes(ast.AnnAssign):
            yield span(node.annotation)
        for node in self._outline.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
            if node.returns is not None:
                yield span(node.returns)
            arguments = node.args
            named = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
            for argument in (*named, arguments.vararg, arguments.kwarg):
                if argument is not None and argument.annotation is not None:
                    yield span(argument.annotation)

    def _find_strings(self) -> Iterator[Range]:
        parents = self._outline.parents
        for node in self._outline.nodes(ast.Constant):
            # before Python 3.12 a text in an f-string claims the place of the whole f-string
            if isinstance(node.value, str) and not isinstance(parents.get(node), (ast.JoinedStr, ast.FormattedValue)):
                start, end = self._outline.text.span(node)
                yield start + 1, end - 1

    def _find_deferred(self) -> Iterator[Range]:
        functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        held: dict[ast.AST, str] = {node: node.name for node in self._outline.nodes(*functions)}
        for node in self._outline.nodes(ast.Assign):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda() as function):
                    held[function] = name
                case _:
                    pass
        used = self._used(held)
        for node in held.keys() - used:
            if isinstance(node, functions):
                yield self._body(node.body)
            elif isinstance(node, ast.Lambda):
                yield self._outline.text.span(node)

    def _used(self, held: Mapping[ast.AST, str]) -> set[ast.AST]:
        """Those of the functions and classes that code may reach which runs: not only each other's bodies."""
        by_name: dict[str, list[ast.AST]] = {}
        for node, name in held.items():
            by_name.setdefault(name, []).append(node)
        reads: dict[ast.AST | None, set[str]] = {}
        for name in by_name.keys() & self._outline.loads.keys():
            for load in self._outline.loads[name]:
                reads.setdefault(self._holder(load, held), set()).add(name)
        used = {node for node, name in held.items() if self._is_reached(node, name)}
        open_nodes: list[ast.AST | None] = [None, *used]
        while open_nodes:
            for name in reads.get(open_nodes.pop(), ()):
                fresh = [node for node in by_name.pop(name, ()) if node not in used]
                used.update(fresh)
                open_nodes += fresh
        return used

    def _holder(self, node: ast.AST, held: Mapping[ast.AST, str]) -> ast.AST | None:
        """The innermost of the functions whose body holds a node; defaults and decorators run outside."""
        child = node
        for ancestor in self._outline.ancestors(node):
            if ancestor in held and (isinstance(ancestor, ast.Lambda) or child in getattr(ancestor, 'body', ())):
                return ancestor
            child = ancestor
        return None

    def _is_reached(self, node: ast.AST, name: str) -> bool:
        """By a decorator, or, of a method, under its name or by the language itself."""
        if getattr(node, 'decorator_list', None):
            return True
        if not isinstance(self._outline.parents.get(node), ast.ClassDef):
            return False
        return name.startswith('__') or name in self._attributes


def within(place: Range, region: Range) -> bool:
    return region[0] <= place[0] and place[1] <= region[1]


def _caught(handler: ast.ExceptHandler) -> Iterator[str]:
    if handler.type is None:
        yield 'BaseException'
        return
    for node in handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]:
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
