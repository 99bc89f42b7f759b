"""Tools called where no call can wait: in lambdas with `await`, and in functions that builtins call.

`sorted`, `min`, `max`, `list.sort`, `map`, `filter` and `groupby` call the function they are given themselves, and a
sandbox cannot be left from in there. An `async def` given to them gives them calls under way instead of results.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from ...events.diagnostics import Diagnostic
from ..flow import FUNCTIONS
from ..inspected import Inspected
from ..outline import COMPREHENSIONS
from ..rewrites.awaiting import can_await

_TAKES_KEY: Final = ('sorted', 'min', 'max')
_MOST_DEEP: Final = 4
_LONGEST_FIX: Final = 260

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True)
class _Use:
    """A function given to a builtin."""

    call: ast.Call
    function: ast.expr
    builtin: str
    """`sorted`, `sort`, `map` and so on."""
    items: str
    """Source of what it is called with, one by one."""


def cannot_wait(cell: Inspected) -> Iterator[Diagnostic]:
    """All places of a cell where a call would have to wait and cannot."""
    uses = [*_uses(cell)]
    for use in uses:
        place = cell.place_of(use.call)
        if not cell.places.never_runs(place) and not cell.places.catches(place, 'NotImplementedError', 'TypeError'):
            yield from _used(cell, use)
    by_function = {use.function: use for use in uses}
    for node in cell.outline.nodes(ast.Await):
        function = _lambda_around(cell, node)
        if function is not None:
            start = cell.place_of(node)[0]
            message = '`await` cannot stand in a lambda.'
            fix = 'Write an async def instead, and await its calls.'
            if function in by_function:
                fix = _fix(cell, by_function[function], function)
            yield cell.diagnostic('cannot-wait', message, (start, start + len('await')), fix=fix)


def _uses(cell: Inspected) -> Iterator[_Use]:
    outline = cell.outline
    for call in outline.nodes(ast.Call):
        key = next((word.value for word in call.keywords if word.arg == 'key'), None)
        match call:
            case ast.Call(func=ast.Name(id=name), args=[*given]) if key is not None and given:
                if outline.is_builtin(call.func, *_TAKES_KEY) or outline.dotted(call.func) == 'itertools.groupby':
                    several = f'[{", ".join(map(ast.unparse, given))}]'
                    yield _Use(call, key, name, ast.unparse(given[0]) if len(given) == 1 else several)
            case ast.Call(func=ast.Attribute(value=value, attr='sort'), args=[]) if key is not None:
                if 'sort' not in cell.stores.attributes:
                    yield _Use(call, key, 'sort', ast.unparse(value))
            case ast.Call(func=ast.Attribute(attr='groupby'), args=[items]) if key is not None:
                if outline.dotted(call.func) == 'itertools.groupby':
                    yield _Use(call, key, 'groupby', ast.unparse(items))
            case ast.Call(func=ast.Name(id='map' | 'filter' as name), args=[function, items, *more], keywords=[]):
                if outline.is_builtin(call.func, name):
                    text = f'zip({", ".join(map(ast.unparse, (items, *more)))})' if more else ast.unparse(items)
                    yield _Use(call, function, name, text)
            case _:
                pass


def _used(cell: Inspected, use: _Use) -> Iterator[Diagnostic]:
    entry = cell.tool(use.function)
    if entry is not None:
        yield _refused(cell, use, use.function, f'{entry.facts.python_name}()')
        return
    function = _definition(cell, use.function)
    if isinstance(function, ast.AsyncFunctionDef) or (
        isinstance(function, ast.Lambda)
        and isinstance(function.body, ast.Call)
        and isinstance(_definition(cell, function.body.func), ast.AsyncFunctionDef)
    ):
        if use.builtin != 'map':
            message = f'{use.builtin}() gets calls under way from this, not their results: nobody awaits them.'
            yield cell.diagnostic('cannot-wait', message, cell.place_of(use.function), fix=_fix(cell, use, function))
        return
    if function is None or _has_await(function):
        return
    called = next(_tools_surely_called(cell, function), None)
    if called is not None:
        at = called.func if isinstance(use.function, ast.Lambda) else use.function
        yield _refused(cell, use, at, f'{ast.unparse(called.func)}()', function)


def _refused(cell: Inspected, use: _Use, at: ast.expr, tool: str, function: Definition | None = None) -> Diagnostic:
    message = f'{use.builtin}() calls its function itself, and no call can wait in there: {tool} cannot be called.'
    return cell.diagnostic('cannot-wait', message, cell.place_of(at), fix=_fix(cell, use, function))


# what is called


def _definition(cell: Inspected, function: ast.expr) -> Definition | None:
    """The function that an expression surely is: a lambda, or a name that the session binds once."""
    if isinstance(function, ast.Lambda):
        return function
    if not isinstance(function, ast.Name) or function not in cell.outline.parents:
        return None
    if cell.outline.binding(function) not in (None, cell.outline.module):
        return None
    name = function.id
    if name in cell.unsure or cell.bindings.is_open:
        return None
    trees = (*(each.tree() for each in cell.history.cells), cell.outline.tree)
    found: list[Definition] = [
        node for tree in trees for node in ast.walk(tree) if isinstance(node, FUNCTIONS) and node.name == name
    ]
    if name in cell.bindings.assigned:
        sources = cell.top_provenance.sources_if_known(name)
        found += [value for how, value in sources if how == 'value' and isinstance(value, ast.Lambda)]
        if len(sources) != 1:
            return None
    return found[0] if len(found) == 1 and not getattr(found[0], 'decorator_list', ()) else None


def _is_tool(cell: Inspected, function: ast.expr) -> bool:
    """Whether an expression, of this cell or an earlier one, is a tool's own name."""
    if function in cell.outline.parents:
        return cell.tool(function) is not None
    return cell.provenance.is_tool(function)


def _has_await(function: Definition) -> bool:
    return any(isinstance(node, ast.Await) for node in ast.walk(function))


def _tools_surely_called(cell: Inspected, function: Definition, depth: int = _MOST_DEEP) -> Iterator[ast.Call]:
    """Calls to tools that are made whenever the function is called."""
    if depth == 0 or isinstance(function, ast.AsyncFunctionDef):
        return
    values = [function.body] if isinstance(function, ast.Lambda) else _always_run(function.body)
    for value in values:
        for node in _always_evaluated(value):
            if not isinstance(node, ast.Call):
                continue
            if _is_tool(cell, node.func):
                yield node
            elif (inner := _definition(cell, node.func)) is not None:
                yield from _tools_surely_called(cell, inner, depth - 1)


def _always_run(body: list[ast.stmt]) -> Iterator[ast.expr]:
    """The expressions of the statements that run whatever happens, up to the first that may go another way."""
    for statement in body:
        match statement:
            case ast.Expr(value=value) | ast.Assign(value=value) | ast.AugAssign(value=value):
                yield value
            case ast.Return(value=ast.expr() as value) | ast.AnnAssign(value=ast.expr() as value):
                yield value
                if isinstance(statement, ast.Return):
                    return
            case ast.For(iter=value) | ast.If(test=value) | ast.While(test=value):
                yield value
                return
            case ast.FunctionDef() | ast.Pass() | ast.Import() | ast.ImportFrom():
                pass
            case _:
                return


def _always_evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of an expression that are evaluated whatever their values are."""
    inner: Iterable[ast.AST]
    match node:
        case ast.Lambda():
            return
        case ast.BoolOp(values=[first, *_]) | ast.IfExp(test=first):
            inner = [first]
        case ast.Compare(left=left, comparators=[first, *_]):
            inner = [left, first]
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            inner = [node.generators[0].iter]
        case _:
            yield node
            inner = ast.iter_child_nodes(node)
    for each in inner:
        yield from _always_evaluated(each)


def _lambda_around(cell: Inspected, node: ast.Await) -> ast.Lambda | None:
    """The lambda that an `await` is in, apart from generator expressions, which may have one anywhere."""
    if any(isinstance(each, ast.GeneratorExp) for each in cell.outline.ancestors(node)):
        return None
    scope = cell.outline.scope_of(node)
    while isinstance(scope.node, COMPREHENSIONS) and scope.parent is not None:
        scope = scope.parent
    return scope.node if isinstance(scope.node, ast.Lambda) else None


# what to write instead


def _fix(cell: Inspected, use: _Use, function: Definition | None) -> str:
    """Results first, with `await`; then what the builtin is to do with them."""
    item, result = _result(cell, use, function)
    keywords = ''.join(_keyword(word) for word in use.call.keywords if word.arg != 'key')
    if use.builtin == 'map':
        fix = f'[{result} for {item} in {use.items}]'
    elif use.builtin == 'filter':
        fix = f'[{item} for {item} in {use.items} if {result}]'
    else:
        then = {
            'sorted': f'[{item} for _, {item} in sorted(pairs, key=lambda pair: pair[0]{keywords})]',
            'sort': f'{use.items} = [{item} for _, {item} in sorted(pairs, key=lambda pair: pair[0]{keywords})]',
            'min': f'min(pairs, key=lambda pair: pair[0]{keywords})[1]',
            'max': f'max(pairs, key=lambda pair: pair[0]{keywords})[1]',
        }.get(use.builtin, f'{use.builtin}(pairs, key=lambda pair: pair[0])')
        fix = f'Get the keys first: pairs = [({result}, {item}) for {item} in {use.items}]; then {then}.'
    if len(fix) > _LONGEST_FIX or '\n' in fix:
        fix = 'Get the results first, in a loop or a comprehension with await, and use them afterwards.'
    if not can_await(cell.outline, use.call):
        fix = f'In an async def: {fix}'
    return fix


def _keyword(word: ast.keyword) -> str:
    return f', default=(None, {ast.unparse(word.value)})' if word.arg == 'default' else f', {ast.unparse(word)}'


def _result(cell: Inspected, use: _Use, function: Definition | None) -> tuple[str, str]:
    """A name for an item, and the source of what the function gives for it."""
    if isinstance(use.function, ast.Lambda):
        parameters = [each.arg for each in use.function.args.args]
        body = use.function.body
        if not isinstance(cell.outline.parents.get(use.call), ast.Starred):  # else they are to be gathered
            body = _Awaiting(cell).visit(ast.parse(ast.unparse(body), mode='eval').body)
        return ', '.join(parameters) or 'x', ast.unparse(body)
    entry = cell.tool(use.function)
    waits = isinstance(function, ast.AsyncFunctionDef) or (entry is not None and not entry.facts.sequential)
    waits = waits or (function is not None and _has_await(function))
    star = '*' if use.builtin == 'map' and use.items.startswith('zip(') else ''
    return 'x', f'{"await " if waits else ""}{ast.unparse(use.function)}({star}x)'


class _Awaiting(ast.NodeTransformer):
    """Puts `await` before calls to tools and to async functions of the session."""

    def __init__(self, cell: Inspected) -> None:
        tools = cell.catalog.entries.items()
        self._async = {name for name, entry in tools if not entry.facts.sequential}
        for tree in (*(each.tree() for each in cell.history.cells), cell.outline.tree):
            self._async |= {node.name for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)}

    def visit_Await(self, node: ast.Await) -> ast.Await:
        self.generic_visit(node.value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        return ast.Await(node) if ast.unparse(node.func) in self._async else node
