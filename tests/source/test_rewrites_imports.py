"""What is used and not imported is imported, on a line that is there; a guess is not made."""

from __future__ import annotations

import pytest
from support.cells import bare_catalog, prepared, refusals, rewritten
from support.interpreters import run_cpython, run_monty
from support.rewrite_cells import IMPORTED

GUESSES = [
    ('product["name"]', 'a name that a module of CPython happens to have'),
    ('count + 1', 'the same'),
    ('field.name', 'the same'),
    ('date["x"]', 'not used as a class'),
    ('date.nothing', 'no attribute of the class'),
    ('datetime.now(), datetime.timedelta(1)', 'a class and a module at once'),
    ('json', 'a module that nothing is taken from'),
    ('json.nothing', 'nothing that the module has'),
    ('searches(1)', 'a misspelled tool'),
    ('copy.deepcopy; copy = 1', 'a variable of the cell'),
    ('data.json', 'an attribute'),
    ('"json.dumps(1)"', 'text'),
    ('statistics.mode', 'reported instead'),
]


@pytest.mark.parametrize(('written', 'meant'), IMPORTED)
def test_what_is_used_is_imported_before_its_first_use(written: str, meant: str) -> None:
    cell = prepared(written)

    assert rewritten(written) == meant
    assert {rewrite.kind for rewrite in cell.rewrites} == {'import'}
    assert run_monty(cell.source) == run_cpython(meant)


@pytest.mark.parametrize(('source', 'why'), GUESSES)
def test_what_is_not_plain_is_not_imported(source: str, why: str) -> None:
    if why == 'reported instead':
        [refusal] = refusals(source)
        assert refusal.code == 'unsupported-import'
    else:
        assert prepared(source).rewrites == ()


@pytest.mark.parametrize('source', ['json.dumps(1)', 'Counter("a")', 'github.list_issues()[0]'])
def test_names_of_the_session_are_not_imported_again(source: str) -> None:
    names = {'json', 'Counter', 'github'}

    assert [rewrite for rewrite in prepared(source, bound=names).rewrites if rewrite.kind == 'import'] == []


def test_a_tool_named_like_something_of_the_library_is_the_tool() -> None:
    catalog = bare_catalog('reduce', 'date')

    assert rewritten('reduce(1)[0]', catalog=catalog) == '(await reduce(1))[0]'
    assert rewritten('date()[0]', catalog=catalog) == '(await date())[0]'


def test_modules_of_tools_are_imported_by_their_whole_name() -> None:
    catalog = bare_catalog('github.list_issues', 'acme.crm.find')

    assert rewritten('r = github.list_issues()\nlen(r)', catalog=catalog) == (
        'import github; r = await github.list_issues()\nlen(r)'
    )
    assert rewritten('len(acme.crm.find(1))', catalog=catalog) == 'import acme.crm; len(await acme.crm.find(1))'
    assert rewritten('help(github.nothing)', catalog=catalog) == 'import github; help(github.nothing)'


def test_a_name_that_only_annotations_use_needs_no_import() -> None:
    cell = prepared('def f(x: Decimal) -> Any:\n    y: Path = x\n    return y\nf(1)')

    assert cell.rewrites == ()
    assert run_monty(cell.source) == 1


def test_each_import_is_told_in_one_short_line() -> None:
    [rewrite] = prepared('x = 1\nprint(json.dumps(x))').rewrites

    assert (rewrite.kind, rewrite.line, rewrite.note) == ('import', 2, 'added `import json`')


@pytest.mark.parametrize(
    ('source', 'name', 'fix'),
    [
        ('@dataclass\nclass P:\n    x: int\n', 'dataclass', 'from dataclasses import dataclass'),
        ('for x in json.loads("[1]"):\n    print(x)', 'json', 'import json'),
        ('if 1:\n    for x in json.loads("[1]"):\n        print(x)', 'json', 'import json'),
        ('from __future__ import annotations\nif math.pi:\n    print(1)', 'math', 'import math'),
    ],
)
def test_where_no_line_has_room_the_import_is_asked_for(source: str, name: str, fix: str) -> None:
    [refusal] = refusals(source)

    assert refusal.code == 'unknown-name'
    assert refusal.message == f'`{name}` is used and not imported.'
    assert refusal.fix == f'Start the code with a line of its own: {fix}'
    line = source.split('\n')[refusal.position.line - 1]
    assert line[refusal.position.column - 1 : (refusal.position.end_column or 0) - 1] == name


def test_a_rewritten_cell_after_a_continued_line_is_still_python() -> None:
    source = 'x = 1 + \\\n    2\n\n\ny = json.dumps(x)\ny'

    assert run_monty(prepared(source).source) == '3'


@pytest.mark.parametrize(
    ('source', 'meant', 'bound'),
    [
        ('x = list_issues()\nlen(x)', 'import github; x = await github.list_issues()\nlen(x)', set[str]()),
        ('len(list_issues())', 'len(await github.list_issues())', {'github'}),
        ('import github\nlist_issues()[0]', 'import github\n(await github.list_issues())[0]', set[str]()),
        ('list_issues()[0]', 'list_issues()[0]', {'list_issues'}),
        (
            'def list_issues():\n    return [1]\nlist_issues()[0]',
            'def list_issues():\n    return [1]\nlist_issues()[0]',
            set[str](),
        ),
        ('github = 1\nlist_issues', 'github = 1\nlist_issues', set[str]()),
        ('find(1)["x"]', 'find(1)["x"]', set[str]()),
        ('len(list_issues(find))', 'import github; len(await github.list_issues(find))', set[str]()),
        ('[f() for f in [list_issues]]', 'import github; [await f() for f in [github.list_issues]]', set[str]()),
        # before its name is taken, and not after
        (
            'list_issues = await list_issues()\nlen(list_issues)',
            'import github; list_issues = await github.list_issues()\nlen(list_issues)',
            set[str](),
        ),
        (
            'x = list_issues()\nlen(x)\nlist_issues = x',
            'import github; x = await github.list_issues()\nlen(x)\nlist_issues = x',
            set[str](),
        ),
        (
            'for i in [1]:\n    list_issues = list_issues()',
            'for i in [1]:\n    list_issues = list_issues()',
            set[str](),
        ),
        ('from github import list_issues\nlist_issues', 'from github import list_issues\nlist_issues', set[str]()),
        (
            'from json import loads as list_issues\nlist_issues("1")\nlist_issues = 1',
            'from json import loads as list_issues\nlist_issues("1")\nlist_issues = 1',
            set[str](),
        ),
        ('[list_issues for list_issues in [1]]', '[list_issues for list_issues in [1]]', set[str]()),
    ],
)
def test_a_tool_is_called_through_the_one_module_that_has_it(source: str, meant: str, bound: set[str]) -> None:
    catalog = bare_catalog('github.list_issues', 'crm.find', 'shop.find')

    assert rewritten(source, catalog=catalog, bound=bound) == meant


def test_a_note_says_where_the_tool_is() -> None:
    [*_, rewrite] = prepared('list_issues', catalog=bare_catalog('github.list_issues')).rewrites

    assert (rewrite.kind, rewrite.note) == ('module', '`list_issues` is in module `github`; wrote `github.list_issues`')


@pytest.mark.parametrize(
    ('source', 'tool', 'meant'),
    [
        ('date(2026, 11, 1)', 'rate', 'from datetime import date; date(2026, 11, 1)'),
        ('Counter("aab")', 'counted', 'from collections import Counter; Counter("aab")'),
        # the same name but for its verb: either may be meant, and the refusal names both
        ('date(2026, 11, 1)', 'get_date', 'date(2026, 11, 1)'),
        ('log(2)', 'logs', 'log(2)'),
    ],
)
def test_a_class_is_imported_where_a_tool_is_only_spelled_alike(source: str, tool: str, meant: str) -> None:
    assert rewritten(source, catalog=bare_catalog(tool)) == meant
