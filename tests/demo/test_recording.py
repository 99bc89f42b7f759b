"""A recording plays what was answered, and stops where what happens is not what happened when it was made."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic_ai import Agent, ToolFailed

from demo.play import parsed
from demo.recording import OffTheRecord, Recording, Response, Turn, recorded_model


def an_agent(*responses: Response) -> Agent[None, str]:
    """With a `run_code` that fails for code with `fail` in it."""
    recording = Recording(about='', turns=[Turn(prompt='Go.', responses=list(responses))])
    agent = Agent(recorded_model(recording))

    @agent.tool_plain
    def run_code(code: str) -> str:
        if 'fail' in code:
            raise ToolFailed('it failed')
        return code

    return agent


def test_a_recording_plays_code_and_then_text() -> None:
    agent = an_agent(Response(code='1 + 1', succeeded=True), Response(text='Two.'))
    assert agent.run_sync('Go.').output == 'Two.'


def test_a_failure_that_was_recorded_is_played_on() -> None:
    agent = an_agent(Response(code='fail', succeeded=False), Response(text='Well.'))
    assert agent.run_sync('Go.').output == 'Well.'


@pytest.mark.parametrize(('code', 'succeeded'), [('fail', True), ('1', False)])
def test_a_cell_that_goes_otherwise_than_recorded_ends_the_play(code: str, succeeded: bool) -> None:
    agent = an_agent(Response(code=code, succeeded=succeeded), Response(text='Well.'))
    with pytest.raises(OffTheRecord):
        agent.run_sync('Go.')


def test_a_recording_that_is_at_its_end_says_so() -> None:
    with pytest.raises(OffTheRecord, match='it failed'):
        an_agent(Response(code='fail')).run_sync('Go.')


def test_code_is_kept_as_lines(tmp_path: Path) -> None:
    path = tmp_path / 'recording.json'
    made = Recording(about='', turns=[Turn(prompt='Go.', responses=[Response(code='a = 1\n\na')])])
    made.save(path)
    assert Recording.load(path) == made
    assert '"a = 1",\n' in path.read_text()


@pytest.mark.parametrize(
    ('answer', 'expected'),
    [
        ('Done.\n', Response(text='Done.')),
        ('```python\na = 1\na\n```\n', Response(code='a = 1\na')),
        ('Let me look.\n\n```py\na\n```', Response(text='Let me look.', code='a')),
    ],
)
def test_an_answer_in_a_file_is_text_and_code_in_a_fence(answer: str, expected: Response) -> None:
    assert parsed(answer) == expected
