"""An MCP server over stdio whose tools have the JSON schemas given on the command line; each gives its arguments back."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import jsonschema
from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

SCHEMAS: dict[str, Any] = json.loads(sys.argv[1]) if __name__ == '__main__' else {}


async def list_tools(ctx: Any, params: Any) -> types.ListToolsResult:
    return types.ListToolsResult(tools=[types.Tool(name=name, input_schema=schema) for name, schema in SCHEMAS.items()])


async def call_tool(ctx: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
    arguments = params.arguments or {}
    try:
        jsonschema.validate(arguments, SCHEMAS[params.name])
    except jsonschema.ValidationError as error:
        return types.CallToolResult(content=[types.TextContent(type='text', text=error.message)], is_error=True)
    return types.CallToolResult(content=[types.TextContent(type='text', text=json.dumps(arguments))])


async def main() -> None:
    server = Server('schemas', on_list_tools=list_tools, on_call_tool=call_tool)
    async with stdio_server() as (reader, writer):
        await server.run(reader, writer, server.create_initialization_options())


if __name__ == '__main__':
    asyncio.run(main())
