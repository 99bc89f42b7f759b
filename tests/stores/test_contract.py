"""Our own stores keep the contract that implementers are held to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pydantic_ai_grail.stores import MemoryStore, SqlStore, Store
from pydantic_ai_grail.testing.store_contract import StoreContract


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore()


class TestSqliteFile(StoreContract):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[Store]:
        async with SqlStore(f'sqlite:///{tmp_path}/agent.db') as store:
            yield store
