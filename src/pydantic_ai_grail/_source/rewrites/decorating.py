"""`@functools.wraps(...)` is left out: it only copies a name and a docstring that functions here do not carry."""

from __future__ import annotations

import ast

from .cell_rewriter import CellRewriter


def rewrite_wraps(rewriter: CellRewriter) -> None:
    """Take the decorator off, unless the code asks for the name that it copies."""
    if 'wraps' in rewriter.support.modules.get('functools', ()):
        return
    for attribute in rewriter.outline.nodes(ast.Attribute):
        if attribute.attr in ('__name__', '__doc__', '__wrapped__'):
            return
    for node in rewriter.outline.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and rewriter.outline.dotted(decorator.func) == 'functools.wraps':
                start, end = rewriter.text.span(decorator)
                at = rewriter.text.source.rfind('@', 0, start)
                edit = rewriter.between(at, end, '')
                if edit is not None and rewriter.rewrite('wraps', decorator, 'left out `@functools.wraps`', edit):
                    rewriter.replace(decorator.func)
