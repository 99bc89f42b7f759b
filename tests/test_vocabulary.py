"""One vocabulary: the words that docs/reference/glossary.md calls former ones do not come back."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / 'src/pydantic_ai_grail'
GLOSSARY = ROOT / 'docs/reference/glossary.md'
TITLE = '## Former words'

MAY_STAND = {
    ('_source/prepared.py', 'mends'): 'a key in journals of earlier versions, which are read',
    ('_journal/entry_values.py', 'handed'): 'a field in journals of earlier versions, which are read',
}


class Former(NamedTuple):
    word: str
    is_retired_in_texts: bool


def _former_words() -> Iterator[Former]:
    _, _, table = GLOSSARY.read_text().partition(TITLE)
    for row in re.findall(r'^\| (.+) \| .+ \| (names(?:, texts)?) \|$', table, re.MULTILINE):
        for word in row[0].split(', '):
            yield Former(word, row[1] == 'names, texts')


FORMER = [*_former_words()]


def former_in_name(name: str) -> set[str]:
    """The former words among the parts of an identifier, split at `_` and at changes of case."""
    parts = ' '.join(re.findall(r'[A-Z]?[a-z]+|[A-Z]+(?![a-z])', name)).lower()
    return {each.word for each in FORMER if re.search(rf'\b{each.word}\b', parts)}


def former_in_text(text: str) -> set[str]:
    plain = re.sub(r'\s+(?:#:? )?', ' ', text).lower()
    return {each.word for each in FORMER if each.is_retired_in_texts and re.search(rf'\b{each.word}\b', plain)}


def former_in_code(source: str) -> Iterator[tuple[int, str]]:
    """Lines and former words: in names, and in the comments and texts, docstrings among them."""
    comments = list[str]()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        found = set[str]()
        if token.type == tokenize.NAME:
            found = former_in_name(token.string)
        elif token.type == tokenize.COMMENT:
            comments.append(token.string)
        elif token.type != tokenize.NL:
            found = former_in_text(token.string) | former_in_text(' '.join(comments))
            comments.clear()
        yield from ((token.start[0], word) for word in sorted(found))


def _sources() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob('*.py')):
        yield path.relative_to(PACKAGE).as_posix(), path


def _pages() -> Iterator[Path]:
    yield from (ROOT / 'README.md', ROOT / 'CONTRIBUTING.md')
    yield from sorted((ROOT / 'docs').rglob('*.md'))


def test_the_glossary_has_the_former_words() -> None:
    words = {each.word: each.is_retired_in_texts for each in FORMER}
    assert words.items() >= {'mend': True, 'cut off': True, 'told': False, 'known call': False}.items()
    assert len(words) == len(FORMER), 'each stands there once'


def test_code_has_none() -> None:
    found = [
        f'{name}:{line}: {word}'
        for name, path in _sources()
        for line, word in former_in_code(path.read_text())
        if (name, word) not in MAY_STAND
    ]
    assert not found, 'the glossary has the terms that took their place'


def test_files_are_not_named_with_them() -> None:
    assert not [name for name, _ in _sources() if former_in_name(name.removesuffix('.py').replace('/', '_'))]


def test_pages_have_none() -> None:
    found = [
        f'{path.relative_to(ROOT)}: {word}'
        for path in _pages()
        for word in former_in_text(path.read_text().partition(TITLE if path == GLOSSARY else '\0')[0])
    ]
    assert not found, 'the glossary has the terms that took their place'


def test_what_may_stand_stands() -> None:
    found = {(name, word) for name, path in _sources() for _, word in former_in_code(path.read_text())}
    assert not MAY_STAND.keys() - found, 'an exception that nothing needs'


@pytest.mark.parametrize(
    ('source', 'words'),
    [
        ('def is_told(): ...', ['told']),
        ('class AskedAgain: ...', ['asked']),
        ('_MAX_FATES = 3', ['fates']),
        ('cut_off = 1', ['cut off']),
        ('x.had', ['had']),
        ('"""It was cut\n    off."""', ['cut off']),
        ('x = 1  # made anew', ['anew']),
        ('# it went\n# on\nx = 1', ['went on']),
        ("f'it goes on with {x}'", ['goes on']),
        ('told_the_truth = shadow = cutlery = 1', ['told']),
        ("'the model is told what it had'", []),
        ('amended = handedness = goes.on', []),
    ],
)
def test_a_former_word_is_found_where_it_is_put_back(source: str, words: list[str]) -> None:
    assert [word for _, word in former_in_code(f'{source}\n')] == words
