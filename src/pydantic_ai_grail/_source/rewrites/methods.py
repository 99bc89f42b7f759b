"""Methods of builtin types used as values become lambdas: `key=d.get`, `key=str.lower`, `map(str.strip, lines)`.

So do `operator.itemgetter('name')` and its like, which Monty has no module for. A method called through its class,
`str.lower(x)`, is called on the value.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from ..edits import Edit
from .cell_rewriter import CellRewriter

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


def rewrite_methods(rewriter: CellRewriter) -> None:
    """Rewrite methods used as values, and calls through classes."""
    names = frozenset[str]().union(*rewriter.support.methods.values(), *rewriter.support.classes.values())
    if rewriter.lacks('method-values'):
        for node, arguments in _positions(rewriter):
            if node.attr in names:
                _rewrite_value(rewriter, node, arguments)
    if rewriter.lacks('type-method-calls'):
        for call, _ in rewriter.calls:
            _rewrite_call_through_class(rewriter, call)


def _positions(rewriter: CellRewriter) -> Iterator[tuple[ast.Attribute, int]]:
    """Attributes that stand where a function is wanted, with how many arguments it is called with."""
    for call, dotted in rewriter.calls:
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


def _rewrite_value(rewriter: CellRewriter, node: ast.Attribute, arguments: int) -> None:
    owner = rewriter.outline.dotted(node.value)
    names = ['_value', '_other', '_third', '_fourth'][:arguments]
    edits: tuple[Edit, ...]
    if owner is not None and _is_class(rewriter, node.value, owner):
        if node.attr in rewriter.support.classes[owner]:  # a class method
            edits = rewriter.around(node, f'lambda {", ".join(names)}: ', f'({", ".join(names)})')
        elif not names:
            return
        else:
            edits = (
                rewriter.instead(node.value, f'lambda {", ".join(names)}: {names[0]}'),
                rewriter.after(node, f'({", ".join(names[1:])})'),
            )
    elif _is_module(rewriter, node.value):
        return
    else:
        # What the method belongs to is evaluated once, as it would be without the lambda.
        edits = (
            rewriter.before(node.value, f'lambda {", ".join([*names, "_from="])}'),
            rewriter.after(node.value, ': _from'),
            rewriter.after(node, f'({", ".join(names)})'),
        )
    note = f'`{_segment(rewriter, node)}` became a lambda: a method is no value here'
    if rewriter.rewrite('method-value', node, note, *edits):
        rewriter.lowered.add(node)


def _is_class(rewriter: CellRewriter, node: ast.expr, owner: str) -> bool:
    if owner not in rewriter.support.classes:
        return False
    return '.' in owner or rewriter.outline.is_builtin(node, owner)


def _is_module(rewriter: CellRewriter, node: ast.expr) -> bool:
    dotted = rewriter.outline.dotted(node)
    return dotted is not None and (
        dotted in rewriter.support.modules
        or dotted in rewriter.support.lacking_modules
        or dotted in rewriter.catalog.modules
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


def _rewrite_call_through_class(rewriter: CellRewriter, call: ast.Call) -> None:
    """`str.lower(x)` as `(x).lower()`."""
    match call:
        case ast.Call(func=ast.Attribute(value=owner_node, attr=method) as function, args=[first, *rest]):
            owner = rewriter.outline.dotted(owner_node)
            if owner is None or isinstance(first, ast.Starred) or not _is_class(rewriter, owner_node, owner):
                return
            if method not in rewriter.support.methods[owner] or method in rewriter.support.classes[owner]:
                return
            first_start, first_end = rewriter.text.span(first)
            if ')' in rewriter.text.source[rewriter.text.span(function)[1] : first_start]:
                return  # `(str.lower)(x)`
            edits = [rewriter.between(rewriter.text.span(function)[0], first_start, '(')]
            if rest or call.keywords:
                comma = rewriter.comma_after(first_end)
                edits.append(None if comma is None else Edit(comma, comma + 1, f').{method}('))
            else:
                edits.append(Edit(first_end, first_end, f').{method}(', closes=True))
            found = [edit for edit in edits if edit is not None]
            if len(found) == len(edits):
                note = f'`{owner}.{method}(x)` became `x.{method}()`: methods cannot be called through their class here'
                rewriter.rewrite('method-call', call, note, *found)
        case _:
            pass


def rewrite_operators(rewriter: CellRewriter) -> None:
    """Rewrite what `operator` makes, and its operators used as values."""
    outline = rewriter.outline
    if 'operator' in rewriter.support.modules:
        return
    called: set[ast.AST] = set()
    for call, dotted in rewriter.calls:
        if (
            dotted is not None
            and dotted.startswith('operator.')
            and (text := _maker(rewriter, call, dotted)) is not None
        ):
            called.add(call.func)
            if rewriter.rewrite('operator', call, _operator_note(rewriter, call), rewriter.instead(call, text)):
                rewriter.replace(call.func)
    for node in (*outline.nodes(ast.Attribute), *outline.nodes(ast.Name)):
        if node in called or not isinstance(node.ctx, ast.Load):
            continue
        module, _, name = (outline.dotted(node) or '').rpartition('.')
        sign = _OPERATORS.get(name)
        if module == 'operator' and sign is not None and not _is_called(rewriter, node):
            text = f'(lambda _left, _right: _left {sign} _right)'
            if rewriter.rewrite('operator', node, _operator_note(rewriter, node), rewriter.instead(node, text)):
                rewriter.replace(node)


def _operator_note(rewriter: CellRewriter, node: ast.expr) -> str:
    return f'`{_segment(rewriter, node)}` became a lambda: there is no module `operator` here'


def _maker(rewriter: CellRewriter, call: ast.Call, dotted: str) -> str | None:
    """`itemgetter('a')` as a lambda. Keys must be plain, since the lambda reads them each time."""
    if call.keywords or not call.args or not all(can_be_read_again(argument) for argument in call.args):
        return None
    texts = [rewriter.text.segment(argument) for argument in call.args]
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


def _is_called(rewriter: CellRewriter, node: ast.expr) -> bool:
    parent = rewriter.outline.parents[node]
    return isinstance(parent, ast.Call) and parent.func is node


def _segment(rewriter: CellRewriter, node: ast.expr) -> str:
    text = ' '.join(rewriter.text.segment(node).split())
    return text if len(text) <= 40 else f'{text[:37]}...'
