"""Fixtures every test may use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings
from support.postgresql import postgresql_server

from pydantic_ai_grail._journal.reached import Reached

settings.register_profile('any machine', deadline=None)  # how long an example takes says how busy a machine is
settings.load_profile('any machine')


@pytest.fixture
def anyio_backend() -> str:
    return 'asyncio'


@pytest.fixture
def process_has_just_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """No journal was seen before by this process, so that what the database has is all there is."""
    monkeypatch.setattr(Reached, 'of', lambda self, key: None)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]


@pytest.fixture(scope='session')
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL server of the tests' own."""
    with postgresql_server() as url:
        yield url
