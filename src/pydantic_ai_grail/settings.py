"""What a user may set, once for the capability and the toolset: keyword options in, one frozen settings object out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias, TypedDict, Unpack, cast

from pydantic_ai.tools import RunContext, ToolSelector
from pydantic_ai.toolsets import AbstractToolset

from ._common.argument_checks import check_count, check_flag, check_function, check_store, in_seconds, is_number
from ._common.deprecations import warn_deprecated
from ._common.ownership import Owner, checked
from ._common.unknown_options import FORMER, problem_with_option
from ._monty.os_handlers import os_handler
from ._monty.worker import HostAccess, MountDir, OsAccess
from .approvals.waiting_calls import LookUp
from .errors import SettingsError
from .events.cell_events import Observer
from .events.journal_entries import OnUnknownCall
from .limits import Limits
from .stores.base import Store
from .stores.memory import MemoryStore

Checking: TypeAlias = Literal['strict', 'names', 'off']
"""How much of a cell is checked before it runs; see the page on checking."""
JournalWrites: TypeAlias = Literal['cell', 'call']
"""When the journal of a cell's calls is stored."""
Streamed: TypeAlias = Literal['auto', 'calls', 'all', 'none']
"""Which events of a cell the stream of its run has."""
OnLostState: TypeAlias = Literal['restart', 'error']
"""What happens when a state cannot be had."""
Secret: TypeAlias = str | bytes | Sequence[str | bytes]


class CodeModeOptions(TypedDict, total=False):
    """The options of `CodeMode` and `CodeModeToolset`, all of them keywords."""

    tools: ToolSelector[Any]
    """Which tools code may call: `'all'` (default), names, a predicate `(ctx, tool_def) -> bool`, or metadata to match.
    The others stay tools of the model's, as do those that cannot work inside code (tool search, output tools, ...)."""
    store: Store | str | None
    """Where state lives between turns: a store, or the URL of a database for a `SqlStore`, such as `'sqlite:///agent.db'`.
    Default: a `MemoryStore` of this agent's, which ends with the process."""
    owner: Owner | None
    """Whose conversations the agent has: the id of a user, or a function of the run context that gives one, as in
    `lambda ctx: ctx.deps.user_id`. Nothing of another owner's is ever found, resumed or told of. Default `None`: everything
    belongs together, which is right for a script or for an application of one person. Where clients name conversations, as
    with every UI adapter, give it: see the page on security."""
    compacts_history: bool
    """Whether the application takes cells out of histories, by a history processor for example, without leaving a
    `CompactionPart` there. Then a history with earlier messages and no cell gets the newest state of its conversation.
    Default `False`."""
    limits: Limits | Mapping[str, Any]
    """What one cell may spend: `Limits(max_duration_secs=10)`, or a dict of its fields; `Limits.STRICT` and
    `Limits.UNLIMITED` are there too. Default `Limits.DEFAULT`."""
    max_tool_calls: int
    """How many tool calls one cell may make. Default 100."""
    max_failed_cells: int
    """How many cells may fail in a row before the model is told to stop trying and answer. Default 3; never ends a
    run."""
    max_retries: int
    """Deprecated, for code that comes from `pydantic_ai_harness`: `max_failed_cells`."""
    resource_limits: Mapping[str, Any] | Literal['unlimited'] | None
    """Deprecated, for code that comes from `pydantic_ai_harness`: `limits`; `'unlimited'` is `Limits.UNLIMITED`."""
    max_result_chars: int
    """How many characters of JSON a result may have before the model gets its head and its size. Default 10,000, at least
    100."""
    max_call_chars: int
    """How much of a call's arguments, and of its result, the history's metadata and the run's events have. Default 10,000.
    The model reads neither."""
    checking: Checking
    """`'strict'` (default) checks types, `'names'` only names, modules and arguments, `'off'` nothing."""
    os_access: OsAccess | None
    """Answers the operating system calls that code makes (files, environment, clock), as `pydantic_monty` has it."""
    mount: MountDir | Sequence[MountDir] | None
    """Directories of the host that code may open, as `pydantic_monty` has them."""
    secret: Secret | None
    """Seals what goes into the store: one secret of at least 16 bytes, or several for rotation, the newest first. Default: the environment
    variable `GRAIL_SECRET`, else a key that fits the store."""
    max_snapshot_bytes: int
    """How many bytes a state may have to be kept for a later turn, or while its cell waits. Default 64 MiB."""
    keep_snapshots: int | None
    """About how many states a conversation keeps. Default 200; `None` keeps all."""
    store_timeout: float | timedelta
    """How long one call of the store may take, in seconds or as a `timedelta`. Default 10 seconds."""
    on_lost_state: OnLostState
    """When the state a history speaks of is missing or must not be loaded: `'restart'` (default) starts empty and tells
    the model, `'error'` raises the `SnapshotError` and ends the run."""
    journal_writes: JournalWrites | None
    """When the journal of a cell's calls is stored: `'call'` before every call, and after it: with the next call, or
    a few milliseconds later; `'cell'` only when the cell ends or waits. Default: `'call'` for a store that outlives the
    process."""
    on_unknown_call: OnUnknownCall | LookUp
    """What becomes of a call that was under way when its process died, unless its tool is marked `read_only` or
    `idempotent`: `'ask'` (default) waits for a person, `'raise'` raises in the code, `'retry'` makes it again. Or a
    function that looks the call up, `(ctx, call) -> ProvideResult(...) | Approve() | None`; a person is asked where it gives
    `None` or raises."""
    reuse_calls: bool
    """Whether a cell that corrects a failed one gets the results of the calls that it makes again from the beginning, in
    the same order, instead of making them again. Default `True`; calls of read-only tools are made again."""
    decision_timeout: float | timedelta | None
    """How long a waiting call may wait for its decision, in seconds or as a `timedelta`; then code gets a `TimeoutError`.
    Default `None`: for ever."""
    claim_timeout: float | timedelta
    """After how long without a sign of life a process counts as dead, so that another may resume its cell, in seconds or as
    a `timedelta`. Default 30 seconds. A dead process of the same machine is seen at once."""
    events: Streamed
    """What the event stream of a run has of its cells, see `pydantic_ai_grail.events.stream_events`: `'calls'`, `'all'`, which
    adds the check, what is printed and the end, or `'none'`. UI adapters send them to the front end. Default `'auto'`:
    `'calls'`, but nothing in a run whose model is not streamed, since then nobody listens."""
    observers: Sequence[Observer]
    """Told what happens in each cell, as it happens, beside the OpenTelemetry span: see `pydantic_ai_grail.events`."""
    max_catalog_chars: int
    """How many characters of the prompt the tools may take before they move into modules. Default 12,000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Options that were looked at. Make one with `Settings.of`."""

    tools: ToolSelector[Any] = 'all'
    store: Store
    owner: Owner | None = None
    compacts_history: bool = False
    limits: Limits = Limits.DEFAULT
    max_tool_calls: int = 100
    max_failed_cells: int = 3
    max_result_chars: int = 10_000
    max_call_chars: int = 10_000
    checking: Checking = 'strict'
    host: HostAccess = field(default_factory=HostAccess)
    secret: Secret | None = None
    max_snapshot_bytes: int = 64 * 1024 * 1024
    keep_snapshots: int | None = 200
    store_timeout: float = 10.0
    on_lost_state: OnLostState = 'restart'
    journal_writes: JournalWrites = 'cell'
    on_unknown_call: OnUnknownCall | LookUp = 'ask'
    reuse_calls: bool = True
    decision_timeout: float | None = None
    claim_timeout: float = 30.0
    events: Streamed = 'auto'
    observers: tuple[Observer, ...] = ()
    max_catalog_chars: int = 12_000

    @classmethod
    def of(cls, **options: Unpack[CodeModeOptions]) -> Settings:
        """Check options and fill in what was not given.

        Raises:
            SettingsError: When an option is unknown or cannot be right.
        """
        given = dict[str, Any](options)
        known = CodeModeOptions.__annotations__.keys()
        if unknown := given.keys() - known:
            raise SettingsError(problem_with_option(min(unknown), known))
        _take_former(given)
        given['limits'] = _limits(given.pop('limits', None))
        given['host'] = _host(given.pop('os_access', None), given.pop('mount', None))
        given['observers'] = _observers(given.pop('observers', ()))
        given['owner'] = checked(given.get('owner'))
        given['store'] = _store(given.get('store'))
        for name in ('store_timeout', 'decision_timeout', 'claim_timeout'):
            may_be_none = name == 'decision_timeout' and given.get(name) is None
            if name in given and not may_be_none:
                given[name] = in_seconds(name, given[name])
        _check(given)
        if given.get('journal_writes') is None:
            given['journal_writes'] = 'cell' if given['store'].reach == 'process' else 'call'
        return cls(**given)


_CHOICES: Final[Mapping[str, tuple[str | None, ...]]] = MappingProxyType(
    {
        'checking': ('strict', 'names', 'off'),
        'on_lost_state': ('restart', 'error'),
        'journal_writes': ('cell', 'call', None),
        'events': ('auto', 'calls', 'all', 'none'),
        'on_unknown_call': ('ask', 'raise', 'retry'),
    }
)
_AT_LEAST: Final[Mapping[str, int]] = MappingProxyType(
    {
        'max_tool_calls': 1,
        'max_failed_cells': 0,
        'max_result_chars': 100,
        'max_call_chars': 100,
        'max_snapshot_bytes': 1,
        'max_catalog_chars': 0,
    }
)


def _check(given: Mapping[str, Any]) -> None:
    for name, choices in _CHOICES.items():
        or_function = name == 'on_unknown_call'
        if name in given and given[name] not in choices and not (or_function and callable(given[name])):
            listed = ', '.join(map(repr, choices)) + (', or a function' if or_function else '')
            raise SettingsError(f'{name} is one of {listed}, got {given[name]!r}.')
    for name, least in _AT_LEAST.items():
        if name in given:
            check_count(name, given[name], least=least)
    newest = given.get('keep_snapshots')
    if newest is not None and not (is_number(newest, int) and newest > 0):
        raise SettingsError(f'keep_snapshots must be a whole number greater than 0, or None for all, got {newest!r}.')
    for name in ('reuse_calls', 'compacts_history'):
        check_flag(name, given.get(name, True))
    if callable(given.get('on_unknown_call')):
        check_function('on_unknown_call', given['on_unknown_call'], called_as='look_up(ctx, call)', takes=2)
    if isinstance(given.get('tools'), RunContext):
        raise SettingsError('Code mode is given as an instance: write capabilities=[CodeMode()], with parentheses.')
    if not _is_selector(given.get('tools', 'all')):
        raise SettingsError(
            f"tools is 'all', a list of names, a function (ctx, tool_def) -> bool or a dict of metadata, got {given['tools']!r}."
        )
    if callable(given.get('tools')):
        check_function('tools', given['tools'], called_as='choose(ctx, tool_def)', takes=2)


def _is_selector(tools: Any) -> bool:
    if isinstance(tools, str):
        return tools == 'all'
    if isinstance(tools, Sequence):
        return all(isinstance(name, str) for name in cast('Sequence[Any]', tools))
    return isinstance(tools, dict) or (callable(tools) and not isinstance(tools, type))


def _take_former(given: dict[str, Any]) -> None:
    """Options of `pydantic_ai_harness.CodeMode` that have another name here."""
    for former, name in FORMER.items():
        if former not in given:
            continue
        value = given.pop(former)
        if value is None and former == 'resource_limits':
            continue
        if given.get(name) is not None:
            raise SettingsError(f'Give {name} or {former}, not both: they are the same option.')
        is_unlimited = former == 'resource_limits' and value == 'unlimited'
        given[name] = Limits.UNLIMITED if is_unlimited else value
        written = 'limits=Limits.UNLIMITED' if is_unlimited else f'{name}=...'
        warn_deprecated(f'{former}, of pydantic_ai_harness, is {name} here: write {written}')


def _store(given: Any) -> Store:
    if given is None:
        return MemoryStore()
    if isinstance(given, str):
        try:
            from .stores.sql import SqlStore  # an extra

            return SqlStore(given)
        except ImportError as error:
            raise SettingsError(f'store is the URL of a database, and {error}.') from error
    check_store(given, or_url=True)
    return cast('Store', given)


def _limits(chosen: Any) -> Limits:
    if chosen is None:
        return Limits.DEFAULT
    if isinstance(chosen, Limits):
        return chosen
    if isinstance(chosen, Mapping):
        values = dict(cast('Mapping[str, Any]', chosen))
        names = [item.name for item in fields(Limits)]
        unknown = values.keys() - {*names}
        if not unknown:
            return Limits(**values)
        raise SettingsError(f'There is no limit {sorted(unknown)[0]!r}. There are: {", ".join(names)}.')
    raise SettingsError(f'limits is a Limits or a dict of its fields, such as Limits.UNLIMITED, got {chosen!r}.')


def _observers(observers: Any) -> tuple[Observer, ...]:
    if not isinstance(observers, Sequence) or not all(callable(item) for item in cast('Sequence[Any]', observers)):
        raise SettingsError(f'observers is a list of callables that take an event, got {observers!r}.')
    for observer in cast('Sequence[Observer]', observers):
        check_function('observers', observer, called_as='observer(event)', takes=1)
    return tuple(cast('Sequence[Observer]', observers))


def _host(os_access: Any, mount: Any) -> HostAccess:
    several = isinstance(mount, Sequence)
    mounts = () if mount is None else tuple(cast('Sequence[Any]', mount)) if several else (mount,)
    if not all(isinstance(item, MountDir) for item in mounts):
        raise SettingsError(f'mount is a pydantic_monty.MountDir or several, got {mount!r}.')
    return HostAccess(os=None if os_access is None else os_handler(os_access), mounts=mounts)


def instance_of_toolset(wrapped: Any) -> AbstractToolset[Any]:
    """What `CodeModeToolset` is given.

    Raises:
        SettingsError: When it is no toolset, or the class of one.
    """
    if isinstance(wrapped, AbstractToolset):
        return cast('AbstractToolset[Any]', wrapped)
    raise SettingsError(
        f'CodeModeToolset takes a toolset, such as CodeModeToolset(FunctionToolset([function])), got {wrapped!r}.'
    )
