"""Records as `TypedDict` declarations: their source, and one name for one shape wherever signatures meet.

Annotations are Python source; a name inside them is changed by `rename`, which leaves string literals alone.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, count
from typing import Final, TypeVar

from .constraints import MARKED, unmarked
from .signatures import Declaration, Direction, Field, Parameter, Signature

TYPE_NAMES: Final[Mapping[str, str]] = {
    'Any': 'typing',
    'Iterable': 'typing',
    'Literal': 'typing',
    'NotRequired': 'typing',
    'ReadOnly': 'typing',
    'Sequence': 'typing',
    'TypedDict': 'typing',
    'date': 'datetime',
    'datetime': 'datetime',
    'time': 'datetime',
    'timedelta': 'datetime',
    'timezone': 'datetime',
    'Decimal': 'decimal',
}
"""Names that annotations use without declaring them, and the module each comes from."""

_BUILTIN_TYPES = frozenset(
    {'None', 'bool', 'bytes', 'complex', 'dict', 'float', 'frozenset', 'int', 'list', 'set', 'str', 'tuple'}
)
_NOT_FOR_RECORDS = TYPE_NAMES.keys() | _BUILTIN_TYPES
_NAME_OR_STRING = re.compile(MARKED + r"""|b?'(?:[^'\\]|\\.)*'|b?"(?:[^"\\]|\\.)*"|\b[^\W\d]\w*""")
_COMMENT_CHARS = 120


def declare(
    name: str, fields: Sequence[Field], *, direction: Direction, is_open: bool = False, is_from_schema: bool = False
) -> Declaration:
    """A record with these fields as a `TypedDict`, in functional form where a key is no identifier."""
    return Declaration(
        name=name,
        source=_source(name, fields, is_open=is_open),
        fields=tuple(fields),
        direction=direction,
        is_open=is_open,
        is_from_schema=is_from_schema,
    )


class RecordBook:
    """The records that one side of a signature needs, each under a name of its own."""

    def __init__(self, direction: Direction) -> None:
        self.direction: Direction = direction
        self._declared: dict[str, Declaration | None] = {}

    @property
    def declarations(self) -> tuple[Declaration, ...]:
        return tuple(item for item in self._declared.values() if item is not None)

    def reserve(self, name: str) -> str:
        """`name`, or the next free one like it, for a record whose fields are not known yet."""
        free, number = name, 2
        while free in self._declared or free in _NOT_FOR_RECORDS:
            free, number = f'{name}{number}', number + 1
        self._declared[free] = None
        return free

    def add(self, name: str, fields: Sequence[Field], *, is_open: bool = False, is_from_schema: bool = False) -> None:
        """Declare a record under a name that was reserved for it."""
        self._declared[name] = declare(
            name, fields, direction=self.direction, is_open=is_open, is_from_schema=is_from_schema
        )

    def __contains__(self, name: object) -> bool:
        return name in self._declared


def rename(annotation: str, names: Mapping[str, str]) -> str:
    """`annotation` with names exchanged, its string literals untouched."""
    if not names:
        return annotation
    return _NAME_OR_STRING.sub(lambda match: names.get(match[0], match[0]), annotation)


def names_in(annotation: str) -> set[str]:
    """Every name that `annotation` uses, outside its string literals."""
    return {found for found in _NAME_OR_STRING.findall(unmarked(annotation)) if found[-1] not in '\'"'}


def joined(taken: Signature, given: Signature) -> Signature:
    """One signature of what a tool takes and what it gives, each with its own records."""
    taken, given = unify([taken, given])
    return replace(
        taken,
        returns=given.returns,
        returns_shown=given.returns_shown,
        declarations=tuple(ordered([*given.declarations, *taken.declarations])),
        unread=(*taken.unread, *given.unread),
    )


def unify(signatures: Sequence[Signature], *, taken: Collection[str] = ()) -> list[Signature]:
    """The same signatures with record names that mean one shape each.

    Records of equal shape and name share one declaration. Where shapes differ, what tools give keeps the plain name;
    what they take becomes `NameInput`, and further ones are numbered. No record takes a name in `taken`.
    """
    owners: dict[str, object] = {}
    owners.update(dict.fromkeys(chain(taken, _NOT_FOR_RECORDS)))
    shapes = [{item.name: _shape(item, signature) for item in signature.declarations} for signature in signatures]
    names: list[dict[str, str]] = [{} for _ in signatures]
    directions: tuple[Direction, ...] = ('out', 'in')
    for direction in directions:
        for signature, shape, assigned in zip(signatures, shapes, names, strict=True):
            for item in signature.declarations:
                if item.direction == direction:
                    assigned[item.name] = _claim(item, shape[item.name], owners)
    return [_renamed(signature, assigned) for signature, assigned in zip(signatures, names, strict=True)]


def _claim(item: Declaration, shape: object, owners: dict[str, object]) -> str:
    if item.is_from_schema:
        # Names in schemas are of the tool's, or none at all: one name does for all records of one shape.
        for name, owned in owners.items():
            if owned == shape:
                return name
    bases = [item.name, f'{item.name}Input'] if item.direction == 'in' else [item.name]
    for name in chain(bases, (f'{item.name}{number}' for number in count(2))):
        if name not in owners:
            owners[name] = shape
        if owners[name] == shape:
            return name
    raise AssertionError('unreachable: there is always a next number')  # pragma: no cover - for the type checker


def _shape(item: Declaration, signature: Signature) -> object:
    """What `item` means, independent of how records are named; equal for equal records."""
    declared = {each.name: each for each in signature.declarations}
    order: dict[str, str] = {}
    shape: list[object] = []

    def visit(name: str) -> str:
        if name not in order:
            order[name] = f'${len(order)}'
            record = declared[name]
            shape.append((order[name], record.is_open, [_field_shape(each, visit, declared) for each in record.fields]))
        return order[name]

    visit(item.name)
    return shape


def _field_shape(item: Field, visit: Callable[[str], str], declared: Mapping[str, Declaration]) -> object:
    def exchange(match: re.Match[str]) -> str:
        return visit(match[0]) if match[0] in declared else match[0]

    return (item.key, item.required, item.description, _NAME_OR_STRING.sub(exchange, item.annotation))


def _renamed(signature: Signature, names: Mapping[str, str]) -> Signature:
    changed = {old: new for old, new in names.items() if old != new}
    unique = {names[item.name]: item for item in signature.declarations}
    if not changed and len(unique) == len(signature.declarations):
        return signature
    return replace(
        signature,
        parameters=tuple(_renamed_types(each, changed) for each in signature.parameters),
        returns=rename(signature.returns, changed),
        returns_shown=None if signature.returns_shown is None else rename(signature.returns_shown, changed),
        keyword_type=rename(signature.keyword_type, changed),
        declarations=tuple(_renamed_declaration(item, name, changed) for name, item in unique.items()),
    )


def _renamed_declaration(item: Declaration, name: str, names: Mapping[str, str]) -> Declaration:
    fields = [_renamed_types(each, names) for each in item.fields]
    return declare(name, fields, direction=item.direction, is_open=item.is_open, is_from_schema=item.is_from_schema)


_Typed = TypeVar('_Typed', Parameter, Field)


def _renamed_types(item: _Typed, names: Mapping[str, str]) -> _Typed:
    shown = None if item.shown is None else rename(item.shown, names)
    return replace(item, annotation=rename(item.annotation, names), shown=shown)


def _source(name: str, fields: Sequence[Field], *, is_open: bool) -> str:
    extra = ', extra_items=Any' if is_open else ''
    if all(_is_plain(item.key) for item in fields):
        lines = [f'class {name}(TypedDict{extra}):']
        lines += [f'    {item.key}: {_field_type(item)}{_comment(item.description)}' for item in fields]
        return '\n'.join(lines if fields else [*lines, '    pass'])
    items = [f'    {item.key!r}: {_field_type(item)},{_comment(item.description)}' for item in fields]
    return '\n'.join([f'{name} = TypedDict({name!r}, {{', *items, f'}}{extra})'])


def _is_plain(key: str) -> bool:
    # Double underscores would be mangled in a class body.
    return key.isidentifier() and not key.startswith('__') and not _is_keyword(key)


def _is_keyword(key: str) -> bool:
    return keyword.iskeyword(key)


def _field_type(item: Field) -> str:
    return item.annotation if item.required else f'NotRequired[{item.annotation}]'


def _comment(description: str | None) -> str:
    text = one_line(description, _COMMENT_CHARS)
    return f'  # {text}' if text else ''


def one_line(text: str | None, limit: int) -> str:
    """The first sentence or line of `text`, at most `limit` characters."""
    flat = ' '.join((text or '').split())
    if len(flat) <= limit:
        return flat
    head = flat[:limit]
    sentence = max(head.rfind('. '), head.rfind('; '))
    return head[: sentence + 1] if sentence > limit // 3 else head[: limit - 3].rsplit(' ', 1)[0].rstrip(',;:') + '...'


def ordered(items: Iterable[Declaration]) -> list[Declaration]:
    """Each declaration once, in order of first appearance; what is given and taken alike counts as given.

    What the taken one says of its values is kept.
    """
    found: dict[str, Declaration] = {}
    for item in items:
        other = found.get(item.name)
        if other is None:
            found[item.name] = item
        elif other is not item and other != item:
            found[item.name] = (
                _with_constraints(item, other) if item.direction == 'out' else _with_constraints(other, item)
            )
    return list(found.values())


def _with_constraints(item: Declaration, other: Declaration) -> Declaration:
    """`item` with the constraints that a record of the same shape has."""
    if all(field.shown is None for field in other.fields):
        return item
    shown = {field.key: field.shown for field in other.fields}
    return replace(item, fields=tuple(replace(each, shown=each.shown or shown.get(each.key)) for each in item.fields))
