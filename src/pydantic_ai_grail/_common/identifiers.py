"""Ids that clients, providers and applications choose: what no store can keep is refused, or named by its digest."""

from __future__ import annotations

import unicodedata
from hashlib import sha256
from typing import Any, Final

from ..errors import ConversationIdError

MAX_ID_BYTES: Final = 512
"""Of UTF-8. An owner, a conversation and a cell together are one key of an index, of which PostgreSQL takes 2,704 bytes."""


def problem_with_id(id: Any) -> str | None:
    """Why this cannot be an id, as the end of a sentence; `None` if it can."""
    if not isinstance(id, str):
        return f'got {id!r:.80}, which is no text'
    if not id.strip():
        return f'got {id!r:.80}, which is empty'
    if len(id) > MAX_ID_BYTES or len(id.encode('utf-8', 'surrogatepass')) > MAX_ID_BYTES:
        return f'got {len(id):,} characters, and {MAX_ID_BYTES} bytes are the most'
    if not id.isprintable() and any(unicodedata.category(char) in ('Cc', 'Cs') for char in id):
        return f'got {id[:80]!a}, which has control characters or halves of characters in it'
    return None


def checked_conversation_id(conversation_id: Any) -> str:
    """An id that a store can keep.

    Raises:
        ConversationIdError: When it is none.
    """
    problem = problem_with_id(conversation_id)
    if problem is not None:
        raise ConversationIdError(f'conversation_id names a conversation; {problem}. Nothing was done.')
    return conversation_id


def cell_id_of(tool_call_id: str) -> str:
    """The id of the cell that a tool call asks for: the call's own, or its digest where no store could keep that."""
    if problem_with_id(tool_call_id) is None:
        return tool_call_id
    return f'sha256-{sha256(tool_call_id.encode("utf-8", "surrogatepass")).hexdigest()}'
