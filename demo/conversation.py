"""The conversation: who the agent is, what the person asks, and how a turn picks up where the last one stopped.

Between two turns there is nothing but two files: the message history as JSON, and the sandbox's state in SQLite.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic_ai import Agent, DeferredToolRequests
from pydantic_ai.messages import ModelMessagesTypeAdapter, TextPart
from pydantic_ai.models import Model

from pydantic_ai_grail import Approve, CodeMode, SqlStore, decide, waiting_calls
from pydantic_ai_grail.events import Event

from .recording import Recording, recorded_model
from .screen import Screen
from .tools import Desk, audit

INSTRUCTIONS: Final = """\
You audit the Python environment that you run in, for the person who answers for it.
Look at real data with code. Keep what you read in variables: the conversation goes on, and they stay.
What the person should see you put in front of them with `show`, written by your code from the values, so that no
figure is ever typed by hand. End each turn with one short sentence that contains no figures.\
"""

PROMPTS: Final = (
    'What is installed here, and how much room does it take? Show me the overall numbers and the ten largest packages '
    'with their versions, and what kinds of files take the room. Also when the latest of them was installed.',
    'Under which licences does all that stand? Group them sensibly, the way a person would name them, and point out '
    'what is copyleft or unclear. And who requires whom: show me what most packages here lean on, and what nobody '
    'requires.',
    'Now publish the report, with the findings that I should act on or look at: licences, requirements that are '
    'missing or not satisfied by what is installed, and whatever else you noticed.',
    'Show me the distribution of package sizes: the median, the quartiles, and a small text histogram with ten bars of '
    'equal width on a logarithmic scale, aligned in columns.',
)

WAITING: Final = 'waiting.json'
"""In the demo's folder: what waits for the person, if something does."""
REQUESTS: Final = TypeAdapter(DeferredToolRequests)

LIVE_MODELS: Final = {
    'ANTHROPIC_API_KEY': 'anthropic:claude-sonnet-4-6',
    'OPENAI_API_KEY': 'openai:gpt-5',
}
"""Environment variable with a provider's key -> the model that then answers in place of the recording."""


def live_model() -> str | None:
    """The model named in `DEMO_MODEL`, or the first whose key is there."""
    named = os.environ.get('DEMO_MODEL')
    return named or next((model for variable, model in LIVE_MODELS.items() if os.environ.get(variable)), None)


def auditor(model: Model | str, folder: Path, *observers: Callable[[Event], None]) -> Agent[Desk, Any]:
    """The agent, with its state in a SQLite file in `folder`."""
    code_mode = CodeMode[Desk](
        store=SqlStore(f'sqlite:///{folder / "agent.db"}'), max_tool_calls=2_000, on_cell_event=observers
    )
    return Agent(
        model,
        deps_type=Desk,
        instructions=INSTRUCTIONS,
        toolsets=[audit],
        output_type=[str, DeferredToolRequests],
        capabilities=[code_mode],
    )


async def whole_turn(number: int, *, folder: Path, screen: Screen, recording: Recording | None) -> None:
    """One turn in this process, with the person's approvals."""
    await take_turn(number, folder=folder, screen=screen, recording=recording)
    while (folder / WAITING).exists():
        await take_turn(number, folder=folder, screen=screen, recording=recording, continues=True)


async def take_turn(
    number: int,
    *,
    folder: Path,
    screen: Screen,
    recording: Recording | None,
    continues: bool = False,
    observer: Callable[[Event], None] | None = None,
) -> None:
    """One turn of the conversation, from 1.

    Args:
        number: Which one.
        folder: Where history and state are, and go to.
        screen: What shows it.
        recording: Plays the model's part; without one a live model is asked.
        continues: A process before this one took the turn up, and was killed, or ended where a call waits; then the person
            approves.
        observer: Sees the events of cells too.
    """
    history, waiting = folder / 'history.json', folder / WAITING
    past = ModelMessagesTypeAdapter.validate_json(history.read_bytes()) if number > 1 or continues else []
    model = recorded_model(recording) if recording else (live_model() or 'no model')
    agent = auditor(model, folder, screen, *([observer] if observer else []))
    prompt, decided = None, None
    if not continues:
        prompt = recording.turns[number - 1].prompt if recording else PROMPTS[number - 1]
        screen.prompt(number, prompt)
    elif waiting.exists():
        screen.continues(number, 'the person approves')
        decided = decide(REQUESTS.validate_json(waiting.read_bytes()), Approve())
        waiting.unlink()
    else:
        screen.continues(number, 'the one before it was killed')
    desk = Desk(screen, folder)
    async with agent.iter(prompt, message_history=past, deferred_tool_results=decided, deps=desk) as run:
        async for node in run:
            if Agent.is_call_tools_node(node):
                history.write_bytes(ModelMessagesTypeAdapter.dump_json(run.all_messages()))
                for part in node.model_response.parts:
                    if isinstance(part, TextPart):
                        screen.says(part.content)
    assert run.result is not None
    history.write_bytes(run.result.all_messages_json())
    if isinstance(run.result.output, DeferredToolRequests):
        screen.waits(waiting_calls(run.result.output))
        waiting.write_bytes(REQUESTS.dump_json(run.result.output))
