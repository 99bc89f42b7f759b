"""What runs and gives a wrong answer is told, and nothing that may be right is."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from corpus.load import load, parse
from pydantic_ai import FunctionToolset, Tool
from pydantic_ai.toolsets import CombinedToolset
from support.checking import Toolbox, corpus_toolbox, toolbox, toolbox_of
from support.traps import SANDBOX_TRAPS, TRAPS
from typing_extensions import TypedDict

from pydantic_ai_grail._source.check import MAX_REMARKS
from pydantic_ai_grail.events.diagnostics import CODES

pytestmark = pytest.mark.anyio


@pytest.fixture(scope='module')
def anyio_backend() -> str:
    return 'asyncio'


@pytest.fixture(scope='module')
async def tools() -> Toolbox:
    return await corpus_toolbox()


async def remarks(tools: Toolbox, *cells: str) -> list[tuple[int, str, str | None]]:
    """Line, message and what was perhaps meant, of each remark on the last cell."""
    *before, last = cells
    verdict = await tools.conversation().after(*before).verdict(last)
    assert verdict.refusals == ()
    assert {each.code for each in verdict.remarks} <= CODES.keys()
    return [(each.position.line, each.message, each.fix) for each in verdict.remarks]


OPEN = "'open', 'closed'; 'Open' is never equal to it."


@pytest.mark.parametrize(
    ('source', 'what'),
    [
        ("[i for i in await search_issues() if i['state'] == 'Open']", "i['state']"),
        ("for i in await search_issues():\n    if 'Open' != i['state']: print(i)", "i['state']"),
        ("i = await get_issue(1)\ni['state'] in ('Open', 'all')", "i['state']"),
        ("i = await get_issue(1)\ns = i['state']\ns not in ['Open']", 's'),
        ("i = await get_issue(1)\nmatch i['state']:\n    case 'Open' | 'all': print(i)", "i['state']"),
        ("(await get_issue(1)).get('state') == 'Open'", "(await get_issue(1)).get('state')"),
        ("rows = await search_issues() or []\nrows[0]['state'] == 'Open'", "rows[0]['state']"),
        ("def f(i): return i['state'] == 'Open'\n[*filter(f, await search_issues())]", "i['state']"),
        ("sorted(await search_issues(), key=lambda i: i['state'] == 'Open')", "i['state']"),
        (
            'import asyncio\nrows = await asyncio.gather(*[get_issue(n) for n in (1, 2)])\n'
            "[r for r in rows if r['state'] == 'Open']",
            "r['state']",
        ),
        (
            "import asyncio\na = await asyncio.gather(get_issue(1), get_issue(2))\na[0]['state'] == 'Open'",
            "a[0]['state']",
        ),
    ],
)
async def test_a_comparison_that_is_never_true_is_told(source: str, what: str, tools: Toolbox) -> None:
    found = await remarks(tools, source)

    assert found[0][1:] == (f'{what} is one of {OPEN}', "'open'")


async def test_values_of_other_types_and_long_expressions_are_told_as_well(tools: Toolbox) -> None:
    source = "i = await get_issue(1)\ni['severity'] == '1', i['severity'] == 'high', i['state'] == 1"

    assert await remarks(tools, source) == [
        (2, "i['severity'] is one of 1, 2, 3; '1' is never equal to it.", '1'),
        (2, "i['severity'] is one of 1, 2, 3; 'high' is never equal to it.", None),
        (2, "i['state'] is one of 'open', 'closed'; 1 is never equal to it.", None),
    ]
    [(_, message, _)] = await remarks(tools, "(await search_issues(query='long words'))[0]['state'] == 'done'")
    assert message == "the value is one of 'open', 'closed'; 'done' is never equal to it."


@pytest.mark.parametrize(
    'source',
    [
        "rows = await search_issues()\nfor r in rows:\n    r['age'] = 3\n[r for r in rows if r['state'] == 'Open']",
        "first = (await search_issues())[0]\nfirst['age'] = 3\nfirst['state'] == 'Open'",
    ],
)
async def test_a_record_with_keys_of_its_own_is_still_the_record(source: str, tools: Toolbox) -> None:
    [(_, message, _)] = await remarks(tools, source)

    assert message.endswith(OPEN)


async def test_it_is_told_where_the_value_came_from_earlier_cells(tools: Toolbox) -> None:
    assert await remarks(tools, 'rows = await search_issues()', "[r for r in rows if r['state'] == 'Open']") == [
        (1, f"r['state'] is one of {OPEN}", "'open'")
    ]


@pytest.mark.parametrize(
    'cells',
    [
        # right
        ["[i for i in await search_issues() if i['state'] == 'open' and i['severity'] in (1, 2)]"],
        ["i = await get_issue(1)\ni['state'] == 'open' or i['state'] == 'Open'"],
        ["i = await get_issue(1)\ni['state'] in ('open', 'Open', 'OPEN')"],
        ["i = await get_issue(1)\nmatch i['state']:\n    case 'open': print(1)\n    case _: print(2)"],
        ["i = await get_issue(1)\ni['title'] == 'Open', i['state'] is None, i['state'] == None"],
        # may be something else
        ["i = await get_issue(1)\ni['state'] = i['state'].title()\ni['state'] == 'Open'"],
        ["def up(r):\n    r['state'] = 'Open'\n    return r", "i = up(await get_issue(1))\ni['state'] == 'Open'"],
        ["i = await get_issue(1)\ni.get('state', 'none') == 'none'"],
        ["s = (await get_issue(1))['state']\ns = s.title()\ns == 'Open'"],
        ["rows = await search_issues()\nrows.append({'state': 'Open'})\n[r for r in rows if r['state'] == 'Open']"],
        ["rows = [{**r, 'state': 'Open'} for r in await search_issues()]\n[r for r in rows if r['state'] == 'Open']"],
        ["i = await get_issue(1) or {'state': 'Open'}\ni['state'] == 'Open'"],
        ["i = {'state': 'Open'}\ni['state'] == 'Open'"],
        ["by = {'a': await get_issue(1)}\nby['a'] = {'state': 'Open'}\nby['a']['state'] == 'Open'"],
        ["i = await get_issue(1)\ni['assignee'] = {'mail': 1}\n(i['assignee'] or {}).get('mail')"],
        ["rows = await search_issues()\nb = rows\nb[0] = {'state': 'Open'}\n[r for r in rows if r['state'] == 'Open']"],
        ["def f(i): return i['state'] == 'Open'", "f({'state': 'Open'})"],
        ["def f(i):\n    return [g for g in map(lambda i: i, [{'state': 'Open'}]) if g['state'] == 'Open']\nf(await get_issue(1))"],
        ["i = await get_issue(1)\nclass A:\n    i = {'state': 'Open'}\n    x = i['state'] == 'Open'"],
        ["if False:\n    (await get_issue(1))['state'] == 'Open'"],
        ["state = 'open'\nstate == 'Open'"],
    ],
)  # fmt: skip
async def test_what_may_be_equal_is_not_told(cells: list[str], tools: Toolbox) -> None:
    assert await remarks(tools, *cells) == []


async def test_a_key_that_get_never_finds_is_told_with_the_one_that_was_meant(tools: Toolbox) -> None:
    source = (
        "i = await get_issue(1)\ni.get('stauts'), i.get('opened'), i.get('title')\n(i['assignee'] or {}).get('mail')"
    )

    assert await remarks(tools, source) == [
        (2, "records of 'IssueDetail' have no key 'stauts', so this get() never finds one.", "'state'"),
        (2, "records of 'IssueDetail' have no key 'opened', so this get() never finds one.", "'opened_at'"),
        (3, "records of 'Person' have no key 'mail', so this get() never finds one.", "'email'"),
    ]


async def test_the_keys_are_named_where_none_is_alike(tools: Toolbox) -> None:
    assert await remarks(tools, "d = (await deploys())[0]\nd.get('zone', 'none')\nd.get('zone')") == [
        (
            2,
            "records of 'Deploy' have no key 'zone', so this get() never finds one. "
            'Their keys: id, service, version, at, took, ok, by.',
            None,
        )
    ]


@pytest.mark.parametrize(
    'cells',
    [
        ["i = await get_issue(1)\ni['age'] = 3", "i.get('age')"],
        ["def mark(i):\n    i['age'] = 3", "i = await get_issue(1)\nmark(i)\ni.get('age')"],
        ["i = await get_issue(1)\ni.update(age=3)\ni.get('age')"],
        ["i = await get_issue(1)\nfor k in ('a', 'b'):\n    i[k] = 1\ni.get('a')"],
        ["rows = [{**r, 'age': 1} for r in await search_issues()]\nrows[0].get('age')"],
        ["rows = await run_query('a')\nrows[0].get('age')"],
        ["x = (await fetch_json('a')).get('age')"],
        ["if False:\n    (await get_issue(1)).get('age')"],
        ["i = await get_issue(1)\nkey = 'x'\ni.get(key)"],
    ],
)
async def test_a_key_that_may_be_there_is_not_told(cells: list[str], tools: Toolbox) -> None:
    assert await remarks(tools, *cells) == []


async def test_remarks_are_few_and_in_the_order_of_the_source(tools: Toolbox) -> None:
    source = 'i = await get_issue(1)\n' + '\n'.join(f"i.get('x{n}'), i['state'] == 'Open'" for n in range(9))

    found = await remarks(tools, source)

    assert len(found) == MAX_REMARKS
    assert [line for line, _, _ in found] == [2, 2, 3, 4, 5]


async def test_without_types_nothing_is_remarked(tools: Toolbox) -> None:
    verdict = await tools.conversation('names').verdict("(await get_issue(1)).get('stauts')")

    assert verdict.remarks == ()


async def test_of_the_corpus_and_the_traps_only_what_is_never_there_is_told(tools: Toolbox) -> None:
    programs = (*load('valid'), *(parse(name, text) for name, text in {**TRAPS, **SANDBOX_TRAPS}.items()))
    told: dict[str, list[str]] = {}
    for program in programs:
        conversation = tools.conversation()
        for cell in program.cells:
            for remark in (await conversation.verdict(cell.source)).remarks:
                told.setdefault(program.name, []).append(remark.message.partition(',')[0])
            conversation.ran(cell.source, raises=cell.raises)

    assert told == {
        'truthiness_and_defaults': ["records of 'IssueDetail' have no key 'milestone'"],
        'key_guard': ["records of 'IssueDetail' have no key 'priority'"],
    }


async def test_what_a_tool_gives_itself_is_known_with_and_without_none() -> None:
    async def status(name: str) -> Literal['up', 'down'] | None:
        return 'up'

    async def level(name: str) -> Literal[1, 2] | str:
        return 1

    tools = await toolbox_of(status, level)

    assert await remarks(tools, "await status('a') == 'Up', await status('a') is None, await level('a') == 'one'") == [
        (1, "await status('a') is one of 'up', 'down'; 'Up' is never equal to it.", "'up'")
    ]
    assert await remarks(tools, "s = await status('a')\ns == 'gone'") == [
        (2, "s is one of 'up', 'down'; 'gone' is never equal to it.", None)
    ]


async def test_records_of_one_name_in_several_modules_may_be_any_of_them() -> None:
    def first() -> Any:
        class Item(TypedDict):
            state: Literal['a', 'b']
            id: int

        return Item

    def second() -> Any:
        class Item(TypedDict):
            state: Literal['c']
            label: str

        return Item

    def of(record: Any, name: str) -> FunctionToolset[Any]:
        async def get() -> Any:
            return None

        get.__annotations__['return'] = record
        return FunctionToolset([Tool(get, name=f'get_{name}')], id=name)

    tools = await toolbox(CombinedToolset([of(first(), 'one'), of(second(), 'other')]), budget_chars=10)
    one, other = (f'await {name}()' for name in tools.catalog.entries)

    assert await remarks(tools, f"i = {one}\nj = {other}\ni['state'] == 'c', j['state'] == 'a'") == []
    assert await remarks(tools, f"i = {one}\ni['state'] == 'd'") == [
        (2, "i['state'] is one of 'a', 'b', 'c'; 'd' is never equal to it.", None)
    ]


@pytest.mark.parametrize(
    ('source', 'told'),
    [
        ('import json\njson.dump', (2, 'json.dump is a function, and nothing calls it.', None)),
        ('from math import floor\nfloor', (2, 'floor is a function, and nothing calls it.', None)),
        ('search_issues', (1, 'search_issues is a tool, and nothing calls it.', None)),
    ],
)
async def test_a_cell_that_ends_in_a_function_it_does_not_call_is_told(
    source: str, told: tuple[int, str, str | None], tools: Toolbox
) -> None:
    assert await remarks(tools, source) == [told]


@pytest.mark.parametrize(
    'source',
    [
        'import math\nmath.pi',
        'import datetime\ndatetime.date',
        'import json\njson',
        'search_issues = 5\nsearch_issues',
        'import json\ndump = json.dumps([1])\ndump',
        'import json\nclass Mine:\n    dump = 1\njson = Mine()\njson.dump',
    ],
)
async def test_a_cell_that_ends_in_a_value_is_told_nothing_of_functions(source: str, tools: Toolbox) -> None:
    assert await remarks(tools, source) == []
