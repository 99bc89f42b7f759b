"""`None` for an optional argument whose type has no null: how code says that it has nothing to give."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic_ai import Agent, Tool
from support.agents import agent_with, play

from pydantic_ai_grail import CodeMode

pytestmark = pytest.mark.anyio

CALLS: list[dict[str, Any]] = []


@pytest.fixture(autouse=True)
def no_calls() -> None:
    CALLS.clear()


async def list_issues(repo: str, cursor: str = '', limit: int = 2) -> dict[str, Any]:
    """A page of issues."""
    CALLS.append({'repo': repo, 'cursor': cursor, 'limit': limit})
    return {'items': [f'{repo}{cursor}'], 'next': {'': 'b', 'b': 'c'}.get(cursor)}


async def remember(text: str | None = 'nothing', *, tags: list[str] | None = None, mark: Any = 1) -> str:
    """Takes null everywhere."""
    CALLS.append({'text': text, 'tags': tags, 'mark': mark})
    return 'done'


async def issues_by_schema(**arguments: Any) -> dict[str, Any]:
    CALLS.append(arguments)
    return {'items': [1], 'next': None if 'cursor' in arguments else 'b'}


BY_SCHEMA = Tool.from_schema(
    issues_by_schema,
    name='list_issues',
    description='A page of issues.',
    json_schema={
        'type': 'object',
        'properties': {
            'repo': {'type': 'string'},
            'cursor': {'type': 'string'},
            'state': {'type': ['string', 'null']},
        },
        'required': ['repo'],
    },
)

PAGES = """\
cursor, seen = None, []
while True:
    page = await list_issues(repo='r', cursor=cursor)
    seen += page['items']
    cursor = page['next']
    if cursor is None:
        break
seen"""

NOTE = 'Line 3: list_issues(cursor=None) was called without cursor, which is optional and takes no None.'


async def test_a_loop_over_pages_starts_without_a_cursor() -> None:
    [cell] = await play(agent_with(list_issues), PAGES)

    assert cell.content == {'result': ['r', 'rb', 'rc'], 'notes': [NOTE]}
    assert [call['cursor'] for call in CALLS] == ['', 'b', 'c']


async def test_it_does_with_a_tool_that_has_nothing_but_a_schema() -> None:
    agent = Agent(tools=[BY_SCHEMA], capabilities=[CodeMode()])
    [cell] = await play(agent, PAGES)

    assert cell.content == {'result': [1, 1], 'notes': [NOTE]}
    assert CALLS == [{'repo': 'r'}, {'repo': 'r', 'cursor': 'b'}]


async def test_none_that_is_written_out_is_left_out_as_well() -> None:
    [cell] = await play(agent_with(list_issues), "await list_issues('r', None, limit=None)")

    assert cell.outcome == 'completed'
    assert CALLS == [{'repo': 'r', 'cursor': '', 'limit': 2}]
    assert cell.content['notes'] == [
        'Line 1: list_issues(cursor=None) was called without cursor, which is optional and takes no None.',
        'Line 1: list_issues(limit=None) was called without limit, which is optional and takes no None.',
    ]


async def test_none_reaches_a_parameter_that_takes_it() -> None:
    agent = Agent(tools=[BY_SCHEMA, Tool(remember)], capabilities=[CodeMode()])
    [cell] = await play(agent, "await remember(None, tags=None, mark=None)\nawait list_issues('r', state=None)\nNone")

    assert cell.content == {'result': None}
    assert CALLS == [{'text': None, 'tags': None, 'mark': None}, {'repo': 'r', 'state': None}]


async def test_none_for_an_argument_that_is_needed_is_refused_as_before() -> None:
    [cell] = await play(agent_with(list_issues), 'await list_issues(None)')

    assert cell.outcome in ('refused', 'failed')
    assert CALLS == []
