"""What a browser is told of an error: which kind, and what to do, in fixed sentences.

Pydantic AI's adapters send the text of whatever ends a run. Ours is for the programmer and names stores, files, machines,
processes and what a database raised; a client gets none of it. The error itself is the cause, and stands in the log.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final

from ..errors import (
    DecisionError,
    DecisionUsed,
    GrailError,
    JournalError,
    SandboxError,
    SnapshotError,
    StoreConflict,
    StoreError,
)

_LOG: Final = logging.getLogger('pydantic_ai_grail')

PUBLIC_TEXTS: Final[Mapping[type[GrailError], str]] = MappingProxyType(
    {
        StoreConflict: 'Another request is working on this. Reload the page, or send the answer again in a moment.',
        StoreError: 'What this conversation has on the server cannot be reached now. Send it again in a moment.',
        SnapshotError: 'What this conversation had on the server cannot be had any more. Begin a new one.',
        DecisionUsed: 'This was decided before, and what was decided stays. Reload the page.',
        DecisionError: 'This answer does not fit what waits here. Reload the page.',
        JournalError: 'What waits here cannot be resumed. Begin a new conversation, or ask whoever runs this application.',
        SandboxError: 'The server is busy. Send it again in a moment.',
        GrailError: 'The server cannot do this as it is set up. Ask whoever runs this application.',
    }
)


def as_public(error: GrailError) -> GrailError:
    """An error of the same kind whose text is for anybody."""
    return type(error)(next(PUBLIC_TEXTS[kind] for kind in type(error).__mro__ if kind in PUBLIC_TEXTS))


@contextmanager
def public_errors(*, is_public: bool) -> Generator[None]:
    """Let the errors of a run that a client sees be in words for it. Others pass untouched.

    Raises:
        GrailError: Of the same kind; its cause is the one that was raised.
    """
    try:
        yield
    except GrailError as error:
        if not is_public or str(error) in PUBLIC_TEXTS.values():
            raise
        _LOG.error('A run that came from a client ended in %s: %s', type(error).__name__, error)
        raise as_public(error) from error
