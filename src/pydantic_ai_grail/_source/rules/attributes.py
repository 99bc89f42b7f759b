"""Which attributes values can have, and what people write for those of another language or type."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Final

PLAIN_TYPES: Final = frozenset(
    {'str', 'int', 'float', 'bool', 'bytes', 'list', 'dict', 'set', 'frozenset', 'tuple',
     'datetime', 'date', 'time', 'timedelta', 'timezone', 'Decimal'}
)  # fmt: skip
"""Types whose values have the attributes of the type and no others."""

_OTHER_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        'push': 'append', 'add': 'append', 'append': 'add', 'addAll': 'extend', 'concat': 'plus', 'len': 'len',
        'length': 'len', 'size': 'len', 'has': 'in', 'has_key': 'in', 'contains': 'in', 'includes': 'in',
        'iteritems': 'items', 'entries': 'items', 'iterkeys': 'keys', 'itervalues': 'values', 'delete': 'pop',
        'substring': 'slice', 'substr': 'slice', 'slice': 'slice', 'toUpperCase': 'upper', 'toLowerCase': 'lower',
        'trim': 'strip', 'startsWith': 'startswith', 'endsWith': 'endswith', 'indexOf': 'index', 'toString': 'str',
        'map': 'comprehension', 'filter': 'comprehension', 'forEach': 'comprehension', 'first': 'first',
        'hours': 'total_seconds() / 3600', 'minutes': 'total_seconds() / 60', 'weeks': 'days // 7',
    }
)  # fmt: skip
"""What is written elsewhere -> the attribute that does it here, or a key of `_OTHER_WAYS`."""

_OTHER_WAYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        'in': 'Test it with `in`: `item in {base}`.',
        'plus': 'Add them: `{base} + other`.',
        'slice': 'Take a slice: `{base}[start:end]`.',
        'comprehension': 'Write a comprehension: `[... for item in {base}]`.',
    }
)
"""What is no method here -> how it is written, where the code alone does not give all of it."""
_WHOLE: Final[Mapping[tuple[str, int], str]] = MappingProxyType(
    {
        ('len', 0): 'len({base})',
        ('str', 0): 'str({base})',
        ('first', 0): '{base}[0]',
        ('in', 1): '({0} in {base})',
        ('plus', 1): '({base} + {0})',
        ('slice', 1): '{base}[{0}:]',
        ('slice', 2): '{base}[{0}:{1}]',
    }
)
"""The same as code, by the number of arguments; an attribute that is not called has none of them."""
_SEQUENCES: Final = frozenset({'str', 'bytes', 'list', 'tuple'})
_COLLECTIONS: Final = _SEQUENCES | {'dict', 'set', 'frozenset'}
_OWNERS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        'len': _COLLECTIONS,
        'in': _COLLECTIONS,
        'comprehension': _COLLECTIONS,
        'first': _SEQUENCES,
        'slice': _SEQUENCES,
        'plus': _SEQUENCES,
    }
)
"""The types whose values have it in this way, where not all do."""


def instead_of_whole(kind: str, name: str, base: str, arguments: tuple[str, ...]) -> str | None:
    """Code for the attribute together with its call, if what was meant is no attribute here."""
    word = _OTHER_WORDS.get(name, '')
    way = _WHOLE.get((word, len(arguments)))
    if way is None or kind not in _OWNERS.get(word, {kind}) or (name == 'substr' and len(arguments) > 1):
        return None  # the second one of `substr` is a length
    return way.format(*arguments, base=base)


def instead(kind: str, name: str, base: str, methods: frozenset[str]) -> str | None:
    """How what was meant by `base.name` is written for a value of a type, if that is known."""
    word = _OTHER_WORDS.get(name)
    if word is None:
        return None
    if word in _OTHER_WAYS:
        return _OTHER_WAYS[word].format(base=base) if kind in _OWNERS[word] else None
    return f'{base}.{word}' if word.partition('(')[0].partition(' ')[0] in methods | {'days'} else None


@cache
def exists_anywhere(name: str) -> bool:
    """Whether anything that Python brings has an attribute of this name."""
    return name in _known_attributes()


@cache
def _known_attributes() -> frozenset[str]:
    found = {'name', 'value', 'errno', 'strerror', 'filename', 'msg', 'args', 'code', 'fields', 'default'}
    for module_name in _MODULES_WITH_CLASSES:
        for value in vars(builtins if module_name == 'builtins' else import_module(module_name)).values():
            if isinstance(value, type):
                found.update(dir(value))
    return frozenset(found)


_MODULES_WITH_CLASSES: Final = (
    'builtins', 'asyncio', 'collections', 'csv', 'dataclasses', 'datetime', 'decimal', 'functools', 'hashlib',
    'itertools', 'json', 'os', 'pathlib', 'random', 're', 'sys', 'time', 'typing',
)  # fmt: skip
"""Modules of the standard library that Monty has and that make objects."""
