"""`python -m benchmarks`: measure all cases, show tables, and write them where it is asked to."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path

import anyio
from rich.console import Console
from rich.progress import track

from .cases import cases
from .description import description_table
from .durable import durable
from .measure import measure
from .report import markdown, show
from .results import Results, Row


async def run(*, rounds: int, console: Console) -> Results:
    """Measure everything."""
    rows: dict[str, Row] = {}
    with tempfile.TemporaryDirectory() as folder:
        for case in track(cases(Path(folder)), 'Measuring', console=console, transient=True):
            rows[case.title] = Row(case.title, await measure(case, rounds=max(3, rounds // case.fewer_rounds)))
        priced = await durable(Path(folder), rounds=max(5, rounds // 2))
    return Results(rows, await description_table(), priced)


def main() -> None:
    parser = argparse.ArgumentParser(prog='python -m benchmarks', description=__doc__)
    parser.add_argument('--rounds', type=int, default=60, help='how often each contender runs each case')
    parser.add_argument('--json', type=Path, help='write every sample to this file')
    parser.add_argument('--markdown', type=Path, help='write the page of the documentation to this file')
    options = parser.parse_args()

    async def measure_all() -> Results:
        return await run(rounds=options.rounds, console=console)

    console, load = Console(), os.getloadavg()[0]
    results = anyio.run(measure_all)
    show(results, console)
    if options.json:
        options.json.write_text(json.dumps(results.as_json(), indent=1))
    if options.markdown:
        options.markdown.write_text(markdown(results, rounds=options.rounds, load=load))


if __name__ == '__main__':
    main()
