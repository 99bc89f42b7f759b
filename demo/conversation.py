"""The conversation: who the agent is, what the person asks, and how a turn picks up where the last one stopped.

Between two turns there is nothing but two files: the message history as JSON, and the sandbox's state in SQLite.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessagesTypeAdapter, TextPart
from pydantic_ai.models import Model

from pydantic_ai_grail import CodeMode, SqlStore

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
)

LIVE_MODELS: Final = {
    'ANTHROPIC_API_KEY': 'anthropic:claude-sonnet-4-6',
    'OPENAI_API_KEY': 'openai:gpt-5',
}
"""Environment variable with a provider's key -> the model that then answers in place of the recording."""


def live_model() -> str | None:
    """The model named in `DEMO_MODEL`, or the first whose key is there."""
    named = os.environ.get('DEMO_MODEL')
    return named or next((model for variable, model in LIVE_MODELS.items() if os.environ.get(variable)), None)


def auditor(model: Model | str, folder: Path, screen: Screen) -> Agent[Desk, str]:
    """The agent, with its state in a SQLite file in `folder`."""
    code_mode = CodeMode[Desk](
        store=SqlStore(f'sqlite:///{folder / "agent.db"}'), max_tool_calls=2_000, observers=[screen]
    )
    return Agent(model, deps_type=Desk, instructions=INSTRUCTIONS, toolsets=[audit], capabilities=[code_mode])


async def take_turn(number: int, *, folder: Path, screen: Screen, recording: Recording | None) -> None:
    """One turn of the conversation, from 1.

    Args:
        number: Which one.
        folder: Where history and state are, and go to.
        screen: What shows it.
        recording: Plays the model's part; without one a live model is asked.
    """
    history = folder / 'history.json'
    past = ModelMessagesTypeAdapter.validate_json(history.read_bytes()) if number > 1 else []
    model = recorded_model(recording) if recording else (live_model() or 'no model')
    prompt = recording.turns[number - 1].prompt if recording else PROMPTS[number - 1]
    agent = auditor(model, folder, screen)
    screen.prompt(number, prompt)
    async with agent.iter(prompt, message_history=past, deps=Desk(screen.console, folder)) as run:
        async for node in run:
            if Agent.is_call_tools_node(node):
                for part in node.model_response.parts:
                    if isinstance(part, TextPart):
                        screen.says(part.content)
    assert run.result is not None
    history.write_bytes(run.result.all_messages_json())
