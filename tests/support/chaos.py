"""Kills processes that move money, at random moments, and looks at the books afterwards.

Workers compete for conversations in which an agent moves money between accounts: in loops, gathers, with failures and
with transfers that somebody must approve. The application around it is a small one: histories, requests and answers in
files, a lease while a conversation is worked on. Whoever approves looks at the books to decide on calls of which nobody
knows whether they took effect.

`python -m support.chaos --kills 300` runs it for long; `make chaos` does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, cast

from pydantic import TypeAdapter
from pydantic_ai import Agent, CallToolsNode, DeferredToolRequests, DeferredToolResults, RunContext
from pydantic_ai.exceptions import ApprovalRequired
from pydantic_ai.messages import ModelMessagesTypeAdapter, ModelResponse
from support.postgresql import postgresql_server
from support.scripts import scripted_model

from pydantic_ai_grail import Approve, CodeMode, SqlStore, StoreError, WaitingCall, decide
from pydantic_ai_grail.admin.leases import lease_conversation
from pydantic_ai_grail.approvals import Decision, ProvideResult
from pydantic_ai_grail.errors import StoreConflict
from pydantic_ai_grail.testing import played_cells

SECRET: Final = 'a secret that all workers share'
CELLS: Final = [
    'moved = []\nfor n in range(4):\n    moved.append(await transfer(f"a{n}", "b", n + 1))\nmoved',
    'import asyncio\nboth = await asyncio.gather(*[transfer("b", f"c{n}", 10 + n) for n in range(3)], note("x"))\nboth',
    'try:\n    await transfer("poor", "b", 1)\nexcept ValueError as error:\n    moved.append(str(error))\n'
    'moved.append(await transfer("b", "d", 5))\nlen(moved)',
    'large = [await transfer("e", "f", amount) for amount in (50, 500, 600)]\nlarge',
    'import asyncio\n'
    'async def two(n):\n    first = await transfer("g", f"h{n}", n)\n    return first, await transfer(f"h{n}", "i", n)\n'
    'await asyncio.gather(two(1), two(2), two(3))',
    'moved.append(await transfer("j", "k", 7))\n1 / 0',
    '(len(moved), len(both), large[-1], await books())',
]
_REQUESTS: Final = TypeAdapter(DeferredToolRequests)
_RESULTS: Final = TypeAdapter(DeferredToolResults)
_CONTEXT: Final = get_context('forkserver')
_CONTEXT.set_forkserver_preload(['pydantic_ai.models.function', 'pydantic_ai_grail', 'pydantic_ai_grail.stores.sql'])


@dataclass(frozen=True)
class Place:
    """Where everything is."""

    folder: Path
    store_url: str

    @property
    def books(self) -> Path:
        return self.folder / 'books.db'

    def file(self, conversation: str, what: str) -> Path:
        return self.folder / f'{conversation}.{what}.json'


def agent_for(place: Place, conversation: str) -> Agent[None, Any]:
    async def transfer(ctx: RunContext[Any], source: str, target: str, amount: int) -> str:
        """Move money. Above 100 somebody has to allow it."""
        if source == 'poor':
            raise ValueError('poor has no money')
        if amount > 100 and not ctx.tool_call_approved:
            raise ApprovalRequired
        await asyncio.sleep(random.random() / 200)
        with closing(sqlite3.connect(place.books, timeout=30)) as books, books:
            key = ctx.tool_call_metadata['code_mode']['idempotency_key']
            row = (conversation, key, source, target, amount)
            books.execute('INSERT INTO transfers VALUES (?, ?, ?, ?, ?)', row)
        await asyncio.sleep(random.random() / 200)
        return f'{source} -> {target}: {amount}'

    async def note(text: str) -> str:
        """Write something down."""
        return text

    async def books() -> int:
        """The sum of all transfers of this conversation."""
        return sum(amount for *_, amount in entries(place, conversation))

    store = SqlStore(place.store_url)
    mode = CodeMode(store=store, secret=SECRET, claim_timeout=5)
    return Agent(
        scripted_model(*CELLS),
        tools=[transfer, note, books],
        output_type=[str, DeferredToolRequests],
        capabilities=[mode],
    )


def entries(place: Place, conversation: str) -> list[tuple[Any, ...]]:
    """What the books say of a conversation: key, source, target, amount."""
    with closing(sqlite3.connect(place.books, timeout=30)) as books:
        query = 'SELECT key, source, target, amount FROM transfers WHERE conversation = ?'
        return books.execute(query, [conversation]).fetchall()


def written(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole, or not at all."""
    draft = path.with_suffix(f'.{os.getpid()}')
    draft.write_bytes(data)
    draft.replace(path)


async def work_on(place: Place, conversation: str, agent: Agent[None, Any]) -> None:
    """Bring a conversation one run further: from its beginning, from where it died, or with the decisions it waits for."""
    history_file, requests_file = place.file(conversation, 'history'), place.file(conversation, 'requests')
    answers_file = place.file(conversation, 'answers')
    history = ModelMessagesTypeAdapter.validate_json(history_file.read_bytes()) if history_file.exists() else None
    if history and isinstance(history[-1], ModelResponse) and not history[-1].tool_calls:
        # It died between its last answer and the note that it is done. Run again, the agent would ask the model anew.
        written(place.file(conversation, 'done'), b'"done"')
        return
    answers = None
    if requests_file.exists():
        if not answers_file.exists():
            requests = _REQUESTS.validate_json(requests_file.read_bytes())
            written(answers_file, _RESULTS.dump_json(decide(requests, Clerk(place, conversation))))
        answers = _RESULTS.validate_json(answers_file.read_bytes())
    prompt = 'go' if history is None else None
    async with agent.iter(
        prompt, message_history=history, deferred_tool_results=answers, conversation_id=conversation
    ) as run:
        async for node in run:
            if isinstance(node, CallToolsNode) and node.model_response.tool_calls:
                # What the model asks for is written down before it is done. The decisions are in it, once they were used.
                written(history_file, run.all_messages_json())
                requests_file.unlink(missing_ok=True)
                answers_file.unlink(missing_ok=True)
    assert run.result is not None
    if isinstance(run.result.output, DeferredToolRequests):
        answers_file.unlink(missing_ok=True)
        written(requests_file, _REQUESTS.dump_json(run.result.output))
    else:
        written(history_file, run.result.all_messages_json())
        written(place.file(conversation, 'done'), json.dumps(run.result.output).encode())


@dataclass(frozen=True)
class Clerk:
    """Approves everything, and looks at the books where nobody knows."""

    place: Place
    conversation: str

    def __call__(self, call: WaitingCall) -> Decision:
        if call.reason != 'unknown':
            return Approve()
        key = call.idempotency_key
        with (self.place.folder / 'unknown').open('a') as file:
            file.write(f'{key}\n')
        for found, source, target, amount in entries(self.place, self.conversation):
            if found == key:
                return ProvideResult(f'{source} -> {target}: {amount}')
        return Approve()


def worker(place: Place, conversations: Sequence[str]) -> None:
    """Works on conversations until all are done."""

    async def run() -> None:
        agents = {conversation: agent_for(place, conversation) for conversation in conversations}
        store = SqlStore(place.store_url)
        while open_ones := [each for each in conversations if not place.file(each, 'done').exists()]:
            conversation = random.choice(open_ones)
            try:
                async with lease_conversation(store, conversation, lease_timeout=5):
                    if not place.file(conversation, 'done').exists():
                        await work_on(place, conversation, agents[conversation])
            except StoreConflict:
                await asyncio.sleep(0.01)
            except StoreError as error:
                if 'locked' not in str(error):
                    raise
        await store.aclose()

    asyncio.run(run())


@dataclass
class Report:
    """What became of it all."""

    kills: int
    conversations: int
    unknown: int
    wrong: list[str]


def disturbed(place: Place, *, kills: int, workers: int, seed: int) -> Report:
    """Let workers work and kill them, until `kills` were made; then let them finish, and look at the books."""
    prepare(place)
    chance = random.Random(seed)
    killed = done = 0
    rounds = 0
    wrong: list[str] = []
    while killed < kills:
        conversations = [f'{rounds}-{number}' for number in range(2 * workers)]
        rounds += 1
        killed += disturb(place, conversations, workers=workers, kills=kills - killed, chance=chance)
        wrong += [sentence for each in conversations for sentence in objections(place, each)]
        done += len(conversations)
    asked = place.folder / 'unknown'
    unknown = len(set(asked.read_text().split())) if asked.exists() else 0
    return Report(kills=killed, conversations=done, unknown=unknown, wrong=wrong)


def disturb(place: Place, conversations: Sequence[str], *, workers: int, kills: int, chance: random.Random) -> int:
    """One round; how many kills it took."""
    killed = 0
    running = [_started(place, conversations) for _ in range(workers)]
    deadline = time.monotonic() + 240
    while any(process.is_alive() for process in running):
        assert time.monotonic() < deadline, 'the workers hang'
        time.sleep(chance.uniform(0.01, 0.5))
        for process in running:
            if not process.is_alive():
                assert process.exitcode in (0, -signal.SIGKILL), f'a worker failed: {process.exitcode}'
        victim = chance.randrange(workers)
        if killed < kills and running[victim].is_alive():
            os.kill(running[victim].pid or 0, signal.SIGKILL)
            running[victim].join()
            running[victim] = _started(place, conversations)
            killed += 1
    return killed


def _started(place: Place, conversations: Sequence[str]) -> Any:
    process = _CONTEXT.Process(target=worker, args=(place, conversations), daemon=True)
    process.start()
    return process


def prepare(place: Place) -> None:
    with closing(sqlite3.connect(place.books)) as books, books:
        books.execute('PRAGMA journal_mode = WAL')
        books.execute(
            'CREATE TABLE IF NOT EXISTS transfers (conversation TEXT, key TEXT, source TEXT, target TEXT, amount INT)'
        )


def objections(place: Place, conversation: str) -> list[str]:
    """What is wrong with a conversation that came to its end."""
    found: list[str] = []
    rows = entries(place, conversation)
    twice = [key for key, count in Counter(row[0] for row in rows).items() if count > 1]
    if twice:
        found.append(f'{conversation}: {len(twice)} transfers were made twice')
    moved = sorted(row[1:] for row in rows)
    if moved != EXPECTED_TRANSFERS:
        found.append(f'{conversation}: the books are wrong: {moved}')
    history = ModelMessagesTypeAdapter.validate_json(place.file(conversation, 'history').read_bytes())
    contents = [cell.content for cell in played_cells(history)]
    if [_told(content) for content in contents] != EXPECTED_CONTENTS:
        found.append(f'{conversation}: the answers are wrong: {contents}')
    return found


def _told(content: Any) -> Any:
    return cast('dict[str, Any]', content)['result'] if isinstance(content, dict) else 'failed'


EXPECTED_TRANSFERS: Final = sorted(
    [
        *[(f'a{n}', 'b', n + 1) for n in range(4)],
        *[('b', f'c{n}', 10 + n) for n in range(3)],
        ('b', 'd', 5),
        ('j', 'k', 7),
        *[('e', 'f', amount) for amount in (50, 500, 600)],
        *[('g', f'h{n}', n) for n in (1, 2, 3)],
        *[(f'h{n}', 'i', n) for n in (1, 2, 3)],
    ]
)
EXPECTED_CONTENTS: Final = [
    [f'a{n} -> b: {n + 1}' for n in range(4)],
    [*[f'b -> c{n}: {10 + n}' for n in range(3)], 'x'],
    6,
    [f'e -> f: {amount}' for amount in (50, 500, 600)],
    [[f'g -> h{n}: {n}', f'h{n} -> i: {n}'] for n in (1, 2, 3)],
    'failed',
    [7, 4, 'e -> f: 600', sum(amount for *_, amount in EXPECTED_TRANSFERS)],
]


def main() -> None:
    parser = argparse.ArgumentParser(prog='python -m support.chaos', description=__doc__)
    parser.add_argument('--kills', type=int, default=300)
    parser.add_argument('--workers', type=int, default=3)
    parser.add_argument('--seed', type=int, default=int(time.time()))
    parser.add_argument('--postgresql', action='store_true', help='keep the state there instead of in a SQLite file')
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        url = stack.enter_context(postgresql_server()) if options.postgresql else f'sqlite:///{folder}/grail.db'
        place = Place(Path(folder), url)
        report = disturbed(place, kills=options.kills, workers=options.workers, seed=options.seed)
    store = 'PostgreSQL' if options.postgresql else 'SQLite'
    print(
        f'{store}, {options.workers} at a time, seed {options.seed}: {report.kills} kills in {report.conversations} '
        f'conversations; {report.unknown} calls of unknown fate, decided by the books; {len(report.wrong)} mistakes'
    )
    for sentence in report.wrong:
        print(f'- {sentence}')
    raise SystemExit(1 if report.wrong else 0)


if __name__ == '__main__':
    main()
