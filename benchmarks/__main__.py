"""`python -m benchmarks`: measure, show tables, and write them where it is asked to."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Final

import anyio
from rich.console import Console
from rich.progress import track

from .cases import cases
from .description import description_table
from .durable import durable
from .growth import Grown, Growth, grown, growth_cases
from .measure import measure
from .rates import rates
from .report import markdown, show, write_into
from .results import Results, Row

PARTS: Final = ('times', 'growth', 'rates', 'characters', 'durable')
GROWTH_ROUNDS: Final = 8
RATE_ROUNDS: Final = 3


async def run(parts: Collection[str], *, rounds: int, console: Console) -> Results:
    """Measure these parts."""
    rows: dict[str, Row] = {}
    lines: list[Grown] = []
    few = max(2, min(GROWTH_ROUNDS, rounds))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if 'times' in parts:
            for case in track(cases(folder), 'Times', console=console, transient=True):
                rows[case.title] = Row(case.title, await measure(case, rounds=max(3, rounds // case.fewer_rounds)))
        if 'growth' in parts:
            for case in track([*growth_cases()], 'What grows', console=console, transient=True):
                lines += await grown(case, rounds=few)
        return Results(
            rows=rows if 'times' in parts else None,
            growth=Growth(lines) if 'growth' in parts else None,
            rates=await rates(rounds=min(RATE_ROUNDS, rounds)) if 'rates' in parts else None,
            characters=await description_table() if 'characters' in parts else None,
            durable=await durable(folder, rounds=max(5, rounds // 2)) if 'durable' in parts else None,
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog='python -m benchmarks', description=__doc__)
    parser.add_argument('parts', nargs='*', choices=[*PARTS, []], help=f'what to measure, of {", ".join(PARTS)}')
    parser.add_argument('--rounds', type=int, default=40, help='how often each contender runs each case')
    parser.add_argument('--json', type=Path, help='write every sample to this file')
    parser.add_argument('--markdown', type=Path, help='write what was measured into this page of the documentation')
    options = parser.parse_args()
    parts = options.parts or PARTS
    if options.markdown and set(parts) != {*PARTS}:
        parser.error('The page has all parts; give none with --markdown.')

    async def measure_all() -> Results:
        return await run(parts, rounds=options.rounds, console=console)

    console, load = Console(), os.getloadavg()[0]
    results = anyio.run(measure_all)
    show(results, console)
    if options.json:
        options.json.write_text(json.dumps(results.as_json(), indent=1))
    if options.markdown:
        write_into(options.markdown, markdown(results, rounds=options.rounds, load=load))


if __name__ == '__main__':
    main()
