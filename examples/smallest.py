"""The smallest agent: two tools, one capability. Run it with `python examples/smallest.py`."""

from __future__ import annotations

from datetime import date

from pydantic_ai import Agent
from scripted import Code, model

from pydantic_ai_grail import CodeMode

HIGHS = {('Bergen', 20): 7, ('Bergen', 21): 9, ('Lisbon', 20): 17, ('Lisbon', 21): 16}

ANSWERS = [
    Code(
        'from datetime import date\n'
        'highs = {}\n'
        'for city in await cities():\n'
        '    highs[city] = [await high(city, date(2026, 11, day)) for day in (20, 21)]\n'
        '{city: sum(values) / len(values) for city, values in highs.items()}'
    ),
    'Lisbon was warmer, on average: {result}',
]

agent = Agent(model(ANSWERS), capabilities=[CodeMode()])


@agent.tool_plain
def cities() -> list[str]:
    """Cities that have a station."""
    return sorted({city for city, _ in HIGHS})


@agent.tool_plain
async def high(city: str, day: date) -> int:
    """The highest temperature of a day, in degrees Celsius."""
    return HIGHS[city, day.day]


if __name__ == '__main__':
    result = agent.run_sync('Which city was warmer on the 20th and 21st of November 2026, on average?')
    print(result.output)
