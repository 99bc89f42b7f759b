"""The model of the examples: a live one where a key for it is present, otherwise a script that is written down beforehand."""

from __future__ import annotations

import os

from pydantic_ai.models import Model

from pydantic_ai_grail.testing import Step, scripted_model

LIVE = {'ANTHROPIC_API_KEY': 'anthropic:claude-sonnet-4-6', 'OPENAI_API_KEY': 'openai:gpt-5'}


def model(*steps: Step) -> Model | str:
    """A live model's name, or a model that plays these steps."""
    for variable, name in LIVE.items():
        if os.environ.get(variable):
            return name
    return scripted_model(*steps)
