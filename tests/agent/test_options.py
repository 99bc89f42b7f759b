"""Every option of the two front doors does what it says, and one that cannot be right is refused when it is given."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, cast

import pytest
from pydantic_ai import Agent, RunContext, ToolDefinition
from pydantic_ai.exceptions import UserError
from pydantic_ai.models.test import TestModel
from pydantic_ai.toolsets import FunctionToolset
from support.agents import agent_with, last, play, turn
from support.scripts import scripted_model
from typing_extensions import TypedDict

from pydantic_ai_grail import CodeMode, CodeModeOptions, CodeModeToolset, Limits, MemoryStore, SettingsError, SqlStore
from pydantic_ai_grail._monty.worker import MountDir
from pydantic_ai_grail.events.cell_events import Event
from pydantic_ai_grail.stores.base import SnapshotRecord
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio


async def double(number: int) -> int:
    """Twice a number."""
    return 2 * number


async def shout(text: str) -> str:
    """In capitals."""
    return text.upper()


class Info(TypedDict):
    size: int


async def describe() -> Info:
    """How large it is."""
    return {'size': 3}


async def offered(**options: Any) -> dict[str, str]:
    """The tools that the model is offered, with their descriptions."""
    model = TestModel(call_tools=[])
    toolset = FunctionToolset[Any]()
    toolset.add_function(double, metadata={'kind': 'sum'})
    toolset.add_function(shout)
    await Agent(model, toolsets=[toolset], capabilities=[CodeMode(**options)]).run('go')
    parameters = model.last_model_request_parameters
    assert parameters is not None
    return {tool.name: tool.description or '' for tool in parameters.function_tools}


def is_double(ctx: RunContext[Any], definition: ToolDefinition) -> bool:
    return definition.name == 'double'


@pytest.mark.parametrize('tools', [['double'], is_double, {'kind': 'sum'}])
async def test_tools_says_which_go_in(tools: Any) -> None:
    assert set(await offered()) == {'run_code'}
    found = await offered(tools=tools)
    assert set(found) == {'run_code', 'shout'}
    assert 'double(' in found['run_code']
    assert 'shout(' not in found['run_code']


async def test_the_toolset_takes_the_same_options_and_wraps_only_what_it_is_given() -> None:
    inside = CodeModeToolset(FunctionToolset([double]), max_tool_calls=1)
    agent = Agent(tools=[shout], toolsets=[inside])
    result = await agent.run('go', model=scripted_model('await double(2)', 'await double(1)\nawait double(2)'))
    first, second = played_cells(result.all_messages())
    assert first.content == {'result': 4}
    assert 'has made its 1 tool calls' in second.content
    model = TestModel(call_tools=[])
    await agent.run('go', model=model)
    assert model.last_model_request_parameters is not None
    assert {tool.name for tool in model.last_model_request_parameters.function_tools} == {'run_code', 'shout'}


async def test_limits_bound_a_cell() -> None:
    cells = await play(agent_with(limits=Limits(max_duration_secs=0.2)), 'while True: pass')
    assert 'computed for too long' in cells[0].content


async def test_limits_may_be_a_dict() -> None:
    cells = await play(agent_with(limits={'max_duration_secs': 0.2}), 'while True: pass')
    assert 'computed for too long' in cells[0].content


@pytest.mark.parametrize('limits', [{'max_duration_secs': 0.2}, Limits(max_duration_secs=0.2)])
async def test_resource_limits_is_the_same_under_the_peers_name(limits: Any) -> None:
    with pytest.warns(DeprecationWarning, match='resource_limits, of pydantic_ai_harness, is limits here'):
        agent = agent_with(resource_limits=limits)
    assert 'computed for too long' in (await play(agent, 'while True: pass'))[0].content


async def test_max_retries_is_max_failed_cells_under_the_peers_name() -> None:
    with pytest.warns(DeprecationWarning, match='max_retries, of pydantic_ai_harness, is max_failed_cells here'):
        agent = agent_with(max_retries=1)
    cells = await play(agent, '1 / 0', '1 / 0')
    assert ['Stop' in str(cell.content) for cell in cells] == [False, True]


@pytest.mark.parametrize('options', [{'max_retries': 2}, {'resource_limits': 'unlimited'}])
def test_the_warning_of_a_name_of_the_peers_points_at_the_line_that_has_it(options: Any) -> None:
    tools = FunctionToolset[None]()
    for make in (lambda: CodeMode(**options), lambda: CodeModeToolset(tools, **options)):
        with pytest.warns(DeprecationWarning, match='of pydantic_ai_harness') as warned:
            make()
        assert [(each.filename, each.lineno) for each in warned] == [(__file__, make.__code__.co_firstlineno)]


def test_resource_limits_that_is_none_is_the_default_and_no_warning() -> None:
    given: dict[str, Any] = {'resource_limits': None}
    assert CodeMode(**given).settings.limits is Limits.DEFAULT


def test_no_deprecated_name_is_offered_in_place_of_an_unknown_one() -> None:
    with pytest.raises(SettingsError) as caught:
        CodeMode(**cast('Any', {'bananas': 1}))
    assert not {'max_retries', 'resource_limits'} & set(str(caught.value).replace(',', ' ').split())


async def test_unlimited_lets_a_cell_use_more_than_the_default() -> None:
    code = 'x = [0] * (320 * 1024 * 1024 // 16)\nlen(x) > 0'
    assert (await play(agent_with(), code))[0].outcome in ('refused', 'failed')
    assert (await play(agent_with(limits=Limits.UNLIMITED), code))[0].content['result'] is True


async def test_max_tool_calls_bounds_the_calls_of_a_cell_and_not_of_a_run() -> None:
    cells = await play(
        agent_with(double, max_tool_calls=2),
        'for i in range(3): x = await double(i)',
        'await double(1) + await double(2)',
    )
    assert 'this cell has made its 2 tool calls' in cells[0].content
    assert cells[1].content == {'result': 6}


async def test_after_max_failed_cells_in_a_row_the_model_is_told_to_stop_and_the_run_goes_on() -> None:
    agent = agent_with(max_failed_cells=2)
    cells = await play(agent, '1 / 0', '1 / 0', '1 / 0', '1', '1 / 0')
    told = ['Stop' in str(cell.content) or 'stop' in str(cell.content).split('is kept')[-1] for cell in cells]
    assert told == [False, False, True, False, False]


async def test_max_result_chars_cuts_a_result_and_says_how_to_get_the_rest() -> None:
    code = 'rows = list(range(500))'
    assert len((await play(agent_with(), code))[0].content['result']) == 500
    cut = (await play(agent_with(max_result_chars=200), code))[0].content
    assert 'result' not in cut
    assert len(str(cut)) < 700
    assert 'rows[' in str(cut['notes'])


@pytest.mark.parametrize(
    ('checking', 'refused'),
    [('strict', [True, True]), ('names', [True, False]), ('off', [False, False])],
)
async def test_checking_says_how_much_is_checked(checking: str, refused: list[bool]) -> None:
    unknown_name = 'if False:\n    await dubble(1)\nx = dubble'
    wrong_key = 'import os\nvalue = (await describe())["siez"]'

    cells = await play(agent_with(double, describe, checking=checking), unknown_name, wrong_key)
    assert [cell.outcome == 'refused' and 'Nothing ran' in cell.content for cell in cells] == refused


async def test_os_access_answers_what_code_asks_of_the_operating_system() -> None:
    def handler(*, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], **_: Any) -> Any:
        return 'from the host' if name == 'os.getenv' else None

    code = "import os\nos.getenv('HOME')"
    assert (await play(agent_with(), code))[0].outcome in ('refused', 'failed')
    assert (await play(agent_with(os_access=handler), code))[0].content == {'result': 'from the host'}


async def test_without_os_access_there_is_a_clock_in_utc_and_nothing_else() -> None:
    code = 'from datetime import datetime, timezone\nabs((datetime.now(timezone.utc) - datetime.now().replace(tzinfo=timezone.utc)).total_seconds()) < 5'
    cells = await play(agent_with(), code, 'import time\ntime.time()')
    assert cells[0].content == {'result': True}
    assert abs(cells[1].content['result'] - time.time()) < 60


async def test_mount_opens_a_directory(tmp_path: Path) -> None:
    (tmp_path / 'note.txt').write_text('hello')
    code = "open('/data/note.txt').read()"
    assert (await play(agent_with(), code))[0].outcome in ('refused', 'failed')
    with MountDir(host_path=tmp_path, virtual_path='/data', mode='read-only') as mount:
        assert (await play(agent_with(mount=mount), code))[0].content == {'result': 'hello'}
        assert (await play(agent_with(mount=[mount]), code))[0].content == {'result': 'hello'}


async def test_secret_seals_what_the_store_gets(tmp_path: Path) -> None:
    store = SqlStore(f'sqlite:///{tmp_path / "agent.db"}')
    async with store:
        first = await turn(agent_with(store=store, secret='a secret of some length'), 'x = 1')
        assert not (tmp_path / 'agent.db.key').exists()
        other = await turn(
            agent_with(store=store, secret='another secret, as long'), 'y = 1', history=first.all_messages()
        )
        assert 'could not be opened' in str(last(other)['notes'])


async def test_without_a_secret_a_database_file_gets_a_private_key_file_beside_it(tmp_path: Path) -> None:
    async with SqlStore(f'sqlite:///{tmp_path / "agent.db"}') as store:
        await turn(agent_with(store=store), 'x = 1')
    assert (tmp_path / 'agent.db.key').stat().st_mode & 0o777 == 0o600


class CountingStore(MemoryStore):
    """Counts what it was asked to forget."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    async def save(self, record: SnapshotRecord) -> None:
        self.names.append(record.name)
        await super().save(record)

    async def kept(self) -> int:
        return sum([await self.load(name) is not None for name in self.names])


async def test_keep_snapshots_bounds_the_states_of_a_conversation() -> None:
    bounded, unbounded = CountingStore(), CountingStore()
    cells = ['x = 1'] * 40
    await turn(agent_with(store=bounded, keep_snapshots=5), *cells)
    await turn(agent_with(store=unbounded, keep_snapshots=None), *cells)
    assert await bounded.kept() < 20
    assert await unbounded.kept() == 40


async def test_observers_are_told_what_happens() -> None:
    seen: list[Event] = []
    await play(agent_with(double, on_cell_event=seen.append), 'await double(2)')
    assert [type(event).__name__ for event in seen] == [
        'CellStarted',
        'CellPrepared',
        'CellChecked',
        'CallStarted',
        'CallSettled',
        'SnapshotSaved',
        'CellEnded',
        'CellClosed',
    ]


async def test_max_catalog_chars_says_when_tools_move_into_modules() -> None:
    assert 'tools.double' not in (await offered())['run_code']
    small = (await offered(max_catalog_chars=20))['run_code']
    assert 'help(' in small
    cells = await play(agent_with(double, max_catalog_chars=20), 'await tools.double(4)')
    assert cells[0].content['result'] == 8


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'max_tool_calls': 0}, 'max_tool_calls must be a whole number of at least 1, got 0'),
        ({'checking': 'loose'}, "checking is one of 'strict', 'names', 'off', got 'loose'"),
        ({'on_lost_state': 'shrug'}, "on_lost_state is one of 'restart', 'error', got 'shrug'"),
        ({'store': 'agent.db'}, "'agent.db' is no database URL; one looks like sqlite:///agent.db"),
        ({'store': 'mysql://host/db'}, 'SqlStore works with SQLite and with PostgreSQL'),
        ({'store': SqlStore}, 'store must be a Store such as MemoryStore() or SqlStore(url), or a URL such as'),
        ({'tools': 5}, "tools is 'all', a list of names"),
        ({'tools': 'search'}, "tools is 'all', a list of names"),
        ({'max_failed_cells': True}, 'max_failed_cells must be a whole number'),
        ({'keep_snapshots': 1.5}, 'keep_snapshots must be a whole number greater than 0, or None'),
        ({'secret': 5}, 'A secret is text or bytes'),
        ({'limits': {'max_memory': '64M'}}, "Limits.max_memory must be a whole number greater than 0, got '64M'"),
        ({'store_timeout': 0}, 'store_timeout must be a number of seconds greater than 0, or a timedelta, got 0'),
        ({'limits': {'max_time': 3}}, "There is no limit 'max_time'. There are: max_duration_secs"),
        ({'limits': {'STRICT': 3}}, "There is no limit 'STRICT'"),
        ({'limits': {'max_memory': -1}}, 'Limits.max_memory must be a whole number greater than 0, got -1'),
        ({'limits': 3}, 'limits is a Limits or a dict of its fields'),
        ({'limits': Limits(), 'resource_limits': {}}, 'Give limits or resource_limits, not both'),
        ({'mount': '/tmp'}, 'mount is a pydantic_monty.MountDir or several'),
        ({'os_access': 3}, 'os_access is a pydantic_monty.AbstractOS or an OsHandler'),
        ({'on_cell_event': 3}, 'on_cell_event is a function that takes an event, or a list of them, got 3'),
        ({'secret': 'short'}, 'too short'),
        ({'tols': 'all'}, "Code mode has no option 'tols'. Did you mean tools\\?$"),
        ({'bananas': True}, "Code mode has no option 'bananas'. There are: checking, claim_timeout"),
        ({'repl_store': None}, "Code mode has no option 'repl_store': it is `store` here"),
        ({'eager': True}, "Code mode has no option 'eager': nothing runs before"),
    ],
)
def test_an_option_that_cannot_be_right_is_refused_when_it_is_given(options: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=message.replace('(', r'\(').replace(')', r'\)')):
        CodeMode(**options)
    with pytest.raises(SettingsError):
        CodeModeToolset(FunctionToolset(), **options)


ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    5,
    1.5,
    float('nan'),
    '',
    'x',
    b'x',
    [],
    [5],
    ['x'],
    {},
    {'x': 5},
    object(),
    int,
    SqlStore,
    print,
)


@pytest.mark.parametrize('option', CodeModeOptions.__annotations__)
def test_an_odd_value_of_an_option_is_taken_or_refused_when_it_is_given(option: str) -> None:
    for value in ODD_VALUES:
        with suppress(SettingsError):
            CodeMode(**cast('Any', {option: value}))


@pytest.mark.parametrize('limit', [item.name for item in fields(Limits)])
def test_an_odd_value_of_a_limit_is_taken_or_refused_when_it_is_given(limit: str) -> None:
    for value in ODD_VALUES:
        with suppress(SettingsError):
            Limits(**cast('Any', {limit: value}))


async def test_a_name_that_no_tool_has_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    agent = agent_with(double, tools=['duble', 'double'])
    assert (await play(agent, 'await double(2)'))[0].content == {'result': 4}
    await play(agent, 'await double(2)')
    assert [record.message for record in caplog.records if 'names' in record.message] == [
        "CodeMode(tools=[...]) names 'duble', and no tool of this step is called that. Did you mean 'double'?"
    ]


@pytest.mark.parametrize(('journal_writes', 'entries'), [('call', 3), ('cell', 0), (None, 3)])
async def test_journal_writes_says_when_the_journal_is_stored(
    journal_writes: Literal['call', 'cell'] | None, entries: int, tmp_path: Path
) -> None:
    seen: list[int] = []
    store = SqlStore(f'sqlite:///{tmp_path}/agent.db')

    async def look(ctx: RunContext[Any]) -> int:
        with closing(sqlite3.connect(tmp_path / 'agent.db')) as connection:
            tables = connection.execute("SELECT name FROM sqlite_master WHERE name = 'grail_journals'").fetchall()
            seen.append(connection.execute('SELECT count(*) FROM grail_journals').fetchone()[0] if tables else 0)
        return 1

    await play(agent_with(look, store=store, journal_writes=journal_writes), 'await look()\nawait look()')
    assert seen[-1] == entries + (entries > 0)


async def test_claim_timeout_says_how_long_a_silent_process_keeps_its_cell(tmp_path: Path) -> None:
    seen: list[float] = []

    async def look() -> None:
        with closing(sqlite3.connect(tmp_path / 'agent.db')) as connection:
            [[until]] = connection.execute('SELECT until FROM grail_claims').fetchall()
        seen.append((datetime.fromisoformat(until).replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds())

    store = SqlStore(f'sqlite:///{tmp_path}/agent.db')
    await play(agent_with(look, store=store, claim_timeout=1000), 'await look()')
    assert 900 < seen[0] <= 1000


def test_every_option_is_documented_and_tried_here() -> None:
    tests = Path(__file__).parents[1]
    here = ''.join(
        path.read_text()
        for path in [*tests.glob('agent/*.py'), *tests.glob('waiting/*.py'), *tests.glob('sessions/*.py')]
    )
    here += ''.join((tests / 'support' / f'{name}.py').read_text() for name in ('desk_stories', 'dying'))
    tried = [name for name in CodeModeOptions.__annotations__ if f'{name}=' in here or f"'{name}':" in here]
    assert tried == [*CodeModeOptions.__annotations__]


def one(number: int) -> int:
    return number


def inside() -> CodeModeToolset[None]:
    return CodeModeToolset(FunctionToolset([one]))


@pytest.mark.parametrize(
    ('capabilities', 'toolsets'),
    [
        (lambda: [CodeMode(), CodeMode()], list),
        (lambda: [CodeMode()], lambda: [inside()]),
        (lambda: [CodeMode(tools=[])], lambda: [FunctionToolset([one], id='a').prefixed('p'), inside()]),
        (list, lambda: [inside(), CodeModeToolset(FunctionToolset([one], id='b'))]),
        (list, lambda: [CodeModeToolset(inside())]),
    ],
)
async def test_a_second_code_mode_in_an_agent_is_refused_with_what_to_write(
    capabilities: Callable[[], list[Any]], toolsets: Callable[[], list[Any]]
) -> None:
    agent = Agent(TestModel(), capabilities=capabilities(), toolsets=toolsets())
    with pytest.raises(
        UserError,
        match=r'An agent has one code mode, which takes all of its tools: keep the `CodeMode` capability and give it the '
        r'toolsets as they are, or put them all into one `CodeModeToolset\(CombinedToolset\(\[\.\.\.\]\)\)`',
    ):
        await agent.run('go')


async def test_a_tool_of_the_users_named_run_code_is_refused_with_a_way_out() -> None:
    async def run_code(code: str) -> str:
        return code

    agent = Agent(TestModel(), tools=[run_code], capabilities=[CodeMode(tools=[])])
    with pytest.raises(UserError, match=r"Code mode offers a tool named 'run_code'\. Rename yours"):
        await agent.run('go')
