"""A JSON schema as the source text of annotations: for tools that are no Python functions, such as those of MCP.

JSON has no datetimes, sets or tuples, so formats stay `str` and arrays are lists. What a schema says beyond types
(patterns, ranges) is shown, and checked by whoever has the values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, cast
from urllib.parse import unquote

from .bounds import RESULT, ReadingBounds, parameter_place
from .conditions import conditions_of
from .constraints import constraint_of_schema, marked, readable, unmarked
from .declarations import RecordBook, joined
from .literals import default_source, literal, union
from .object_keys import Schema, mapping_at, object_keys, required_keys, sequence_at
from .signatures import Field, Parameter, Signature
from .tool_names import parameter_names, type_name

_SIMPLE: Final[Mapping[str, str]] = {
    'string': 'str',
    'integer': 'int',
    'number': 'float',
    'boolean': 'bool',
    'null': 'None',
}
_TELLING: Final = ('type', '$ref', 'const', 'enum', 'properties', 'items', 'anyOf', 'oneOf', 'allOf')
_DESCRIBING: Final = frozenset({'title', 'description', 'examples', '$comment'})


class SchemaWriter:
    """Writes the types of one JSON schema document, and collects the records that they need."""

    def __init__(self, document: object, *, book: RecordBook, bounds: ReadingBounds | None = None) -> None:
        self.book = book
        self._document = document
        self._records: dict[int, str] = {}
        self._kept: list[Schema] = []
        self._open_refs: set[str] = set()
        self.bounds = bounds or ReadingBounds()

    def write(self, schema: object, *, path: tuple[str, ...]) -> str:
        """The source of `schema`. A record without a title is named after its `path`."""
        if not isinstance(schema, Mapping):
            return 'Any'  # `true`, `false`, or no schema at all
        schema = cast(Schema, schema)
        try:
            with self.bounds:
                text = self._write(schema, path)
        except Exception as error:  # schemas come from anybody, and a tool is never refused for its schema
            return self.bounds.skip(schema, error)
        text = union([text, 'None']) if schema.get('nullable') is True else text
        if self.book.direction == 'out':
            return text
        return marked(text, constraint_of_schema(schema, text))

    def fields_of(self, schema: Schema, *, path: tuple[str, ...]) -> tuple[Field, ...]:
        """The properties of an object schema."""
        required = required_keys(schema)
        return tuple(
            Field(
                key=key,
                annotation=unmarked(text := self.write(value, path=(*path, key))),
                shown=readable(text),
                required=key in required,
                description=description_of(value),
            )
            for key, value in mapping_at(schema, 'properties').items()
        )

    def resolve(self, schema: Schema) -> Schema:
        """`schema`, or what its chain of references leads to; empty if that leads nowhere."""
        seen: set[str] = set()
        while isinstance(reference := schema.get('$ref'), str):
            target = None if reference in seen else self._at(reference)
            if not isinstance(target, Mapping):
                return {}
            seen.add(reference)
            schema = cast(Schema, target)
        return schema

    def _write(self, schema: Schema, path: tuple[str, ...]) -> str:
        if isinstance(reference := schema.get('$ref'), str):
            return self._reference(reference, path)
        if 'const' in schema:
            return literal([schema['const']])
        if isinstance(values := schema.get('enum'), list):
            return literal(cast(list[object], values))
        if 'properties' in schema:
            others = [name for name in _types(schema) if name not in ('object', 'any')]
            return union([self._record(schema, path), *(self._typed(name, schema, path) for name in others)])
        for key in ('anyOf', 'oneOf'):
            if (members := sequence_at(schema, key)) and any(map(_tells_a_type, members)):
                return union(self.write(item, path=path) for item in members)
        if parts := sequence_at(schema, 'allOf'):
            text = self._all_of([*parts], schema, path)
            if text != 'Any':
                return text
        return union(self._typed(name, schema, path) for name in _types(schema))

    def _typed(self, name: str, schema: Schema, path: tuple[str, ...]) -> str:
        if name == 'array':
            return f'list[{self._items(schema, path)}]'
        if name == 'object':
            return self._mapping(schema, path)
        return _SIMPLE.get(name, 'Any')

    def _items(self, schema: Schema, path: tuple[str, ...]) -> str:
        items = schema.get('items')
        first = sequence_at(schema, 'prefixItems') or sequence_at(schema, 'items')
        rest: object = schema.get('additionalItems') if isinstance(items, list) else items
        texts = [self.write(item, path=(*path, 'item')) for item in first]
        most = schema.get('maxItems')
        if rest is not False and not (isinstance(most, int) and 0 < most <= len(first)):
            texts.append(self.write(rest, path=(*path, 'item')))
        return union(texts)

    def _mapping(self, schema: Schema, path: tuple[str, ...]) -> str:
        patterns = mapping_at(schema, 'patternProperties')
        values: list[object] = [schema.get('additionalProperties'), *patterns.values()]
        texts = [
            self.write(cast(object, value), path=(*path, 'value')) for value in values if isinstance(value, Mapping)
        ]
        return f'dict[str, {union(texts or ["Any"])}]'

    def _record(self, schema: Schema, path: tuple[str, ...], name: str | None = None) -> str:
        if id(schema) not in self._records:
            self._kept.append(schema)  # else another schema could get its id
            title = schema.get('title')
            wanted = name or (type_name(title) if isinstance(title, str) and title else type_name(*path))
            # Known before its fields are written: a field may be of this very type.
            self._records[id(schema)] = name = self.book.reserve(wanted)
            is_open = schema.get('additionalProperties', False) is not False or 'patternProperties' in schema
            self.book.add(name, self.fields_of(schema, path=path), is_open=is_open, is_from_schema=True)
        return self._records[id(schema)]

    def _all_of(self, parts: list[object], schema: Schema, path: tuple[str, ...]) -> str:
        resolved = [self.resolve(cast(Schema, part)) for part in parts if isinstance(part, Mapping)]
        if len(parts) == 1:
            return self.write(parts[0], path=path)
        objects = [part for part in resolved if 'properties' in part]
        if len(objects) > 1:
            return self._record(_merged(schema, objects), path)
        texts = [text for part in parts if (text := self.write(part, path=path)) != 'Any']
        # All of them hold, so that any one is true. What names its values says the most.
        return min(texts, key=lambda text: not text.startswith('Literal'), default='Any')

    def _reference(self, reference: str, path: tuple[str, ...]) -> str:
        target = self._at(reference)
        if not isinstance(target, Mapping):
            return 'Any'
        target = cast(Schema, target)
        if 'properties' in target:
            name = None if reference == '#' or target.get('title') else type_name(reference.rpartition('/')[2])
            return self._record(target, path, name)
        if reference in self._open_refs:
            return 'Any'  # a type that is no record and contains itself has no finite text
        self._open_refs.add(reference)
        try:
            return self.write(target, path=path)
        finally:
            self._open_refs.discard(reference)

    def _at(self, reference: str) -> object:
        """What a JSON pointer into this document leads to, `None` if nowhere."""
        if not reference.startswith('#'):
            return None
        found: object = self._document
        for step in reference[1:].split('/')[1:]:
            step = unquote(step).replace('~1', '/').replace('~0', '~')
            if isinstance(found, Mapping):
                found = cast(Schema, found).get(step)
            elif isinstance(found, list) and step.isdecimal() and int(step) < len(cast(list[object], found)):
                found = cast(list[object], found)[int(step)]
            else:
                return None
        return found


def signature_from_json_schema(
    parameters_schema: Schema, return_schema: Schema | None = None, *, name: str
) -> Signature:
    """The signature of a tool that is known by its JSON schemas; `name` names records that have no title."""
    return joined(
        taken_from_json_schema(parameters_schema, name=name), given_from_json_schema(return_schema, name=name)
    )


def taken_from_json_schema(schema: Schema, *, name: str) -> Signature:
    """The parameters of an object schema, those that must be given first. Its result is left open."""
    book = RecordBook('in')
    writer = SchemaWriter(schema, book=book)
    keys = object_keys(schema, writer.resolve)
    names = parameter_names(keys.named)
    parameters: list[Parameter] = []
    for key, value in keys.named.items():
        writer.bounds.place = parameter_place(key)
        text = writer.write(value, path=(name, key))
        certain = keys.certain_of(key)
        meant, checked = unmarked(text), unmarked(text if certain == value else writer.write(certain, path=(name, key)))
        parameters.append(
            Parameter(
                name=names[key],
                key=key,
                annotation=checked,
                shown=readable(text) or (meant if meant != checked else None),
                default=None if key in keys.required else schema_default(value),
                description=description_of(value),
            )
        )
    writer.bounds.place = 'further keywords'
    takes_any = keys.others not in (None, False) or (keys.others is None and keys.is_free)
    return Signature(
        parameters=tuple(sorted(parameters, key=lambda each: each.default is not None)),
        returns='Any',
        declarations=book.declarations,
        takes_any_keyword=takes_any,
        keyword_type=unmarked(writer.write(keys.others, path=(name, 'value'))) if takes_any else 'Any',
        allows_unnamed=keys.others is None,
        conditions=conditions_of(schema, writer.resolve, names),
        unread=writer.bounds.unread,
    )


def given_from_json_schema(schema: Schema | None, *, name: str) -> Signature:
    """The result that a schema describes, `Any` where there is none. Its parameters are left open."""
    book = RecordBook('out')
    writer = SchemaWriter(schema, book=book)
    writer.bounds.place = RESULT
    returns = writer.write(schema, path=(name, 'result')) if schema else 'Any'
    return Signature(parameters=(), returns=returns, declarations=book.declarations, unread=writer.bounds.unread)


def resolved(schema: Schema) -> Schema:
    """`schema` with the object that its root refers to in the root's place."""
    root = SchemaWriter(schema, book=RecordBook('in')).resolve(schema)
    return root if root is schema else {**root, '$defs': schema.get('$defs', {})}


def schema_default(schema: object, annotation: str = '') -> str:
    """The default that a property's schema names, as source of the type that code writes."""
    if isinstance(schema, Mapping) and 'default' in schema:
        return default_source(cast(Schema, schema)['default'], annotation)
    return '...'


def description_of(schema: object) -> str | None:
    """What a schema says of itself."""
    description = cast(Schema, schema).get('description') if isinstance(schema, Mapping) else None
    return description if isinstance(description, str) and description.strip() else None


def field_docs(*schemas: Schema | None) -> dict[str, dict[str, str]]:
    """Descriptions of fields in the definitions of schemas, by definition and key."""
    docs: dict[str, dict[str, str]] = {}
    for schema in schemas:
        for name, definition in _definitions(schema or {}):
            properties = mapping_at(definition, 'properties')
            texts = {key: text for key, value in properties.items() if (text := description_of(value))}
            docs.setdefault(name, {}).update(texts)
    return docs


def without_prose(schema: object) -> object:
    """`schema` without what only describes, for comparing what two schemas accept."""
    if isinstance(schema, Mapping):
        items = cast(Mapping[str, object], schema).items()
        return {
            key: {name: without_prose(each) for name, each in cast(Mapping[str, object], value).items()}
            if key in ('properties', '$defs') and isinstance(value, Mapping)
            else without_prose(value)
            for key, value in items
            if key not in _DESCRIBING
        }
    return [without_prose(item) for item in cast(list[object], schema)] if isinstance(schema, list) else schema


def _definitions(schema: Schema) -> Iterator[tuple[str, Schema]]:
    if isinstance(title := schema.get('title'), str):
        yield title, schema
    for name, definition in mapping_at(schema, '$defs').items():
        if isinstance(definition, Mapping):
            yield name, cast(Schema, definition)


def _types(schema: Schema) -> list[str]:
    kind = schema.get('type')
    if isinstance(kind, list):
        return [each if isinstance(each, str) else 'any' for each in cast(list[object], kind)]
    if isinstance(kind, str):
        return [kind]
    if 'items' in schema or 'prefixItems' in schema:
        return ['array']
    return ['object'] if isinstance(schema.get('additionalProperties'), Mapping) else ['any']


def _tells_a_type(schema: object) -> bool:
    """Whether an alternative says more than which keys go together, or how long a text is."""
    return isinstance(schema, Mapping) and not cast(Schema, schema).keys().isdisjoint(_TELLING)


def _merged(schema: Schema, parts: list[Schema]) -> Schema:
    properties: dict[str, object] = {}
    required: list[str] = []
    for part in parts:
        properties.update(mapping_at(part, 'properties'))
        required += required_keys(part)
    return {**schema, 'allOf': None, 'properties': properties, 'required': required}
