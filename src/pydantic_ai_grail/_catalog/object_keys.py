"""Which keys an object schema takes, whatever way it says so: in `properties`, by combinators, by reference, or not at all.

Types of the same key in several places are put together again as a schema. What a schema does not forbid stays possible:
an alternative may leave out what another one needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

Schema = Mapping[str, Any]
Resolve = Callable[[Schema], Schema]

_MAX_DEPTH: Final = 12
_SPEAKING: Final = (
    *('properties', 'required', 'patternProperties', 'additionalProperties', 'unevaluatedProperties', 'const', 'enum'),
    *('$ref', 'allOf', 'anyOf', 'oneOf', 'if', 'dependencies', 'dependentSchemas'),
)
"""What says which keys there may be."""
_ANNOTATIONS: Final = ('description', 'default', 'title')


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectKeys:
    """The keys of one object."""

    named: Mapping[str, object] = field(default_factory=dict[str, object])
    """Schemas by key: what is said of it anywhere, which is what is meant."""
    certain: Mapping[str, object] = field(default_factory=dict[str, object])
    """Schemas by key that every object fits: what one alternative says of a key, another may leave open."""
    required: tuple[str, ...] = ()
    others: object = None
    """The schema of keys that are not named: `False` where there may be none, `None` where nothing is said of them."""
    is_free: bool = False
    """Nothing at all is said of keys, neither here nor in some alternative."""
    is_never: bool = False
    """No object fits."""

    def of(self, key: str) -> object:
        """The schema of a key, named or not."""
        return self.named.get(key, self.others)

    def certain_of(self, key: str) -> object:
        """The same, without what holds in some cases only."""
        return self.certain.get(key, self.others)


def object_keys(schema: object, resolve: Resolve, *, depth: int = 0) -> ObjectKeys:
    """The keys of an object that fits `schema`. `resolve` follows references."""
    if schema is False:
        return ObjectKeys(others=False, is_never=True)
    if not isinstance(schema, Mapping) or depth > _MAX_DEPTH:
        return ObjectKeys(is_free=True)
    schema = cast(Schema, schema)

    def inner(other: object) -> ObjectKeys:
        return object_keys(other, resolve, depth=depth + 1)

    if schema.keys().isdisjoint(_SPEAKING):
        return ObjectKeys(is_free=True)
    parts = [_own(schema)]
    if '$ref' in schema:
        parts.append(inner(resolve(schema)))
    parts += map(inner, sequence_at(schema, 'allOf'))
    parts += [_either(map(inner, members)) for key in ('anyOf', 'oneOf') if (members := sequence_at(schema, key))]
    if 'if' in schema:
        condition = _optional(inner(schema['if']))
        parts += [condition, _either([inner(schema.get('then', True)), inner(schema.get('else', True))])]
    for key in ('dependentSchemas', 'dependencies'):
        parts += [
            _optional(inner(cast(object, each)))
            for each in mapping_at(schema, key).values()
            if isinstance(each, Mapping)
        ]
    values = [schema['const']] if 'const' in schema else sequence_at(schema, 'enum')
    if values:
        parts.append(_either(_own(_of_value(cast(object, each))) for each in values if isinstance(each, Mapping)))
    found = parts[0]
    for part in parts[1:]:
        found = _both(found, part)
    rest = schema.get('unevaluatedProperties')
    spoken_of = 'additionalProperties' in schema or _leaves_none(schema, resolve, depth)
    if rest is None or found.others is False or spoken_of:
        return found
    return replace(found, others=_all([found.others, rest]), is_free=False)


def _applied(schema: Schema) -> list[object]:
    """The schemas that hold for the same object."""
    members = [each for key in ('allOf', 'anyOf', 'oneOf') for each in sequence_at(schema, key)]
    members += [schema[key] for key in ('if', 'then', 'else') if key in schema]
    members += [each for key in ('dependentSchemas', 'dependencies') for each in mapping_at(schema, key).values()]
    return members


def _leaves_none(schema: Schema, resolve: Resolve, depth: int) -> bool:
    followed = [resolve(schema)] if '$ref' in schema else []
    return any(_evaluates_all(each, resolve, depth + 1) for each in (*_applied(schema), *followed))


def _evaluates_all(schema: object, resolve: Resolve, depth: int) -> bool:
    """Whether a schema that is applied may speak of every key, so that none is left for `unevaluatedProperties` outside."""
    if not isinstance(schema, Mapping) or depth > _MAX_DEPTH:
        return False
    own = cast(Schema, schema)
    if any(own.get(key, False) is not False for key in ('additionalProperties', 'unevaluatedProperties')):
        return True
    return _leaves_none(own, resolve, depth)


def mapping_at(schema: Schema, key: str) -> Mapping[str, object]:
    """What stands under a key that has a mapping in a right schema; empty if it is none."""
    found = schema.get(key)
    return cast(Mapping[str, object], found) if isinstance(found, Mapping) else {}


def sequence_at(schema: Schema, key: str) -> Sequence[object]:
    """The same for a key that has a list."""
    found = schema.get(key)
    return cast(list[object], found) if isinstance(found, list) else ()


def required_keys(schema: Schema) -> tuple[str, ...]:
    """The keys that an object must have."""
    return tuple(each for each in sequence_at(schema, 'required') if isinstance(each, str))


def _own(schema: Schema) -> ObjectKeys:
    """What a schema says of keys without its combinators."""
    named = dict(mapping_at(schema, 'properties'))
    required = required_keys(schema)
    others = schema.get('additionalProperties')
    patterns = [*mapping_at(schema, 'patternProperties').values()]
    if patterns:
        others = _any(patterns if others is None or others is False else [*patterns, others])
    named.update({key: {} if others in (None, False) else others for key in required if key not in named})
    return ObjectKeys(named=named, certain=named, required=required, others=others)


def _of_value(value: object) -> Schema:
    """The schema of one object and no other."""
    items = cast(Mapping[str, object], value)
    return {
        'properties': {key: {'const': each} for key, each in items.items()},
        'required': [*items],
        'additionalProperties': False,
    }


def _optional(keys: ObjectKeys) -> ObjectKeys:
    """Keys that are spoken of under a condition: there may be such, and nothing else follows."""
    named: dict[str, object] = {key: {} for key in keys.named}
    return ObjectKeys(named=named, certain=named)


def _both(one: ObjectKeys, other: ObjectKeys) -> ObjectKeys:
    named: dict[str, object] = {}
    certain: dict[str, object] = {}
    for key in (*one.named, *(key for key in other.named if key not in one.named)):
        schemas = one.of(key), other.of(key)
        if False not in schemas or key in one.required or key in other.required:
            named[key] = _all(schemas)
            certain[key] = _all([one.certain_of(key), other.certain_of(key)])
    return ObjectKeys(
        named=named,
        certain=certain,
        required=tuple(dict.fromkeys((*one.required, *other.required))),
        others=_all([one.others, other.others]),
        is_free=one.is_free or other.is_free,
        is_never=one.is_never or other.is_never,
    )


def _either(members: Iterable[ObjectKeys]) -> ObjectKeys:
    """What one of several may say. Alternatives that no object fits, say nothing; nor do those that the empty one fits
    alone, except that nothing is required."""
    fitting = [each for each in members if not each.is_never]
    kept = [each for each in fitting if each.named or each.others is not False]
    if not kept:
        return ObjectKeys()
    named: dict[str, object] = {}
    certain: dict[str, object] = {}
    for key in dict.fromkeys(key for each in kept for key in each.named):
        named[key] = _any([each.named[key] for each in kept if key in each.named])
        found = [each.certain_of(key) for each in kept]
        certain[key] = {} if any(each in (None, True, {}) for each in found) else _any(found)
    others = [each.others for each in kept]
    stated = [each for each in others if each not in (None, False)]
    return ObjectKeys(
        named=named,
        certain=certain,
        required=tuple(key for key in kept[0].required if all(key in each.required for each in fitting)),
        others=_any(stated) if stated else None if None in others else False,
        is_free=any(each.is_free for each in kept),
    )


def _all(schemas: Iterable[object]) -> object:
    """A schema for what fits all of these; `None` if none of them says anything."""
    given = list(schemas)
    if any(each is False for each in given):
        return False
    telling = _distinct(each for each in given if each not in (None, True, {}))
    if not telling:
        return None if all(each is None for each in given) else {}
    return telling[0] if len(telling) == 1 else {'allOf': telling, **_annotations(telling)}


def _any(schemas: Sequence[object]) -> object:
    """A schema for what fits one of these."""
    kept = _distinct(each for each in schemas if each is not False)
    if not kept:
        return False
    return kept[0] if len(kept) == 1 else {'anyOf': kept, **_annotations(kept)}


def _distinct(schemas: Iterable[object]) -> list[object]:
    found: list[object] = []
    for each in schemas:
        if each not in found:
            found.append(each)
    return found


def _annotations(schemas: Sequence[object]) -> dict[str, object]:
    """What the first of several schemas that says it has of words and defaults."""
    found: dict[str, object] = {}
    for each in schemas:
        if isinstance(each, Mapping):
            found = {key: value for key, value in cast(Schema, each).items() if key in _ANNOTATIONS} | found
    return found
