"""For whoever operates a store: list, copy, archive, delete and lease conversations. No model is asked, no tool called.

Each function takes the store first, then the conversation; the rest by name.
"""

from .archive import export_conversation, import_conversation
from .forking import fork_conversation
from .inspection import (
    LiveGrant,
    StoredWaitingCall,
    UnfinishedCell,
    list_cells,
    list_grants,
    list_unfinished_cells,
    list_waiting_calls,
)
from .leases import lease_conversation
from .past_cells import CellStatus, PastCall, PastCell, PastDecision
from .retention import ExpiryReport, SparedConversation, delete_expired

__all__ = [
    'CellStatus',
    'ExpiryReport',
    'LiveGrant',
    'PastCall',
    'PastCell',
    'PastDecision',
    'SparedConversation',
    'StoredWaitingCall',
    'UnfinishedCell',
    'delete_expired',
    'export_conversation',
    'fork_conversation',
    'import_conversation',
    'lease_conversation',
    'list_cells',
    'list_grants',
    'list_unfinished_cells',
    'list_waiting_calls',
]
