"""A small script as a user would write it. Run with a number, it is run that often, each time in a fork that then exits.

A fork spares the import of everything; how it ends, with exit handlers and the interpreter's finalization, is the same.
"""

from __future__ import annotations

import gc
import os
import sys

from pydantic_ai import Agent

from pydantic_ai_grail import CodeMode
from pydantic_ai_grail._monty.support import load_support
from pydantic_ai_grail.testing import cell, played_cells, scripted_model


async def double(number: int) -> int:
    """Twice a number."""
    return 2 * number


def main() -> None:
    agent = Agent(tools=[double], capabilities=[CodeMode()])
    model = scripted_model('x = await double(21)', cell('await doubel(1)', outcome='refused'), 'x')
    first = agent.run_sync('go', model=model)
    second = agent.run_sync('go', model=scripted_model('x + 1'), message_history=first.all_messages())
    contents = [played.content for played in played_cells(second.all_messages())]
    assert contents[0] == {'result': 42}, contents
    assert 'double' in contents[1], contents
    assert contents[2:] == [{'result': 42}, {'result': 43}], contents


def run_in_forks(count: int) -> list[int]:
    """Exit statuses that are not 0; a signal's number is negative."""
    load_support()
    scripted_model()  # reads the prices of all models, once
    gc.collect()
    gc.freeze()
    statuses: list[int] = []
    for _ in range(count):
        child = os.fork()
        if child == 0:
            main()
            sys.exit(0)
        statuses.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    return [status for status in statuses if status != 0]


if __name__ == '__main__':
    if len(sys.argv) > 1:
        failed = run_in_forks(int(sys.argv[1]))
        print('failed:', failed)
        sys.exit(bool(failed))
    main()
