"""The page, its chats, and the one route that the SDK posts to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from pydantic_ai.run import AgentRunResult

from examples.chat_shop import assistant, signed_in, user_of
from pydantic_ai_grail.integrations.vercel_ai import CodeModeVercelAIAdapter, dump_messages

STATIC = Path(__file__).parent / 'static'
app = FastAPI()
app.mount('/static', StaticFiles(directory=STATIC))
agent, shop = assistant(Path(os.environ.get('CHAT_FOLDER', 'chat')))


@app.get('/')
async def page(request: Request) -> Response:
    return signed_in(FileResponse(STATIC / 'index.html'), request)


@app.get('/chats/{id}')
async def chat(id: str, request: Request) -> list[dict[str, Any]]:
    """What a reloaded page shows, with what waits."""
    messages, requests = shop.chat(user_of(request), id)
    dumped = dump_messages(messages, requests)
    return [message.model_dump(mode='json', by_alias=True, exclude_none=True) for message in dumped]


@app.post('/chat')
async def run(request: Request) -> Response:
    adapter = await CodeModeVercelAIAdapter[str, Any].from_request(request, agent=agent, sdk_version=6)

    def save(result: AgentRunResult[Any]) -> None:
        shop.save_chat(user_of(request), adapter.conversation_id or '', result.all_messages(), result.output)

    return adapter.streaming_response(adapter.run_stream(deps=user_of(request), on_complete=save))
