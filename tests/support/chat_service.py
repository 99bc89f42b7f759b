"""The chat apps of the examples, each as a service in a process of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import httpx
from support.desk_service import free_port, until

from examples.chat_ag_ui.__main__ import main as ag_ui
from examples.chat_shop import Shop
from examples.chat_vercel.__main__ import main as vercel

APPS: Final[dict[str, Callable[[Sequence[str]], None]]] = {'vercel': vercel, 'ag_ui': ag_ui}
_CONTEXT: Final = get_context('forkserver')


@dataclass
class ChatService:
    """Lifetime: until `kill`."""

    folder: Path
    app: str
    url: str = ''
    _process: Any = field(default=None)

    def start(self) -> None:
        port = free_port()
        self.url = f'http://127.0.0.1:{port}'
        self._process = _CONTEXT.Process(target=_run, args=(self.app, str(self.folder), port), daemon=True)
        self._process.start()
        until(self._answers)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()

    def refunds(self) -> list[int]:
        return Shop(self.folder / 'shop.db').refunds()

    def _answers(self) -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(self.url).status_code == 200
        time.sleep(0.05)
        return False


def _run(app: str, folder: str, port: int) -> None:
    os.environ['CHAT_FOLDER'] = folder
    APPS[app](['--port', str(port)])
