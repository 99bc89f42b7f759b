"""From `pydantic_ai_harness.CodeMode` to ours: the import changes, and `max_retries`, which ends no run here, is `max_failed_cells`.

Before, an assignment at the end gave nothing, arguments had to be named, a decimal came as text, and every run began with
nothing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic_ai import Agent
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai_harness import CodeMode as HarnessCodeMode
from scripted import model

from pydantic_ai_grail import CodeMode
from pydantic_ai_grail.testing import Step, answer

BEFORE = ['rate = await exchange_rate(currency="SEK")\nfloat(rate)', answer('A euro is {result} kronor.')]
AFTER = ['rate = await exchange_rate("SEK")', answer('A euro is {result} kronor.')]
LATER = ['round(250 / rate, 2)', answer('That is {result} euros.')]


def exchange_rate(currency: str) -> Decimal:
    """What a euro costs."""
    return {'SEK': Decimal('11.5'), 'DKK': Decimal('7.46')}[currency]


def agent_with(capability: AbstractCapability[Any], *steps: Step) -> Agent[None, str]:
    return Agent(model(*steps), tools=[exchange_rate], capabilities=[capability])


if __name__ == '__main__':
    before = agent_with(HarnessCodeMode(tools='all', max_tool_calls=50, max_retries=3), *BEFORE)
    print('before:', before.run_sync('How many Swedish kronor is a euro?').output)

    after = agent_with(CodeMode(tools='all', max_tool_calls=50, max_failed_cells=3), *AFTER, *LATER)
    first = after.run_sync('How many Swedish kronor is a euro?')
    print('after:', first.output)
    later = after.run_sync('And what are 250 kronor in euros?', message_history=first.all_messages())
    print('later:', later.output)
