"""The table of what may happen to a program in the sandbox."""

from __future__ import annotations

import pytest

from pydantic_ai_grail._monty.machine import TRANSITIONS, Event, IllegalTransition, Machine, State


def test_a_program_that_calls_once_walks_from_idle_to_idle() -> None:
    machine = Machine()
    walked = [machine.state]
    for event in (Event.FEED, Event.CALLED, Event.ANSWER, Event.WAITED, Event.SETTLE, Event.FINISHED):
        machine.move(event)
        walked.append(machine.state)
    assert walked == [
        State.IDLE,
        State.RUNNING,
        State.AT_CALL,
        State.RUNNING,
        State.BLOCKED,
        State.RUNNING,
        State.IDLE,
    ]
    assert machine.is_idle


@pytest.mark.parametrize('state', State)
@pytest.mark.parametrize('event', Event)
def test_only_the_steps_of_the_table_can_be_taken(state: State, event: Event) -> None:
    machine = Machine(state)
    if (state, event) in TRANSITIONS:
        machine.move(event)
        assert machine.state is TRANSITIONS[state, event]
    else:
        with pytest.raises(
            IllegalTransition, match=f"'{event.value}' cannot happen to a program that is {state.value}"
        ):
            machine.move(event)
        assert machine.state is state


def test_every_state_but_lost_can_be_left_and_every_state_but_idle_is_reached() -> None:
    assert {state for state, _ in TRANSITIONS} == set(State) - {State.LOST}
    assert set(TRANSITIONS.values()) == set(State)


def test_only_a_program_at_a_call_or_blocked_can_be_parked() -> None:
    assert {state for state, event in TRANSITIONS if event is Event.PARK} == {State.AT_CALL, State.BLOCKED}
