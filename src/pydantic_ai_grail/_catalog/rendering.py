"""Functions and records as lines of text for the model: Python signatures, records as dicts of types.

A record reads `Issue = {id: int, title: str, parent?: Issue}`, where `?` marks a key that may be absent: half the
characters of a class, and the shape of the dict that code gets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from .declarations import one_line, ordered
from .entries import Entry
from .signatures import Declaration, Field, Signature

_LINE_CHARS: Final = 110
_TEXT: Final = r"""b?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_LITERAL: Final = re.compile(rf'Literal\[(?:{_TEXT}|[^\]\'"])*\]')
_VALUE: Final = re.compile(rf'{_TEXT}|[^,\s]+')


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """How much of each tool is written. `None` for a number of characters means all of them, 0 none."""

    description_chars: int | None = None
    parameter_chars: int | None = None
    field_chars: int | None = None
    literal_chars: int | None = 160
    """How long the values of one `Literal` may be."""
    shows_constraints: bool = True


FULL: Final = Detail(literal_chars=None)
COMPLETE: Final = Detail()
SHORT: Final = Detail(description_chars=160, parameter_chars=110, field_chars=110)
TERSE: Final = Detail(description_chars=90, parameter_chars=0, field_chars=0, shows_constraints=False)
LEVELS: Final = (COMPLETE, SHORT, TERSE)


def function_text(entry: Entry, detail: Detail, *, name: str | None = None, marks_sync: bool = False) -> str:
    """One function: its signature, its description, what is known of its parameters."""
    mark = 'def ' if marks_sync and entry.facts.sequential else ''
    lines = [f'{mark}{name or entry.name}{signature_text(entry.signature, detail)}']
    described = _paragraphs(entry.description, detail.description_chars)
    if len(described) == 1:
        lines[0] += f'  # {described[0]}'
    else:
        lines += [f'  # {line}' for line in described]
    for parameter in entry.signature.parameters:
        if text := _cut(parameter.description, detail.parameter_chars):
            lines.append(f'  {parameter.name}: {text}')
    if detail.parameter_chars != 0:
        lines += [f'  {condition}' for condition in entry.signature.conditions]
    return '\n'.join(lines)


def signature_text(signature: Signature, detail: Detail = FULL) -> str:
    """Parameters with types and defaults, and the type of the result."""
    returns = _type(signature.returns, signature.returns_shown, detail)
    return f'({", ".join(_parameters(signature, detail))}) -> {returns}'


def outline_text(signature: Signature) -> str:
    """Parameters by name alone, with defaults."""
    return f'({", ".join(_parameters(signature, None))})'


def record_text(item: Declaration, detail: Detail) -> str:
    """One record, in one line where it has no field docs and is short enough."""
    ending = ['...'] if item.is_open else []
    docs = [_cut(field.description, detail.field_chars) for field in item.fields]
    fields = [_field(field, detail) for field in item.fields]
    line = f'{item.name} = {{{", ".join([*fields, *ending])}}}'
    if len(line) <= _LINE_CHARS and not any(docs):
        return line
    if not any(docs):
        return f'{item.name} = {{\n' + '\n'.join(f'  {row}' for row in _rows([*fields, *ending])) + '\n}'
    rows = [f'  {field},{f"  # {doc}" if doc else ""}' for field, doc in zip(fields, docs, strict=True)]
    return '\n'.join([f'{item.name} = {{', *rows, *(f'  {text}' for text in ending), '}'])


def records_of(entries: Iterable[Entry]) -> list[Declaration]:
    """Each record that the entries need, once."""
    return ordered(item for entry in entries for item in entry.signature.declarations)


def _parameters(signature: Signature, detail: Detail | None) -> Iterator[str]:
    """The parameters; without a detail by name alone."""
    is_keyword_only = False
    for parameter in signature.parameters:
        if parameter.is_variadic:
            is_keyword_only = True
            yield f'*{parameter.name}' if detail is None else f'*{parameter.name}: {parameter.item}'
            continue
        if parameter.keyword_only and not is_keyword_only:
            is_keyword_only = True
            yield '*'
        if detail is not None:
            default = '' if parameter.default is None else f' = {parameter.default}'
            yield f'{parameter.name}: {_type(parameter.annotation, parameter.shown, detail)}{default}'
        else:
            yield parameter.name if parameter.default is None else f'{parameter.name}={parameter.default}'
    if signature.takes_any_keyword:
        kind = f': {signature.keyword_type}' if detail is not None and signature.keyword_type != 'Any' else ''
        yield f'**{signature.keywords_name}{kind}'


def _field(field: Field, detail: Detail) -> str:
    key = field.key if field.key.isidentifier() else repr(field.key)
    return f'{key}{"" if field.required else "?"}: {_type(field.annotation, field.shown, detail)}'


def _type(annotation: str, shown: str | None, detail: Detail) -> str:
    # What may be anything is shown as what is meant, if that is known.
    text = shown if shown is not None and (detail.shows_constraints or annotation == 'Any') else annotation
    limit = detail.literal_chars
    return text if limit is None or len(text) <= limit else _LITERAL.sub(lambda match: _first(match[0], limit), text)


def _first(literal: str, limit: int) -> str:
    """The first values of a long `Literal`, and how many more there are."""
    if len(literal) <= limit:
        return literal
    values = _VALUE.findall(literal.removeprefix('Literal[')[:-1])
    kept, room = list[str](), limit // 2
    while values and (room := room - len(values[0]) - 2) > 0:
        kept.append(values.pop(0))
    return f'Literal[{", ".join([*kept, f"... {len(values)} more"])}]'


def _rows(items: list[str]) -> Iterator[str]:
    row = ''
    for item in items:
        if row and len(row) + len(item) + 2 > _LINE_CHARS:
            yield row.rstrip()
            row = ''
        row += f'{item}, '
    yield row.rstrip()


def _cut(text: str | None, limit: int | None) -> str:
    if limit == 0:
        return ''
    return one_line(text, limit if limit is not None else len(text or '') + 1)


def _paragraphs(text: str, limit: int | None) -> list[str]:
    if limit == 0:
        return []
    if limit is None:
        return [line for raw in text.splitlines() if (line := raw.strip())]
    return [line] if (line := one_line(text, limit)) else []
