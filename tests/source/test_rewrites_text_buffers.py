"""A text read as CSV through `io.StringIO` gives what it gives in CPython, line breaks in quotes included."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from support.agents import agent_with, play
from support.cells import prepared, refusals

pytestmark = pytest.mark.anyio

TEXTS = [
    'a,b\n1,2\n',
    'a,b\r\n1,2\r\n',
    'a,b\n"x\ny",2\n',
    'a,b\r\n"x\r\ny",2',
    'a,b\n\n1,2',
    '',
    '\n',
    '\n\na',
    'a\x0bb,c\n1,2\n',
    'a\u2028b,c\n"\u2029",d',
    'a\x1cb,c\nd\x85e,f',
    'a,"b\x0cc"\n',
    '"a""b",c\n "d",e',
]
FORMS = [
    'import csv, io\nlist(csv.reader(io.StringIO(text)))',
    'import csv\nfrom io import StringIO\nlist(csv.reader(StringIO(text)))',
    'import csv, io\nbuffer = io.StringIO(text)\nreader = csv.reader(buffer)\n[row for row in reader]',
    'import csv, io\nrows = []\nfor row in csv.reader(io.StringIO(text), delimiter=","):\n    rows.append(row)\nrows',
]


async def value(source: str) -> Any:
    """The value of a cell's last line."""
    [played] = await play(agent_with(), source)
    content: Any = played.content
    assert isinstance(content, dict), content
    return content['result']  # pyright: ignore[reportUnknownVariableType]  # as JSON has it


@pytest.mark.parametrize('text', TEXTS)
async def test_the_rows_of_a_text_are_those_of_cpython(text: str) -> None:
    wanted = list(csv.reader(io.StringIO(text)))

    for form in FORMS:
        assert await value(f'text = {text!r}\n{form}') == wanted, form


async def test_the_records_of_a_text_are_those_of_cpython() -> None:
    text = 'name,note\r\nada,"two\r\nlines"\r\nbob,\r\n'
    wanted = list(csv.DictReader(io.StringIO(text)))

    assert await value(f'import csv, io\nlist(csv.DictReader(io.StringIO({text!r})))') == wanted


async def test_what_the_advice_says_keeps_line_breaks_in_quotes() -> None:
    text = 'a,b\r\n"x\r\ny",2\n"x\ny",3\n'

    assert await value(f'import csv\nlist(csv.reader({text!r}.splitlines(keepends=True)))') == list(
        csv.reader(io.StringIO(text))
    )


def test_a_note_tells_of_it() -> None:
    [rewrite] = prepared('import csv, io\nlist(csv.reader(io.StringIO("a")))').rewrites

    assert (rewrite.kind, rewrite.line, rewrite.note) == (
        'text-buffer',
        2,
        '`io.StringIO` became an iterator over the lines of its text: it is missing here',
    )


@pytest.mark.parametrize(
    'source',
    [
        'f = io.StringIO("a")\nfor i in range(2):\n    print(list(csv.reader(f)))',  # the second time it is used up
        'f = io.StringIO("a")\nprint(f.readline())\nprint(list(csv.reader(f)))',
        'f = io.StringIO("a")\ndef rows():\n    return list(csv.reader(f))\n[rows(), rows()]',
        'f = io.StringIO("a")\n[list(csv.reader(f)) for _ in "ab"]',
        'f = io.StringIO("a")\nf = io.StringIO("b") if f else f\nlist(csv.reader(f))',
        'list(csv.reader(io.StringIO("a\\rb", newline="")))',
    ],
)
def test_a_buffer_that_is_more_than_lines_read_once_is_refused_with_what_to_write(source: str) -> None:
    [found] = refusals(f'import csv, io\n{source}')

    assert found.code == 'unsupported-import'
    assert found.fix == 'csv.reader and csv.DictReader take text.splitlines(keepends=True) instead of a text buffer.'
