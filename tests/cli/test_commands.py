"""The command line over real stores: what it prints, what it leaves alone, and how it ends."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from pydantic_ai.messages import ModelMessagesTypeAdapter
from sqlalchemy import make_url
from support.bills import SECRET, till, write_journal
from support.journal_entries import BEGAN, call_began, call_waits, cell_resumed, cell_suspended

from pydantic_ai_grail import Approve, Deny, SqlStore, decide
from pydantic_ai_grail._state.keyring import HOW_TO_ADD_A_KEY
from pydantic_ai_grail.approvals import ApprovalGrant
from pydantic_ai_grail.cli import main
from pydantic_ai_grail.events.calls import idempotency_key
from pydantic_ai_grail.stores.base import NO_OWNER, CellKey, Claim
from pydantic_ai_grail.testing import played_cells
from pydantic_ai_grail.testing.journal_contract import NOON

Run: TypeAlias = Callable[..., tuple[int, str, str]]
NOTHING_WAITS = (
    'No call waits in conversations without an owner; those of owners are listed with --owner or --all-owners.\n'
)
NONE = 'There are none without an owner. Those of owners are listed with --owner or --all-owners.\n'


VARYING = re.compile(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ|\d\.\d+ s\b|\bpyd_ai_\w+|(?<=grant )\w+')


SHOWN = """\
1. completed ~ (cell ~)
   | import asyncio
   | await asyncio.gather(pay(1, 200), pay(2, 300), pay(3, -5), return_exceptions=True)
   - line 2: pay(bill=1, amount=200) returned 'paid 1', ~
     approved with {'bill': 1, 'amount': 5} ~
   - line 2: pay(bill=2, amount=300) denied PermissionError: ask first, ~
     denied ~
   - line 2: pay(bill=3, amount=-5) raised ValueError: a bill is not negative, ~

2. failed ~ (cell ~)
   | await pay(4, 200)
   | open(1)
   - line 1: pay(bill=4, amount=200) returned 'paid 4', ~
     allowed by grant ~
   TypeError: expected str, bytes or os.PathLike object, not int, line 2

3. waiting since ~ (cell ~)
   | await pay(4, 200)
   | await fax("7")
   - line 1: pay(bill=4, amount=200) returned 'paid 4', ~
     not made: the result of the same call in the failed cell before
   - line 2: fax(number='7') waits for its result, from outside since ~

Allowed without being asked:
   pay(...): 1 call in the conversation, since ~ (grant ~)
"""


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('GRAIL_SECRET', SECRET)
    monkeypatch.delenv('GRAIL_STORE', raising=False)


@pytest.fixture(params=['sqlite', 'postgresql'])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == 'sqlite':
        return f'sqlite:///{tmp_path}/agent.db'
    url = make_url(request.getfixturevalue('postgresql_url')).render_as_string(hide_password=False)
    in_store(url, _forget_all)
    return url


@pytest.fixture
def run(url: str, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command on the store: its status, output and errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        status = main([*arguments, '--store', url])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


def in_store(url: str, work: Callable[[SqlStore], Coroutine[Any, Any, Any]]) -> Any:
    async def opened() -> Any:
        async with SqlStore(url) as store:
            return await work(store)

    return asyncio.run(opened())


async def _forget_all(store: SqlStore) -> None:
    for summary in await store.conversations():
        await store.forget(conversation_id=summary.conversation_id)


def converse(url: str, conversation_id: str, *cells: str | Sequence[str]) -> Any:
    return in_store(url, lambda store: till(store, *cells).run('go', conversation_id=conversation_id))


# The commands


def test_conversations_are_listed(url: str, run: Run) -> None:
    for name in ('A', 'B'):
        converse(url, name, 'x = 1')
    status, output, errors = run('list-conversations', '--limit', '1')
    assert (status, errors) == (0, 'pydantic-ai-grail: there are more than 1; see --limit.\n')
    assert [line.split()[:3] for line in output.splitlines()] == [
        ['CONVERSATION', 'STATES', 'ENTRIES'],
        ['B', '1', '0'],
    ]
    listed = json.loads(run('list-conversations', '--json')[1])
    assert [(each['conversation_id'], each['snapshots']) for each in listed] == [('B', 1), ('A', 1)]


def test_a_store_that_has_become_empty_says_so(url: str, run: Run) -> None:
    converse(url, 'A', 'x = 1')
    in_store(url, _forget_all)
    assert run('list-conversations') == (0, NONE, '')
    assert run('list-waiting-calls') == (0, NOTHING_WAITS, '')
    assert run('delete-expired', '--older-than', '1d')[0] == 0


def test_a_conversation_is_shown_with_what_was_decided(url: str, run: Run) -> None:
    async def story(store: SqlStore) -> None:
        agent = till(
            store,
            'import asyncio\nawait asyncio.gather(pay(1, 200), pay(2, 300), pay(3, -5), return_exceptions=True)',
            'await pay(4, 200)\nopen(1)',
            'await pay(4, 200)\nawait fax("7")',
        )
        waiting = await agent.run('go', conversation_id='A')
        approval = Approve(override_args={'bill': 1, 'amount': 5}, grant=ApprovalGrant(uses=2))
        answers = decide(waiting.output, lambda call: approval if call.args['bill'] == 1 else Deny('ask first'))
        await agent.run(message_history=waiting.all_messages(), deferred_tool_results=answers)

    in_store(url, story)
    status, output, errors = run('list-cells', 'A')
    assert (status, errors) == (0, '')
    assert VARYING.sub('~', output) == SHOWN


def test_a_conversation_that_does_not_hold_is_shown_and_ends_with_1(url: str, run: Run) -> None:
    async def story(store: SqlStore) -> None:
        await till(store, 'x = 1', 'y = 2').run('go', conversation_id='A')
        first, second = (await store.contents('A')).snapshots
        await store.forget(conversation_id='A')
        await store.save(replace(first, cell_id='of another'))
        await store.save(second)

    in_store(url, story)
    status, output, _ = run('list-cells', 'A')
    assert status == 1
    assert '1. unreadable (cell of another)\n   Not to be trusted: Snapshot ' in output
    assert '2. completed' in output
    status, output, _ = run('list-cells', 'A', '--json')
    assert status == 1
    assert [cell['status'] for cell in json.loads(output)['cells']] == [None, 'completed']


def test_nothing_that_a_model_wrote_steers_a_terminal(url: str, run: Run) -> None:
    code = "x = '\x1b[2J \u202e \x07'\nawait pay(1, 200)"
    converse(url, 'A', code)
    key = CellKey(NO_OWNER, 'B\x1b[31m', 'c1', 'digest')  # of an agent of before such ids were refused
    in_store(url, lambda store: write_journal(store, key, BEGAN, call_began(1, bill=1)))
    for output in (
        run('list-cells', 'A')[1],
        run('list-unfinished-cells')[1],
        run('list-conversations')[1],
        run('list-cells', '\x1b[1m')[2],
    ):
        assert output
        assert output.replace('\n', '').isprintable()
    assert r"| x = '\x1b[2J \u202e \x07'" in run('list-cells', 'A')[1]


def test_what_waits_is_listed_over_all_conversations(url: str, run: Run) -> None:
    converse(url, 'A', 'x = 1\nawait pay(1, 200)')
    converse(url, 'B', 'await fax("7")')
    _, output, _ = run('list-waiting-calls')
    first, second = output.split('\n\n')
    assert first.split('\n')[0] == 'pay(bill=1, amount=200)'
    assert first.split('\n')[1].startswith('  waits for an approval since 20')
    assert first.split('\n')[2] == "  why: 'large'"
    assert first.split('\n')[-1] == '  > 2  await pay(1, 200)'
    assert second.split('\n')[1].startswith('  waits for its result, from outside since 20')
    listed = json.loads(run('list-waiting-calls', '--json')[1])['waiting']
    assert [(each['conversation_id'], each['call']['args']) for each in listed] == [
        ('A', {'bill': 1, 'amount': 200}),
        ('B', {'number': '7'}),
    ]


def test_what_a_process_left_when_it_died_is_shown(url: str, run: Run) -> None:
    key = CellKey('', 'A', 'c1', 'digest')
    unknown = replace(call_waits(1), reason='unknown', until=NOON)
    approved = replace(cell_resumed(), decisions={'c1__1': {'kind': 'approve'}})
    entries = [BEGAN, call_began(1, bill=1), unknown, cell_suspended(), approved, call_began(1, attempt=2, bill=1)]
    in_store(url, lambda store: write_journal(store, key, *entries))
    in_store(url, lambda store: write_journal(store, key._replace(conversation_id='B'), *entries[:4]))
    assert run('list-cells', 'A')[1] == (
        '1. interrupted, began 2026-01-01 12:00:00Z: no process runs it (cell c1)\n'
        '   | await pay(1)\n'
        '   - line 1: pay(bill=1) began 2026-01-01 12:00:00Z and did not end\n'
        '     approved 2026-01-01 12:00:00Z\n'
        '     attempt 2\n'
    )
    own_key = idempotency_key(key._replace(conversation_id='B').scope, 'c1__1')
    assert run('list-waiting-calls')[1] == (
        'pay(bill=1)\n'
        '  waits for somebody who knows whether it was made when its process died (until 2026-01-01 12:00:00Z) since '
        '2026-01-01 12:00:00Z\n'
        f'  began 2026-01-01 12:00:00Z with the idempotency key {own_key}\n'
        '  conversation B, call c1__1\n'
        '  > 1  await pay(1)\n'
    )


def test_a_wait_that_was_passed_is_told_apart(url: str, run: Run) -> None:
    async def story(store: SqlStore) -> None:
        await till(store, ['await pay(1, 200)', 'x = 1']).run('go', conversation_id='A')
        await till(store, 'await pay(2)').run('go', conversation_id='A')  # from a history that was rewound

    in_store(url, story)
    assert run('list-waiting-calls')[1].endswith('\n  later cells have run: perhaps nobody will decide any more\n')
    assert '\n2. queued since 20' in run('list-cells', 'A')[1]


def test_a_cell_that_was_denied_as_a_whole_waits_no_more(url: str, run: Run) -> None:
    async def story(store: SqlStore) -> None:
        waiting = await till(store, 'await pay(1, 200)').run('go', conversation_id='A')
        results = decide(waiting.output, True)
        results.approvals, results.metadata = dict.fromkeys(results.approvals, False), {}
        await till(store, 'await pay(1, 200)').run(
            message_history=waiting.all_messages(), deferred_tool_results=results
        )

    in_store(url, story)
    assert run('list-waiting-calls')[1] == NOTHING_WAITS
    assert run('list-unfinished-cells')[1] == (
        'Every cell came to its end in conversations without an owner; those of owners are listed with --owner or '
        '--all-owners.\n'
    )


def test_without_content_nothing_of_it_is_printed(url: str, run: Run) -> None:
    converse(url, 'A', 'sesame = 1', 'await pay(47110815471108, 47120815471208)')
    printed = ''.join(
        run(*command, '--no-content', *form)[1]
        for command in (['list-cells', 'A'], ['list-waiting-calls'])
        for form in ([], ['--json'])
    )
    assert [word for word in ('sesame', '47110815471108', '47120815471208', 'large') if word in printed] == []
    assert 'pay(bill=[hidden], amount=[hidden]) waits for an approval' in printed


def test_what_expires_is_told_before_and_after(url: str, run: Run) -> None:
    converse(url, 'old', 'x = 1', 'await pay(1)\n1 / 0')
    converse(url, 'waits', 'await pay(1, 200)')
    in_store(url, lambda store: write_journal(store, CellKey('', 'died', 'c1', 'digest'), BEGAN, call_began(1)))
    kept = {'Kept waits for a cell that is waiting', 'Kept died for a cell that is under way'}
    first, *rest = run('delete-expired', '--older-than', '0s', '--dry-run')[1].splitlines()
    assert first == 'Would forget 2 states and 1 journal of 1 conversation.'
    assert {line.partition(',')[0] for line in rest} == kept
    first, *rest = run('delete-expired', '--older-than', '0s')[1].splitlines()
    assert first == 'Forgot 2 states and 1 journal of 1 conversation.'
    assert {line.partition(',')[0] for line in rest} == kept
    assert run('delete-expired', '--older-than', '0s', '--unfinished-older-than', '0s')[1] == (
        'Forgot 0 states and 2 journals of 2 conversations.\n'
    )
    assert run('list-conversations')[1] == NONE


def test_what_waits_is_forgotten_only_by_force(url: str, run: Run) -> None:
    converse(url, 'A', 'x = 1', 'await pay(1, 200)')
    assert run('delete-conversation', 'A') == (
        1,
        '',
        "pydantic-ai-grail: Conversation 'A' has 1 cell that came to no end (waiting): what waits there could not be "
        'decided any more. Nothing was forgotten. See "list-cells", or give --force.\n',
    )
    assert 'pay(bill=1, amount=200)' in run('list-waiting-calls')[1]
    assert run('delete-conversation', 'A', '--force') == (0, 'Forgot 1 state and 4 journal records.\n', '')
    status, _, errors = run('delete-conversation', 'A')
    assert status == 1
    assert errors.endswith(
        " has nothing of conversation 'A' without an owner. If it is somebody's, give --owner. "
        '"list-conversations" lists them.\n'
    )


def test_what_cannot_be_opened_may_wait_and_is_forgotten_only_by_force(
    url: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    converse(url, 'A', 'await pay(1, 200)')
    monkeypatch.setenv('GRAIL_SECRET', 'another secret that is as long as one has to be')
    status, _, errors = run('delete-conversation', 'A')
    assert status == 1
    assert '1 cell that came to no end (unreadable)' in errors
    assert run('delete-conversation', 'A', '--force')[0] == 0


def test_what_is_done_is_forgotten_at_once(url: str, run: Run) -> None:
    converse(url, 'A', 'x = 1', 'await pay(1, 2)')
    assert run('delete-conversation', 'A')[0] == 0
    assert run('list-conversations')[1] == NONE


def test_more_than_are_shown_are_told_of(url: str, run: Run) -> None:
    for name in 'ABC':
        converse(url, name, 'x = 1')
    status, output, errors = run('list-conversations', '--limit', '2')
    assert (status, len(output.splitlines())) == (0, 3)
    assert errors == 'pydantic-ai-grail: there are more than 2; see --limit.\n'
    status, output, errors = run('list-conversations', '--limit', '2', '--json')
    assert (len(json.loads(output)), errors) == (2, 'pydantic-ai-grail: there are more than 2; see --limit.\n')
    assert run('list-conversations', '--limit', '3')[2] == ''
    assert run('list-conversations', '--limit', '0')[1:] == (
        '\n',
        'pydantic-ai-grail: there are more than 0; see --limit.\n',
    )


def test_the_store_may_stand_before_the_command(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    converse(url, 'A', 'x = 1')
    assert main(['--store', url, '--json', 'list-conversations']) == 0
    assert json.loads(capsys.readouterr().out)[0]['conversation_id'] == 'A'
    assert main(['--store', 'sqlite:///nowhere.db', 'list-conversations', '--store', url]) == 0
    assert capsys.readouterr().out.startswith('CONVERSATION')


def test_help_and_mistakes_need_none_of_the_libraries() -> None:
    program = (
        'import sys\n'
        'from pydantic_ai_grail.cli import main\n'
        'try:\n'
        '    main(sys.argv[1:])\n'
        'except SystemExit as end:\n'
        '    status = end.code\n'
        'heavy = {"pydantic", "pydantic_ai", "sqlalchemy", "pydantic_monty", "anyio"} & set(sys.modules)\n'
        'print(status, sorted(heavy), file=sys.stderr)\n'
    )
    for arguments, status in (['--help'], 0), (['delete-expired', '--help'], 0), (['shw'], 2):
        ended = subprocess.run([sys.executable, '-c', program, *arguments], capture_output=True, text=True, check=True)
        assert ended.stderr.splitlines()[-1] == f'{status} []'


def test_a_conversation_goes_on_from_its_copy(url: str, run: Run, tmp_path: Path) -> None:
    waiting = converse(url, 'A', 'x = 7', 'await pay(1, 200)\nx')
    (tmp_path / 'history.json').write_bytes(waiting.all_messages_json())
    assert run('fork-conversation', 'A', 'B', 'history.json', 'copy.json')[0] == 0
    assert run('delete-conversation', 'A', '--force')[0] == 0
    history = ModelMessagesTypeAdapter.validate_json((tmp_path / 'copy.json').read_bytes())

    async def go_on(store: SqlStore) -> Any:
        agent = till(store, 'x = 7', 'await pay(1, 200)\nx')
        return await agent.run(message_history=history, deferred_tool_results=decide(waiting.output, True))

    assert played_cells(in_store(url, go_on).all_messages())[-1].content == {'result': 7}


def test_a_fork_overwrites_nothing_and_leaves_nothing_when_it_fails(url: str, run: Run, tmp_path: Path) -> None:
    waiting = converse(url, 'A', 'x = 7')
    (tmp_path / 'history.json').write_bytes(waiting.all_messages_json())
    (tmp_path / 'copy.json').write_text('mine')
    status, _, errors = run('fork-conversation', 'A', 'B', 'history.json', 'copy.json')
    assert (status, errors) == (
        1,
        "pydantic-ai-grail: 'copy.json' is there already, and was left as it is. Name another file.\n",
    )
    assert (tmp_path / 'copy.json').read_text() == 'mine'
    assert run('fork-conversation', 'nobody', 'B', 'history.json', 'new.json')[0] == 1
    assert not (tmp_path / 'new.json').exists()
    status, _, errors = run('fork-conversation', 'A', 'B', 'copy.json', 'new.json')
    assert errors == ("pydantic-ai-grail: 'copy.json' is no message history, as all_messages_json() gives it.\n")
    assert len(json.loads(run('list-conversations', '--json')[1])) == 1


def test_a_conversation_is_exported_and_imported(url: str, run: Run, tmp_path: Path) -> None:
    converse(url, 'A', 'x = 7', 'await pay(1, 200)')
    before = run('list-cells', 'A')[1]
    assert run('export-conversation', 'A', 'A.grail')[0] == 0
    assert run('import-conversation', 'A.grail')[0] == 1  # it is there
    assert run('delete-conversation', 'A', '--force')[0] == 0
    assert run('import-conversation', 'A.grail') == (0, "Took in conversation 'A'.\n", '')
    assert run('list-cells', 'A')[1] == before


def test_an_export_overwrites_only_what_it_is_told_to(url: str, run: Run, tmp_path: Path) -> None:
    converse(url, 'A', 'x = 7')
    (tmp_path / 'A.grail').write_text('mine')
    status, _, errors = run('export-conversation', 'A', 'A.grail')
    assert (status, (tmp_path / 'A.grail').read_text()) == (1, 'mine')
    assert errors.startswith("pydantic-ai-grail: 'A.grail' is there already, and was left as it is.")
    assert run('export-conversation', 'A', 'A.grail', '--force')[0] == 0
    assert (tmp_path / 'A.grail').read_bytes().startswith(b'PK')
    assert [path.name for path in tmp_path.iterdir() if 'grail' in path.name] == ['A.grail']


def test_an_exported_file_is_for_its_owner_alone(url: str, run: Run, tmp_path: Path) -> None:
    converse(url, 'A', 'x = 7')
    run('export-conversation', 'A', 'A.grail')
    assert (tmp_path / 'A.grail').stat().st_mode & 0o777 == 0o600


def test_what_could_not_be_opened_may_wait_and_ends_with_1(url: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    converse(url, 'A', 'await pay(1, 200)')
    monkeypatch.setenv('GRAIL_SECRET', 'another secret that is as long as one has to be')
    status, output, _ = run('list-waiting-calls')
    assert status == 1
    assert output.startswith('1 cell cannot be read, and may have calls that wait: see A. The journal of cell ')
    assert output.endswith(f'{HOW_TO_ADD_A_KEY}\n')  # what to do is not cut off
    assert f'{HOW_TO_ADD_A_KEY}\n' in run('list-cells', 'A')[1]
    status, output, _ = run('list-waiting-calls', '--json')
    assert (status, json.loads(output)['waiting']) == (1, [])
    status, output, _ = run('list-unfinished-cells')
    assert status == 1
    assert output.startswith('A: unreadable (cell ')


def test_cells_that_came_to_no_end_are_listed(url: str, run: Run) -> None:
    converse(url, 'A', 'await pay(1, 200)')
    converse(url, 'B', 'await pay(1, 2)')
    key = CellKey('', 'C', 'c1', 'digest')
    in_store(url, lambda store: write_journal(store, key, BEGAN, call_began(1, bill=1)))
    listed = VARYING.sub('~', run('list-unfinished-cells')[1])
    assert sorted(listed.strip().split('\n\n')) == [
        'A: waiting since ~ (cell ~)\n  - pay(bill=1, amount=200) waits for an approval since ~',
        'C: interrupted, began ~: no process runs it (cell c1)\n  - pay(bill=1) began ~ and did not end',
    ]
    assert {each['conversation_id'] for each in json.loads(run('list-unfinished-cells', '--json')[1])} == {'A', 'C'}


def test_a_cell_that_a_process_runs_names_it(url: str, run: Run) -> None:
    async def story(store: SqlStore) -> None:
        key = CellKey('', 'A', 'c1', 'digest')
        await write_journal(store, key, BEGAN, call_began(1, bill=1))
        claim = Claim(holder='web-1:boot:ns/4711:99/ab', until=datetime.now(UTC) + timedelta(minutes=1))
        await store.claim(key, claim, now=datetime.now(UTC))

    in_store(url, story)
    assert 'under way since 2026-01-01 12:00:00Z, in process 4711 on web-1 (cell c1)' in run('list-cells', 'A')[1]


def test_why_a_cell_failed_is_shown(url: str, run: Run) -> None:
    converse(url, 'A', 'await pay(1, 2)\n1 / 0')
    assert '   ZeroDivisionError: division by zero, line 2\n' in run('list-cells', 'A')[1]
    assert '   ZeroDivisionError, line 2\n' in run('list-cells', 'A', '--no-content')[1]


def test_room_is_given_back(url: str, run: Run) -> None:
    converse(url, 'A', 'x = [0] * 200_000')
    run('delete-conversation', 'A')
    status, output, _ = run('vacuum')
    assert status == 0
    assert ('smaller' in output) == url.startswith('sqlite')
    freed = json.loads(run('vacuum', '--json')[1])
    assert freed == {'freed_bytes': 0}


# What goes wrong


@pytest.mark.parametrize(
    'command',
    [
        ['list-conversations'],
        ['list-cells', 'A'],
        ['list-waiting-calls'],
        ['delete-expired', '--older-than', '1d'],
        ['delete-conversation', 'A'],
        ['vacuum'],
        ['export-conversation', 'A', 'file'],
        ['fork-conversation', 'A', 'B', 'one.json', 'two.json'],
    ],
    ids=lambda command: command[0],
)
def test_a_mistyped_file_is_an_error_and_no_new_database(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / 'one.json').write_text('[]')
    assert main([*command, '--store', 'sqlite:///agnet.db']) == 1
    assert capsys.readouterr().err == (
        f"pydantic-ai-grail: SqlStore('sqlite:///{tmp_path}/agnet.db') is not there, or no agent has used it. "
        'Nothing was made. Look at --store or GRAIL_STORE.\n'
    )
    assert [each.name for each in tmp_path.iterdir()] == ['one.json']


def test_a_secret_that_is_not_there_is_asked_for_and_not_made(
    run: Run, url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    converse(url, 'A', 'x = 7')
    monkeypatch.delenv('GRAIL_SECRET')
    status, _, errors = run('list-cells', 'A')
    assert status == 1
    assert 'GRAIL_SECRET' in errors
    assert errors.count('\n') == 1
    assert not (tmp_path / 'agent.db.key').exists()
    assert run('list-conversations')[0] == 0  # which opens nothing


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ([], 'the following arguments are required: COMMAND'),
        (['list-conversations'], 'which store? Give --store, as in --store sqlite:///agent.db, or set GRAIL_STORE.'),
        (['delete-expired', '--store', 'x'], 'the following arguments are required: --older-than'),
        (['delete-expired', '--older-than', 'soon'], "'soon' is no length of time; one looks like 30d, 12h or 2w"),
        (['list-conversations', '--limit', '-1'], "'-1' is no number of things"),
        (['list-conversations', '--limit', 'x'], "'x' is no number of things"),
        (['list-conversations', '--limit', '9' * 20], 'is no number of things'),
        (['delete-expired', '--older-than', '999999w'], "'999999w' is more than a hundred years"),
    ],
)
def test_wrong_arguments_end_with_2(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    'url_given',
    [
        *('agent.db', 'mysql://host/name', 'postgresql://localhost:1/name', 'postgresql://host:port/name'),
        *('sqlite://agent.db', 'sqlite:///nowhere/agent.db', 'sqlite:///odd\udce9.db'),
    ],
)
def test_a_store_that_cannot_be_is_one_line(url_given: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['list-conversations', '--store', url_given]) == 1
    errors = capsys.readouterr().err
    assert errors.startswith('pydantic-ai-grail: ')
    assert errors.count('\n') == 1


# As a process


def process(*arguments: str, code: str | None = None) -> subprocess.CompletedProcess[str]:
    program = ['-m', 'pydantic_ai_grail'] if code is None else ['-c', code]
    return subprocess.run([sys.executable, *program, *arguments], capture_output=True, text=True, check=False)


def test_the_package_is_a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    converse(f'sqlite:///{tmp_path}/agent.db', 'A', 'x = 7')
    monkeypatch.setenv('GRAIL_STORE', 'sqlite:///agent.db')
    shown = process('list-cells', 'A')
    assert (shown.returncode, shown.stderr) == (0, '')
    assert '   | x = 7\n' in shown.stdout
    failed = process('list-cells', 'B')
    assert (failed.returncode, failed.stdout) == (1, '')


def test_its_version_is_told() -> None:
    assert re.fullmatch(r'\d+\.\d+\S*\n', process('--version').stdout)


def test_an_argument_of_bytes_that_are_no_text_is_one_line(url: str, run: Run) -> None:
    converse(url, 'A', 'x = 7')
    status, _, errors = run('list-cells', 'caf\udce9')
    assert status == 1
    assert "'caf\\udce9'" in errors
    assert errors.count('\n') == 1


def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path) -> None:
    url = f'sqlite:///{tmp_path}/agent.db'
    converse(url, 'A', *[f"x_{number} = '{'y' * 5000}'" for number in range(20)])
    command = f'"{sys.executable}" -m pydantic_ai_grail list-cells A --store {url} | head -n 1'
    ended = subprocess.run(['sh', '-c', command], capture_output=True, text=True, check=False)
    assert ended.stdout.startswith('1. completed')
    assert ended.stderr == ''


def test_without_sqlalchemy_the_extra_is_named() -> None:
    code = "import sys\nsys.modules['sqlalchemy'] = None\nfrom pydantic_ai_grail.cli import main\nsys.exit(main())"
    ended = process('list-conversations', '--store', 'sqlite:///agent.db', code=code)
    assert (ended.returncode, ended.stderr) == (
        1,
        "pydantic-ai-grail: SqlStore needs SQLAlchemy: pip install 'pydantic-ai-grail[sql]'\n",
    )
