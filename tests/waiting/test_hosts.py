"""Hosts that know nothing of cells, tools that the model calls beside one, and several cells in a response: each step is a
fresh process that has the store, the history as JSON, and the answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.desk import Told, told
from support.host_stories import BESIDE, SEVERAL, WHOLE


def denied(message: str, calls: str = 'This cell called no tool.') -> str:
    ended = 'Nothing more of it runs, and nothing that it assigned is kept.'
    return f'A person denied the cell: {message}\n{ended}\n{calls}'


REFUNDED_50 = (
    "Calls that were made and are not undone:\n  refund(order=1, amount=50) -> 'refunded 50'\nThe same calls, made first and "
    'in the same order, return this without being run again. Otherwise use what they returned; make none again that '
    'changes anything.'
)

WHOLE_TOLD: dict[str, Told] = {
    'approved': Told(
        contents=[{'result': ['refunded 500', 'refunded 600', 'closed']}],
        effects=[['refund', 1, 500], ['refund', 2, 600], ['close', 3]],
        waited=[
            [
                ['refund', {'order': 1, 'amount': 500}, 'approval'],
                ['refund', {'order': 2, 'amount': 600}, 'approval'],
                ['close', {'order': 3}, 'approval'],
            ],
            [],
        ],
        is_done=True,
    ),
    'approved twice': Told(
        contents=[{'result': ['refunded 500', 'refunded 600']}],
        effects=[['refund', 1, 500], ['refund', 2, 600]],
        waited=[
            [['refund', {'order': 1, 'amount': 500}, 'approval']],
            [['refund', {'order': 2, 'amount': 600}, 'approval']],
            [],
        ],
        is_done=True,
    ),
    'approved, and it also waits for an external result': Told(
        contents=[{'result': ['refunded 500', 'sent']}],
        effects=[['refund', 1, 500]],
        waited=[
            [['refund', {'order': 1, 'amount': 500}, 'approval'], ['fax', {'number': '0123'}, 'external']],
            [['fax', {'number': '0123'}, 'external']],
            [],
        ],
        is_done=True,
    ),
    'denied': Told(
        contents=[denied('The tool call was denied.', REFUNDED_50)],
        effects=[['refund', 1, 50]],
        waited=[[['refund', {'order': 2, 'amount': 500}, 'approval']], []],
        is_done=True,
    ),
    'denied with a message': Told(
        contents=[
            denied('Ask the boss.'),
            "There is no name 'x'.\nline 1: x\n        ^\nNothing ran: no tool was called, no variable changed. Send the corrected cell.",
        ],
        effects=[],
        waited=[[['refund', {'order': 2, 'amount': 500}, 'approval']], []],
        is_done=True,
    ),
    'denied, and the next cell makes the same calls': Told(
        contents=[
            denied('The tool call was denied.', REFUNDED_50),
            {
                'result': 'refunded 50',
                'notes': [
                    'Not run again, as a cell that failed or was interrupted had made the same calls: `refund`. They gave what they had returned.'
                ],
            },
        ],
        effects=[['refund', 1, 50]],
        waited=[[['refund', {'order': 2, 'amount': 500}, 'approval']], []],
        is_done=True,
    ),
}

BESIDE_TOLD: dict[str, Told] = {
    'a tool that runs': Told(
        contents=[3, {'result': 'refunded 500'}],
        effects=[['balance', 'ada'], ['refund', 1, 500]],
        waited=[[['refund', {'order': 1, 'amount': 500}, 'approval']], []],
        is_done=True,
    ),
    'a tool that waits, both allowed at once': Told(
        contents=[{'result': 'refunded 500'}, 'closed'],
        effects=[['refund', 1, 500], ['close', 1]],
        waited=[[['refund', {'order': 1, 'amount': 500}, 'approval'], ['close', {'order': 1}, 'approval']], []],
        is_done=True,
    ),
    'a tool that waits, one allowed and one denied': Told(
        contents=['leave it open', {'result': 'refunded 500'}],
        effects=[['refund', 1, 500]],
        waited=[[['refund', {'order': 1, 'amount': 500}, 'approval'], ['close', {'order': 1}, 'approval']], []],
        is_done=True,
    ),
    'a tool that waits, and the cell waits again': Told(
        contents=['closed', {'result': ['refunded 500', 'refunded 500']}],
        effects=[['refund', 1, 500], ['close', 1], ['refund', 2, 500]],
        waited=[
            [['refund', {'order': 1, 'amount': 500}, 'approval'], ['close', {'order': 1}, 'approval']],
            [['refund', {'order': 2, 'amount': 500}, 'approval']],
            [],
        ],
        is_done=True,
    ),
    'a tool that somebody else runs': Told(
        contents=[{'result': 'refunded 500'}, 'sent'],
        effects=[['refund', 1, 500]],
        waited=[[['refund', {'order': 1, 'amount': 500}, 'approval'], ['fax', {'number': '0123'}, 'external']], []],
        is_done=True,
    ),
    'two tools and two cells, all of which wait': Told(
        contents=[
            'closed',
            {'result': 'refunded 500'},
            'sent',
            {'result': 'refunded 600'},
            {'result': ['refunded 500', 'refunded 600']},
        ],
        effects=[['close', 1], ['refund', 1, 500], ['refund', 2, 600]],
        waited=[
            [
                ['refund', {'order': 1, 'amount': 500}, 'approval'],
                ['close', {'order': 1}, 'approval'],
                ['fax', {'number': '0123'}, 'external'],
            ],
            [['refund', {'order': 2, 'amount': 600}, 'approval']],
            [],
        ],
        is_done=True,
    ),
    'a host that knows nothing of cells': Told(
        contents=[{'result': 'refunded 500'}, 'closed'],
        effects=[['refund', 1, 500], ['close', 1]],
        waited=[[['refund', {'order': 1, 'amount': 500}, 'approval'], ['close', {'order': 1}, 'approval']], []],
        is_done=True,
    ),
}

SEVERAL_TOLD: dict[str, Told] = {
    'both wait': Told(
        contents=[{'result': 'refunded 500'}, {'result': 'refunded 600'}, {'result': ['refunded 500', 'refunded 600']}],
        effects=[['refund', 1, 500], ['refund', 2, 600]],
        waited=[
            [['refund', {'order': 1, 'amount': 500}, 'approval']],
            [['refund', {'order': 2, 'amount': 600}, 'approval']],
            [],
        ],
        is_done=True,
    ),
    'the first waits': Told(
        contents=[{'result': 'refunded 500'}, {'result': ['refunded 500', 'refunded 60']}],
        effects=[['refund', 1, 500], ['refund', 2, 60]],
        waited=[[['refund', {'order': 1, 'amount': 500}, 'approval']], []],
        is_done=True,
    ),
    'the second waits': Told(
        contents=[{'result': 'refunded 50'}, {'result': ['refunded 50', 'refunded 600']}],
        effects=[['refund', 1, 50], ['refund', 2, 600]],
        waited=[[['refund', {'order': 2, 'amount': 600}, 'approval']], []],
        is_done=True,
    ),
    'the middle one waits': Told(
        contents=[{'result': 1}, {'result': 'refunded 600'}, {'result': [1, 'refunded 600', 12]}],
        effects=[['refund', 2, 600], ['balance', 'refunded 600']],
        waited=[[['refund', {'order': 2, 'amount': 600}, 'approval']], []],
        is_done=True,
    ),
    'the first is denied': Told(
        contents=[
            'refund(order=1, amount=500) was denied: PermissionError: no\nline 2: a = await refund(1, 500)\n            ^^^^^^^^^^^^^^^^^^^^\nThis cell called no other tool.\nWhat the cell assigned before it stopped is kept: `a`. Continue from there.',
            {'result': [0, 'refunded 60']},
        ],
        effects=[['refund', 2, 60]],
        waited=[[['refund', {'order': 1, 'amount': 500}, 'approval']], []],
        is_done=True,
    ),
    'a host that knows nothing of cells approves both': Told(
        contents=[{'result': 'refunded 500'}, {'result': ['refunded 500', 'refunded 600']}],
        effects=[['refund', 1, 500], ['refund', 2, 600]],
        waited=[
            [['refund', {'order': 1, 'amount': 500}, 'approval']],
            [['refund', {'order': 2, 'amount': 600}, 'approval']],
            [],
        ],
        is_done=True,
    ),
    'a host that knows nothing of cells denies both': Told(
        contents=[denied('The tool call was denied.'), denied('The tool call was denied.')],
        effects=[],
        waited=[[['refund', {'order': 1, 'amount': 500}, 'approval']], []],
        is_done=True,
    ),
}


@pytest.mark.parametrize('name', WHOLE)
def test_a_host_that_knows_nothing_of_cells_decides_on_the_cell_as_a_whole(name: str, tmp_path: Path) -> None:
    assert told(tmp_path, WHOLE[name]) == WHOLE_TOLD[name]


@pytest.mark.parametrize('name', BESIDE)
def test_tools_that_the_model_calls_beside_a_cell_run_or_wait_beside_it(name: str, tmp_path: Path) -> None:
    assert told(tmp_path, BESIDE[name]) == BESIDE_TOLD[name]


@pytest.mark.parametrize('name', SEVERAL)
def test_several_cells_in_a_response_wait_one_after_the_other(name: str, tmp_path: Path) -> None:
    assert told(tmp_path, SEVERAL[name]) == SEVERAL_TOLD[name]
