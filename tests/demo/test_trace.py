"""The trace of the demo is drawn from spans of a real run."""

from __future__ import annotations

from demo.recording import RECORDING, Recording
from demo.trace import traced_turns, tree


def test_the_demos_trace_shows_each_cell_under_its_tool_and_its_calls_under_the_cell() -> None:
    lines = tree(traced_turns(1, Recording.load(RECORDING))).splitlines()

    assert lines[0].startswith('invoke_agent agent  ')
    cell = next(number for number, line in enumerate(lines) if line.startswith('│   └── run cell  '))
    assert lines[cell - 1].startswith('├── execute_tool run_code  ')
    told = [line.strip('│ ').split(':')[0] for line in lines[cell + 1 : cell + 12] if ': ' in line]
    assert told[:4] == ['code', 'verdict', 'outcome', 'call_count']
    assert {'snapshot.size_bytes', 'prepare.seconds', 'check.seconds', 'run.seconds', 'save.seconds'} <= set(told)
    assert any(line.startswith('│       ├── execute_tool ') for line in lines)
