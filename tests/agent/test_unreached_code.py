"""Valid programs that never reach what is missing run; what is reached later fails there, and says why."""

from __future__ import annotations

from itertools import product

import pytest
from support.agents import agent_with, play

pytestmark = pytest.mark.anyio

MISSING = {
    'module': 'import doctest; doctest.testmod()',
    'package': 'import numpy as np',
    'name from a module': 'from statistics import mean; mean([1])',
    'unknown module': 'import no_such_module_anywhere',
    'unknown name': 'no_such_name + 1',
    'builtin': 'input("?")',
}
UNREACHED = {
    'function': 'def main():\n    {}',
    'coroutine': 'async def main():\n    {}',
    'functions that call each other': 'def first():\n    {}\n\ndef second():\n    first()\n\ndef third():\n    second()',
    'function in a function': 'def main():\n    def inner():\n        {}\n    inner()',
    'recursion': 'def main(n):\n    {}\n    return main(n - 1)',
    'method': 'class Report:\n    def show(self):\n        {}',
    'if False': 'if False:\n    {}',
    'while 0': 'while 0:\n    {}',
    'type checking': 'from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    {}',
}


@pytest.mark.parametrize(('missing', 'around'), [*product(MISSING, UNREACHED)])
async def test_a_program_that_does_not_reach_what_is_missing_runs(missing: str, around: str) -> None:
    [played] = await play(agent_with(), f'{UNREACHED[around].format(MISSING[missing])}\nx = 3\nx')

    assert 'result' in played.content, played.content
    assert played.content['result'] == 3


@pytest.mark.parametrize('missing', MISSING)
async def test_what_a_function_that_is_called_lacks_is_refused_beforehand(missing: str) -> None:
    source = f'def first():\n    {MISSING[missing]}\n\ndef second():\n    first()\n\nsecond()'
    [played] = await play(agent_with(), source)

    assert 'Nothing ran' in str(played.content)


async def test_what_a_later_cell_reaches_fails_at_its_line() -> None:
    _, played = await play(agent_with(), 'def main():\n    import doctest\n    return doctest.testmod()\n1', 'main()')

    assert played.content == (
        "ModuleNotFoundError: No module named 'doctest'\n"
        'line 2, in `main`, of an earlier cell: import doctest\n'
        'line 1: main()\n'
        'This cell called no tool.'
    )
