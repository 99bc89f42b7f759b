"""What tools give that no wire can carry as it is: it is shown as well as it can be, and the run goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic_ai import Agent, ApprovalRequired, DeferredToolRequests, DeferredToolResults, Tool, ToolReturn
from support.agents import agent_with, play
from support.scripts import scripted_model

from pydantic_ai_grail import CodeMode, Deny, SqlStore, decide, waiting_calls
from pydantic_ai_grail.approvals import RaiseError
from pydantic_ai_grail.errors import DecisionError
from pydantic_ai_grail.testing import played_cells

pytestmark = pytest.mark.anyio

NOT_UTF8 = b'caf\xe9'.decode('utf-8', 'surrogateescape')


class Untold(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError

    __repr__ = __str__


async def test_text_that_is_no_utf8_is_shown_escaped(tmp_path: Path) -> None:
    async def listed() -> Any:
        return {NOT_UTF8: [NOT_UTF8, 'café']}

    cells = await play(agent_with(listed, store=SqlStore(f'sqlite:///{tmp_path}/agent.db')), 'await listed()')
    assert cells[0].content == {'result': {'caf\\udce9': ['caf\\udce9', 'café']}}


@pytest.mark.parametrize(
    ('error', 'told'),
    [(OSError(NOT_UTF8), 'OSError: caf\\udce9'), (Untold(), 'Exception: Untold')],
    ids=['not UTF-8', 'cannot be told'],
)
async def test_an_exception_with_an_odd_message_fails_its_call_only(
    error: Exception, told: str, tmp_path: Path
) -> None:
    async def fails() -> str:
        raise error

    cells = await play(agent_with(fails, store=SqlStore(f'sqlite:///{tmp_path}/agent.db')), 'await fails()', '1 + 1')
    assert told in cells[0].content
    assert cells[1].content == {'result': 2}


async def test_content_that_is_none_is_said_to_be_lost_and_the_value_is_not() -> None:
    async def photo() -> Any:
        return ToolReturn(1, content=[object()])  # pyright: ignore[reportArgumentType]  # the mistake that is tried

    cells = await play(agent_with(photo), 'await photo()', '1 + 1')
    assert cells[0].content['result'] == 1
    assert (
        cells[0]
        .content['notes'][0]
        .startswith('`photo` ran and code has its value, but what it returned for you to look at is lost: ')
    )
    assert cells[1].content == {'result': 2}


class Rational:
    """A number of somebody's own, as libraries have them."""

    def __str__(self) -> str:
        return '0.333'


async def test_a_value_that_has_no_form_in_the_sandbox_is_given_as_its_text_with_a_note() -> None:
    async def third() -> Any:
        return {'root': Rational(), 'of': 3}

    cells = await play(agent_with(third), '[await third(), (await third())["root"]]')
    assert cells[0].content == {
        'result': [{'root': '0.333', 'of': 3}, '0.333'],
        'notes': ['`third` returned `Rational`, which has no form here: code got the text of it.'],
    }


def asking(folder: Path, metadata: dict[str, Any]) -> Agent[None, Any]:
    async def pay(bill: int) -> str:
        raise ApprovalRequired(metadata=metadata)

    return Agent(
        tools=[Tool(pay)],
        output_type=[str, DeferredToolRequests],
        capabilities=[CodeMode(store=SqlStore(f'sqlite:///{folder}/agent.db'))],
    )


async def test_metadata_that_cannot_be_told_does_not_keep_a_call_from_waiting(tmp_path: Path) -> None:
    waiting = await asking(tmp_path, {'why': Untold()}).run('go', model=scripted_model('await pay(1)'))
    [call] = waiting_calls(waiting.output)
    assert list(call.metadata) == ['metadata']


async def test_a_refusal_that_is_no_utf8_reaches_the_code(tmp_path: Path) -> None:
    agent = asking(tmp_path, {})
    waiting = await agent.run('go', model=scripted_model('await pay(1)'))
    done = await agent.run(
        model=scripted_model(),
        message_history=waiting.all_messages(),
        deferred_tool_results=decide(waiting.output, Deny(NOT_UTF8)),
    )
    assert 'PermissionError: caf\\udce9' in played_cells(done.all_messages())[0].content


def test_an_exception_that_code_does_not_have_is_refused_where_it_is_written() -> None:
    with pytest.raises(DecisionError, match=r"is one of RuntimeError, .*, got 'PaymentError'"):
        RaiseError('it bounced', 'PaymentError')  # pyright: ignore[reportArgumentType]


async def test_one_that_was_smuggled_past_leaves_the_call_waiting(tmp_path: Path) -> None:
    agent = asking(tmp_path, {})
    waiting = await agent.run('go', model=scripted_model('await pay(1)'))
    results = decide(waiting.output, RaiseError('it bounced'))
    [about] = [metadata['code_mode'] for metadata in results.metadata.values()]
    [answer] = about['decisions'].values()
    answer['exception_type'] = 'PaymentError'

    async def decided(results: DeferredToolResults) -> Any:
        history = waiting.all_messages()
        return await agent.run(model=scripted_model(), message_history=history, deferred_tool_results=results)

    with pytest.raises(DecisionError, match="cannot raise 'PaymentError'"):
        await decided(results)
    done = await decided(decide(waiting.output, Deny('no')))
    assert 'PermissionError: no' in played_cells(done.all_messages())[0].content
