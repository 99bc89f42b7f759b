"""How code stops itself: `exit()`, exceptions with other than one text, asserts whose text Monty adds to; and a function's name.

`raise ValueError(5)` fails in Monty 1.4 with an error of its own, after what the code did before. The text is what
CPython makes of the arguments; a cell that reads `args` is left alone.
"""

from __future__ import annotations

import ast
import builtins
from typing import Final

from ..outline import Outline
from .cell_rewriter import CellRewriter

_EXITS: Final = ('exit', 'quit', 'sys.exit')
_SYSTEM_EXIT: Final = frozenset({'SystemExit', 'BaseException'})
_RAISES_EXIT: Final = (
    '_grail_exit = (eval("exec(\'def _grail_exit(code=None):\\\\n raise SystemExit(str(code))\')"), '
    "eval('_grail_exit'))[1]"
)
"""`exit` as a function that raises what CPython's does. Only `exec` can define it in one line."""
_ARGUMENTS_MATTER: Final = (KeyError, OSError, UnicodeError, StopIteration, ImportError, BaseExceptionGroup)
"""Classes whose text is not that of their arguments."""
_TEXT_KEPT: Final = (ast.BoolOp, ast.UnaryOp, ast.Call)
"""Tests of which Monty says nothing."""


def rewrite_exits(rewriter: CellRewriter) -> None:
    """`exit()` at the top level ends the cell, as a `return` does there. Elsewhere it raises, as it does in CPython: in a
    function, in an expression, below a `try` that catches it."""
    for call, name in rewriter.calls_of(*_EXITS):
        if _is_exit(rewriter, call.func) and not call.keywords and not _rewrite_return(rewriter, call):
            _lower_exit(rewriter, call, is_of_sys='.' in (name or ''))


def _rewrite_return(rewriter: CellRewriter, call: ast.Call) -> bool:
    outline, statement = rewriter.outline, rewriter.outline.parents[call]
    if not isinstance(statement, ast.Expr):
        return False
    if [each for each in call.args if not (isinstance(each, ast.Constant) and isinstance(each.value, int | None))]:
        return False
    if outline.scope_of(call).kind != 'module' or any(map(_catches_exit, outline.ancestors(statement))):
        return False
    if rewriter.rewrite('exit', statement, 'ended the cell by `return`', rewriter.instead(statement, 'return')):
        rewriter.replace(call)
        rewriter.exits.add(call)
        return True
    return False


def _lower_exit(rewriter: CellRewriter, call: ast.Call, *, is_of_sys: bool) -> None:
    defined = rewriter.needs(_RAISES_EXIT, [call], in_module=True)
    if defined is None or len(call.args) > 1 or any(isinstance(each, ast.Starred) for each in call.args):
        return
    edit = rewriter.instead(call.func, '_grail_exit')
    if not call.args and is_of_sys:
        edit = rewriter.instead(call, "_grail_exit('')")  # whose exception has no text
    if rewriter.take([*defined, edit]):
        rewriter.replace(call.func)


def _is_exit(rewriter: CellRewriter, function: ast.expr) -> bool:
    name = rewriter.outline.dotted(function)
    return name in _EXITS and ('.' in name or rewriter.outline.is_builtin(function, name))


def _catches_exit(ancestor: ast.AST) -> bool:
    if not isinstance(ancestor, ast.Try):
        return False
    types = [handler.type for handler in ancestor.handlers]
    names = [each for one in types for each in (one.elts if isinstance(one, ast.Tuple) else [one])]
    return any(each is None or (isinstance(each, ast.Name) and each.id in _SYSTEM_EXIT) for each in names)


def rewrite_raises(rewriter: CellRewriter) -> None:
    """`ValueError(5)` and `ValueError(1, 2)` get the text that CPython gives them. So does `ValueError(error)`, whatever it is
    given: that is no change where it is a text, so nothing is told of it."""
    outline = rewriter.outline
    if any(attribute.attr == 'args' for attribute in outline.nodes(ast.Attribute)) or _binds_str(outline):
        return
    for call in outline.nodes(ast.Call):
        if call.keywords or not call.args or not _is_plain_exception(rewriter, call.func):
            continue
        if any(isinstance(each, ast.Starred) for each in call.args):
            continue
        may_be_text = len(call.args) == 1 and _may_be_text(call.args[0])
        if len(call.args) == 1 and _is_text(call.args[0]):
            continue
        start, end = rewriter.text.span(call.args[0])[0], rewriter.text.span(call.args[-1])[1]
        opening, closing = ('str(', ')') if len(call.args) == 1 else ('str((', '))')
        edits = rewriter.outside(call.args[0], opening, closing, to=call.args[-1])
        if '#' in rewriter.text.source[start:end]:
            continue
        if may_be_text:
            if rewriter.is_where_it_says(call):
                rewriter.take(edits)
        else:
            rewriter.rewrite('exception-text', call, 'gave the exception its arguments as text', *edits)


def _is_plain_exception(rewriter: CellRewriter, function: ast.expr) -> bool:
    if not isinstance(function, ast.Name) or not rewriter.outline.is_free(function):
        return False
    kind = getattr(builtins, function.id, None)
    if not isinstance(kind, type):
        return False
    return issubclass(kind, BaseException) and not issubclass(kind, _ARGUMENTS_MATTER)


def _binds_str(outline: Outline) -> bool:
    """Whether `str` may be something of the cell's own."""
    if any(name.id == 'str' and not isinstance(name.ctx, ast.Load) for name in outline.nodes(ast.Name)):
        return True
    functions = outline.nodes(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    return any(
        each.arg == 'str' for function in functions for each in ast.walk(function.args) if isinstance(each, ast.arg)
    )


def _is_text(node: ast.expr) -> bool:
    """What is a text for certain, so that nothing is to be done."""
    match node:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod(), right=right):
            return _is_text(left) or (isinstance(node.op, ast.Add) and _is_text(right))
        case ast.Call(func=ast.Attribute(value=value, attr='format' | 'join')):
            return _is_text(value)
        case ast.Call(func=ast.Name(id='str' | 'repr')):
            return True
        case _:
            return False


def _may_be_text(node: ast.expr) -> bool:
    """Anything but what is written out as something else; of a name nothing is known."""
    match node:
        case ast.Constant(value=value):
            return isinstance(value, str)
        case ast.List() | ast.Tuple() | ast.Dict() | ast.Set() | ast.ListComp() | ast.DictComp() | ast.SetComp():
            return False
        case ast.UnaryOp() | ast.Compare():
            return False
        case ast.BinOp(left=left, right=right):
            return _may_be_text(left) and _may_be_text(right)
        case _:
            return True


def rewrite_asserts(rewriter: CellRewriter) -> None:
    """Keep Monty from adding the test to an assert's text. Lowered, not told."""
    for statement in rewriter.outline.nodes(ast.Assert):
        if not isinstance(statement.test, _TEXT_KEPT) and rewriter.is_where_it_says(statement.test):
            rewriter.take(rewriter.outside(statement.test, 'not not (', ')'))


def rewrite_function_names(rewriter: CellRewriter) -> None:
    """`h.__name__` of a function that the cell defines, or of a tool, is written out."""
    outline = rewriter.outline
    defined: dict[str, int] = {}
    for function in outline.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
        defined[function.name] = defined.get(function.name, 0) + (2 if function.decorator_list else 1)
    stored = {name.id for name in outline.nodes(ast.Name) if not isinstance(name.ctx, ast.Load)}
    for attribute in outline.nodes(ast.Attribute):
        function = attribute.value
        if attribute.attr not in ('__name__', '__qualname__') or not isinstance(attribute.ctx, ast.Load):
            continue
        if not isinstance(function, ast.Name) or function.id in stored:
            continue
        scope = outline.binding(function)
        is_own = (
            scope is outline.module and function.id not in outline.module.imported and defined.get(function.id) == 1
        )
        if is_own or (outline.is_free(function) and function.id in rewriter.catalog.entries):
            note = f'wrote out `{function.id}.{attribute.attr}`'
            if rewriter.rewrite('function-name', attribute, note, rewriter.instead(attribute, repr(function.id))):
                rewriter.replace(function)
