"""`make hostile`: plays all hostile cells, or as many as a number of minutes allows in random order, and prints what fails."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Iterator

from .generated import VALUES, WAYS, generated, most_grown
from .playing import HostileCell, faults
from .written import written


def main() -> int:
    parser = argparse.ArgumentParser(prog='python -m hostile', description=__doc__)
    parser.add_argument('--part', choices=('all', 'written', 'generated'), default='all')
    parser.add_argument('--fuzz-minutes', type=float, help='put cells together at random for so long instead')
    parser.add_argument('--seed', type=int, default=None, help='of the random cells; printed')
    options = parser.parse_args()
    cells = _cells(options.part)
    ends = None
    if options.fuzz_minutes is not None:
        seed = options.seed if options.seed is not None else random.randrange(2**32)
        print(f'seed {seed}', flush=True)
        cells, ends = random_cells(random.Random(seed)), time.monotonic() + 60 * options.fuzz_minutes
    played = failed = 0
    for cell in cells:
        if ends is not None and time.monotonic() > ends:
            break
        found = _faults(cell)
        played += 1
        failed += bool(found)
        for fault in found:
            print(f'{cell.name}: {fault}', flush=True)
            if ends is not None:
                print(f'    {cell.code!r}', flush=True)
    print(f'{played - failed} passed, {failed} failed')
    return 1 if failed else 0


def _cells(part: str) -> Iterator[HostileCell]:
    if part in ('all', 'written'):
        yield from written()
    if part in ('all', 'generated'):
        yield from generated()


def random_cells(chance: random.Random) -> Iterator[HostileCell]:
    """Values inside values, and several ways out, one after the other."""
    while True:
        (value, binds), (other, inner) = chance.choice([*VALUES.items()]), chance.choice([*VALUES.items()])
        ways = [chance.choice([*WAYS.items()]) for _ in range(chance.randint(1, 3))]
        held = chance.choice(['v = [u, v]', 'v = {"u": u, "v": v}', 'v = (v, u, v)', ''])
        lines = [inner, 'u = v', binds, held, *(does for _, does in ways)]
        name = ', '.join([value, other, *(way for way, _ in ways)])
        yield HostileCell(
            name=name,
            code='\n'.join(filter(None, lines)),
            most_grown_bytes=most_grown(value, other, *(way for way, _ in ways)),
        )


def _faults(cell: HostileCell) -> list[str]:
    try:
        return asyncio.run(faults(cell))
    except Exception as error:
        return [f'it ended its run: {type(error).__name__}: {str(error)[:300]}']


if __name__ == '__main__':
    sys.exit(main())
