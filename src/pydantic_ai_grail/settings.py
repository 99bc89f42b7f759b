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
from ._common.ownership import Owner, checked
from ._common.unknown_options import with_names_of_here
from ._monty.os_handlers import os_handler
from ._monty.worker import HostAccess, MountDir, OsAccess
from .approvals.waiting_calls import LookUp
from .errors import SettingsError
from .events.cell_events import EventHandler
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
    """The options of `CodeMode` and `CodeModeToolset`, for functions that pass them on as `**options`. `CodeMode` says what
    each does."""

    tools: ToolSelector[Any]
    store: Store | str | None
    owner: Owner | None
    compacts_history: bool
    limits: Limits | Mapping[str, Any]
    max_tool_calls: int
    max_failed_cells: int
    max_result_chars: int
    max_call_chars: int
    checking: Checking
    os_access: OsAccess | None
    mount: MountDir | Sequence[MountDir] | None
    secret: Secret | None
    max_snapshot_bytes: int
    keep_snapshots: int | None
    store_timeout: float | timedelta
    on_lost_state: OnLostState
    journal_writes: JournalWrites | None
    on_unknown_call: OnUnknownCall | LookUp
    reuse_calls: bool
    decision_timeout: float | timedelta | None
    claim_timeout: float | timedelta
    events: Streamed
    on_cell_event: EventHandler | Sequence[EventHandler]
    max_catalog_chars: int


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
    on_cell_event: tuple[EventHandler, ...] = ()
    max_catalog_chars: int = 12_000

    @classmethod
    def of(cls, **options: Unpack[CodeModeOptions]) -> Settings:
        """Check options and fill in what was not given.

        Raises:
            SettingsError: When an option is unknown or cannot be right.
        """
        given = with_names_of_here(options, CodeModeOptions.__annotations__.keys())
        given['limits'] = _limits(given.pop('limits', None))
        given['host'] = _host(given.pop('os_access', None), given.pop('mount', None))
        given['on_cell_event'] = _handlers(given.get('on_cell_event', ()))
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


def _handlers(given: Any) -> tuple[EventHandler, ...]:
    handlers = cast('Sequence[Any]', given if isinstance(given, Sequence) else (given,))
    for handler in handlers:
        if not callable(handler) or isinstance(handler, type):
            raise SettingsError(f'on_cell_event is a function that takes an event, or a list of them, got {given!r}.')
        check_function('on_cell_event', handler, called_as='on_cell_event(event)', takes=1)
    return tuple(handlers)


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
