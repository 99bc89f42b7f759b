"""A catalog as the model reads it: the more there is, the shorter each thing is said, within a budget.

A flat catalog shows every signature and every record. One in modules shows what is there, and code reads the rest
where it needs it: `help(github.list_issues)`, `search_tools('refund')`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from .declarations import one_line
from .entries import Catalog, Entry
from .lookup import help_text as help_text
from .lookup import search as search
from .rendering import LEVELS, TERSE, Detail, function_text, outline_text, record_text, records_of

_SHARES: Final = (6, 3, 1)
"""Which part of the budget each level of detail may take."""


def listing(catalog: Catalog, *, budget_chars: int) -> str:
    """What the model reads of the tools, about `budget_chars` long at most."""
    if not catalog.modules:
        return _flat(list(catalog.entries.values()), flat_detail(catalog, budget_chars=budget_chars))
    for write in (_outlines, _described_names, _names):
        if len(text := write(catalog)) <= budget_chars:
            return text
    return _counts(catalog, budget_chars)


def flat_detail(catalog: Catalog, *, budget_chars: int) -> Detail:
    """How much a flat listing says of each tool."""
    entries = list(catalog.entries.values())
    for detail, share in zip(LEVELS, _SHARES, strict=True):
        if len(_flat(entries, detail)) <= budget_chars // share:
            return detail
    return TERSE


def fits_flat(entries: Sequence[Entry], *, budget_chars: int) -> bool:
    """Whether the listing of these functions can show every signature."""
    return len(_flat(entries, TERSE)) <= budget_chars


def _flat(entries: Sequence[Entry], detail: Detail) -> str:
    marks_sync = not all(entry.facts.sequential for entry in entries)
    return '\n'.join(
        [
            *(record_text(item, detail) for item in records_of(entries)),
            *(function_text(entry, detail, marks_sync=marks_sync) for entry in entries),
        ]
    )


def _outlines(catalog: Catalog) -> str:
    return _modules(catalog, lambda entry: _with_doc(f'{entry.name}{outline_text(entry.signature)}', entry, 60))


def _described_names(catalog: Catalog) -> str:
    return _modules(catalog, lambda entry: _with_doc(entry.name, entry, 50))


def _names(catalog: Catalog) -> str:
    lines = [
        f'{module}: {", ".join(catalog.entries[name].name for name in names)}'
        for module, names in catalog.modules.items()
    ]
    return '\n'.join(lines)


def _counts(catalog: Catalog, budget_chars: int) -> str:
    """Modules with their sizes, and as many names of each as the budget leaves room for."""
    room = max(budget_chars // max(len(catalog.modules), 1), 60)
    lines: list[str] = []
    for module, names in catalog.modules.items():
        line = f'{module} ({len(names)}): {", ".join(catalog.entries[name].name for name in names)}'
        lines.append(line if len(line) <= room else f'{line[: room - 5].rpartition(", ")[0]}, ...')
    return '\n'.join(lines)


def _modules(catalog: Catalog, write: Callable[[Entry], str]) -> str:
    lines: list[str] = []
    for module, names in catalog.modules.items():
        lines.append(f'{module}:')
        lines += [f'  {write(catalog.entries[name])}' for name in names]
    return '\n'.join(lines)


def _with_doc(text: str, entry: Entry, chars: int) -> str:
    doc = one_line(entry.description, chars)
    return f'{text}  # {doc}' if doc else text
