"""A catalog as stubs for the checker: one source for flat tools, one for each module, each complete in itself.

Types that stubs import go under private names, so that a tool may be called `date`, and a cell that forgets to import
`datetime` is still told so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from .declarations import TYPE_NAMES, declare, names_in, ordered, rename
from .entries import Catalog, Entry
from .signatures import Declaration

_PRIVATE: Final = {name: f'_{name}' for name in TYPE_NAMES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stubs:
    """Sources as in `.pyi` files."""

    flat: str
    """Tools that are called by their bare names."""
    modules: Mapping[str, str]
    """The stubs of each module."""


def catalog_stubs(catalog: Catalog | Iterable[Entry]) -> Stubs:
    """The stubs of every tool of `catalog`."""
    by_module: dict[str | None, list[Entry]] = {}
    for entry in catalog.entries.values() if isinstance(catalog, Catalog) else catalog:
        by_module.setdefault(entry.module, []).append(entry)
    flat = by_module.pop(None, [])
    return Stubs(
        flat=_source(flat), modules={module: _source(inside) for module, inside in by_module.items() if module}
    )


def _source(entries: list[Entry]) -> str:
    declarations = ordered(item for entry in entries for item in entry.signature.declarations)
    taken = frozenset(item.name for item in declarations if item.direction == 'in')
    body = [*(_declaration(item, taken) for item in declarations), *(_function(entry, taken) for entry in entries)]
    used = {name for text in body for name in names_in(text)}
    imports = [f'from {module} import {name} as _{name}' for name, module in TYPE_NAMES.items() if f'_{name}' in used]
    return '\n'.join([*imports, *body, ''])


def _declaration(item: Declaration, taken: frozenset[str]) -> str:
    fields = [replace(each, description=None) for each in item.fields]
    if item.direction == 'in':
        # What a tool only reads may be any record that has the keys: one that another tool gave, with more of them.
        fields = [replace(each, annotation=f'ReadOnly[{_read_only(each.annotation, taken)}]') for each in fields]
    return rename(declare(item.name, fields, direction=item.direction, is_open=item.is_open).source, _PRIVATE)


def _function(entry: Entry, taken: frozenset[str]) -> str:
    keyword = 'def' if entry.facts.sequential else 'async def'
    parameters = ', '.join(_parameters(entry, taken))
    return f'{keyword} {entry.name}({parameters}) -> {rename(entry.signature.returns, _PRIVATE)}: ...'


def _parameters(entry: Entry, taken: frozenset[str]) -> Iterator[str]:
    signature = entry.signature
    is_keyword_only = False
    for parameter in signature.parameters:
        if parameter.is_variadic:
            is_keyword_only = True
            item = replace(parameter, shown=None).item
            yield f'*{parameter.name}: {rename(_read_only(item, taken), _PRIVATE)}'
            continue
        if parameter.keyword_only and not is_keyword_only:
            is_keyword_only = True
            yield '*'
        annotation = rename(_read_only(parameter.annotation, taken), _PRIVATE)
        yield f'{parameter.name}: {annotation}{"" if parameter.default is None else " = ..."}'
    if signature.takes_any_keyword:
        yield f'**{signature.keywords_name}: {rename(_read_only(signature.keyword_type, taken), _PRIVATE)}'


def _read_only(annotation: str, taken: frozenset[str]) -> str:
    """`list[IssueInput]` as a sequence: a list of what another tool gave is none of `IssueInput`, and yet fits."""
    if taken.isdisjoint(names_in(annotation)):
        return annotation
    return rename(annotation, {'list': 'Sequence'})
