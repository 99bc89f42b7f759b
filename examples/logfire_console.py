"""A trace of a run on the console, with Logfire and no account: each cell is a span, its calls below it."""

from __future__ import annotations

import logfire
from pydantic_ai import Agent
from scripted import model

from pydantic_ai_grail import CodeMode
from pydantic_ai_grail.testing import answer

SCRIPT = [
    'import asyncio\nsum(await asyncio.gather(*[stock(sku=sku) for sku in ["bolt", "nut", "washer"]]))',
    answer('There are {result} parts in stock.'),
]

agent = Agent(model(*SCRIPT), capabilities=[CodeMode()])


@agent.tool_plain
async def stock(sku: str) -> int:
    """How many of a part there are."""
    return {'bolt': 12, 'nut': 20, 'washer': 10}[sku]


if __name__ == '__main__':
    logfire.configure(
        send_to_logfire=False,
        console=logfire.ConsoleOptions(span_style='indented', include_timestamps=False, verbose=False),
    )
    logfire.instrument_pydantic_ai()
    print(agent.run_sync('How many bolts, nuts and washers are there in total?').output)
