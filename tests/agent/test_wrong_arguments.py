"""What a programmer gets who gives a public function or an option what it does not take says what to give."""

from __future__ import annotations

import inspect
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import fields
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from inline_snapshot import snapshot
from pydantic_ai_harness import CodeMode as CodeModeOfTheHarness

from pydantic_ai_grail import CodeMode, CodeModeOptions, Limits, MemoryStore, SqlStore
from pydantic_ai_grail._common.unknown_options import FORMER, OF_THE_HARNESS
from pydantic_ai_grail.admin.archive import export_conversation, import_conversation
from pydantic_ai_grail.admin.forking import fork_conversation
from pydantic_ai_grail.admin.inspection import list_cells, list_grants, list_unfinished_cells, list_waiting_calls
from pydantic_ai_grail.admin.leases import lease_conversation
from pydantic_ai_grail.admin.retention import delete_expired
from pydantic_ai_grail.approvals import RaiseError
from pydantic_ai_grail.errors import DecisionError, GrailError, SettingsError, StoreError

pytestmark = pytest.mark.anyio

PAGE = (Path(__file__).parents[2] / 'docs' / 'comparison' / 'harness.md').read_text()
ANY = cast('Any', object())


async def with_a_lease(*arguments: Any, **options: Any) -> None:
    async with lease_conversation(*arguments, **options):
        pass


FUNCTIONS: Mapping[str, tuple[Callable[..., Awaitable[Any]], Mapping[str, Any]]] = {
    'list_cells': (list_cells, {'conversation_id': 'c', 'include_content': True}),
    'list_grants': (list_grants, {'conversation_id': 'c'}),
    'list_unfinished_cells': (list_unfinished_cells, {'include_content': True}),
    'list_waiting_calls': (list_waiting_calls, {'include_content': True}),
    'delete_expired': (
        delete_expired,
        {'older_than': timedelta(1), 'keep_newest': 0, 'dry_run': False, 'unfinished_older_than': None, 'now': None},
    ),
    'fork_conversation': (fork_conversation, {'conversation_id': 'c', 'new_id': 'd', 'history': []}),
    'export_conversation': (export_conversation, {'conversation_id': 'c', 'path': 'file', 'overwrite': False}),
    'import_conversation': (import_conversation, {'path': 'file'}),
    'lease_conversation': (
        with_a_lease,
        {'conversation_id': 'c', 'lease_timeout': 30.0, 'store_timeout': 10.0},
    ),
}


@pytest.mark.parametrize(
    ('name', 'argument'),
    [(name, argument) for name, (_, right) in FUNCTIONS.items() for argument in ('store', 'owner', *right)],
)
async def test_every_argument_of_a_wrong_type_is_named(name: str, argument: str) -> None:
    function, right = FUNCTIONS[name]
    given = {'store': MemoryStore(), **right, argument: ANY}
    with pytest.raises(GrailError) as caught:
        await function(**given)
    assert str(caught.value).startswith(('conversation_id' if argument == 'new_id' else argument) + ' ')
    assert f'{ANY!r}'[:30] in str(caught.value)


@pytest.mark.parametrize(
    ('use', 'said'),
    [
        (
            lambda: delete_expired(MemoryStore(), older_than=cast('Any', 30)),
            snapshot('older_than is a length of time, such as timedelta(days=30), got 30.'),
        ),
        (
            lambda: list_cells(cast('Any', 'sqlite:///agent.db'), 'c'),
            snapshot("store must be a Store such as MemoryStore() or SqlStore(url), got 'sqlite:///agent.db'."),
        ),
        (
            lambda: fork_conversation(MemoryStore(), 'a', new_id='b', history=cast('Any', b'[]')),
            snapshot(
                "history has the messages of the conversation, as result.all_messages() gives them or ModelMessagesTypeAdapter.validate_json() reads them, got b'[]'."
            ),
        ),
        (
            lambda: with_a_lease(MemoryStore(), 'c', lease_timeout=float('inf')),
            snapshot('lease_timeout must be at most a hundred years, in seconds or as a timedelta, got inf.'),
        ),
    ],
)
async def test_a_wrong_argument_says_what_to_give(use: Callable[[], Awaitable[Any]], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        await use()
    assert str(caught.value) == said


def no_context() -> str:
    return 'ann'


@pytest.mark.parametrize(
    ('options', 'said'),
    [
        ({'owner': no_context}, snapshot("owner is called as owner(ctx), and no_context() -> 'str' takes other arguments.")),
        ({'on_cell_event': [no_context]}, snapshot("on_cell_event is called as on_cell_event(event), and no_context() -> 'str' takes other arguments.")),
        ({'on_unknown_call': no_context}, snapshot("on_unknown_call is called as look_up(ctx, call), and no_context() -> 'str' takes other arguments.")),
        ({'tools': no_context}, snapshot("tools is called as choose(ctx, tool_def), and no_context() -> 'str' takes other arguments.")),
        ({'tool_events': 'yes'}, snapshot("tool_events is True or False, got 'yes'.")),
        ({'id': 3}, snapshot('id is text, got 3.')),
        ({'claim_timeout': 1e300}, snapshot('claim_timeout must be at most a hundred years, in seconds or as a timedelta, got 1e+300.')),
        ({'repl_store': None}, snapshot("Code mode has no option 'repl_store': it is `store` here: leave it out for a store in memory, or write store='sqlite:///agent.db'.")),
        ({'eager': True}, snapshot("Code mode has no option 'eager': nothing runs before the model has written the whole cell and it was checked. Leave it out.")),
        ({'decision_timeout': timedelta(0)}, snapshot('decision_timeout must be a number of seconds greater than 0, or a timedelta, got datetime.timedelta(0).')),
        ({'catalog_chars': 3}, snapshot("Code mode has no option 'catalog_chars'. Did you mean max_catalog_chars?")),
        ({'store_timeout_secs': 3}, snapshot("Code mode has no option 'store_timeout_secs'. Did you mean store_timeout?")),
        ({'unknown_calls': 'ask'}, snapshot("Code mode has no option 'unknown_calls'. Did you mean on_unknown_call?")),
        ({'lost_state': 'error'}, snapshot("Code mode has no option 'lost_state'. Did you mean on_lost_state?")),
        ({'resource_limit': {}}, snapshot("Code mode has no option 'resource_limit'. Did you mean limits?")),
        ({'limits': 'unlimited'}, snapshot("limits is a Limits or a dict of its fields, such as Limits.UNLIMITED, got 'unlimited'.")),
        ({'max_retires': 3}, snapshot("Code mode has no option 'max_retires'. Did you mean max_failed_cells?")),
    ],
)  # fmt: skip
def test_an_option_that_cannot_be_says_what_to_write(options: Mapping[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        CodeMode(**cast('Any', options))
    assert str(caught.value) == said


@pytest.mark.parametrize('owner', [lambda ctx: 'ann', partial(lambda user, ctx: user, 'ann'), lambda *given: 'ann'])  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]  # as users write them
def test_a_function_that_can_be_called_is_taken(owner: Any) -> None:
    assert CodeMode(owner=owner).settings.owner is owner


def test_every_option_refuses_what_is_of_no_type_it_takes() -> None:
    parameters = inspect.signature(CodeMode).parameters
    named = {*CodeModeOptions.__annotations__, *parameters}
    for name in sorted(named):
        with pytest.raises(GrailError):
            CodeMode(**cast('Any', {name: ANY}))


def test_every_option_of_the_harness_is_one_here_or_says_what_to_write() -> None:
    theirs = {*inspect.signature(CodeModeOfTheHarness).parameters}
    here = {*inspect.signature(CodeMode).parameters, *FORMER}
    assert theirs - here <= OF_THE_HARNESS.keys()
    assert not here & OF_THE_HARNESS.keys() - {'tool_events'}
    assert [name for name in OF_THE_HARNESS if name != 'tool_events' and f'`{name}`' not in PAGE] == []


def test_a_message_that_is_no_text() -> None:
    with pytest.raises(DecisionError, match=r'^RaiseError\(\.\.\.\) takes the message as text, got 3\.$'):
        RaiseError(cast('Any', 3))


@pytest.mark.parametrize('seconds', ['5', None, True, -1, float('nan'), float('inf')])
def test_a_busy_timeout_that_is_no_number_of_seconds(seconds: Any) -> None:
    with pytest.raises(SettingsError, match=r'^SqlStore\(busy_timeout=\.\.\.\) is a number of seconds from 0'):
        SqlStore('sqlite:///agent.db', busy_timeout=seconds)


@pytest.mark.parametrize(
    ('trouble', 'to_do'),
    [
        ('read-only', 'Whoever uses the store must be allowed to write to the file and to its folder'),
        ('no database', 'The file is something else: look at the path in the URL of the store.'),
        ('a folder', 'Look at the path in the URL of the store.'),
        ('no server', 'Look at host and port in the URL of the store, and whether the server runs'),
    ],
)
async def test_a_database_that_does_not_do_its_part_says_what_to_do(
    trouble: str, to_do: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / 'agent.db'
    url = f'sqlite:///{file}'
    match trouble:
        case 'read-only':  # not by its mode: root may write to any file
            async with SqlStore(url) as store:
                await store.forget(conversation_id='c')
            connect = cast('Callable[..., Any]', sqlite3.connect)

            def connect_read_only(_: str, **options: Any) -> Any:
                return connect(f'file:{file}?mode=ro', uri=True, **options)

            monkeypatch.setattr('sqlite3.dbapi2.connect', connect_read_only)
        case 'no database':
            file.write_text('a text that is long enough to be looked at ' * 40)
        case 'a folder':
            file.mkdir()
        case _:
            url = 'postgresql://u@127.0.0.1:1/name'
    with pytest.raises(StoreError) as caught:
        await SqlStore(url).forget(conversation_id='c')
    assert f'. {to_do}' in str(caught.value)


@pytest.mark.parametrize('name', [item.name for item in fields(Limits)])
def test_every_limit_refuses_what_is_no_number(name: str) -> None:
    for wrong in ('5', True, timedelta(1), 0, float('nan')):
        with pytest.raises(SettingsError, match=rf'^Limits\.{name} must be '):
            Limits(**{name: cast('Any', wrong)})
