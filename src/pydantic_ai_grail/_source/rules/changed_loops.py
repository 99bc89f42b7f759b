"""Loops over `enumerate`, `zip` and their like whose bodies change what is iterated.

The sandbox reads all of it before the loop begins, CPython item by item: later items would have their old values, and
what is added or taken away would not be seen. A loop over the list itself is as in CPython.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from ...events.diagnostics import Diagnostic
from ..bindings import names_in
from ..inspected import Inspected

_COPY: Final = frozenset({'enumerate', 'zip', 'map', 'filter', 'reversed'})
_CHANGE: Final = frozenset(
    {
        'append',
        'insert',
        'remove',
        'pop',
        'extend',
        'clear',
        'sort',
        'reverse',
        'popleft',
        'appendleft',
        'add',
        'discard',
    }
)
_ENDS: Final = (ast.Break, ast.Return, ast.Raise)


def changed_in_loops(cell: Inspected) -> Iterator[Diagnostic]:
    """Each such change that a later turn of the loop might see."""
    for loop in cell.outline.nodes(ast.For):
        call = loop.iter
        if isinstance(call, ast.GeneratorExp):
            yield from _changed_in_generator(cell, loop, call)
        if not isinstance(call, ast.Call) or not cell.outline.is_builtin(call.func, *_COPY):
            continue
        names = {argument.id for argument in call.args if isinstance(argument, ast.Name)}
        is_reversed = isinstance(call.func, ast.Name) and call.func.id == 'reversed'
        found = next(_changes(cell, loop.body, names, frozenset(names_in(loop.target)), is_reversed=is_reversed), None)
        if found is not None:
            text, name = ast.unparse(call), found[1]
            message = (
                f'{text} reads all of {name} before the loop begins here, so it would not see what the loop does to it.'
            )
            fix = (
                f'To go over it as it was: {text.replace(name, f"list({name})", 1)}. To see the changes, use an index: '
                f'i = 0; while i < len({name}): x = {name}[i].'
            )
            yield cell.diagnostic('changed-while-iterated', message, cell.place_of(found[0]), fix=fix)


def _changed_in_generator(cell: Inspected, loop: ast.For, generator: ast.GeneratorExp) -> Iterator[Diagnostic]:
    """A loop over a generator expression that reads, item by item, what the loop changes: `x not in seen`."""
    own = {name for clause in generator.generators for name in names_in(clause.target)}
    read = {node.id for node in ast.walk(generator) if isinstance(node, ast.Name) and node.id not in own}
    found = next(_changes(cell, loop.body, read, frozenset(), is_reversed=False), None)
    if found is None:
        return
    heads = [
        f'for {ast.unparse(clause.target)} in {ast.unparse(clause.iter)}:'
        + ''.join(f' if {ast.unparse(test)}:' for test in clause.ifs)
        for clause in generator.generators
    ]
    message = f'The generator is read to its end before the loop begins here, so it would not see what the loop does to {found[1]}.'
    fix = f'Loop over what it loops over: {" ".join(heads)} {ast.unparse(loop.target)} = {ast.unparse(generator.elt)}; ...'
    yield cell.diagnostic('changed-while-iterated', message, cell.place_of(found[0]), fix=fix)


def _changes(
    cell: Inspected, block: list[ast.stmt], names: set[str], loop_names: frozenset[str], *, is_reversed: bool
) -> Iterator[tuple[ast.expr, str]]:
    """Changes of the named containers after which the loop continues."""
    if block and isinstance(block[-1], _ENDS):
        return
    for statement in block:
        inner = [body for field in ('body', 'orelse', 'finalbody') if (body := getattr(statement, field, None))]
        for body in [*inner, *(each.body for field in ('handlers', 'cases') for each in getattr(statement, field, ()))]:
            if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield from _changes(cell, body, names, loop_names, is_reversed=is_reversed)
        if not inner:
            for node in ast.walk(statement):
                match node:
                    case ast.Subscript(value=ast.Name(id=name), slice=key, ctx=ast.Store()) if name in names:
                        if not _is_behind(key, loop_names):
                            yield node, name
                    case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if name in names:
                        if method in _CHANGE and not is_reversed:
                            yield node, name
                    case _:
                        pass


def _is_behind(key: ast.expr, loop_names: frozenset[str]) -> bool:
    """The item at which the loop is, or one before it, which has been read."""
    match key:
        case ast.Name(id=name):
            return name in loop_names
        case ast.BinOp(left=ast.Name(id=name), op=ast.Sub(), right=ast.Constant()):
            return name in loop_names
        case _:
            return False
