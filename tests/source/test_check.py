"""What is said of one mistake, rule by rule, and what checking does around the rules."""

from __future__ import annotations

from typing import Any

import pytest
from corpus.tools import TOOLS
from pydantic_ai import FunctionToolset, Tool
from pydantic_ai.toolsets import CombinedToolset, PrefixedToolset
from support.checking import Toolbox, corpus_toolbox, toolbox

from pydantic_ai_grail._reply.offered import instead
from pydantic_ai_grail._source.check import MAX_REFUSALS
from pydantic_ai_grail._source.checkers import Checkers
from pydantic_ai_grail.events.diagnostics import CODES, Diagnostic, Position
from pydantic_ai_grail.events.outcomes import Verdict

pytestmark = pytest.mark.anyio


@pytest.fixture(scope='module')
def anyio_backend() -> str:
    return 'asyncio'


@pytest.fixture(scope='module')
async def tools() -> Toolbox:
    return await corpus_toolbox()


KEYS = 'number, title, state, severity, labels, opened_at, closed_at, assignee, estimate, body, comments, linked'
MISTAKES = {
    # calls against signatures
    "await search_issues(qeury='x')": (
        'unknown-argument',
        "search_issues() has no parameter 'qeury'. It takes: query, state, labels, assignee, limit.",
        'query',
    ),
    'await get_issue(nr=7)': ('unknown-argument', "get_issue() has no parameter 'nr'. It takes: number.", 'number'),
    'await get_issue()': (
        'missing-argument',
        "get_issue() also needs 'number' (int).",
        'Its signature: get_issue(number: int).',
    ),
    'await get_issue(1, 2)': (
        'too-many-arguments',
        'get_issue() takes 1 argument by place and is given 2.',
        'Its signature: get_issue(number: int).',
    ),
    "await search_issues('a', 'open')": (
        'too-many-arguments',
        'search_issues() takes 1 argument by place and is given 2. By name only: state, labels, assignee, limit.',
        "state='open'",
    ),
    'await get_issue(1, number=2)': (
        'duplicate-argument',
        "get_issue() is given 'number' twice: by its place among the arguments and by its name.",
        'Its signature: get_issue(number: int).',
    ),
    's = search_issues\nawait s(qeury=1)': (
        'unknown-argument',
        "search_issues() has no parameter 'qeury'. It takes: query, state, labels, assignee, limit.",
        'query',
    ),
    'def f(a, b): return a\nf(1)': ('missing-argument', "f() needs 'b'.", 'It takes: f(a, b).'),
    'def f(a, b): return a\nf(1, 2, 3)': (
        'too-many-arguments',
        'f() is given too many arguments.',
        'It takes: f(a, b).',
    ),
    'def f(a): return a\nf(1, a=2)': ('duplicate-argument', 'f() is given a parameter twice.', 'It takes: f(a).'),
    'def f(alpha=1): return alpha\nf(alhpa=2)': (
        'unknown-argument',
        "f() has no parameter 'alhpa'. It takes: alpha.",
        'alpha',
    ),
    # values
    "await close_issue(102, reason='complete')": (
        'wrong-type',
        "close_issue() cannot take reason = 'complete': Input should be 'completed' or 'not_planned'.",
        "'completed'",
    ),
    "await close_issue(102, 'wontfix')": (
        'wrong-type',
        "close_issue() cannot take reason = 'wontfix': Input should be 'completed' or 'not_planned'.",
        None,
    ),
    "await notify('#a', 5)": (
        'wrong-type',
        'notify() cannot take text = 5: Input should be a valid string.',
        "'5'",
    ),
    "await search_issues(labels='bug')": (
        'wrong-type',
        "search_issues() cannot take labels = 'bug': Input should be a valid set.",
        "{'bug'}",
    ),
    "n = len('abc')\nawait notify('#a', n)": ('wrong-type', 'notify() takes text as str, and n is 3.', 'str(n)'),
    'i = await get_issue(1)\nawait get_issue(i)': (
        'wrong-type',
        'get_issue() takes number as int, and i is IssueDetail.',
        "i['number']",
    ),
    "x = 'two'\nawait reserve('x', x)": ('wrong-type', "reserve() takes quantity as int, and x is 'two'.", None),
    "await quote_shipping({'street': 'a', 'city': 'b'}, 1.0)": (
        'missing-key',
        "quote_shipping(): address lacks the key 'zip'.",
        "Add 'zip': ... (str).",
    ),
    "s = 'a'\nawait quote_shipping({'street': s, 'city': 'b'}, 1.0)": (
        'missing-key',
        "quote_shipping(): address lacks the key 'zip'.",
        "Add 'zip': ... (str).",
    ),
    # records
    "i = await get_issue(1)\ni['titel']": (
        'unknown-key',
        f"Records of 'IssueDetail' have no key 'titel'. Their keys: {KEYS}.",
        "'title'",
    ),
    'f"{(await get_issue(1))[\'titel\']}"': (
        'unknown-key',
        f"Records of 'IssueDetail' have no key 'titel'. Their keys: {KEYS}.",
        "'title'",
    ),
    "def show(i):\n    return i['titel']\n[show(i) for i in await search_issues()]": (
        'unknown-key',
        "Records of 'Issue' have no key 'titel'. Their keys: "
        'number, title, state, severity, labels, opened_at, closed_at, assignee, estimate.',
        "'title'",
    ),
    "def by(i):\n    return i['wind']['speed']\nsorted(await forecast('Oslo'), key=by)": (
        'unknown-key',
        "Records of 'Wind' have no key 'speed'. Their keys: speed_kmh, direction.",
        "'speed_kmh'",
    ),
    "def when(i, unit='d'):\n    return i['days']\nlist(map(when, (await forecast('Oslo'))[:2]))": (
        'unknown-key',
        "Records of 'Weather' have no key 'days'. Their keys: city, day, temp_c, conditions, wind, rain_mm.",
        "'day'",
    ),
    'async def load(ns):\n    if not ns: return None\n    rows = [await get_order(n) for n in ns]\n    return max(rows)\n'
    "o = await load(ns=['a'])\n(o.copy() if o else None)['totl']": (
        'unknown-key',
        "Records of 'Order' have no key 'totl'. Their keys: id, customer_id, status, placed_at, total, lines, coupon.",
        "'total'",
    ),
    'i = await get_issue(1)\ni.title': (
        'unknown-attribute',
        "i is a dict (IssueDetail): it has keys, not the attribute 'title'.",
        "i['title']",
    ),
    "i = await get_issue(1)\ni.zork = 'x'": (
        'unknown-attribute',
        "i is a dict (IssueDetail): it has keys, not the attribute 'zork'.",
        f'Its keys: {KEYS}.',
    ),
    # lists, tuples and other plain values
    'xs = await search_issues()\nxs.title': (
        'unknown-attribute',
        "xs is of type list, which has no attribute 'title'.",
        'xs is a list: loop over it, or take an item of it first, as in xs[0].',
    ),
    "xs = await search_issues()\nxs['title']": (
        'unknown-key',
        "xs is a list: its items have numbers, not keys such as 'title'.",
        'Loop over it, or take an item of it first, as in xs[0].',
    ),
    'xs = [1]\nxs.push(2)': ('unknown-attribute', "xs is of type list, which has no attribute 'push'.", 'xs.append'),
    'xs = [1]\nxs.length': ('unknown-attribute', "xs is of type list, which has no attribute 'length'.", 'len(xs)'),
    'xs = [1]\n1 + xs.length()': (
        'unknown-attribute',
        "xs is of type list, which has no attribute 'length'.",
        'len(xs)',
    ),
    'xs = [1]\nxs.first() + 1': ('unknown-attribute', "xs is of type list, which has no attribute 'first'.", 'xs[0]'),
    'xs = [1]\nnot xs.includes(2)': (
        'unknown-attribute',
        "xs is of type list, which has no attribute 'includes'.",
        '(2 in xs)',
    ),
    'xs = [1]\nxs.includes': (
        'unknown-attribute',
        "xs is of type list, which has no attribute 'includes'.",
        'Test it with `in`: `item in xs`.',
    ),
    "text = 'abcdef'\ntext.substring(1, 3).upper()": (
        'unknown-attribute',
        "text is of type str, which has no attribute 'substring'.",
        'text[1:3]',
    ),
    "text = 'abcdef'\ntext.substr(1, 3)": (
        'unknown-attribute',
        "text is of type str, which has no attribute 'substr'.",
        'Take a slice: `text[start:end]`.',
    ),
    'xs = [1]\nxs.filter(str)': (
        'unknown-attribute',
        "xs is of type list, which has no attribute 'filter'.",
        'Write a comprehension: `[... for item in xs]`.',
    ),
    'n = 5\nn.length': ('unknown-attribute', "n is of type int, which has no attribute 'length'.", None),
    "'abc'.uper()": ('unknown-attribute', "'abc' is of type str, which has no attribute 'uper'.", "'abc'.upper"),
    'from datetime import timedelta\nd = timedelta(days=1)\nd.hours': (
        'unknown-attribute',
        "d is of type timedelta, which has no attribute 'hours'.",
        'd.total_seconds() / 3600',
    ),
    "x = 5\nx['a']": ('unknown-key', 'x is of type int, whose values have no keys and no numbered items.', None),
    "s = {'a'}\ns[0]": (
        'unknown-key',
        's is of type set, whose values have no keys and no numbered items.',
        'A set has no order: test with `in`, or index `list(s)`.',
    ),
    "h = await service_health('api')\nh[3]": (
        'unknown-key',
        'h has 3 items (tuple[str, float, int]), so there is no h[3].',
        'The last one is h[2].',
    ),
    "h = await service_health('api')\nh['status']": (
        'unknown-key',
        "h is a tuple: its items have numbers, not keys such as 'status'.",
        'h is tuple[str, float, int].',
    ),
    "a, b = await service_health('api')": (
        'wrong-unpacking',
        "await service_health('api') gives more than 2 values at a time: they do not fit (a, b).",
        'service_health() gives 3 values: tuple[str, float, int].',
    ),
    "for a, b, c in (await stock('KET-1')).items(): pass": (
        'wrong-unpacking',
        "(await stock('KET-1')).items() gives fewer than 3 values at a time: they do not fit (a, b, c).",
        'items() gives pairs: 2 values, key and value.',
    ),
    "for a, b, c in enumerate(['x']): pass": (
        'wrong-unpacking',
        "enumerate(['x']) gives fewer than 3 values at a time: they do not fit (a, b, c).",
        'enumerate() gives pairs: 2 values, number and item.',
    ),
    'a, b = (1, 2, 3)': (
        'wrong-unpacking',
        '(1, 2, 3) gives more than 2 values at a time: they do not fit (a, b).',
        'Take as many names as there are values, or one name for all of them instead of 2.',
    ),
    "h = service_health('api')\nstatus, p95 = await h": (
        'wrong-unpacking',
        'await h gives more than 2 values at a time: they do not fit (status, p95).',
        'service_health() gives 3 values: tuple[str, float, int].',
    ),
    "names = {'a', 'b'}\nnames.append('c')": (
        'unknown-attribute',
        "names is of type set, which has no attribute 'append'.",
        'names.add',
    ),
    "text = await read_text('/a')\ntext.substring(1)": (
        'unknown-attribute',
        "text is of type str, which has no attribute 'substring'.",
        'text[1:]',
    ),
    'xs = [1]\nys = xs.concat([2] if xs else [])': (
        'unknown-attribute',
        "xs is of type list, which has no attribute 'concat'.",
        '(xs + ([2] if xs else []))',
    ),
    'xs = [1]\nxs.includes(1 if xs else 2)': (
        'unknown-attribute',
        "xs is of type list, which has no attribute 'includes'.",
        '((1 if xs else 2) in xs)',
    ),
    "d = {'a': 1}\nd.b": (
        'unknown-attribute',
        "d is of type dict, which has no attribute 'b'.",
        "It is a dict: its values are at keys, as in d['b'].",
    ),
    # names and modules
    "await serch_issues('x')": ('unknown-name', "There is no name 'serch_issues'.", 'search_issues'),
    "await tracker.search_issues('x')": ('unknown-name', "There is no name 'tracker'.", 'search_issues'),
    'def f(threshold): return treshold\nf(1)': ('unknown-name', "There is no name 'treshold'.", 'threshold'),
    'print(later)\nlater = 1': (
        'unknown-name',
        "'later' is read before anything is assigned to it.",
        'Assign later before this line.',
    ),
    'for i in [1]:\n    acc += i': (
        'unknown-name',
        "'acc' is added to and never gets a first value.",
        'Assign acc a first value before, as in acc = 0.',
    ),
    'x = Issue(number=1)': (
        'unknown-name',
        "'Issue' is only the name of a type: its values are plain dicts, and it cannot be used in code.",
        'Write a dict with its keys.',
    ),
    'from datetime import datetime\ndatetime.timedelta(1)': (
        'unknown-attribute',
        "The class 'datetime' has no attribute 'timedelta'.",
        'Write timedelta alone, with: from datetime import timedelta.',
    ),
    'from datetime import datetime\ndatetime.fromisofromat("x")': (
        'unknown-attribute',
        "The class 'datetime' has no attribute 'fromisofromat'.",
        'datetime.fromisoformat',
    ),
    # tools as values
    'get_issue.number': (
        'not-a-tool',
        "get_issue is a function: it has no attribute 'number'.",
        'Call it first: get_issue(...).',
    ),
    "get_issue['x']": (
        'not-a-tool',
        'get_issue is the tool itself: it was not called.',
        'Call it: await get_issue(...).',
    ),
    'for i in deploys: pass': (
        'not-a-tool',
        'deploys is the tool itself: it was not called.',
        'Call it: await deploys(...).',
    ),
    "await notify('#a', get_issue)": (
        'not-a-tool',
        'get_issue is the tool itself: it was not called.',
        'Call it: await get_issue(...).',
    ),
    "search_issues = 5\nsearch_issues('x')": (
        'shadowed-tool',
        "'search_issues' is a variable here and hides the tool of that name, so it cannot be called.",
        'The tool cannot be called while search_issues is a variable; keep values under names that no tool has.',
    ),
    'x = await len([1])': (
        'not-awaitable',
        'len([1]) needs no await: its value is there at once, and await of it fails.',
        'len([1])',
    ),
    'import asyncio\nrs = asyncio.gather(get_issue(1), get_issue(2))\nrs[0]': (
        'not-awaited',
        'This takes the items of a call that was not awaited, so its result is not there yet.',
        'Put await before the call that rs comes from.',
    ),
}


@pytest.mark.parametrize('source', MISTAKES)
async def test_a_mistake_is_refused_with_its_fix(source: str, tools: Toolbox) -> None:
    assert await tools.conversation().refusals(source) == [MISTAKES[source]]
    assert MISTAKES[source][0] in CODES


@pytest.mark.parametrize('source', MISTAKES)
async def test_what_is_offered_to_write_passes_the_check_in_its_place(source: str, tools: Toolbox) -> None:
    for each in (await tools.conversation().verdict(source)).refusals:
        if each.fix is None or not instead(each.fix).startswith('Write: '):
            continue
        lines = source.split('\n')
        line, start, end = each.position.line - 1, each.position.column - 1, each.position.end_column
        assert end is not None
        assert each.position.end_line in (None, each.position.line)
        lines[line] = lines[line][:start] + each.fix + lines[line][end - 1 :]
        assert lines != source.split('\n')
        assert await tools.conversation().refusals('\n'.join(lines)) == []


@pytest.mark.parametrize(
    'source',
    [
        "def both():\n    pending = search_issues('a')\n    return pending[0]\nboth()",
        "def both():\n    return [i for i in search_issues('a')]\nboth()",
        "def both():\n    return len(search_issues('a'))\nboth()",
        "def both():\n    return search_issues('a').title\nboth()",
        "def both():\n    return 1 + search_issues('a')\nboth()",
        "def both():\n    return get_issue(search_issues('a'))\nboth()",
    ],
)
async def test_what_no_rewrite_can_await_is_refused(source: str, tools: Toolbox) -> None:
    ((code, message, fix),) = await tools.conversation().refusals(source)
    assert code == 'not-awaited'
    assert message.startswith('This takes the ')
    assert fix is not None
    assert fix.startswith('Put await before the call')


@pytest.mark.parametrize('source', MISTAKES)
async def test_the_same_code_in_a_branch_that_never_runs_is_no_mistake(source: str, tools: Toolbox) -> None:
    dead = '\n'.join(
        ['from typing import TYPE_CHECKING', 'if TYPE_CHECKING:', *(f'    {x}' for x in source.split('\n'))]
    )
    assert await tools.conversation().refusals(dead) == []


@pytest.mark.parametrize(
    ('guard', 'source'),
    [
        ('NameError', 'cache'),
        ('NameError', 'x = 1\n    print(cache)'),
        ('Exception', 'cache'),
        ('ImportError', 'import numpy'),
        ('(ValueError, ModuleNotFoundError)', 'import numpy\n    from math import nothing'),
        ('', 'import numpy'),
        ('AttributeError', "'a'.push()\n    print(1)"),
        ('KeyError', "i = await get_issue(1)\n    i['nothing']"),
        ('LookupError', "h = await service_health('a')\n    h[3]"),
        ('TypeError', 'get_issue()\n    search_issues(nothing=1)\n    len(5)\n    get_issue[0]'),
        ('ValueError', "a = 1\n    await get_issue('x')\n    b, c = (1, 2, 3)"),
        ('(asyncio.TimeoutError, TypeError)', 'import asyncio\n    await get_issue()'),
    ],
)
async def test_code_that_expects_the_error_is_no_mistake(guard: str, source: str, tools: Toolbox) -> None:
    assert await tools.conversation('names').refusals(f'try:\n    {source}\nexcept {guard}:\n    pass') == []
    assert await tools.conversation().refusals(f'try:\n    {source}\nexcept {guard}:\n    pass') == []


async def test_a_broad_handler_around_many_statements_excuses_nothing(tools: Toolbox) -> None:
    source = 'try:\n    print(1)\n    print(nothing_there)\nexcept Exception:\n    pass'
    assert [code for code, _, _ in await tools.conversation().refusals(source)] == ['unknown-name']


async def test_positions_are_those_of_the_code_as_the_model_wrote_it(tools: Toolbox) -> None:
    source = "é = search_issues('😀'); print(é, nothing_there)"
    (refusal,) = (await tools.conversation().verdict(source)).refusals
    assert refusal == Diagnostic(
        code='unknown-name',
        message="There is no name 'nothing_there'.",
        position=Position(line=1, column=34, end_line=1, end_column=47),
        stage='check',
    )


async def test_several_mistakes_are_told_at_once_in_the_order_of_the_code(tools: Toolbox) -> None:
    source = 'await get_isue(1)\nx = 5; y = nothing_there\nawait get_issue(nr=2)'
    verdict = await tools.conversation().verdict(source)
    assert [(each.position.line, each.fix) for each in verdict.refusals] == [(1, 'get_issue'), (2, None), (3, 'number')]
    assert verdict.hints == ()


async def test_no_more_than_a_handful_of_mistakes_are_told(tools: Toolbox) -> None:
    verdict = await tools.conversation().verdict('\n'.join(f'print(name_{number})' for number in range(30)))
    assert len(verdict.refusals) == MAX_REFUSALS


async def test_what_is_only_doubtful_is_a_hint(tools: Toolbox) -> None:
    verdict = await tools.conversation().verdict("i = await get_issue(1)\nawait comment_on_issue(i['title'], 'x')")
    assert verdict == Verdict(
        hints=(
            Diagnostic(
                code='doubtful',
                message='Argument to function `comment_on_issue` is incorrect: Expected `int`, found `str`',
                position=Position(line=2, column=24, end_line=2, end_column=34),
                stage='check',
            ),
        )
    )


async def test_an_empty_cell_is_accepted(tools: Toolbox) -> None:
    assert await tools.conversation().verdict('  \n# nothing\n') == Verdict()
    assert await tools.conversation().verdict('') == Verdict()


async def test_a_function_may_use_what_a_later_cell_brings(tools: Toolbox) -> None:
    conversation = tools.conversation()
    source = (
        'def report():\n    return shape(rows)\nlater = lambda: shape(rows)\nclass A:\n    def b(self): return rows'
    )
    assert await conversation.refusals(source) == []
    assert [code for code, _, _ in await conversation.refusals(f'{source}\nreport()')] == ['unknown-name'] * 2
    assert [code for code, _, _ in await conversation.refusals(f'{source}\nlater()')] == ['unknown-name'] * 2
    assert await conversation.refusals(f'{source}\nA()') == []
    assert [code for code, _, _ in await conversation.refusals(f'{source}\nA().b()')] == ['unknown-name']


async def test_names_of_earlier_cells_are_known_and_what_they_hold_is_checked(tools: Toolbox) -> None:
    conversation = tools.conversation().after("issues = await search_issues('a')", 'first = issues[0]')
    assert await conversation.refusals("first['title']") == []
    assert [fix for _, _, fix in await conversation.refusals("first['titel']")] == ["'title'"]
    assert [fix for _, _, fix in await conversation.refusals('frist')] == ['first']


async def test_what_a_failed_cell_bound_before_it_failed_is_known(tools: Toolbox) -> None:
    source = "a = await search_issues('a')\nboom()\nb = 1"
    conversation = tools.conversation().ran(source, raises='NameError', stopped_line=2)
    assert await conversation.refusals("a[0]['title']") == []
    assert [code for code, _, _ in await conversation.refusals('b')] == ['unknown-name']


async def test_after_a_past_that_seems_never_to_end_names_are_still_checked(tools: Toolbox) -> None:
    conversation = tools.conversation().after('n = 1\nwhile True:\n    n += 1\n    if n > 3:\n        return n')
    assert await conversation.refusals('print(n)\nn.whatever') == []
    assert [code for code, _, _ in await conversation.refusals('print(n, nothing_there)')] == ['unknown-name']


async def test_code_that_may_bind_anything_makes_no_name_unknown(tools: Toolbox) -> None:
    assert await tools.conversation().after("exec('a = 1')").refusals('a') == []


async def test_keys_that_code_adds_are_known(tools: Toolbox) -> None:
    conversation = tools.conversation().after("i = await get_issue(1)\ni['age'] = 3")
    assert await conversation.refusals("i['age']") == []
    assert [code for code, _, _ in await conversation.refusals("i['aeg']")] == ['unknown-key']


async def test_keys_that_code_asks_for_first_are_no_mistake(tools: Toolbox) -> None:
    assert await tools.conversation().refusals("i = await get_issue(1)\nif 'age' in i:\n    print(i['age'])") == []


DOUBTFUL = [
    # calls of what may be another function
    'def f(a): return a\ndef f(a, b): return b\nf(1)',
    'def f(a): return a\ng = f\ng()',
    'def f(a): return a\nf = f(1)\nf(2, 3)',
    'class A:\n    def b(self, c): return c\nA().b()\nA(1)',
    'f = search_issues if await stock("a") else get_issue\nf(query=1)',
    'x = 5\nx()',
    'if len(await search_issues()) > 9:\n    forecast = 5\nforecast("Oslo")',
    'import json\njson.dumps(nothing=1)',
    # values that may be others by then
    'd = {"a": 1}\nd["b"] = "x"\nawait notify("#a", d["a"])',
    'def f(x): return x\nawait notify("#a", f(1))',
    'await notify(*["#a", len("b")])',
    'await notify("#a", [1, "a"][1])',
    'x = await coordinates("Oslo")\nawait get_issue(x or 5)',
    'x = 5 if await stock("a") else [1]\nx[0]',
    'x = (1, 2, 3) if await stock("a") else (1, 2)\na, b = x\nx[2]',
    'x = [1] if await stock("a") else {"a": 1}\nx["a"]',
    'x = 5 if await stock("a") else get_issue(1)\nawait x',
    'jobs = {1: get_issue(1)}\njobs[1] = 5\njobs[1] + 1',
    'o = (await list_orders())[0]\no["street"] = "a"\nawait quote_shipping(o, 1)',
    'len(5)',
    '"a" + 5',
    '[1].index("a", "b")',
    '(1, 2)[1.5]',
    # attributes and keys that may be there
    'search_issues.__name__',
    'def f(): pass\nf.calls = 1\nf.zork',
    'class datetime:\n    pass\ndatetime.zork',
    'from datetime import datetime\ndatetime.__doc__\ndatetime.utcnow()',
    'class A: pass\na = A()\nsetattr(a, str(1), 2)\na.zork',
    'x = None\nx.zork',
    'x = 5 if await stock("a") else "a"\nx.upper()',
    'xs = [1, "a"]\nxs[1].upper()',
    'p = await get_person("00000000-0000-4000-8000-000000000000")\np = p or {"nick": 1}\np["nick"]',
    'def f(i):\n    return i["nothing"]\nf(await get_issue(1))\nf({"nothing": 1})',
    'def f(i):\n    return i["nothing"]\nf(await get_issue(1))\nprint(f)',
    'def f(i):\n    return i["nothing"]\nf(*[await get_issue(1)])',
    'def f(i):\n    if "nothing" in i:\n        return i["nothing"]\nf(await get_issue(1))',
    'def f(i):\n    i["nothing"] = 1\n    return i["nothing"]\nf(await get_issue(1))',
    'def f(i):\n    i = {"nothing": i}\n    return i["nothing"]\nf(await get_issue(1))',
    'def f(i, j=None):\n    return j["nothing"]\nf(await get_issue(1))',
    'def f(n):\n    return await_it(n)\ndef await_it(n):\n    return f(n)\nf(1)["nothing"]',
    'async def f(n):\n    return await get_issue(n) if n else {"nothing": 1}\n(await f(1))["nothing"]',
    'async def f(n):\n    if n:\n        return {"nothing": 1}\n    return await get_issue(n)\n(await f(1))["nothing"]',
    'i = await get_issue(1)\ni["zork"] = 1',
    'address = {"street": "a"}\nawait quote_shipping(address, 1.0)',
    'await quote_shipping({**{"street": "a"}, "city": "b"}, 1.0)',
    'x: "Nothing" = 5',
    'for x in [1]:\n    total = 0\n    total += x',
    'try:\n    n += 1\nexcept NameError:\n    n = 0',
    'a, b = [1, 2, 3][:2]',
    '*a, b = 1, 2',
    'for a, b in [[1, 2, 3]][:0]: pass',
    'import os.path, asyncio as aio\nos.path.join("a", "b")',
]


@pytest.mark.parametrize('source', DOUBTFUL)
async def test_what_may_be_right_is_not_refused(source: str, tools: Toolbox) -> None:
    assert [each for each in await tools.conversation().refusals(source) if 'unsupported' not in each[0]] == []


async def test_mode_off_says_nothing(tools: Toolbox) -> None:
    assert await tools.conversation('off').verdict('nothing_there') == Verdict()


async def test_mode_names_refuses_names_modules_and_arguments_and_no_types(tools: Toolbox) -> None:
    conversation = tools.conversation('names')
    assert [code for code, _, _ in await conversation.refusals('print(nothing_there)')] == ['unknown-name']
    assert [code for code, _, _ in await conversation.refusals('await get_issue(nr=1)')] == ['unknown-argument']
    assert [code for code, _, _ in await conversation.refusals("await get_issue('x')")] == ['wrong-type']
    assert await conversation.refusals('import json\nfrom math import sqrt\nsqrt(json.loads("4"))') == []
    assert await conversation.refusals("i = await get_issue(1)\ni['titel'] + i.title") == []


async def test_without_a_checker_only_names_are_checked_and_a_hint_says_so(
    tools: Toolbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('MONTY_BIN', '/nowhere/monty')
    checkers = Checkers()
    conversation = tools.conversation(checkers=checkers)
    verdict = await conversation.verdict("i = await get_issue(1)\ni['titel']")
    assert verdict.refusals == ()
    (hint,) = verdict.hints
    assert (hint.code, hint.position.line) == ('not-checked', 1)
    assert hint.message.startswith('This cell ran unchecked: No checker could be started: ')
    assert [code for code, _, _ in await conversation.refusals('print(nothing_there)')] == ['unknown-name']
    await checkers.aclose()


async def test_code_that_is_nested_too_deeply_is_accepted_unchecked(tools: Toolbox) -> None:
    deep = f"x = 'a'{'.strip()' * 300}"
    conversation = tools.conversation()
    (hint,) = (await conversation.verdict(deep)).hints
    assert (hint.code, hint.message) == ('not-checked', 'This cell ran unchecked: it is nested too deeply.')
    assert await conversation.ran(deep).refusals('x.upper()') == []


async def test_tools_in_modules_are_checked_however_they_are_reached() -> None:
    issues = FunctionToolset([Tool(tool) for tool in TOOLS if 'issue' in tool.__name__], id='tracker')
    both = await toolbox(issues, budget_chars=10)
    (module,) = both.catalog.modules
    conversation = both.conversation()
    for call in (
        f'await {module}.get_issue(nr=1)',
        f'import {module}\nawait {module}.get_issue(nr=1)',
        f'import {module} as t, json\nawait t.get_issue(nr=1)',
        f'from {module} import get_issue\nawait get_issue(nr=1)',
        f'from {module} import (\n    get_issue as g,\n    search_issues,\n)\nawait g(nr=1)',
    ):
        assert await conversation.refusals(call) == [
            ('unknown-argument', f"{module}.get_issue() has no parameter 'nr'. It takes: number.", 'number')
        ], call
    assert await conversation.refusals(f"(await {module}.get_issue(1))['title']") == []
    assert [fix for _, _, fix in await conversation.refusals(f"(await {module}.get_issue(1))['titel']")] == ["'title'"]
    later = both.conversation().after(f'import {module}\nfrom {module} import get_issue as g\nimport {module} as t')
    assert (
        await later.refusals(f"[(await g(1))['title'], (await t.get_issue(1))['title'], await {module}.get_issue(1)]")
        == []
    )
    assert [fix for _, _, fix in await later.refusals("(await g(1))['titel']")] == ["'title'"]


async def test_tools_with_a_schema_only_are_checked_by_their_signatures() -> None:
    schema: dict[str, Any] = {
        'type': 'object',
        'properties': {
            'owner': {'type': 'string'},
            'state': {'enum': ['open', 'closed']},
            'labels': {'type': 'array', 'items': {'type': 'string'}},
            'per_page': {'type': 'integer'},
        },
        'required': ['owner'],
    }
    tool = Tool.from_schema(print, name='list_issues', description=None, json_schema=schema)
    conversation = (await toolbox(FunctionToolset([tool]))).conversation()
    assert await conversation.refusals("await list_issues('me', state='open', labels=['a'], per_page='20')") == []
    assert await conversation.refusals("await list_issues(owner='me', state='opened')") == [
        ('wrong-type', "list_issues() cannot take state = 'opened': Input should be 'open' or 'closed'.", "'open'")
    ]
    assert await conversation.refusals("n = len('a')\nawait list_issues(n, per_page=[n])") == [
        ('wrong-type', 'list_issues() takes owner as str, and n is 1.', 'str(n)'),
        ('wrong-type', 'list_issues() cannot take per_page = [n]: Input should be a valid integer.', None),
    ]


async def test_a_bare_name_that_several_modules_have_is_refused_with_all_of_them() -> None:
    async def find() -> int:
        return 1

    both = CombinedToolset([FunctionToolset([Tool(find)], id=name) for name in ('crm', 'shop')])
    modules = [PrefixedToolset(toolset, toolset.id or '') for toolset in both.toolsets]
    conversation = (await toolbox(CombinedToolset(modules), budget_chars=10)).conversation()

    [(code, message, fix)] = await conversation.refusals('await find()')

    assert (code, message) == ('unknown-name', "There is no name 'find'.")
    assert fix is not None
    assert sorted(fix.split(' or ')) == sorted(conversation.tools.catalog.entries)
