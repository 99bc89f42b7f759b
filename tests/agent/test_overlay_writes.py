"""How long what code writes into an overlay lasts: the description tells the model."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic_monty import MountDir
from support.agents import agent_with, play

pytestmark = pytest.mark.anyio


async def test_a_file_written_into_an_overlay_is_gone_in_the_next_cell_of_the_same_run(tmp_path: Path) -> None:
    agent = agent_with(mount=MountDir(virtual_path='/out', host_path=tmp_path, mode='overlay'))
    cells = await play(
        agent,
        'from pathlib import Path\nPath("/out/a.txt").write_text("hello")\nPath("/out/a.txt").read_text()',
        'Path("/out/a.txt").exists()',
    )
    assert [cell.content['result'] for cell in cells] == ['hello', False]
