"""Which calls give a coroutine, whatever name the tool or the `async def` goes by.

A tool may be kept in a variable, a list or a dict, be one of two, be passed to a function, stand in a lambda or a
`partial`. Where every way to the name leads to an async function, its call is as good as one by its own name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from .cell_rewriter import CellRewriter

Definition: TypeAlias = ast.expr | ast.FunctionDef | ast.AsyncFunctionDef
_DEEPEST: Final = 6
_KEEPS: Final = frozenset({'get', 'items', 'values', 'keys', 'copy'})
"""Methods of a dict that put nothing into it."""


class AsyncCallees:
    """Answers for one cell. Names of earlier cells are known as far as one definition shows."""

    def __init__(self, rewriter: CellRewriter) -> None:
        self._rewriter = rewriter
        self._outline = rewriter.outline

    def gives(self, call: ast.Call) -> bool:
        """Whether a call surely gives a coroutine. Most calls are of builtins and of methods, and soon told."""
        match call.func:
            case ast.Attribute():
                return False
            case ast.Name(id=name) as function if self._outline.binding(function) is None:
                return name in self._rewriter.definitions and self._gives(call, _DEEPEST)
            case _:
                return self._gives(call, _DEEPEST)

    def _gives(self, call: ast.Call, depth: int) -> bool:
        if self._is_async(call.func, depth):
            return True
        definition = self._definition(call.func) if isinstance(call.func, ast.Name) else call.func
        if not isinstance(definition, ast.FunctionDef | ast.Lambda) or depth == 0:
            return False
        returned = _returned(definition)
        return bool(returned) and all(
            isinstance(each, ast.Call)
            and (self._gives(each, depth - 1) or self._is_given_async(definition, each.func, call, depth - 1))
            for each in returned
        )

    def _is_given_async(
        self, definition: ast.FunctionDef | ast.Lambda, function: ast.expr, call: ast.Call, depth: int
    ) -> bool:
        """Whether a function calls a parameter of its own, for which this call gives an async function."""
        if not isinstance(function, ast.Name):
            return False
        names = [each.arg for each in (*definition.args.posonlyargs, *definition.args.args)]
        if function.id not in names or any(isinstance(each, ast.Starred) for each in call.args):
            return False
        place = names.index(function.id)
        given = call.args[place] if place < len(call.args) else None
        given = given or next((word.value for word in call.keywords if word.arg == function.id), None)
        return given is not None and self._is_async(given, depth)

    def _is_async(self, function: ast.expr, depth: int) -> bool:
        """Whether an expression surely is an async function, or makes a coroutine when it is called."""
        if depth == 0:
            return False
        entry = self._tool(function)
        if entry is not None:
            return entry
        match function:
            case ast.Name():
                definition = self._definition(function)
                if isinstance(definition, ast.AsyncFunctionDef):
                    return not definition.decorator_list
                if isinstance(definition, ast.expr):
                    return self._is_async(definition, depth - 1)
                items = self._iterated(function)
                return bool(items) and all(self._is_async(item, depth - 1) for item in items)
            case ast.IfExp(body=body, orelse=orelse):
                return self._is_async(body, depth - 1) and self._is_async(orelse, depth - 1)
            case ast.Lambda(body=ast.Call() as call):
                return self._gives(call, depth - 1)
            case ast.Call(func=maker, args=[first, *_]) if self._outline.dotted(maker) in (
                'functools.partial',
                'partial',
            ):
                return self._is_async(first, depth - 1)
            case ast.Subscript(value=container) | ast.Call(func=ast.Attribute(value=container, attr='get')):
                items = self._items(container)
                return bool(items) and all(self._is_async(item, depth - 1) for item in items)
            case _:
                return False

    def _tool(self, function: ast.expr) -> bool | None:
        """Whether a tool is async; `None` for what is none."""
        if function in self._outline.parents:
            entry = self._rewriter.tool(function)
        else:  # of an earlier cell, whose names are those of the session
            name = ast.unparse(function) if isinstance(function, ast.Name | ast.Attribute) else ''
            is_taken = name.partition('.')[0] in self._outline.module.bound or name in self._outline.session
            entry = None if is_taken else self._rewriter.catalog.entries.get(name)
        return None if entry is None else not entry.facts.sequential

    # names

    def _definition(self, name: ast.Name) -> Definition | None:
        """The one thing that a name is ever bound to, if it is bound by an assignment or a `def`."""
        if name not in self._outline.parents:
            return self._rewriter.definitions.get(name.id) if name.id not in self._outline.module.bound else None
        scope = self._outline.binding(name)
        if scope is None:
            return self._rewriter.definitions.get(name.id)
        if name.id in self._outline.session or scope.kind == 'class':
            return None
        bindings = [*self._bindings(name.id, scope.node)]
        return bindings[0] if len(bindings) == 1 else None

    def _bindings(self, name: str, owner: ast.AST) -> Iterator[Definition | None]:
        outline = self._outline
        for node in outline.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
            if node.name == name and outline.scope_of(outline.parents[node]).node is owner:
                yield node
        for store in outline.nodes(ast.Name):
            if store.id == name and not isinstance(store.ctx, ast.Load):
                scope = outline.binding(store)
                if scope is not None and scope.node is owner:
                    match outline.parents[store]:
                        case ast.Assign(targets=[ast.Name()], value=value) | ast.AnnAssign(value=ast.expr() as value):
                            yield value
                        case _:
                            yield None
        arguments = getattr(owner, 'args', None)
        if isinstance(arguments, ast.arguments) and any(
            isinstance(node, ast.arg) and node.arg == name for node in ast.walk(arguments)
        ):
            yield None
        if any(name in node.names for node in outline.nodes(ast.Global, ast.Nonlocal)):
            yield None
        if any(each.name == name for each in outline.nodes(ast.ExceptHandler, ast.ClassDef)):
            yield None

    def _items(self, container: ast.expr) -> Sequence[ast.expr]:
        """What is in a container that is written out, and that nothing is put into."""
        if isinstance(container, ast.Name):
            if self._is_changed(container.id):
                return ()
            definition = self._definition(container)
            container = definition if isinstance(definition, ast.expr) else container
        match container:
            case ast.Dict(values=values) if None not in container.keys:
                return values
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                return items
            case _:
                return ()

    def _is_changed(self, name: str) -> bool:
        outline = self._outline
        for use in outline.loads.get(name, ()):
            parent = outline.parents[use]
            if isinstance(parent, ast.Subscript) and not isinstance(parent.ctx, ast.Load):
                return True
            if isinstance(parent, ast.Attribute) and parent.attr not in _KEEPS:
                return True
        return False

    def _iterated(self, name: ast.Name) -> Sequence[ast.expr]:
        """The items of what a loop or a comprehension gives the name, if nothing else binds it."""
        outline = self._outline
        if name not in outline.parents or (scope := outline.binding(name)) is None:
            return ()
        stores = [
            store
            for store in outline.nodes(ast.Name)
            if store.id == name.id and not isinstance(store.ctx, ast.Load) and outline.binding(store) is scope
        ]
        if len(stores) != 1 or name.id in outline.session:
            return ()
        return self._given_by_loop(stores[0])

    def _given_by_loop(self, store: ast.Name) -> Sequence[ast.expr]:
        parent = self._outline.parents[store]
        place: int | None = None
        if isinstance(parent, ast.Tuple):
            place, parent = parent.elts.index(store), self._outline.parents[parent]
        if not isinstance(parent, ast.For | ast.comprehension):
            return ()
        match parent.iter, place:
            case ast.Call(func=ast.Attribute(value=container, attr='items'), args=[]), 1:
                return self._items(container)
            case ast.Call(func=ast.Attribute(value=container, attr='values'), args=[]), None:
                return self._items(container)
            case container, None:
                return self._items(container)
            case container, int() as index:
                return _column(self._items(container), index)


def _column(rows: Iterable[ast.expr], index: int) -> Sequence[ast.expr]:
    """The items at one place of tuples that are written out."""
    found: list[ast.expr] = []
    for row in rows:
        if not isinstance(row, ast.Tuple) or index >= len(row.elts):
            return ()
        found.append(row.elts[index])
    return found


def _returned(definition: ast.FunctionDef | ast.Lambda) -> list[ast.expr | None]:
    """All that a function may return, if it ends in a `return`."""
    if isinstance(definition, ast.Lambda):
        return [definition.body]
    if definition.decorator_list or not isinstance(definition.body[-1], ast.Return):
        return []
    waiting: list[ast.AST] = [*definition.body]
    found: list[ast.expr | None] = []
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Return):
            found.append(node.value)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            waiting += ast.iter_child_nodes(node)
    return found
