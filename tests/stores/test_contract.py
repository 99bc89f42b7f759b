"""Our own stores keep the contract that implementers are held to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from pydantic_ai_grail import stores
from pydantic_ai_grail.stores import ALL_OWNERS, MemoryStore, SqlStore, Store
from pydantic_ai_grail.testing.store_contract import NOON, StoreContract


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore()


class TestSqliteFile(StoreContract):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[Store]:
        async with SqlStore(f'sqlite:///{tmp_path}/agent.db') as store:
            yield store


class TestPostgresql(StoreContract):
    @pytest.fixture
    async def store(self, postgresql_url: str) -> AsyncIterator[Store]:
        async with SqlStore(postgresql_url) as store:
            await store.forget(owner=ALL_OWNERS, older_than=NOON + timedelta(days=365))
            yield store


def test_a_store_that_does_not_exist_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'RedisStore'"):
        stores.RedisStore  # noqa: B018  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  # it is asked for on purpose
