"""One call through Pydantic AI's tool manager: validation, hooks, usage limits and tracing as for a direct call.

Whatever goes wrong comes back as the exception that code gets at the line of the call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, cast

from anyio.to_thread import run_sync
from pydantic import ValidationError
from pydantic_ai.exceptions import (
    ApprovalRequired,
    CallDeferred,
    ModelRetry,
    ToolFailed,
    ToolRetryError,
    UsageLimitExceeded,
)
from pydantic_ai.messages import ToolCallPart, ToolReturn, UserContent
from pydantic_ai.tool_manager import ToolManager
from pydantic_ai.tools import DeferredToolRequests, DeferredToolResults, ToolApproved, ToolDenied
from pydantic_core import to_jsonable_python

from .._catalog.entries import Entry
from .._common.typed_json import to_typed_json
from .._monty.sizes import is_large
from .._monty.stops import RaisedBy, Returned, sandbox_exception
from .._monty.values import text_of, to_sandbox
from ..errors import StoreError
from ..events.calls import METADATA_KEY, CallRequest
from ..events.journal_entries import JournaledCall
from .call_records import Called, content_as_json
from .schema_errors import schema_errors
from .streamed_items import TooManyItems, collected
from .validator_findings import argument_errors
from .wrong_argument_texts import wrong_arguments

RUN_ENDING: Final = (UsageLimitExceeded, StoreError)
"""Exceptions of a call that end the agent's run: as they would for a direct call, or since the journal cannot be kept."""


async def call_tool(
    tools: ToolManager[Any],
    request: CallRequest,
    entry: Entry,
    *,
    arguments: Mapping[str, Any],
    approved: bool,
    about: Mapping[str, Any],
    on_changed: Callable[[Mapping[str, Any]], Awaitable[None]],
) -> Called:
    """Make a call.

    Args:
        tools: The tools of this step.
        request: The call.
        entry: Its tool.
        arguments: What it is made with.
        approved: Whether somebody has allowed it.
        about: What the tool may read of the call in its run context.
        on_changed: Awaited before the tool runs where a handler in the run has approved the call with other arguments: these.

    Raises:
        UsageLimitExceeded: When the tool ran into it, as for a direct call.
        StoreError: When it could not be written that a grant was used.
        ApprovalRequired, CallDeferred: When it has to wait.
    """
    name = request.tool.python_name
    try:
        result = await _through_manager(
            tools, request, entry, arguments=arguments, approved=approved, about=about, on_changed=on_changed
        )
        if isinstance(result, ToolReturn):
            given = cast('ToolReturn[Any]', result)
            result = replace(given, return_value=await collected(given.return_value))
        else:
            result = await collected(result)
    except (*RUN_ENDING, ApprovalRequired, CallDeferred):
        raise
    except ValidationError as error:
        errors = argument_errors(error, arguments)
        wrong = tuple(name for name in request.args if any(each.path[:1] == (name,) for each in errors))
        text = wrong_arguments(entry, arguments, errors)
        return Called(state='raised', settled=RaisedBy('ValueError', text), wrong_arguments=wrong)
    except (ModelRetry, ToolFailed) as error:
        return Called(state='raised', settled=_raised(error.message, tools, entry, arguments))
    except ToolRetryError as error:  # a `ModelRetry` that an inline handler answered with
        return Called(state='raised', settled=_raised(str(error), tools, entry, arguments))
    except asyncio.CancelledError:
        if is_being_cancelled():
            raise
        # A tool that gives up work of its own; for a run that nobody has cancelled it is a failure like any other.
        message = f'{name}() was cancelled, and not by this run'
        return Called(state='raised', settled=RaisedBy('RuntimeError', message))
    except TooManyItems as error:
        return Called(state='raised', settled=RaisedBy('RuntimeError', f'{name}(): {error}'))
    except Exception as error:
        return Called(state='raised', settled=sandbox_exception(error))
    if isinstance(result, ToolDenied):
        return Called(state='denied', settled=RaisedBy('PermissionError', result.message))
    content: Sequence[UserContent] = ()
    metadata: Any = None
    if isinstance(result, ToolReturn):
        given, metadata = result.content or (), result.metadata
        content = (given,) if isinstance(given, str) else tuple(given)
        result = result.return_value
    lost_content = None
    try:
        content_as_json(content)
    except Exception as error:
        content, lost_content = (), str(error)
    as_text: list[str] = []
    try:
        entering = partial(to_sandbox, result, as_text=as_text)
        value = await run_sync(entering) if is_large(result) else entering()
    except Exception:
        # It contains itself or nests too deep, or a serializer of the user's own raised: whatever it is, the call ran.
        value, as_text = text_of(result), [type(result).__name__]
    return Called(
        state='returned',
        settled=Returned(value),
        content=content,
        metadata=metadata,
        as_text=tuple(dict.fromkeys(as_text)),
        lost_content=lost_content,
    )


def _raised(message: str, tools: ToolManager[Any], entry: Entry, arguments: Mapping[str, Any]) -> RaisedBy:
    """What a tool says of a failure; where it has a schema only, followed by what that says of the arguments."""
    known = (tools.tools or {}).get(entry.facts.tool_name) if entry.arguments_as_json else None
    errors = schema_errors(known.tool_def.parameters_json_schema, arguments) if known is not None else ()
    text = f'{message}\n{wrong_arguments(entry, arguments, errors)}' if errors else message
    return RaisedBy('RuntimeError', text)


async def _through_manager(
    tools: ToolManager[Any],
    request: CallRequest,
    entry: Entry,
    *,
    arguments: Mapping[str, Any],
    approved: bool,
    about: Mapping[str, Any],
    on_changed: Callable[[Mapping[str, Any]], Awaitable[None]],
) -> Any:
    given = dict(arguments)
    part = ToolCallPart(
        tool_name=request.tool.tool_name,
        args=to_jsonable_python(given) if entry.arguments_as_json else given,
        tool_call_id=request.tool_call_id,
    )

    async def keep_about(_requests: DeferredToolRequests, results: DeferredToolResults) -> None:
        # The answer of an inline handler (`HandleDeferredToolCalls`) takes the place of what the tool may read.
        results.metadata = {
            **results.metadata,
            request.tool_call_id: {**results.metadata.get(request.tool_call_id, {}), METADATA_KEY: about},
        }
        approval = results.approvals.get(request.tool_call_id)
        if isinstance(approval, ToolApproved) and approval.override_args is not None:
            await on_changed(_writable(approval.override_args))

    return await tools.handle_call(
        part,
        approved=approved,
        metadata={METADATA_KEY: about},
        wrap_validation_errors=False,
        on_inline_deferred=keep_about,
    )


def _writable(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Arguments as a journal can have them: as they are, or as the JSON that Pydantic makes of them."""
    try:
        to_typed_json(dict(arguments))
    except (TypeError, RecursionError):
        return to_jsonable_python(dict(arguments), fallback=str)
    return dict(arguments)


def is_being_cancelled() -> bool:
    """Whether a `CancelledError` is for this task; otherwise something it awaited was cancelled, or raised one."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


def ends_the_task(error: BaseException) -> bool:
    """Whether an error is for this task or its process, and not one that a tool has raised."""
    if isinstance(error, asyncio.CancelledError):
        return is_being_cancelled()
    return isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit)


def metadata_of(error: ApprovalRequired | CallDeferred) -> Mapping[str, Any]:
    """What a tool said of a call that has to wait, as plain JSON values; what has no such form, as text."""
    try:
        return to_jsonable_python(error.metadata or {}, fallback=str, bytes_mode='base64')
    except Exception:  # it contains itself, or something in it cannot be told
        return {'metadata': object.__repr__(error.metadata)}


MOST_APPROVED: Final = 5
"""Approvals of one and the same call. A tool may need two signatures; one that asks whatever is answered would never end."""


def asks_too_often(
    error: ApprovalRequired | CallDeferred, request: CallRequest, journaled: JournaledCall | None
) -> RaisedBy | None:
    """What code gets where a call was approved again and again, and its tool asks once more; `None` where it may ask."""
    if not isinstance(error, ApprovalRequired) or journaled is None or journaled.approval_requests < MOST_APPROVED:
        return None
    name = request.tool.python_name
    return RaisedBy(
        'RuntimeError',
        f'{name}() was approved {journaled.approval_requests} times and asks again; it cannot be called here',
    )
