"""Whatever a program does and wherever it is interrupted: each call is made once, and the program ends as if nothing was.

Programs of calls, loops, gathers and handlers are made at random. What each call is made with depends on how many results
the program has had, so a program that is run again and gets one result earlier or later makes other calls and is found.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import anyio
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic_ai import RunContext
from pydantic_ai.exceptions import ApprovalRequired, CallDeferred
from pydantic_ai.toolsets import FunctionToolset
from support.interrupted import Died, Interrupted, Went, journal_state_of

from pydantic_ai_grail._monty.stops import DoneStop
from pydantic_ai_grail.events.journal_entries import CallEnded, Decided

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
HEADER = 'import asyncio\nseen = []\n'
ASYNC, SEQUENTIAL = ('pay', 'ask', 'fax', 'bad'), ('count', 'vote')


@dataclass
class World:
    """Tools whose effects are counted."""

    waits: bool
    effects: Counter[str] = field(default_factory=Counter[str])

    def toolset(self) -> FunctionToolset[Any]:
        async def pay(n: int, delivered_before: int) -> str:
            """Takes its time."""
            await anyio.sleep(n % 3 * 0.001)
            return self.effect('pay', n, delivered_before)

        async def ask(ctx: RunContext[Any], n: int, delivered_before: int) -> str:
            """Has to be allowed."""
            await anyio.sleep(n % 2 * 0.001)
            if self.waits and not ctx.tool_call_approved:
                raise ApprovalRequired
            return self.effect('ask', n, delivered_before)

        async def fax(n: int, delivered_before: int) -> str:
            """Somebody else makes it."""
            if self.waits:
                raise CallDeferred
            return self.effect('fax', n, delivered_before)

        async def bad(n: int, delivered_before: int) -> str:
            """Has its effect, and fails."""
            await anyio.sleep(n % 2 * 0.001)
            raise LookupError(self.effect('bad', n, delivered_before))

        def count(n: int, delivered_before: int) -> str:
            """Alone."""
            return self.effect('count', n, delivered_before)

        def vote(ctx: RunContext[Any], n: int, delivered_before: int) -> str:
            """Alone, and has to be allowed."""
            if self.waits and not ctx.tool_call_approved:
                raise ApprovalRequired
            return self.effect('vote', n, delivered_before)

        toolset = FunctionToolset[Any]()
        for tool in (pay, ask, fax, bad):
            toolset.add_function(tool)
        for tool in (count, vote):
            toolset.add_function(tool, sequential=True)
        return toolset

    def effect(self, tool: str, n: int, delivered_before: int) -> str:
        text = f'{tool} {n} {delivered_before}'
        self.effects[text] += 1
        return text


@dataclass
class Source:
    """Writes a program; every call in it has a number of its own."""

    sleeps: bool
    functions: list[str] = field(default_factory=list[str])
    number: int = 0

    def block(self, draw: st.DrawFn, depth: int) -> list[str]:
        return [line for _ in range(draw(st.integers(1, 3))) for line in self.statement(draw, depth)]

    def statement(self, draw: st.DrawFn, depth: int) -> list[str]:
        kinds = ['call', 'call', 'sequential', *(['loop', 'gather', 'gather'] if depth else [])]
        kind = draw(st.sampled_from([*kinds, *(['sleep'] if self.sleeps else [])]))
        if kind == 'call':
            return self.call(draw(st.sampled_from(ASYNC)), 'await ')
        if kind == 'sequential':
            return self.call(draw(st.sampled_from(SEQUENTIAL)), '')
        if kind == 'sleep':
            return [f'await asyncio.sleep({draw(st.sampled_from(["0", "0.001", "0.004"]))})']
        if kind == 'loop':
            inner = self.block(draw, depth - 1)
            return [f'for turn in range({draw(st.integers(1, 3))}):', *(f'    {line}' for line in inner)]
        names = [self.function(draw, depth - 1) for _ in range(draw(st.integers(2, 3)))]
        return [f'await asyncio.gather({", ".join(f"{name}()" for name in names)})']

    def call(self, tool: str, how: str) -> list[str]:
        self.number += 1
        call = f'seen.append({how}{tool}({self.number}, len(seen)))'
        if tool != 'bad':
            return [call]
        return ['try:', f'    {call}', 'except LookupError as error:', '    seen.append(str(error))']

    def function(self, draw: st.DrawFn, depth: int) -> str:
        lines = self.block(draw, depth)
        name = f'part{len(self.functions)}'
        self.functions.append('\n'.join([f'async def {name}():', *(f'    {line}' for line in lines)]))
        return name


CHANCES = st.integers(0, 2**32).map(Random)
"""Not `st.randoms`: how often one is asked depends on which call settles first."""


@st.composite
def programs(draw: st.DrawFn, *, sleeps: bool) -> str:
    source = Source(sleeps=sleeps)
    lines = source.block(draw, 2)
    return HEADER + '\n'.join([*source.functions, *lines, 'seen'])


async def ended(program: Interrupted, world: World, chance: Random, *, deaths: int = 0) -> Any:
    """Bring a program to its end: each time decide on some of the calls that wait, or let it die somewhere."""
    went: Went | None = None
    for _ in range(200):
        decisions = None
        if went is not None and went.waiting:
            ordinals = sorted(int(id.rpartition('__')[2]) for id in went.waiting)
            chosen = [ordinal for ordinal in ordinals if chance.random() < 0.6] or [chance.choice(ordinals)]
            decisions = {ordinal: decide(went, ordinal, world) for ordinal in chosen}
        dies_after = None
        if deaths and chance.random() < 0.7:
            deaths -= 1
            dies_after = len(program.entries) + chance.randrange(8)
        try:
            went = await program.go(decisions, dies_after=dies_after)
        except Died:
            went = None
            continue
        if isinstance(went.ending, DoneStop):
            return went.value
        assert went.waiting, went.ending
    raise AssertionError('it does not come to its end')


def decide(went: Went, ordinal: int, world: World) -> Decided:
    """Allow it; make it, where it is external; and look whether it took effect, where nobody knows."""
    id = f'cell__{ordinal}'
    (request,) = [record.request for record in went.calls if record.request.tool_call_id == id]
    tool, reason = request.tool.python_name, went.waiting[id].reason
    text = f'{tool} {request.args["n"]} {request.args["delivered_before"]}'
    if reason == 'external':
        return Decided(kind='result', value=world.effect(tool, request.args['n'], request.args['delivered_before']))
    if reason == 'unknown' and world.effects[text]:
        if tool == 'bad':
            return Decided(kind='raise', exception_type='LookupError', message=text)
        return Decided(kind='result', value=text)
    return Decided(kind='approve')


NAPS = (
    HEADER
    + """async def part0():
    await asyncio.sleep(0.001)
    seen.append(await pay(1, len(seen)))
async def part1():
    seen.append(vote(2, len(seen)))
    await asyncio.sleep(0)
await asyncio.gather(part0(), part1())
seen"""
)


@given(programs(sleeps=True), CHANCES)
@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@example(NAPS, Random(0))
def test_a_program_whose_calls_wait_makes_the_calls_of_one_whose_calls_do_not(source: str, chance: Random) -> None:
    async def run() -> None:
        world, other = World(waits=True), World(waits=False)
        seen = await ended(Interrupted(source=source, toolset=world.toolset()), world, chance)
        undisturbed = await Interrupted(source=source, toolset=other.toolset()).go()
        assert world.effects == Counter(seen)
        # What a call saw depends on which calls waited; which calls there were does not.
        assert Counter(map(without_order, seen)) == Counter(map(without_order, undisturbed.value))

    asyncio.run(run())


def without_order(effect: str) -> str:
    return effect.rpartition(' ')[0]


@given(programs(sleeps=False), CHANCES, st.integers(1, 4))
@settings(max_examples=80, deadline=None, suppress_health_check=SLOW)
def test_a_program_that_dies_anywhere_makes_each_call_once(source: str, chance: Random, deaths: int) -> None:
    async def run() -> None:
        world = World(waits=True)
        program = Interrupted(source=source, toolset=world.toolset())
        seen = await ended(program, world, chance, deaths=deaths)
        assert world.effects == Counter(seen)
        for end in range(len(program.entries) + 1):  # wherever its journal ends, no entry comes where none can
            assert journal_state_of(program.entries[:end]).state in ('under way', 'waiting')

    asyncio.run(run())


PARTS = st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=4), min_size=2, max_size=4)
"""How many milliseconds each call takes, of each branch of a gather."""


@given(PARTS, st.integers(2, 24))
@settings(max_examples=60, deadline=None)
@example([[3, 0], [1, 0], [2, 0]], 9)
def test_results_come_back_in_the_order_in_which_they_came(parts: list[list[int]], dies_after: int) -> None:
    async def pay(part: int, milliseconds: int, delivered_before: int) -> str:
        await anyio.sleep(milliseconds * 0.002)
        return f'{part} {delivered_before}'

    functions = [
        '\n'.join(
            [
                f'async def part{number}():',
                *(f'    seen.append(await pay({number}, {each}, len(seen)))' for each in part),
            ]
        )
        for number, part in enumerate(parts)
    ]
    names = ', '.join(f'part{number}()' for number in range(len(parts)))
    source = HEADER + '\n'.join([*functions, f'await asyncio.gather({names})', 'seen'])

    async def run() -> None:
        program = Interrupted(source=source, toolset=[pay], on_unknown_call='retry')
        with suppress(Died):
            await program.go(dies_after=dies_after)
        before = [entry.value for entry in program.entries if isinstance(entry, CallEnded)]
        seen = (await program.go()).value
        assert seen[: len(before)] == before
        assert sorted(each.partition(' ')[0] for each in seen) == sorted(
            str(number) for number, part in enumerate(parts) for _ in part
        )

    asyncio.run(run())
