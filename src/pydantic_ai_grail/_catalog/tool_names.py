"""Tool names as Python identifiers.

A tool may be called `list-issues`, `3d.render` or `print`; code needs a name that parses and hides nothing it relies on.
Each tool gets one, and no two tools of one scope get the same.
"""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Final

HELP: Final = 'help'
SEARCH: Final = 'search_tools'

RESERVED: Final = frozenset(
    {
        *keyword.kwlist,
        *keyword.softkwlist,
        # `site` adds some of these to `builtins`, which would make the set depend on how Python was started.
        *(name for name in dir(builtins) if name not in {'copyright', 'credits', 'license'}),
        'exit',
        'quit',
        HELP,
        SEARCH,
        'asyncio',
    }
)
"""Names that code depends on, and that no tool may take."""

_NOT_IN_IDENTIFIERS = re.compile(r'\W')


def identifier(name: str, *, reserved: Collection[str] = RESERVED, prefix: str = 'tool') -> str:
    """The identifier for `name`: itself where it can be, else the nearest thing to it.

    Never starts with an underscore, so that it cannot meet the private names of generated stubs.
    """
    # Python reads identifiers in NFKC, so two spellings of one name are one name.
    spelled = _NOT_IN_IDENTIFIERS.sub('_', unicodedata.normalize('NFKC', name))
    if not spelled.isidentifier() or spelled.startswith('_'):
        spelled = f'{prefix}_{spelled.lstrip("_")}'
    if not spelled.isidentifier():
        spelled = _ascii_only(spelled)
    return f'{spelled}_' if spelled in reserved else spelled


def assign_identifiers(wanted: Mapping[str, str], *, reserved: Collection[str] = RESERVED) -> dict[str, str]:
    """An identifier of its own for each key of `wanted`, as near as can be to the name that stands there.

    A name that is its own identifier keeps it; where others meet, they are numbered in the order of the alphabet, so
    the answer does not depend on the order in which toolsets list their tools.
    """
    spelled = {key: identifier(name, reserved=reserved) for key, name in wanted.items()}
    return _one_each(spelled, sorted(wanted, key=lambda key: (spelled[key] != wanted[key], key)), taken=reserved)


def parameter_names(keys: Collection[str]) -> dict[str, str]:
    """An identifier of its own for each parameter of one tool. It may hide a builtin, but must parse."""
    spelled = {key: key if _is_plain(key) else identifier(key, reserved=keyword.kwlist, prefix='arg') for key in keys}
    return _one_each(spelled, sorted(keys, key=lambda key: (spelled[key] != key, key)), taken=())


def _one_each(spelled: Mapping[str, str], order: list[str], *, taken: Collection[str]) -> dict[str, str]:
    assigned: dict[str, str] = {}
    used = set(taken)
    for key in order:
        python, number = spelled[key], 2
        while python in used:
            python, number = f'{spelled[key]}_{number}', number + 1
        assigned[key] = python
        used.add(python)
    return {key: assigned[key] for key in spelled}


def type_name(*parts: str) -> str:
    """A class name in `CamelCase` from words, tool names and keys; `Record` where they hold no letter."""
    words = [word for part in parts for word in re.split(r'[\W_]+', unicodedata.normalize('NFKC', part)) if word]
    name = ''.join(word[0].upper() + word[1:] for word in words)
    name = name if name.isidentifier() else f'Record{name}'
    return name if name.isidentifier() else _ascii_only(name)


def _ascii_only(name: str) -> str:
    # Some characters are word characters for `re` and still may not stand in an identifier.
    return re.sub(r'[^a-zA-Z0-9_]', '_', name)


def _is_plain(key: str) -> bool:
    return key.isidentifier() and not keyword.iskeyword(key) and unicodedata.normalize('NFKC', key) == key
