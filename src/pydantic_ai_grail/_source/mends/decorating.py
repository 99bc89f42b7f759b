"""`@functools.wraps(...)` is left out: it only copies a name and a docstring that functions here do not carry."""

from __future__ import annotations

import ast

from .mending import Mending


def mend_wraps(mending: Mending) -> None:
    """Take the decorator off, unless the code asks for the name that it copies."""
    if 'wraps' in mending.support.modules.get('functools', ()):
        return
    for attribute in mending.outline.nodes(ast.Attribute):
        if attribute.attr in ('__name__', '__doc__', '__wrapped__'):
            return
    for node in mending.outline.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and mending.outline.dotted(decorator.func) == 'functools.wraps':
                start, end = mending.text.span(decorator)
                at = mending.text.source.rfind('@', 0, start)
                edit = mending.between(at, end, '')
                if edit is not None and mending.mend('wraps', decorator, 'left out `@functools.wraps`', edit):
                    mending.replace(decorator.func)
