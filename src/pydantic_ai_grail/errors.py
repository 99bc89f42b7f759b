"""Exceptions for the programmer. What the model gets is a value, rendered in `_reply/`.

```
GrailError
├── SettingsError            an option that cannot be right; raised when it is given
├── OwnerError               it is not said whose a conversation is
├── ConversationIdError      an id that cannot name a conversation
├── CatalogError             tools that cannot be offered as Python
├── StoreError               a store could not do what it was asked
│   ├── StoreTimeout         ... in time
│   └── StoreConflict        ... because another process was first
├── SnapshotError            a snapshot that must not be loaded
│   ├── SnapshotMissing      the history names it, the store has it no more
│   ├── SnapshotTampered     its seal does not fit, or it is cut short
│   ├── SnapshotKeyUnknown   it was sealed with a key that is not configured
│   ├── SnapshotForeign      it belongs to another conversation or cell
│   ├── SnapshotVersion      another version of this package or of Monty wrote it
│   └── SnapshotTooLarge     it is over the cap
├── JournalError             a cell that cannot go on from its journal
│   ├── JournalTampered      an entry does not fit its seal or its place
│   ├── JournalKeyUnknown    an entry was sealed with a key that is not configured
│   ├── JournalForeign       it does not belong to this history
│   └── DecisionError        a decision that fits no waiting call
│       ├── NothingToResume  ... for the cell never waited
│       └── DecisionUsed     ... any more: somebody decided before
└── SandboxError             the sandbox itself failed, not the code in it
    ├── SandboxCrashed       its worker died
    └── SandboxUnavailable   no worker could be had in time
```
"""

from __future__ import annotations


class GrailError(Exception):
    """Base of every exception this package raises."""


class SettingsError(GrailError, ValueError):
    """An option that cannot be right. Raised when it is given, before anything ran."""


class ConversationIdError(GrailError, ValueError):
    """An id that cannot name a conversation. Nothing was done."""


class OwnerError(GrailError):
    """It is not said whose a conversation is. Nothing was done."""


class CatalogError(GrailError):
    """Tools that cannot be offered as Python functions."""


class StoreError(GrailError):
    """A store could not do what it was asked to. The message says what and why."""


class StoreTimeout(StoreError, TimeoutError):
    """A store did not answer in the time it was given."""


class StoreConflict(StoreError):
    """Another process runs the cell, or has run it on. Nothing was written."""


class SnapshotError(GrailError):
    """A snapshot that must not be loaded."""


class SnapshotMissing(SnapshotError):
    """The history names a state that the store does not have (any more)."""


class SnapshotTampered(SnapshotError):
    """A snapshot whose seal does not fit its bytes, or that is cut short."""


class SnapshotKeyUnknown(SnapshotError):
    """A snapshot sealed with a key that is not among the configured ones."""


class SnapshotForeign(SnapshotError):
    """A snapshot that belongs to another conversation or cell than the one it was found under."""


class SnapshotVersion(SnapshotError):
    """A snapshot written by a version of this package or of Monty that this one cannot read."""


class SnapshotTooLarge(SnapshotError):
    """A snapshot over the configured cap."""


class JournalError(GrailError):
    """A cell cannot go on from its journal. Nothing ran."""


class JournalTampered(JournalError):
    """A journal entry that was changed, moved or left out, or that belongs elsewhere."""


class JournalKeyUnknown(JournalError):
    """A journal entry sealed with a key that is not among the configured ones."""


class JournalForeign(JournalError):
    """A journal of another line of cells than that of the message history, or one that was set back."""


class DecisionError(JournalError, ValueError):
    """A decision that does not fit what waits: of another call, or made with other arguments in view."""


class NothingToResume(DecisionError):
    """A call resumes a cell that never waited: the history says that it did, and may come from a client. The model is told."""


class DecisionUsed(DecisionError):
    """A decision that comes too late: the cell has gone on with others, or waits for others now."""


class SandboxError(GrailError):
    """The sandbox itself failed, not the code in it."""


class SandboxCrashed(SandboxError):
    """A worker process died while it held a session."""


class SandboxUnavailable(SandboxError):
    """No worker could be had in the time allowed."""
