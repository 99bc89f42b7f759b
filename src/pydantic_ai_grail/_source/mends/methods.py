"""Methods of builtin types used as values become lambdas: `key=d.get`, `key=str.lower`, `map(str.strip, lines)`.

So do `operator.itemgetter('name')` and its like, which Monty has no module for. A method called through its class,
`str.lower(x)`, is called on the value.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from ..edits import Edit
from .mending import Mending

_TAKES_KEY: Final = ('sorted', 'min', 'max', 'itertools.groupby', 'groupby')
_OPERATORS: Final = {
    'add': '+',
    'concat': '+',
    'sub': '-',
    'mul': '*',
    'truediv': '/',
    'floordiv': '//',
    'mod': '%',
    'pow': '**',
    'and_': '&',
    'or_': '|',
    'xor': '^',
    'lt': '<',
    'le': '<=',
    'gt': '>',
    'ge': '>=',
    'eq': '==',
    'ne': '!=',
}


def mend_methods(mending: Mending) -> None:
    """Rewrite methods used as values, and calls through classes."""
    names = frozenset[str]().union(*mending.support.methods.values(), *mending.support.classes.values())
    if mending.lacks('method-values'):
        for node, arguments in _positions(mending):
            if node.attr in names:
                _mend_value(mending, node, arguments)
    if mending.lacks('type-method-calls'):
        for call, _ in mending.calls:
            _mend_call_through_class(mending, call)


def _positions(mending: Mending) -> Iterator[tuple[ast.Attribute, int]]:
    """Attributes that stand where a function is wanted, with how many arguments it is called with."""
    for call, dotted in mending.calls:
        is_sort = isinstance(call.func, ast.Attribute) and call.func.attr == 'sort'
        if dotted in _TAKES_KEY or is_sort:
            for keyword in call.keywords:
                if keyword.arg == 'key' and isinstance(keyword.value, ast.Attribute):
                    yield keyword.value, 1
        for keyword in call.keywords:
            if keyword.arg == 'default_factory' and isinstance(keyword.value, ast.Attribute):
                yield keyword.value, 0
        is_plain = not any(isinstance(argument, ast.Starred) for argument in call.args)
        if dotted in ('map', 'filter') and is_plain and call.args and isinstance(call.args[0], ast.Attribute):
            yield call.args[0], len(call.args) - 1


def _mend_value(mending: Mending, node: ast.Attribute, arguments: int) -> None:
    owner = mending.outline.dotted(node.value)
    names = ['_value', '_other', '_third', '_fourth'][:arguments]
    edits: tuple[Edit, ...]
    if owner is not None and _is_class(mending, node.value, owner):
        if node.attr in mending.support.classes[owner]:  # a class method
            edits = mending.around(node, f'lambda {", ".join(names)}: ', f'({", ".join(names)})')
        elif not names:
            return
        else:
            edits = (
                mending.instead(node.value, f'lambda {", ".join(names)}: {names[0]}'),
                mending.after(node, f'({", ".join(names[1:])})'),
            )
    elif _is_module(mending, node.value):
        return
    else:
        # What the method belongs to is evaluated once, as it would be without the lambda.
        edits = (
            mending.before(node.value, f'lambda {", ".join([*names, "_from="])}'),
            mending.after(node.value, ': _from'),
            mending.after(node, f'({", ".join(names)})'),
        )
    note = f'`{_segment(mending, node)}` became a lambda: a method is no value here'
    if mending.mend('method-value', node, note, *edits):
        mending.lowered.add(node)


def _is_class(mending: Mending, node: ast.expr, owner: str) -> bool:
    if owner not in mending.support.classes:
        return False
    return '.' in owner or mending.outline.is_builtin(node, owner)


def _is_module(mending: Mending, node: ast.expr) -> bool:
    dotted = mending.outline.dotted(node)
    return dotted is not None and (
        dotted in mending.support.modules
        or dotted in mending.support.lacking_modules
        or dotted in mending.catalog.modules
    )


def can_be_read_again(node: ast.expr) -> bool:
    """Reading it does nothing, so it may be read when the lambda is called instead of when it is made."""
    match node:
        case ast.Name() | ast.Constant():
            return True
        case ast.Attribute(value=value):
            return can_be_read_again(value)
        case ast.Subscript(value=value, slice=ast.Constant() | ast.Name()):
            return can_be_read_again(value)
        case _:
            return False


def _mend_call_through_class(mending: Mending, call: ast.Call) -> None:
    """`str.lower(x)` as `(x).lower()`."""
    match call:
        case ast.Call(func=ast.Attribute(value=owner_node, attr=method) as function, args=[first, *rest]):
            owner = mending.outline.dotted(owner_node)
            if owner is None or isinstance(first, ast.Starred) or not _is_class(mending, owner_node, owner):
                return
            if method not in mending.support.methods[owner] or method in mending.support.classes[owner]:
                return
            first_start, first_end = mending.text.span(first)
            if ')' in mending.text.source[mending.text.span(function)[1] : first_start]:
                return  # `(str.lower)(x)`
            edits = [mending.between(mending.text.span(function)[0], first_start, '(')]
            if rest or call.keywords:
                comma = mending.comma_after(first_end)
                edits.append(None if comma is None else Edit(comma, comma + 1, f').{method}('))
            else:
                edits.append(Edit(first_end, first_end, f').{method}(', closes=True))
            found = [edit for edit in edits if edit is not None]
            if len(found) == len(edits):
                note = f'`{owner}.{method}(x)` became `x.{method}()`: methods cannot be called through their class here'
                mending.mend('method-call', call, note, *found)
        case _:
            pass


def mend_operators(mending: Mending) -> None:
    """Rewrite what `operator` makes, and its operators used as values."""
    outline = mending.outline
    if 'operator' in mending.support.modules:
        return
    called: set[ast.AST] = set()
    for call, dotted in mending.calls:
        if (
            dotted is not None
            and dotted.startswith('operator.')
            and (text := _maker(mending, call, dotted)) is not None
        ):
            called.add(call.func)
            if mending.mend('operator', call, _operator_note(mending, call), mending.instead(call, text)):
                mending.replace(call.func)
    for node in (*outline.nodes(ast.Attribute), *outline.nodes(ast.Name)):
        if node in called or not isinstance(node.ctx, ast.Load):
            continue
        module, _, name = (outline.dotted(node) or '').rpartition('.')
        sign = _OPERATORS.get(name)
        if module == 'operator' and sign is not None and not _is_called(mending, node):
            text = f'(lambda _left, _right: _left {sign} _right)'
            if mending.mend('operator', node, _operator_note(mending, node), mending.instead(node, text)):
                mending.replace(node)


def _operator_note(mending: Mending, node: ast.expr) -> str:
    return f'`{_segment(mending, node)}` became a lambda: there is no module `operator` here'


def _maker(mending: Mending, call: ast.Call, dotted: str) -> str | None:
    """`itemgetter('a')` as a lambda. Keys must be plain, since the lambda reads them each time."""
    if call.keywords or not call.args or not all(can_be_read_again(argument) for argument in call.args):
        return None
    texts = [mending.text.segment(argument) for argument in call.args]
    if dotted == 'operator.itemgetter':
        parts = [f'_item[{text}]' for text in texts]
    elif dotted == 'operator.attrgetter':
        names = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if len(names) != len(texts):
            return None
        parts = [f'_item.{name}' for name in names]
    else:
        return None
    return f'(lambda _item: {parts[0]})' if len(parts) == 1 else f'(lambda _item: ({", ".join(parts)}))'


def _is_called(mending: Mending, node: ast.expr) -> bool:
    parent = mending.outline.parents[node]
    return isinstance(parent, ast.Call) and parent.func is node


def _segment(mending: Mending, node: ast.expr) -> str:
    text = ' '.join(mending.text.segment(node).split())
    return text if len(text) <= 40 else f'{text[:37]}...'
