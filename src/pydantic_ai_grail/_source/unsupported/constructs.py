"""Statements and class bodies that Monty's parser or runtime has no place for.

Each rule asks the `Support` table first, so a Monty that learns a construct is refused nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from ..._monty.support import Support
from ...events.diagnostics import Diagnostic
from ..outline import Outline
from .finding import finding

_TYPE_STATEMENT: Final[type[ast.AST]] = getattr(ast, 'TypeAlias', ast.Interactive)
"""`ast.TypeAlias` since Python 3.12; before that a node that no module holds."""

_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One construct that is refused while the table denies its feature."""

    code: str
    feature: str
    """A key of `Support.features`."""
    message: str
    fix: str
    nodes: tuple[type[ast.AST], ...]
    applies: Callable[[Outline, Any], bool] = lambda outline, node: True


def constructs(outline: Outline, support: Support) -> Iterator[Diagnostic]:
    """All constructs of a cell that this Monty cannot run."""
    for rule in RULES:
        if outline.has(*rule.nodes) and not support.has(rule.feature):
            for node in outline.nodes(*rule.nodes):
                if rule.applies(outline, node):
                    place = node.target if isinstance(node, ast.comprehension) else node
                    if isinstance(place, ast.expr | ast.stmt):
                        yield finding(outline.text, place, rule.code, rule.message, rule.fix)
    for node in outline.nodes(ast.ClassDef):
        yield from _class(outline, support, node)


def _is_deleted(kind: type[ast.expr] | tuple[type[ast.expr], ...]) -> Callable[[Outline, Any], bool]:
    return lambda outline, node: any(isinstance(target, kind) for target in _flat(node.targets))


def _flat(targets: Iterable[ast.expr]) -> Iterator[ast.expr]:
    for target in targets:
        if isinstance(target, ast.Tuple | ast.List):
            yield from _flat(target.elts)
        else:
            yield target


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        code='no-yield',
        feature='yield',
        message='Generators cannot run here: `yield`.',
        fix='Build a list and return it: items.append(x) instead of yield x.',
        nodes=(ast.Yield, ast.YieldFrom),
    ),
    Rule(
        code='no-exception-cause',
        feature='exception-cause',
        message='Exceptions do not know their cause here: `__cause__`, `__context__`.',
        fix='Keep the first exception in a variable where it is caught.',
        nodes=(ast.Attribute,),
        applies=lambda outline, node: node.attr in ('__cause__', '__context__') and isinstance(node.ctx, ast.Load),
    ),
    Rule(
        code='no-del',
        feature='del-name',
        message='`del` of a name cannot run here.',
        fix='Leave it out, or assign None to the name.',
        nodes=(ast.Delete,),
        applies=_is_deleted(ast.Name),
    ),
    Rule(
        code='no-del',
        feature='del-item',
        message='`del` of an item cannot run here.',
        fix='Write mapping.pop(key) or items.pop(index); for a slice: items[a:b] = [].',
        nodes=(ast.Delete,),
        applies=_is_deleted(ast.Subscript),
    ),
    Rule(
        code='no-del',
        feature='del-attribute',
        message='`del` of an attribute cannot run here.',
        fix='Assign None to the attribute.',
        nodes=(ast.Delete,),
        applies=_is_deleted(ast.Attribute),
    ),
    Rule(
        code='no-async-with',
        feature='async-with',
        message='`async with` cannot run here.',
        fix='Write its body without it; await the calls: results = await asyncio.gather(*[tool(x) for x in items]).',
        nodes=(ast.AsyncWith,),
    ),
    Rule(
        code='no-async-for',
        feature='async-for',
        message='`async for` cannot run here.',
        fix='Await the whole result and loop over it: for item in await tool(...).',
        nodes=(ast.AsyncFor,),
    ),
    Rule(
        code='no-async-for',
        feature='async-comprehension',
        message='`async for` in a comprehension cannot run here.',
        fix='Await the whole result and loop over it: [x for x in await tool(...)].',
        nodes=(ast.comprehension,),
        applies=lambda outline, node: bool(node.is_async),
    ),
    Rule(
        code='no-exception-groups',
        feature='exception-groups',
        message='`except*` cannot run here.',
        fix='Write except ValueError as error: and handle one exception.',
        nodes=(ast.TryStar,),
    ),
    Rule(
        code='no-wildcard-import',
        feature='wildcard-import',
        message='`from ... import *` cannot run here.',
        fix='Name what you need: from math import sqrt, ceil.',
        nodes=(ast.ImportFrom,),
        applies=lambda outline, node: any(alias.name == '*' for alias in node.names),
    ),
    Rule(
        code='no-type-statement',
        feature='type-statement',
        message='`type X = ...` cannot run here.',
        fix='Write it as an assignment: X = ...',
        nodes=(_TYPE_STATEMENT,),
    ),
)


def _class(outline: Outline, support: Support, node: ast.ClassDef) -> Iterator[Diagnostic]:
    text = outline.text
    if node.bases and not support.has('inheritance'):
        base = ', '.join(text.segment(one) for one in node.bases)
        message = f'Classes cannot inherit here: class {node.name}({base}).'
        yield finding(text, node, 'no-inheritance', message, _instead_of_base(outline, node))
    if node.keywords and not support.has('metaclass'):
        fix = f'Write class {node.name}: without keywords.'
        yield finding(text, node, 'no-metaclass', f'Class {node.name} cannot have a metaclass or keywords here.', fix)
    for statement in node.body:
        if isinstance(statement, _FUNCTIONS):
            yield from _method(outline, support, node, statement)
        elif not support.has('class-body') and not _is_plain_member(statement):
            yield finding(
                text,
                statement,
                'no-class-body',
                f'The body of class {node.name} can only hold methods and simple variables here.',
                'Write NAME = value in the class, and everything else below it.',
            )


def _instead_of_base(outline: Outline, node: ast.ClassDef) -> str:
    base = (outline.dotted(node.bases[0]) or '').rpartition('.')[2]
    if base.endswith(('Error', 'Exception', 'Warning')) or base == 'BaseException':
        return "Raise a builtin exception with a clear message: raise ValueError('...')."
    if base.endswith(('Enum', 'Flag')):
        return "Use plain constants: RED = 'red'."
    if base == 'NamedTuple':
        fields = [
            one.target.id for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
        ]
        return f"Write {node.name} = namedtuple('{node.name}', {fields!r}), with: from collections import namedtuple."
    if base == 'TypedDict':
        return 'Use a plain dict; annotate it as dict[str, Any].'
    if base in ('ABC', 'Protocol', 'Generic'):
        return f'Leave the base out: class {node.name}:.'
    if base == 'BaseModel':
        return 'Use a dataclass: from dataclasses import dataclass.'
    return 'Put what they share into functions, or let one hold the other as an attribute.'


def _is_plain_member(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign(targets=[ast.Name()]) | ast.AnnAssign(target=ast.Name()):
            return True
        case _:
            return False


_DECORATED: Final = {
    'property': 'Make it a method and call it: thing.{name}().',
    'staticmethod': 'Make it a function outside of the class.',
    'classmethod': 'Make it a function outside of the class that returns the object.',
}


def _method(
    outline: Outline, support: Support, owner: ast.ClassDef, method: ast.FunctionDef | ast.AsyncFunctionDef
) -> Iterator[Diagnostic]:
    if method.decorator_list and not support.has('method-decorators'):
        decorator = method.decorator_list[0]
        written = outline.text.segment(decorator)
        fix = _DECORATED.get(written, 'Leave the decorator out, or decorate a function outside of the class.')
        yield finding(
            outline.text,
            decorator,
            'no-method-decorators',
            f'Methods cannot have decorators here: @{written} on {owner.name}.{method.name}.',
            fix.format(name=method.name),
        )
    feature = f'special-{method.name}'
    if method.name not in LOUD_METHODS and support.features.get(feature) is False:
        yield finding(
            outline.text,
            method,
            'no-special-method',
            f'{owner.name}.{method.name} would be ignored here.',
            instead_of_special(method.name),
        )


LOUD_METHODS: Final = frozenset({'__len__', '__lt__', '__gt__', '__le__', '__ge__', '__reversed__', '__getattr__'})
"""Special methods that may be defined even if they are never called: what needs them fails, and says so.

Any other gives a wrong result in silence. `__len__` is asked for the truth of an object as well; that is looked at where
it is used."""


def instead_of_special(method: str) -> str:
    """What to write instead of a special method."""
    return _INSTEAD_OF_SPECIAL.get(method, 'Give the method a name of its own and call it.')


_INSTEAD_OF_SPECIAL: Final = {
    '__len__': 'Name it size() and call it.',
    '__bool__': 'Name it is_true() and call it.',
    **dict.fromkeys(
        ('__lt__', '__gt__', '__le__', '__ge__'),
        'Sort by a key, sorted(things, key=lambda thing: thing.x), and compare attributes, a.x < b.x.',
    ),
    '__format__': 'Format the attributes: f"{thing.x:.2f}".',
    '__getattr__': 'Keep the values in a dict.',
    '__reversed__': 'Name it backwards() and call it.',
}
