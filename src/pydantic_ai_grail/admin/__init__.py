"""For whoever operates a store: look at conversations, fork, archive, expire and lease them. No model is asked, no tool called."""

from .archive import export_conversation, import_conversation
from .forking import fork_conversation
from .inspection import UnfinishedInStore, WaitingInStore, cells_of, grants_of, unfinished_in, waiting_in
from .leases import conversation_lease
from .past_cells import PastCall, PastCell, PastDecision
from .retention import Expired, Spared, expire

__all__ = [
    'Expired',
    'PastCall',
    'PastCell',
    'PastDecision',
    'Spared',
    'UnfinishedInStore',
    'WaitingInStore',
    'cells_of',
    'conversation_lease',
    'expire',
    'export_conversation',
    'fork_conversation',
    'grants_of',
    'import_conversation',
    'unfinished_in',
    'waiting_in',
]
