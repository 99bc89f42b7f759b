"""Evaluators of Pydantic Evals find cells and the calls in them, as the page on evals says."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import logfire
from pydantic_ai import Agent
from pydantic_evals import Case, Dataset
from pydantic_evals.evaluators import HasMatchingSpan

from pydantic_ai_grail import CodeMode
from pydantic_ai_grail.testing import cell, scripted_model

logfire.configure(send_to_logfire=False, console=False)
logfire.instrument_pydantic_ai()


async def stock(sku: str) -> int:
    return 12


async def task(cells: list[str]) -> str:
    agent = Agent(scripted_model(*[cell(each, outcome=None) for each in cells]), tools=[stock], capabilities=[CodeMode()])
    return (await agent.run('go')).output


evaluators = [
    HasMatchingSpan(
        {'name_equals': 'run cell', 'has_attributes': {'grail.cell.outcome': 'refused'}}, evaluation_name='refused'
    ),
    HasMatchingSpan(
        {'name_equals': 'execute_tool stock', 'some_ancestor_has': {'name_equals': 'run cell'}}, evaluation_name='called'
    ),
]
cases = [Case(inputs=['await stock(1)']), Case(inputs=['await stock("a")'])]
report = Dataset(name='cells', cases=cases, evaluators=evaluators).evaluate_sync(task, progress=False, max_concurrency=1)
for case in report.cases:
    print(case.assertions['refused'].value, case.assertions['called'].value)
"""


def test_a_refused_cell_and_a_call_in_a_cell_are_found() -> None:
    """In a process of its own: spans for evaluators come from the global tracer provider."""
    ran = subprocess.run([sys.executable, '-c', PROGRAM], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, 'True False\nFalse True\n'), ran.stderr
