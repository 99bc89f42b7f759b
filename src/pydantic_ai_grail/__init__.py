"""Code mode for Pydantic AI: every cell checked before it runs, state kept between turns."""

from typing import TYPE_CHECKING

from .code_mode import CodeMode
from .errors import GrailError, SettingsError, SnapshotError, StoreError
from .limits import DEFAULT_LIMITS, NO_LIMITS, STRICT_LIMITS, Limits
from .settings import CodeModeOptions
from .stores.base import Store
from .stores.memory import MemoryStore
from .toolset import CodeModeToolset
from .waiting import Approve, Deny, WaitingCall, decide, waiting_calls

if TYPE_CHECKING:
    from .stores.sql import SqlStore

__all__ = [
    'DEFAULT_LIMITS',
    'NO_LIMITS',
    'STRICT_LIMITS',
    'Approve',
    'CodeMode',
    'CodeModeOptions',
    'CodeModeToolset',
    'Deny',
    'GrailError',
    'Limits',
    'MemoryStore',
    'SettingsError',
    'SnapshotError',
    'SqlStore',
    'Store',
    'StoreError',
    'WaitingCall',
    'decide',
    'waiting_calls',
]


def __getattr__(name: str) -> object:
    if name == 'SqlStore':  # needs the extra `sql`, so it is imported when it is asked for
        from .stores.sql import SqlStore

        return SqlStore
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
