"""Cells that wait for somebody, told to their end: each step is a fresh process that has the store, the history as JSON,
and the decisions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.desk import told
from support.desk_stories import STORIES

EXPECTED: dict[str, dict[str, Any]] = {
    'one call': {
        'contents': [{'result': 'refunded 500'}],
        'effects': [['refund', 1, 500]],
        'waited': [[['refund', {'order': 1, 'amount': 500}, 'approval']], []],
    },
    'the cell as a whole': {
        'contents': [{'result': ['refunded 500', 'refunded 600']}],
        'effects': [['refund', 1, 500], ['refund', 2, 600]],
        'waited': [
            [['refund', {'order': 1, 'amount': 500}, 'approval']],
            [['refund', {'order': 2, 'amount': 600}, 'approval']],
            [],
        ],
    },
    'many in a gather': {
        'contents': [
            'refund(order=3, amount=600) was denied: PermissionError: The call was '
            'denied.\n'
            'line 3: done = await asyncio.gather(refund(1, 50), refund(2, 500), '
            'refund(3, 600))\n'
            '               '
            '^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n'
            'Calls that were made and are not undone:\n'
            "  balance(account='ada') -> 3\n"
            "  refund(order=1, amount=50) -> 'refunded 50'\n"
            "  refund(order=2, amount=500) -> 'refunded 500'\n"
            'The same calls, made first and in the same order, return this without being run again. Otherwise use what '
            'they returned; make none again that changes anything.\n'
            'What the cell assigned before it stopped is kept: `before` (from '
            '`balance`). Continue from there.'
        ],
        'effects': [['balance', 'ada'], ['refund', 1, 50], ['refund', 2, 500]],
        'waited': [
            [['refund', {'order': 2, 'amount': 500}, 'approval'], ['refund', {'order': 3, 'amount': 600}, 'approval']],
            [],
        ],
    },
    'partly decided': {
        'contents': [{'result': [3, ['refunded 50', 'refunded 500', 'refunded 600'], 5]}],
        'effects': [
            ['balance', 'ada'],
            ['refund', 1, 50],
            ['refund', 3, 600],
            ['refund', 2, 500],
            ['balance', 'grace'],
        ],
        'waited': [
            [['refund', {'order': 2, 'amount': 500}, 'approval'], ['refund', {'order': 3, 'amount': 600}, 'approval']],
            [['refund', {'order': 2, 'amount': 500}, 'approval']],
            [['refund', {'order': 2, 'amount': 500}, 'approval']],
            [],
        ],
    },
    'in a loop': {
        'contents': [
            'refund(order=3, amount=300) was denied: PermissionError: enough\n'
            'line 1: [await refund(n, 100 * n) for n in range(4)]\n'
            '         ^^^^^^^^^^^^^^^^^^^^^^^^\n'
            'Calls that were made and are not undone:\n'
            "  refund(order=0, amount=0) -> 'refunded 0'\n"
            "  refund(order=1, amount=100) -> 'refunded 100'\n"
            "  refund(order=2, amount=200) -> 'refunded 200'\n"
            'The same calls, made first and in the same order, return this without being run again. Otherwise use what '
            'they returned; make none again that changes anything.'
        ],
        'effects': [['refund', 0, 0], ['refund', 1, 100], ['refund', 2, 200]],
        'waited': [
            [['refund', {'order': 2, 'amount': 200}, 'approval']],
            [['refund', {'order': 3, 'amount': 300}, 'approval']],
            [],
        ],
    },
    'denied': {
        'contents': [
            'refund(order=1, amount=500) was denied: PermissionError: ask the boss\n'
            'line 2: y = await refund(1, 500)\n'
            '            ^^^^^^^^^^^^^^^^^^^^\n'
            'This cell called no other tool.\n'
            'What the cell assigned before it stopped is kept: `x`. Continue from there.',
            {'result': 1},
        ],
        'effects': [],
        'waited': [[['refund', {'order': 1, 'amount': 500}, 'approval']], []],
    },
    'changed arguments': {
        'contents': [
            {
                'result': 'refunded 200',
                'notes': [
                    'A person approved with changes: `refund(order=1, amount=500)` was made as '
                    '`refund(order=1, amount=200)`.'
                ],
            }
        ],
        'effects': [['refund', 1, 200]],
        'waited': [[['refund', {'order': 1, 'amount': 500}, 'approval']], []],
    },
    'expired': {
        'contents': [
            'refund(order=1, amount=500) raised TimeoutError: nobody decided on refund() in '
            'time\n'
            'line 1: await refund(1, 500)\n'
            'This cell called no other tool.'
        ],
        'effects': [],
        'waited': [[['refund', {'order': 1, 'amount': 500}, 'approval']], []],
    },
    'decided too late': {
        'contents': [
            'refund(order=1, amount=500) raised TimeoutError: nobody decided on '
            'refund() in time\n'
            'line 1: await refund(1, 500)\n'
            'This cell called no other tool.'
        ],
        'effects': [],
        'waited': [[['refund', {'order': 1, 'amount': 500}, 'approval']], []],
    },
    'external result': {
        'contents': [{'result': {'pages': 3}}],
        'effects': [],
        'waited': [[['fax', {'number': '0123'}, 'external']], []],
    },
    'external failure': {
        'contents': [
            "fax(number='0123') raised LookupError: out of paper\n"
            "line 1: await fax('0123')\n"
            'This cell called no other tool.'
        ],
        'effects': [],
        'waited': [[['fax', {'number': '0123'}, 'external']], []],
    },
    'nested in try and finally': {
        'contents': [{'result': ['inner PermissionError: no', 'finally', 'outer PermissionError: no again']}],
        'effects': [],
        'waited': [
            [['refund', {'order': 1, 'amount': 500}, 'approval']],
            [['refund', {'order': 2, 'amount': 600}, 'approval']],
            [],
        ],
    },
    'in a later cell': {
        'contents': [{'result': [1, 2]}, {'result': 'refunded 500'}, {'result': [[1, 2], 'refunded 500']}],
        'effects': [['refund', 2, 500]],
        'waited': [[['refund', {'order': 2, 'amount': 500}, 'approval']], []],
    },
    'declared to need an approval': {
        'contents': [
            'wire(order=3) was denied: PermissionError: no\n'
            'line 1: [await close(1), wire(2), wire(3)]\n'
            '                                  ^^^^^^^\n'
            'Calls that were made and are not undone:\n'
            "  close(order=1) -> 'closed'\n"
            "  wire(order=2) -> 'wired'\n"
            'The same calls, made first and in the same order, return this without being run again. Otherwise use what '
            'they returned; make none again that changes anything.'
        ],
        'effects': [['close', 1], ['wire', 2]],
        'waited': [
            [['close', {'order': 1}, 'approval']],
            [['wire', {'order': 2}, 'approval']],
            [['wire', {'order': 3}, 'approval']],
            [],
        ],
    },
    'a plain function while others run': {
        'contents': [{'result': [3, 'wired']}],
        'effects': [['balance', 'ada'], ['wire', 2]],
        'waited': [[['wire', {'order': 2}, 'approval']], []],
    },
    'two cells in one response': {
        'contents': [
            {'result': 'refunded 500'},
            {'result': 'refunded 600'},
            {'result': ['refunded 500', 'refunded 600']},
        ],
        'effects': [['refund', 1, 500], ['refund', 2, 600]],
        'waited': [
            [['refund', {'order': 1, 'amount': 500}, 'approval']],
            [['refund', {'order': 2, 'amount': 600}, 'approval']],
            [],
        ],
    },
    'in a function of an earlier cell': {
        'contents': [
            {'notes': ['Done. The cell has no value: end it with an expression to see one.']},
            {'printed': ['paying'], 'result': 'refunded 500'},
        ],
        'effects': [['refund', 4, 500]],
        'waited': [[['refund', {'order': 4, 'amount': 500}, 'approval']], []],
    },
    'printed before and after': {
        'contents': [{'printed': ['before', 'after']}],
        'effects': [['refund', 1, 500]],
        'waited': [[['refund', {'order': 1, 'amount': 500}, 'approval']], []],
    },
}


@pytest.mark.parametrize('name', STORIES)
def test_a_cell_waits_and_goes_on(name: str, tmp_path: Path) -> None:
    story = told(tmp_path, STORIES[name])
    assert story.is_done
    assert {'contents': story.contents, 'effects': story.effects, 'waited': story.waited} == EXPECTED[name]
