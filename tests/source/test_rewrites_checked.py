"""Rewritten cells pass the check: what a rewrite brings along is never held against the model."""

from __future__ import annotations

import pytest
from support.checking import Toolbox, toolbox_of
from support.rewrite_cells import AWAITED, CELLS, IMPORTED, WITH_TOOLS

pytestmark = pytest.mark.anyio


async def search(text: str) -> list[dict[str, object]]:
    return []


async def get(key: str) -> dict[str, object]:
    return {}


async def notify(text: object) -> None:
    return None


async def fail(text: str) -> str:
    return text


def lock(text: str) -> str:
    return text


async def tools() -> Toolbox:
    return await toolbox_of(search, get, notify, fail, lock, sequential=['lock'])


SOURCES = [
    *((kind, source) for table in (CELLS, WITH_TOOLS) for kind, found in table.items() for source in found),
    *(('await', written) for written, _ in AWAITED),
    *(('import', written) for written, _ in IMPORTED),
]


@pytest.mark.parametrize(('kind', 'source'), SOURCES)
async def test_a_rewritten_cell_is_accepted_in_the_first_cell_and_later(kind: str, source: str) -> None:
    conversation = (await tools()).conversation()

    assert await conversation.refusals(source) == []
    conversation.ran(source)
    if not source.startswith('search = '):  # which hides the tool for good
        assert await conversation.refusals(source) == []
    assert await conversation.refusals('nothing_of_this_name') != []
