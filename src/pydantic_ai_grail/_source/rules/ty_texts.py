"""What the checker says only in words: its sentences taken apart, and its types as syntax. All such text lives here."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

NO_MEMBER: Final = re.compile(r'Module `(?P<module>[^`]+)` has no member `(?P<name>[^`]+)`')
NO_MODULE: Final = re.compile(r'Cannot resolve imported module `(?P<module>[^`]+)`')
NO_ATTRIBUTE: Final = re.compile(r'Object of type `(?P<type>.+)` has no attribute `(?P<name>[^`]+)`')
NO_STORE: Final = re.compile(r'Unresolved attribute `(?P<name>[^`]+)` on type `(?P<type>.+)`')
NO_FUNCTION_ATTRIBUTE: Final = re.compile(r'Function `(?P<function>[^`]+)` has no attribute `(?P<name>[^`]+)`')
NO_CLASS_ATTRIBUTE: Final = re.compile(r'Class `(?P<class>[^`]+)` has no attribute `(?P<name>[^`]+)`')
UNKNOWN_KEY: Final = re.compile(
    r'Unknown key "(?P<key>.*?)" for TypedDict `(?P<record>\w+)`( \(subscripted object has type `(?P<type>.+)`\))?'
)
MISSING_KEY: Final = re.compile(r"Missing required key '(?P<key>.+)' in TypedDict `(?P<record>\w+)`")
NOT_SUBSCRIPTABLE: Final = re.compile(r'Cannot subscript object of type `(?P<type>.+)` with no `__getitem__` method')
NOT_ITERABLE: Final = re.compile(r'Object of type `(?P<type>.+)` is not iterable')
NOT_CALLABLE: Final = re.compile(r'Object of type `(?P<type>.+)` is not callable')
NOT_AWAITED: Final = re.compile(r'Object of type `(?P<type>.+)` is not awaited')
OPERATOR: Final = re.compile(
    r'Operator `.+` is not supported between objects of type `(?P<left>.+)` and `(?P<right>.+)`'
)
WRONG_KEY: Final = re.compile(
    r'Method `__getitem__` of type `.+` cannot be called with key of type `(?P<key>.+)` on object of type `(?P<type>.+)`'
)
OUT_OF_BOUNDS: Final = re.compile(
    r'Index (?P<index>-?\d+) is out of bounds for tuple `(?P<type>.+)` with length (?P<length>\d+)'
)
NOT_AWAITABLE: Final = re.compile(r'`(?P<type>.+)` is not awaitable')
FUNCTION: Final = re.compile(r'(async )?def (?P<name>\w+)\(')
ARGUMENT: Final = re.compile(
    r'Argument to (?P<kind>function|bound method|.*?) ?`(?P<callee>[^`]+)` is incorrect: '
    r'Expected `(?P<expected>.+)`, found `(?P<found>.+)`$'
)
CALLEE: Final = re.compile(r'(of|to) (?P<kind>function|bound method)? ?`(?P<callee>[^`]+)`')
NO_PARAMETER: Final = re.compile(r'Argument `(?P<name>[^`]+)` does not match any known parameter')
NO_ARGUMENT: Final = re.compile(r'No arguments? provided for required parameters? (?P<names>(`[^`]+`(, )?)+)')
REVEALED: Final = re.compile(r'Revealed type: `(?P<type>.+)`')
UNPACKED: Final = re.compile(r'(?P<what>Too many|Not enough) values to unpack: Expected (?P<count>.+)')


@dataclass(frozen=True, slots=True)
class TypeText:
    """One member of a type as the checker writes it."""

    head: str
    """`list` of `list[Issue]`, `Literal` of `Literal["a"]`, `Issue` of `Issue & ~AlwaysFalsy`; `''` if unreadable."""
    node: ast.expr | None = None

    @property
    def kind(self) -> str:
        """The name of the class: `str` of `Literal["a"]`; `''` where it does not show."""
        if self.head == 'LiteralString':
            return 'str'
        if self.head != 'Literal':
            return self.head
        kinds = {type(each.value).__name__ for each in self.arguments if isinstance(each, ast.Constant)}
        return kinds.pop() if len(kinds) == 1 else ''

    @property
    def arguments(self) -> list[ast.expr]:
        if not isinstance(self.node, ast.Subscript):
            return []
        inner = self.node.slice
        return inner.elts if isinstance(inner, ast.Tuple) else [inner]

    @property
    def names(self) -> frozenset[str]:
        """Every name the type mentions."""
        if self.node is None:
            return frozenset()
        return frozenset(node.id for node in ast.walk(self.node) if isinstance(node, ast.Name))


UNREADABLE: Final = TypeText('')


@lru_cache(maxsize=512)
def union_of(text: str) -> tuple[TypeText, ...]:
    """The members of a type. One that is unreadable is a member without a head."""
    try:
        tree = ast.parse(text.strip(), mode='eval').body
    except SyntaxError:
        return (UNREADABLE,)
    return tuple(_members(tree))


def _members(node: ast.expr) -> list[TypeText]:
    match node:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return [*_members(left), *_members(right)]
        case ast.BinOp(left=left, op=ast.BitAnd(), right=ast.UnaryOp(op=ast.Invert())):
            return _members(left)  # narrowed by what it is not
        case ast.Constant(value=None):
            return [TypeText('None', node)]
        case ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name)):
            return [TypeText(name, node)]
        case _:
            return [UNREADABLE]
