"""Reads the corpus: programs of several cells, as a model would send them one after the other.

A file's cells are separated by `# %%`. A cell that starts with `# restore` runs in a fresh sandbox which was given the
state so far, one that starts with `# raises: Name` ends in that exception. The comments before a broken program's
first cell are `# expect:` (codes, any of which is right, joined by `|`), `# names:` (text that the message must hold)
and, where CPython would let the mistake pass, `# passes:` with the reason why it is one all the same. A valid program
that runs only once its slips are rewritten has a twin of the same name in `meant/`, without the slips.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

PROGRAMS: Final = Path(__file__).parent / 'programs'

Kind = Literal['valid', 'broken']

_HEADER = ('# expect: ', '# names: ', '# passes: ')


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One `run_code` call."""

    source: str
    """As the model wrote it, without the corpus's own comments."""
    raises: str | None = None
    """Name of the exception that ends the cell, if one is meant to."""
    restore: bool = False
    """The cell runs in a fresh sandbox, after the state was dumped and loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Cells of one conversation. A broken program has its only mistake in the last of them."""

    name: str
    cells: tuple[Cell, ...]
    expect: frozenset[str] = frozenset()
    """Keys of `CODES`, one of which the refusal carries; empty for a valid program."""
    names: str | None = None
    """Text that the refusal's message holds."""
    passes: str | None = None
    """Why CPython would run a broken program to its end."""

    meant: tuple[Cell, ...] | None = None
    """The cells of a program with slips that are rewritten, as their author meant them."""

    @property
    def is_rewritten(self) -> bool:
        """The program runs in a sandbox only after the rewrites."""
        return self.name.startswith('rewrite_')


def load(kind: Kind) -> tuple[Program, ...]:
    """All programs of a kind, by name."""
    return tuple(_read(path) for path in sorted((PROGRAMS / kind).glob('*.py')))


def parse(name: str, text: str) -> Program:
    """A program from its file's text."""
    head, *cells = _split(text)
    header = dict(line[2:].split(': ', 1) for line in head.splitlines() if line.startswith(_HEADER))
    return Program(
        name=name,
        cells=tuple(_cell(cell) for cell in cells),
        expect=frozenset(header['expect'].split(' | ')) if 'expect' in header else frozenset(),
        names=header.get('names'),
        passes=header.get('passes'),
    )


def _read(path: Path) -> Program:
    program = parse(path.stem, path.read_text())
    twin = PROGRAMS / 'meant' / path.name
    return replace(program, meant=parse(path.stem, twin.read_text()).cells) if twin.exists() else program


def _split(text: str) -> list[str]:
    parts: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.rstrip() == '# %%':
            parts.append([])
        else:
            parts[-1].append(line)
    return ['\n'.join(part).strip('\n') for part in parts]


def _cell(text: str) -> Cell:
    restore, raises = False, None
    while True:
        first, _, rest = text.partition('\n')
        if first == '# restore':
            restore = True
        elif first.startswith('# raises: '):
            raises = first.removeprefix('# raises: ')
        else:
            return Cell(source=text, raises=raises, restore=restore)
        text = rest
