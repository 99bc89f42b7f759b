"""Special methods that this Monty never calls, where the session's own objects would need them: `len(stack)`.

A class may define them: only a use fails. The checker is asked whether an object is used so, and where it does not
know the type, the code runs. Methods whose absence gives a wrong result instead of an error are refused where they are
defined (`unsupported/constructs.py`).
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ...events.diagnostics import Diagnostic
from ..inspected import Inspected, Suspicion
from ..unsupported.constructs import LOUD_METHODS, instead_of_special
from .ty_texts import TypeText, union_of

_ORDER: Final = ('__lt__', '__gt__', '__le__', '__ge__')
_ORDERS: Final = (ast.Lt, ast.Gt, ast.LtE, ast.GtE)
_NO_ORDER: Final = 'objects of {0} have no order'
_CONTAINERS: Final = frozenset({'list', 'set', 'frozenset', 'dict'})


@dataclass(frozen=True, slots=True)
class _Use:
    """An expression that needs one of some methods."""

    value: ast.expr
    methods: Collection[str]
    outcome: str
    """What comes of it here, where the object is of a class `{0}`."""
    is_container: bool = False
    """Its items need them."""


def special_methods(cell: Inspected) -> Iterator[Suspicion]:
    """Uses that fail if the object is of a class of the session that has such a method."""
    lacking = {each for each in LOUD_METHODS if cell.support.features.get(f'special-{each}') is False}
    if not lacking & cell.stores.attributes:
        return
    classes = {name: methods & lacking for name, methods in _classes(cell).items() if methods & lacking}
    for use in _uses(cell):
        concerned = {
            name: min(of_class & {*use.methods}) for name, of_class in classes.items() if of_class & {*use.methods}
        }
        place = cell.place_of(use.value)
        if not concerned or place != cell.text.span(use.value):
            continue  # inside an f-string, before Python 3.12, an expression cannot be asked for
        if not cell.places.never_runs(place) and not cell.places.catches(place, 'TypeError', 'AttributeError'):
            yield _suspicion(cell, use, concerned)


def _suspicion(cell: Inspected, use: _Use, concerned: Mapping[str, str]) -> Suspicion:
    place = cell.place_of(use.value)
    held = _appended(cell, use.value, concerned) if use.is_container else None

    def decide(type_text: str) -> Diagnostic | None:
        members = [
            each for whole in union_of(type_text) for each in (_items(whole) if use.is_container else [whole.head])
        ]
        name = held or (members[0] if members and concerned.keys() >= {*members} else None)
        if name is None:
            return None
        method = concerned[name]
        message = f'{name}.{method} is never called here: {use.outcome.format(name)}.'
        return cell.diagnostic('no-special-method', message, place, fix=instead_of_special(method))

    return Suspicion(place=place, decide=decide)


def _classes(cell: Inspected) -> dict[str, set[str]]:
    """The methods of each class of the session, by names that stand for one class alone."""
    found: dict[str, set[str]] = {}
    several = set(cell.bindings.assigned)
    for tree in (*(each.tree() for each in cell.history.cells), cell.outline.tree):
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                several |= {node.name} & found.keys()
                found[node.name] = {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
    return {name: methods for name, methods in found.items() if name not in several}


def _uses(cell: Inspected) -> Iterator[_Use]:
    outline = cell.outline
    for call in outline.nodes(ast.Call):
        key = any(word.arg == 'key' for word in call.keywords)
        match call:
            case ast.Call(func=ast.Name(id='len' | 'reversed' as name), args=[value]):
                if outline.is_builtin(call.func, name):
                    yield _Use(value, (f'__{name}__',), f'{name}() of an object of {{0}} fails')
            case ast.Call(func=ast.Name(id='sorted' | 'min' | 'max' as name), args=[value, *more]) if not key:
                if outline.is_builtin(call.func, name):
                    yield from (_Use(each, _ORDER, _NO_ORDER, is_container=not more) for each in (value, *more))
            case ast.Call(func=ast.Attribute(value=value, attr='sort'), args=[]) if not key:
                yield _Use(value, _ORDER, _NO_ORDER, is_container=True)
            case _:
                pass
    for compare in outline.nodes(ast.Compare):
        operands = [compare.left, *compare.comparators]
        for left, operator, right in zip(operands, compare.ops, operands[1:], strict=False):
            if isinstance(operator, _ORDERS):
                yield from (_Use(each, _ORDER, _NO_ORDER) for each in (left, right))
    tests = [node.test for node in outline.nodes(ast.If, ast.While, ast.IfExp)]
    tests += [node.operand for node in outline.nodes(ast.UnaryOp) if isinstance(node.op, ast.Not)]
    tests += [test for node in outline.nodes(ast.comprehension) for test in node.ifs]
    tests += [value for node in outline.nodes(ast.BoolOp) for value in node.values[:-1]]
    for test in tests:
        if isinstance(test, (ast.Name, ast.Attribute, ast.Subscript, ast.Call)):
            yield _Use(test, ('__len__',), 'an object of {0} always counts as true')
    for attribute in outline.nodes(ast.Attribute):
        if attribute.attr not in cell.stores.attributes and isinstance(attribute.ctx, ast.Load):
            yield _Use(attribute.value, ('__getattr__',), f'an object of {{0}} has no attribute {attribute.attr!r}')


def _items(member: TypeText) -> list[str]:
    """The types of what a container gives when it is gone through; `''` for one that does not show."""
    if member.head not in _CONTAINERS:
        return ['']
    arguments = member.arguments[:1] if member.head == 'dict' else member.arguments
    return [each.head for argument in arguments for each in union_of(ast.unparse(argument))] or ['']


def _appended(cell: Inspected, value: ast.expr, concerned: Collection[str]) -> str | None:
    """The class whose new objects are put into a list that the cell begins empty, of which the checker knows no type."""
    for call in cell.outline.nodes(ast.Call):
        match call:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr='append'), args=[ast.Call(func=ast.Name(id=of))]
            ):
                if isinstance(value, ast.Name) and value.id == name and of in concerned:
                    return of
            case _:
                pass
    return None
