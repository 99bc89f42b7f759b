"""Exceptions for the programmer. What the model gets is a value, rendered in `_reply/`.

Each is in the docs under its own name, in lower case: `docs/reference/errors.md#storeconflict`.

```
GrailError
├── SettingsError                an option that cannot be right; raised when it is given
├── OwnerError                   it is not said whose a conversation is
├── ConversationIdError          an id that cannot name a conversation
├── StoreError                   a store could not do what it was asked
│   ├── StoreTimeout             ... in time
│   └── StoreConflict            ... because another process was first
├── SnapshotError                a snapshot that must not be loaded
│   ├── SnapshotMissing          the history names it, the store has it no more
│   ├── SnapshotTampered         its seal does not fit, or it is cut short
│   ├── SnapshotKeyUnknown       it was sealed with a key that is not configured
│   ├── SnapshotMismatch         it belongs to another conversation or cell
│   ├── SnapshotVersionMismatch  another version of this package or of Monty wrote it
│   └── SnapshotTooLarge         it is over the cap
├── JournalError                 a cell that cannot be resumed from its journal
│   ├── JournalTampered          an entry does not fit its seal or its place
│   ├── JournalKeyUnknown        an entry was sealed with a key that is not configured
│   ├── JournalMismatch          it does not belong to this history
│   └── DecisionError            a decision that fits no waiting call
│       ├── DecisionNotAwaited   ... for the cell never waited
│       └── DecisionUsed         ... any more: somebody decided before
└── SandboxError                 the sandbox itself failed, not the code in it
    ├── SandboxCrashed           its worker died
    └── SandboxUnavailable       no worker could be had in time
```
"""

from __future__ import annotations


class GrailError(Exception):
    """Base of every exception this package raises. Catch it to catch them all."""


class SettingsError(GrailError, ValueError):
    """An option cannot be right. Raised when it is given, before anything ran; correct what the message names."""


class ConversationIdError(GrailError, ValueError):
    """An id cannot name a conversation. Nothing was done; give another one."""


class OwnerError(GrailError):
    """It is not said whose a conversation is, or it is another one's. Nothing was done; give `owner=`."""


class StoreError(GrailError):
    """A store could not do what it was asked to. The message says what and why; run the agent again once the store answers."""


class StoreTimeout(StoreError, TimeoutError):
    """A store did not answer in the time it was given. Raise `store_timeout` if it is slow and alive."""


class StoreConflict(StoreError):
    """Another process runs the cell, or has run it on. Nothing was written; load the history again before the next run."""


class SnapshotError(GrailError):
    """A snapshot must not be loaded. Raised with `on_lost_state='error'`; otherwise the cell starts without its variables."""


class SnapshotMissing(SnapshotError):
    """The history names a state that the store does not have (any more). Keep more of them, or begin a new conversation."""


class SnapshotTampered(SnapshotError):
    """The seal of a snapshot does not fit its bytes, or it is cut short. Find out who writes to the store."""


class SnapshotKeyUnknown(SnapshotError):
    """A snapshot was sealed with a key that is not among the configured ones. Add its secret behind the newest one."""


class SnapshotMismatch(SnapshotError):
    """A snapshot belongs to another conversation or cell than the one it was found under. Find out who writes to the store."""


class SnapshotVersionMismatch(SnapshotError):
    """A version of this package or of Monty that this one cannot read wrote a snapshot. Let that version end the conversation."""


class SnapshotTooLarge(SnapshotError):
    """A snapshot is over the configured cap. Raise `max_snapshot_bytes`, or keep less in variables."""


class JournalError(GrailError):
    """A cell cannot be resumed from its journal. Nothing ran; the subclasses say what to do."""


class JournalTampered(JournalError):
    """A journal entry was changed, moved or left out, or belongs elsewhere. Find out who writes to the store."""


class JournalKeyUnknown(JournalError):
    """A journal entry was sealed with a key that is not among the configured ones. Add its secret behind the newest one."""


class JournalMismatch(JournalError):
    """A journal is of another line of cells than that of the message history, or was set back. Run the agent with the history
    that belongs to the store."""


class DecisionError(JournalError, ValueError):
    """A decision does not fit what waits: it is of another call, or made with other arguments in view. The call still waits;
    decide again."""


class DecisionNotAwaited(DecisionError):
    """A call resumes a cell that never waited: the history says that it did, and may come from a client. The model is told."""


class DecisionUsed(DecisionError):
    """A decision comes too late: the cell was resumed with others, or waits for others now. Look at `waiting_calls` of the
    newest run."""


class SandboxError(GrailError):
    """The sandbox itself failed, not the code in it."""


class SandboxCrashed(SandboxError):
    """A worker process died while it held a session. Run the agent again."""


class SandboxUnavailable(SandboxError):
    """No worker could be had in the time allowed. Run fewer agents at once in one process."""
