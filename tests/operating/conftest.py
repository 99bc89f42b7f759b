"""Stores of every kind, empty, and without anything of the tests before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pydantic_ai_grail import MemoryStore, SqlStore, Store


@pytest.fixture(params=['memory', 'sqlite', 'postgresql'])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    if request.param == 'memory':
        yield MemoryStore()
        return
    url = f'sqlite:///{tmp_path}/agent.db' if request.param == 'sqlite' else request.getfixturevalue('postgresql_url')
    async with SqlStore(url) as opened:
        for summary in await opened.conversations():
            await opened.forget(conversation_id=summary.conversation_id)
        yield opened
