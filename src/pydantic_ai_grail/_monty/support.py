"""What the installed Monty imports and can run, as plain data: `Support`.

The table is probed, never written by hand: `probing.py` asks a real Monty. The answers for the version this package
was built with travel with it in `support_table.json`; any other version is probed once, when the table is first needed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import pydantic_monty

TABLE_FILE: Final = 'support_table.json'
_PACKAGE: Final = 'pydantic_ai_grail._monty'


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """What one version of Monty has and lacks. Names that neither has are in no list."""

    version: str
    modules: Mapping[str, frozenset[str]]
    """Importable modules of the standard library, dotted ones too, with their attributes."""
    builtins: frozenset[str]
    classes: Mapping[str, frozenset[str]]
    """Attributes that can be read of a class itself (`datetime.datetime.now`), by its dotted or builtin name."""
    methods: Mapping[str, frozenset[str]]
    """Methods that can be called on a value, by the name of its class (`str`, `datetime.date`)."""
    lacking_modules: frozenset[str]
    """Modules of CPython's library that cannot be imported."""
    lacking_builtins: frozenset[str]
    """Builtins of CPython that are not there."""
    lacking_attributes: Mapping[str, frozenset[str]]
    """What CPython has in these modules and on these classes, and Monty has not."""
    lacking_methods: frozenset[str]
    """Methods that some of these classes have in CPython, and none of them here."""
    features: Mapping[str, bool]
    """Keys of `probing.FEATURES`: whether the construct gives what CPython gives."""

    def has(self, feature: str) -> bool:
        return self.features.get(feature, False)


@cache
def load_support() -> Support:
    """The table of the installed Monty.

    Reads the one that ships with this package (about 1 ms), or asks Monty itself where the versions differ, which
    takes a fraction of a second and starts a worker for that time. Once per process.
    """
    shipped = read_table()
    if shipped.version == pydantic_monty.__version__:
        return shipped
    from .probing import probe  # the probes are dead weight unless the versions differ

    return probe(known=shipped)


def read_table() -> Support:
    """The table that ships with this package, whatever Monty is installed."""
    return support_from_json(json.loads((files(_PACKAGE) / TABLE_FILE).read_text('utf-8')))


def support_to_json(support: Support) -> dict[str, Any]:
    """The table as JSON-able data, sorted, so that a diff shows what a new Monty brings."""
    return {
        'version': support.version,
        'features': dict(sorted(support.features.items())),
        'builtins': sorted(support.builtins),
        'modules': _sorted_names(support.modules),
        'classes': _sorted_names(support.classes),
        'methods': _sorted_names(support.methods),
        'lacking_modules': sorted(support.lacking_modules),
        'lacking_builtins': sorted(support.lacking_builtins),
        'lacking_attributes': _sorted_names(support.lacking_attributes),
        'lacking_methods': sorted(support.lacking_methods),
    }


def support_from_json(data: dict[str, Any]) -> Support:
    return Support(
        version=data['version'],
        features=data['features'],
        builtins=frozenset(data['builtins']),
        modules=_frozen_names(data['modules']),
        classes=_frozen_names(data['classes']),
        methods=_frozen_names(data['methods']),
        lacking_modules=frozenset(data['lacking_modules']),
        lacking_builtins=frozenset(data['lacking_builtins']),
        lacking_attributes=_frozen_names(data['lacking_attributes']),
        lacking_methods=frozenset(data['lacking_methods']),
    )


def _sorted_names(names: Mapping[str, frozenset[str]]) -> dict[str, list[str]]:
    return {key: sorted(names[key]) for key in sorted(names)}


def _frozen_names(names: Mapping[str, list[str]]) -> dict[str, frozenset[str]]:
    return {key: frozenset(value) for key, value in names.items()}
