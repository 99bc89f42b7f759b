"""What a catalog puts into the scope of every cell, gathered once for each catalog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from .._catalog.entries import Catalog
from .._catalog.signatures import Declaration, Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """Names of a catalog."""

    flat: frozenset[str]
    """Functions that are called by their bare names, and the records that these mention."""
    modules: frozenset[str]
    declarations: Mapping[str, Declaration]
    """All records that signatures mention; those of one name in several modules as one."""
    has_literals: bool
    """Some value that a tool gives is declared as one of a few."""


def offers_of(catalog: Catalog) -> Offers:
    """The names that `catalog` puts into scope."""
    return _offers(_Named(catalog))


class _Named:
    """A catalog that is known by its fingerprint."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def __hash__(self) -> int:
        return hash(self.catalog.fingerprint)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Named) and self.catalog.fingerprint == other.catalog.fingerprint


@lru_cache(maxsize=8)
def _offers(named: _Named) -> Offers:
    flat: set[str] = set()
    declarations: dict[str, Declaration] = {}
    for name, entry in named.catalog.entries.items():
        records = entry.signature.declarations
        if entry.module is None:
            flat.update((name, *(each.name for each in records)))
        for each in records:
            known = declarations.get(each.name)
            declarations[each.name] = each if known is None or known.fields == each.fields else _merged(known, each)
    given = (entry.signature.returns for entry in named.catalog.entries.values())
    held = (field.annotation for record in declarations.values() for field in record.fields)
    return Offers(
        flat=frozenset(flat),
        modules=frozenset(named.catalog.modules),
        declarations=declarations,
        has_literals=any('Literal[' in annotation for annotation in (*given, *held)),
    )


def _merged(one: Declaration, other: Declaration) -> Declaration:
    """Both as one: what is under a key may be of either type."""
    of_other = {field.key: field for field in other.fields}
    fields = [_either(field, of_other.pop(field.key, field)) for field in one.fields]
    return replace(one, fields=(*fields, *of_other.values()), is_open=one.is_open or other.is_open)


def _either(one: Field, other: Field) -> Field:
    if one.annotation == other.annotation:
        return one
    return replace(one, annotation=f'{one.annotation} | {other.annotation}')
