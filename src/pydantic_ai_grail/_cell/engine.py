"""What all runs of one capability or toolset share: settings, the catalogs read so far, the repository of their states.

Workers and checkers are shared more widely still, by the whole process; they are only borrowed here.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cached_property, partial
from typing import Any, Final
from weakref import WeakValueDictionary

from pydantic_ai.toolsets.abstract import ToolsetTool

from .._catalog.catalog import Catalog, CatalogBuilder
from .._catalog.description import tool_description
from .._catalog.lookup import help_text, search
from .._common.ownership import named_owner, warn_of_clients
from .._common.suggestions import closest
from .._journal.cell_journal import Journals
from .._journal.grants import Grants, LiveGrant
from .._monty.lent_worker import lend_worker
from .._monty.support import Support, load_support
from .._monty.worker import Worker
from .._run.layers.binding import Answerer
from .._run.run_cell import Check
from .._run.validation import ToolValidator
from .._source.check import check
from .._source.checkers import CHECKERS
from .._state.repository import RepositorySettings, SnapshotRepository
from .._state.secrets import keyring_for
from .._tracing.otel import CellSpan, Tracer, cell_metrics, trace_context
from ..errors import OwnerError
from ..events.cell_events import CellStarted, Observer, log, to_all
from ..settings import Settings
from ..stores.base import ConversationKey
from .agent_run import AgentRun
from .call_reuse import Corrections
from .event_delivery import EventDelivery, FailureReport
from .session import Session

_MAX_DESCRIPTIONS: Final = 8
_CLIENTS: Final = ''
"""Beside names of tools in what was told once: the warning of clients that name conversations."""
_LOG: Final = logging.getLogger('pydantic_ai_grail')


class Engine:
    """Lifetime: the capability's or toolset's own. Holds no worker and no open connection itself.

    Raises:
        SettingsError: When no key can be had for the store.
    """

    _sees_streams: bool

    def __init__(self, settings: Settings, *, sees_streams: bool = False) -> None:
        """Make one. `sees_streams`: whether somebody tells it of streamed runs, with `note_stream`."""
        self.settings = settings
        self._sees_streams = sees_streams
        self._runs = WeakValueDictionary[str, AgentRun]()
        self.catalogs = CatalogBuilder(
            budget_chars=settings.max_catalog_chars, reserved=frozenset(self.support.modules)
        )
        self._warned = set[str]()
        self._descriptions: OrderedDict[tuple[str | None, ...], str] = OrderedDict()
        keyring = keyring_for(settings.store, settings.secret)
        self.journals = Journals(
            store=settings.store,
            keyring=keyring,
            store_timeout_seconds=settings.store_timeout,
            writes_calls=settings.journal_writes == 'call',
            claim_seconds=settings.claim_timeout,
        )
        self._repository = SnapshotRepository(
            store=settings.store,
            keyring=keyring,
            monty_version=self.support.version,
            settings=RepositorySettings(
                store_timeout_seconds=settings.store_timeout,
                max_dump_bytes=settings.max_snapshot_bytes,
                keep_newest=settings.keep_snapshots,
            ),
            left_state=self.journals.left_state,
        )

    @cached_property
    def support(self) -> Support:
        return load_support()

    def tell_of_names(self, names: Sequence[str], tools: Iterable[str]) -> None:
        """Log, once each, that code mode was to take in tools that are not there."""
        for name in names:
            if name not in self._warned:
                self._warned.add(name)
                meant = closest(name, tools)
                _LOG.warning(
                    'CodeMode(tools=[...]) names %r, and no tool of this step is called that.%s',
                    name,
                    f' Did you mean {meant!r}?' if meant else '',
                )

    def note_stream(self, run_id: str | None) -> None:
        """Note that events of the model came by in a run."""
        run = self._runs.get(run_id or '')
        if run is not None:
            run.is_streamed = True

    def new_run(self, conversation: ConversationKey, run_id: str | None, *, from_client: bool) -> AgentRun:
        """What a run of an agent in this conversation needs. The run closes it.

        Args:
            conversation: The conversation, and whose it is.
            run_id: The run, if it has an id.
            from_client: Whether its history comes from a client.
        """
        if from_client and not conversation.has_owner and _CLIENTS not in self._warned:
            self._warned.add(_CLIENTS)
            warn_of_clients()
        session = Session(
            conversation=conversation, repository=self._repository, grants=Grants(self.journals, conversation)
        )
        run = AgentRun(
            session=session,
            corrections=Corrections(journals=self.journals, session=session, has_times=not from_client),
            compacts_history=self.settings.compacts_history,
            is_public=from_client,
            trusts_history=conversation.has_owner or not from_client,
            observe=self.delivery(conversation.conversation_id, first=to_all(cell_metrics(), log)),
            is_streamed=False if self._sees_streams and run_id is not None else None,
        )
        if run_id is not None:
            self._runs[run_id] = run
        return run

    def delivery(
        self, conversation_id: str, *, report: FailureReport | None = None, first: Observer | None = None
    ) -> EventDelivery:
        """What calls the functions of `on_cell_event`, with the events of a cell or of what comes between cells."""
        return EventDelivery(
            handlers=self.settings.on_cell_event,
            conversation_id=conversation_id,
            logged=self._warned,
            report=report,
            first=first,
        )

    def description(self, catalog: Catalog, *, search_tool: str | None) -> str:
        """What the model reads of `run_code` and of the tools it may call there.

        `search_tool` is the name of the agent's own tool that reveals further tools, if it has one.
        """
        key = (catalog.fingerprint, catalog.wording, search_tool)
        text = self._descriptions.get(key)
        if text is None:
            host = self.settings.host
            text = tool_description(
                catalog,
                self.support,
                has_os=host.os is not None,
                mounts=tuple(mount.virtual_path for mount in host.mounts),
                overlays=tuple(mount.virtual_path for mount in host.mounts if mount.mode == 'overlay'),
                search_tool=search_tool,
                budget_chars=self.settings.max_catalog_chars,
            )
            self._descriptions[key] = text
            if len(self._descriptions) > _MAX_DESCRIPTIONS:
                self._descriptions.popitem(last=False)
        return text

    def answerers(self, catalog: Catalog) -> Mapping[str, Answerer]:
        """The functions of ours that code may call beside its tools."""

        def help(what: Any = '') -> str:
            # A function arrives as its name, a module as `<module 'its name'>`.
            return help_text(catalog, str(what).removeprefix("<module '").removesuffix("'>"))

        def search_tools(query: str) -> str:
            return search(catalog, query)

        return {'help': help, 'search_tools': search_tools}

    def check(self, catalog: Catalog, tools: Mapping[str, ToolsetTool[Any]]) -> Check | None:
        """The check of cells that call these tools; `None` when checking is off."""
        if self.settings.checking == 'off':
            return None
        return partial(
            check,
            catalog=catalog,
            checkers=CHECKERS,
            validate=ToolValidator(catalog, tools),
            mode=self.settings.checking,
        )

    @asynccontextmanager
    async def worker(self, session: Session, catalog: Catalog, *, loaded: bool = True) -> AsyncGenerator[Worker]:
        """A worker that has the session's state, or none yet, and may import the catalog's modules."""
        functions = {module: [name.rpartition('.')[2] for name in names] for module, names in catalog.modules.items()}
        lend = partial(lend_worker, self.settings.limits, host=self.settings.host, functions=functions)
        async with session.worker(lend, loaded=loaded) as worker:
            yield worker

    async def grants(self, conversation_id: str, owner: str | None) -> list[LiveGrant]:
        """What a conversation may do without being asked."""
        return await Grants(self.journals, self._conversation(conversation_id, owner)).live()

    async def revoke(self, conversation_id: str, grant_id: str, owner: str | None) -> bool:
        """Let a grant allow nothing more."""
        return await Grants(self.journals, self._conversation(conversation_id, owner)).revoke(grant_id)

    def _conversation(self, conversation_id: str, owner: str | None) -> ConversationKey:
        chosen = owner if owner is not None else self.settings.owner
        if callable(chosen):
            raise OwnerError('CodeMode(owner=...) is a function of a run, and this is none: say whose with owner=...')
        return ConversationKey(named_owner(chosen), conversation_id)

    def trace_context(self) -> dict[str, str]:
        """Where in which trace we are, for a cell that waits to keep."""
        return trace_context()

    def span(self, tracer: Tracer, started: CellStarted, *, include_content: bool) -> CellSpan:
        """The span of one cell, which tells the process's metrics too."""
        return CellSpan(tracer, include_content=include_content, started=started, metrics=cell_metrics())
