"""Broken programs are refused in the cell that is broken, and only there, with a short message that names the fix."""

from __future__ import annotations

import pytest
from corpus.load import Program, load
from support.checking import Toolbox, corpus_toolbox

pytestmark = pytest.mark.anyio


@pytest.fixture(scope='module')
def anyio_backend() -> str:
    return 'asyncio'


@pytest.fixture(scope='module')
async def tools() -> Toolbox:
    return await corpus_toolbox()


@pytest.mark.parametrize('program', load('broken'), ids=lambda program: program.name)
async def test_the_broken_cell_is_refused_for_its_one_mistake(program: Program, tools: Toolbox) -> None:
    conversation = tools.conversation()
    *before, broken = program.cells
    assert await conversation.play(before) == []

    (refusal,) = (await conversation.verdict(broken.source)).refusals
    text = f'{refusal.message} {refusal.fix or ""}'
    assert refusal.code in program.expect
    assert program.names is not None
    assert program.names in text
    assert len(text) < 600
