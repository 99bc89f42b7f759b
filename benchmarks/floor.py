"""The floor: code mode by hand over raw Monty and Pydantic AI's tool manager, without any feature.

Each cell is checked below the earlier ones; a run has one living sandbox; calls go through `ToolManager.handle_call`; after
each cell comes one dump. It knows nothing of approvals, failed cells, edited histories, seals, limits, crashes or
names that clash. Its cells stop at each call, where Monty could dump them: `drive_by_stops`. What may never stop there can
run as one feed, which is quicker still: `drive_as_one_feed`.
"""

from __future__ import annotations

import asyncio
import atexit
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from textwrap import indent
from typing import Any, Final, TypeAlias, cast

from pydantic import TypeAdapter
from pydantic_ai import AbstractToolset, ModelRetry, RunContext, Tool, ToolDefinition
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.messages import ToolCallPart
from pydantic_ai.tool_manager import ToolManager
from pydantic_ai.toolsets import WrapperToolset
from pydantic_ai.toolsets.abstract import SchemaValidatorProt, ToolsetTool
from pydantic_monty import (
    AsyncFunctionSnapshot,
    AsyncFutureSnapshot,
    AsyncMonty,
    AsyncMontySession,
    CollectString,
    MontyComplete,
    MontyError,
    ResourceLimits,
)
from typing_extensions import TypedDict

from .floor_checker import FloorChecker
from .floor_stores import FloorStore, InMemory, State
from .tools import stubs

WORKERS: Final = 2
LIMITS: Final[ResourceLimits] = {'max_suspensions': 1_000_000}
WORD: Final = re.compile(r'\w+')
AS_PLAIN_VALUE: Final = TypeAdapter[Any](Any).dump_python
Calls: TypeAlias = Mapping[str, Callable[..., Coroutine[Any, Any, Any]]]
"""What code may call, by name."""
Drive: TypeAlias = Callable[[AsyncMontySession, str, Calls, CollectString], Awaitable[Any]]
"""Runs a cell and gives its value."""


async def drive_by_stops(sandbox: AsyncMontySession, code: str, calls: Calls, printed: CollectString) -> Any:
    """Promise each call, and make those that the program waits for together."""
    stop = await sandbox.feed_start(code, print_callback=printed)
    promised: dict[int, Coroutine[Any, Any, Any]] = {}
    while not isinstance(stop, MontyComplete):
        if isinstance(stop, AsyncFutureSnapshot):
            made = [promised.pop(number) for number in stop.pending_call_ids]
            values = await asyncio.gather(*made) if len(made) > 1 else [await made[0]]
            results = zip(stop.pending_call_ids, values, strict=True)
            stop = await stop.resume({number: {'return_value': value} for number, value in results})
        elif isinstance(stop, AsyncFunctionSnapshot) and not stop.is_os_function:
            promised[stop.call_id] = calls[str(stop.function_name)](**stop.kwargs)
            stop = await stop.resume({'future': ...})
        else:
            stop = await stop.resume_auto()
    return stop.output


async def drive_as_one_feed(sandbox: AsyncMontySession, code: str, calls: Calls, printed: CollectString) -> Any:
    """Let Monty make the calls."""
    return await sandbox.feed_run(code, external_lookup=dict(calls), print_callback=printed)


class RunCodeArguments(TypedDict):
    code: str


ARGUMENTS: Final = TypeAdapter(RunCodeArguments)
RUN_CODE: Final = ToolDefinition(
    name='run_code', description='Runs Python code.', parameters_json_schema=ARGUMENTS.json_schema(), sequential=True
)


class FloorProcess:
    """What all agents of the process share: warm workers, and warm checkers."""

    def __init__(self) -> None:
        self.checker = FloorChecker()
        self._workers: AsyncMonty | None = None
        self._opening = asyncio.Lock()

    async def workers(self) -> AsyncMonty:
        """The pool of them, opened at first use."""
        if self._workers is None:
            async with self._opening:
                self._workers = self._workers or await AsyncMonty(max_processes=WORKERS).__aenter__()
        return self._workers

    def close(self) -> None:
        """End both. They open again at the next use."""
        self.checker.close()
        self._opening = asyncio.Lock()
        workers, self._workers = self._workers, None
        if workers is not None:
            asyncio.run(_leave(workers))


async def _leave(workers: AsyncMonty) -> None:
    await workers.__aexit__(None, None, None)


PROCESS: Final = FloorProcess()
atexit.register(PROCESS.close)


@dataclass(kw_only=True)
class FloorSession:
    """The sandbox of a conversation, for the length of a run. Knows nothing of Pydantic AI."""

    package: str
    store: FloorStore
    conversation: str | None
    drive: Drive = drive_by_stops
    _state: State | None = None
    _sandbox: AsyncMontySession | None = None
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def run(self, code: str, calls: Calls) -> tuple[Any, str]:
        """The value of a cell, and what it printed."""
        state = self._state or await self.store.load(self.conversation) or State()
        tools = state.tools | calls.keys() & {*WORD.findall(code)}
        cells = f'{state.cells}{indent(code, "    ")}\n'
        imports = f'    from {self.package} import {", ".join(tools)}\n' if tools else ''
        if wrong := await PROCESS.checker.check(f'async def cells():\n{imports}{cells}', self.package):
            raise ModelRetry('\n'.join(wrong))
        sandbox = self._sandbox or await self._open(state)
        printed = CollectString()
        try:
            value = await self.drive(sandbox, code, {name: calls[name] for name in tools}, printed)
        except MontyError as error:
            raise ModelRetry(str(error)) from error
        self._state = State(dump=await sandbox.dump(), cells=cells, tools=tools)
        await self.store.save(self.conversation, self._state)
        return value, printed.output

    async def _open(self, state: State) -> AsyncMontySession:
        workers = await PROCESS.workers()
        self._sandbox = await self._stack.enter_async_context(workers.checkout(limits=LIMITS))
        if state.dump:
            await self._sandbox.load_session(state.dump)
        return self._sandbox

    async def aclose(self) -> None:
        """Give the worker back."""
        await self._stack.aclose()


@dataclass
class FloorToolset(WrapperToolset[Any]):
    """`run_code` in place of the tools."""

    package: str
    store: FloorStore
    drive: Drive
    session: FloorSession | None = None

    async def for_run(self, ctx: RunContext[Any]) -> AbstractToolset[Any]:
        session = FloorSession(
            package=self.package, store=self.store, conversation=ctx.conversation_id, drive=self.drive
        )
        return replace(self, wrapped=await self.wrapped.for_run(ctx), session=session)

    async def __aexit__(self, *args: Any) -> bool | None:
        if self.session is not None:
            await self.session.aclose()
        return await self.wrapped.__aexit__(*args)

    async def get_tools(self, ctx: RunContext[Any]) -> dict[str, ToolsetTool[Any]]:
        inside = await self.wrapped.get_tools(ctx)
        arguments = cast('SchemaValidatorProt', ARGUMENTS.validator)
        return {
            'run_code': RunCode(toolset=self, tool_def=RUN_CODE, max_retries=1, args_validator=arguments, inside=inside)
        }

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[Any], tool: ToolsetTool[Any]
    ) -> Any:
        assert isinstance(tool, RunCode)
        assert self.session is not None
        assert ctx.tool_manager is not None
        root = ctx.tool_manager.root_capability
        manager = ToolManager(toolset=self.wrapped, root_capability=root, ctx=ctx, tools=tool.inside)
        calls = {name: partial(self.call, manager, name) for name in tool.inside}
        value, printed = await self.session.run(tool_args['code'], calls)
        return {'output': printed, 'result': value} if printed else value

    async def call(self, manager: ToolManager[Any], name: str, /, **arguments: Any) -> Any:
        """One call that code makes."""
        call = ToolCallPart(name, arguments)
        await self.store.begin_call(call.tool_call_id, name, arguments)
        result = AS_PLAIN_VALUE(await manager.handle_call(call, wrap_validation_errors=False))
        await self.store.end_call(call.tool_call_id, result)
        return result


@dataclass(kw_only=True)
class RunCode(ToolsetTool[Any]):
    """The tool, with those that code may call."""

    inside: dict[str, ToolsetTool[Any]]


class Floor(AbstractCapability[Any]):
    """The floor as an agent's capability. It is told the agent's tools, as who writes such a toolset knows them."""

    def __init__(self, tools: Sequence[Tool], store: FloorStore | None = None, drive: Drive = drive_by_stops) -> None:
        self._package = PROCESS.checker.add(stubs(tools))
        self._store, self._drive = store or InMemory(), drive

    def get_wrapper_toolset(self, toolset: AbstractToolset[Any]) -> AbstractToolset[Any]:
        return FloorToolset(toolset, self._package, self._store, self._drive)
