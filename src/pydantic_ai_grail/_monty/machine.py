"""States, events and transitions of a program in the sandbox, as a table; no `await` here.

A program is fed, runs, and stops whenever it needs the host: at a call, at a name nobody bound, at something of the
operating system, or at an `await` that no task can pass. The host answers and it runs on. While it stands at a call or
blocked it may be parked: dumped and given up, to be revived later, perhaps elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final


class State(Enum):
    """Where a program stands."""

    __hash__ = object.__hash__  # as every step looks it up: that of `Enum` is a function of Python's

    IDLE = 'idle'
    RUNNING = 'running'
    AT_CALL = 'at a call'
    AT_NAME = 'at a name'
    AT_HOST = 'at a host function'
    BLOCKED = 'blocked'
    PARKED = 'parked'
    LOST = 'lost'


class Event(Enum):
    """What happens to it. The host's doings first, the sandbox's second."""

    __hash__ = object.__hash__

    FEED = 'feed'
    ANSWER = 'answer'
    SETTLE = 'settle'
    PARK = 'park'
    REVIVE = 'revive'

    CALLED = 'called'
    NAMED = 'named'
    HOST_CALLED = 'host called'
    WAITED = 'waited'
    FINISHED = 'finished'
    RAISED = 'raised'
    CRASHED = 'crashed'


TRANSITIONS: Final[Mapping[tuple[State, Event], State]] = MappingProxyType(
    {
        (State.IDLE, Event.FEED): State.RUNNING,
        (State.RUNNING, Event.CALLED): State.AT_CALL,
        (State.RUNNING, Event.NAMED): State.AT_NAME,
        (State.RUNNING, Event.HOST_CALLED): State.AT_HOST,
        (State.RUNNING, Event.WAITED): State.BLOCKED,
        (State.RUNNING, Event.FINISHED): State.IDLE,
        (State.RUNNING, Event.RAISED): State.IDLE,
        (State.RUNNING, Event.CRASHED): State.LOST,
        (State.AT_CALL, Event.ANSWER): State.RUNNING,
        (State.AT_NAME, Event.ANSWER): State.RUNNING,
        (State.AT_HOST, Event.ANSWER): State.RUNNING,
        (State.BLOCKED, Event.SETTLE): State.RUNNING,
        (State.AT_CALL, Event.PARK): State.PARKED,
        (State.BLOCKED, Event.PARK): State.PARKED,
        (State.PARKED, Event.REVIVE): State.RUNNING,
    }
)
"""Every step a program may take. Anything else is a mistake of ours."""


class IllegalTransition(RuntimeError):
    """The driver asked for a step the table does not have: a bug in this package."""


@dataclass(slots=True)
class Machine:
    """One program's state; moves only along `TRANSITIONS`."""

    state: State = State.IDLE

    def move(self, event: Event) -> None:
        """Take one step.

        Raises:
            IllegalTransition: When the table has no such step.
        """
        following = TRANSITIONS.get((self.state, event))
        if following is None:
            raise IllegalTransition(f'{event.value!r} cannot happen to a program that is {self.state.value}.')
        self.state = following

    @property
    def is_idle(self) -> bool:
        return self.state is State.IDLE
