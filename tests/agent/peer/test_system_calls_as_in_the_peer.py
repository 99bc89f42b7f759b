"""Code that asks the operating system is answered by the handler and the mounts that it was given, and by nothing else."""

from __future__ import annotations

import os
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
from inline_snapshot import snapshot
from pydantic_monty import NOT_HANDLED, MountDir, OSAccess
from support.agents import agent_with, last, play, turn

pytestmark = pytest.mark.anyio


REQUEST: ContextVar[str] = ContextVar('REQUEST', default='none')


def add(a: int, b: int) -> int:
    return a + b


def some(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return {'A_KEY': 'given'}.get(args[0]) if name == 'os.getenv' else NOT_HANDLED


def raises(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    raise ValueError('no such thing here')


async def answers(*, name: str, **more: Any) -> Any:
    return 'from a coroutine' if name == 'os.getenv' else NOT_HANDLED


async def test_none_is_an_answer_and_not_a_refusal() -> None:
    cell = 'import os\n{"given": os.getenv("A_KEY"), "not given": os.getenv("ANOTHER")}'
    assert last(await turn(agent_with(os_access=some), cell)) == {'result': {'given': 'given', 'not given': None}}


async def test_a_handler_is_asked_after_calls_of_tools_and_in_later_cells() -> None:
    cells = await play(
        agent_with(add, os_access=some), 'import os\n[await add(2, 3), os.getenv("A_KEY")]', 'os.getenv("A_KEY")'
    )
    assert [cell.content for cell in cells] == [{'result': [5, 'given']}, {'result': 'given'}]


async def test_a_handler_may_be_an_object_of_monty_s_own() -> None:
    agent = agent_with(os_access=OSAccess(environ={'A_KEY': 'from an object'}))
    assert last(await turn(agent, 'import os\nos.getenv("A_KEY")')) == {'result': 'from an object'}


async def test_a_handler_may_be_a_coroutine_function() -> None:
    assert last(await turn(agent_with(os_access=answers), 'import os\nos.getenv("A_KEY")')) == {
        'result': 'from a coroutine'
    }


async def test_a_handler_sees_the_context_of_its_run() -> None:
    def request(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return REQUEST.get()

    agent = agent_with(os_access=request)
    for value in ('first', 'second'):
        token = REQUEST.set(value)
        assert last(await turn(agent, 'import os\nos.getenv("A_KEY")')) == {'result': value}
        REQUEST.reset(token)


async def test_what_a_handler_does_not_handle_is_refused_at_its_line() -> None:
    def refuses(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return NOT_HANDLED

    assert last(await turn(agent_with(os_access=refuses), 'import os\nos.getenv("A_KEY")')) == snapshot("""\
RuntimeError: 'os.getenv' is not supported in this environment
line 2: os.getenv("A_KEY")
The sandbox has no files, environment or network of its own: use the tools.
This cell called no tool.
What the cell assigned before it stopped is kept; continue from there.\
""")


async def test_what_a_handler_raises_is_raised_at_the_line_and_ends_no_run() -> None:
    cells = await play(
        agent_with(os_access=raises),
        'import os\nos.getenv("A_KEY")',
        'try:\n    os.getenv("A_KEY")\nexcept ValueError as error:\n    told = str(error)\ntold',
    )
    assert cells[0].content == snapshot("""\
ValueError: no such thing here
line 2: os.getenv("A_KEY")
This cell called no tool.
What the cell assigned before it stopped is kept; continue from there.\
""")
    assert cells[1].content == {'result': 'no such thing here'}


async def test_directories_are_open_after_calls_of_tools_too(tmp_path: Path) -> None:
    for name in ('a', 'b'):
        (tmp_path / name).mkdir()
        (tmp_path / name / 'f.txt').write_text(name * 2)
    mounts = [MountDir(virtual_path=f'/{name}', host_path=str(tmp_path / name)) for name in ('a', 'b')]
    cell = "from pathlib import Path\nawait add(1, 1)\nPath('/a/f.txt').read_text() + Path('/b/f.txt').read_text()"
    assert last(await turn(agent_with(add, mount=mounts), cell)) == {'result': 'aabb'}


async def test_what_code_writes_over_a_directory_lasts_for_its_cell(tmp_path: Path) -> None:
    cells = await play(
        agent_with(mount=MountDir(virtual_path='/area', host_path=str(tmp_path))),
        "from pathlib import Path\np = Path('/area/new.txt')\np.write_text('draft')\np.read_text()",
        'p.exists()',
    )
    assert [cell.content for cell in cells] == [{'result': 'draft'}, {'result': False}]
    assert os.listdir(tmp_path) == []
