"""Code mode for Pydantic AI: every cell checked before it runs, state kept between turns.

Names are imported when they are asked for: the command line needs few of them, and `SqlStore` needs the extra `sql`.
"""

from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .approvals import (
        ApprovalGrant,
        Approve,
        Deny,
        ProvideResult,
        RaiseError,
        WaitingCall,
        decide,
        waiting_calls,
    )
    from .code_mode import CodeMode
    from .errors import GrailError, SettingsError, SnapshotError, StoreError
    from .limits import Limits
    from .settings import CodeModeOptions
    from .stores.base import Store
    from .stores.memory import MemoryStore
    from .stores.sql import SqlStore
    from .toolset import CodeModeToolset

    __version__: str

__all__: list[str] = [
    'ApprovalGrant',
    'Approve',
    'CodeMode',
    'CodeModeOptions',
    'CodeModeToolset',
    'Deny',
    'GrailError',
    'Limits',
    'MemoryStore',
    'ProvideResult',
    'RaiseError',
    'SettingsError',
    'SnapshotError',
    'Store',
    'StoreError',
    'WaitingCall',
    'decide',
    'waiting_calls',
]

_MODULES = {
    'code_mode': ('CodeMode',),
    'errors': ('GrailError', 'SettingsError', 'SnapshotError', 'StoreError'),
    'limits': ('Limits',),
    'settings': ('CodeModeOptions',),
    'stores.base': ('Store',),
    'stores.memory': ('MemoryStore',),
    'stores.sql': ('SqlStore',),
    'toolset': ('CodeModeToolset',),
    'approvals': (
        'ApprovalGrant',
        'Approve',
        'Deny',
        'ProvideResult',
        'RaiseError',
        'WaitingCall',
        'decide',
        'waiting_calls',
    ),
}


if TYPE_CHECKING or find_spec('sqlalchemy') is not None:  # so that `import *` works without the extra
    __all__ += ['SqlStore']


def __getattr__(name: str) -> Any:
    if name == '__version__':
        return version('pydantic-ai-grail')
    module = next((module for module, names in _MODULES.items() if name in names), None)
    if module is None:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    value = globals()[name] = getattr(import_module(f'.{module}', __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
