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
from .kinds import shown_types
from .mending import Mending
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


def method_names(mending: Mending) -> frozenset[str]:
    """The names of all methods of builtin types."""
    return frozenset[str]().union(*mending.support.methods.values(), *mending.support.classes.values())


def mend_taken_methods(mending: Mending) -> None:
    """Rewrite each method that is taken and not called, and `getattr` of one."""
    if not mending.lacks('method-values'):
        return
    names = method_names(mending)
    taken = [node for node in mending.outline.nodes(ast.Attribute) if node.attr in names and _is_taken(mending, node)]
    own = _own_attributes(mending) if taken else frozenset[str]()
    for node in taken:
        is_own = node.attr in own or ANY_ATTRIBUTE in own
        if not (is_own and _is_self(mending, node.value)):
            _mend(mending, node, is_own=is_own)
    for node in mending.outline.nodes(ast.Attribute):
        if node.attr in _SPECIAL and isinstance(node.ctx, ast.Load):
            _mend_special(mending, node)
    if mending.lacks('getattr-builtin'):
        for call, _ in mending.calls_of('getattr'):
            _mend_getattr(mending, call, names)


def _own_attributes(mending: Mending) -> frozenset[str]:
    """Attributes that code gives to objects and classes of its own, and the field of `isocalendar()` named as a method."""
    fields = {'weekday'} if 'isocalendar' in mending.text.source else set[str]()
    return mending.attributes | stores_of(mending.outline.tree).attributes | frozenset(_methods(mending)) | fields


def _methods(mending: Mending) -> Iterator[str]:
    for node in mending.outline.nodes(ast.ClassDef):
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                yield statement.name


def _is_taken(mending: Mending, node: ast.Attribute) -> bool:
    parent = mending.outline.parents.get(node)
    if node in mending.lowered or not isinstance(node.ctx, ast.Load):
        return False
    if isinstance(parent, ast.Expr | ast.Attribute | ast.MatchValue | ast.MatchClass | ast.MatchMapping | None):
        return False
    if isinstance(parent, ast.Call) and parent.func is node:
        return mending.outline.dotted(node.value) in mending.support.methods and _is_in_brackets(mending, node, parent)
    root = mending.outline.root(node)
    return root is None or not any(root is name for name in mending.outline.annotations)


def _is_in_brackets(mending: Mending, node: ast.Attribute, call: ast.Call) -> bool:
    """`(str.lower)(x)`, which no other mend takes."""
    return mending.text.span(node)[0] != mending.text.span(call)[0]


def _is_self(mending: Mending, node: ast.expr) -> bool:
    """The first parameter of a method: an object of the class around it."""
    if not isinstance(node, ast.Name):
        return False
    scope = mending.outline.binding(node)
    function = None if scope is None else scope.node
    return (
        isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and isinstance(mending.outline.parents[function], ast.ClassDef)
        and bool(function.args.args)
        and function.args.args[0].arg == node.id
    )


def _mend(mending: Mending, node: ast.Attribute, *, is_own: bool) -> None:
    owner, name = mending.outline.dotted(node.value), node.attr
    edits: list[Edit | None]
    if owner is not None and owner in mending.support.classes and _is_class(mending, node.value, owner):
        if name in mending.support.classes[owner] and not name.isupper():
            if not callable(_class_attribute(owner, name)):
                return
            text = _CLASS_METHOD.format(owner=mending.text.segment(node.value), name=name)
        elif name in mending.support.methods[owner]:
            text = _OF_CLASS.format(name=name)
        else:
            return
        edits = [mending.between(*mending.text.span(node), text)]
    elif owner is not None and _is_module(mending, owner):
        return
    else:
        types = shown_types(name, tuple(sorted(mending.support.methods)))
        start, end = mending.text.span(node)
        dot = mending.text.source.rfind('.', 0, end)
        receiver = mending.text.segment(node.value)
        if not types or any(isinstance(inner, ast.Await) for inner in ast.walk(node.value)):
            return
        if can_be_read_again(node.value) and '\n' not in receiver:
            edits = [*mending.around(node, '(', _IF_TAKEN.format(types=types, name=name, owner=receiver))]
        elif _is_of_tool(mending, node.value):
            return
        else:
            edits = [Edit(start, start, f'{_TAKEN.format(types=types, name=name)}('), mending.between(dot, end, ')')]
    found = [edit for edit in edits if edit is not None]
    if len(found) != len(edits):
        return
    if is_own:
        if mending.is_where_it_says(node):
            mending.take(found)  # it may well be an attribute of the user's own, of which there is nothing to tell
        return
    written = ' '.join(mending.text.segment(node).split())
    written = written if len(written) <= 40 else f'{written[:37]}...'
    mending.mend('method-value', node, f'`{written}` became a lambda: a method is no value here', *found)


def _mend_special(mending: Mending, node: ast.Attribute) -> None:
    """`d.__getitem__`, also where it is called at once."""
    parameters, meaning = _SPECIAL[node.attr]
    owner = mending.outline.dotted(node.value)
    if owner is not None and owner in mending.support.classes and _is_class(mending, node.value, owner):
        edits = [mending.between(*mending.text.span(node), f'(lambda _from, {parameters}: {meaning})')]
    else:
        start, end = mending.text.span(node)
        head = (
            f"(lambda _from: _from.{node.attr} if hasattr(_from, '{node.attr}') else lambda {parameters}: {meaning})("
        )
        dot = mending.text.source.rfind('.', 0, end)
        edits = [Edit(start, start, head), mending.between(dot, end, ')')]
    found = [edit for edit in edits if edit is not None]
    if len(found) == len(edits):
        mending.mend('method-value', node, f'`{node.attr}` became a lambda: builtins do not have it here', *found)


def _is_of_tool(mending: Mending, node: ast.expr) -> bool:
    return any(isinstance(inner, ast.Call) and mending.tool(inner.func) is not None for inner in ast.walk(node))


def _is_class(mending: Mending, node: ast.expr, owner: str) -> bool:
    return '.' in owner or mending.outline.is_builtin(node, owner)


def _class_attribute(owner: str, name: str) -> object:
    module, _, kind = owner.rpartition('.')
    return getattr(getattr(import_module(module) if module else builtins, kind), name, None)


def _is_module(mending: Mending, dotted: str) -> bool:
    root = dotted.partition('.')[0]
    modules = {module.partition('.')[0] for module in mending.catalog.modules}
    return dotted in mending.support.modules or root in mending.support.lacking_modules or root in modules


def _mend_getattr(mending: Mending, call: ast.Call, names: frozenset[str]) -> None:
    match call:
        case ast.Call(args=[_, ast.Constant(value=str(name)), *_], keywords=[]) if (
            name in names and name.isidentifier()
        ):
            types = shown_types(name, tuple(sorted(mending.support.methods)))
            if types:
                note = f'`getattr(..., {name!r})` now gives the methods of builtin types too'
                mending.mend(
                    'method-value', call, note, mending.instead(call.func, _GOT.format(types=types, name=name))
                )
        case _:
            pass
