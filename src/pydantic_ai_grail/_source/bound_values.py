"""All values that the names of some code are bound to, read off its syntax tree, and what code puts into them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from .bindings import joined
from .history import PastCell

_CHANGING_METHODS: Final = frozenset({'append', 'extend', 'insert', 'add', 'update', 'setdefault', '__setitem__'})

Source: TypeAlias = tuple[Literal['value', 'item'], ast.expr]
"""An assigned expression, or one whose items a loop goes through."""


@dataclass(frozen=True, slots=True)
class Sources:
    """All values that the names of some code are bound to, whatever their scope."""

    known: Mapping[str, tuple[Source, ...]]
    opaque: frozenset[str]
    """Names that are also bound in other ways: unpacked, parameters, `with`, patterns."""
    changed: frozenset[str]
    """Names of containers that code puts something into."""
    changed_keys: frozenset[str]
    """Keys under which records hold containers that code puts something into."""
    filled: frozenset[str] = frozenset()
    """Those of `changed` that are changed in other ways than under a written-out key: `row['age'] = 3`."""

    @classmethod
    def union(cls, parts: Iterable[Sources]) -> Sources:
        """The sources of all of them."""
        parts = tuple(parts)
        known: dict[str, tuple[Source, ...]] = {}
        for part in parts:
            for name, sources in part.known.items():
                known[name] = (*known.get(name, ()), *sources)
        return cls(
            known,
            joined(each.opaque for each in parts),
            joined(each.changed for each in parts),
            joined(each.changed_keys for each in parts),
            joined(each.filled for each in parts),
        )


def containers_changed(tree: ast.AST) -> frozenset[str]:
    """Names of containers that the tree puts something into."""
    return frozenset(name for node in ast.walk(tree) if (name := _changed(node)[0]))


def _changed(node: ast.AST) -> tuple[str | None, str | None]:
    """The name of the container that a node changes, or the key it is under."""
    match node:
        case ast.Subscript(value=container, ctx=ast.Store()):
            pass
        case ast.Call(func=ast.Attribute(value=container, attr=method)) if method in _CHANGING_METHODS:
            pass
        case _:
            return None, None
    match container:
        case ast.Name(id=name):
            return name, None
        case ast.Subscript(slice=ast.Constant(value=str(key))):
            return None, key
        case _:
            return None, None


def sources_of(tree: ast.AST, *, top_only: bool = False) -> Sources:
    """The sources of all names that are bound anywhere in a tree; with `top_only`, not of those local to functions."""
    nodes = [*(_at_top(tree) if top_only else ast.walk(tree))]
    known: dict[str, list[Source]] = {}
    seen: set[int] = set()
    opaque: set[str] = set()
    changed = [_changed(node) for node in ast.walk(tree)]

    def bind(target: ast.expr, source: Source) -> None:
        if isinstance(target, ast.Name):
            known.setdefault(target.id, []).append(source)
            seen.add(id(target))

    for node in nodes:
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    bind(target, ('value', value))
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                bind(target, ('value', value))
            case ast.NamedExpr(target=target, value=value):
                bind(target, ('value', value))
            case ast.For(target=target, iter=items) | ast.comprehension(target=target, iter=items):
                bind(target, ('item', items))
            case ast.Call():
                for parameter, items in _parameters_of_key(node):
                    known.setdefault(parameter.arg, []).append(('item', items))
                    seen.add(id(parameter))
            case _:
                pass
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store()) if id(node) not in seen:
                opaque.add(name)
            case ast.arg(arg=name) if id(node) not in seen:
                opaque.add(name)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                opaque.add(name)
            case ast.MatchMapping(rest=str(name)):
                opaque.add(name)
            case _:
                pass
    return Sources(
        {name: tuple(found) for name, found in known.items()},
        frozenset(opaque),
        frozenset(name for name, _ in changed if name),
        frozenset(key for _, key in changed if key),
        frozenset(name for node in ast.walk(tree) if not _is_under_key(node) and (name := _changed(node)[0])),
    )


def _is_under_key(node: ast.AST) -> bool:
    match node:
        case ast.Subscript(slice=ast.Constant(value=str())):
            return True
        case _:
            return False


def _at_top(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes, apart from those in functions and classes."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            waiting += ast.iter_child_nodes(node)


def _parameters_of_key(call: ast.Call) -> Iterator[tuple[ast.arg, ast.expr]]:
    """The parameter of a lambda that is given each item of something: of `sorted`, `max`, `map`, `list.sort`."""
    match call:
        case ast.Call(func=ast.Name(id='sorted' | 'min' | 'max'), args=[items], keywords=words):
            functions = [word.value for word in words if word.arg == 'key']
        case ast.Call(func=ast.Attribute(value=items, attr='sort'), keywords=words):
            functions = [word.value for word in words if word.arg == 'key']
        case ast.Call(func=ast.Name(id='map' | 'filter'), args=[function, items]):
            functions = [function]
        case _:
            return
    for function in functions:
        match function:
            case ast.Lambda(args=ast.arguments(args=[parameter], defaults=[])):
                yield parameter, items
            case _:
                pass


@lru_cache(maxsize=256)
def sources_of_cell(cell: PastCell, *, top_only: bool = False) -> Sources:
    return sources_of(cell.tree(), top_only=top_only)
