"""Generator expressions, `map` and their like as the iterators they are in CPython; in Monty they are lists.

`next()` of one gets an `iter()` around it, and so does one that is kept in a variable and taken from or read twice, or is
kept anywhere else: in an object, a container, an argument of the code's own functions. That is lowering, and not told.
`map(tool, items)` becomes a comprehension, since a tool can only be called where the code may wait.
"""

from __future__ import annotations

import ast
from typing import Final

from ..edits import Edit
from .awaiting import can_await
from .cell_rewriter import CellRewriter
from .value_uses import ValueUse, ValueUses

_LAZY: Final = ('map', 'filter', 'zip', 'reversed', 'enumerate')
_ADDS: Final = frozenset({'append', 'add', 'insert', 'appendleft', 'setdefault'})
"""Methods that put an argument into a container."""
_HANDS_ON: Final = (
    *(ast.List, ast.Tuple, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.DictComp, ast.IfExp, ast.BoolOp),
    *(ast.NamedExpr, ast.Await, ast.Starred, ast.keyword, ast.Expr, ast.Return, ast.Assign, ast.AnnAssign),
)
"""What gives on the value that is in it, itself or in a container."""


def rewrite_iterators(rewriter: CellRewriter) -> None:
    """Make iterators of what is taken from, one item at a time."""
    if rewriter.lacks('next-generator'):
        for call, _ in rewriter.calls_of('next'):
            if call.args and call.args[0] not in rewriter.lowered and _is_lazy(rewriter, call.args[0]):
                edits = _as_iterator(rewriter, call.args[0], inside=call)
                rewriter.rewrite(
                    'next',
                    call,
                    'put `iter(...)` around what `next` takes from: generators, `map` and the like are lists here',
                    *edits,
                )
    if rewriter.lacks('generator-exhausted'):
        for statement in rewriter.outline.nodes(ast.Assign):
            _rewrite_variable(rewriter, statement)
        is_kept = False
        for node in rewriter.outline.nodes(ast.GeneratorExp, ast.Call):
            if _is_lazy(rewriter, node) and node not in rewriter.lowered and _is_kept(rewriter, node):
                parent = rewriter.outline.parents[node]
                inside = parent if isinstance(parent, ast.Call) else None
                if rewriter.is_where_it_says(node):
                    is_kept = rewriter.take(_as_iterator(rewriter, node, inside=inside)) or is_kept
        for statement in rewriter.outline.nodes(ast.AugAssign):
            _rewrite_added(rewriter, statement, is_any_kept=is_kept)


def _rewrite_added(rewriter: CellRewriter, statement: ast.AugAssign, *, is_any_kept: bool) -> None:
    """`items += iterator`, for which Monty takes lists alone. Lowered where the value may be an iterator."""
    value = statement.value
    if not isinstance(statement.op, ast.Add) or not isinstance(value, ast.Name | ast.Attribute):
        return
    outline = rewriter.outline
    while isinstance(value, ast.Attribute):
        value = value.value
    if not isinstance(value, ast.Name) or 'type' in outline.session or outline.module.binds('type'):
        return
    name = value.id
    definition = rewriter.definitions.get(name)
    was_made = (
        isinstance(definition, ast.Call) and isinstance(definition.func, ast.Name) and definition.func.id == 'iter'
    )
    is_iterator = was_made or any(
        _is_lazy(rewriter, each.value)
        for each in outline.nodes(ast.Assign)
        if any(isinstance(target, ast.Name) and target.id == name for target in each.targets)
    )
    if is_any_kept or is_iterator:
        text = rewriter.text.segment(statement.value)
        rewriter.take(
            [rewriter.instead(statement.value, f"[*{text}] if type({text}).__name__ == 'list_iterator' else {text}")]
        )


def _is_kept(rewriter: CellRewriter, node: ast.expr) -> bool:
    """Whether an iterator is put where more than one thing may take from it: in an object or a container, in what a
    function gives, in an argument of a function of the code's own."""
    parent = rewriter.outline.parents[node]
    match parent:
        case ast.Assign(targets=targets):
            kept = not isinstance(targets[0], ast.Tuple | ast.List) and not (
                len(targets) == 1 and isinstance(targets[0], ast.Name)
            )
        case ast.AnnAssign() | ast.NamedExpr() | ast.Return() | ast.Lambda() | ast.IfExp() | ast.BoolOp():
            kept = True
        case ast.List() | ast.Tuple() | ast.Set() | ast.Dict() | ast.DictComp():
            kept = True
        case ast.ListComp(elt=item) | ast.SetComp(elt=item) | ast.GeneratorExp(elt=item):
            kept = item is node
        case ast.Call():
            kept = parent.func is not node and _is_own(rewriter, parent.func)
        case ast.keyword():
            call = rewriter.outline.parents[parent]
            kept = isinstance(call, ast.Call) and _is_own(rewriter, call.func)
        case _:
            kept = False
    return kept and not _escapes(rewriter, node)


def _is_own(rewriter: CellRewriter, function: ast.expr) -> bool:
    """Whether a function is one of the code's own, or puts what it is given into a container."""
    if rewriter.tool(function) is not None:
        return False
    match function:
        case ast.Name():
            return not rewriter.outline.is_free(function) and rewriter.outline.dotted(function) is None
        case ast.Attribute(attr=name):
            is_defined = any(
                name == each.name for each in rewriter.outline.nodes(ast.FunctionDef, ast.AsyncFunctionDef)
            )
            return name in _ADDS or is_defined or name in rewriter.attributes
        case _:
            return isinstance(function, ast.Lambda)


def rewrite_mapped_tools(rewriter: CellRewriter) -> None:
    """`map(tool, items)` as a list comprehension."""
    if not rewriter.lacks('map-tool'):
        return
    for call, _ in rewriter.calls_of('map'):
        match call:
            case ast.Call(args=[function, items], keywords=[]) if not isinstance(items, ast.Starred):
                entry = rewriter.tool(function)
                if entry is None:
                    continue
                (start, end), (first, last) = rewriter.text.span(call), rewriter.text.span(function)
                item_start, item_end = rewriter.text.span(items)
                waits = not entry.facts.sequential and can_await(rewriter.outline, call)
                waits = waits and ValueUses(rewriter).of(call, 1) is not ValueUse.DOUBTFUL
                head = rewriter.between(start, first, '[await ' if waits else '[')
                middle = rewriter.between(last, item_start, '(_item) for _item in ')
                tail = rewriter.between(item_end, end, ']')
                if head is not None and middle is not None and tail is not None:
                    note = f'`map({entry.facts.python_name}, ...)` became a list comprehension'
                    rewriter.rewrite('map-tool', call, note, head, middle, tail)
            case _:
                pass


def _is_lazy(rewriter: CellRewriter, node: ast.expr) -> bool:
    if isinstance(node, ast.GeneratorExp):
        return True
    return isinstance(node, ast.Call) and rewriter.outline.is_builtin(node.func, *_LAZY)


def _as_iterator(rewriter: CellRewriter, node: ast.expr, *, inside: ast.Call | None = None) -> tuple[Edit, ...]:
    if not isinstance(node, ast.GeneratorExp):
        return rewriter.around(node, 'iter(', ')')
    if inside is not None and rewriter.text.span(node)[1] == rewriter.text.span(inside)[1]:
        return rewriter.around(node, '(iter', ')')  # it has no brackets of its own
    return (rewriter.before(node, 'iter'),)


def _rewrite_variable(rewriter: CellRewriter, statement: ast.Assign) -> None:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name) as target], value=value) if _is_lazy(rewriter, value):
            pass
        case _:
            return
    uses = rewriter.outline.loads.get(name, [])
    if statement is rewriter.outline.tree.body[-1]:
        if not uses:
            note = f'kept `{name}` as a list: generators, `map` and the like are lists here, and not used up'
            rewriter.rewrite('iterator', statement, note)
            return
    elif any(_escapes(rewriter, use) for use in uses):
        return
    edits = _as_iterator(rewriter, value)
    taken = any(_is_taken_from(rewriter, use) for use in uses)
    if taken or len(uses) > 1 or any(_is_repeated(rewriter, use, target) for use in uses):
        note = f'made `{name}` an iterator with `iter(...)`: generators, `map` and the like are lists here'
        rewriter.rewrite('iterator', statement, note, *edits)
    elif rewriter.is_where_it_says(value):
        rewriter.take(edits)  # a later cell may take from it again; in this one it makes no difference


def _escapes(rewriter: CellRewriter, use: ast.expr, deepest: int = 3) -> bool:
    """Given to a tool, gathered, or part of the cell's value, perhaps by a function: what goes there goes as a list."""
    outline = rewriter.outline
    node: ast.AST = use
    while not isinstance(node, ast.stmt):
        parent = outline.parents[node]
        if isinstance(parent, ast.Call) and parent.func is not node:
            return rewriter.tool(parent.func) is not None or outline.dotted(parent.func) == 'asyncio.gather'
        is_taken = isinstance(node, ast.Starred) or (isinstance(parent, ast.IfExp) and parent.test is node)
        if is_taken or not isinstance(parent, _HANDS_ON):
            return False
        node = parent
    if isinstance(node, ast.Return):
        function = outline.scope_of(node).node
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            return True
        calls = [outline.parents[name] for name in outline.loads.get(function.name, ())]
        return deepest > 0 and any(
            isinstance(call, ast.Call) and _escapes(rewriter, call, deepest - 1) for call in calls
        )
    if isinstance(node, ast.Assign | ast.AnnAssign) and node is not outline.tree.body[-1]:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        uses = [use for name in names for use in outline.loads.get(name, ())]
        return deepest > 0 and any(_escapes(rewriter, use, deepest - 1) for use in uses)
    return node is outline.tree.body[-1]


def _is_repeated(rewriter: CellRewriter, use: ast.Name, target: ast.Name) -> bool:
    """Whether a use runs more often than the assignment: in a loop, a comprehension or a function of its own."""
    outline = rewriter.outline
    around = {*outline.ancestors(target)}
    child: ast.AST = use
    for ancestor in outline.ancestors(use):
        if ancestor in around:
            return False
        if isinstance(ancestor, ast.While) or (isinstance(ancestor, ast.For) and child is not ancestor.iter):
            return True
        if isinstance(ancestor, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return True
        if isinstance(ancestor, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            return child is not ancestor.generators[0]
        child = ancestor
    return False


def _is_taken_from(rewriter: CellRewriter, use: ast.Name) -> bool:
    parent = rewriter.outline.parents[use]
    return (
        isinstance(parent, ast.Call)
        and rewriter.outline.is_builtin(parent.func, 'next')
        and bool(parent.args)
        and parent.args[0] is use
    )
