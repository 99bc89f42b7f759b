"""What a schema says of keys together, in lines for a reader: which go with which, and of which one is needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, cast

from .object_keys import ObjectKeys, Resolve, Schema, mapping_at, object_keys, required_keys, sequence_at

FURTHER_KEYS: Final = 'further keys like '
"""How the line begins that tells a pattern of keys."""
_LINE_CHARS: Final = 200
_MAX_DEPTH: Final = 4
_ALTERNATIVES: Final = {'anyOf': 'any of', 'oneOf': 'one of'}


def conditions_of(schema: object, resolve: Resolve, names: Mapping[str, str]) -> tuple[str, ...]:
    """The lines; `names` are the parameters of the keys."""
    lines = dict.fromkeys(_lines(schema, resolve, names, 0))
    return tuple(line if len(line) <= _LINE_CHARS else f'{line[: _LINE_CHARS - 3]}...' for line in lines)


def _lines(schema: object, resolve: Resolve, names: Mapping[str, str], depth: int) -> Iterator[str]:
    if not isinstance(schema, Mapping) or depth > _MAX_DEPTH:
        return
    schema = cast(Schema, schema)
    if '$ref' in schema:
        yield from _lines(resolve(schema), resolve, names, depth + 1)
    for part in sequence_at(schema, 'allOf'):
        yield from _lines(part, resolve, names, depth + 1)

    def words(part: object) -> str:
        return _words(part, resolve, names)

    for key, label in _ALTERNATIVES.items():
        members = [text for each in sequence_at(schema, key) if (text := words(each))]
        if len(members) > 1:
            yield f'{label}: {" | ".join(dict.fromkeys(members))}'
    if 'if' in schema and (condition := words(schema['if'])):
        then, other = words(schema.get('then', True)), words(schema.get('else', True))
        outcomes = [then] if then else []
        outcomes += [f'else {other}'] if other else []
        if outcomes:
            yield f'if {condition}: {"; ".join(outcomes)}'
    if (excluded := _without(schema, names)) or (excluded := words(schema.get('not', True))):
        yield f'not: {excluded}'
    for key in ('dependentRequired', 'dependencies'):
        for one, needed in mapping_at(schema, key).items():
            if isinstance(needed, list):
                yield f'with {_name(one, names)}: {_listed(map(str, cast(list[object], needed)), names)}'
    for key, needed in mapping_at(schema, 'dependentSchemas').items():
        if text := words(needed):
            yield f'with {_name(key, names)}: {text}'
    for pattern in mapping_at(schema, 'patternProperties'):
        yield f'{FURTHER_KEYS}/{_flat(pattern)}/'


def _words(schema: object, resolve: Resolve, names: Mapping[str, str]) -> str:
    """The keys of an object that fits a schema: `kind='a', number, note?`."""
    if not isinstance(schema, Mapping):
        return ''
    schema = cast(Schema, schema)
    keys = object_keys(schema, resolve)
    texts = [_key(key, keys, resolve, names) for key in keys.named]
    if excluded := _without(schema, names):
        texts.append(f'without {excluded}')
    return ', '.join(texts)


def _key(key: str, keys: ObjectKeys, resolve: Resolve, names: Mapping[str, str]) -> str:
    schema = keys.named[key]
    known: Schema = resolve(cast(Schema, schema)) if isinstance(schema, Mapping) else {}
    options: Sequence[object] = [known['const']] if 'const' in known else sequence_at(known, 'enum')
    if len(options) == 1:
        return f'{_name(key, names)}={_flat(repr(options[0]))}'
    return _name(key, names) if key in keys.required else f'{_name(key, names)}?'


def _without(schema: Schema, names: Mapping[str, str]) -> str:
    """The keys that may not be there together."""
    excluded = schema.get('not')
    if not isinstance(excluded, Mapping) or cast(Schema, excluded).keys() - {'required'}:
        return ''
    return ' with '.join(_name(key, names) for key in required_keys(cast(Schema, excluded)))


def _listed(keys: Iterable[str], names: Mapping[str, str]) -> str:
    return ', '.join(_name(key, names) for key in keys)


def _name(key: str, names: Mapping[str, str]) -> str:
    return names.get(key) or (key if key.isidentifier() else repr(_flat(key)))


def _flat(text: str) -> str:
    return ' '.join(text.split())[:60]
