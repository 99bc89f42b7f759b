"""The desk as a web service: pages and forms, and the desk at work behind them as long as the service runs.

There is no log-in: whoever reaches the service decides. So it answers only under names of this machine, and takes no forms
from pages of others.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import anyio
from anyio import to_thread
from fastapi import Depends, FastAPI, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from pydantic import StringConstraints
from starlette.middleware.trustedhost import TrustedHostMiddleware

from .agent import live_model
from .conversation import Conversation, Decided, NotPossible
from .desk import Desk, open_desk
from .pages import page
from .script import FURTHER, REQUESTS
from .seed import TODAY
from .view import Said, told


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """The desk, and a task that has it work until the service is stopped. What was under way is taken up next time."""
    folder, pace_seconds = (
        Path(os.environ.get('DESK_FOLDER', 'desk')),
        float(os.environ.get('DESK_PACE_SECONDS', '0.4')),
    )
    async with open_desk(folder, pace_seconds=pace_seconds) as desk, anyio.create_task_group() as tasks:
        app.state.desk = desk
        tasks.start_soon(desk.work, tasks)
        yield
        tasks.cancel_scope.cancel()


def the_desk(request: Request) -> Desk:
    return request.app.state.desk


def no_other_site(request: Request) -> None:
    """Refuse forms that another site's page sends, or a page of another service of this machine."""
    origin = request.headers.get('origin')
    is_own = origin is None or urlsplit(origin).netloc == request.headers.get('host')
    if not is_own or request.headers.get('sec-fetch-site', 'same-origin') not in ('same-origin', 'none'):
        raise HTTPException(403, 'This form came from another site.')


TheDesk = Annotated[Desk, Depends(the_desk)]
OwnForm = Depends(no_other_site)
Prompt = Annotated[str, Form(), StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]

app = FastAPI(title='Refund desk', lifespan=lifespan, openapi_url=None)
app.add_middleware(TrustedHostMiddleware, allowed_hosts=['127.0.0.1', 'localhost', '[::1]'])
app.mount('/static', StaticFiles(directory=Path(__file__).with_name('static')), name='static')


@app.get('/')
def conversations(desk: TheDesk) -> HTMLResponse:
    """All conversations, and a form to begin one."""
    return page(
        'conversations.html',
        conversations=desk.book.newest(),
        requests=REQUESTS,
        today=TODAY,
        model=live_model(),
    )


@app.get('/orders')
def orders(desk: TheDesk) -> HTMLResponse:
    """What is in the shop's database."""
    return page('orders.html', orders=desk.shop.orders(), today=TODAY)


@app.post('/conversations', dependencies=[OwnForm])
async def ask(desk: TheDesk, prompt: Prompt) -> Response:
    """Begin a conversation."""
    id = await to_thread.run_sync(desk.book.ask, prompt)
    return await shown_next(desk, id)


@app.get('/conversations/{id}')
def conversation(desk: TheDesk, id: str) -> HTMLResponse:
    """One conversation, with whatever it waits for."""
    return shown(desk, desk.book.load(id))


@app.post('/conversations/{id}/questions', dependencies=[OwnForm])
async def ask_further(desk: TheDesk, id: str, prompt: Prompt) -> Response:
    """Continue a conversation that is done."""
    await to_thread.run_sync(desk.book.ask_further, id, prompt)
    return await shown_next(desk, id)


@app.post('/conversations/{id}/again', dependencies=[OwnForm])
async def try_again(desk: TheDesk, id: str) -> Response:
    """Continue a conversation that failed."""
    await to_thread.run_sync(desk.book.try_again, id)
    return await shown_next(desk, id)


@app.post('/conversations/{id}/decisions', dependencies=[OwnForm])
async def decide(
    desk: TheDesk,
    id: str,
    wait: Annotated[list[str], Form()],
    verdict: Annotated[Literal['approve', 'deny', 'happened'], Form()],
    amount: Annotated[Decimal | None, Form(gt=0, decimal_places=2, max_digits=9)] = None,
    message: Annotated[str, Form(max_length=500)] = '',
) -> Response:
    """Decide on one call, or on several alike."""
    decisions = [Decided(wait=each, verdict=verdict, amount=amount, message=message.strip()) for each in wait]
    await to_thread.run_sync(desk.book.decide, id, decisions)
    return await shown_next(desk, id)


@app.exception_handler(LookupError)
def not_found(request: Request, error: Exception) -> HTMLResponse:
    return page('message.html', status=404, title='Not here', message=str(error))


@app.exception_handler(NotPossible)
async def not_possible(request: Request, error: Exception) -> HTMLResponse:
    desk = the_desk(request)
    loaded = await to_thread.run_sync(desk.book.load, request.path_params['id'])
    return await to_thread.run_sync(lambda: shown(desk, loaded, status=409, notice=str(error)))


def shown(desk: Desk, conversation: Conversation, *, status: int = 200, notice: str = '') -> HTMLResponse:
    items = told(conversation)
    asked = [item.text for item in items if isinstance(item, Said)]
    return page(
        'conversation.html',
        status=status,
        conversation=conversation,
        items=items,
        refunds=desk.shop.refunds_of(conversation.id),
        pickups=desk.shop.pickups_of(conversation.id),
        mails=desk.shop.mails_of(conversation.id),
        notice=notice,
        requests=[] if live_model() else [each for each in FURTHER.get(conversation.title, []) if each not in asked],
    )


async def shown_next(desk: Desk, id: str) -> Response:
    """To the conversation's page, when it rests or after a second: mostly there is nothing to wait for then."""
    for _ in range(20):
        if (await to_thread.run_sync(desk.book.load, id)).state != 'running':
            break
        await anyio.sleep(0.05)
    return RedirectResponse(f'/conversations/{id}#now', status_code=303)
