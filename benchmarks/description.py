"""How much a model has to read before it starts: characters of tool descriptions, for catalogs of several sizes."""

from __future__ import annotations

from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from .contenders import OURS, PEER, Contender
from .tools import tools

SIZES = (1, 10, 50, 200)


async def description_characters(contender: Contender, number_of_tools: int) -> int:
    """What an agent with so many tools tells its model about them, instructions included."""
    seen: list[int] = []

    def read(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        descriptions = [tool.description or '' for tool in info.function_tools]
        seen.append(sum(map(len, [*descriptions, info.instructions or ''])))
        return ModelResponse([TextPart('done')])

    agent = contender.agent(tools(number_of_tools))
    with agent.override(model=FunctionModel(read)):
        await agent.run('Go.')
    return seen[0]


async def description_table() -> dict[int, dict[str, int]]:
    """Characters by number of tools and contender."""
    return {
        size: {contender.name: await description_characters(contender, size) for contender in (PEER, OURS)}
        for size in SIZES
    }
