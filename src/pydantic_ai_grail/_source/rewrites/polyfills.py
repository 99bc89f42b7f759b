"""Options that Monty's functions lack, through a lambda that is defined on the line of their first use.

Each lambda does what CPython's function does with the option; its name starts with `_grail_`.
"""

from __future__ import annotations

import ast
from typing import Final

from ..edits import Edit
from .cell_rewriter import CellRewriter, keyword
from .kinds import kind_of, shown_types

_JSON = (
    '_grail_json = lambda value, default: value if value is None or isinstance(value, (str, int, float)) '
    'else {key: _grail_json(item, default) for key, item in value.items()} if isinstance(value, dict) '
    'else [_grail_json(item, default) for item in value] if isinstance(value, (list, tuple)) '
    'else _grail_json(default(value), default)'
)
_SUB = (
    'import re as _grail_re; _grail_sub = lambda pattern, function, text, count=0, flags=0: '
    "(lambda found: ''.join(text[found[at - 1].end() if at else 0 : one.start()] + function(one) "
    'for at, one in enumerate(found)) + text[found[-1].end() if found else 0 :])'
    '(list(_grail_re.finditer(pattern, text, flags))[: count or None])'
)
_SUB_OF_ANY: Final = (
    '(lambda _from, *_args, **_named: _grail_sub(_from, *_args, **_named) if str(type(_from)) == "<class \'re.Pattern\'>" '
    'else _from.sub(*_args, **_named))'
)
"""For a receiver that may be something else than a pattern, and then has a `sub` of its own."""


def rewrite_json(rewriter: CellRewriter) -> None:
    """`json.dumps(default=...)`: convert what JSON cannot hold before it is dumped."""
    if not rewriter.lacks('json.dumps(default=)'):
        return
    for call, name in rewriter.calls_of('json.dumps', 'json.dump'):
        default = keyword(call, 'default')
        if default is None or not call.args or isinstance(call.args[0], ast.Starred):
            continue
        removed = rewriter.without(call, default)
        defined = rewriter.needs(_JSON, [call])
        text = rewriter.text.segment(default.value)
        if removed is None or defined is None or '\n' in text:
            continue
        if isinstance(default.value, ast.Constant) and default.value.value is None:
            rewriter.rewrite('json-default', call, f'left out `default=None` of `{name}`', *removed)
            continue
        around = rewriter.around(call.args[0], '_grail_json(', f', {text})')
        rewriter.rewrite(
            'json-default',
            call,
            f'`default` of `{name}` became a lambda: the option is missing here',
            *defined,
            *removed,
            *around,
        )


def rewrite_sub(rewriter: CellRewriter) -> None:
    """`re.sub` with a function: put the text together from the matches."""
    if not rewriter.lacks('re-sub-function'):
        return
    functions = {node.name for node in rewriter.outline.nodes(ast.FunctionDef)}
    for call, name in rewriter.calls:
        if name == 're.sub' and len(call.args) >= 3 and _is_function(call.args[1], functions):
            edits = [rewriter.instead(call.func, '_grail_sub')]
        elif _is_method_sub(call) and name != 're.sub' and _is_function(call.args[0], functions):
            pattern = call.func.value if isinstance(call.func, ast.Attribute) else call.func
            gap = rewriter.between(rewriter.text.span(pattern)[1], rewriter.text.span(call.args[0])[0], ', ')
            if gap is None:
                continue
            is_pattern = kind_of(rewriter, pattern) == 'compile'
            edits = [rewriter.before(pattern, '_grail_sub(' if is_pattern else f'{_SUB_OF_ANY}('), gap]
        else:
            continue
        defined = rewriter.needs(_SUB, [call])
        if defined is None:
            continue
        note = '`sub` with a function became a lambda: `sub` takes only text here'
        rewriter.rewrite('re-sub', call, note, *defined, *edits)


def _is_method_sub(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == 'sub' and len(call.args) >= 2


def _is_function(node: ast.expr, functions: set[str]) -> bool:
    return isinstance(node, ast.Lambda) or (isinstance(node, ast.Name) and node.id in functions)


def rewrite_hasattr(rewriter: CellRewriter) -> None:
    """`hasattr` of a method of a builtin type: ask for the type too."""
    if not rewriter.lacks('hasattr-builtin'):
        return
    for call, _ in rewriter.calls_of('hasattr'):
        match call:
            case ast.Call(args=[_, ast.Constant(value=str(name))], keywords=[]):
                types = shown_types(name, tuple(sorted(rewriter.support.methods)))
                if not types or name in rewriter.support.lacking_methods:
                    continue
                test = f'(lambda _value, _name: hasattr(_value, _name) or str(type(_value)) in {types!r})'
                note = f'`hasattr(..., {name!r})` now sees the methods of builtin types too'
                rewriter.rewrite('hasattr', call, note, Edit(*rewriter.text.span(call.func), test))
            case _:
                pass
