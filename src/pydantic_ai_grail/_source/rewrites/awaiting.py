"""A tool call whose result is used is awaited; a call to a sequential tool, which gives its result at once, is not.

A coroutine may also be kept, to be gathered later. So a call is awaited only where its value goes into something that
no coroutine could go into: an attribute, a subscript, an operator, a loop, a test, text, most builtins, another tool,
the value of the cell. One doubtful use, and the call is left to the check.
"""

from __future__ import annotations

import ast

from ..edits import Edit
from ..outline import Outline
from .async_callees import AsyncCallees
from .cell_rewriter import CellRewriter
from .value_uses import ValueUse, ValueUses


def rewrite_awaits(rewriter: CellRewriter) -> None:
    """Await what is not, and stop awaiting what cannot be."""
    coroutines = _coroutine_functions(rewriter.outline)
    callees = AsyncCallees(rewriter)
    for call in rewriter.outline.nodes(ast.Call):
        entry = rewriter.tool(call.func)
        parent = rewriter.outline.parents[call]
        if entry is not None and entry.facts.sequential:
            if isinstance(parent, ast.Await):
                _unawait(rewriter, parent, call, entry.facts.python_name)
            continue
        if isinstance(parent, ast.Await) or not can_await(rewriter.outline, call):
            continue
        is_coroutine = entry is not None or (isinstance(call.func, ast.Name) and call.func.id in coroutines)
        if not is_coroutine and not callees.gives(call):
            continue
        if ValueUses(rewriter).of(call) is not ValueUse.DOUBTFUL:
            _await(rewriter, call, rewriter.text.segment(call.func))


def _coroutine_functions(outline: Outline) -> set[str]:
    """Names that the cell gives to an `async def` at the top level, and to nothing else."""
    names = [node.name for node in outline.nodes(ast.AsyncFunctionDef) if outline.parents[node] is outline.tree]
    others = {node.id for node in outline.nodes(ast.Name) if not isinstance(node.ctx, ast.Load)}
    others |= {node.name for node in outline.nodes(ast.FunctionDef, ast.ClassDef)}
    return {name for name in names if names.count(name) == 1 and name not in others}


def can_await(outline: Outline, node: ast.AST) -> bool:
    """Whether `await` may stand here: at the top level or in an `async def`, also in their comprehensions."""
    scope = outline.scope_of(node)
    while scope.kind == 'comprehension' and scope.parent is not None:
        scope = scope.parent
    return scope.kind in ('module', 'coroutine')


def _await(rewriter: CellRewriter, call: ast.Call, name: str) -> None:
    parent = rewriter.outline.parents[call]
    tight = isinstance(parent, ast.Attribute | ast.Subscript | ast.Call) and _is_head(parent, call)
    edits = rewriter.around(call, '(await ', ')') if tight else (rewriter.before(call, 'await '),)
    rewriter.rewrite('await', call, f'awaited `{name}(...)`', *edits)


def _is_head(parent: ast.Attribute | ast.Subscript | ast.Call, call: ast.Call) -> bool:
    return (parent.func if isinstance(parent, ast.Call) else parent.value) is call


def _unawait(rewriter: CellRewriter, awaited: ast.Await, call: ast.Call, name: str) -> None:
    start = rewriter.text.span(awaited)[0]
    end = start + len('await')
    source = rewriter.text.source
    while end < len(source) and source[end] in ' \t':
        end += 1
    rewriter.rewrite('no-await', awaited, f'`{name}` gives its result at once; removed `await`', Edit(start, end, ''))
