"""Tools with `*args`: given by place, as many as there are."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from inline_snapshot import snapshot
from pydantic import BaseModel, Field
from support.agents import agent_with, play
from support.catalogs import catalog_of, entry_of
from support.checking import toolbox_of

from pydantic_ai_grail._catalog.rendering import outline_text, signature_text
from pydantic_ai_grail._catalog.stubs import catalog_stubs

pytestmark = pytest.mark.anyio


class Row(BaseModel):
    id: int


async def add(unit: str, *numbers: int, scale: int = 1) -> list[Any]:
    return [unit, [number * scale for number in numbers]]


async def note(*words: Annotated[str, Field(max_length=5)]) -> list[str]:
    return list(words)


async def keep(*rows: Row) -> int:
    return len(rows)


async def test_it_is_listed_and_declared_with_its_star() -> None:
    assert signature_text((await entry_of(add)).signature) == '(unit: str, *numbers: int, scale: int = 1) -> list[Any]'
    assert signature_text((await entry_of(note)).signature) == '(*words: str (<=5 chars)) -> list[str]'
    assert outline_text((await entry_of(add)).signature) == '(unit, *numbers, scale=1)'
    stubs = catalog_stubs(await catalog_of(add, note, keep)).flat
    assert 'async def add(unit: str, *numbers: int, scale: int = ...) -> list[_Any]: ...' in stubs
    assert 'async def note(*words: str) -> list[str]: ...' in stubs


async def test_arguments_by_place_reach_it_all() -> None:
    cells = await play(
        agent_with(add, note, keep),
        '[await add("m", 1, 2, scale=3), await add("m"), await add("m", *[4, 5]), await note("a", "b"), await note()]',
        'rows = [{"id": 1}, {"id": 2}]\n[await keep(*rows), await keep({"id": 1}), await add(unit="m", scale=2)]',
    )
    assert [cell.content for cell in cells] == [
        {'result': [['m', [3, 6]], ['m', []], ['m', [4, 5]], ['a', 'b'], []]},
        {'result': [2, 1, ['m', []]]},
    ]


async def test_what_is_missing_beside_it_is_told_with_the_star() -> None:
    conversation = (await toolbox_of(add, note)).conversation()
    assert await conversation.refusals('await add(scale=2)') == snapshot(
        [
            (
                'missing-argument',
                "add() also needs 'unit' (str).",
                'Its signature: add(unit: str, *numbers: int, scale: int = 1).',
            )
        ]
    )
