"""Tool calls that were not awaited, or awaited in vain: rewritten where the meaning is plain, left alone where it is not."""

from __future__ import annotations

import pytest
from support.cells import bare_catalog, prepared, rewritten
from support.interpreters import run_cpython, run_monty
from support.rewrite_cells import AWAITED, LEFT

CATALOG = bare_catalog('search', 'get', 'notify', sequential=['lock'])


async def search(text: str) -> list[dict[str, object]]:
    return [{'id': f'{text}{number}', 'n': number} for number in (1, 2)]


async def get(key: str) -> dict[str, object]:
    return {'id': key, 'size': len(key)}


async def notify(text: object) -> None:
    return None


def lock(text: str) -> str:
    return text.upper()


TOOLS = {'search': search, 'get': get, 'notify': notify, 'lock': lock}


@pytest.mark.parametrize(('written', 'meant'), AWAITED)
def test_a_call_whose_result_is_used_is_awaited(written: str, meant: str) -> None:
    cell = prepared(written, catalog=CATALOG)

    assert cell.source.split('\n')[: len(meant.split('\n'))] == meant.split('\n')
    assert {rewrite.kind for rewrite in cell.rewrites} == {'await'}
    assert run_monty(cell.source, tools=TOOLS) == run_cpython(meant, tools=TOOLS)


@pytest.mark.parametrize('written', LEFT)
def test_a_call_that_may_be_kept_for_later_is_left(written: str) -> None:
    cell = prepared(written, catalog=CATALOG)

    assert 'await' not in {rewrite.kind for rewrite in cell.rewrites}


def test_each_await_is_told_in_one_short_line() -> None:
    [first, second] = prepared("rows = search('a')\nprint(rows, get('b'))", catalog=CATALOG).rewrites

    assert (first.kind, first.line, first.note) == ('await', 1, 'awaited `search(...)`')
    assert (second.kind, second.line, second.note) == ('await', 2, 'awaited `get(...)`')


def test_tools_in_modules_are_awaited_by_every_name_they_are_called_by() -> None:
    assert rewritten('import github\ngithub.list_issues()[0]') == 'import github\n(await github.list_issues())[0]'
    assert rewritten('import github as gh\ngh.list_issues()[0]') == 'import github as gh\n(await gh.list_issues())[0]'
    assert (
        rewritten('from github import list_issues as ls\nlen(ls())')
        == 'from github import list_issues as ls\nlen(await ls())'
    )
    assert rewritten('len(github.list_issues())', bound={'github'}) == 'len(await github.list_issues())'


@pytest.mark.parametrize(
    ('source', 'bound'),
    [
        ("len(search('a'))", {'search'}),
        ('search = len\nsearch([])[0]', set[str]()),
        ("def search(q):\n    return q\nsearch('a')[0]", set[str]()),
        ("def f(search):\n    return search('a')[0]", set[str]()),
        ("for search in [len]:\n    print(search('a')[0])", set[str]()),
        ("[search('a')[0] for search in [len]]", set[str]()),
        ("import os as github\ngithub.list_issues()[0]", set[str]()),
        ("print(\"search('a')[0]\")", set[str]()),
    ],
)  # fmt: skip
def test_a_name_that_the_code_took_is_no_tool(source: str, bound: set[str]) -> None:
    assert prepared(source, bound=bound).rewrites == ()


def test_a_call_in_a_plain_function_cannot_be_awaited_there() -> None:
    assert prepared("def f(k):\n    return get(k)['size']\n1", catalog=CATALOG).rewrites == ()


@pytest.mark.parametrize(
    ('written', 'meant'),
    [
        ("await lock('a')", "lock('a')"),
        ("x = (await lock('a')) + await  lock('b')\nx", "x = (lock('a')) + lock('b')\nx"),
        ("[await lock(k) for k in 'ab']", "[lock(k) for k in 'ab']"),
        ("f\"{await lock('a')}\"", "f\"{lock('a')}\""),
        ("import asyncio\nawait asyncio.gather(*[lock(k) for k in 'ab'])", "import asyncio\n[*[lock(k) for k in 'ab']]"),
        ("await asyncio.gather(lock('a'), lock('b'))", "[lock('a'), lock('b')]"),
        ("import asyncio\nawait asyncio.gather(*map(lock, 'ab'))", "import asyncio\n[*[lock(_item) for _item in 'ab']]"),
        ("import asyncio\nawait asyncio.gather(*[lock('a'), lock('b')])", "import asyncio\n[*[lock('a'), lock('b')]]"),
        ("import asyncio\nawait asyncio.gather(get('a'), lock('b'))", "import asyncio\nawait asyncio.gather(get('a'), asyncio.sleep(0, lock('b')))"),
        ("from asyncio import gather\nawait gather(get('a'), lock('b'))", "from asyncio import gather\nimport asyncio; await gather(get('a'), asyncio.sleep(0, lock('b')))"),
    ],
)  # fmt: skip
def test_a_tool_that_answers_at_once_is_not_awaited(written: str, meant: str) -> None:
    cell = prepared(written, catalog=CATALOG)

    assert rewritten(written, catalog=CATALOG) == meant
    assert {rewrite.kind for rewrite in cell.rewrites} <= {'no-await', 'gather', 'map-tool'}
    assert run_monty(cell.source, tools=TOOLS) == run_cpython(meant, tools=TOOLS)
