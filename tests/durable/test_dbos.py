"""Cells in DBOS workflows: what is recovered when a process dies, and what is not done again."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.dbos_on_sqlite import DBOS_KNOWS_THIS_SQLITE, WHY_NOT
from support.durable_agents import Life, Place, Service, Style, lived

from pydantic_ai_grail import Approve, waiting_calls
from pydantic_ai_grail.approvals import ProvideResult

CELLS = ['first = await pay(1)\nawait rest()\n[first, await pay(2)]', 'await rest()\n[first, await pay(3)]']
DONE = [{'result': ['paid 1', 'paid 2']}, {'result': ['paid 1', 'paid 3']}]
DEATHS = [
    Life(dies_before=1),
    Life(dies_resting=True),
    Life(dies_after_cell=1),
    Life(dies_before_cell=2),
    Life(dies_resting=True),
]
"""Before the first call, between calls, after the first cell and before the second, and in that one."""


@pytest.fixture
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    place = Place.in_files(tmp_path)
    if DBOS_KNOWS_THIS_SQLITE:
        return place
    return place.with_engine_of(Place.in_postgresql(request.getfixturevalue('postgresql_url')))


@pytest.fixture(params=['sqlite', 'postgresql'])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == 'sqlite':
        if not DBOS_KNOWS_THIS_SQLITE:
            pytest.skip(WHY_NOT)
        return Place.in_files(tmp_path)
    return Place.in_postgresql(request.getfixturevalue('postgresql_url'))


def test_a_workflow_that_dies_again_and_again_goes_on_as_if_nothing_had_been(place: Place) -> None:
    answer = lived(place, Service(cells=CELLS), *DEATHS, Life())
    assert (answer.cells, place.paid()) == (DONE, [1, 2, 3])


def test_calls_that_are_steps_do_not_get_the_results_of_each_other(files: Place) -> None:
    answer = lived(files, Service(cells=CELLS, tools_are_steps=True), Life(dies_resting=True), Life())
    assert (answer.cells, files.paid()) == (DONE, [1, 2, 3])


@pytest.mark.parametrize('style', ['toolset', 'wrapped agent'])
def test_code_mode_as_a_toolset_and_in_a_wrapped_agent_recover_too(style: Style, files: Place) -> None:
    service = Service(cells=CELLS, style=style, tools_are_steps=True)
    answer = lived(files, service, Life(dies_resting=True), Life())
    assert (answer.cells, files.paid()) == (DONE, [1, 2, 3])


def test_a_call_that_was_under_way_waits_for_somebody_who_knows(place: Place) -> None:
    service = Service(cells=CELLS)
    asked = lived(place, service, Life(dies_after=2), Life())
    [call] = waiting_calls(asked.waits_for)
    assert (call.tool_name, call.args, call.reason, place.paid()) == ('pay', {'bill': 2}, 'unknown', [1, 2])
    answer = lived(place, service, Life(decisions=ProvideResult('paid 2')))
    assert (answer.cells, place.paid()) == (DONE, [1, 2, 3])


def test_who_finds_that_it_had_no_effect_lets_it_be_made_again(files: Place) -> None:
    service = Service(cells=['[await pay(1), await pay(2)]'])
    answer = lived(files, service, Life(dies_after=1), Life(decisions=Approve()))
    assert (answer.cells, files.paid()) == ([{'result': ['paid 1', 'paid 2']}], [1, 1, 2])


@pytest.mark.parametrize('style', ['capability', 'toolset', 'wrapped agent'])
def test_an_approval_ends_the_workflow_and_the_next_one_goes_on(style: Style, files: Place) -> None:
    service = Service(cells=['first = await pay(1)\n[first, await refund(1)]'], style=style)
    asked = lived(files, service, Life())
    [call] = waiting_calls(asked.waits_for)
    assert (call.tool_name, call.line, files.paid()) == ('refund', 2, [1])
    answer = lived(files, service, Life(decisions=Approve()))
    assert (answer.cells, files.paid()) == ([{'result': ['paid 1', 'refunded 1']}], [1, -1])


def test_a_workflow_that_dies_after_what_was_approved_does_not_do_it_again(files: Place) -> None:
    service = Service(cells=['done = [await pay(1), await refund(1)]\nawait rest()\ndone'])
    lived(files, service, Life(), Life(decisions=Approve(), dies_resting=True))
    answer = lived(files, service, Life(decisions=Approve()))
    assert (answer.cells, files.paid()) == ([{'result': ['paid 1', 'refunded 1']}], [1, -1])


def test_a_wrong_cell_is_refused_before_anything_runs(files: Place) -> None:
    answer = lived(files, Service(cells=['await pay(1)\nawait pay("two")', 'await pay(2)']), Life())
    assert 'Nothing ran' in answer.cells[0]
    assert (answer.cells[1], files.paid()) == ({'result': 'paid 2'}, [2])


def test_variables_live_on_in_the_workflow_of_the_next_turn(files: Place) -> None:
    answer = lived(files, Service(cells=['first = await pay(1)']), Life(), Life(turn=['[first, await pay(2)]']))
    assert (answer.cells[-1], files.paid()) == ({'result': ['paid 1', 'paid 2']}, [1, 2])


def test_a_large_state_is_there_after_a_recovery(files: Place) -> None:
    service = Service(cells=['large = "x" * 5_000_000\nlen(large)', 'len(large)'])
    answer = lived(files, service, Life(dies_before_cell=2), Life())
    assert answer.cells == [{'result': 5_000_000}, {'result': 5_000_000}]


def test_a_corrected_cell_repeats_nothing_after_a_recovery(files: Place) -> None:
    service = Service(cells=['await pay(1)\n1 / 0', 'await pay(1)\nawait pay(2)'])
    answer = lived(files, service, Life(dies_before_cell=2), Life())
    assert (answer.cells[1]['result'], files.paid()) == ('paid 2', [1, 2])


def test_a_recovered_run_has_counted_the_calls_of_its_cells(files: Place) -> None:
    service = Service(cells=CELLS)
    assert lived(files, service, Life(dies_before_cell=2), Life()).tool_calls == 7


def test_a_cell_that_another_machine_claims_is_waited_for(files: Place) -> None:
    service = Service(cells=['await rest()\nawait pay(1)'], options={'claim_timeout': 2})
    lived(files, service, Life(dies_resting=True))
    files.claim_from_elsewhere(seconds=2)
    answer = lived(files, service, Life())
    assert (answer.cells, files.paid()) == ([{'result': 'paid 1'}], [1])


def test_a_cell_that_another_machine_keeps_is_given_up_some_time(files: Place) -> None:
    service = Service(cells=['await rest()\nawait pay(1)'], options={'claim_timeout': 0.5})
    lived(files, service, Life(dies_resting=True))
    files.claim_from_elsewhere(seconds=600)
    with pytest.raises(AssertionError, match='DBOSMaxStepRetriesExceeded'):
        lived(files, service, Life())
    assert files.paid() == []


def test_what_a_tool_tells_beside_its_result_is_told_once_also_after_a_recovery(files: Place) -> None:
    service = Service(cells=['await tell("12345")', 'await pay(1)'], listens=True)
    answer = lived(files, service, Life(dies_before_cell=2), Life())
    assert (answer.prompts, files.paid()) == (['go', '12345'], [5, 1])
