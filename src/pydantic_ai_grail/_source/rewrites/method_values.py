"""Methods of builtin types as values, wherever they stand: `add = lines.append`, `{'low': str.lower}`, `partial(d.get)`.

Only what the receiver is tells whether the method may be read. So it is asked when the method is taken: an object of the
user's own gives its attribute, a builtin a function that calls the method. The receiver is evaluated once, there and then.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from importlib import import_module
from typing import Final

from ..edits import Edit
from ..stored_attributes import ANY_ATTRIBUTE, stores_of
from .cell_rewriter import CellRewriter
from .kinds import shown_types
from .methods import can_be_read_again

_CALLS: Final = '(lambda *_values, **_named: _from.{name}(*_values, **_named))'
_TAKEN: Final = f'(lambda _from: {_CALLS} if str(type(_from)) in {{types!r}} else _from.{{name}})'
_IF_TAKEN: Final = f' if str(type({{owner}})) not in {{types!r}} else (lambda _from: {_CALLS})({{owner}}))'
"""Behind what was written, which stays there for the check to read: `order.items` of a record is a mistake."""
_GOT: Final = f'(lambda _from, _name, *_default: {_CALLS} if str(type(_from)) in {{types!r}} else getattr(_from, _name, *_default))'
_OF_CLASS: Final = '(lambda _value, *_more, **_named: _value.{name}(*_more, **_named))'
_CLASS_METHOD: Final = '(lambda *_values, **_named: {owner}.{name}(*_values, **_named))'
_SPECIAL: Final = {
    '__getitem__': ('_key', '_from[_key]'),
    '__contains__': ('_item', '_item in _from'),
    '__len__': ('', 'len(_from)'),
}
"""Special methods of builtins that code takes by name: parameters and meaning. Others may give `NotImplemented`."""


def method_names(rewriter: CellRewriter) -> frozenset[str]:
    """The names of all methods of builtin types."""
    return frozenset[str]().union(*rewriter.support.methods.values(), *rewriter.support.classes.values())


def rewrite_taken_methods(rewriter: CellRewriter) -> None:
    """Rewrite each method that is taken and not called, and `getattr` of one."""
    if not rewriter.lacks('method-values'):
        return
    names = method_names(rewriter)
    taken = [node for node in rewriter.outline.nodes(ast.Attribute) if node.attr in names and _is_taken(rewriter, node)]
    own = _own_attributes(rewriter) if taken else frozenset[str]()
    for node in taken:
        is_own = node.attr in own or ANY_ATTRIBUTE in own
        if not (is_own and _is_self(rewriter, node.value)):
            _rewrite(rewriter, node, is_own=is_own)
    for node in rewriter.outline.nodes(ast.Attribute):
        if node.attr in _SPECIAL and isinstance(node.ctx, ast.Load):
            _rewrite_special(rewriter, node)
    if rewriter.lacks('getattr-builtin'):
        for call, _ in rewriter.calls_of('getattr'):
            _rewrite_getattr(rewriter, call, names)


def _own_attributes(rewriter: CellRewriter) -> frozenset[str]:
    """Attributes that code gives to objects and classes of its own, and the field of `isocalendar()` named as a method."""
    fields = {'weekday'} if 'isocalendar' in rewriter.text.source else set[str]()
    return rewriter.attributes | stores_of(rewriter.outline.tree).attributes | frozenset(_methods(rewriter)) | fields


def _methods(rewriter: CellRewriter) -> Iterator[str]:
    for node in rewriter.outline.nodes(ast.ClassDef):
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                yield statement.name


def _is_taken(rewriter: CellRewriter, node: ast.Attribute) -> bool:
    parent = rewriter.outline.parents.get(node)
    if node in rewriter.lowered or not isinstance(node.ctx, ast.Load):
        return False
    if isinstance(parent, ast.Expr | ast.Attribute | ast.MatchValue | ast.MatchClass | ast.MatchMapping | None):
        return False
    if isinstance(parent, ast.Call) and parent.func is node:
        return rewriter.outline.dotted(node.value) in rewriter.support.methods and _is_in_brackets(
            rewriter, node, parent
        )
    root = rewriter.outline.root(node)
    return root is None or not any(root is name for name in rewriter.outline.annotations)


def _is_in_brackets(rewriter: CellRewriter, node: ast.Attribute, call: ast.Call) -> bool:
    """`(str.lower)(x)`, which no other rewrite takes."""
    return rewriter.text.span(node)[0] != rewriter.text.span(call)[0]


def _is_self(rewriter: CellRewriter, node: ast.expr) -> bool:
    """The first parameter of a method: an object of the class around it."""
    if not isinstance(node, ast.Name):
        return False
    scope = rewriter.outline.binding(node)
    function = None if scope is None else scope.node
    return (
        isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and isinstance(rewriter.outline.parents[function], ast.ClassDef)
        and bool(function.args.args)
        and function.args.args[0].arg == node.id
    )


def _rewrite(rewriter: CellRewriter, node: ast.Attribute, *, is_own: bool) -> None:
    owner, name = rewriter.outline.dotted(node.value), node.attr
    edits: list[Edit | None]
    if owner is not None and owner in rewriter.support.classes and _is_class(rewriter, node.value, owner):
        if name in rewriter.support.classes[owner] and not name.isupper():
            if not callable(_class_attribute(owner, name)):
                return
            text = _CLASS_METHOD.format(owner=rewriter.text.segment(node.value), name=name)
        elif name in rewriter.support.methods[owner]:
            text = _OF_CLASS.format(name=name)
        else:
            return
        edits = [rewriter.between(*rewriter.text.span(node), text)]
    elif owner is not None and _is_module(rewriter, owner):
        return
    else:
        types = shown_types(name, tuple(sorted(rewriter.support.methods)))
        start, end = rewriter.text.span(node)
        dot = rewriter.text.source.rfind('.', 0, end)
        receiver = rewriter.text.segment(node.value)
        if not types or any(isinstance(inner, ast.Await) for inner in ast.walk(node.value)):
            return
        if can_be_read_again(node.value) and '\n' not in receiver:
            edits = [*rewriter.around(node, '(', _IF_TAKEN.format(types=types, name=name, owner=receiver))]
        elif _is_of_tool(rewriter, node.value):
            return
        else:
            edits = [Edit(start, start, f'{_TAKEN.format(types=types, name=name)}('), rewriter.between(dot, end, ')')]
    found = [edit for edit in edits if edit is not None]
    if len(found) != len(edits):
        return
    if is_own:
        if rewriter.is_where_it_says(node):
            rewriter.take(found)  # it may well be an attribute of the user's own, of which there is nothing to tell
        return
    written = ' '.join(rewriter.text.segment(node).split())
    written = written if len(written) <= 40 else f'{written[:37]}...'
    rewriter.rewrite('method-value', node, f'`{written}` became a lambda: a method is no value here', *found)


def _rewrite_special(rewriter: CellRewriter, node: ast.Attribute) -> None:
    """`d.__getitem__`, also where it is called at once."""
    parameters, meaning = _SPECIAL[node.attr]
    owner = rewriter.outline.dotted(node.value)
    if owner is not None and owner in rewriter.support.classes and _is_class(rewriter, node.value, owner):
        edits = [rewriter.between(*rewriter.text.span(node), f'(lambda _from, {parameters}: {meaning})')]
    else:
        start, end = rewriter.text.span(node)
        head = (
            f"(lambda _from: _from.{node.attr} if hasattr(_from, '{node.attr}') else lambda {parameters}: {meaning})("
        )
        dot = rewriter.text.source.rfind('.', 0, end)
        edits = [Edit(start, start, head), rewriter.between(dot, end, ')')]
    found = [edit for edit in edits if edit is not None]
    if len(found) == len(edits):
        rewriter.rewrite('method-value', node, f'`{node.attr}` became a lambda: builtins do not have it here', *found)


def _is_of_tool(rewriter: CellRewriter, node: ast.expr) -> bool:
    return any(isinstance(inner, ast.Call) and rewriter.tool(inner.func) is not None for inner in ast.walk(node))


def _is_class(rewriter: CellRewriter, node: ast.expr, owner: str) -> bool:
    return '.' in owner or rewriter.outline.is_builtin(node, owner)


def _class_attribute(owner: str, name: str) -> object:
    module, _, kind = owner.rpartition('.')
    return getattr(getattr(import_module(module) if module else builtins, kind), name, None)


def _is_module(rewriter: CellRewriter, dotted: str) -> bool:
    root = dotted.partition('.')[0]
    modules = {module.partition('.')[0] for module in rewriter.catalog.modules}
    return dotted in rewriter.support.modules or root in rewriter.support.lacking_modules or root in modules


def _rewrite_getattr(rewriter: CellRewriter, call: ast.Call, names: frozenset[str]) -> None:
    match call:
        case ast.Call(args=[_, ast.Constant(value=str(name)), *_], keywords=[]) if (
            name in names and name.isidentifier()
        ):
            types = shown_types(name, tuple(sorted(rewriter.support.methods)))
            if types:
                note = f'`getattr(..., {name!r})` now gives the methods of builtin types too'
                rewriter.rewrite(
                    'method-value', call, note, rewriter.instead(call.func, _GOT.format(types=types, name=name))
                )
        case _:
            pass
