"""What is special to a store in a database: URLs, loops, processes, locks, and how it ends."""

from __future__ import annotations

import asyncio
import gc
import os
import sqlite3
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import anyio
import pytest
from sqlalchemy import make_url
from support.lean import finish, finish_together, start

from pydantic_ai_grail.errors import SettingsError, StoreError
from pydantic_ai_grail.stores import SqlStore
from pydantic_ai_grail.testing.store_contract import NOON, make_record

TIMEOUT = 60


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / 'agent.db'


def store_at(path: Path, *, busy_timeout: float = 5) -> SqlStore:
    return SqlStore(f'sqlite:///{path}', busy_timeout=busy_timeout)


_OTHERS: set[threading.Thread] = set()
"""Of stores that tests before have left to the garbage collector."""


@pytest.fixture(autouse=True)
def others() -> None:
    _OTHERS.clear()
    _OTHERS.update(threading.enumerate())


def database_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if 'grail store' in thread.name and thread not in _OTHERS]


def open_files(path: Path) -> list[str]:
    links = [f'/proc/self/fd/{number}' for number in os.listdir('/proc/self/fd')]
    return [name for link in links if os.path.exists(link) and (name := os.readlink(link)).startswith(str(path))]


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Another connection that writes and does not finish."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute('BEGIN EXCLUSIVE')
        yield


# URLs


@pytest.mark.parametrize(
    ('url', 'shown', 'reach'),
    [
        ('sqlite:////tmp/a.db', 'sqlite:////tmp/a.db', 'machine'),
        ('sqlite+aiosqlite:////tmp/a.db', 'sqlite:////tmp/a.db', 'machine'),
        (make_url('sqlite:////tmp/a.db'), 'sqlite:////tmp/a.db', 'machine'),
        ('postgresql://user:secret@host/name', 'postgresql://user:***@host/name', 'network'),
        ('postgres://host/name', 'postgresql://host/name', 'network'),
        ('postgresql+asyncpg://host/name', 'postgresql://host/name', 'network'),
    ],
)
def test_a_url_says_how_far_the_store_reaches_and_hides_its_password(url: str, shown: str, reach: str) -> None:
    store = SqlStore(url)
    assert repr(store) == f'SqlStore({shown!r})'
    assert store.reach == reach
    assert store.path == (Path('/tmp/a.db') if reach == 'machine' else None)


@pytest.mark.parametrize(
    ('url', 'message'),
    [
        ('mysql://host/name', "works with SQLite and with PostgreSQL by asyncpg, not with 'mysql'"),
        ('postgresql+psycopg://host/name', "not with 'postgresql\\+psycopg'"),
        ('agent.db', "'agent.db' is no database URL; one looks like sqlite:///agent.db"),
        ('sqlite://', r'names no file. Use MemoryStore\(\)'),
        ('sqlite:///:memory:', r'names no file'),
        ('sqlite:///file:agent.db?mode=memory&uri=true', r'names no file'),
    ],
)
def test_a_url_that_cannot_work_is_refused_at_once(url: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        SqlStore(url)


def test_a_relative_file_stays_where_it_was_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = SqlStore('sqlite:///agent.db')
    monkeypatch.chdir('/')
    assert store.path == tmp_path / 'agent.db'


def test_without_sqlalchemy_the_extra_is_named() -> None:
    code = "sys.modules['sqlalchemy'] = None\nfrom pydantic_ai_grail.stores import SqlStore"
    status, _, errors = finish(start(code))
    assert status == 1
    assert errors.splitlines()[-1] == ("ImportError: SqlStore needs SQLAlchemy: pip install 'pydantic-ai-grail[sql]'")


# Loops, threads and files


def test_one_store_serves_event_loops_one_after_the_other(path: Path) -> None:
    store = store_at(path)

    async def turn(number: int) -> str | None:
        await store.save(make_record(f'n{number}', minutes=number))
        found = await store.newest('A')
        return None if found is None else found.name

    assert [asyncio.run(turn(number)) for number in range(20)] == [f'n{number}' for number in range(20)]
    assert len(database_threads()) <= 4
    assert len(open_files(path)) <= 3 * 4
    asyncio.run(store.aclose())
    assert (database_threads(), open_files(path)) == ([], [])


def test_a_store_that_is_dropped_lets_go_of_everything(path: Path) -> None:
    store = store_at(path)
    asyncio.run(store.save(make_record('n')))
    assert open_files(path) != []
    del store
    gc.collect()
    gone(path)


def gone(path: Path) -> None:
    """Threads close what they hold on their own; wait until they have."""
    for _ in range(TIMEOUT * 100):
        if not database_threads() and not open_files(path):
            return
        threading.Event().wait(0.01)
    raise AssertionError((database_threads(), open_files(path)))


def test_loops_in_several_threads_share_a_store(path: Path) -> None:
    store = store_at(path)
    found: dict[int, int] = {}

    async def converse(number: int) -> int:
        for minutes in range(10):
            await store.save(make_record(f'{number}-{minutes}', conversation=str(number), minutes=minutes))
        async with store:
            return await store.forget(conversation_id=str(number), keep_newest=3)

    def run(number: int) -> None:
        found[number] = asyncio.run(converse(number))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT)
    assert found == {0: 7, 1: 7, 2: 7, 3: 7}
    gone(path)


USE_AND_LEAVE = """
import asyncio, sys
from pydantic_ai_grail.stores.sql import SqlStore
from pydantic_ai_grail.testing.store_contract import make_record

store = SqlStore('sqlite:///' + sys.argv[1])

async def main():
    await asyncio.gather(*(store.save(make_record(f'n{number}')) for number in range(4)))
    if sys.argv[2] == 'running':
        asyncio.create_task(store.newest('A'))
        await asyncio.sleep(0)

asyncio.run(main())
"""


@pytest.mark.parametrize('left', ['idle', 'running'])
def test_a_process_that_closes_nothing_ends_at_once_and_in_silence(path: Path, left: str) -> None:
    options = ('-X', 'dev', '-W', 'error::ResourceWarning')
    assert finish(start(USE_AND_LEAVE, path, left, options=options)) == (0, '', '')


# Processes


FORK = """
import asyncio, os
from pydantic_ai_grail.stores.sql import SqlStore
from pydantic_ai_grail.testing.store_contract import make_record

store = SqlStore(f'sqlite:///{sys.argv[1]}')

async def turn(name):
    await store.save(make_record(name, conversation=name))
    await store.newest('parent')
    return (await store.newest(name)).name

assert asyncio.run(turn('parent')) == 'parent'
if child := os.fork():
    assert os.waitpid(child, 0) == (child, 0)
    assert asyncio.run(turn('after')) == 'after'
    print(asyncio.run(turn('parent')), asyncio.run(store.newest('child')).name)
else:
    assert asyncio.run(turn('child')) == 'child'
asyncio.run(store.aclose())
"""


def test_a_store_that_was_in_use_works_on_both_sides_of_a_fork(path: Path) -> None:
    # 3.12 warns of forks in processes that have threads; ours own theirs and start new ones.
    assert finish(start(FORK, path, options=('-W', 'ignore'))) == (0, 'parent child\n', '')


FORKS_WHILE_IT_WRITES = """
import asyncio, os, sys
from pydantic_ai_grail.stores.sql import SqlStore
from pydantic_ai_grail.testing.store_contract import make_record

store = SqlStore(f'sqlite:///{sys.argv[1]}')

async def write(name, count):
    for number in range(count):
        await store.save(make_record(f'{name} {number}', conversation=name, minutes=number))

async def parent():
    writing = asyncio.create_task(write('parent', 60))
    children = []
    for number in range(4):
        await asyncio.sleep(0.01)
        child = os.fork()
        if not child:
            return f'child {number}'
        children.append(child)
    await writing
    for child in children:
        assert os.waitpid(child, 0) == (child, 0)
    kept = {each.conversation_id: each.snapshots for each in await store.conversations()}
    await store.aclose()
    print(sorted(kept.items()))

async def child(name):
    await write(name, 20)
    await store.aclose()

def main():
    loop = asyncio.new_event_loop()
    name = loop.run_until_complete(parent())
    if name:
        asyncio.run(child(name))
        sys.stdout.flush()
        os._exit(0)

main()
"""


def test_what_was_written_before_beside_and_after_a_fork_is_there(path: Path) -> None:
    kept = [('child 0', 20), ('child 1', 20), ('child 2', 20), ('child 3', 20), ('parent', 60)]
    assert finish(start(FORKS_WHILE_IT_WRITES, path, options=('-W', 'ignore'))) == (0, f'{kept}\n', '')


FORKS_WHILE_IT_CLOSES = """
import asyncio, os, sys, threading
from pydantic_ai_grail.stores.sql import SqlStore
from pydantic_ai_grail.testing.store_contract import make_record

store = SqlStore(f'sqlite:///{sys.argv[1]}')
ends = threading.Event()

async def write():
    number = 0
    while not ends.is_set():
        await store.save(make_record(f'parent {number}', conversation='parent', minutes=number))
        assert (await store.newest('parent')).name == f'parent {number}'
        await store.aclose()
        number += 1
    return number

async def child(name):
    await store.save(make_record(name, conversation=name))
    await store.aclose()

async def warm_up():
    # A fork while another thread imports leaves the child the locks of modules that nobody will let go of.
    await store.save(make_record('warm', conversation='child 0'))
    await store.newest('child 0')
    await store.aclose()

asyncio.run(warm_up())
written = []
writing = threading.Thread(target=lambda: written.append(asyncio.run(write())))
writing.start()
statuses = []
for number in range(30):
    pid = os.fork()
    if not pid:
        asyncio.run(child(f'child {number}'))
        os._exit(0)
    statuses.append(os.waitpid(pid, 0)[1])
ends.set()
writing.join()

async def kept():
    return {each.conversation_id: each.snapshots for each in await store.conversations()}

found = asyncio.run(kept())
print(set(statuses), found.pop('parent') == written[0], len(found))
"""


def test_a_process_may_fork_while_a_thread_of_it_closes_the_store(path: Path) -> None:
    started = start(FORKS_WHILE_IT_CLOSES, path, options=('-W', 'ignore'))
    assert finish(started) == (0, '{0} True 30\n', '')


CONVERSE = """
import asyncio, sys
from datetime import timedelta
from pydantic_ai_grail.stores.sql import SqlStore
from pydantic_ai_grail.testing.store_contract import make_record

sys.stdin.readline()

async def main(path, name):
    async with SqlStore(f'sqlite:///{path}') as store:
        for number in range(50):
            await store.save(make_record(f'{name}-{number}', conversation=name, minutes=number))
            assert (await store.newest(name)).name == f'{name}-{number}'
        print(await store.forget(conversation_id=name, keep_newest=10))

asyncio.run(main(*sys.argv[1:]))
"""


def test_processes_that_start_on_a_new_file_at_once_share_it(path: Path) -> None:
    names = ('p', 'q', 'r')
    results = finish_together([start(CONVERSE, path, name) for name in names])
    assert results == [(0, '40\n', '')] * 3

    async def newest_names() -> list[str]:
        async with store_at(path) as store:
            records = [await store.newest(name) for name in names]
        return [record.name for record in records if record is not None]

    assert asyncio.run(newest_names()) == ['p-49', 'q-49', 'r-49']


# What goes wrong


@asynccontextmanager
async def opened(path: Path, *, busy_timeout: float) -> AsyncGenerator[SqlStore]:
    async with store_at(path, busy_timeout=busy_timeout) as store:
        yield store


@pytest.mark.anyio
class TestFailures:
    async def test_a_database_that_stays_locked_is_told_after_the_busy_timeout(self, path: Path) -> None:
        async with opened(path, busy_timeout=0.05) as store:
            with locked(path):
                with pytest.raises(StoreError, match=r'agent.db.* could not save: database is locked'):
                    await store.save(make_record('n'))
                assert await store.load('n') is None  # readers do not wait for a writer
            await store.save(make_record('n'))
            assert await store.load('n') == make_record('n')

    async def test_a_transaction_waits_at_its_beginning_for_whoever_writes(self, path: Path) -> None:
        async with opened(path, busy_timeout=30) as store:
            for number in range(3):
                await store.save(make_record(f'n{number}', minutes=number))
            forgotten: list[int] = []

            async def forget() -> None:
                forgotten.append(await store.forget(conversation_id='A', keep_newest=1))

            async with anyio.create_task_group() as tasks:
                with closing(sqlite3.connect(path, isolation_level=None)) as connection:
                    connection.execute('BEGIN IMMEDIATE')
                    tasks.start_soon(forget)
                    await anyio.sleep(0.1)
                    connection.execute("DELETE FROM grail_snapshots WHERE name = 'n0'")
                    connection.execute('COMMIT')
            assert forgotten == [1]

    async def test_a_write_that_is_given_up_does_not_hold_up_the_next_ones(self, path: Path) -> None:
        async with opened(path, busy_timeout=30) as store:
            with locked(path):
                with anyio.move_on_after(0.05) as scope:
                    await store.save(make_record('given up'))
                assert scope.cancelled_caught
                assert await store.load('n') is None
            with anyio.fail_after(10):
                await store.save(make_record('n'))
                assert await store.load('n') == make_record('n')

    async def test_a_file_that_is_no_database_is_told(self, path: Path) -> None:
        await anyio.Path(path).write_bytes(b'not a database at all' * 100)
        with pytest.raises(StoreError, match='could not open: file is not a database'):
            await store_at(path).__aenter__()

    async def test_a_folder_that_is_missing_is_told(self, path: Path) -> None:
        with pytest.raises(StoreError, match='could not read: unable to open database file'):
            await store_at(path / 'no' / 'agent.db').newest('A')

    async def test_tables_of_a_later_version_are_refused(self, path: Path) -> None:
        async with store_at(path) as store:
            await store.save(make_record('n'))
        with closing(sqlite3.connect(path)) as connection:
            connection.execute('UPDATE grail_schema SET version = 99')
            connection.commit()
        with pytest.raises(StoreError, match=r'tables have version 99; this version .* up to 3. Upgrade it'):
            await store_at(path).load('n')

    async def test_times_are_kept_to_the_microsecond_and_as_utc(self, path: Path) -> None:
        async with store_at(path) as store:
            await store.save(make_record('n'))
        with closing(sqlite3.connect(path)) as connection:
            rows = connection.execute('SELECT created_at FROM grail_snapshots').fetchall()
        assert rows == [('2026-01-01 12:00:00.000000',)]
        assert make_record('n').created_at == NOON
