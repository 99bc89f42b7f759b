"""The tables of docs/reference say what the code says: none is missing, and none is too much."""

from __future__ import annotations

import re
from importlib import import_module
from typing import get_args

import pytest
from support.reference_pages import DOCS, NOT_WRITTEN, Paragraph, blocks_in, current, exceptions, parts

import pydantic_ai_grail
from pydantic_ai_grail.admin.past_cells import CellStatus
from pydantic_ai_grail.events.diagnostics import CODES

PAGES = sorted({part.page for part in parts()})


@pytest.mark.parametrize('page', PAGES)
def test_what_the_code_says_is_on_the_page(page: str) -> None:
    text = (DOCS / page).read_text('utf-8')

    assert text == current(page, text), 'run: PYTHONPATH=tests python -m support.reference_pages'


@pytest.mark.parametrize('page', PAGES)
def test_every_row_was_described_by_somebody(page: str) -> None:
    lines = (DOCS / page).read_text('utf-8').splitlines()

    assert [line for line in lines if line.startswith('|') and f'| {NOT_WRITTEN} ' in line] == []


@pytest.mark.parametrize('page', PAGES)
def test_a_page_has_no_place_for_what_is_gone(page: str) -> None:
    assert blocks_in(page) == {part.name for part in parts() if part.page == page and not isinstance(part, Paragraph)}


def test_every_exception_and_every_diagnostic_has_an_anchor_and_says_what_to_do() -> None:
    text = (DOCS / 'reference' / 'errors.md').read_text('utf-8')
    sections = dict(re.findall(r'^### (\S+)\n(.*?)(?=^#|\Z)', text, re.MULTILINE | re.DOTALL))

    assert sections.keys() == exceptions().keys() | CODES.keys()
    for name, section in sections.items():
        assert '**What to do.**' in section, name


def test_the_tests_that_pages_name_are_there() -> None:
    named = {
        name for page in DOCS.glob('**/*.md') for name in re.findall(r'`(tests/[\w/.]+)`', page.read_text('utf-8'))
    }

    assert [name for name in sorted(named) if not (DOCS.parent / name).exists()] == []
    assert 'tests/owners' in named


def test_the_picture_of_a_cell_has_each_state_that_the_api_tells() -> None:
    picture = (DOCS / 'concepts' / 'journal.md').read_text('utf-8').partition('## The states of a cell')[2]

    assert [status for status in get_args(CellStatus) if status not in picture.partition('## ')[0]] == []


def test_the_overview_of_the_api_has_every_public_name_where_it_is_imported_from() -> None:
    text = (DOCS / 'reference' / 'api.md').read_text('utf-8')
    rows = [line.split(' | ') for line in text.splitlines() if line.startswith('| ') and 'pydantic_ai_grail' in line]
    named: set[str] = set()
    for *_, names, places in rows:
        modules = [place if place[0] != '.' else f'pydantic_ai_grail{place}' for place in re.findall('`(.+?)`', places)]
        for name in re.findall('`(.+?)`', names):
            assert all(hasattr(import_module(module), name) for module in modules), (name, modules)
            named.add(name)

    assert {name for name in pydantic_ai_grail.__all__ if name not in exceptions()} <= named
