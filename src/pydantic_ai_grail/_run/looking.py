"""The keys of the dict that a `KeyError` came from. The sandbox is asked once the state is saved.

Nothing but names, subscripts and a few pure builtins is evaluated, so that asking changes nothing and calls no tool. The
line is only understood where code stands at the top of a cell, in a comprehension or a `key=` function: what a function
had in its own variables is gone by then.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final, cast

from .._monty.stops import DoneStop, NameStop
from .._monty.worker import HostAccess, Worker
from .._source.threads import off_loop
from ..events.outcomes import Failure, KeysThere

MOST_KEYS: Final = 40
_PURE_NODES: Final = (
    *(ast.Name, ast.Constant, ast.Subscript, ast.Attribute, ast.Slice, ast.Tuple, ast.Compare, ast.BoolOp, ast.UnaryOp),
    *(ast.expr_context, ast.cmpop, ast.boolop, ast.unaryop, ast.Call),
)
_PURE_METHODS: Final = frozenset({'items', 'values', 'keys', 'get'})
_PURE_BUILTINS: Final = frozenset({'enumerate', 'zip', 'sorted', 'reversed', 'list', 'range', 'len', 'isinstance'})
_CONTAINERS: Final = '(list, dict, tuple, set, frozenset, str)'


async def keys_there(worker: Worker, failure: Failure, source: str) -> KeysThere | None:
    """The keys that were there instead, if that can still be seen. Leaves traces in the sandbox, but no name."""
    if failure.exception_type != 'KeyError' or failure.tool_name is not None:
        return None
    expression = await off_loop(len(source), partial(question, failure, source))
    if expression is None:
        return None
    stop = await worker.feed(worker.given(expression), prints=_nowhere, host=HostAccess())
    while isinstance(stop, NameStop):
        stop = await worker.answer_name(is_function=False)
    if not isinstance(stop, DoneStop) or not stop.value:
        return None
    keys, count = cast('list[tuple[list[Any], int]]', stop.value)[0]
    return KeysThere(first=tuple(keys), count=count)


def question(failure: Failure, source: str) -> str | None:
    """An expression for the keys, `[([...], count)]` or `[]`; `None` when the place is not understood."""
    frame = failure.frames[-1] if failure.frames else None
    if frame is None or not frame.in_this_cell or frame.function not in (None, '<lambda>'):
        return None
    lines = source.splitlines()
    if frame.end_column is None or not 0 < frame.line <= len(lines):
        return None
    read = _expression(lines[frame.line - 1][frame.column - 1 : frame.end_column - 1])
    match read:
        case ast.Subscript(value=held, slice=key):
            pass
        case ast.Call(func=ast.Attribute(value=held, attr='pop'), args=[key]):
            pass
        case _:
            return None
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    loops = [*_loops_around(tree, frame.line, _names(held))]
    if not (_is_pure(held) and _is_pure(key)) or len(loops) > 1 or (frame.function and not loops):
        return None
    return _keys_expression(ast.unparse(held), ast.unparse(key), loops[0] if loops else ())


def _keys_expression(held: str, key: str, loop: Sequence[ast.comprehension]) -> str | None:
    found = f'(list({held})[:{MOST_KEYS}], len({held}))'
    if not loop:
        return f'[{found}] if isinstance({held}, dict) else []'
    if not all(_is_pure(part) for each in loop for part in (each.iter, *each.ifs)):
        return None
    clauses = ' '.join(ast.unparse(each).strip() for each in loop)
    bound = {name for each in loop for name in _names(each.target)}
    outer = sorted({name for each in loop for name in _names(each.iter)} - bound - _PURE_BUILTINS)
    # An iterator would be used up by asking.
    whole = ' and '.join(f'isinstance({name}, {_CONTAINERS})' for name in outer) or 'True'
    return f'[{found} {clauses} if isinstance({held}, dict) and {key} not in {held}][:1] if {whole} else []'


def _expression(text: str) -> ast.expr | None:
    try:
        return ast.parse(text.strip(), mode='eval').body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _loops_around(tree: ast.AST, line: int, names: set[str]) -> Iterator[Sequence[ast.comprehension]]:
    """The comprehensions, and functions that are given each item, that bind one of these names at a line."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.expr) or not node.lineno <= line <= (node.end_lineno or node.lineno):
            continue
        match node:
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                generators = node.generators
                if any(names & _names(each.target) for each in generators):
                    yield generators
            case ast.Call(args=[*args], keywords=keywords):
                functions = [word.value for word in keywords if word.arg == 'key'] or args[:1]
                items = node.func.value if isinstance(node.func, ast.Attribute) else args[-1] if args else None
                for function in functions:
                    match function:
                        case ast.Lambda(args=ast.arguments(args=[ast.arg(arg=name)])) if name in names and items:
                            yield [ast.comprehension(ast.Name(name, ast.Store()), items, [], 0)]
                        case _:
                            pass
            case _:
                pass


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _is_pure(node: ast.AST) -> bool:
    """Whether evaluating an expression can do nothing but give a value."""
    for each in ast.walk(node):
        if not isinstance(each, _PURE_NODES):
            return False
        match each:
            case ast.Call(func=ast.Attribute(attr=name)) if name in _PURE_METHODS:
                pass
            case ast.Call(func=ast.Name(id=name)) if name in _PURE_BUILTINS:
                pass
            case ast.Call():
                return False
            case _:
                pass
    return True


def _nowhere(_stream: str, _text: str) -> None: ...
