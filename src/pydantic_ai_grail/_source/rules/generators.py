"""Generator expressions with calls in them, where what takes from them may stop early, or do other things in between.

The sandbox builds such an expression as a list at once: calls would be made that the program does not make, or in
another order. `any`, `all` and `next` have been lowered by then, and what takes all at once is right as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from ...events.diagnostics import Diagnostic
from ..flow import FUNCTIONS
from ..inspected import Inspected
from ..rewrites.awaiting import can_await

_TAKE_ALL: Final = frozenset(
    {'list', 'tuple', 'set', 'frozenset', 'dict', 'sum', 'min', 'max', 'sorted', 'bytes', 'print', 'str', 'repr'}
)
"""Builtins that take all items before they do anything else. The last three do not even look: CPython shows no item."""
_HAND_ON: Final = frozenset({'enumerate', 'iter', 'map', 'filter'})
_TAKE_ALL_METHODS: Final = frozenset({'join', 'extend', 'update', 'union', 'intersection', 'difference', 'writerows'})
_TAKE_ALL_FUNCTIONS: Final = frozenset(
    {'asyncio.gather', 'collections.Counter', 'collections.deque', 'collections.OrderedDict', 'math.fsum', 'math.prod',
     'functools.reduce'}
)  # fmt: skip
_HAND_ON_FUNCTIONS: Final = frozenset({'itertools.chain', 'itertools.accumulate'})
_MOST_DEEP: Final = 4


def calls_in_generators(cell: Inspected) -> Iterator[Diagnostic]:
    """Each generator expression that would make its calls too early."""
    for generator in cell.outline.nodes(ast.GeneratorExp):
        if _is_taken_at_once(cell, generator) or cell.places.never_runs(cell.place_of(generator)):
            continue
        called = next(_calls(cell, generator), None)
        if called is not None:
            message = (
                'A generator expression is built all at once here, so all its calls would be made before anything is '
                f'taken from it: {_short(called)}.'
            )
            yield cell.diagnostic('early-calls', message, cell.place_of(generator), fix=_fix(cell, generator))


def _is_taken_at_once(cell: Inspected, node: ast.expr) -> bool:
    """Whether all items of an expression are taken as soon as it is there, with nothing done in between."""
    outline = cell.outline
    parent = outline.parents[node]
    match parent:
        case ast.Starred() | ast.Expr():
            return True
        case ast.Assign(targets=targets) if all(isinstance(target, ast.Tuple | ast.List) for target in targets):
            return True
        case ast.comprehension(iter=items) if items is node:
            whole = outline.parents[parent]
            return isinstance(whole, ast.ListComp | ast.SetComp | ast.DictComp) and not _does_more(whole, parent)
        case ast.Call(func=ast.Attribute(attr=method)) if method in _TAKE_ALL_METHODS:
            return True
        case ast.Call(func=function):
            dotted = outline.dotted(function)
            if outline.is_builtin(function, *_TAKE_ALL) or dotted in _TAKE_ALL_FUNCTIONS:
                return True
            hands_on = outline.is_builtin(function, *_HAND_ON) or dotted in _HAND_ON_FUNCTIONS
            return hands_on and not _calls_a_tool(cell, parent) and _is_taken_at_once(cell, parent)
        case _:
            return False


def _does_more(whole: ast.ListComp | ast.SetComp | ast.DictComp, clause: ast.comprehension) -> bool:
    """Whether anything is called between one item and the next."""
    results = [whole.key, whole.value] if isinstance(whole, ast.DictComp) else [whole.elt]
    return whole.generators != [clause] or any(
        isinstance(node, ast.Call | ast.Await | ast.NamedExpr)
        for part in (*results, *clause.ifs)
        for node in ast.walk(part)
    )


def _calls_a_tool(cell: Inspected, call: ast.Call) -> bool:
    return bool(call.args) and cell.tool(call.args[0]) is not None


def _calls(cell: Inspected, generator: ast.GeneratorExp) -> Iterator[ast.expr]:
    """What a generator expression awaits or calls, each time an item is asked for."""
    clauses = generator.generators
    parts = [generator.elt, *(test for clause in clauses for test in clause.ifs), *(one.iter for one in clauses[1:])]
    may_wait = can_await(cell.outline, generator)
    for part in parts:
        for node in ast.walk(part):
            if isinstance(node, ast.Await) and may_wait:
                yield node.value
            elif isinstance(node, ast.Call) and _has_effects(cell, node.func):
                yield node


def _has_effects(cell: Inspected, function: ast.expr, depth: int = _MOST_DEEP) -> bool:
    """Whether calling a function calls a tool that gives its result at once."""
    entry = cell.tool(function)
    if entry is not None:
        return entry.facts.sequential
    if depth == 0 or not isinstance(function, ast.Name) or function.id not in cell.bindings.names:
        return False
    trees = (*(each.tree() for each in cell.history.cells), cell.outline.tree)
    return any(
        isinstance(call, ast.Call) and _is_sequential(cell, call.func)
        for tree in trees
        for definition in ast.walk(tree)
        if isinstance(definition, FUNCTIONS) and definition.name == function.id
        for call in ast.walk(definition)
    )


def _is_sequential(cell: Inspected, function: ast.expr) -> bool:
    entry = cell.catalog.entries.get(ast.unparse(function))
    return entry is not None and entry.facts.sequential


def _short(call: ast.expr) -> str:
    text = ' '.join(ast.unparse(call).split())
    return text if len(text) <= 60 else f'{text[:57]}...'


def _fix(cell: Inspected, generator: ast.GeneratorExp) -> str:
    """The loop to write; and the list, for whoever means all the calls."""
    inner = cell.segment(cell.place_of(generator))[1:-1].strip()
    parent = cell.outline.parents[generator]
    heads = [
        f'for {ast.unparse(clause.target)} in {ast.unparse(clause.iter)}:'
        + ''.join(f' if {ast.unparse(test)}:' for test in clause.ifs)
        for clause in generator.generators
    ]
    target = ast.unparse(parent.target) if isinstance(parent, ast.For) else 'item'
    loop = f'{" ".join(heads)} {target} = {ast.unparse(generator.elt)}; and break where it is to stop.'
    fix = f'If it is to make all calls: [{inner}]. Else a loop: {loop}'
    if len(fix) > 260 or '\n' in fix:
        return 'If it is to make all calls, put [...] around it instead of (...). Else write a loop that breaks.'
    return fix
