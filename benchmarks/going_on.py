"""From an approval to the approved call, in a fresh process: what a person waits for who has just clicked.

The process is a new interpreter that has imported everything and has no worker yet. `python -m benchmarks.going_on` is
that process: it reads what to go on with from its input and writes the milliseconds it took.
"""

from __future__ import annotations

import asyncio
import pickle
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from pydantic_ai import Agent, DeferredToolRequests, Tool

from pydantic_ai_grail import CodeMode, SqlStore, decide
from pydantic_ai_grail.stores.base import Store
from pydantic_ai_grail.testing import scripted_model

LAZY_IMPORTS: Final = ('anyio._backends._asyncio', 'sqlite3')
"""What the parts import when they are first used."""


def going_on_ms(file: Path) -> float:
    """From `agent.run` with the decision to the call, for a cell that waits in a store of its own."""
    waiting = asyncio.run(till(SqlStore(f'sqlite:///{file}'), lambda: None).run('Go.'))
    assert isinstance(waiting.output, DeferredToolRequests)
    asked = pickle.dumps((file, waiting.all_messages(), decide(waiting.output, True)))
    answered = subprocess.run([sys.executable, '-m', __name__], input=asked, stdout=subprocess.PIPE, check=True)
    return float(answered.stdout)


def till(store: Store, called: Callable[[], None]) -> Agent[None, Any]:
    """An agent whose only cell has a session of a hundred small records and waits with one call."""

    async def pay(bill: int) -> str:
        called()
        return f'paid {bill}'

    return Agent(
        scripted_model('rows = [{"n": n} for n in range(100)]\nawait pay(1)'),
        tools=[Tool(pay, requires_approval=True)],
        output_type=[str, DeferredToolRequests],
        capabilities=[CodeMode(store=store)],
    )


def main() -> None:
    for name in LAZY_IMPORTS:
        import_module(name)
    file, history, answers = pickle.load(sys.stdin.buffer)  # noqa: S301  # from the process that started this one
    moments: list[float] = []
    agent = till(SqlStore(f'sqlite:///{file}'), lambda: moments.append(perf_counter()))
    started = perf_counter()
    asyncio.run(agent.run(message_history=history, deferred_tool_results=answers))
    print((moments[0] - started) * 1000)


if __name__ == '__main__':
    main()
