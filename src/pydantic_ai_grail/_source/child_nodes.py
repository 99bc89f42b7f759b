"""What is below a node of a syntax tree, without the nodes that say nothing, such as contexts and operators."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from typing import Any, Final, cast

_NO_NODES: Final = frozenset(
    {
        'ctx',
        'op',
        'ops',
        'id',
        'attr',
        'arg',
        'kind',
        'type_comment',
        'name',
        'level',
        'module',
        'conversion',
        'is_async',
    }
)
"""Fields that hold no node, or one that is the same everywhere, such as an operator."""


@cache
def children_of(kind: type[ast.AST]) -> tuple[str, ...]:
    """The fields of a kind of node that may hold nodes which differ from each other."""
    if kind is ast.Constant:
        return ()
    return tuple(name for name in kind._fields if name not in _NO_NODES)


def nodes_below(tree: ast.AST) -> Iterator[ast.AST]:
    """As `ast.walk`, without contexts and operators, which is twice as quick."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for name in children_of(type(node)):
            child = getattr(node, name, None)
            if type(child) is list:
                waiting += [item for item in cast('list[Any]', child) if isinstance(item, ast.AST)]
            elif isinstance(child, ast.AST):
                waiting.append(child)


class Visitor(ast.NodeVisitor):
    """As `ast.NodeVisitor`, over the nodes that `nodes_below` gives."""

    def generic_visit(self, node: ast.AST) -> None:
        for name in children_of(type(node)):
            child = getattr(node, name, None)
            if type(child) is list:
                for item in cast('list[Any]', child):
                    if isinstance(item, ast.AST):
                        self.visit(item)
            elif isinstance(child, ast.AST):
                self.visit(child)
