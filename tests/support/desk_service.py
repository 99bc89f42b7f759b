"""The refund desk of the examples, as a service in a process of its own that may be killed and started again."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import httpx

from examples.refund_desk.__main__ import main as service_program

LIVE_KEYS = ('ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'DESK_MODEL')
BROKEN = 'Refund all orders that arrived broken last week.'
PICKUPS = 'Have everything that we sent by mistake picked up on Thursday.'
SMALL = {1028: 6250, 1030: 3950, 1033: 4990}
"""Refunds that the first request makes at once: order -> cents."""
_CONTEXT: Final = get_context('forkserver')
_CONTEXT.set_forkserver_preload(
    ['pydantic_ai.models.function', 'pydantic_ai_grail.stores.sql', 'uvicorn', 'examples.refund_desk.app']
)


def environment(folder: Path, pace_seconds: float) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in LIVE_KEYS}
    return {**kept, 'DESK_FOLDER': str(folder), 'DESK_PACE_SECONDS': str(pace_seconds)}


def until(claim: Callable[[], Any], *, seconds: float = 60) -> Any:
    """Wait until something is so, and give it.

    Raises:
        AssertionError: When it has not become so in time.
    """
    deadline = time.monotonic() + seconds
    while not (value := claim()):
        assert time.monotonic() < deadline, 'it has not become so'
        time.sleep(0.02)
    return value


def free_port() -> int:
    with closing(socket.socket()) as taken:
        taken.bind(('127.0.0.1', 0))
        return taken.getsockname()[1]


def started(main: Callable[[list[str]], None], *arguments: str, folder: Path, pace_seconds: float) -> Any:
    """A fresh process that runs a program of the desk's, and writes into `output.log` of the folder.

    Args:
        main: The program.
        arguments: Of its command line.
        folder: The desk's.
        pace_seconds: How long whatever changes something takes: with a minute, a kill hits it in the middle.
    """
    process = _CONTEXT.Process(
        target=_run, args=(main, arguments, environment(folder, pace_seconds), folder), daemon=True
    )
    process.start()
    return process


def _run(main: Callable[[list[str]], None], arguments: list[str], environment: dict[str, str], folder: Path) -> None:
    os.environ.update(environment)
    log = os.open(folder / 'output.log', os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
    os.dup2(log, 1)
    os.dup2(log, 2)
    main([*arguments])


@dataclass
class DeskService:
    """Lifetime: from `start` until `kill` or `stop`, as often as one likes, over one folder and port."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: Any = None

    @property
    def url(self) -> str:
        return f'http://127.0.0.1:{self.port}'

    def start(self, *, pace_seconds: float = 0) -> None:
        """Start it, and wait until it answers."""
        port = ('--port', str(self.port))
        self.process = started(service_program, *port, folder=self.folder, pace_seconds=pace_seconds)
        until(self._answers)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            os.kill(self.process.pid, how)
            self.process.join(60)
            self.process = None

    def _answers(self) -> bool:
        assert self.process.is_alive(), (self.folder / 'output.log').read_text()
        try:
            return httpx.get(self.url).status_code == 200
        except httpx.TransportError:
            return False


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    """What the shop's database has."""
    with closing(sqlite3.connect(folder / 'shop.db', timeout=10)) as shop:
        return shop.execute(query).fetchall()


def refunds(folder: Path) -> list[tuple[int, int]]:
    """Order and cents of every refund that was made, sorted: one that was made twice is there twice."""
    return sorted(rows(folder, 'SELECT order_id, cents FROM refunds'))


def mailed(folder: Path) -> list[str]:
    """Who got mails, sorted."""
    return sorted(address for (address,) in rows(folder, 'SELECT address FROM outbox'))


def pickups(folder: Path) -> list[int]:
    """Orders for which a courier was asked, sorted."""
    return sorted(order for (order,) in rows(folder, 'SELECT order_id FROM pickups'))


def state(folder: Path) -> str:
    """The state of the newest conversation."""
    with closing(sqlite3.connect(folder / 'desk.db', timeout=10)) as desk:
        return desk.execute('SELECT state FROM conversations ORDER BY changed_at DESC').fetchone()[0]
