"""The smallest agent: two tools, one capability. Run it with `python examples/smallest.py`."""

from __future__ import annotations

from datetime import date

from pydantic_ai import Agent
from scripted import model

from pydantic_ai_grail import CodeMode
from pydantic_ai_grail.testing import answer, cell

HIGHS = {('Bergen', 20): 7, ('Bergen', 21): 9, ('Lisbon', 20): 17, ('Lisbon', 21): 16}

SCRIPT = [
    cell("""
        from datetime import date
        highs = {}
        for city in await cities():
            highs[city] = [await high(city, date(2026, 11, day)) for day in (20, 21)]
        {city: sum(values) / len(values) for city, values in highs.items()}
    """),
    answer('Lisbon was warmer, on average: {result}'),
]

agent = Agent(model(*SCRIPT), capabilities=[CodeMode()])


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
