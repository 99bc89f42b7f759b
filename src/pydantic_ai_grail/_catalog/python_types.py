"""A Python type as the source text of an annotation.

What crosses into the sandbox as itself keeps its name; records become `TypedDict`s; enums the literals of their
values; what crosses as text is `str`. A type that nothing is known of is asked for its JSON schema. No annotation is
ever an error here: what cannot be read is `Any`, and the bounds that were given note why.
"""

from __future__ import annotations

import collections
import datetime
import enum
import re
import types
import typing
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Final, ForwardRef, Literal, TypeVar, Union, cast, get_args, get_origin

import pydantic
import typing_extensions
from pydantic import BaseModel, RootModel, TypeAdapter
from pydantic.fields import FieldInfo

from .bounds import ReadingBounds
from .constraints import constraint_of_metadata, constraint_of_type, marked, readable, unmarked
from .declarations import RecordBook, names_in
from .json_schemas import SchemaWriter
from .leaf_types import AS_TEXT, HASHED, MAPPINGS, ONE_ITEM, PLAIN, UNHASHABLE
from .literals import literal, union
from .records import Record, is_record, record_of, serialized_as
from .signatures import Direction, Field
from .tool_names import type_name

Docs = Mapping[str, Mapping[str, str]]
"""Descriptions of the fields of records, by the record's name in a JSON schema."""

_TRANSPARENT: Final = (
    Final,
    ClassVar,
    typing_extensions.Required,
    typing_extensions.NotRequired,
    typing_extensions.ReadOnly,
)
_LITERALS: Final = (str, int, bool, bytes, type(None))
_MAX_ENUM_MEMBERS: Final = 60


class TypeWriter:
    """Writes the types of one direction of one signature, and collects the records that they need."""

    def __init__(self, direction: Direction, *, docs: Docs | None = None, bounds: ReadingBounds | None = None) -> None:
        self.direction: Direction = direction
        self.book = RecordBook(direction)
        self._docs = docs or {}
        self._records: dict[Any, str] = {}
        self._open_aliases: set[Any] = set()
        self.bounds = bounds or ReadingBounds()

    def write(self, annotation: Any, bound: Mapping[Any, str] | None = None) -> str:
        """The source of `annotation`, with type variables as `bound` has them."""
        try:
            with self.bounds:
                return self._write(annotation, bound or {})
        except Exception as error:  # types run anybody's code here, and a tool is never refused for its annotations
            return self.bounds.skip(annotation, error)

    def _write(self, annotation: Any, bound: Mapping[Any, str]) -> str:
        if (plain := _plain(annotation)) is not None:
            return self._constrained(plain, constraint_of_type(annotation))
        if isinstance(annotation, TypeVar | typing_extensions.TypeVar):
            return bound.get(annotation) or self._type_variable(annotation, bound)
        if isinstance(annotation, str | ForwardRef):
            return self.bounds.skip(annotation, 'nothing has that name')
        origin, args = get_origin(annotation), get_args(annotation)
        if origin is not None and not args and (origin is not tuple or annotation is typing.Tuple):  # pyright: ignore[reportDeprecated] # noqa: UP006 # the old spelling is what is looked for
            return self.write(origin)  # `typing.List` and the like, without what they hold
        if origin is not None:
            return self._parametrized(annotation, origin, args, bound)
        if isinstance(annotation, type):
            return self._class(cast(type[Any], annotation), {})
        if hasattr(annotation, '__value__'):  # made by `type X = ...`, or by a back-port of it
            return self._alias(annotation, bound)
        if supertype := getattr(annotation, '__supertype__', None):  # NewType
            return self.write(supertype, bound)
        return self._from_schema(annotation)

    def fields_of(self, cls: type, bound: Mapping[Any, str] | None = None) -> tuple[tuple[Field, ...], bool]:
        """The fields of a record class, and whether it may hold further keys."""
        return self._fields(record_of(cls, self.direction), bound)

    def _fields(self, record: Record, bound: Mapping[Any, str] | None) -> tuple[tuple[Field, ...], bool]:
        docs = self._docs.get(record.name, {})
        fields = tuple(
            Field(
                key=item.key,
                annotation=unmarked(text := self.write(item.annotation, bound)),
                shown=readable(text),
                required=item.required,
                description=item.description or docs.get(item.key),
            )
            for item in record.fields
        )
        return fields, record.is_open

    def fields_of_type(self, annotation: Any) -> tuple[Field, ...] | None:
        """The fields of a record type as a tool's own parameters; `None` if it is no record that can be read."""
        if not is_record(annotation):
            return None
        try:
            return self.fields_of(annotation)[0]
        except Exception as error:  # as in `write`
            self.bounds.skip(annotation, error)
            return None

    def _parametrized(self, annotation: Any, origin: Any, args: tuple[Any, ...], bound: Mapping[Any, str]) -> str:
        if origin is Annotated:
            return self._annotated(annotation, args[0], args[1:], bound)
        if origin is Literal:
            return literal(args)
        if origin is Union or origin is types.UnionType:
            return union(self.write(item, bound) for item in args)
        if origin in _TRANSPARENT:
            return self.write(args[0], bound)
        if origin is tuple:
            return self._tuple(args, bound)
        if origin in ONE_ITEM:
            return self._collection(ONE_ITEM[origin], self.write(args[0], bound))
        if origin in MAPPINGS:
            return f'dict[{self.write(args[0], bound)}, {self.write(args[1], bound)}]'
        if origin is collections.Counter:
            return f'dict[{self.write(args[0], bound)}, int]'
        if hasattr(origin, '__value__'):
            variables = cast(tuple[Any, ...], origin.__type_params__)
            return self._alias(
                origin, {each: self.write(item, bound) for each, item in zip(variables, args, strict=False)}
            )
        if isinstance(origin, type):
            parameters = cast(tuple[Any, ...], getattr(origin, '__parameters__', ()))
            return self._class(
                origin, {each: self.write(item, bound) for each, item in zip(parameters, args, strict=False)}
            )
        return self._from_schema(annotation)

    def _annotated(self, annotation: Any, inner: Any, metadata: tuple[Any, ...], bound: Mapping[Any, str]) -> str:
        for item in reversed(_flat_metadata(metadata)):
            if item is pydantic.Json or type(item) is pydantic.Json:
                return 'str' if self.direction == 'in' else self.write(inner, bound)
            if self.direction == 'out' and isinstance(item, pydantic.PlainSerializer | pydantic.WrapSerializer):
                if item.when_used in ('always', 'unless-none'):
                    return self.write(_serializer_type(item), bound)
            elif self.direction == 'in' and isinstance(
                item, pydantic.BeforeValidator | pydantic.PlainValidator | pydantic.WrapValidator
            ):
                accepted = item.json_schema_input_type
                if accepted is not Any and isinstance(accepted, type):
                    return self.write(accepted, bound)
                if isinstance(item, pydantic.PlainValidator):
                    return 'Any'
        if any(_decides_the_type(item) for item in metadata):
            return self._from_schema(annotation)
        text = self.write(inner, bound)
        return self._constrained(text, constraint_of_metadata(metadata, text))

    def _constrained(self, text: str, constraint: str) -> str:
        """A type with what its values must fulfil, which matters for what code gives to a tool only."""
        return marked(text, constraint) if self.direction == 'in' else text

    def _tuple(self, args: tuple[Any, ...], bound: Mapping[Any, str]) -> str:
        if not args:
            return 'tuple[()]'
        if any(_is_unpacked(item) for item in args):
            return f'tuple[{union(self.write(item, bound) for item in _unpacked(args))}, ...]'
        return f'tuple[{", ".join("..." if item is Ellipsis else self.write(item, bound) for item in args)}]'

    def _collection(self, name: str, item: str) -> str:
        # Records cross as dicts, which no set can hold: a set of them crosses as a list.
        if name in HASHED and any(used in self.book or used in UNHASHABLE for used in names_in(item)):
            name = 'list'
        # What is given was iterated on the way, and has a length.
        if name == 'Iterable' and self.direction == 'out':
            name = 'Sequence'
        return f'{name}[{item}]'

    def _class(self, cls: type[Any], bound: Mapping[Any, str]) -> str:
        if cls in ONE_ITEM:
            return self._collection(ONE_ITEM[cls], 'Any')
        if cls in MAPPINGS:
            return PLAIN[dict]
        if cls is collections.Counter:
            return 'dict[Any, int]'
        if issubclass(cls, enum.Enum):
            return self._enum(cls)
        if self.direction == 'out' and (given := serialized_as(cls)) is not None:
            return self.write(given, bound)
        if is_record(cls):
            return self._record(cls, bound)
        if issubclass(cls, BaseModel):
            root = cast(type[RootModel[Any]], cls).model_fields['root']
            return self.write(Annotated[root.annotation, *root.metadata] if root.metadata else root.annotation, bound)
        if (names := _tuple_fields(cls)) is not None:
            hints = _hints(cls)
            return marked(self._tuple(tuple(hints.get(name, Any) for name in names), bound), ', '.join(names))
        if issubclass(cls, AS_TEXT):
            return self._constrained('str', constraint_of_type(cls))
        for base in (bool, int, float, Decimal, datetime.datetime, datetime.date, bytes):
            if issubclass(cls, base):
                return PLAIN[base]
        return self._from_schema(cls)

    def _record(self, cls: type, bound: Mapping[Any, str]) -> str:
        key = (cls, tuple(bound.values()))
        if key not in self._records:
            try:
                record = record_of(cls, self.direction)
            except Exception as error:  # annotations that cannot be resolved, for the most part
                self.bounds.skip(cls, error)
                self._records[key] = PLAIN[dict]
                return PLAIN[dict]
            # Known before its fields are written: a field may be of this very type.
            self._records[key] = name = self.book.reserve(
                type_name(cls.__name__, *(_bare(text) for text in bound.values()))
            )
            fields, is_open = self._fields(record, bound)
            self.book.add(name, fields, is_open=is_open)
        return self._records[key]

    def _enum(self, cls: type[enum.Enum]) -> str:
        values = [member.value for member in cls]
        if issubclass(cls, enum.Flag):
            return 'int'
        if values and len(values) <= _MAX_ENUM_MEMBERS and all(isinstance(value, _LITERALS) for value in values):
            return literal(values)
        return union(self.write(type(value)) for value in values) if values else 'Any'

    def _type_variable(self, variable: Any, bound: Mapping[Any, str]) -> str:
        if getattr(variable, 'has_default', lambda: False)():
            return self.write(variable.__default__, bound)
        if variable.__bound__ is not None:
            return self.write(variable.__bound__, bound)
        if variable.__constraints__:
            return union(self.write(item, bound) for item in variable.__constraints__)
        return 'Any'

    def _alias(self, alias: Any, bound: Mapping[Any, str]) -> str:
        if alias in self._open_aliases:
            return 'Any'  # an alias that contains itself has no finite text
        self._open_aliases.add(alias)
        try:
            return self.write(_alias_value(alias), bound)
        finally:
            self._open_aliases.discard(alias)

    def _from_schema(self, annotation: Any) -> str:
        """What the type's own JSON schema says, read as a type."""
        mode: Literal['validation', 'serialization'] = 'validation' if self.direction == 'in' else 'serialization'
        schema = TypeAdapter(annotation).json_schema(mode=mode)
        return SchemaWriter(schema, book=self.book, bounds=self.bounds).write(schema, path=())


def _plain(annotation: Any) -> str | None:
    try:
        return PLAIN.get(annotation)
    except TypeError:  # `Annotated` with metadata that cannot be hashed
        return None


def _tuple_fields(cls: type[Any]) -> tuple[str, ...] | None:
    """The names of a named tuple's items. It crosses as the plain tuple that it is."""
    return getattr(cast(object, cls), '_fields', None) if issubclass(cls, tuple) else None


def _is_unpacked(item: Any) -> bool:
    return get_origin(item) is typing_extensions.Unpack or getattr(item, '__unpacked__', False) is True


def _unpacked(items: tuple[Any, ...]) -> list[Any]:
    """The types of a tuple's items, those that are unpacked into it in their places."""
    found: list[Any] = []
    for item in items:
        inner = get_args(item)[0] if get_origin(item) is typing_extensions.Unpack else item
        found += [each for each in get_args(inner) if each is not Ellipsis] or [Any] if _is_unpacked(item) else [item]
    return found


def _alias_value(alias: Any) -> Any:
    """What an alias stands for, names in quotes resolved where the alias was made."""
    holder = type('Holder', (), {'__annotations__': {'value': alias.__value__}, '__module__': alias.__module__})
    return typing_extensions.get_type_hints(holder, include_extras=True)['value']


def _bare(annotation: str) -> str:
    return re.sub(r'\W+', ' ', unmarked(annotation))


def _hints(cls: type) -> dict[str, Any]:
    try:
        return typing_extensions.get_type_hints(cls, include_extras=True)
    except Exception:  # names that exist for type checkers only
        return {}


def _flat_metadata(metadata: tuple[Any, ...]) -> list[Any]:
    return [each for item in metadata for each in ([*item.metadata, item] if isinstance(item, FieldInfo) else [item])]


def _serializer_type(serializer: pydantic.PlainSerializer | pydantic.WrapSerializer) -> Any:
    declared = serializer.return_type
    if isinstance(declared, type) or get_origin(declared) is not None:
        return declared
    return _hints(cast(type, serializer.func)).get('return', Any)


def _decides_the_type(item: Any) -> bool:
    """Whether metadata that is not Pydantic's own says what the type is."""
    module = type(item).__module__ if not isinstance(item, type) else item.__module__
    own = module.partition('.')[0] in ('pydantic', 'annotated_types', 'pydantic_ai', 'typing', 'typing_extensions')
    return not own and hasattr(item, '__get_pydantic_core_schema__')
