"""A catalog as the model reads it: signatures with one line of words, records once, as much as a budget allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .declarations import one_line, ordered
from .stubs import function_stub

if TYPE_CHECKING:
    from .catalog import Catalog, Entry

_DOC_CHARS = 120


def listing(catalog: Catalog, *, budget_chars: int) -> str:
    """What the model reads of the tools, at most about `budget_chars` long."""
    return _full(catalog)


def listing_chars(catalog: Catalog) -> int:
    """How long the listing is with nothing left out."""
    return len(_full(catalog))


def help_text(catalog: Catalog, name: str) -> str:
    """Everything there is to know of one function or module."""
    if (entry := catalog.entries.get(name)) is None:
        return ''
    lines = [item.source for item in entry.signature.declarations]
    return '\n'.join([*lines, _line(entry), entry.description])


def search(catalog: Catalog, query: str) -> str:
    """The functions that fit a query, best first."""
    words = set(query.lower().split())
    found = [
        entry
        for entry in catalog.entries.values()
        if words & set(f'{entry.facts.python_name} {entry.description}'.lower().replace('_', ' ').split())
    ]
    return '\n'.join(_line(entry) for entry in found[:10])


def _full(catalog: Catalog) -> str:
    declarations = ordered(item for entry in catalog.entries.values() for item in entry.signature.declarations)
    return '\n'.join([*(item.source for item in declarations), *map(_line, catalog.entries.values())])


def _line(entry: Entry) -> str:
    doc = one_line(entry.description, _DOC_CHARS)
    stub = function_stub(entry, types={}).removesuffix(': ...')
    return f'{stub}  # {doc}' if doc else stub
