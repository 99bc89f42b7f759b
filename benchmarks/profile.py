"""`python -m benchmarks.profile CASE`: how many functions a case calls, by stage and by file, for us and for the floor.

A count does not depend on what else the machine does, nor much on the machine. Each Python function that is entered counts,
and each time a coroutine goes on; of functions in C how often they are called. What a library does is on the account of the
function of ours, or of the floor's, that called it: `beneath`. Threads count too, workers of the sandbox do not. What
neither calls is the agent's own part: it is shown as one line, and is the same for all.
"""

from __future__ import annotations

import argparse
import sys
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final, NamedTuple

import anyio
from rich.console import Console
from rich.table import Table

import pydantic_ai_grail

from .cases import a_run, later_turn
from .contenders import FLOOR, OURS, Contender
from .growth import NEW_NAMES, conversation
from .script import FIVE_CELLS, GATHER, LOOP, ONE_CALL

OURS_FOLDER: Final = Path(pydantic_ai_grail.__file__).parent
FLOOR_FOLDER: Final = Path(__file__).parent
FLOOR_FILES: Final = ('floor.py', 'floor_checker.py', 'floor_stores.py')
WARM_UP_RUNS: Final = 3

STAGES: Final = {
    ('toolset.py', 'get_tools'): 'tools of the step',
    ('toolset.py', 'get_instructions'): 'instructions',
    ('toolset.py', 'for_run_step'): 'run and step begin',
    ('toolset.py', 'for_run'): 'run and step begin',
    ('toolset.py', '__aexit__'): 'run ends',
    ('toolset.py', 'call_tool'): 'around the cell',
    ('code_mode.py', 'before_model_request'): 'messages',
    ('code_mode.py', 'wrap_model_request'): 'messages',
    ('code_mode.py', 'before_node_run'): 'messages',
    ('_cell/message_history.py', 'cells_in'): 'finding the cells',
    ('_cell/agent_run.py', 'locate'): 'finding the state',
    ('_cell/resuming.py', 'open_cell'): 'journal',
    ('_source/prepare.py', 'prepare'): 'prepare',
    ('_source/check.py', 'check'): 'check',
    ('_source/head.py', 'headed_in'): 'prepare',
    ('_monty/lent_worker.py', 'lend_worker'): 'worker in and out',
    ('_cell/session.py', 'worker'): 'worker in and out',
    ('_run/driver.py', 'drive'): 'drive',
    ('_run/pipeline.py', 'run'): 'pipeline of a call',
    ('_run/pipeline.py', 'accept'): 'pipeline of a call',
    ('_run/tool_call.py', 'call_tool'): 'tool manager',
    ('_cell/agent_run.py', 'keep'): 'keep the state',
    ('_source/history.py', 'after'): 'history',
    ('_reply/reply.py', 'render'): 'reply',
    ('_stream/call_parts.py', 'metadata'): 'reply',
    ('floor.py', 'get_tools'): 'tools of the step',
    ('floor.py', 'for_run'): 'run and step begin',
    ('floor.py', '__aexit__'): 'run ends',
    ('floor.py', 'call_tool'): 'around the cell',
    ('floor_checker.py', 'check'): 'check',
    ('floor_checker.py', '_check'): 'check',
    ('floor.py', '_open'): 'worker in and out',
    ('floor.py', 'drive_by_stops'): 'drive',
    ('floor.py', 'call'): 'tool manager',
    ('floor_stores.py', 'save'): 'keep the state',
}
"""The functions, by file, with which a stage begins; it ends with them."""
PASS_ON: Final = {
    ('code_mode.py', 'wrap_model_request'),
    ('code_mode.py', '_seen'),
    ('code_mode.py', 'wrap_run_event_stream'),
}
"""Functions that stand around what the agent does anyhow; what libraries do beneath them is the agent's own."""
AROUND: Final = 'beside the stages'
AGENT: Final = "the agent's own"


class Account(NamedTuple):
    """A function of ours or of the floor's, and the stage that it was called in."""

    stage: str
    file: str
    function: str


NOBODY: Final = Account(AGENT, '', '')


@dataclass
class Counts:
    """What was counted, by account."""

    own: Counter[Account] = field(default_factory=Counter[Account])
    beneath: Counter[Account] = field(default_factory=Counter[Account])
    in_c: Counter[Account] = field(default_factory=Counter[Account])

    def total(self) -> int:
        """Python functions, all of them."""
        return self.own.total() + self.beneath.total()

    def agents_own(self) -> int:
        """Those that neither we nor the floor called."""
        return self.beneath[NOBODY]


class Profiler:
    """Counts in the thread that installs it and in those that start later, while it is counting."""

    def __init__(self) -> None:
        self.counts: Counts | None = None
        self._places: dict[CodeType, tuple[str, str] | None] = {}
        self._lock = threading.Lock()

    def install(self) -> None:
        """From now on. Before any worker or checker of the process starts."""
        threading.setprofile(self._begin)
        sys.setprofile(self._hook())

    def _begin(self, frame: FrameType, event: str, argument: Any) -> None:
        sys.setprofile(self._hook())

    def _hook(self) -> Callable[[FrameType, str, Any], None]:
        accounts: list[Account] = []

        def hook(frame: FrameType, event: str, argument: Any) -> None:
            above = accounts[-1] if accounts else NOBODY
            if event == 'call':
                place = self._place(frame.f_code)
                if place is not None:
                    account = self._account(place, above)
                else:
                    account = NOBODY if (above.file, above.function) in PASS_ON else above
                accounts.append(account)
                self._add(account, is_own=place is not None)
            elif event == 'return':
                if accounts:
                    accounts.pop()
            elif event == 'c_call' and self.counts is not None:
                with self._lock:
                    self.counts.in_c[above] += 1

        return hook

    def _add(self, account: Account, *, is_own: bool) -> None:
        if self.counts is not None:
            with self._lock:
                (self.counts.own if is_own else self.counts.beneath)[account] += 1

    def _account(self, place: tuple[str, str], above: Account) -> Account:
        file, function = place
        inherited = above.stage if above != NOBODY else AROUND
        return Account(STAGES.get(place, inherited), file, function)

    def _place(self, code: CodeType) -> tuple[str, str] | None:
        if code not in self._places:
            self._places[code] = place_of(Path(code.co_filename), code.co_name)
        return self._places[code]


def place_of(path: Path, function: str) -> tuple[str, str] | None:
    """File and function, where it is ours or the floor's."""
    if path.is_relative_to(OURS_FOLDER):
        return path.relative_to(OURS_FOLDER).as_posix(), function
    if path.parent == FLOOR_FOLDER and path.name in FLOOR_FILES:
        return path.name, function
    return None


@dataclass(frozen=True)
class Profiled:
    """A case to profile."""

    prepare: Callable[[Contender], Awaitable[Callable[[], Awaitable[object]]]]
    cells: int
    """By which all is divided."""
    calls: int = 1
    """How many each cell makes."""


PROFILES: Final[Mapping[str, Profiled]] = {
    'one-cell': Profiled(a_run(ONE_CALL), 1),
    'five-cells': Profiled(a_run(FIVE_CELLS), 5),
    'loop': Profiled(a_run(LOOP), 1, 50),
    'gather': Profiled(a_run(GATHER), 1, 50),
    'later-turn': Profiled(later_turn, 1),
    'tools': Profiled(a_run(ONE_CALL, number_of_tools=1000), 1),
    'growth': Profiled(a_run(conversation(45, NEW_NAMES)), 45),
}


async def counted(profiler: Profiler, case: Profiled, contender: Contender, *, runs: int) -> Counts:
    """The counts of so many warm runs."""
    run = await case.prepare(contender)
    for _ in range(WARM_UP_RUNS):
        await run()
    profiler.counts = counts = Counts()
    for _ in range(runs):
        await run()
    profiler.counts = None
    return counts


def by(counts: Counts, part: Callable[[Account], str], *, divisor: float) -> dict[str, tuple[float, float, float]]:
    """Own, beneath and in C for each part, for one cell."""
    found: dict[str, list[float]] = {}
    for column, counter in enumerate((counts.own, counts.beneath, counts.in_c)):
        for account, count in counter.items():
            found.setdefault(part(account), [0.0, 0.0, 0.0])[column] += count / divisor
    return {name: (own, beneath, in_c) for name, (own, beneath, in_c) in found.items()}


def tables(counts: Mapping[str, Counts], case: Profiled, *, runs: int, top: int) -> Iterator[Table]:
    """By stage, for both; by file and by function, for us."""
    divisor = runs * case.cells
    stages = {name: by(each, stage_of, divisor=divisor) for name, each in counts.items()}
    table = Table('stage', *(f'{name} {kind}' for name in counts for kind in KINDS), title='By stage, for one cell')
    for stage in sorted({*stages['ours'], *stages['floor']}, key=lambda name: -sum(stages['ours'].get(name, NONE)[:2])):
        cells = (f'{value:,.1f}' for name in counts for value in stages[name].get(stage, NONE))
        table.add_row(stage, *cells)
    yield table
    for title, part in [('By file of ours', file_of), ('By function of ours', function_of)]:
        parts = by(counts['ours'], part, divisor=divisor)
        ordered = sorted(parts.items(), key=lambda item: -sum(item[1][:2]))
        shown = [(name, values) for name, values in ordered if name.strip(':')][:top]
        table = Table('', *KINDS, title=f'{title}, for one cell')
        for name, values in shown:
            table.add_row(name, *(f'{value:,.1f}' for value in values))
        yield table


def stage_of(account: Account) -> str:
    return account.stage


def file_of(account: Account) -> str:
    return account.file


def function_of(account: Account) -> str:
    return f'{account.file}:{account.function}'


KINDS: Final = ('own', 'beneath', 'in C')
NONE: Final = (0.0, 0.0, 0.0)


async def profile(case: Profiled, *, runs: int, contenders: Sequence[Contender] = (FLOOR, OURS)) -> dict[str, Counts]:
    """Count for each contender, by its name."""
    profiler = Profiler()
    profiler.install()
    try:
        return {each.name: await counted(profiler, case, each, runs=runs) for each in contenders}
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def main() -> None:
    parser = argparse.ArgumentParser(prog='python -m benchmarks.profile', description=__doc__)
    parser.add_argument('case', choices=PROFILES)
    parser.add_argument('--runs', type=int, default=5)
    parser.add_argument('--top', type=int, default=40, help='how many files and functions are shown')
    options = parser.parse_args()
    case, console = PROFILES[options.case], Console(width=140)

    async def both() -> dict[str, Counts]:
        return await profile(case, runs=options.runs)

    counts = anyio.run(both)
    for table in tables(counts, case, runs=options.runs, top=options.top):
        console.print(table)
    for name, each in counts.items():
        ours = each.total() - each.agents_own()
        per_call = f', {ours / options.runs / case.cells / case.calls:,.0f} for one call' if case.calls > 1 else ''
        console.print(
            f'{name}: {each.total() / options.runs / case.cells:,.0f} calls of Python functions for one cell, of them '
            f"{ours / options.runs / case.cells:,.0f} not the agent's own{per_call}"
        )


if __name__ == '__main__':
    main()
