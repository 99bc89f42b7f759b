"""What code in the sandbox can ask about the catalog: `help(name)` and `search_tools('words')`, answered as text."""

from __future__ import annotations

import re
from typing import Final

from .._common.suggestions import closest
from .entries import Catalog, Entry
from .rendering import FULL, SHORT, Detail, function_text, record_text, records_of

_MAX_FOUND: Final = 8
_NAME_WEIGHT: Final = 4
_WORD = re.compile(r'[^\W_]+')
_CAMEL = re.compile(r'(?<=[a-z0-9])(?=[A-Z])')


def help_text(catalog: Catalog, name: str) -> str:
    """Everything there is to know of a function, or what a module holds, by any name that means it.

    Without a name: what there is. For a name that means nothing: the nearest one.
    """
    if name in catalog.modules:
        entries = [catalog.entries[each] for each in catalog.modules[name]]
        return f'module {name}\n{_texts(entries, SHORT)}'
    if (entry := catalog.find(name)) is not None:
        return _texts([entry], FULL)
    if not name:
        return '\n'.join(catalog.modules or catalog.entries)
    meant = closest(name, [*catalog.entries, *catalog.modules])
    suggestion = f' Did you mean {meant}?' if meant else ''
    return f'Nothing is called {name!r}.{suggestion}'


def search(catalog: Catalog, query: str) -> str:
    """The functions that fit a query best, ready to call: with their signatures and records."""
    words = _words(query)
    scored = [(score, entry) for entry in catalog.entries.values() if (score := _score(entry, words))]
    scored.sort(key=lambda item: -item[0])
    found = [entry for _, entry in scored[:_MAX_FOUND]]
    if not found:
        where = f' Modules: {", ".join(catalog.modules)}.' if catalog.modules else ''
        return f'No function fits {query!r}.{where}'
    more = f'\n{len(scored) - len(found)} more fit.' if len(scored) > len(found) else ''
    return _texts(found, SHORT) + more


def _texts(entries: list[Entry], detail: Detail) -> str:
    texts = [record_text(item, detail) for item in records_of(entries)]
    for entry in entries:
        call = 'def ' if entry.facts.sequential else 'async def '
        texts.append(f'{call}{function_text(entry, detail, name=entry.facts.python_name)}')
    return '\n'.join(texts)


def _score(entry: Entry, words: set[str]) -> int:
    names = _words(f'{entry.facts.python_name} {entry.facts.tool_name}')
    prose = _words(' '.join([entry.description, *(each.name for each in entry.signature.parameters)]))
    return _NAME_WEIGHT * _hits(words, names) + _hits(words, prose)


def _hits(words: set[str], among: set[str]) -> int:
    return len(words & among)


def _words(text: str) -> set[str]:
    """The words of a text without their endings, so that `refunds` finds `refund`."""
    return {_stem(word) for word in _WORD.findall(_CAMEL.sub(' ', text).lower())}


def _stem(word: str) -> str:
    for ending in ('ies', 'es', 's', 'ing', 'ed', 'y', 'e'):
        if len(word) > len(ending) + 2 and word.endswith(ending):
            return word.removesuffix(ending)
    return word
