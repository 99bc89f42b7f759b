"""One call that code made: bound, counted, journaled, run through Pydantic AI's tool manager, its result made to cross.

Whatever goes wrong in a call is raised in the code at the line of the call, so that code may handle it; only what must
end the agent's run (a usage limit, a cancellation) goes past it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pydantic import ValidationError
from pydantic_ai.exceptions import (
    ApprovalRequired,
    CallDeferred,
    ModelRetry,
    ToolFailed,
    UsageLimitExceeded,
)
from pydantic_ai.messages import ToolCallPart, ToolReturn, UserContent
from pydantic_ai.tool_manager import ToolManager
from pydantic_ai.tools import ToolDenied
from pydantic_core import to_jsonable_python

from .._catalog.catalog import Catalog, Entry
from .._monty.stops import CallStop, RaisedBy, Returned, Settled, sandbox_exception
from .._monty.values import to_sandbox
from ..calls import CallJournal, CallRecord, CallRequest, CallState, call_id
from ..events import CallSettled, CallStarted, Observer
from ..suggestions import closest
from .binding import bind

RUN_ENDING: Final = (UsageLimitExceeded,)
"""Exceptions of a call that end the agent's run, as they would for a direct call."""

Answerer = Callable[..., str]
"""A function of ours that code may call (`help`, `search_tools`): answered at once, no tool, no budget."""


@dataclass(kw_only=True)
class Dispatcher:
    """Runs the calls of one cell. Lifetime: the cell."""

    cell_id: str
    catalog: Catalog
    tools: ToolManager[Any]
    max_tool_calls: int
    observe: Observer
    answerers: Mapping[str, Answerer] = field(default_factory=dict[str, Answerer])
    journal: CallJournal = field(init=False)
    user_content: dict[str, Sequence[UserContent]] = field(default_factory=dict[str, Sequence[UserContent]])
    """What tools returned for the model's eyes beside their value, by call id, in the order of the calls."""
    is_sequential: bool = field(init=False)
    """Pydantic AI's run-wide mode: one call at a time."""
    _accepted: int = field(init=False, default=0)
    _wrong_arguments: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """By call id."""

    def __post_init__(self) -> None:
        self.journal = CallJournal(self.cell_id)
        self.is_sequential = self.tools.get_parallel_execution_mode() == 'sequential'

    def is_function(self, name: str) -> bool:
        """Whether a bare name that code reads is one of ours."""
        return name in self.catalog.entries or name in self.answerers

    def accept(self, stop: CallStop) -> CallRequest | Settled:
        """The call to run; or its answer, when there is nothing to run: one of our own functions, or a mistake."""
        answerer = self.answerers.get(stop.name)
        if answerer is not None:
            try:
                return Returned(answerer(*stop.args, **stop.kwargs))
            except (TypeError, LookupError) as error:
                return sandbox_exception(error)
        entry = self.catalog.find(stop.name)
        if entry is None:
            return self._unknown(stop.name)
        if stop.unreadable is not None:
            return RaisedBy('ValueError', f'the arguments of {stop.name}() cannot leave the sandbox: {stop.unreadable}')
        try:
            arguments = bind(entry, stop.args, stop.kwargs)
        except TypeError as error:
            return sandbox_exception(error)
        if self._accepted >= self.max_tool_calls:
            return RaisedBy(
                'RuntimeError',
                f'this cell has made its {self.max_tool_calls} tool calls; make fewer, or go on in the next cell',
            )
        self._accepted += 1
        return CallRequest(
            call_id=call_id(self.cell_id, self._accepted),
            ordinal=self._accepted,
            tool=entry.facts,
            arguments=arguments,
            line=stop.line,
        )

    async def run(self, request: CallRequest) -> Settled:
        """Run a call and settle it in the journal.

        Raises:
            UsageLimitExceeded: As for a direct call.
        """
        self.journal.start(request)
        self.user_content[request.call_id] = ()
        self.observe(CallStarted(cell_id=self.cell_id, request=request))
        started = time.perf_counter()
        state: CallState = 'cancelled'
        settled: Settled = RaisedBy('RuntimeError', 'the call did not end')
        try:
            state, settled = await self._outcome(request)
        finally:
            record = CallRecord(
                request=request,
                state=state,
                result=settled.value if isinstance(settled, Returned) else None,
                error=f'{settled.exception_type}: {settled.message}' if isinstance(settled, RaisedBy) else None,
                seconds=time.perf_counter() - started,
                wrong_arguments=self._wrong_arguments.pop(request.call_id, ()),
            )
            self.journal.settle(record)
            self.observe(CallSettled(cell_id=self.cell_id, record=record))
        return settled

    async def _outcome(self, request: CallRequest) -> tuple[CallState, Settled]:
        entry = self.catalog.entries[request.tool.python_name]
        try:
            result = await self._through_tool_manager(request, entry)
        except RUN_ENDING:
            raise
        except ValidationError as error:
            places = [str(item['loc'][0]) for item in error.errors(include_url=False) if item['loc']]
            self._wrong_arguments[request.call_id] = tuple(name for name in request.arguments if name in places)
            return 'raised', RaisedBy('ValueError', _validation_text(error, entry))
        except (ModelRetry, ToolFailed) as error:
            return 'raised', RaisedBy('RuntimeError', error.message)
        except (ApprovalRequired, CallDeferred):
            return 'raised', RaisedBy(
                'PermissionError', f'{request.tool.python_name}() needs an approval it did not get'
            )
        except Exception as error:
            return 'raised', sandbox_exception(error)
        if isinstance(result, ToolDenied):
            return 'denied', RaisedBy('PermissionError', result.message)
        if isinstance(result, ToolReturn):
            content = result.content
            if content:
                self.user_content[request.call_id] = (content,) if isinstance(content, str) else tuple(content)
            result = result.return_value
        try:
            return 'returned', Returned(to_sandbox(result))
        except Exception as error:
            # Besides `NotCrossable`, whatever serializers of the user's own may raise.
            return 'raised', RaisedBy('TypeError', f'{request.tool.python_name}() ran, but its result is lost: {error}')

    async def _through_tool_manager(self, request: CallRequest, entry: Entry) -> Any:
        arguments = dict(request.arguments)
        part = ToolCallPart(
            tool_name=request.tool.tool_name,
            args=to_jsonable_python(arguments) if entry.arguments_as_json else arguments,
            tool_call_id=request.call_id,
        )
        context = self.tools.ctx
        limits = context.usage_limits if context is not None else None
        if context is None or limits is None or limits.tool_calls_limit is None:
            return await self.tools.handle_call(part, wrap_validation_errors=False)
        # Calls under way count too: a gather would otherwise pass the check as a whole before any of it is counted.
        # The `run_code` call around this one is counted when it ends.
        limits.check_before_tool_call(replace(context.usage, tool_calls=context.usage.tool_calls + 2))
        context.usage.tool_calls += 1
        try:
            return await self.tools.handle_call(part, wrap_validation_errors=False)
        finally:
            context.usage.tool_calls -= 1

    def _unknown(self, name: str) -> RaisedBy:
        meant = closest(name, [*self.catalog.entries, *self.answerers])
        return RaisedBy('NameError', f'name {name!r} is not defined' + (f'. Did you mean {meant!r}?' if meant else ''))


def _validation_text(error: ValidationError, entry: Entry) -> str:
    """A validator's complaints in the tool's terms, one line each."""
    names = {parameter.key: parameter.name for parameter in entry.signature.parameters}
    lines = [f'{entry.facts.python_name}() was given wrong arguments:']
    for item in error.errors(include_url=False, include_context=False)[:5]:
        path = [names.get(str(step), str(step)) if depth == 0 else step for depth, step in enumerate(item['loc'])]
        place = ''.join(f'[{step!r}]' if depth else str(step) for depth, step in enumerate(path))
        given = '' if item['type'] == 'missing' else f', got {_short(item["input"])}'
        lines.append(f'- {place}: {item["msg"]}{given}')
    return '\n'.join(lines)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + '...'
