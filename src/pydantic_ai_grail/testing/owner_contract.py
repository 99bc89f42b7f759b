"""The part of the store contract on owners: what belongs to one is never given, counted or changed where another is asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from ..errors import StoreConflict
from ..stores.base import ALL_OWNERS, NO_OWNER, Claim, SnapshotRecord, Store
from .journal_contract import CELL, NOON, make_claim, make_entry, write

OWNERS = (NO_OWNER, 'ada', 'bob', 'A', "o'%_\\ 対")
"""Also one that is called as a conversation is, and one that SQL may trip over."""
LATER = NOON + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Owned:
    """What the tests put into a store for each owner: all ids are the same."""

    store: Store

    def record(self, owner: str) -> SnapshotRecord:
        return SnapshotRecord(
            name=f'of {owner}',
            owner=owner,
            conversation_id='A',
            cell_id='c1',
            code_digest='digest of c1',
            parent=None,
            created_at=NOON,
            data=owner.encode() or b'nobody',
        )

    async def put(self, owner: str) -> None:
        await self.store.save(self.record(owner))
        key = CELL._replace(owner=owner)
        await write(self.store, make_entry(0, key=key, data=owner.encode()), holder=f'holder of {owner}')

    async def seen(self, owner: str) -> list[Any]:
        """Everything that a store tells of an owner."""
        key = CELL._replace(owner=owner)
        return [
            await self.store.load(f'of {owner}', owner=owner),
            await self.store.find('c1', 'digest of c1', owner=owner, conversation_id='A'),
            await self.store.find('c1', 'digest of c1', owner=owner, conversation_id=None),
            await self.store.newest('A', owner=owner),
            await self.store.newest('A', owner=owner, not_after=LATER),
            await self.store.journal(key),
            await self.store.begun('A', owner=owner),
            await self.store.begun('A', owner=owner, after=NOON - timedelta(days=1)),
            await self.store.conversations(owner=owner),
            await self.store.contents('A', owner=owner),
        ]


_OTHERS: dict[str, Callable[[Store, str], Awaitable[Any]]] = {
    'load': lambda store, owner: store.load('of ada', owner=owner),
    'find': lambda store, owner: store.find('c1', 'digest of c1', owner=owner, conversation_id='A'),
    'find in any conversation': lambda store, owner: store.find(
        'c1', 'digest of c1', owner=owner, conversation_id=None
    ),
    'newest': lambda store, owner: store.newest('A', owner=owner),
    'newest until': lambda store, owner: store.newest('A', owner=owner, not_after=LATER),
    'journal': lambda store, owner: store.journal(CELL._replace(owner=owner)),
    'begun': lambda store, owner: store.begun('A', owner=owner),
    'begun after': lambda store, owner: store.begun('A', owner=owner, after=NOON - timedelta(days=1)),
    'conversations': lambda store, owner: store.conversations(owner=owner),
    'snapshots among the contents': lambda store, owner: _snapshots(store, owner),
    'entries among the contents': lambda store, owner: _entries(store, owner),
    'forget a conversation': lambda store, owner: store.forget(owner=owner, conversation_id='A'),
    'forget by age': lambda store, owner: store.forget(owner=owner, older_than=LATER),
    'release': lambda store, owner: store.release(CELL._replace(owner=owner), holder='holder of ada'),
}
"""Every way to ask a store, as one who knows all that ada's are called by."""


async def _snapshots(store: Store, owner: str) -> Any:
    return (await store.contents('A', owner=owner)).snapshots


async def _entries(store: Store, owner: str) -> Any:
    return (await store.contents('A', owner=owner)).entries


class OwnerContract:
    """Conversations, cells, their code and even what holds claims may be called the same with two owners."""

    async def test_owners_with_equal_ids_each_have_their_own(self, store: Store) -> None:
        owned = Owned(store)
        for owner in OWNERS:
            await owned.put(owner)
        for owner in OWNERS:
            loaded, found, anywhere, newest, until, journal, begun, after, conversations, contents = await owned.seen(
                owner
            )
            assert [loaded, found, anywhere, newest, until] == [owned.record(owner)] * 5
            assert [entry.data for entry in journal] == [owner.encode()]
            assert [cell.key.owner for cell in (*begun, *after)] == [owner] * 2
            assert [cell.claim and cell.claim.holder for cell in begun] == [f'holder of {owner}']
            assert [(each.owner, each.snapshots, each.entries) for each in conversations] == [(owner, 1, 1)]
            assert (list(contents.snapshots), [each.key.owner for each in contents.entries]) == (
                [owned.record(owner)],
                [owner],
            )

    @pytest.mark.parametrize('door', _OTHERS)
    @pytest.mark.parametrize('owner', [NO_OWNER, 'bob', 'Ada', 'ada ', '%', 'A'])
    async def test_who_has_nothing_gets_nothing_and_changes_nothing(self, store: Store, door: str, owner: str) -> None:
        owned = Owned(store)
        await owned.put('ada')
        before = await owned.seen('ada')
        assert not await _OTHERS[door](store, owner)
        assert await owned.seen('ada') == before
        assert (await store.claim(CELL._replace(owner='ada'), make_claim('x'), now=NOON)).holder == 'holder of ada'

    async def test_a_claim_of_one_keeps_no_other_out(self, store: Store) -> None:
        await Owned(store).put('ada')
        key = CELL._replace(owner='bob')
        assert await store.claim(key, make_claim('two'), now=NOON) == make_claim('two')
        await write(store, make_entry(0, key=key), make_entry(1, key=key), holder='two')
        with pytest.raises(StoreConflict):
            await write(store, make_entry(1, key=CELL._replace(owner='ada')), holder='two')

    async def test_a_name_that_is_taken_by_one_stays_his(self, store: Store) -> None:
        owned = Owned(store)
        await owned.put('ada')
        await store.save(replace(owned.record('bob'), name='of ada'))
        assert await store.load('of ada', owner='bob') is None
        assert await store.load('of ada', owner='ada') == owned.record('ada')

    async def test_without_an_owner_those_of_owners_are_not_listed_and_with_all_they_are(self, store: Store) -> None:
        owned = Owned(store)
        for owner in OWNERS:
            await owned.put(owner)
        assert [each.owner for each in await store.conversations()] == [NO_OWNER]
        assert sorted(each.owner for each in await store.conversations(owner=ALL_OWNERS)) == sorted(OWNERS)
        assert len(await store.conversations(owner=ALL_OWNERS, limit=2)) == 2

    async def test_what_is_kept_of_each_conversation_is_counted_by_owner(self, store: Store) -> None:
        owned = Owned(store)
        for owner in ('ada', 'bob'):
            for number in range(3):
                made = NOON + timedelta(minutes=number)
                await store.save(replace(owned.record(owner), name=f'{owner} {number}', created_at=made))
        assert await store.forget(owner='ada', conversation_id='A', keep_newest=1) == 2
        assert await store.forget(owner=ALL_OWNERS, older_than=LATER, keep_newest=2) == 1
        assert await store.load('ada 2', owner='ada') is not None
        assert await store.load('bob 1', owner='bob') is not None

    async def test_claims_that_ended_go_with_those_of_their_owner(self, store: Store) -> None:
        ended = Claim(holder='one', until=NOON)
        for owner in ('ada', 'bob'):
            await store.claim(CELL._replace(owner=owner), ended, now=NOON - timedelta(hours=1))
        await store.forget(owner='ada', older_than=LATER)
        early = NOON - timedelta(minutes=1)
        taken = [await store.claim(CELL._replace(owner=each), make_claim('x'), now=early) for each in ('ada', 'bob')]
        assert [claim.holder for claim in taken] == ['x', 'one']

    async def test_a_conversation_of_all_owners_is_not_forgotten(self, store: Store) -> None:
        with pytest.raises(ValueError, match='needs the owner of the conversation'):
            await store.forget(owner=ALL_OWNERS, conversation_id='A')
