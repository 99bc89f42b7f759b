"""Whether code may put tuples into tuples: then one may hold another so often that hashing it on the host never ends.

The sandbox keeps the hash of each tuple; CPython (3.13 and before) goes through all of it at each reference. What leaves a
cell that may do so is tried in another process first, see `_monty/hashing.py`. This only reads source, so it is a guess to
the safe side: whatever makes a tuple of parts that are not plainly leaves counts, unless it is taken apart where it stands.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from .child_nodes import nodes_below

_MAKERS: Final = frozenset(
    (
        *('tuple', 'zip', 'enumerate', 'namedtuple', 'NamedTuple', 'astuple', '__class__', 'items', 'popitem'),
        *('most_common', 'product', 'permutations', 'combinations', 'combinations_with_replacement', 'zip_longest'),
        *('pairwise', 'groupby', 'batched', 'itemgetter', 'attrgetter', 'methodcaller', 'groups', 'args'),
        *('exec', 'eval', 'compile', 'globals', 'locals', 'vars', '__dict__', '__builtins__', '__import__'),
    )
)
"""What makes tuples of anything, or does what cannot be seen."""
_LEAF_CALLS: Final = frozenset(('str', 'int', 'float', 'len', 'bool', 'ord', 'chr', 'repr', 'isinstance', 'format'))
_PASSES_ON: Final = frozenset(('sorted', 'reversed', 'list'))
_TRUSTED: Final = _LEAF_CALLS | _PASSES_ON | {'dict', 'zip', 'enumerate', 'issubclass', 'min', 'max', 'tuple', 'type'}
"""Builtins that are taken at their word; code that binds such a name may do anything."""
_TYPES: Final = frozenset(('dict', 'list', 'tuple', 'set', 'frozenset', 'type', 'Callable', 'Union', 'Literal'))


def may_nest_tuples(tree: ast.Module) -> bool:
    """Whether running it may make a tuple that holds tuples."""
    fine: set[ast.AST] = set()
    for node in nodes_below(tree):  # parents before their children
        kind = type(node)
        if kind in _MAY_TAKE_APART:
            fine.update(_taken_apart(node))
        if kind in _MAY_MAKE and _makes_tuples(node) and node not in fine:
            return True
    return False


_MAY_TAKE_APART: Final = frozenset[type[ast.AST]](
    (
        *(ast.For, ast.AsyncFor, ast.comprehension, ast.Assign, ast.Compare, ast.BinOp, ast.Call, ast.Attribute),
        *(ast.Subscript, ast.ExceptHandler, ast.AnnAssign, ast.arg, ast.FunctionDef, ast.AsyncFunctionDef),
    )
)
_MAY_MAKE: Final = frozenset[type[ast.AST]](
    (
        *(ast.Tuple, ast.Name, ast.arg, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Attribute),
        *(ast.alias, ast.arguments, ast.Call),
    )
)


def _makes_tuples(node: ast.AST) -> bool:
    match node:
        case ast.Tuple(elts=parts, ctx=ast.Load()):
            return not all(map(_is_leaf, parts))
        case ast.Name(id=name, ctx=ast.Load()):
            return name in _MAKERS or name == 'type'
        case ast.Name(id=name) | ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return name in _TRUSTED
        case ast.ClassDef(name=name):
            return name in _TRUSTED
        case ast.Attribute(attr=name):
            return name in _MAKERS
        case ast.alias(name=name, asname=other):
            return name in _MAKERS or name in ('*', 'builtins') or other in _TRUSTED
        case ast.arguments(vararg=ast.arg()):
            return True
        case ast.Call(func=ast.Name(id='getattr'), args=[_, name, *_]):
            return not (isinstance(name, ast.Constant) and name.value not in _MAKERS)
        case _:
            return False


def _is_leaf(node: ast.expr) -> bool:
    match node:
        case ast.Constant() | ast.JoinedStr() | ast.UnaryOp(op=ast.Not()) | ast.UnaryOp(operand=ast.Constant()):
            return True
        case ast.Compare(ops=[ast.In() | ast.NotIn() | ast.Is() | ast.IsNot()]):
            return True
        case ast.Tuple(elts=parts):
            return all(map(_is_leaf, parts))
        case ast.Call(func=ast.Name(id=name)):
            return name in _LEAF_CALLS
        case _:
            return False


def _taken_apart(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes below this one that make tuples which nothing keeps, or name types."""
    match node:
        case ast.For(target=target, iter=each) | ast.AsyncFor(target=target, iter=each):
            yield from _unpacked(target, each)
        case ast.comprehension(target=target, iter=each):
            yield from _unpacked(target, each)
        case ast.Assign(targets=targets, value=ast.Tuple(elts=parts) as value):
            if not any(isinstance(part, ast.Starred) for part in parts) and all(
                isinstance(target, (ast.Tuple, ast.List))
                and len(target.elts) == len(parts)
                and not any(isinstance(part, ast.Starred) for part in target.elts)
                for target in targets
            ):
                yield value
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[ast.Tuple() as value]):
            yield value
        case ast.BinOp(left=ast.Constant(value=str()), op=ast.Mod(), right=ast.Tuple() as value):
            yield value
        case ast.Call(func=ast.Name(id='isinstance' | 'issubclass'), args=[_, types]):
            yield from _type_names(types)
        case ast.Call(func=ast.Name(id='dict'), args=[ast.Call(func=ast.Name(id='zip' | 'enumerate') as maker)]):
            yield maker
        case ast.Call(
            func=ast.Name(id='dict'), args=[ast.Call(func=ast.Attribute(attr='items' | 'most_common') as maker)]
        ):
            yield maker
        case ast.Call(func=ast.Name(id='sorted' | 'min' | 'max'), keywords=[*words]):
            yield from _keys(words)
        case ast.Attribute(value=ast.Call(func=ast.Name(id='type') as function), attr='__name__'):
            yield function
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Tuple() as value) if name in _TYPES:
            yield value
        case ast.ExceptHandler(type=ast.Tuple() as value):
            yield value
        case ast.AnnAssign(annotation=annotation) | ast.arg(annotation=ast.expr() as annotation):
            yield from _type_names(annotation)
        case ast.FunctionDef(returns=ast.expr() as annotation) | ast.AsyncFunctionDef(returns=ast.expr() as annotation):
            yield from _type_names(annotation)
        case _:
            pass


def _unpacked(target: ast.expr, each: ast.expr) -> Iterator[ast.AST]:
    """What is iterated, where each item is taken apart at once: `for key, value in sorted(d.items()):`."""
    if isinstance(each, ast.Tuple):
        yield each
        return
    while (
        isinstance(each, ast.Call)
        and isinstance(each.func, ast.Name)
        and each.func.id in _PASSES_ON
        and each.args
        and all(word.arg != 'key' or _keeps_nothing(word.value) for word in each.keywords)
    ):
        each = each.args[0]
    if not isinstance(target, (ast.Tuple, ast.List)) or not isinstance(each, ast.Call):
        return
    match each.func:
        case ast.Name(id='enumerate') if len(target.elts) == 2 and each.args:
            yield each.func
            yield from _unpacked(target.elts[1], each.args[0])
        case ast.Name(id='zip') | ast.Attribute(attr='items' | 'most_common'):
            yield each.func
        case _:
            pass


def _keys(words: list[ast.keyword]) -> Iterator[ast.AST]:
    """The tuples that are made to sort by, and thrown away."""
    for word in words:
        if word.arg == 'key' and isinstance(word.value, ast.Lambda) and isinstance(word.value.body, ast.Tuple):
            yield word.value.body


def _keeps_nothing(function: ast.expr) -> bool:
    """Whether a function to sort by only looks at parts: an operator of a class of the code's own may do anything."""
    return isinstance(function, ast.Lambda) and all(
        isinstance(node, _LOOKS) and not (isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Constant))
        for node in ast.walk(function.body)
    )


def _type_names(types: ast.expr) -> Iterator[ast.AST]:
    nodes = [*ast.walk(types)]
    if all(isinstance(node, _NAMES_TYPES) for node in nodes):
        yield from nodes


_LOOKS: Final = (ast.Subscript, ast.UnaryOp, ast.Tuple, ast.Constant, ast.Name, ast.expr_context, ast.unaryop)
_NAMES_TYPES: Final = (
    *(ast.Tuple, ast.List, ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.BinOp, ast.operator),
    ast.expr_context,
)
