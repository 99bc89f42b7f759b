"""Tool calls that were not awaited, or awaited in vain: mended where the meaning is plain, left alone where it is not."""

from __future__ import annotations

import pytest
from support.cells import bare_catalog, mended, prepared
from support.interpreters import run_cpython, run_monty

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

AWAITED = [
    ("rows = search('a')\nlen(rows)", "rows = await search('a')\nlen(rows)"),
    ("search('a')[0]['id']", "(await search('a'))[0]['id']"),
    ("get('a').get('size')", "(await get('a')).get('size')"),
    ("[r['n'] for r in search('a')]", "[r['n'] for r in await search('a')]"),
    ("[get(k)['size'] for k in 'ab']", "[(await get(k))['size'] for k in 'ab']"),
    ("[r for k in 'ab' for r in search(k) if get(r['id'])]", "[r for k in 'ab' for r in await search(k) if await get(r['id'])]"),
    ("{k: get(k) for k in 'ab'}", "{k: await get(k) for k in 'ab'}"),
    ("for r in search('a'):\n    x = r\nx", "for r in await search('a'):\n    x = r\nx"),
    ("total = 0\nfor r in search('a'):\n    total += get(r['id'])['size']\ntotal",
     "total = 0\nfor r in await search('a'):\n    total += (await get(r['id']))['size']\ntotal"),
    ("f\"{len(search('a'))} of {get('b')['id']!r:>4}\"", "f\"{len(await search('a'))} of {(await get('b'))['id']!r:>4}\""),
    ("'yes' if search('a') else 'no'", "'yes' if await search('a') else 'no'"),
    ("if not search('a'):\n    r = 1\nelse:\n    r = 2\nr", "if not await search('a'):\n    r = 1\nelse:\n    r = 2\nr"),
    ("while (page := get('x'))['size'] > 3:\n    pass\npage", "while (page := await get('x'))['size'] > 3:\n    pass\npage"),
    ("a, b = search('x')\na['id']", "a, b = await search('x')\na['id']"),
    ("a, b = search('x'), get('y')\n(a[0], b['id'])", "a, b = await search('x'), await get('y')\n(a[0], b['id'])"),
    ("sorted(search('a'), key=lambda r: -r['n'])[0]", "sorted(await search('a'), key=lambda r: -r['n'])[0]"),
    ("results = []\nfor k in 'ab':\n    results.append(get(k))\nresults", "results = []\nfor k in 'ab':\n    results.append(await get(k))\nresults"),
    ("d = {}\nfor k in 'ab':\n    d[k] = get(k)\n[d[k]['size'] for k in d]", "d = {}\nfor k in 'ab':\n    d[k] = await get(k)\n[d[k]['size'] for k in d]"),
    ("pairs = [(k, get(k)) for k in 'ab']\n{k: v['size'] for k, v in pairs}", "pairs = [(k, await get(k)) for k in 'ab']\n{k: v['size'] for k, v in pairs}"),
    ("rows = {k: {'detail': get(k)} for k in 'ab'}\nfor k, row in rows.items():\n    print(row['detail']['size'])\nlen(rows)",
     "rows = {k: {'detail': await get(k)} for k in 'ab'}\nfor k, row in rows.items():\n    print(row['detail']['size'])\nlen(rows)"),
    ("import json\njson.dumps(get('a'))", "import json\njson.dumps(await get('a'))"),
    ("notify(get('a'))\n1", "await notify(await get('a'))\n1"),
    ("x = search('a') or []\nlen(x)", "x = await search('a') or []\nlen(x)"),
    ("[*search('a'), *search('b')]", "[*await search('a'), *await search('b')]"),
    ("{**get('a'), 'x': 1}", "{**await get('a'), 'x': 1}"),
    ("get('a')", "await get('a')"),
    ("search = search('a')\nsearch[0]", "search = await search('a')\nsearch[0]"),
    ("assert search('a'), 'none'\n1", "assert await search('a'), 'none'\n1"),
    ("async def load(k):\n    return get(k)\nawait load('a')", "async def load(k):\n    return await get(k)\nawait load('a')"),
    ("async def load(k):\n    row = get(k)\n    return row['size']\nload('abc')", "async def load(k):\n    row = await get(k)\n    return row['size']\nawait load('abc')"),
    ("async def load(k):\n    return k\nrows = [load(k) for k in 'ab']\nprint(rows)\nrows", "async def load(k):\n    return k\nrows = [await load(k) for k in 'ab']\nprint(rows)\nrows"),
    ("x = 2 ** len(get('a')) + -get('b')['size']\nx", "x = 2 ** len(await get('a')) + -(await get('b'))['size']\nx"),
    ("é = 'ü'; y = get(é)['size']; y", "é = 'ü'; y = (await get(é))['size']; y"),
    ("calls = [get(k) for k in 'ab']\ntotal = 0\nfor i, c in enumerate(calls):\n    total += c['size'] * i\ntotal",
     "calls = [await get(k) for k in 'ab']\ntotal = 0\nfor i, c in enumerate(calls):\n    total += c['size'] * i\ntotal"),
    ("max(search('a'), key=lambda r: r['n'])['id']", "max(await search('a'), key=lambda r: r['n'])['id']"),
    ("table = {}\nfor k in 'ab':\n    table.setdefault(k, []).append(1)\n    table[k] += search(k)\nlen(table['a'])",
     "table = {}\nfor k in 'ab':\n    table.setdefault(k, []).append(1)\n    table[k] += await search(k)\nlen(table['a'])"),
]  # fmt: skip
"""Cells as written, and as they should have been."""

LEFT = [
    "tasks = [get(k) for k in 'ab']\nawait asyncio.gather(*tasks)",
    "a = get('a')\nb = get('b')\nawait asyncio.gather(a, b)",
    "await asyncio.gather(*[get(k) for k in 'ab'])",
    "await asyncio.gather(*(get(k) for k in 'ab'), search('c'))",
    "calls = {k: get(k) for k in 'ab'}\nfor k, c in calls.items():\n    print(k, await c)",
    "calls = {k: get(k) for k in 'ab'}\ndict(zip(calls, await asyncio.gather(*calls.values())))",
    "tasks = []\nfor k in 'ab':\n    tasks.append(get(k))\nresults = await asyncio.gather(*tasks)",
    "tasks = []\ntasks.extend([get('a')])\ntasks += [get('b')]\nawait asyncio.gather(*tasks)",
    "t = get('a')\nprint('started')\nx = await t",
    "t = get('a')\nx = (await t)['size']\nprint(t)",
    "load = lambda k: get(k)\nawait load('a')",
    "def load(k):\n    return get(k)\nawait load('a')",
    "async def both(c):\n    return [await c, await c]\nawait both(get('a'))",
    "def later(k):\n    return [get(k), get(k)]\nawait asyncio.gather(*later('a'))",
    "pending = [get(k) for k in 'ab']\nprint('started')",
    "asyncio.run(get('a'))",
    "class Box:\n    pass\nbox = Box()\nbox.call = get('a')\nawait box.call",
    "calls = [get('a')]\nwhile calls:\n    print(await calls.pop())",
    "first = [get('a'), get('b')][0]\nawait first",
    "x = y = get('a')\nprint(x['size'])\nawait y",
    "async def go():\n    global kept\n    kept = get('a')\nawait go()\nawait kept",
    "for call in [get('a'), get('b')]:\n    print(await call)",
    "for (i, call) in enumerate([get('a'), get('b')]):\n    print(i, await call)",
    "await (get('a') if 1 else get('b'))",
    "(lambda call: call)(get('a'))",
    "print(*[await call for call in (get('a'),)])",
]  # fmt: skip
"""Cells that keep a coroutine, or may."""


@pytest.mark.parametrize(('written', 'meant'), AWAITED)
def test_a_call_whose_result_is_used_is_awaited(written: str, meant: str) -> None:
    cell = prepared(written, catalog=CATALOG)

    assert cell.source.split('\n')[: len(meant.split('\n'))] == meant.split('\n')
    assert {mend.kind for mend in cell.mends} == {'await'}
    assert run_monty(cell.source, tools=TOOLS) == run_cpython(meant, tools=TOOLS)


@pytest.mark.parametrize('written', LEFT)
def test_a_call_that_may_be_kept_for_later_is_left(written: str) -> None:
    cell = prepared(written, catalog=CATALOG)

    assert 'await' not in {mend.kind for mend in cell.mends}


def test_each_await_is_told_in_one_short_line() -> None:
    [first, second] = prepared("rows = search('a')\nprint(rows, get('b'))", catalog=CATALOG).mends

    assert (first.kind, first.line, first.note) == ('await', 1, 'awaited `search(...)`')
    assert (second.kind, second.line, second.note) == ('await', 2, 'awaited `get(...)`')


def test_tools_in_modules_are_awaited_by_every_name_they_are_called_by() -> None:
    assert mended('import github\ngithub.list_issues()[0]') == 'import github\n(await github.list_issues())[0]'
    assert mended('import github as gh\ngh.list_issues()[0]') == 'import github as gh\n(await gh.list_issues())[0]'
    assert (
        mended('from github import list_issues as ls\nlen(ls())')
        == 'from github import list_issues as ls\nlen(await ls())'
    )
    assert mended('len(github.list_issues())', bound={'github'}) == 'len(await github.list_issues())'


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
    assert prepared(source, bound=bound).mends == ()


def test_a_call_in_a_plain_function_cannot_be_awaited_there() -> None:
    assert prepared("def f(k):\n    return get(k)['size']\n1", catalog=CATALOG).mends == ()


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

    assert mended(written, catalog=CATALOG) == meant
    assert {mend.kind for mend in cell.mends} <= {'no-await', 'gather', 'map-tool'}
    assert run_monty(cell.source, tools=TOOLS) == run_cpython(meant, tools=TOOLS)
