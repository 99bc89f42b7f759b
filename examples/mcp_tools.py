"""Tools from an MCP server, called from code: typed from its JSON schemas, `reserve-copy` as `reserve_copy`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from fastmcp.client.transports import StdioTransport
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset
from scripted import model

from pydantic_ai_grail import CodeMode
from pydantic_ai_grail.testing import answer, cell

SCRIPT = [
    cell("""
        import asyncio
        books = [book for book in await search_books(before=1870) if book["copies"]]
        numbers = await asyncio.gather(*[reserve_copy(isbn=book["isbn"]) for book in books])
        dict(zip([book["title"] for book in books], numbers))
    """),
    answer('Ask for these at the desk: {result}'),
]


async def main() -> None:
    server = StdioTransport(sys.executable, [str(Path(__file__).with_name('library_server.py'))])
    agent = Agent(model(*SCRIPT), toolsets=[MCPToolset(server)], capabilities=[CodeMode()])
    async with agent:
        result = await agent.run('Put aside every book from before 1870 that is there.')
    print(result.output)


if __name__ == '__main__':
    asyncio.run(main())
