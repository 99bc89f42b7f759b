"""Warm checked sessions: they see code and never run it, survive their workers, and serve any loop and any thread."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from pydantic_ai_grail._monty.checker import MAX_PACKAGES, CheckerPool, RawDiagnostic, StubPackage
from pydantic_ai_grail.errors import SandboxCrashed, SandboxUnavailable

pytestmark = pytest.mark.anyio

SEARCH = StubPackage(
    source='async def search(query: str, limit: int = 10) -> list[str]: ...\n',
    modules={'github': 'async def close(number: int) -> bool: ...\n'},
)


@pytest.fixture
def pool() -> Iterator[CheckerPool]:
    pool = CheckerPool(prelude='from typing import Any as _Any\nanything: _Any\n', request_seconds=2.0)
    yield pool
    pool.close()


def function(*lines: str) -> str:
    return '\n'.join(['async def __cell():', *(f'    {line}' for line in lines)])


async def said(pool: CheckerPool, *lines: str, **packages: StubPackage) -> list[tuple[str, str]]:
    found = await pool.diagnostics(
        function(*lines), {name: (lambda package=package: package) for name, package in packages.items()}
    )
    return [(each.code, each.message) for each in found]


def workers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if 'monty' in child.name()]


async def test_a_diagnostic_says_what_is_wrong_and_where_counting_characters(pool: CheckerPool) -> None:
    assert await pool.diagnostics(function("é = '😀'; print(nothing)"), {}) == (
        RawDiagnostic(
            code='unresolved-reference',
            message='Name `nothing` used when not defined',
            severity='error',
            row=2,
            column=20,
            end_row=2,
            end_column=27,
        ),
    )


async def test_code_without_faults_gets_no_diagnostics_and_is_not_run(
    pool: CheckerPool, capfd: pytest.CaptureFixture[str]
) -> None:
    assert await pool.diagnostics("print('this would be seen')", {}) == ()
    assert capfd.readouterr() == ('', '')


async def test_nothing_that_was_checked_is_known_in_the_next_check(pool: CheckerPool) -> None:
    assert await pool.diagnostics('secret = 1', {}) == ()
    assert await pool.diagnostics('secret', {}) != ()


async def test_names_of_the_prelude_are_known_without_an_import(pool: CheckerPool) -> None:
    assert await said(pool, 'anything.whatever[0]()') == []


async def test_a_source_may_import_from_its_packages_and_their_modules(pool: CheckerPool) -> None:
    assert await said(
        pool, 'from tools import github, search', "await search('a')", "await github.close('a')", tools=SEARCH
    ) == [
        (
            'invalid-argument-type',
            'Argument to function `close` is incorrect: Expected `int`, found `Literal["a"]`',
        )
    ]


async def test_a_package_is_made_once_for_a_session() -> None:
    pool = CheckerPool(prelude='', size=1)  # of two, the second may be opened before the first is idle
    made: list[str] = []

    def package() -> StubPackage:
        made.append('again')
        return SEARCH

    for _ in range(3):
        await pool.diagnostics(function('from tools import search', 'search'), {'tools': package})
    assert made == ['again']
    await pool.aclose()


async def test_a_session_makes_room_for_ever_new_packages() -> None:
    pool = CheckerPool(prelude='', size=1)
    for number in range(MAX_PACKAGES + 2):
        stubs = StubPackage(source=f'def tool_{number}() -> int: ...\n')
        found = await said(pool, f'from tools_{number} import tool_{number}', **{f'tools_{number}': stubs})
        assert found == []
    await pool.aclose()


async def test_a_killed_worker_is_replaced_and_the_check_made_again(pool: CheckerPool) -> None:
    assert await said(pool, 'from tools import search', tools=SEARCH) == []
    for worker in workers():
        worker.kill()
        worker.wait()
    assert await said(pool, 'from tools import search', 'nothing', tools=SEARCH) == [
        ('unresolved-reference', 'Name `nothing` used when not defined')
    ]


async def test_a_worker_that_takes_too_long_is_ended_and_replaced() -> None:
    others = workers()
    hasty = CheckerPool(prelude='', size=1, request_seconds=0.5)
    try:
        assert await said(hasty, 'a = 1') == []
        (hung,) = (worker for worker in workers() if worker not in others)
        with pytest.raises(SandboxCrashed, match='took too long'):
            await said(hasty, f'nested = {"[" * 90}{"]" * 90}')
        assert not hung.is_running()
        assert await said(hasty, 'nothing') == [('unresolved-reference', 'Name `nothing` used when not defined')]
    finally:
        await hasty.aclose()


async def test_a_check_whose_workers_die_twice_fails(pool: CheckerPool) -> None:
    def deadly() -> StubPackage:
        for worker in workers():
            worker.kill()
            worker.wait()
        return SEARCH

    with pytest.raises(SandboxCrashed, match='ended twice over one cell'):
        await pool.diagnostics('import tools', {'tools': deadly})


async def test_a_checker_that_cannot_be_started_is_unavailable(
    pool: CheckerPool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv('MONTY_BIN', str(tmp_path / 'nothing-here'))
    with pytest.raises(SandboxUnavailable, match='No checker could be started'):
        await pool.diagnostics('a = 1', {})


async def test_what_is_no_python_or_cannot_run_in_monty_is_checked_all_the_same(pool: CheckerPool) -> None:
    assert await said(pool, 'yield nothing') == [('unresolved-reference', 'Name `nothing` used when not defined')]
    assert await pool.diagnostics('def (', {}) != ()


async def test_a_closed_pool_leaves_no_worker_and_opens_again(pool: CheckerPool) -> None:
    before = workers()
    assert await said(pool, 'a = 1') == []
    assert len(workers()) == len(before) + 1
    await pool.aclose()
    assert workers() == before
    assert await said(pool, 'a = 1') == []


async def test_a_pool_that_is_being_closed_checks_nothing_more(
    pool: CheckerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_late(*_: object) -> None:
        raise RuntimeError('cannot schedule new futures after shutdown')

    monkeypatch.setattr('concurrent.futures.ThreadPoolExecutor.submit', too_late)
    with pytest.raises(SandboxUnavailable, match='being closed'):
        await pool.diagnostics('a = 1', {})


async def test_a_cancelled_check_leaves_the_session_to_the_next_one(pool: CheckerPool) -> None:
    source = function(*(f'x{number} = [{{"a": {number}}}]' for number in range(500)))
    task = asyncio.ensure_future(pool.diagnostics(source, {}))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await said(pool, 'nothing') == [('unresolved-reference', 'Name `nothing` used when not defined')]


async def test_several_checks_at_once_wait_for_the_sessions(pool: CheckerPool) -> None:
    found = await asyncio.gather(*(said(pool, f'name_{number}') for number in range(40)))
    assert found == [[('unresolved-reference', f'Name `name_{number}` used when not defined')] for number in range(40)]


def test_one_pool_serves_event_loops_one_after_the_other_and_in_threads() -> None:
    pool = CheckerPool(prelude='')
    found: list[list[tuple[str, str]]] = []

    def run() -> None:
        found.append(asyncio.run(said(pool, 'nothing')))

    try:
        run()
        run()
        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        pool.close()
    assert found == [[('unresolved-reference', 'Name `nothing` used when not defined')]] * 6


SCRIPT = """
    import asyncio, os, sys
    from pydantic_ai_grail._monty.checker import CheckerPool
    pool = CheckerPool(prelude='')

    async def check(name):
        return [each.message for each in await pool.diagnostics(f'async def cell():\\n    {name}', {})]

    print(asyncio.run(check('first')))
"""


def run_script(*lines: str) -> subprocess.CompletedProcess[str]:
    text = '\n'.join([textwrap.dedent(SCRIPT), *lines])
    return subprocess.run([sys.executable, '-c', text], capture_output=True, text=True, timeout=60, check=False)


def test_a_process_that_checked_exits_with_status_zero() -> None:
    ended = [run_script() for _ in range(4)]
    assert [(each.returncode, each.stderr) for each in ended] == [(0, '')] * 4


def test_a_forked_process_is_told_and_leaves_the_sessions_it_inherited() -> None:
    ended = run_script(
        'child = os.fork()',
        'if child == 0:',
        '    try:',
        '        asyncio.run(check("second"))',
        '    except Exception as error:',
        '        print(type(error).__name__, flush=True)',
        '    os._exit(0)',
        'assert os.waitpid(child, 0)[1] == 0',
        'print(asyncio.run(check("third")))',
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-2:] == ['SandboxUnavailable', "['Name `third` used when not defined']"]


def test_no_worker_outlives_its_process() -> None:
    ended = run_script('import psutil', 'print([child.pid for child in psutil.Process().children()])')
    pids: list[int] = [int(each) for each in ended.stdout.splitlines()[-1].strip('[]').split(',')]
    assert pids
    psutil.wait_procs([psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)], timeout=5)
    assert [pid for pid in pids if psutil.pid_exists(pid)] == []
    assert os.getpid() not in pids
