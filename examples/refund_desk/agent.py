"""The agent of the desk: who it is, what it may do, and which model plays it."""

from __future__ import annotations

import os
from typing import Any, Final

from pydantic_ai import Agent, DeferredToolRequests
from pydantic_ai.models import Model

from pydantic_ai_grail import CodeMode, Store
from pydantic_ai_grail.testing import scripted_model

from .script import next_step
from .seed import TODAY
from .tools import Access, tools

INSTRUCTIONS: Final = f"""\
You work at the refund desk of a small shop. Today is {TODAY:%A}, {TODAY:%d %B %Y}; weeks begin on Monday.
Do what you are asked with code, over the shop's real orders. Refunds above 100 euros wait for a person inside your
code: write it as if they came back at once, and expect a PermissionError where one was denied. Make independent refunds
concurrently, so that those which need no consent do not wait for those which do. Tell every customer whose order you
refund, or will not refund, in a short and friendly mail. End with a sentence or two on what was done.\
"""

LIVE_MODELS: Final = {'ANTHROPIC_API_KEY': 'anthropic:claude-sonnet-4-6', 'OPENAI_API_KEY': 'openai:gpt-5'}
"""Environment variable with a provider's key -> the model that is then asked in place of the script."""


def live_model() -> str | None:
    """The model named in `DESK_MODEL`, or the first whose key is there."""
    named = os.environ.get('DESK_MODEL')
    return named or next((model for variable, model in LIVE_MODELS.items() if os.environ.get(variable)), None)


def desk_agent(store: Store) -> Agent[Access, Any]:
    """The agent, with its cells' state in `store`."""
    model: Model | str = live_model() or scripted_model(next_step, repeat=True)
    return Agent(
        model,
        deps_type=Access,
        instructions=INSTRUCTIONS,
        toolsets=[tools],
        output_type=[str, DeferredToolRequests],
        capabilities=[CodeMode[Access](store=store)],
    )
