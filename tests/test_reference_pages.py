"""The tables of docs/reference say what the code says: none is missing, and none is too much."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest
from markdown.extensions.toc import slugify, unique
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
        advice = re.findall(r'^\*\*What (to do|the model does)\.\*\* \w', section, re.MULTILINE)
        assert advice == ['to do'] or (name in CODES and advice == ['the model does']), name


def test_words_of_a_message_that_never_vary_can_be_searched_for() -> None:
    text = (DOCS / 'reference' / 'errors.md').read_text('utf-8')
    messages = [line for line in text.splitlines() if line.startswith(('- `', '- **`')) and '…' in line]

    assert [message for message in messages if not re.search(r'\*\*`+ ?[\w/"].*?`\*\*', message)] == []
    assert 'does not have it: it was forgotten to make room' in text
    assert '**`is shared, so its snapshots must be sealed with a secret' in text
    assert "`python -c 'import secrets; print(secrets.token_urlsafe(32))'`" in text, 'as the message has it'


def test_the_tests_that_pages_name_are_there() -> None:
    named = {
        name for page in DOCS.glob('**/*.md') for name in re.findall(r'`(tests/[\w/.]+)`', page.read_text('utf-8'))
    }

    assert [name for name in sorted(named) if not (DOCS.parent / name).exists()] == []
    assert 'tests/owners' in named


def test_links_between_pages_lead_to_headings() -> None:
    """MkDocs looks as well, in its strict build; that takes too long for every run of the tests."""
    slugs = {page.resolve(): _slugs(page) for page in DOCS.glob('**/*.md')}
    links = [
        (page, target)
        for page in slugs
        for target in re.findall(r'\]\(([^)\s:]*#[^)\s]+)\)', _FENCED.sub('', page.read_text('utf-8')))
    ]
    dead = [
        f'{page.relative_to(DOCS)} -> {target}'
        for page, target in links
        for path, _, anchor in [target.partition('#')]
        if '/api/' not in str(to := (page.parent / path).resolve() if path else page)
        and anchor not in slugs.get(to, set())
    ]

    assert len(links) > 100
    assert dead == []


_FENCED = re.compile(r'^```.*?^```', re.MULTILINE | re.DOTALL)


def _slugs(page: Path) -> set[str]:
    found: set[str] = set()
    for heading in re.findall(r'^#+ (.+)$', _FENCED.sub('', page.read_text('utf-8')), re.MULTILINE):
        given = re.search(r'\{ #(\S+) \}$', heading)
        unique(given[1] if given else slugify(re.sub(r'\[(.+?)\]\(.*?\)', r'\1', heading), '-'), found)
    return found


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
