"""A cell for each diagnostic that the check or the reading of the source gives, and what the model reads of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final, Literal

from pydantic_ai import Agent, Tool
from support.sandbox_table import REFUSED
from support.scripts import scripted_model
from typing_extensions import TypedDict

from pydantic_ai_grail import CodeMode
from pydantic_ai_grail.events.cell_events import CellChecked, Event
from pydantic_ai_grail.events.diagnostics import Diagnostic


class Issue(TypedDict):
    number: int
    state: Literal['open', 'closed']


async def find(words: str, limit: int = 10) -> list[Issue]:
    return []


async def close(issue: Issue, reason: str = '') -> tuple[bool, float]:
    return True, 0.5


def lock(name: str) -> int:
    return 1


CELLS: Final[Mapping[str, str]] = {
    'syntax-error': 'found = await find("a"',
    'too-long': 'x = 1 #' + ' ' * 32_000,
    'unknown-name': 'print(foud)',
    'unknown-module': 'import githb',
    'unknown-attribute': '(await find("a"))[0].number',
    'unknown-argument': 'await find("a", limt=3)',
    'missing-argument': 'await find()',
    'too-many-arguments': 'await find("a", 1, 2)',
    'duplicate-argument': 'await find("a", words="b")',
    'wrong-type': 'await find("a", limit="many")',
    'unknown-key': '(await find("a"))[0]["nr"]',
    'missing-key': 'await close({"number": 7})',
    'not-awaited': 'rows = []\nrows.append(lambda: find("a")[0])',
    'cannot-wait': 'sorted(["a", "b"], key=lambda word: await find(word))',
    'changed-while-iterated': 'xs = [1, 2]\nfor i, x in enumerate(xs): xs.remove(x)',
    'early-calls': 'for rows in (await find(word) for word in ["a", "b"]): print(rows)',
    'not-awaitable': 'n = 3\nawait n',
    'wrong-unpacking': 'done, seconds, more = await close({"number": 7, "state": "open"})',
    'not-a-tool': 'find["a"]',
    'shadowed-tool': 'find = 3\nawait find("a")',
    'never-equal': '[issue for issue in await find("a") if issue["state"] == "Open"]',
    'not-called': 'find',
    'never-there': '[issue.get("nr") for issue in await find("a")]',
}


@cache
def found_in(cell: str) -> tuple[Diagnostic, ...]:
    """The diagnostics of a cell, refusals before remarks."""
    told: list[Diagnostic] = []

    def observe(event: Event) -> None:
        if isinstance(event, CellChecked):
            told.extend([*event.verdict.refusals, *event.verdict.remarks])

    tools = [find, close, Tool(lock, sequential=True)]
    Agent(scripted_model(cell), tools=tools, capabilities=[CodeMode(on_cell_event=observe)]).run_sync('go')
    return tuple(told)


def examples() -> Iterator[tuple[str, str, str]]:
    """Code, cell, and what the model reads is wrong with it; for what the sandbox cannot run, cells of its page."""
    told: set[str] = set()
    assert {code for code, cell in CELLS.items() if found_in(cell)[:1] == () or found_in(cell)[0].code != code} == set()
    for cell in [*CELLS.values(), *REFUSED]:
        for code, message in [(each.code, each.message) for each in found_in(cell)][:1]:
            if code not in told:
                told.add(code)
                yield code, cell, message
