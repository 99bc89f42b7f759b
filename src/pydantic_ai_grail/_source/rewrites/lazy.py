"""`any`, `all` and `next` of a generator expression stop where they would in CPython.

Monty builds a generator expression as a list before anything takes from it, so every call in it would be made, and every
error in it raised. Here it becomes a list comprehension with a flag: once the answer is known, nothing more of it is
evaluated. The model is told nothing, since what it wrote is right.
"""

from __future__ import annotations

import ast
from typing import Final

from ..edits import Edit
from ..unsupported.unsupported_calls import ENDLESS
from .cell_rewriter import CellRewriter

_AFTER: Final = {
    'any': ') and (_grail_go.clear() or True) for _grail_go in [[0]] ',
    'all': ') or _grail_go.clear() for _grail_go in [[0]] ',
    'next': ', _grail_go.clear())[0] for _grail_go in [[0]] ',
}
_MATTERS: Final = (ast.Call, ast.Await, ast.Subscript, ast.Attribute, ast.BinOp, ast.NamedExpr)
"""What may have an effect, or fail, where an item too many is looked at."""


def rewrite_lazy(rewriter: CellRewriter) -> None:
    """Lower each such call whose items may matter."""
    if not rewriter.lacks('lazy-generators'):
        return
    for call, name in rewriter.calls_of('any', 'all', 'next'):
        if call.keywords or not call.args or not isinstance(generator := call.args[0], ast.GeneratorExp):
            continue
        if len(call.args) > 1 and (name != 'next' or not _is_plain(call.args[1])):
            continue  # a default that does something is evaluated before the first item is
        if _may_matter(generator) and _can_be_lowered(rewriter, generator) and rewriter.is_where_it_says(call):
            edits = _lowered(rewriter, generator, name, shares_brackets=_shares_brackets(rewriter, call, generator))
            if edits is not None and rewriter.take(edits):
                rewriter.lowered.add(generator)


def _is_plain(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant | ast.Name)


def _may_matter(generator: ast.GeneratorExp) -> bool:
    evaluated = [generator.elt, *(test for clause in generator.generators for test in clause.ifs)]
    evaluated += [clause.iter for clause in generator.generators[1:]]
    return any(isinstance(node, _MATTERS) for part in evaluated for node in ast.walk(part))


def _can_be_lowered(rewriter: CellRewriter, generator: ast.GeneratorExp) -> bool:
    """The first iterable would be evaluated below the variables; so it must not have a name of theirs.

    What is iterated comes to its end even so, which an endless iterator does not.
    """
    iterated = [clause.iter for clause in generator.generators]
    if any(isinstance(each, ast.Call) and rewriter.outline.dotted(each.func) in ENDLESS for each in iterated):
        return False
    if any(clause.is_async for clause in generator.generators):
        return False
    bound = {
        node.id
        for clause in generator.generators
        for node in ast.walk(clause.target)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    first = generator.generators[0].iter
    return not any(isinstance(node, ast.Name) and node.id in bound for node in ast.walk(first))


def _shares_brackets(rewriter: CellRewriter, call: ast.Call, generator: ast.GeneratorExp) -> bool:
    """Whether the generator's brackets are those of the call."""
    return rewriter.text.span(generator)[1] == rewriter.text.span(call)[1]


def _lowered(
    rewriter: CellRewriter, generator: ast.GeneratorExp, name: str, *, shares_brackets: bool
) -> list[Edit] | None:
    start, end = rewriter.text.span(generator)
    opening, closing = ('iter([(', '])') if name == 'next' else ('[(', ']')
    if shares_brackets:
        opening, closing = f'({opening}', f'{closing})'
    first = _keyword(rewriter, 'for', generator.elt, generator.generators[0].target)
    edits: list[Edit | None] = [
        Edit(start, start + 1, opening),
        None if first is None else Edit(first, first, _AFTER[name]),
    ]
    for clause, following in zip(generator.generators, [*generator.generators[1:], None], strict=True):
        if clause.ifs:
            at = _keyword(rewriter, 'if', clause.iter, clause.ifs[0])
        elif following is not None:
            at = _keyword(rewriter, 'for', clause.iter, following.target)
        else:
            edits.append(Edit(end - 1, end, f' if _grail_go{closing}'))
            continue
        edits.append(None if at is None else Edit(at, at, 'if _grail_go '))
    if generator.generators[-1].ifs:
        edits.append(Edit(end - 1, end, closing))
    found = [edit for edit in edits if edit is not None]
    return found if len(found) == len(edits) else None


def _keyword(rewriter: CellRewriter, word: str, after: ast.expr, before: ast.expr) -> int | None:
    """Where the keyword between two expressions starts."""
    at = rewriter.text.source.rfind(word, rewriter.text.span(after)[1], rewriter.text.span(before)[0])
    return at if at >= 0 else None
