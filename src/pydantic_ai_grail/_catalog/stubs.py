"""A catalog as stubs for the checker: one source for flat tools, one for each module, each complete in itself.

Types that stubs import go under private names, so that a tool may be called `date` and a cell that forgets to import
`datetime` is still told so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .declarations import TYPE_NAMES, names_in, ordered, rename

if TYPE_CHECKING:
    from .catalog import Catalog, Entry

_PRIVATE: Final = {name: f'_{name}' for name in TYPE_NAMES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stubs:
    """Sources as in `.pyi` files."""

    flat: str
    """Tools that are called by their bare names."""
    modules: Mapping[str, str]
    """The stubs of each module."""


def catalog_stubs(catalog: Catalog) -> Stubs:
    """The stubs of every tool of `catalog`."""
    by_module: dict[str | None, list[Entry]] = {}
    for entry in catalog.entries.values():
        by_module.setdefault(entry.module, []).append(entry)
    flat = by_module.pop(None, [])
    return Stubs(
        flat=_source(flat), modules={module: _source(inside) for module, inside in by_module.items() if module}
    )


def function_stub(entry: Entry, *, types: Mapping[str, str] = _PRIVATE) -> str:
    """The declaration of one function, with the names of types exchanged as `types` says."""
    keyword = 'def' if entry.facts.sequential else 'async def'
    parameters = ', '.join(_parameters(entry, types))
    return f'{keyword} {entry.name}({parameters}) -> {rename(entry.signature.returns, types)}: ...'


def _source(entries: Iterable[Entry]) -> str:
    entries = list(entries)
    declarations = ordered(item for entry in entries for item in entry.signature.declarations)
    body = [*(rename(_code(item.source), _PRIVATE) for item in declarations), *map(function_stub, entries)]
    used = {name for text in body for name in names_in(text)}
    imports = [f'from {module} import {name} as _{name}' for name, module in TYPE_NAMES.items() if f'_{name}' in used]
    return '\n'.join([*imports, *body, ''])


def _parameters(entry: Entry, types: Mapping[str, str]) -> Iterable[str]:
    signature = entry.signature
    seen_default = is_keyword_only = False
    for parameter in signature.parameters:
        # Python has no required parameter after one with a default, unless it is named.
        if not is_keyword_only and (parameter.keyword_only or (seen_default and parameter.default is None)):
            is_keyword_only = True
            yield '*'
        seen_default = seen_default or parameter.default is not None
        yield f'{parameter.name}: {rename(parameter.annotation, types)}{"" if parameter.default is None else " = ..."}'
    if signature.takes_any_keyword:
        yield f'**{_free("kwargs", {each.name for each in signature.parameters})}: {types.get("Any", "Any")}'


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += '_'
    return name


def _code(source: str) -> str:
    """A declaration without its comments, which may hold names."""
    return '\n'.join(line.partition('  # ')[0] for line in source.splitlines())
