"""The `None` that a tool was given and does not take: where it came from, and what to test before the call."""

from __future__ import annotations

from typing import Any

import pytest
from inline_snapshot import snapshot

from pydantic_ai_grail._reply.null_arguments import none_given
from pydantic_ai_grail.events.calls import CallRecord, CallRequest, ToolFacts


def told(source: str, *, line: int | None = 1, wrong: tuple[str, ...] = ('to',), **arguments: Any) -> str | None:
    facts = ToolFacts(tool_name='send', python_name='send')
    request = CallRequest(
        tool_call_id='1', ordinal=1, tool=facts, args=arguments or {'to': None, 'body': 'x'}, line=line
    )
    return none_given(source, CallRecord(request=request, state='raised', wrong_arguments=wrong))


@pytest.mark.parametrize('call', ["send(row['email'], 'x')", "send(body='x', to=row['email'])"])
def test_the_value_is_named_as_the_code_has_it(call: str):
    assert told(f'await {call}') == snapshot(
        "`row['email']` is None here, and `to` must not be: test it first, `if row['email'] is not None`."
    )


@pytest.mark.parametrize(
    'source',
    [
        "await send(None, 'x')",
        "await send(await get(), 'x')",
        'await send(*row)',
        "await asyncio.gather(send(a, 'x'), send(b, 'x'))",
        "await send(f'{x}' if a_very_long_condition_that_says_nothing else some_other_name, 'x')",
        'await send(body="x")',
        'await send(',
        'await other(a)',
    ],
)
def test_a_value_that_cannot_be_told_or_tested_is_not_named(source: str):
    assert told(source) == snapshot('`to` must not be None: test the value first, `if x is not None`.')


def test_an_argument_that_was_refused_for_something_else_is_left_to_the_error():
    assert told("send('x', 7)", to='x', body=7, wrong=('body',)) is None
    assert told('send(a)', to=None, wrong=()) is None
