"""`CodeMode`: what a user adds to an agent. Makes one toolset per run around all of the agent's tools."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal

from pydantic_ai import TemplateStr
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
from ._common.option_fields import shown_options, take_plain_options, takes_options
from ._common.ownership import Owner
from ._journal.grants import LiveGrant
from ._monty.worker import MountDir, OsAccess
from .approvals.waiting_calls import LookUp
from .events.cell_events import EventHandler
from .events.journal_entries import OnUnknownCall
from .events.run_code_part import RUN_CODE
from .events.stream_events import as_tool_events
from .limits import Limits, limits_called
from .settings import (
    Checking,
    CodeModeOptions,
    JournalWrites,
    OnLostState,
    Secret,
    Settings,
    Streamed,
)
from .stores.base import Store
from .toolset import CodeModeToolset


@takes_options
@dataclass(repr=False)
class CodeMode(AbstractCapability[AgentDepsT]):
    """Lets the model write Python that calls the agent's tools, in place of calling them one by one.

    ```python
    from pydantic_ai import Agent
    from pydantic_ai_grail import CodeMode

    agent = Agent('anthropic:claude-sonnet-4-6', capabilities=[CodeMode()])
    ```

    One instance may serve several agents, runs, threads and event loops at once. Its options are read when it is made;
    `dataclasses.replace(code_mode, checking='off')` makes another one with other options. `CodeModeToolset` takes the same
    options, but for `id`, `description` and `tool_events`.

    Args:
        tools: Which tools code may call: `'all'`, a list of names, a function `(ctx, tool_def) -> bool`, or a dict of
            metadata to match. The others stay tools of the model's, as do those that cannot work inside code (tool search,
            output tools). May be given by position.
        store: Where state lives between turns: a store, or the URL of a database for a `SqlStore`, such as
            `'sqlite:///agent.db'`. `None`: a `MemoryStore` of this agent's, which ends with the process.
        owner: Whose conversations the agent has: the id of a user, or a function of the run context that gives one, as in
            `lambda ctx: ctx.deps.user_id`. Nothing of another owner's is ever found, resumed or told of. `None`: everything
            belongs together, which is right for a script or for an application of one person. Where clients name
            conversations, as with every UI adapter, give it: see the page on security.
        compacts_history: Whether the application takes cells out of histories, by a history processor for example, without
            leaving a `CompactionPart` there. Then a history with earlier messages and no cell gets the newest state of its
            conversation.
        limits: What one cell may spend: `Limits(max_duration_secs=10)`, or a dict of its fields, or one of
            `Limits.DEFAULT`, `Limits.STRICT` and `Limits.UNLIMITED`.
        max_tool_calls: How many tool calls one cell may make.
        max_failed_cells: How many cells may fail in a row before the model is told to stop trying and answer. It never
            ends a run.
        max_result_chars: How many characters of JSON a result may have before the model gets its head and its size. At
            least 100.
        max_call_chars: How many characters of a call's arguments, and of its result, the history's metadata and the run's
            events have. The model reads neither. At least 100.
        max_catalog_chars: How many characters of the prompt the tools may take before they move into modules.
        checking: `'strict'` checks types, `'names'` only names, modules and arguments, `'off'` nothing.
        os_access: Answers the operating system calls that code makes (files, environment, clock), as `pydantic_monty` has
            it.
        mount: Directories of the host that code may open, as `pydantic_monty` has them.
        secret: Seals what goes into the store: one secret of at least 16 bytes, or several for rotation, the newest first.
            `None`: the environment variable `GRAIL_SECRET`, else a key that fits the store.
        max_snapshot_bytes: How many bytes a state may have to be kept for a later turn, or while its cell waits.
        keep_snapshots: About how many states a conversation keeps. `None` keeps all.
        store_timeout: How long one call of the store may take, in seconds or as a `timedelta`.
        on_lost_state: When the state that a history speaks of is missing or must not be loaded: `'restart'` starts empty
            and tells the model, `'error'` raises the `SnapshotError` and ends the run.
        journal_writes: When the journal of a cell's calls is stored: `'call'` before every call, and after it (with the
            next call, or a few milliseconds later); `'cell'` only when the cell ends or waits. `None`: `'call'` for a store
            that outlives the process.
        on_unknown_call: What becomes of a call that was under way when its process died, unless its tool is marked
            `read_only` or `idempotent`: `'ask'` waits for a person, `'raise'` raises in the code, `'retry'` makes it again.
            Or a function that looks the call up, `(ctx, call) -> ProvideResult(...) | Approve() | None`; a person is asked where
            it gives `None` or raises.
        reuse_calls: Whether a cell that corrects a failed one gets the results of the calls that it makes again from the
            beginning, in the same order, instead of making them again. Calls of read-only tools are made again.
        decision_timeout: How long a waiting call may wait for its decision, in seconds or as a `timedelta`; then code gets
            a `TimeoutError`. `None`: for ever.
        claim_timeout: After how long without a sign of life a process counts as dead, so that another may resume its cell,
            in seconds or as a `timedelta`. A dead process of the same machine is seen at once.
        events: What the event stream of a run has of its cells, see `pydantic_ai_grail.events.stream_events`: `'calls'`,
            `'all'`, which adds the check, what is printed and the end, or `'none'`. UI adapters send them to the front end.
            `'auto'`: `'calls'`, but nothing in a run whose model is not streamed, since then nobody listens.
        on_cell_event: A function, plain or `async`, or a list of them, called with each event of a cell as it happens, in order: see
            `pydantic_ai_grail.events`. What it raises is logged and ends nothing.
        tool_events: Whether the calls of cells are in the event stream of a run as Pydantic AI's own
            `FunctionToolCallEvent` and `FunctionToolResultEvent`, as if the model had made them; see `as_tool_events`.
        id: A name for this capability in the run, where more than one needs to be told apart.
        description: What the capability is, for whoever lists those of an agent.

    Raises:
        SettingsError: When an option is unknown or cannot be right.
    """

    tools: ToolSelector[AgentDepsT] = 'all'
    _: KW_ONLY
    store: Store | str | None = None
    owner: Owner | None = None
    compacts_history: bool = False
    limits: Limits | Mapping[str, Any] = Limits.DEFAULT
    max_tool_calls: int = 100
    max_failed_cells: int = 3
    max_result_chars: int = 10_000
    max_call_chars: int = 10_000
    max_catalog_chars: int = 12_000
    checking: Checking = 'strict'
    os_access: OsAccess | None = field(default=None, repr=False)
    mount: MountDir | Sequence[MountDir] | None = None
    secret: Secret | None = field(default=None, repr=False)
    max_snapshot_bytes: int = 64 * 1024 * 1024
    keep_snapshots: int | None = 200
    store_timeout: float | timedelta = 10.0
    on_lost_state: OnLostState = 'restart'
    journal_writes: JournalWrites | None = None
    on_unknown_call: OnUnknownCall | LookUp = 'ask'
    reuse_calls: bool = True
    decision_timeout: float | timedelta | None = None
    claim_timeout: float | timedelta = 30.0
    events: Streamed = 'auto'
    on_cell_event: EventHandler | Sequence[EventHandler] = ()
    tool_events: bool = False
    defer_loading: bool = field(default=False, init=False, repr=False)
    _engine: Engine = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, given in (('id', self.id), ('description', self.description)):
            if given is not None:
                check_text(name, given)
        check_flag('tool_events', self.tool_events)
        settings = Settings.of(**{name: getattr(self, name) for name in CodeModeOptions.__annotations__})
        if isinstance(self.store, str):
            self.store = settings.store  # so that its password is not shown, and copies share its connections
        self._engine = Engine(settings, sees_streams=True)

    def __setattr__(self, name: str, value: object) -> None:
        if '_engine' in self.__dict__ and (name in CodeModeOptions.__annotations__ or name == 'tool_events'):
            raise AttributeError(
                f'Options of a CodeMode are read when it is made. Make another: dataclasses.replace(code_mode, {name}=...).'
            )
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        """What differs from the defaults; `...` stands for secrets."""
        return shown_options(self)

    @classmethod
    def from_spec(cls, *args: Any, **options: Any) -> CodeMode[Any]:
        """Make one from what an agent spec has, as `Agent.from_spec(..., custom_capability_types=[CodeMode])` does it: the
        options that are plain data, with `limits` as a dict or as `'default'`, `'strict'` or `'unlimited'`, and an `owner` that may
        be a template, `'{{user_id}}'`.

        Raises:
            SettingsError: When an option is unknown or cannot be right.
        """
        if isinstance(options.get('limits'), str):
            options['limits'] = limits_called(options['limits'])
        return cls(*args, **options)

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
        return as_tool_events(seen) if self.tool_events else seen

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


take_plain_options(
    CodeMode.from_spec,
    CodeMode,
    plain={
        'tools': Literal['all'] | list[str] | dict[str, Any],
        'store': str | None,
        'owner': TemplateStr[Any] | str | None,
        'limits': Limits | Literal['default', 'strict', 'unlimited'],
        'secret': str | list[str] | None,
        'on_unknown_call': OnUnknownCall,
        'store_timeout': float,
        'decision_timeout': float | None,
        'claim_timeout': float,
        **dict.fromkeys(('os_access', 'mount', 'on_cell_event')),
    },
)
