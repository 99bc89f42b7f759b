"""What a value must fulfil beside its type, in a few characters: `int (1..100)`, `str (<=20 chars)`, `str (email)`.

Annotations must stay types that a checker reads. So while a type is written, its constraint stands behind it between two
marks that no other text has; `unmarked` gives the type alone, `readable` what the model reads.
"""

from __future__ import annotations

import ipaddress
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast

import pydantic
from pydantic.fields import FieldInfo

_OPEN, _CLOSE = '\ue000', '\ue001'
MARKED: Final = f'{_OPEN}[^{_CLOSE}]*{_CLOSE}'
"""A constraint with its marks, as a pattern."""

_BRACKETS: Final = re.compile(r'\[.*\]')
_MARKED: Final = re.compile(MARKED)
_PATTERN_CHARS: Final = 40
_MOMENTS: Final[Mapping[Any, str]] = {
    pydantic.AwareDatetime: 'with timezone',
    pydantic.NaiveDatetime: 'without timezone',
    pydantic.PastDatetime: 'past',
    pydantic.FutureDatetime: 'future',
    pydantic.PastDate: 'past',
    pydantic.FutureDate: 'future',
}
_TEXTS: Final[Mapping[Any, str]] = {
    uuid.UUID: 'uuid',
    ipaddress.IPv4Address: 'ipv4',
    ipaddress.IPv6Address: 'ipv6',
    ipaddress.IPv4Network: 'ipv4 network',
    ipaddress.IPv6Network: 'ipv6 network',
    re.Pattern: 'regex',
    pydantic.AnyUrl: 'url',
    pydantic.EmailStr: 'email',
    pydantic.NameEmail: 'email',
}
_NAMES: Final[Mapping[str, str]] = {
    'minimum': 'ge',
    'maximum': 'le',
    'exclusiveMinimum': 'gt',
    'exclusiveMaximum': 'lt',
    'multipleOf': 'multiple_of',
    'pattern': 'pattern',
}
"""What a JSON schema says -> what Pydantic calls it."""
_LENGTHS: Final[Mapping[str, tuple[str, str]]] = {
    'str': ('minLength', 'maxLength'),
    'list': ('minItems', 'maxItems'),
    'dict': ('minProperties', 'maxProperties'),
}
_UNITS: Final[Mapping[str, str]] = {'str': 'chars', 'bytes': 'bytes', 'dict': 'keys'}


def marked(annotation: str, constraint: str) -> str:
    """`annotation` with what its values must fulfil; of a union, behind the one member that is not `None`."""
    if not constraint:
        return annotation
    members = annotation.removesuffix(' | None')
    none = annotation[len(members) :]
    text = constraint.replace(_OPEN, '').replace(_CLOSE, '')
    if members.endswith(_CLOSE):  # two say something of one type
        return f'{members[:-1]}, {text}{_CLOSE}{none}'
    return f'{members}{_OPEN}{text}{_CLOSE}{none}'


def unmarked(annotation: str) -> str:
    """The type alone."""
    return _MARKED.sub('', annotation) if _OPEN in annotation else annotation


def blanked(annotation: str) -> str:
    """A text of the same length that holds no constraint's characters."""
    return _MARKED.sub(lambda match: '_' * len(match[0]), annotation) if _OPEN in annotation else annotation


def readable(annotation: str) -> str | None:
    """The type with its constraints, for a reader; `None` where it has none."""
    return annotation.replace(_OPEN, ' (').replace(_CLOSE, ')') if _OPEN in annotation else None


def constraint_of_type(annotation: Any) -> str:
    """What the values of a type that crosses under another name must fulfil: a `UUID` is a `str (uuid)`."""
    if (moment := _MOMENTS.get(annotation)) is not None:
        return moment
    if isinstance(annotation, type):
        return next((text for kind, text in _TEXTS.items() if issubclass(annotation, kind)), '')
    return ''


def constraint_of_metadata(metadata: Iterable[Any], annotation: str) -> str:
    """What the metadata of an `Annotated` say of values of the type `annotation`."""
    found: dict[str, Any] = {}
    for item in _flat(metadata):
        for name in (*_NAMES.values(), 'min_length', 'max_length', 'max_digits', 'decimal_places'):
            if (value := getattr(item, name, None)) is not None and not callable(value):
                found[name] = value
    kind = _kind(annotation)
    return _text(found, kind) if kind else ''


def constraint_of_schema(schema: Mapping[str, Any], annotation: str) -> str:
    """What a JSON schema says of values of the type `annotation`."""
    kind = _kind(annotation)
    if not kind:
        return ''
    found = {name: schema[key] for key, name in _NAMES.items() if not isinstance(schema.get(key), bool | None)}
    for end, strict in (('minimum', 'exclusiveMinimum'), ('maximum', 'exclusiveMaximum')):
        if schema.get(strict) is True and end in schema:  # as drafts before 6 have it
            found[_NAMES[strict]] = found.pop(_NAMES[end])
    for key, name in zip(_LENGTHS.get(kind, ()), ('min_length', 'max_length'), strict=False):
        if isinstance(value := schema.get(key), int | float):
            found[name] = value
    texts = [_text(found, kind)]
    if schema.get('uniqueItems') is True:
        texts.append('unique')
    if kind == 'str':
        texts += [_plain(text) for key in ('format', 'contentEncoding') if isinstance(text := schema.get(key), str)]
    return ', '.join(filter(None, texts))


def _flat(metadata: Iterable[Any]) -> Iterable[Any]:
    """Metadata with those of fields, and with groups such as `Interval` taken apart."""
    for item in metadata:
        if isinstance(item, FieldInfo):
            yield from _flat(cast(Sequence[Any], item.metadata))
        elif not isinstance(item, str | bytes) and getattr(item, '__is_annotated_types_grouped_metadata__', False):
            yield from _flat(item)
        else:
            yield item


def _kind(annotation: str) -> str:
    """The outermost type, `None` apart; empty where there is no one type, or one that says all of its values."""
    bare = _BRACKETS.sub('', unmarked(annotation)).removesuffix(' | None')
    kind = bare.partition('[')[0]
    if '|' in bare or kind in ('Any', 'Literal', 'None', 'bool'):
        return ''
    return 'list' if kind in ('Sequence', 'Iterable', 'set', 'frozenset', 'tuple') else kind


def _text(found: Mapping[str, Any], kind: str) -> str:
    texts = [_range(found), _length(found, _UNITS.get(kind, 'items'))]
    if 'multiple_of' in found:
        texts.append(f'multiple of {_plain(found["multiple_of"])}')
    if 'pattern' in found:
        texts.append(_pattern(found['pattern']))
    if 'max_digits' in found:
        texts.append(f'<={found["max_digits"]} digits')
    if 'decimal_places' in found:
        texts.append(f'<={found["decimal_places"]} decimals')
    return ', '.join(filter(None, texts))


def _range(found: Mapping[str, Any]) -> str:
    if 'ge' in found and 'le' in found and not found.keys() & {'gt', 'lt'}:
        return f'{_plain(found["ge"])}..{_plain(found["le"])}'
    signs = {'gt': '>', 'ge': '>=', 'lt': '<', 'le': '<='}
    return ', '.join(f'{sign}{_plain(found[name])}' for name, sign in signs.items() if name in found)


def _length(found: Mapping[str, Any], unit: str) -> str:
    least, most = found.get('min_length') or 0, found.get('max_length')
    if most is None:
        return f'>={_plain(least)} {unit}' if least else ''
    if least == most:
        return f'{_plain(most)} {unit}'
    return f'{_plain(least)}..{_plain(most)} {unit}' if least else f'<={_plain(most)} {unit}'


def _plain(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e16:
        return str(int(value))
    # Schemas are anybody's text.
    return ' '.join(str(value).split())[:_PATTERN_CHARS]


def _pattern(pattern: Any) -> str:
    text = pattern if isinstance(pattern, str) else str(getattr(pattern, 'pattern', pattern))
    text = ' '.join(text.split())
    return f'/{text if len(text) <= _PATTERN_CHARS else f"{text[: _PATTERN_CHARS - 3]}..."}/'
