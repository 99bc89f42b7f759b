"""Of the past only what a cell builds on, and of that only what may be relied on."""

from __future__ import annotations

import pytest

from pydantic_ai_grail._source.history import History, PastCell
from pydantic_ai_grail._source.past_source import past_of
from pydantic_ai_grail._source.reads import Reads


def past(*needed: str, cells: list[PastCell], modules: set[str] = set(), unsure: set[str] = set()) -> list[str]:  # noqa: B006  (never changed)
    history = History(cells=tuple(cells))
    return [
        *past_of(
            history, Reads(frozenset(needed), frozenset()), tool_modules=frozenset(modules), unsure=frozenset(unsure)
        ).lines
    ]


def ran(source: str) -> PastCell:
    return PastCell(source=source, completed=True)


def failed(source: str) -> PastCell:
    return PastCell(source=source, completed=False)


def test_only_statements_that_the_cell_builds_on_are_there() -> None:
    cells = [ran('a = 1\nb = a + 1\nc = 3\nprint(b)'), ran('d = b\ne = c')]
    assert past('d', cells=cells) == ['a = 1', 'b = a + 1', 'd = b']
    assert past('nothing', cells=cells) == []


def test_a_function_brings_what_it_reads_even_if_that_came_later() -> None:
    assert past('f', cells=[ran('def f():\n    return g()'), ran('def g():\n    return 1')]) == [
        'def f():',
        '    return g()',
        'def g():',
        '    return 1',
    ]


def test_what_puts_something_into_a_container_belongs_to_it() -> None:
    cells = [ran('rows = []\nrows.append(a)\nfor x in y:\n    rows.append(x)\nother.append(1)')]
    assert past('rows', cells=cells) == ['rows = []', 'rows.append(a)', 'for x in y:', '    rows.append(x)']


def test_a_failed_cell_may_have_stopped_anywhere() -> None:
    assert past('a', 'b', cells=[failed('a = 1\nraise X\nb = 2')]) == [
        'try:',
        '    a = 1',
        '    b = 2',
        'except BaseException:',
        '    pass',
    ]


@pytest.mark.parametrize(
    ('source', 'kept'),
    [
        ('if a:\n    return a\n    b = 1', 'if a:\n    pass\n    b = 1'),
        ('def b():\n    return 1', 'def b():\n    return 1'),
        ('b: int = a', 'b = a'),
        ('b: list[int] = []', 'b: list[int] = []'),
        ('b: dict[str, int] = dict()', 'b: dict[str, int] = dict()'),
        ('b: int', 'b: int'),
        ('if a:\n    print(a)\n    b = 1', 'if a:\n    pass\n    b = 1'),
        ('if a:\n    print(b := 1)', 'if a:\n    print((b := 1))'),
        ('if a:\n    global b\n    b = 1', 'if a:\n    pass\n    b = 1'),
        ('def b():\n    global c\n    print(c)', 'def b():\n    global c\n    print(c)'),
        ('class b:\n    c: int = a\n    print(c)', 'class b:\n    c = a\n    print(c)'),
        ('import b, github', 'import b\npass'),
        ('import github as b', 'b = github'),
        ('from github import c as b, d', 'b = github.c\nd = github.d'),
        ('from c import b', 'from c import b'),
        ('b = unsure + 1', 'b = grail_any__ + 1'),
    ],
)
def test_a_statement_keeps_what_is_true_afterwards(source: str, kept: str) -> None:
    assert '\n'.join(past('b', cells=[ran(source)], modules={'github'}, unsure={'unsure'})) == kept


def test_imports_that_cannot_stand_in_a_function_are_left_out() -> None:
    assert past('a', cells=[ran('from x import *\nfrom __future__ import annotations\na = 1')]) == ['a = 1']


def test_statements_that_are_nested_too_deeply_bind_nothing_for_sure() -> None:
    cells = [ran(f"a = 'x'{'.strip()' * 400}\nb = 1")]
    assert past('a', 'b', cells=cells)[-1] == 'b = 1'


def test_what_a_name_was_before_it_was_bound_anew_is_left_out() -> None:
    cells = [ran('a = 1\nb = a\nimport c'), ran('a = 2'), ran('c = d = 3\na: int = 4')]
    assert past('a', cells=cells) == ['a = 4']
    assert past('a', 'b', cells=cells) == ['a = 1', 'b = a', 'a = 4']
    assert past('c', cells=cells) == ['c = d = 3']


@pytest.mark.parametrize(
    'last', ['a += 1', 'if x:\n    a = 2', 'for a in y:\n    pass', 'a.append(1)', 'if x:\n    return\na = 2']
)
def test_what_a_name_was_before_belongs_to_it_if_it_may_be_so_still(last: str) -> None:
    assert past('a', cells=[ran('a = 1'), ran(last)])[0] == 'a = 1'


def test_the_variable_of_a_loop_brings_no_other_loop() -> None:
    cells = [ran('for row in one:\n    print(row)'), ran('two = []\nfor row in three:\n    two.append(row)')]
    assert past('two', cells=cells) == ['two = []', 'for row in three:', '    two.append(row)']
    assert past('row', cells=cells)[0] == 'for row in one:'


def test_a_function_that_is_built_on_reads_names_as_they_are_now() -> None:
    cells = [ran('n = 1\ndef f():\n    return n\nm = f()'), ran('n = 2')]
    assert past('m', cells=cells) == ['def f():', '    return n', 'm = f()', 'n = 2']
