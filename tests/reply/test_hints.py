"""Each row of the table of run-time hints, against what the installed Monty really says."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pydantic_monty import AsyncMonty, MontyRuntimeError

from pydantic_ai_grail._monty.failures import failure_of
from pydantic_ai_grail._reply.hints import HINTS, advice
from pydantic_ai_grail._reply.offered import instead
from pydantic_ai_grail.events.calls import CallRecord, CallRequest, ToolFacts
from pydantic_ai_grail.events.diagnostics import Diagnostic, Position
from pydantic_ai_grail.events.outcomes import CodeFrame, Failed, Failure

pytestmark = pytest.mark.anyio

AWAIT = 'The call was not awaited: put `await` before it.'
COMPREHENSION = (
    'A tool cannot be called by `map`, `filter`, `sorted` or another builtin. '
    'Use a comprehension: `[await tool(x) for x in xs]`.'
)
NONE = 'A value is None here: test it first, or use a default such as `(x or 0)`.'
TEXT_NOT_DATE = 'It is a datetime already, not text: use its attributes, or `.isoformat()` for text.'
NO_SYSTEM = 'The sandbox has no files, environment or network of its own: use the tools.'
LIST = 'It is a list: loop over it, or take an item `[0]`.'
JSON = 'End the cell with the value itself: results need no JSON. For text, use `str` or `sorted` on it first.'
ZONES = 'One has a timezone and the other has none: give both one, `d.replace(tzinfo=timezone.utc)`.'
DATE = 'from datetime import date, datetime, timezone\nd = datetime(2026, 1, 2)\nz = d.replace(tzinfo=timezone.utc)\n'

PROGRAMS = {
    'list(map(tool, [1]))': COMPREHENSION,
    'sorted([1, 2], key=lambda x: tool(x))': COMPREHENSION,
    'import asyncio\nawait asyncio.gather(tool(1), return_exceptions=True)': (
        'Wrap each call in an `async def` of your own with `try`/`except`, and gather those.'
    ),
    'def f():\n    yield 1': 'The sandbox lacks it: write it with plain functions, loops and dicts.',
    "counts = {'a': 1}\nmax(counts, key=counts.get)": (
        'A method of a builtin cannot be passed on as a value here. Call it: `lambda x: x.get(...)`.'
    ),
    "sorted(['b', 'A'], key=str.lower)": 'Use a lambda: `lambda x: x.lower()`.',
    'next((x for x in []), 1)': 'Wrap it in `iter`: `next(iter(xs), default)`.',
    'import json\njson.dumps({}, default=str)': (
        '`json.dumps` has no `default` here: convert such values first. The result of a cell needs no JSON.'
    ),
    "import re\nre.sub('a', lambda m: 'b', 'aa')": 'Loop over `re.finditer` and join the pieces.',
    'set().union([1], [2])': 'Give `set.union` one argument at a time.',
    "open('/etc/passwd')": NO_SYSTEM,
    "import os\nos.environ['HOME']": NO_SYSTEM,
    "tool(1)['a']": AWAIT,
    'len(tool(1))': AWAIT,
    'tool(1).a': AWAIT,
    'for x in tool(1):\n    pass': AWAIT,
    'await 1': 'It is a value already, not a call to wait for: leave `await` out.',
    'import asyncio\nawait asyncio.gather([tool(1)])': 'Give `gather` calls: `gather(*[f(x) for x in xs])`.',
    f'import json\n{DATE}json.dumps(d)': JSON,
    'import json\njson.dumps({1})': JSON,
    "import json\njson.loads({'a': 1})": 'It is data already: leave `json.loads` out.',
    f'{DATE}d < z': ZONES,
    f'{DATE}d - z': ZONES,
    f'{DATE}d < date(2026, 1, 2)': 'One is a datetime and the other a date: compare `d.date()`.',
    f'{DATE}d[:10]': TEXT_NOT_DATE,
    f"{DATE}d.split('T')": TEXT_NOT_DATE,
    f'{DATE}datetime.fromisoformat(d)': TEXT_NOT_DATE,
    f"{DATE}datetime.strptime(d, '%Y')": TEXT_NOT_DATE,
    '[1].pop(9)': 'The list has no item at that index: look at `len(xs)` first.',
    "from decimal import Decimal\nDecimal('1') + 1.5": 'Make both `Decimal`, `Decimal(str(x))`, or both `float`.',
    '{1}[0]': 'A set has no order: `sorted(x)[0]`.',
    'x = None\nx.name': 'The value is None: test it before `.name`.',
    'x = None\nx[0]': NONE,
    'x = None\nx + 1': NONE,
    'sum([1, None])': NONE,
    "'a' + None": NONE,
    "f'{None:.2f}'": NONE,
    "{'a': 1}.a": "It is a dict: use `['a']` or `.get('a')`.",
    "[{'a': 1}].a": LIST,
    "[{'a': 1}]['a']": LIST,
    "'text'['a']": 'It is a text, not a dict: look at it with `print(x)`.',
    'import datetime\ndatetime(2026, 1, 2)': 'It is a module: call the class in it, `datetime.datetime(...)`.',
    "{'a': 1}['b']": 'Look at the keys first, `list(d)`, or use `d.get(key)`.',
    'def f(n):\n    return f(n)\nf(1)': 'Write it as a loop.',
}
"""Programs that fail in Monty, each with the hint that the model gets."""


@pytest.fixture
async def monty() -> AsyncIterator[AsyncMonty]:
    async with AsyncMonty(max_processes=1) as pool:
        yield pool


async def run(pool: AsyncMonty, program: str) -> Failed:
    async def tool(value: int) -> int:
        return value

    async with pool.checkout() as session:
        with pytest.raises(MontyRuntimeError) as caught:
            await session.feed_run(program, external_lookup={'tool': tool})
    failure, _ = failure_of(caught.value, current_file='<python-input-0>')
    return Failed(failure=failure, source=program)


async def test_every_program_that_fails_in_monty_gets_its_hint(monty: AsyncMonty):
    assert {program: advice(await run(monty, program), cause=None) for program in PROGRAMS} == PROGRAMS


async def test_every_row_of_the_table_is_pinned_by_a_program(monty: AsyncMonty):
    failures = [(await run(monty, program)).failure for program in PROGRAMS]
    unused = [
        row
        for row in HINTS
        if not any(row.exception_type == one.exception_type and row.pattern.search(one.message) for one in failures)
    ]
    assert unused == []


def test_an_ordinary_error_gets_no_hint():
    failure = Failure(kind='exception', exception_type='ZeroDivisionError', message='division by zero')
    assert advice(Failed(failure=failure, source='1/0'), cause=None) is None


def test_what_a_tool_raised_gets_no_hint_for_code():
    failure = Failure(kind='exception', exception_type='KeyError', message='x')
    request = CallRequest(tool_call_id='1', ordinal=1, tool=ToolFacts(tool_name='tool', python_name='tool'), args={})
    cause = CallRecord(request=request, state='raised', error='KeyError: x')
    assert advice(Failed(failure=failure, source='tool()'), cause=cause) is None


def test_advice_is_a_sentence_of_its_own():
    assert [row.advice for row in HINTS if instead(row.advice) != row.advice] == []


@pytest.mark.parametrize(
    ('fix', 'told'),
    [
        ('xs.append', 'Did you mean xs.append?'),
        ('len(xs)', 'Write: len(xs)'),
        ('Call it first: get_issue(...).', 'Call it first: get_issue(...).'),
        (None, None),
    ],
)
def test_what_the_check_offers_is_worded_as_in_a_refusal(fix: str | None, told: str | None):
    place = Position(line=1, column=1)
    hint = Diagnostic(code='unknown-attribute', message='xs is a list.', position=place, stage='check', fix=fix)
    frames = (CodeFrame(line=1, column=1),)
    failure = Failure(kind='exception', exception_type='TypeError', message='x', frames=frames)
    words = ' '.join(['The type check says of this line: xs is a list.', *([told] if told else [])])
    assert advice(Failed(failure=failure, source='xs.push', hints=(hint,)), cause=None) == words
