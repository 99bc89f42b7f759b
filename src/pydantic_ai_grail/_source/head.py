"""Lowering: of a very large value only the head leaves the sandbox, with its size; that is all that anybody is shown.

A cell that ends in `rows = ...` gives `rows`, however large. On its way out it would be in the sandbox's memory twice and on
the host once more, so a list of a million numbers, which is small where it is, could end the sandbox. The last expression
is therefore wrapped on its line, where it may be a large collection or text.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ..events.outcomes import Whole
from .edits import Edit, Origins, SourceText, apply
from .history import History
from .nested_tuples import may_nest_tuples
from .prepared import Prepared

MOST_ITEMS: Final = 50_000
"""Items that leave as they are."""
HEAD_ITEMS: Final = 9_999
"""Items of a larger collection that leave."""
MOST_CHARS: Final = 2_000_000
"""Characters of a text, or bytes, that leave as they are."""
HEAD_CHARS: Final = 100_000
"""Of a longer one."""

_MARK: Final = '_grail_head'
_TEST: Final = (
    f'not isinstance({{0}}, (list, tuple, dict, set, str, bytes)) or len({{0}}) <= {MOST_ITEMS} or '
    f'isinstance({{0}}, (str, bytes)) and len({{0}}) <= {MOST_CHARS}'
)
_HEAD: Final = (
    f"('{_MARK}', type({{0}}).__name__, len({{0}}), {{0}}[:{HEAD_ITEMS}] if isinstance({{0}}, (list, tuple)) "
    f'else {{0}}[:{HEAD_CHARS}] if isinstance({{0}}, (str, bytes)) '
    f'else dict(list({{0}}.items())[:{HEAD_ITEMS}]) if isinstance({{0}}, dict) else list({{0}})[:{HEAD_ITEMS}])'
)
_OF_NAME: Final = f'{{0}} if {_TEST} else {_HEAD}'
_OF_VALUE: Final = f'(lambda v: {_OF_NAME.format("v")})(('
_USED: Final = ('isinstance', 'len', 'list', 'tuple', 'dict', 'set', 'str', 'bytes', 'type')
_BINDS: Final = re.compile(
    rf'\b(?:{"|".join(_USED)})\b\s*(?![\s(\[.])|\b(?:def|class|import|as|for)\s+(?:{"|".join(_USED)})\b'
)
"""What may bind one of the builtins above; it also finds some that do not, which is no harm."""
_SMALL: Final = (
    *(ast.Constant, ast.Compare, ast.JoinedStr, ast.UnaryOp, ast.Lambda, ast.NamedExpr, ast.Await),
    *(ast.List, ast.Tuple, ast.Dict, ast.Set),
)
"""Values with few items of their own, results of calls, which the host has had before, and what would need care."""
_SMALL_CALLS: Final = frozenset({'len', 'sum', 'round', 'int', 'float', 'bool', 'print', 'any', 'all'})


@dataclass(frozen=True, slots=True, kw_only=True)
class Headed:
    """A cell as it is run: every statement on its line."""

    source: str
    origins: Origins = field(default_factory=Origins)
    """The way back to `Prepared.source`."""
    may_nest_tuples: bool = False
    """Whether what leaves may hold tuples in tuples; then it calls a function with its value."""


def headed_in(prepared: Prepared, history: History, *, given_to: str) -> Headed:
    """The cell with its value wrapped, in a session; it is given to `given_to` where it may hold tuples in tuples."""
    nests = history.nests_tuples or may_nest_tuples(prepared.tree)
    program = headed(prepared, history.bound_names(), given_to=given_to if nests else None)
    return replace(program, may_nest_tuples=nests)


def headed(prepared: Prepared, bound: frozenset[str], *, given_to: str | None = None) -> Headed:
    """The cell with its value wrapped, if that may be a large collection.

    Args:
        prepared: The cell.
        bound: The session's names.
        given_to: The function that is called with the value, so that the program stands at a call with it.
    """
    if not prepared.has_value:
        return Headed(source=prepared.source)
    text, before, after = SourceText(prepared.source), f'{given_to}((', '))'
    last = prepared.tree.body[-1] if prepared.tree.body else None
    value = last.value if isinstance(last, ast.Expr) else None
    edits: list[Edit] = []
    if given_to is not None:
        for returned in _returned(prepared.tree.body):
            start, end = text.span(returned)
            edits += [Edit(start, start, before), Edit(end, end, after, closes=True)]
    if value is not None:
        edits += _of_value(text, value, prepared, bound, *(('', '') if given_to is None else (before, after)))
    if not edits:
        return Headed(source=prepared.source)
    source, shifts = apply(text, edits)
    return Headed(source=source, origins=Origins(shifts=shifts))


def _of_value(
    text: SourceText, value: ast.expr, prepared: Prepared, bound: frozenset[str], before: str, after: str
) -> list[Edit]:
    start, end = text.span(value)
    if not _may_be_large(value) or not bound.isdisjoint(_USED) or _BINDS.search(prepared.source):
        return [Edit(start, start, before), Edit(end, end, after, closes=True)] if before else []
    if isinstance(value, ast.Name):
        return [Edit(start, end, f'{before}{_OF_NAME.format(value.id)}{after}')]
    return [Edit(start, start, before + _OF_VALUE), Edit(end, end, '))' + after, closes=True)]


def _returned(body: Iterable[ast.AST]) -> Iterator[ast.expr]:
    """What `return`s at the top level give."""
    for node in body:
        if isinstance(node, ast.Return):
            if node.value is not None:
                yield node.value
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.expr)):
            yield from _returned(ast.iter_child_nodes(node))


def whole_of(value: Any) -> tuple[Any, Whole | None]:
    """What a program gave: its value, or the head of it with what the whole is."""
    match value:
        case (str(mark), str(kind), int(size), head) if mark == _MARK:
            return head, Whole(kind=kind, size=size)
        case _:
            return value, None


def _may_be_large(value: ast.expr) -> bool:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return value.func.id not in _SMALL_CALLS
    return not isinstance(value, _SMALL)
