"""What a JSON schema says of arguments, for tools that have no other validator here. It refuses only what is certain.

Servers read leniently (`"5"` for a number), so a type is wrong only where no common reader takes the value for it, and a
bound is looked at only where the value is of the type that it is for. What a schema does not forbid may be given; of
keywords that are not known, nothing is said. Patterns are tried by Pydantic's engine, whose time is linear.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from types import MappingProxyType
from typing import Any, Final, cast
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from pydantic_core import SchemaError, SchemaValidator, core_schema

from .._source.rules.accepting import may_accept
from .._source.validated_arguments import UNKNOWN, ArgumentError, PartlyKnown, is_partial
from .validator_findings import likeliest

Schema = Mapping[str, Any]
_Path = tuple[str | int, ...]

_TYPES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        'integer': ('int', 'a valid integer'),
        'number': ('float', 'a valid number'),
        'boolean': ('bool', 'a valid boolean'),
        'array': ('list', 'a valid list'),
        'object': ('dict', 'a valid dictionary'),
        'null': ('None', 'None'),
    }
)
"""JSON's types: as an annotation, and in Pydantic's words."""
_TEXTS: Final = (str, bytes, date, time, timedelta, Decimal, UUID)
"""What is text in JSON."""
_MOST_STEPS: Final = 20_000
_MOST_ERRORS: Final = 100
_DEEPEST: Final = 60


def schema_errors(schema: Schema, arguments: Mapping[str, Any]) -> tuple[ArgumentError, ...]:
    """What speaks against these arguments, of which some may be left out."""
    try:
        found = [*_Reading(schema).errors(schema, PartlyKnown(arguments), ())]
    except (_TooMuch, RecursionError):
        return ()
    return tuple({(each.path, each.kind == 'missing'): each for each in reversed(found)}.values())[::-1][:_MOST_ERRORS]


class _TooMuch(Exception):
    """The schema takes more work than a look before a call is worth."""


class _Reading:
    def __init__(self, root: Schema) -> None:
        self.root = root
        self.steps = _MOST_STEPS

    def errors(self, schema: Any, value: Any, path: _Path) -> Iterator[ArgumentError]:
        self.steps -= 1
        if self.steps < 0 or len(path) > _DEEPEST:
            raise _TooMuch
        if not isinstance(schema, Mapping) or value is UNKNOWN:
            return
        found = [*self._own(cast('Schema', schema), value, path)]
        yield from found
        if not any(each.path == path for each in found):
            yield from self._combined(cast('Schema', schema), value, path)

    def _own(self, schema: Schema, value: Any, path: _Path) -> Iterator[ArgumentError]:
        """What the schema itself says, without those that it is combined of."""
        if (message := _wrong_type(schema, value) or _wrong_choice(schema, value)) is not None:
            kind = 'literal_error' if 'enum' in schema or 'const' in schema else 'type'
            yield ArgumentError(path=path, kind=kind, message=message)
            return
        for message in _bounds(schema, value):
            yield ArgumentError(path=path, kind='bound', message=message)
        if isinstance(value, dict):
            yield from self._of_dict(schema, cast('dict[Any, Any]', value), path)
        elif isinstance(value, list | tuple):
            prefix = _listed(schema, 'prefixItems')
            for index, item in enumerate(cast('list[Any]', value)):
                rest = schema.get('items')
                yield from self.errors(prefix[index] if index < len(prefix) else rest, item, (*path, index))

    def _of_dict(self, schema: Schema, value: dict[Any, Any], path: _Path) -> Iterator[ArgumentError]:
        properties, patterns = _named(schema, 'properties'), _named(schema, 'patternProperties')
        others = schema.get('additionalProperties')
        needed = {name for name in _listed(schema, 'required') if isinstance(name, str)}
        for name, names in _named(schema, 'dependentRequired').items():
            needed |= {*names} if name in value and isinstance(names, list) else set()
        if not isinstance(value, PartlyKnown):
            for name in sorted(needed - value.keys()):
                yield ArgumentError(path=(*path, name), kind='missing', message='Field required')
        for key, item in value.items():
            if not isinstance(key, str):
                continue
            fitting = [each for pattern, each in patterns.items() if _matches(pattern, key) is not False]
            if key in properties:
                fitting.append(properties[key])
            for each in fitting:
                yield from self.errors(each, item, (*path, key))
            if not fitting and others is False:
                yield ArgumentError(path=(*path, key), kind='extra_forbidden', message='Extra inputs are not permitted')
            elif not fitting:
                yield from self.errors(others, item, (*path, key))

    def _combined(self, schema: Schema, value: Any, path: _Path) -> Iterator[ArgumentError]:
        if isinstance(name := schema.get('$ref'), str):
            yield from self.errors(self._referenced(name), value, path)
        for each in _listed(schema, 'allOf'):
            yield from self.errors(each, value, path)
        for word in ('anyOf', 'oneOf'):
            if members := _listed(schema, word):
                yield from likeliest([[*self.errors(each, value, path)] for each in members], len(path))

    def _referenced(self, name: str) -> Any:
        if not name.startswith('#'):
            return None
        found: Any = self.root
        for step in name.removeprefix('#').strip('/').split('/') if name != '#' else ():
            key = step.replace('~1', '/').replace('~0', '~')
            found = cast('Schema', found).get(key) if isinstance(found, Mapping) else None
        return found


def _listed(schema: Schema, word: str) -> Sequence[Any]:
    found = schema.get(word)
    return cast('list[Any]', found) if isinstance(found, list) else ()


def _named(schema: Schema, word: str) -> Mapping[str, Any]:
    found = schema.get(word)
    return cast('Schema', found) if isinstance(found, Mapping) else {}


def _wrong_type(schema: Schema, value: Any) -> str | None:
    kinds = [schema['type']] if isinstance(schema.get('type'), str) else _listed(schema, 'type')
    listed = [kind for kind in kinds if kind == 'string' or kind in _TYPES]
    if len(listed) < len(kinds) or not listed or any(_is(kind, value) for kind in listed):
        return None
    words = ['a valid string' if kind == 'string' else _TYPES[kind][1] for kind in listed]
    return f'Input should be {" or ".join(words)}'


def _is(kind: str, value: Any) -> bool:
    return isinstance(value, _TEXTS) if kind == 'string' else may_accept(_TYPES[kind][0], value, {})


def _wrong_choice(schema: Schema, value: Any) -> str | None:
    options = [schema['const']] if 'const' in schema else _listed(schema, 'enum')
    is_plain = isinstance(value, str | int | float | None) or not is_partial(value)
    if not options or not is_plain or any(value == option or _reads_as(value, option) for option in options):
        return None
    shown = [*map(repr, options)]
    return f'Input should be {", ".join(shown[:-1])}{" or " if shown[1:] else ""}{shown[-1]}'


def _bounds(schema: Schema, value: Any) -> Iterator[str]:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        yield from _number_bounds(schema, _decimal(value))
    elif isinstance(value, str):
        yield from _length_bounds(schema, len(value), 'String', 'Length', 'character')
        if isinstance(pattern := schema.get('pattern'), str) and _matches(pattern, value) is False:
            yield f'String should match pattern {pattern!r}'
        if not _has_format(schema.get('format'), value):
            yield f'Input should be a valid {schema["format"]}'
    elif isinstance(value, list | tuple):
        items = cast('list[Any]', value)
        yield from _length_bounds(schema, len(items), 'List', 'Items', 'item')
        if schema.get('uniqueItems') is True and not is_partial(items) and _has_one_twice(items):
            yield 'List should have no item twice'
    elif isinstance(value, dict) and not isinstance(value, PartlyKnown):
        yield from _length_bounds(schema, len(cast('dict[Any, Any]', value)), 'Dictionary', 'Properties', 'key')


def _reads_as(value: Any, option: Any) -> bool:
    with suppress(ValueError):  # CPython writes out no number of more than 4,300 digits
        return str(value) == str(option)
    return False


def _has_one_twice(items: Sequence[Any]) -> bool:
    with suppress(ValueError):
        return len({*map(repr, items)}) < len(items)
    return False


def _number_bounds(schema: Schema, value: Decimal) -> Iterator[str]:
    if not value.is_finite():
        return
    for word, fails, shown in _COMPARED:
        bound = _number(schema.get(word))
        is_exclusive = schema.get(f'exclusive{word.capitalize()}') is True  # as draft 4 has it
        if bound is not None and (fails(value, bound) or (is_exclusive and value == bound)):
            shown = shown.removesuffix(' or equal to') if is_exclusive else shown
            yield f'Input should be {shown} {schema[word]}'
    step = _number(schema.get('multipleOf'))
    if step is not None and step > 0 and abs(value) < 10**15 and value % step:
        yield f'Input should be a multiple of {schema["multipleOf"]}'


_COMPARED: Final[Sequence[tuple[str, Callable[[Decimal, Decimal], bool], str]]] = (
    ('minimum', lambda value, bound: value < bound, 'greater than or equal to'),
    ('maximum', lambda value, bound: value > bound, 'less than or equal to'),
    ('exclusiveMinimum', lambda value, bound: value <= bound, 'greater than'),
    ('exclusiveMaximum', lambda value, bound: value >= bound, 'less than'),
)


def _number(value: Any) -> Decimal | None:
    return _decimal(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _decimal(value: float | Decimal) -> Decimal:
    return Decimal(str(value) if isinstance(value, float) else value)  # the text of a large number cannot be had


def _length_bounds(schema: Schema, length: int, what: str, words: str, unit: str) -> Iterator[str]:
    least, most = schema.get(f'min{words}'), schema.get(f'max{words}')
    if isinstance(least, int) and length < least:
        yield f'{what} should have at least {least} {unit}{"" if least == 1 else "s"}'
    if isinstance(most, int) and length > most:
        yield f'{what} should have at most {most} {unit}{"" if most == 1 else "s"}'


def _matches(pattern: str, text: str) -> bool | None:
    """`None` for a pattern that this engine does not know."""
    validator = _pattern(pattern)
    return None if validator is None else validator.isinstance_python(text)


@lru_cache(maxsize=256)
def _pattern(pattern: str) -> SchemaValidator | None:
    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine='rust-regex'))
    except SchemaError:
        return None


_FORMATS: Final[Mapping[str, tuple[Any, ...]]] = MappingProxyType(
    {
        'date': (date, datetime),
        'date-time': (datetime, date),
        'time': (time, datetime),
        'duration': (timedelta,),
        'uuid': (UUID,),
        'ipv4': (IPv4Address,),
        'ipv6': (IPv6Address,),
    }
)
_EMAIL: Final = re.compile(r'[^@\s]+@[^@\s]+')
_URI: Final = re.compile(r'[A-Za-z][A-Za-z0-9+.-]*:\S*')


def _has_format(name: Any, text: str) -> bool:
    match name:
        case 'email':
            return _EMAIL.fullmatch(text) is not None
        case 'uri':
            return _URI.fullmatch(text) is not None
        case str() if name in _FORMATS:
            return any(_reads(kind, text) for kind in _FORMATS[name])
        case _:
            return True


def _reads(kind: Any, text: str) -> bool:
    try:
        _adapter(kind).validate_python(text)
    except ValidationError:
        return False
    return True


@lru_cache(maxsize=16)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
