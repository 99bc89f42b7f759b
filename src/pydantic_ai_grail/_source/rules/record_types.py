"""What an annotation says of a place inside a value: `list[Line]` at `[0]['sku']` is what `Line` has for `sku`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from ..._catalog.signatures import Declaration

_SEQUENCES: Final = frozenset({'list', 'set', 'frozenset', 'Sequence', 'Iterable'})


def annotations_at(
    annotation: str, path: Sequence[str | int], declarations: Mapping[str, Declaration]
) -> tuple[str, ...]:
    """The annotations of that place, one for each member of a union; none where it is not told."""
    found = [*_members(_parsed(annotation))]
    for step in path:
        found = [inner for node in found for each in _inside(node, step, declarations) for inner in _members(each)]
    return tuple(ast.unparse(node) for node in found)


def records_at(
    annotation: str, path: Sequence[str | int], declarations: Mapping[str, Declaration]
) -> tuple[Declaration, ...]:
    """The records that may stand at that place."""
    return tuple(declarations[name] for name in annotations_at(annotation, path, declarations) if name in declarations)


@lru_cache(maxsize=1024)
def _parsed(annotation: str) -> ast.expr | None:
    try:
        return ast.parse(annotation, mode='eval').body
    except SyntaxError:
        return None


def _members(node: ast.expr | None) -> Iterator[ast.expr]:
    match node:
        case None:
            pass
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            yield from _members(left)
            yield from _members(right)
        case _:
            yield node


def _inside(node: ast.expr, step: str | int, declarations: Mapping[str, Declaration]) -> Iterator[ast.expr]:
    match node:
        case ast.Subscript(value=ast.Name(id=kind), slice=inner) if kind in _SEQUENCES and isinstance(step, int):
            yield inner
        case ast.Subscript(value=ast.Name(id='tuple'), slice=ast.Tuple(elts=items)) if isinstance(step, int):
            repeats = isinstance(items[-1], ast.Constant) and items[-1].value is ...
            if repeats or step < len(items):
                yield items[0] if repeats else items[step]
        case ast.Subscript(value=ast.Name(id='dict' | 'Mapping'), slice=ast.Tuple(elts=[_, value])):
            yield value
        case ast.Name(id=name) if name in declarations:
            for field in declarations[name].fields:
                if field.key == step and (found := _parsed(field.annotation)) is not None:
                    yield found
        case _:
            pass
