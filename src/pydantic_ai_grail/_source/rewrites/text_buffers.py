"""A text given to `csv.reader` or `csv.DictReader` as an `io.StringIO` is given as the lines of that text.

The lines are those that `io.StringIO` gives: each ends at `\\n` and keeps it, for a line break in quotes is part of a
value. `str.splitlines` would also end lines at characters at which CPython's buffer ends none.
"""

from __future__ import annotations

import ast
from typing import Final

from .cell_rewriter import CellRewriter

_READERS: Final = ('csv.reader', 'csv.DictReader')
_LINES: Final = (
    '(lambda text: iter([line + "\\n" for line in text.split("\\n")[:-1]] '
    '+ [line for line in text.split("\\n")[-1:] if line]))'
)


def rewrite_text_buffers(rewriter: CellRewriter) -> None:
    """Give the lines where a buffer of a text is made for nothing but a reader of `csv`."""
    if 'io' in rewriter.support.modules:
        return
    for call, dotted in rewriter.calls:
        if dotted not in _READERS or not call.args:
            continue
        given = call.args[0]
        buffer = _buffer_of_a_text(
            rewriter, _only_value(rewriter, given, call) if isinstance(given, ast.Name) else given
        )
        if buffer is None or '\n' in rewriter.text.segment(buffer.func):
            continue
        note = '`io.StringIO` became an iterator over the lines of its text: it is missing here'
        if rewriter.rewrite('text-buffer', buffer, note, rewriter.instead(buffer.func, _LINES)):
            rewriter.replace(buffer.func)


def _buffer_of_a_text(rewriter: CellRewriter, node: ast.expr | None) -> ast.Call | None:
    match node:
        case ast.Call(args=[text], keywords=[]) if not isinstance(text, ast.Starred):
            return node if rewriter.outline.dotted(node.func) == 'io.StringIO' else None
        case _:
            return None


def _only_value(rewriter: CellRewriter, name: ast.Name, call: ast.Call) -> ast.expr | None:
    """What a variable holds that one statement assigns, before the only use of it, which runs as often."""
    outline = rewriter.outline
    stores = [node for node in outline.nodes(ast.Name) if node.id == name.id and not isinstance(node.ctx, ast.Load)]
    if outline.loads.get(name.id) != [name] or len(stores) != 1:
        return None
    match outline.parents[stores[0]]:
        case ast.Assign(targets=[ast.Name()], value=value) as statement:
            holder = outline.parents[statement]
        case _:
            return None
    inside: ast.AST = call
    for ancestor in outline.ancestors(call):
        if ancestor is holder:
            break
        if not isinstance(ancestor, ast.expr | ast.keyword | ast.Assign | ast.Expr | ast.For):
            return None
        if isinstance(ancestor, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            return None
        if isinstance(ancestor, ast.For) and inside is not ancestor.iter:
            return None
        inside = ancestor
    else:
        return None
    return value if statement.lineno < call.lineno else None
