"""Templates become pages."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, cast

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic_core import to_json


def page(template: str, *, status: int = 200, **names: Any) -> HTMLResponse:
    """A template with these names, as a response that no browser keeps and that no other page frames."""
    html = _TEMPLATES.get_template(template).render(names)
    headers = {'Cache-Control': 'no-store', 'Content-Security-Policy': "frame-ancestors 'none'"}
    return HTMLResponse(html, status_code=status, headers=headers)


def _euros(amount: Any) -> str:
    return f'€ {Decimal(str(amount)):,.2f}'


def _day(day: date | str) -> str:
    return f'{date.fromisoformat(str(day)):%d %b %Y}'.lstrip('0')


def _words(name: str) -> str:
    """A name of code as words: `order_id` is an order id."""
    return name.replace('_', ' ')


def _is_table(value: Any) -> bool:
    """Rows that have the same columns."""
    rows = cast('list[Any]', value) if isinstance(value, list) else []
    return bool(rows) and all(_is_record(row) and row.keys() == rows[0].keys() for row in rows)


def _is_record(value: Any) -> bool:
    """Names with values that fit in a line."""
    values = [*cast('dict[str, Any]', value).values()] if isinstance(value, dict) else []
    return bool(values) and not any(_is_deep(each) for each in values)


def _is_deep(value: Any) -> bool:
    inner = [*cast('dict[str, Any]', value).values()] if isinstance(value, dict) else cast('object', value)
    return isinstance(inner, list) and any(isinstance(each, list | dict) for each in cast('list[Any]', inner))


def _inline(value: Any) -> str:
    """A value in a line."""
    if isinstance(value, dict):
        return ', '.join(f'{name}: {_inline(each)}' for name, each in cast('dict[str, Any]', value).items()) or '–'
    if isinstance(value, list):
        return ', '.join(map(_inline, cast('list[Any]', value))) or '–'
    return '–' if value is None else str(value)


def _is_number(value: Any) -> bool:
    """Whether it is read as a number, also as a decimal or a share in a string."""
    if isinstance(value, bool):
        return False
    return isinstance(value, int | float) or (isinstance(value, str) and bool(_NUMBER.fullmatch(value)))


def _pretty(value: Any) -> str:
    return to_json(value, indent=2).decode()


_NUMBER: Final = re.compile(r'-?\d+(\.\d+)?%?')
_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).with_name('templates')),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {'euros': _euros, 'day': _day, 'inline': _inline, 'words': _words, 'pretty': _pretty}
_TEMPLATES.tests |= {'a_table': _is_table, 'a_record': _is_record, 'numeric': _is_number}
