"""Code mode for Pydantic AI: every cell checked before it runs, state kept between turns."""

from .code_mode import CodeMode
from .errors import GrailError, SettingsError, SnapshotError, StoreError
from .limits import DEFAULT_LIMITS, NO_LIMITS, STRICT_LIMITS, Limits
from .settings import CodeModeOptions
from .stores.base import SnapshotRecord, Store
from .stores.memory import MemoryStore
from .stores.sql import SqlStore
from .toolset import CodeModeToolset

__all__ = [
    'DEFAULT_LIMITS',
    'NO_LIMITS',
    'STRICT_LIMITS',
    'CodeMode',
    'CodeModeOptions',
    'CodeModeToolset',
    'GrailError',
    'Limits',
    'MemoryStore',
    'SettingsError',
    'SnapshotError',
    'SnapshotRecord',
    'SqlStore',
    'Store',
    'StoreError',
]
