"""Values that are too large to leave the sandbox, or small there and large everywhere else."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai import Tool
from support.agents import agent_with, last, play, turn

from pydantic_ai_grail import Limits, SqlStore
from pydantic_ai_grail._run.call_remarks import spelled
from pydantic_ai_grail._source.history import History
from pydantic_ai_grail.errors import SnapshotTooLarge
from pydantic_ai_grail.events.calls import CallRequest, ToolFacts
from pydantic_ai_grail.events.cell_events import Event, SnapshotFailed
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio

SHARED = 'x = ["a"]\nfor i in range(26): x = [x, x]\n'


async def take(value: Any) -> str:
    """Take anything."""
    return type(value).__name__


@pytest.mark.parametrize(
    'code',
    [
        f'{SHARED}x',
        f'{SHARED}import copy\ncopy.deepcopy(x)',
        'x = {"k": 1}\nfor i in range(26): x = {"a": x, "b": x}\nx',
        'class Pair:\n    def __init__(self, a, b):\n        self.a = a\n        self.b = b\n'
        'x = Pair(1, 2)\nfor i in range(26): x = Pair(x, x)\nx',
        'x = ["a" * 1_000_000] * 1_000\nx',
    ],
)
async def test_a_value_that_shares_structure_does_not_leave_and_its_variables_stay(code: str) -> None:
    cells = await play(agent_with(), code, 'len(str(type(x))) > 0')
    assert cells[0].outcome in ('refused', 'failed')
    assert 'its value cannot leave the sandbox: it has more than ' in cells[0].content
    assert 'Keep it in a variable, and end the cell in a part of it, a count or a total' in cells[0].content
    assert cells[1].content == {'result': True}


async def test_one_that_shares_a_little_is_shown_as_ever() -> None:
    cells = await play(agent_with(), 'row = {"a": 1}\n[row] * 3', '[[1, 2]] * 40_000')
    assert cells[0].content == {'result': [{'a': 1}] * 3}
    assert cells[1].content['preview'][:2] == [[1, 2], [1, 2]]


@pytest.mark.parametrize('call', ['await take(x)', 'await take(value=x)', 'f = take\nawait f({"in": x})'])
async def test_an_argument_that_shares_structure_is_an_error_at_the_line_of_its_call(call: str) -> None:
    cells = await play(
        agent_with(take), f'{SHARED}{call}', f'try:\n    {call.splitlines()[-1]}\nexcept ValueError as e:\n    y = 1\ny'
    )
    assert (
        'ValueError: the arguments of take() cannot leave the sandbox: it has more than 150,000 parts, each counted as '
        'often as it appears. Send a part of it, or in several calls'
    ) in cells[0].content
    assert cells[1].content == {'result': 1}


async def test_what_a_tool_gives_back_may_share_structure() -> None:
    async def shared() -> Any:
        value: Any = ['a']
        for _ in range(60):
            value = [value, value]
        return value

    cells = await play(
        agent_with(shared), 'x = await shared()\nx[0] is x[1]', 'n = 0\nwhile x[0] != "a":\n    x = x[0]\n    n += 1\nn'
    )
    assert cells[0].content == {'result': True}
    assert cells[1].content == {'result': 60}


@pytest.mark.parametrize(
    ('code', 'told'),
    [
        ('"a" * 200_000_000', 'The cell needed more memory than it may have'),
        ('["a" * 40_000_000]', 'The cell needed more memory than it may have'),
        ('x = {"all": list(range(1_000_000))}', 'The cell needed more memory than it may have'),
        ('raise ValueError("a" * 40_000_000)', 'The cell needed more memory than it may have'),
    ],
)
async def test_a_value_that_needs_more_memory_than_there_is_ends_its_cell_and_not_the_run(code: str, told: str) -> None:
    cells = await play(agent_with(), 'before = 1', code, 'before + 1')
    assert cells[1].outcome in ('refused', 'failed')
    assert told in cells[1].content
    assert cells[2].content == {'result': 2}


@pytest.mark.parametrize(
    ('code', 'first', 'whole'),
    [
        ('x = list(range(1_000_000))', [0, 1, 2], 'a list of 1,000,000 items'),
        ('x = ["a"] * 1_000_000\nx', ['a', 'a', 'a'], 'a list of 1,000,000 items'),
        ('x = tuple([i] for i in range(100_000))', [[0], [1], [2]], 'a tuple of 100,000 items'),
        ('x = set(range(100_000))', [0, 1, 2], 'a set of 100,000 items'),
    ],
)
async def test_of_a_large_collection_the_head_leaves_and_the_variable_stays(
    code: str, first: list[Any], whole: str
) -> None:
    cells = await play(agent_with(), code, 'len(x)')
    assert cells[0].content['preview'][:3] == first
    assert cells[0].content['preview'][-1].endswith(' more items')
    assert cells[0].content['notes'][0].startswith(f'The result is {whole}: too large to show whole')
    assert cells[1].content == {'result': int(whole.split()[3].replace(',', ''))}


ROOMY = Limits(max_memory=256 * 1024 * 1024)
NOT_KEPT = (
    'The variables of this cell could not be kept: they are too large. Variables are as they were before it. Keep only '
    'the parts you need.'
)


@pytest.mark.parametrize(
    'code',
    [
        'x = "a" * 100_000_000\nlen(x)',
        'x = b"a" * 100_000_000\nlen(x)',
        'x = ["a" * 1_000_000 + str(i) for i in range(100)]\nsum([1_000_000 for _ in x])',
    ],
)
async def test_a_state_that_cannot_be_read_within_the_memory_costs_variables_and_not_the_value(code: str) -> None:
    events: list[Event] = []
    cells = await play(agent_with(limits=ROOMY, on_cell_event=events.append), 'y = 5', code, 'y')
    assert cells[1].content == {'result': 100_000_000, 'notes': [NOT_KEPT]}
    assert cells[2].content == {'result': 5}
    assert [event.stage for event in events if isinstance(event, SnapshotFailed)] == ['dump']


@pytest.mark.parametrize(
    'raised',
    [
        'raise ValueError("<" + "q" * 50_000_000 + ">")',
        'raise KeyError("<" + "q" * 50_000_000 + ">")',
        'assert False, "<" + "q" * 50_000_000 + ">"',
    ],
)
async def test_of_a_text_of_fifty_megabytes_that_is_raised_both_ends_are_told(raised: str) -> None:
    caught = f'y = 2\ntry:\n    {raised}\nexcept Exception as e:\n    y = len(str(e))\nNone\ny > 50_000_000'
    cells = await play(agent_with(limits=Limits(max_memory=400 * 1024 * 1024)), 'y = 1', raised, 'y', caught)
    text = cells[1].content
    assert cells[1].outcome in ('refused', 'failed')
    assert 'Error: <qqq' in text or "Error: '<qqq" in text
    assert '… 9,253 characters …' in text or 'characters …' in text
    assert 'qqq>' in text
    assert len(text) < 2_000
    assert [cell.content.get('result') for cell in (cells[2], cells[3])] == [1, True]


async def test_of_a_text_that_a_tool_raises_both_ends_reach_the_code_and_the_model() -> None:
    async def fails() -> str:
        raise LookupError('<' + 'é' * 5_000_000 + '>')

    cells = await play(
        agent_with(fails),
        'try:\n    await fails()\nexcept LookupError as e:\n    t = str(e)\n(len(t), t[0], t[-1])',
        'await fails()',
    )
    assert cells[0].content == {'result': [10_031, '<', '>']}
    assert 'fails() raised LookupError: <éé' in cells[1].content
    assert 'éé>' in cells[1].content


async def test_after_a_later_turn_too_such_a_cell_has_left_nothing() -> None:
    agent = agent_with(limits=ROOMY)
    first = await turn(agent, 'y = 5', 'x = "a" * 100_000_000\nlen(x)')
    assert last(await turn(agent, 'y', history=first.all_messages())) == {'result': 5}


async def test_a_text_that_is_assigned_last_and_too_large_to_be_kept_is_shown_by_its_head() -> None:
    cells = await play(agent_with(limits=ROOMY), 'x = "a" * 100_000_000', '1')
    assert cells[0].content['preview'].startswith('aaa')
    assert cells[0].content['notes'][0] == (
        'The result is a text of 100,000,000 characters: too large to show whole, so `preview` is its head. No variable holds it: assign it to one, '
        'and return only the part you need.'
    )
    assert cells[0].content['notes'][-1] == NOT_KEPT


@pytest.mark.parametrize(
    ('code', 'whole', 'size'),
    [
        ('x = "ab" * 5_000_000', 'a text of 10,000,000 characters', 10_000_000),
        ('x = b"ab" * 5_000_000\nx', '10,000,000 bytes', 10_000_000),
        ('y = ["ab"]\nx = str(y * 1_000_000)', 'a text of 6,000,000 characters', 6_000_000),
    ],
)
async def test_of_a_large_text_the_head_leaves_and_the_variable_stays(code: str, whole: str, size: int) -> None:
    cells = await play(agent_with(), code, 'len(x)')
    assert cells[0].content['notes'][0].startswith(f'The result is {whole}: too large to show whole')
    assert cells[0].content['preview'].endswith(' characters …') or cells[0].content['preview'] == f'<{whole}>'
    assert cells[1].content == {'result': size}


async def test_of_a_large_dict_the_first_keys_leave() -> None:
    cells = await play(agent_with(), '{i: i for i in range(70_000)}', 'len([*range(60_000)][1:])')
    preview = cells[0].content['preview']
    assert preview['0'] == 0
    assert cells[0].content['notes'][0].startswith('The result is a dict of 70,000 keys')
    assert cells[1].content == {'result': 59_999}


async def test_a_session_in_which_a_builtin_has_another_meaning_gives_its_values_too() -> None:
    cells = await play(agent_with(), 'len = 5\n[len] * 3', 'x = [len]\nx', 'def list(x): return 7\nx + x')
    assert [cell.content['result'] for cell in cells] == [[5, 5, 5], [5], [5, 5]]


async def test_a_failure_in_the_last_expression_is_shown_where_it_was_written() -> None:
    cells = await play(agent_with(), 'rows = [1]', '[10 / (row - 1) for row in rows]', '1 +  ' + 'rows[0].x')
    assert cells[1].outcome in ('refused', 'failed')
    assert cells[1].content.splitlines()[1:3] == [
        'line 1: [10 / (row - 1) for row in rows]',
        '         ^^^^^^^^^^^^^^',
    ]
    assert 'line 1: 1 +  rows[0].x\n             ^^^^^^^^^' in cells[2].content


async def test_a_thousand_prints_of_a_shared_value_leave_their_first_characters() -> None:
    cells = await play(agent_with(), 'x = ["a"]\nfor i in range(12): x = [x, x]\nfor _ in range(100): print(x)\n1')
    assert cells[0].content['result'] == 1
    assert len(''.join(cells[0].content['printed'])) < 11_000


async def test_a_run_goes_on_after_a_state_that_is_too_large_to_read() -> None:
    result = await turn(agent_with(), 'x = 1', 'y = ["b" * 10] * 10\nz = "a" * 30_000_000\nNone', '7')
    assert 'done' in result.output


@pytest.mark.parametrize('on_lost_state', ['restart', 'error'])
async def test_a_state_that_no_sandbox_can_take_up_is_lost_and_ends_no_run(on_lost_state: Any, tmp_path: Path) -> None:
    store = SqlStore(f'sqlite:///{tmp_path}/agent.db')
    roomy = agent_with(store=store, secret='s' * 32, limits=Limits(max_memory=64 * 1024 * 1024))
    first = await turn(roomy, 'x = [str(i) for i in range(150_000)]\nlen(x)')
    assert last(first) == {'result': 150_000}
    narrow = agent_with(
        store=store, secret='s' * 32, limits=Limits(max_memory=8 * 1024 * 1024), on_lost_state=on_lost_state
    )
    if on_lost_state == 'error':
        with pytest.raises(SnapshotTooLarge, match='The state is too large to be taken up'):
            await turn(narrow, '1 + 1', history=first.all_messages())
        return
    second = await turn(narrow, '1 + 1', 'len(x)', history=first.all_messages())
    fine, gone = played_cells(second.new_messages())
    assert fine.content['result'] == 2
    assert 'are gone' in str(fine.content['notes'])
    assert 'x' in gone.content
    assert gone.outcome in ('refused', 'failed')


async def test_the_source_of_a_long_session_is_read_off_the_event_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers: list[threading.Thread] = []
    read = History.from_json

    def noted(text: str) -> History:
        readers.append(threading.current_thread())
        return read(text)

    monkeypatch.setattr(History, 'from_json', noted)
    store = SqlStore(f'sqlite:///{tmp_path}/agent.db')
    short = await turn(agent_with(store=store, secret='s' * 32), 'x = 1')
    long = await turn(agent_with(store=store, secret='s' * 32), 'x = 1\n' * 1_000)
    for first in (short, long):
        assert last(await turn(agent_with(store=store, secret='s' * 32), 'x', history=first.all_messages())) == {
            'result': 1
        }
    of_short, of_long = readers[0], readers[-1]
    assert of_short is threading.main_thread()
    assert of_long is not threading.main_thread()


SHARED_TUPLE = 'x = (1,)\nfor i in range(40): x = (x, x)\n'


async def test_a_value_that_takes_for_ever_to_hash_does_not_leave_and_its_variables_stay() -> None:
    cells = await play(agent_with(take), f'{SHARED_TUPLE}{{x: 1}}', 'await take([{x}])', '(type(x).__name__, len(x))')
    assert [cell.outcome != 'completed' for cell in cells] == [True, True, False]
    why = (
        'a tuple that holds tuples many times over is a key of a dict or in a set there, and hashing it takes too long'
    )
    assert cells[0].content.startswith(
        f'ValueError: The cell ran to its end, but its value cannot leave the sandbox: {why}. Keep it in a variable, and '
        'end the cell in a part of it, a count or a total'
    )
    assert cells[1].content.startswith(f'ValueError: the arguments of take() cannot leave the sandbox: {why}\nline 1: ')
    assert cells[2].content == {'result': ['tuple', 2]}


async def test_keys_of_tuples_in_tuples_leave_as_ever() -> None:
    edges = 'edges = {((i, 0), (i, 1)): i for i in range(3)}\n'
    cells = await play(
        agent_with(take), f'{edges}edges', f'{edges}await take(edges)', 'return {((1, 2), 3)}', 'edges[1]'
    )
    assert cells[0].content == {'result': {'((0, 0), (0, 1))': 0, '((1, 0), (1, 1))': 1, '((2, 0), (2, 1))': 2}}
    assert cells[1].content == {'result': 'dict'}
    assert cells[2].content == {'result': [[[1, 2], 3]]}
    assert 'KeyError: 1' in cells[3].content


async def test_a_tool_cannot_be_had_to_make_such_a_tuple() -> None:
    async def pair(a: Any, b: Any) -> Any:
        return a, b

    cells = await play(
        agent_with(pair),
        'x = 1\nfor i in range(40): x = await pair(x, x)\n{x: 1}',
        'x = 1\nfor i in range(16): x = await pair(x, x)\n{x: 1}',
        'await pair(1, 2)',
    )
    assert 'the arguments of pair() cannot leave the sandbox: it has more than ' in cells[0].content
    assert "TypeError: cannot use 'list' as a dict key" in cells[1].content
    assert cells[2].content == {'result': [1, 2]}


@pytest.mark.parametrize('number', ['10 ** 300_000', '-(10 ** 5_000)'])
async def test_a_number_that_python_does_not_write_out_is_told_by_its_size_where_an_argument_is_wrong(
    number: str,
) -> None:
    """A fuzz run found it: it ended the run."""

    async def take_text(text: str) -> str:
        return text

    cells = await play(agent_with(take_text), f'v = {{"u": 1, "v": {number}}}\nawait take_text(v)')
    assert "text: Input should be a valid string, got {'u': 1, 'v': <int of " in cells[0].content


def test_a_call_with_such_a_number_that_nobody_awaits_is_told() -> None:
    tool = ToolFacts(tool_name='take', python_name='take')
    request = CallRequest(tool_call_id='c__1', ordinal=1, tool=tool, args={'v': 10**5_000}, line=1)
    assert spelled([request]) == 'take(v=<int of 16,610 bits>) was'


async def pay(amount: float, to: list[str]) -> str:
    """Pay."""
    return 'paid'


def _tool_of_a_schema() -> Any:
    async def act(**given: Any) -> str:
        return 'done'

    number = {'type': 'integer', 'minimum': 0, 'maximum': 9}
    properties = {
        'n': number,
        'of': {'enum': [1, 2]},
        'all': {'type': 'array', 'items': number, 'uniqueItems': True},
        'text': {'type': 'string'},
    }
    schema = {'type': 'object', 'properties': properties}
    return Tool.from_schema(act, name='act', description=None, json_schema=schema)


@pytest.mark.parametrize(
    'call',
    [
        'await pay(amount=1.0, to=v)',
        'await pay(amount=1.0, to={"a": v})',
        'await pay(amount=1.0, to=[v])',
        'await pay(amount=[v], to=["a"])',
        'await pay(1.0, {"a": "ä" * 1_000_000, "v": v})',
        'await act(n=v)',
        'await act(n=-v)',
        'await act(of=v)',
        'await act(all=[v, v])',
        'await act(text=v)',
        'await act(text={"a": [v]})',
    ],
)
async def test_a_number_too_large_to_be_written_ends_no_run_as_a_wrong_argument(call: str) -> None:
    cells = await play(agent_with(pay, _tool_of_a_schema()), f'v = [10 ** 300_000][0]\n{call}', '1')
    assert len(str(cells[0].content)) < 2_000
    assert cells[1].content == {'result': 1}
