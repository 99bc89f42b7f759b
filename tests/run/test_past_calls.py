"""A program that is run again with its journal: no call is made twice, and another program is found before it does harm."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest
from pydantic_ai import RunContext, ToolReturn, UsageLimits
from pydantic_ai.exceptions import ApprovalRequired, UsageLimitExceeded
from pydantic_ai.toolsets import FunctionToolset
from support.interrupted import APPROVED, Died, Interrupted, journal_state_of
from support.journal_entries import NOON, call_began, call_ended, call_waits

from pydantic_ai_grail._journal.replay import Diverged, Replay, next_attempt
from pydantic_ai_grail._journal.reuse import ReusableCalls
from pydantic_ai_grail._run.tool_call import METADATA_KEY
from pydantic_ai_grail.errors import StoreError
from pydantic_ai_grail.events.calls import CallRequest, ToolFacts
from pydantic_ai_grail.events.cell_events import CallSettled, CallStarted
from pydantic_ai_grail.events.journal_entries import (
    CallBegan,
    CallEnded,
    CallWaits,
    CellEnded,
    Decided,
    EarlierCalls,
    Entry,
    JournaledCall,
)

pytestmark = pytest.mark.anyio


@dataclass
class Shop:
    """Tools that note what they did, with the attempt and the key of the call."""

    made: list[str] = field(default_factory=list[str])
    attempts: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])

    def toolset(self) -> FunctionToolset[Any]:
        async def buy(ctx: RunContext[Any], thing: str) -> str:
            """Costs money."""
            about = ctx.tool_call_metadata[METADATA_KEY]
            self.attempts.append((about['attempt'], about['idempotency_key']))
            return self.note('buy', thing)

        async def look(thing: str) -> str:
            """Changes nothing."""
            return self.note('look', thing)

        async def put(thing: str) -> str:
            """Twice is as good as once."""
            return self.note('put', thing)

        async def fail(thing: str) -> str:
            """Does it, and fails."""
            raise KeyError(self.note('fail', thing))

        def weigh(thing: str) -> str:
            """Alone."""
            return self.note('weigh', thing)

        toolset = FunctionToolset[Any]()
        toolset.add_function(buy)
        toolset.add_function(look, metadata={'read_only': True})
        toolset.add_function(put, metadata={'idempotent': True})
        toolset.add_function(fail)
        toolset.add_function(weigh, sequential=True)
        return toolset

    def note(self, tool: str, thing: str) -> str:
        self.made.append(f'{tool} {thing}')
        return f'{tool}: {thing}'


def program(source: str, shop: Shop, **options: Any) -> Interrupted:
    return Interrupted(source=source, toolset=shop.toolset(), **options)


ALL = """
import asyncio
a = await buy('a')
both = await asyncio.gather(buy('b'), look('c'))
try:
    await fail('d')
except KeyError as error:
    d = str(error)
[a, both, d, weigh('e')]
"""
ALL_RESULT = ['buy: a', ['buy: b', 'look: c'], "'fail: d'", 'weigh: e']


async def test_a_program_that_is_run_again_makes_no_call_again_and_gets_the_same_results() -> None:
    shop = Shop()
    it = program(ALL, shop)
    first = await it.go()
    entries = list(it.entries)
    again = await it.go()
    assert (first.value, again.value) == (ALL_RESULT, ALL_RESULT)
    assert shop.made == ['buy a', 'buy b', 'look c', 'fail d', 'weigh e']
    assert it.entries == entries
    assert [record.is_replayed for record in again.calls] == [True] * 5
    assert [(record.state, record.result, record.error) for record in again.calls] == [
        (record.state, record.result, record.error) for record in first.calls
    ]
    assert [type(event) for event in again.events] == [CallSettled] * 5
    assert not any(isinstance(event, CallStarted) for event in again.events)


@pytest.mark.parametrize('dies_after', range(10))
async def test_wherever_it_died_the_calls_that_settled_are_not_made_again(dies_after: int) -> None:
    shop = Shop()
    it = program(ALL, shop, on_unknown_call='retry')
    with pytest.raises(Died):
        await it.go(dies_after=dies_after)
    settled = [entry.ordinal for entry in it.entries if isinstance(entry, CallEnded)]
    before = len(shop.made)
    assert (await it.go()).value == ALL_RESULT
    assert len(shop.made) - before == 5 - len(settled)


async def test_what_a_tool_showed_the_model_is_shown_after_it_was_run_again() -> None:
    async def photo() -> ToolReturn[int]:
        return ToolReturn(7, content='a photo')

    it = Interrupted(source='await photo()', toolset=[photo])
    assert (await it.go()).content == {'cell__1': ('a photo',)}
    assert (await it.go()).content == {'cell__1': ['a photo']}


# Another program


@pytest.mark.parametrize(
    ('before', 'now', 'message'),
    [
        ("await buy('a')", "await look('a')", 'its call 1 was buy() and is look()'),
        ("await buy('a')", "await buy('b')", 'its call 1, to buy(), has other arguments'),
        (
            "await buy('a')\nawait buy('b')",
            "await buy('a')\nawait buy('c')",
            'its call 2, to buy(), has other arguments',
        ),
        ("await buy('a')\nweigh('b')", "await buy('a')\nweigh('c')", 'its call 2, to weigh(), has other arguments'),
        ("weigh('b')", "await buy('b')", 'its call 1 was weigh() and is buy()'),
    ],
)
async def test_other_calls_are_found_before_any_tool_runs(before: str, now: str, message: str) -> None:
    shop = Shop()
    it = program(before, shop)
    await it.go()
    made = list(shop.made)
    with pytest.raises(Diverged) as caught:
        await it.go(source=now)
    assert str(caught.value) == message
    assert shop.made == made


async def test_a_program_that_goes_by_chance_is_found() -> None:
    shop = Shop()
    it = program('import random\nawait buy(str(random.random()))', shop)
    await it.go()
    with pytest.raises(Diverged, match='has other arguments'):
        await it.go()
    assert len(shop.made) == 1


async def test_a_program_that_awaits_its_calls_in_another_order_is_found() -> None:
    async def work(number: int, seconds: float) -> int:
        await anyio.sleep(seconds)
        return number

    it = Interrupted(source='import asyncio\nawait asyncio.gather(work(1, 0.02), work(2, 0))', toolset=[work])
    await it.go()
    with pytest.raises(Diverged, match='it awaits calls that ended before, in another order'):
        await it.go(source='await work(1, 0.02)\nawait work(2, 0)')


async def test_a_program_may_make_more_calls_than_before() -> None:
    shop = Shop()
    it = program("await buy('a')", shop)
    await it.go()
    assert (await it.go(source="await buy('a')\nawait buy('b')")).value == 'buy: b'
    assert shop.made == ['buy a', 'buy b']


async def test_sleeps_do_not_change_which_call_is_which() -> None:
    made: list[int] = []

    async def work(number: int, seconds: float) -> int:
        made.append(number)
        await anyio.sleep(seconds)
        return number

    code = """
import asyncio
async def late():
    await asyncio.sleep(0.01)
    return await work(1, 0.15)
async def slow():
    return await work(2, 0.05), await work(3, 0)
await asyncio.gather(late(), slow())
"""
    it = Interrupted(source=code, toolset=[work])
    assert (await it.go()).value == [1, (2, 3)]
    assert made == [2, 1, 3]
    assert (await it.go()).value == [1, (2, 3)]  # although the result of 2 is there before the sleep has ended
    assert made == [2, 1, 3]


async def test_a_call_that_overtook_a_result_overtakes_it_again() -> None:
    async def work(seconds: float) -> float:
        await anyio.sleep(seconds)
        return seconds

    def weigh(delivered_before: int) -> int:
        return delivered_before

    toolset = FunctionToolset[Any]([work])
    toolset.add_function(weigh, sequential=True)
    code = """
import asyncio
seen = []
async def quick():
    seen.append(await work(0))
    seen.append(weigh(len(seen)))
async def slow():
    seen.append(await work(0.02))
await asyncio.gather(quick(), slow())
seen
"""
    it = Interrupted(source=code, toolset=toolset)
    assert (await it.go()).value == [0, 1, 0.02]
    assert it.shown() == ['1 began', '2 began', '1 returned', '2 returned', '3 began', '3 returned']
    assert (await it.go()).value == [0, 1, 0.02]


def replay(*entries: Any) -> Replay:
    return Replay(cell_id='cell', journaled=journal_state_of(entries))


def test_fewer_calls_than_before_are_noticed() -> None:
    calls = replay(call_began(1), call_ended(1), call_began(2))
    assert [calls.has_more_than(count) for count in range(4)] == [True, True, False, False]
    assert replay().has_more_than(0) is False


# Calls of which nobody knows


async def unknown_outcome(code: str, shop: Shop, **options: Any) -> Interrupted:
    """A program that died after its first call took effect and before that was written down."""
    it = program(code, shop, **options)
    with pytest.raises(Died):
        await it.go(dies_after=1)
    assert it.shown() == ['1 began']
    return it


async def test_a_call_that_was_under_way_waits_for_somebody_who_knows() -> None:
    shop = Shop()
    it = await unknown_outcome("[await buy('a'), await buy('b')]", shop)
    went = await it.go()
    assert {id: waits.reason for id, waits in went.waiting.items()} == {'cell__1': 'unknown'}
    assert shop.made == ['buy a']
    went = await it.go({1: Decided(kind='result', value='it was bought')})
    assert went.value == ['it was bought', 'buy: b']
    assert shop.made == ['buy a', 'buy b']


async def test_it_is_made_again_when_somebody_says_so_as_another_attempt_at_the_same_call() -> None:
    shop = Shop()
    it = await unknown_outcome("await buy('a')", shop)
    await it.go()
    assert (await it.go({1: APPROVED})).value == 'buy: a'
    (first, key), (second, same_key) = shop.attempts
    assert (first, second) == (1, 2)
    assert key == same_key
    assert [entry.attempt for entry in it.entries if isinstance(entry, CallBegan)] == [1, 2]


async def test_it_waits_on_after_another_death() -> None:
    shop = Shop()
    it = await unknown_outcome("await buy('a')", shop)
    with suppress(Died):
        await it.go(dies_after=2)
    assert it.shown() == ['1 began', '1 waits']
    assert (await it.go()).waiting['cell__1'].reason == 'unknown'
    with pytest.raises(Died):
        await it.go({1: APPROVED}, dies_after=len(it.entries) + 2)
    assert shop.made == ['buy a', 'buy a']
    assert (await it.go()).waiting['cell__1'].reason == 'unknown'  # the approval was for one attempt
    await it.go({1: APPROVED})
    assert [attempt for attempt, _ in shop.attempts] == [1, 2, 3]


async def test_an_allowed_call_that_was_under_way_is_unknown_too() -> None:
    made: list[int] = []

    async def refund(ctx: RunContext[Any], order: int) -> str:
        if not ctx.tool_call_approved:
            raise ApprovalRequired
        made.append(order)
        return 'done'

    it = Interrupted(source='await refund(1)', toolset=[refund])
    await it.go()
    with pytest.raises(Died):
        await it.go({1: APPROVED}, dies_after=len(it.entries) + 2)
    assert made == [1]
    went = await it.go()
    assert went.waiting['cell__1'].reason == 'unknown'
    assert (await it.go({1: Decided(kind='result', value='done')})).value == 'done'
    assert made == [1]


async def test_that_a_call_is_to_be_made_again_does_not_allow_what_the_tool_had_not_asked_for() -> None:
    asked, made = list[bool](), list[int]()

    async def refund(ctx: RunContext[Any], order: int) -> str:
        asked.append(ctx.tool_call_approved)
        if len(asked) == 1:
            raise Died('the process died')  # before it came to its question
        if not ctx.tool_call_approved:
            raise ApprovalRequired
        made.append(order)
        return 'done'

    it = Interrupted(source='await refund(1)', toolset=[refund])
    with pytest.raises(Died):
        await it.go(dies_after=1)
    assert (await it.go()).waiting['cell__1'].reason == 'unknown'
    assert (await it.go({1: APPROVED})).waiting['cell__1'].reason == 'approval'
    assert (asked, made) == ([False, False], [])
    assert (await it.go({1: APPROVED})).value == 'done'
    assert (asked, made) == ([False, False, True], [1])


async def test_a_call_that_was_allowed_is_made_again_without_a_second_approval() -> None:
    made: list[int] = []

    async def refund(ctx: RunContext[Any], order: int) -> str:
        if not ctx.tool_call_approved:
            raise ApprovalRequired
        made.append(order)
        return 'done'

    it = Interrupted(source='await refund(1)', toolset=[refund])
    await it.go()
    with pytest.raises(Died):
        await it.go({1: APPROVED}, dies_after=len(it.entries) + 2)
    assert (await it.go()).waiting['cell__1'].reason == 'unknown'
    assert (await it.go({1: APPROVED})).value == 'done'
    assert made == [1, 1]


async def test_an_approval_is_not_for_a_wait_that_began_after_it() -> None:
    made: list[int] = []

    async def refund(ctx: RunContext[Any], order: int) -> None:
        if not ctx.tool_call_approved:
            raise ApprovalRequired
        made.append(order)

    it = Interrupted(source='await refund(1)', toolset=[refund])
    await it.go()
    with pytest.raises(Died):
        await it.go({1: APPROVED}, dies_after=len(it.entries) + 2)
    with pytest.raises(Died):  # it waits for who knows, and dies before it is written where it stands
        await it.go(dies_after=len(it.entries) + 1)
    assert it.shown()[-2:] == ['1 began', '1 waits']
    assert (await it.go()).waiting['cell__1'].reason == 'unknown'
    assert made == [1]


async def test_an_approval_is_not_for_a_second_question_of_the_tool() -> None:
    asked: list[bool] = []

    async def refund(ctx: RunContext[Any], order: int) -> None:
        asked.append(ctx.tool_call_approved)
        raise ApprovalRequired

    it = Interrupted(source='await refund(1)', toolset=[refund])
    await it.go()
    with pytest.raises(Died):
        await it.go({1: APPROVED}, dies_after=len(it.entries) + 3)
    assert it.shown()[-2:] == ['1 began', '1 waits']
    assert list((await it.go()).waiting) == ['cell__1']
    assert asked == [False, True]


async def test_it_raises_in_the_code_where_that_is_wanted() -> None:
    shop = Shop()
    it = await unknown_outcome("await buy('a')", shop, on_unknown_call='raise')
    went = await it.go()
    assert went.error == ('RuntimeError: buy() was under way when its run ended; whether it took effect is not known')
    assert it.shown() == ['1 began', '1 raised']
    assert (await it.go()).error == went.error
    assert shop.made == ['buy a']


async def test_it_is_made_again_where_that_is_wanted() -> None:
    shop = Shop()
    it = await unknown_outcome("await buy('a')", shop, on_unknown_call='retry')
    assert (await it.go()).value == 'buy: a'
    assert [attempt for attempt, _ in shop.attempts] == [1, 2]


@pytest.mark.parametrize('tool', ['look', 'put'])
@pytest.mark.parametrize('on_unknown_call', ['ask', 'raise', 'retry'])
async def test_calls_that_may_be_made_twice_are_made_again(tool: str, on_unknown_call: str) -> None:
    shop = Shop()
    it = await unknown_outcome(f"await {tool}('a')", shop, on_unknown_call=on_unknown_call)
    assert (await it.go()).value == f'{tool}: a'
    assert shop.made == [f'{tool} a'] * 2


@pytest.mark.parametrize(
    ('journaled', 'attempt'),
    [
        (None, 1),
        (JournaledCall(began=call_began(1)), 2),
        (JournaledCall(began=call_began(1), waits=call_waits(1)), 1),
        (JournaledCall(began=call_began(1, attempt=4)), 5),
        (
            JournaledCall(
                began=call_began(1),
                waits=CallWaits(ordinal=1, reason='unknown', metadata={}, until=None, at=call_began(1).at),
            ),
            2,
        ),
    ],
)
def test_attempts_count_what_may_have_had_an_effect(journaled: JournaledCall | None, attempt: int) -> None:
    assert next_attempt(journaled) == attempt


# A journal that cannot be kept


@pytest.mark.parametrize('code', ["await buy('a')", "weigh('a')"])
async def test_a_call_that_cannot_be_written_down_is_not_made(code: str) -> None:
    shop = Shop()
    it = program(f'try:\n    {code}\nexcept BaseException:\n    pass\nawait look("b")', shop)
    with pytest.raises(StoreError, match='the process died'):
        await it.go(dies_after=0)
    assert shop.made == []


@pytest.mark.parametrize('then', ["weigh('b')", "await look('b')"])
async def test_after_a_call_whose_end_could_not_be_written_down_nothing_runs(then: str) -> None:
    shop = Shop()
    it = program(f"import asyncio\nawait buy('a')\n{then}", shop)
    with pytest.raises(StoreError):
        await it.go(dies_after=1)
    assert shop.made == ['buy a']


async def test_a_call_that_runs_alone_does_not_start_when_one_under_way_ends_the_run() -> None:
    weighed: list[str] = []

    async def soon() -> str:
        return 'soon'

    async def spend() -> str:
        await anyio.sleep(0.05)  # meanwhile the program comes to weigh()
        raise UsageLimitExceeded('no more')

    def weigh(thing: str) -> str:
        weighed.append(thing)
        return thing

    toolset = FunctionToolset[Any]([soon, spend])
    toolset.add_function(weigh, sequential=True)
    code = """
import asyncio
async def other():
    await soon()
    return weigh('b')
await asyncio.gather(spend(), other())
"""
    with pytest.raises(UsageLimitExceeded, match='no more'):
        await Interrupted(source=code, toolset=toolset).go()
    assert weighed == []


async def test_usage_limits_do_not_count_calls_that_are_answered_from_the_journal() -> None:
    shop = Shop()
    it = program("[await buy('a'), await buy('b')]", shop)
    await it.go()
    it.usage_limits = UsageLimits(tool_calls_limit=0)
    assert (await it.go()).value == ['buy: a', 'buy: b']


# Calls of the cell before


def made_by_the_next_cell(ordinal: int, **arguments: Any) -> CallRequest:
    tool = ToolFacts(tool_name='pay', python_name='pay')
    return CallRequest(tool_call_id=f'next__{ordinal}', ordinal=ordinal, tool=tool, args=arguments, line=1)


@pytest.mark.parametrize(
    ('entries', 'is_known'),
    [
        ([call_began(1)], True),
        ([call_began(1), CallWaits(ordinal=1, reason='unknown', metadata={}, until=None, at=NOON)], True),
        ([call_began(1), call_waits(1)], False),
        ([call_began(1), call_ended(1)], False),
        ([call_began(1), CellEnded(outcome='failed', at=NOON)], True),
    ],
    ids=['under way', 'nobody knew before', 'only asked', 'settled', 'and its cell failed'],
)
def test_the_next_cell_knows_what_nobody_knows_of_the_one_before(entries: list[Entry], is_known: bool) -> None:
    reusable = ReusableCalls(EarlierCalls(unknown=journal_state_of(entries).unknown), is_read_only=lambda _: False)
    request = made_by_the_next_cell(1)
    reusable.compare(request)
    assert (reusable.unknown_outcome(request) is not None) == is_known
