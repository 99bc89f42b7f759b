"""`CodeMode`: what a user adds to an agent. Makes one toolset per run around all of the agent's tools."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import replace
from typing import Any, Unpack

from pydantic_ai.capabilities import (
    AbstractCapability,
    AgentNode,
    CapabilityOrdering,
    ToolSearch,
    WrapModelRequestHandler,
)
from pydantic_ai.messages import AgentStreamEvent, ModelResponse, PartStartEvent
from pydantic_ai.models import ModelRequestContext
from pydantic_ai.tools import AgentDepsT, RunContext, ToolSelector
from pydantic_ai.toolsets import AbstractToolset

from ._cell.approval_requests import as_the_model_sees, next_requests, with_denials_inside
from ._cell.engine import Engine
from ._common.argument_checks import check_flag, check_text
from ._journal.grants import LiveGrant
from .errors import SettingsError
from .events.run_code_part import RUN_CODE
from .events.stream_events import as_tool_events
from .settings import CodeModeOptions, Settings
from .toolset import CodeModeToolset


class CodeMode(AbstractCapability[AgentDepsT]):
    """Lets the model write Python that calls the agent's tools, in place of calling them one by one.

    ```python
    from pydantic_ai import Agent
    from pydantic_ai_grail import CodeMode

    agent = Agent('anthropic:claude-sonnet-4-6', capabilities=[CodeMode()])
    ```

    One instance may serve several agents, runs, threads and event loops at once.

    Args:
        selected: The option `tools`, by position.
        description: What the capability is, for whoever lists those of an agent.
        id: A name for this capability in the run, where more than one needs to be told apart.
        tool_events: Whether the calls of cells are in the event stream of a run as Pydantic AI's own
            `FunctionToolCallEvent` and `FunctionToolResultEvent`, as if the model had made them; see `as_tool_events`.
        options: See `CodeModeOptions`.

    Raises:
        SettingsError: When an option is unknown or cannot be right.
    """

    def __init__(
        self,
        selected: ToolSelector[AgentDepsT] | None = None,
        /,
        *,
        id: str | None = None,
        description: str | None = None,
        tool_events: bool = False,
        **options: Unpack[CodeModeOptions],
    ) -> None:
        if selected is not None:
            if 'tools' in options:
                raise SettingsError('Give tools once: by position, or by name.')
            options['tools'] = selected
        for name, given in (('id', id), ('description', description)):
            if given is not None:
                check_text(name, given)
        check_flag('tool_events', tool_events)
        self.id = id
        self.description = description
        self._has_tool_events = tool_events
        self._engine = Engine(Settings.of(**options), sees_streams=True)

    async def grants(self, conversation_id: str, *, owner: str | None = None) -> list[LiveGrant]:
        """What a conversation may do without being asked: the `ApprovalGrant`s of approvals that are neither used up nor revoked.

        `owner`: whose conversation; needed where the option is a function.

        Raises:
            OwnerError: When it is not said whose.
            StoreError: When the store failed.
            JournalTampered: When what it has was changed.
        """
        return await self._engine.grants(conversation_id, owner)

    async def revoke(self, conversation_id: str, grant_id: str, *, owner: str | None = None) -> bool:
        """Let a grant allow nothing more, from the next call on. False if there is none of this id (any more).

        `owner`: whose conversation; needed where the option is a function.

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

    def get_ordering(self) -> CapabilityOrdering:
        """Outermost, so that every tool of the agent is there; around tool search, which stays a tool of the model's."""
        return CapabilityOrdering(position='outermost', wraps=[ToolSearch])

    async def before_node_run(
        self, ctx: RunContext[AgentDepsT], *, node: AgentNode[AgentDepsT]
    ) -> AgentNode[AgentDepsT]:
        """Denies the calls of a cell where the cell is denied."""
        return with_denials_inside(node, tool_name=RUN_CODE)

    async def wrap_model_request(
        self, ctx: RunContext[AgentDepsT], *, request_context: ModelRequestContext, handler: WrapModelRequestHandler
    ) -> ModelResponse:
        """Asks for what a cell waits for again with a tool call of its own, in place of the model."""
        response = next_requests(ctx.messages, tool_name=RUN_CODE)
        return await handler(request_context) if response is None else response

    async def before_model_request(
        self, ctx: RunContext[AgentDepsT], request_context: ModelRequestContext
    ) -> ModelRequestContext:
        """Shows the model each cell as one call."""
        messages = as_the_model_sees(request_context.messages, tool_name=RUN_CODE)
        return request_context if messages is request_context.messages else replace(request_context, messages=messages)

    @property
    def has_wrap_run_event_stream(self) -> bool:
        """Not on our account: a run for which nobody listens need not be streamed from the model."""
        return False

    def wrap_run_event_stream(
        self, ctx: RunContext[AgentDepsT], *, stream: AsyncIterable[AgentStreamEvent]
    ) -> AsyncIterable[AgentStreamEvent]:
        """The stream as it is, or with `tool_events` the calls of cells as events of tool calls."""
        seen = self._seen(stream, ctx.run_id)
        return as_tool_events(seen) if self._has_tool_events else seen

    async def _seen(
        self, stream: AsyncIterable[AgentStreamEvent], run_id: str | None
    ) -> AsyncGenerator[AgentStreamEvent]:
        """The stream, and a note if it is one of a model."""
        async for event in stream:
            if isinstance(event, PartStartEvent):
                self._engine.note_stream(run_id)
            yield event

    def get_wrapper_toolset(self, toolset: AbstractToolset[AgentDepsT]) -> AbstractToolset[AgentDepsT]:
        """The agent's tools behind `run_code`."""
        return CodeModeToolset[Any].of(toolset, self._engine)
