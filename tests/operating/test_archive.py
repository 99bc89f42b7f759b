"""A conversation as one file: out of one store, into another, and on from there."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai import Agent, DeferredToolRequests, Tool
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode, MemoryStore, SqlStore, Store, StoreError, decide
from pydantic_ai_grail.admin.archive import export_conversation, import_conversation
from pydantic_ai_grail.errors import StoreConflict
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio

SECRET = 'a secret that both stores share'


def till(store: Store) -> Agent[None, Any]:
    async def pay(bill: int) -> str:
        return f'paid {bill}'

    return Agent(
        scripted_model('x = {1, 2}', 'first = await pay(1)\n[x, first]'),
        tools=[Tool(pay, requires_approval=True)],
        output_type=[str, DeferredToolRequests],
        capabilities=[CodeMode(store=store, secret=SECRET)],
    )


async def test_a_waiting_conversation_goes_on_in_another_store(store: Store, tmp_path: Path) -> None:
    here = SqlStore(f'sqlite:///{tmp_path}/here.db')
    waiting = await till(here).run('go', conversation_id='A')
    assert await export_conversation(here, 'A', tmp_path / 'A.grail') == 5
    assert await import_conversation(store, tmp_path / 'A.grail') == 'A'
    done = await till(store).run(
        message_history=waiting.all_messages(), deferred_tool_results=decide(waiting.output, True)
    )
    assert played_cells(done.all_messages())[-1].content == {'result': [[1, 2], 'paid 1']}
    assert await here.contents('A') != await store.contents('A')


async def test_what_was_imported_is_what_was_exported(store: Store, tmp_path: Path) -> None:
    here = MemoryStore()
    await till(here).run('go', conversation_id='A')
    await export_conversation(here, 'A', tmp_path / 'A.grail')
    await import_conversation(store, tmp_path / 'A.grail')
    assert await store.contents('A') == await here.contents('A')
    assert await store.conversations() == await here.conversations()


async def test_conversations_are_listed_the_newest_first(store: Store) -> None:
    for name in ('A', 'B', 'C'):
        await till(store).run('go', conversation_id=name)
    listed = await store.conversations()
    assert [summary.conversation_id for summary in listed] == ['C', 'B', 'A']
    assert [(summary.snapshots, summary.entries) for summary in listed] == [(1, 4)] * 3
    contents = await store.contents('A')
    assert listed[-1].size_bytes == sum(len(each.data) for each in (*contents.snapshots, *contents.entries))
    assert len(await store.conversations(limit=2)) == 2


async def test_a_conversation_that_is_there_is_not_overwritten(store: Store, tmp_path: Path) -> None:
    await till(store).run('go', conversation_id='A')
    await export_conversation(store, 'A', tmp_path / 'A.grail')
    with pytest.raises(StoreError, match=r'has something of conversation .A. already\. Forget it first'):
        await import_conversation(store, tmp_path / 'A.grail')


async def test_nothing_to_export_and_nothing_to_import_are_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match='has nothing of conversation'):
        await export_conversation(MemoryStore(), 'A', tmp_path / 'A.grail')
    (tmp_path / 'other.zip').write_bytes(b'no archive')
    with pytest.raises(StoreError, match='is no exported conversation'):
        await import_conversation(MemoryStore(), tmp_path / 'other.zip')


def edit(path: Path, old: str, new: str) -> None:
    """Change the index of an archive."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    index = members['conversation.json'].decode()
    assert old in index
    with zipfile.ZipFile(path, 'w') as archive:
        for name, data in members.items():
            archive.writestr(name, index.replace(old, new) if name == 'conversation.json' else data)


async def test_an_archive_of_a_later_format_is_refused(tmp_path: Path) -> None:
    store, path = MemoryStore(), tmp_path / 'A.grail'
    await till(store).run('go', conversation_id='A')
    await export_conversation(store, 'A', path)
    edit(path, '"format": 1', '"format": 2')
    with pytest.raises(StoreError, match=r'is no exported conversation: 1 validation error for _Index\nformat'):
        await import_conversation(MemoryStore(), path)


async def test_nothing_stays_of_an_archive_that_could_not_be_taken_in(store: Store, tmp_path: Path) -> None:
    here, path = MemoryStore(), tmp_path / 'A.grail'
    await till(here).run('go', conversation_id='A')
    await export_conversation(here, 'A', path)
    edit(path, '"number": 2', '"number": 9')
    with pytest.raises(StoreConflict):
        await import_conversation(store, path)
    assert await store.conversations() == []


def damaged(data: bytes, how: str) -> bytes:
    if how == 'cut':
        return data[: len(data) // 2]
    if how == 'nothing':
        return b''
    packed = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as archive, zipfile.ZipFile(packed, 'w', zipfile.ZIP_DEFLATED) as other:
        for name in archive.namelist():
            other.writestr(name, archive.read(name))
    if how == 'compressed':
        return packed.getvalue()
    return data.replace(b'"format": 1', b'"format": 9')


@pytest.mark.parametrize('how', ['cut', 'nothing', 'compressed', 'of another version'])
async def test_a_file_that_is_damaged_is_refused_and_nothing_taken_in(how: str, tmp_path: Path) -> None:
    source, target, file = MemoryStore(), MemoryStore(), tmp_path / 'A.grail'
    await till(source).run('go', conversation_id='A')
    await export_conversation(source, 'A', file)
    file.write_bytes(damaged(file.read_bytes(), how))
    with pytest.raises(StoreError, match='is no exported conversation'):
        await import_conversation(target, file)
    assert await target.conversations() == []


@pytest.mark.parametrize(
    'at', ['9999-12-31T23:59:59-12:00', '0001-01-01T00:00:00+12:00', '1969-12-31T23:59:59Z', '2500-01-01T00:00:00Z']
)
@pytest.mark.parametrize('field', ['created_at', 'written_at'])
async def test_times_at_which_nothing_was_stored_are_refused(at: str, field: str, tmp_path: Path) -> None:
    await till(here := MemoryStore()).run('go', conversation_id='A')
    await export_conversation(here, 'A', tmp_path / 'A.grail')
    with zipfile.ZipFile(tmp_path / 'A.grail') as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    index = json.loads(members['conversation.json'])
    index['snapshots' if field == 'created_at' else 'entries'][0][field] = at
    with zipfile.ZipFile(tmp_path / 'B.grail', 'w') as archive:
        for name, data in members.items():
            archive.writestr(name, json.dumps(index) if name == 'conversation.json' else data)
    there = MemoryStore()
    with pytest.raises(StoreError, match=r"B\.grail' is no exported conversation: (?s:.)*time"):
        await import_conversation(there, tmp_path / 'B.grail')
    assert await there.conversations() == []


async def test_an_export_writes_over_nothing_unasked(tmp_path: Path) -> None:
    await till(here := MemoryStore()).run('go', conversation_id='A')
    file = tmp_path / 'A.grail'
    file.write_text('mine')
    with pytest.raises(FileExistsError, match='is there already'):
        await export_conversation(here, 'A', file)
    assert file.read_text() == 'mine'
    await export_conversation(here, 'A', file, overwrite=True)
    assert await import_conversation(MemoryStore(), file) == 'A'
