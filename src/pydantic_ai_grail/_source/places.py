"""What stands around a place in a cell: handlers that would catch its error, code that never runs, annotations.

Places are asked for by offsets, not by nodes: before Python 3.12 nodes inside f-strings have positions of their own
making, while statements are always where they say.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .outline import Outline

Range = tuple[int, int]
"""Offsets of the first character and of the one past the last."""

_BROAD: Final = frozenset({'Exception', 'BaseException'})


@dataclass(frozen=True, slots=True)
class _Guard:
    """The body of a `try` and what its handlers name."""

    body: Range
    caught: frozenset[str]
    is_single: bool
    """The body is one statement, so even a broad handler is about that statement's failure."""


class Places:
    """A cell's regions, found once."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._guards = tuple(self._find_guards())
        self._dead = tuple(self._find_dead())
        self._annotations = tuple(self._find_annotations())
        self._deferred = tuple(self._find_deferred())
        self._scopes = tuple(
            outline.text.span(node)
            for node in outline.nodes(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
        )

    def catches(self, place: Range, *errors: str) -> bool:
        """Whether code around the place expects one of these errors there: then it is no mistake."""
        return any(
            within(place, guard.body) and (guard.caught & {*errors} or (guard.is_single and guard.caught & _BROAD))
            for guard in self._guards
        )

    def never_runs(self, place: Range) -> bool:
        """Whether the place is below `if False` or `if TYPE_CHECKING`."""
        return any(within(place, region) for region in self._dead)

    def is_annotation(self, place: Range) -> bool:
        """Whether the place is in an annotation. Monty does not evaluate those."""
        return any(within(place, region) for region in self._annotations)

    def is_deferred(self, place: Range) -> bool:
        """Whether the place is in a function that nothing in this cell uses: what it needs may still come."""
        return any(within(place, region) for region in self._deferred)

    def is_top_level(self, place: Range) -> bool:
        """Whether the place is in no function, lambda or class."""
        return not any(within(place, region) for region in self._scopes)

    # finding

    def _body(self, statements: list[ast.stmt]) -> Range:
        span = self._outline.text.span
        return span(statements[0])[0], span(statements[-1])[1]

    def _find_guards(self) -> Iterator[_Guard]:
        for node in self._outline.nodes(ast.Try):
            if node.handlers:
                caught = frozenset(name for handler in node.handlers for name in _caught(handler))
                is_single = len(node.body) == 1 and isinstance(
                    node.body[0], (ast.Expr, ast.Assign, ast.Import, ast.ImportFrom)
                )
                yield _Guard(self._body(node.body), caught, is_single)

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

    def _find_deferred(self) -> Iterator[Range]:
        for node in self._outline.nodes(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef):
            if not node.decorator_list and not self._is_used(node, node.name):
                yield self._body(node.body)
        for node in self._outline.nodes(ast.Assign):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda() as function):
                    if not self._is_used(node, name):
                        yield self._outline.text.span(function)
                case _:
                    pass

    def _is_used(self, node: ast.stmt, name: str) -> bool:
        region = self._outline.text.span(node)
        span = self._outline.text.span
        if any(not within(span(load), region) for load in self._outline.loads.get(name, ())):
            return True
        if not isinstance(self._outline.parents.get(node), ast.ClassDef):
            return False
        # a method: used under its name, or by the language itself
        return name.startswith('__') or any(each.attr == name for each in self._outline.nodes(ast.Attribute))


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
