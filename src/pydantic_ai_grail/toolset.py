"""`CodeModeToolset`: offers `run_code` in place of the tools it takes in.

A run context on one side, a session on the other: what Pydantic AI knows (tools, messages, tracer, retries) meets what
this package knows (catalog, state, outcome) here and nowhere else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import partial
from typing import Any, Final, Self, Unpack, cast

from pydantic_ai.exceptions import ApprovalRequired, ToolFailed
from pydantic_ai.messages import InstructionPart, ToolReturn, UserPromptPart
from pydantic_ai.tools import AgentDepsT, RunContext
from pydantic_ai.toolsets import AbstractToolset, WrapperToolset
from pydantic_ai.toolsets.abstract import ToolsetTool

from ._catalog.placement import names_of_no_tool, place_tools
from ._cell.agent_run import AgentRun
from ._cell.cell_call import CellCall
from ._cell.cell_ends import CellEnd, DeniedCell, SuspendedAgain
from ._cell.cell_start import CellStart
from ._cell.cells_called import RESUME, CellCalls
from ._cell.durable_step import CellReply, StepContext, as_step, is_in_workflow, pass_on, refuse_temporal
from ._cell.engine import Engine
from ._cell.instructions import living, orphans_text
from ._cell.message_history import cells_in, last_instruction, requests_again
from ._cell.name_conflicts import ONE_CODE_MODE, refuse_other_run_code
from ._cell.run_code import ARGUMENTS, VALIDATOR, RunCodeTool, definition, manager_of_calls
from ._cell.suspension import note_denials
from ._common.ownership import comes_from_a_client, conversation_in
from ._journal.grants import LiveGrant
from ._reply.reply import give_up, nothing_to_resume, render, suspended_again
from ._stream.call_parts import CallParts, denied_metadata, with_metadata
from ._stream.observer import cell_stream
from .errors import DecisionNotAwaited, SnapshotError, StoreError
from .events.cell_events import CellClosed, CellStarted, log, to_all
from .events.outcomes import Completed
from .events.run_code_part import RUN_CODE, RunCodeArgs
from .settings import CodeModeOptions, Settings, instance_of_toolset

TOOLSET_ID: Final = 'code_mode'

_NOTE: Final = 'variables'


class CodeModeToolset(WrapperToolset[AgentDepsT]):
    """Wraps a toolset: the tools that are taken in become functions that the model's code calls through `run_code`.

    Lifetime: as any toolset's; Pydantic AI makes a copy of it for each run, which holds that run's session.

    Args:
        wrapped: The tools.
        options: See `CodeModeOptions`.

    Raises:
        SettingsError: When an option is unknown or cannot be right.
    """

    def __init__(self, wrapped: AbstractToolset[AgentDepsT], **options: Unpack[CodeModeOptions]) -> None:
        super().__init__(instance_of_toolset(wrapped))
        self._engine = Engine(Settings.of(**options))
        self._run: AgentRun | None = None
        self._model_resumes = True

    @classmethod
    def of(
        cls,
        wrapped: AbstractToolset[AgentDepsT],
        engine: Engine,
        run: AgentRun | None = None,
        *,
        model_resumes: bool = False,
    ) -> Self:
        """A toolset that shares an engine, for one run or for none yet.

        Args:
            wrapped: The tools.
            engine: What it shares.
            run: The run.
            model_resumes: Whether the model itself asks again for a cell that waits again; otherwise a capability does.
        """
        made = cls.__new__(cls)
        made.wrapped, made._engine, made._run, made._model_resumes = wrapped, engine, run, model_resumes
        return made

    def _with(self, wrapped: AbstractToolset[AgentDepsT], run: AgentRun | None) -> Self:
        return self.of(wrapped, self._engine, run, model_resumes=self._model_resumes)

    @property
    def id(self) -> str | None:
        return TOOLSET_ID

    @property
    def tool_name_conflict_hint(self) -> str:
        """What Pydantic AI adds where another toolset of the agent has a tool of the same name."""
        return ONE_CODE_MODE

    async def grants(self, conversation_id: str, *, owner: str | None = None) -> list[LiveGrant]:
        """What a conversation may do without being asked: the `ApprovalGrant`s of approvals that are neither used up nor revoked.
        `owner` says whose it is; it is needed where the option is a function.

        Raises:
            OwnerError: When it is not said whose.
            StoreError: When the store failed.
            JournalTampered: When what it has was changed.
        """
        return await self._engine.grants(conversation_id, owner)

    async def revoke(self, conversation_id: str, grant_id: str, *, owner: str | None = None) -> bool:
        """Let a grant allow nothing more, from the next call on. False if there is none of this id (any more).
        `owner` says whose it is; it is needed where the option is a function.

        Raises:
            OwnerError: When it is not said whose.
            StoreError: When the store failed.
            JournalTampered: When what it has was changed.
        """
        return await self._engine.revoke(conversation_id, grant_id, owner)

    @property
    def settings(self) -> Settings:
        """The options as they are in force."""
        return self._engine.settings

    def visit_and_replace(
        self, visitor: Callable[[AbstractToolset[AgentDepsT]], AbstractToolset[AgentDepsT]]
    ) -> AbstractToolset[AgentDepsT]:
        return self._with(self.wrapped.visit_and_replace(visitor), self._run)

    async def for_run(self, ctx: RunContext[AgentDepsT]) -> AbstractToolset[AgentDepsT]:
        conversation = await conversation_in(self.settings.owner, ctx)
        run = self._engine.new_run(conversation, ctx.run_id, from_client=comes_from_a_client(ctx))
        return self._with(await self.wrapped.for_run(ctx), run)

    async def for_run_step(self, ctx: RunContext[AgentDepsT]) -> AbstractToolset[AgentDepsT]:
        if self._run is not None:
            conversation = self._run.session.conversation
            await note_denials(self._engine.journals, ctx.messages, conversation, tool_name=RUN_CODE)
        wrapped = await self.wrapped.for_run_step(ctx)
        return self if wrapped is self.wrapped else self._with(wrapped, self._run)

    async def __aexit__(self, *args: Any) -> bool | None:
        try:
            return await self.wrapped.__aexit__(*args)
        finally:
            if self._run is not None:
                await self._run.aclose()

    async def get_instructions(
        self, ctx: RunContext[AgentDepsT]
    ) -> str | InstructionPart | Sequence[str | InstructionPart] | None:
        """The wrapped toolset's, and a sentence on the variables that live from earlier turns."""
        upstream = await super().get_instructions(ctx)
        others = [] if upstream is None else [upstream] if isinstance(upstream, str | InstructionPart) else upstream
        note = await self._session_note(ctx)
        part = InstructionPart(content=note, dynamic=True, name=_NOTE, on_change='append')
        return [*others, part]

    async def get_tools(self, ctx: RunContext[AgentDepsT]) -> dict[str, ToolsetTool[AgentDepsT]]:
        tools = await self.wrapped.get_tools(ctx)
        places = await place_tools(tools, selector=self.settings.tools, ctx=ctx)
        self._engine.tell_of_names(names_of_no_tool(tools, self.settings.tools), tools)
        inside = {name: tool for name, tool in tools.items() if places[name] == 'sandboxed'}
        native = {name: tool for name, tool in tools.items() if places[name] == 'native'}
        refuse_other_run_code(native)
        search_tool = next((name for name, tool in native.items() if tool.tool_def.tool_kind == 'tool-search'), None)
        catalog = self._engine.catalogs.build(inside, root=self.wrapped)
        if self._run is not None:
            self._run.catalog = catalog
            with_metadata(ctx.messages, self._run.failed_cells)
        return {
            **native,
            RUN_CODE: RunCodeTool(
                toolset=self,
                tool_def=definition(
                    self._engine.description(catalog, search_tool=search_tool),
                    reuses_calls=self.settings.reuse_calls,
                    model_resumes=self._model_resumes,
                ),
                max_retries=self.settings.max_failed_cells,
                args_validator=VALIDATOR,
                catalog=catalog,
                inside=inside,
            ),
        }

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[AgentDepsT], tool: ToolsetTool[AgentDepsT]
    ) -> Any:
        """Run a cell, or pass a native tool's call on.

        Raises:
            ToolFailed: With the feedback, when the cell was refused or failed. It spends no retries.
            ApprovalRequired: When the cell waits for decisions; the metadata has its calls, see `waiting_calls`.
            JournalError, StoreConflict: When a cell of an earlier run must not be resumed, or is resumed elsewhere.
            SnapshotError, StoreError: With `on_lost_state='error'`, when the state cannot be had.
        """
        if not isinstance(tool, RunCodeTool):
            return await self.wrapped.call_tool(name, tool_args, ctx, tool)
        assert self._run is not None, 'Pydantic AI calls for_run() before any tool'
        run, run_code = self._run, cast('RunCodeTool[Any]', tool)
        requested = cast('RunCodeArgs', tool_args)
        refuse_temporal()
        if not is_in_workflow():
            return self._tell(ctx, run, await self._cell(requested, ctx, run_code, run))
        before = deepcopy(ctx.usage)
        reply = await as_step(
            f'{TOOLSET_ID}.{name}',
            partial(self._settled_cell, requested, ctx, run_code, run),
            claim_seconds=self.settings.claim_timeout,
        )
        if reply.effects is not None:
            await pass_on(reply.effects, ctx, spent_before=before)
        return self._tell(ctx, run, reply)

    async def _settled_cell(
        self, requested: RunCodeArgs, ctx: RunContext[AgentDepsT], tool: RunCodeTool[Any], run: AgentRun
    ) -> CellReply:
        """A cell whose reply, and the state it leaves, are good for another process."""
        before, within = deepcopy(ctx.usage), StepContext.of(ctx)
        try:
            reply = await self._cell(requested, within, tool, run)
        except ApprovalRequired as waits:
            reply = CellReply(waits=waits.metadata or {})
        await run.aclose()
        return replace(reply, effects=within.effects(before))

    async def _cell(
        self, requested: RunCodeArgs, ctx: RunContext[AgentDepsT], tool: RunCodeTool[Any], run: AgentRun
    ) -> CellReply:
        call_id = own_id = ctx.tool_call_id or 'cell'
        calls = CellCalls(ctx.messages, tool_name=RUN_CODE)
        cell_id = calls.cell_id(call_id)
        if RESUME in requested:
            resumed = calls.asking(call_id)
            if resumed is None or resumed.tool_call_id == call_id:
                raise ToolFailed(nothing_to_resume(requested[RESUME]))
            requested, own_id = ARGUMENTS.validate_python(resumed.args_as_dict()), resumed.tool_call_id
        parts = CallParts(tools=tool.inside, max_chars=self.settings.max_call_chars)
        owner, conversation_id = run.session.conversation
        started = CellStarted(cell_id=cell_id, conversation_id=conversation_id, source=requested['code'], owner=owner)
        with (
            run.errors(),
            (cell_span := self._engine.span(ctx.tracer, started, include_content=ctx.trace_include_content)) as span,
            cell_stream(ctx, parts, events=self.settings.events, is_streamed=run.is_streamed) as stream,
        ):
            effects = to_all(span, log, *([] if stream is None else [stream]))
            observe = self._engine.delivery(conversation_id, report=cell_span.handler_failed, first=effects)
            observe(started)
            cell = CellCall(
                start=CellStart(
                    engine=self._engine,
                    run=run,
                    ctx=ctx,
                    tool=tool,
                    observe=observe,
                    call_id=own_id,
                    source=requested['code'],
                    first_id=cell_id,
                    restarts=requested.get('restart', False),
                    reruns=requested.get('rerun', False),
                ),
                manager=manager_of_calls(self.wrapped, ctx, tool.inside),
                printed=stream.printed if stream is not None and stream.tells_all else None,
            )
            try:
                ran = await cell.ran(cells_in(calls, before=call_id, run_id=ctx.run_id))
                return await self._reply(ran, run, parts)
            except DecisionNotAwaited as error:
                raise ToolFailed(nothing_to_resume(own_id)) from error
            finally:
                await observe.close(CellClosed(cell_id=cell_id, journal_seconds=cell.journal_seconds))

    async def _session_note(self, ctx: RunContext[AgentDepsT]) -> str:
        """Once per run: what lives and what was done unseen, as text; empty when nothing, or when it cannot be told yet."""
        run = self._run
        if run is None:
            return ''
        if run.opening_note is None:
            calls = CellCalls(ctx.messages, tool_name=RUN_CODE)
            cells = cells_in(calls, before=None, run_id=ctx.run_id)
            if not requests_again(ctx.messages):  # the model is in the midst of it: what it was told stays
                run.opening_note = last_instruction(ctx.messages, f'toolset:{TOOLSET_ID}:{_NOTE}')
                return run.opening_note
            run.opening_note = ''
            try:
                state, unsaved = await asyncio.gather(run.find(cells), run.corrections.shown(cells))
            except (SnapshotError, StoreError):
                return ''  # the first cell meets it again, and tells operator and model
            notes = [
                orphans_text(unsaved, run.catalog, self.settings),
                living(state, await run.history_of(state)),
            ]
            run.opening_note = '\n'.join(filter(None, notes))
        return run.opening_note

    async def _reply(self, ran: CellEnd, run: AgentRun, parts: CallParts) -> CellReply:
        if isinstance(ran, SuspendedAgain):
            value = suspended_again(ran.calls, resume=ran.resume, notes=ran.notes)
            return CellReply(value=value, requests_again=True, failures=run.failures)
        if isinstance(ran, DeniedCell):
            return CellReply(error=ran.text, metadata=denied_metadata(), failures=run.failures)
        outcome, notes = ran.outcome, [*ran.notes]
        if isinstance(outcome, Completed):
            run.failures = 0
        else:
            run.failures += 1
            if run.failures > self.settings.max_failed_cells:
                notes.append(give_up(run.failures))
        reply = render(
            outcome,
            max_result_chars=self.settings.max_result_chars,
            notes=notes,
            variables=None,
            content=ran.content,
            reuses_calls=self.settings.reuse_calls,
        )
        metadata = await parts.metadata(outcome)
        return CellReply(
            value=reply.return_value,
            error=reply.error,
            content=[*reply.content],
            metadata=metadata if reply.error is not None else {**metadata, **ran.metadata},
            failures=run.failures,
        )

    def _tell(self, ctx: RunContext[AgentDepsT], run: AgentRun, reply: CellReply) -> ToolReturn[Any]:
        """Give the model the reply of a cell, whether it ran just now or the reply is a recorded one."""
        if reply.waits is not None:
            run.is_waiting = True
            raise ApprovalRequired(metadata=reply.waits)
        run.failures = reply.failures
        if reply.requests_again:
            run.is_waiting = run.requests_again = True
        if reply.error is not None:
            if reply.content and ctx.pending_messages is not None:
                # `ToolFailed` carries text alone; this goes where `ToolReturn.content` would.
                ctx.enqueue(UserPromptPart(list(reply.content)))
            if ctx.tool_call_id is not None and reply.metadata is not None:
                run.failed_cells[ctx.tool_call_id] = reply.metadata
            raise ToolFailed(reply.error)
        return ToolReturn(reply.value, content=list(reply.content) or None, metadata=reply.metadata)
