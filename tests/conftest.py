"""Fixtures every test may use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.postgresql import postgresql_server


@pytest.fixture
def anyio_backend() -> str:
    return 'asyncio'


@pytest.fixture(scope='session')
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL server of the tests' own."""
    with postgresql_server() as url:
        yield url
