"""What was wrong with the arguments of a call that raised: a `None` where none is taken, a time without a timezone."""

from __future__ import annotations

import ast
from datetime import datetime
from typing import Final

from ..events.calls import CallRecord, CallRequest
from . import reply_texts

_EXPRESSION_CHARS: Final = 60


def none_given(source: str, call: CallRecord) -> str | None:
    """What to test before the call; `None` when no argument was refused for being `None`."""
    request = call.request
    for argument in call.wrong_arguments:
        if request.args[argument] is None:
            return reply_texts.none_given(argument, _given(source, request, argument))
    return None


def zone_given(call: CallRecord) -> str | None:
    """What to give instead of the times that a tool could not compare with its own; `None` where it got none."""
    times = {name: given for name, given in call.request.args.items() if isinstance(given, datetime)}
    kinds = {given.utcoffset() is not None for given in times.values()}
    if len(kinds) != 1:
        return None
    return reply_texts.other_zone(' and '.join(f'`{name}`' for name in times), has_zone=kinds.pop())


def _given(source: str, request: CallRequest, argument: str) -> str | None:
    """What the code has for an argument, if it can be told and can be tested."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_the_call(node, request)]
    if len(calls) != 1:
        return None
    given = {word.arg: word.value for word in calls[0].keywords} | dict(zip(request.args, calls[0].args, strict=False))
    expression = given.get(argument)
    if expression is None or isinstance(expression, (ast.Constant, ast.Await)):
        return None
    text = ast.unparse(expression)
    return text if len(text) <= _EXPRESSION_CHARS and '\n' not in text else None


def _is_the_call(node: ast.Call, request: CallRequest) -> bool:
    lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    is_plain = not any(isinstance(argument, ast.Starred) for argument in node.args)
    return is_plain and request.line in lines and ast.unparse(node.func) == request.tool.python_name
