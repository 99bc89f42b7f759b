"""Writes the tables of docs/concepts/sandbox.md: `PYTHONPATH=tests python -m support.sandbox_table`. A test holds the page against them.

Every row is made by preparing a cell for the installed Monty; nothing in the tables is written by hand.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from support.cells import bare_catalog

from pydantic_ai_grail._catalog.entries import Catalog
from pydantic_ai_grail._monty.features import FEATURES, Feature
from pydantic_ai_grail._monty.support import Support, load_support
from pydantic_ai_grail._source.check import check
from pydantic_ai_grail._source.checkers import CHECKERS
from pydantic_ai_grail._source.history import History, PastCell
from pydantic_ai_grail._source.prepare import prepare
from pydantic_ai_grail._source.prepared import Prepared
from pydantic_ai_grail.events.diagnostics import REWRITES, Diagnostic

PAGE: Final = Path(__file__).parents[2] / 'docs' / 'concepts' / 'sandbox.md'
START: Final = '<!-- The tables below are generated: PYTHONPATH=tests python -m support.sandbox_table -->\n'

CATALOG: Final = bare_catalog('search', 'github.list_issues', sequential=['lock'])

REWRITTEN: Final = {
    'fence': '```python\nsearch("a")\n```',
    'exit': 'if 1 > 0:\n    exit()',
    'exception-text': 'raise ValueError(5)',
    'function-name': 'def h(): return 1\nh.__name__',
    'import': 'print(json.dumps([1]))',
    'module': 'import github\nlist_issues()',
    'await': 'for row in search("a"): print(row["id"])',
    'no-await': 'row = await lock("a"); print(row)',
    'task': 'import asyncio\nt = asyncio.create_task(search("a"))\nprint(await t)',
    'gather': 'import asyncio\nawait asyncio.gather(lock("a"), lock("b"))',
    'map-tool': 'import asyncio\nawait asyncio.gather(*map(search, "ab"))',
    'method-value': 'd = {"a": 1}\nmax(d, key=d.get)',
    'method-call': 'str.lower("A")',
    'operator': 'from operator import itemgetter\nsorted([{"n": 1}], key=itemgetter("n"))',
    'set-method': '{1}.union({2}, {3})',
    'json-default': 'import json\njson.dumps({"a": {1}}, default=list)',
    'text-buffer': 'import csv, io\nlist(csv.reader(io.StringIO("a,b")))',
    're-sub': 'import re\nre.sub("a", lambda m: "b", "aa")',
    'hasattr': 'hasattr("", "upper")',
    'strptime': 'from datetime import datetime\ndatetime.strptime("2024-05", "%Y-%m")',
    'timedelta': 'from datetime import timedelta\ntimedelta(hours=1.5)',
    'date': 'from datetime import datetime\ndatetime.utcnow()',
    'isocalendar': 'day.isocalendar().week',
    'next': 'next((x for x in [1, 2] if x > 1), None)',
    'iterator': 'g = (x for x in [1, 2])\nprint(next(g), list(g))',
    'del': 'd = {"a": 1}\ndel d["a"]',
    'comprehension-name': '[id for id in [1, 2]]',
    'alias': 'import asyncio\nasyncio.TimeoutError("late")',
    'base': 'class A(object): pass',
    'dataclass-option': 'from dataclasses import dataclass\n@dataclass(slots=True)\nclass P:\n    x: int',
    'wraps': 'import functools\n@functools.wraps(len)\ndef size(x): return len(x)',
    'unused-import': 'from collections.abc import Iterable\ndef f(xs: Iterable[int]): return 1',
    'wildcard': 'from copy import *',
}
"""A cell for each kind of rewrite."""

REFUSED: Final = (
    'try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    print(error.__cause__)',
    'class NotFound(Exception): pass',
    'from enum import Enum\nclass Color(Enum): RED = "red"',
    'from typing import NamedTuple\nclass Point(NamedTuple):\n    x: int\n    y: int',
    'class A(metaclass=type): pass',
    'class A:\n    @property\n    def x(self): return 1',
    'class A:\n    @staticmethod\n    def f(): return 1',
    'class A:\n    def __bool__(self): return False',
    'class A:\n    def __len__(self): return 3\nlen(A())',
    'class A:\n    def __lt__(self, other): return True\nsorted([A(), A()])',
    'class A:\n    print("a")',
    'def numbers():\n    yield 1',
    'del thing.name',
    'async with lock: pass',
    'async for x in pages: pass',
    'try: pass\nexcept* ValueError: pass',
    'type Row = dict[str, int]',
    'from string import *',
    'f = (str\n    .lower)',
    'next(n for n in itertools.count() if n % 7 == 0)',
    'import json\njson.loads(text, object_hook=make)',
    'from dataclasses import dataclass\n@dataclass(order=True)\nclass P:\n    x: int',
    'callable(x)',
    'vars(x)',
    '"abc".translate(table)',
    'import statistics\nstatistics.mean(xs)',
    'import heapq\nheapq.nlargest(3, xs)',
    'import textwrap\ntextwrap.dedent(text)',
    'import io\nio.StringIO(text)',
    'import uuid\nuuid.uuid4()',
    'import logging\nlogging.info("x")',
    'import requests\nrequests.get(url)',
    'from collections import OrderedDict\nOrderedDict()',
    'from functools import cmp_to_key\nsorted(xs, key=cmp_to_key(f))',
    'from dataclasses import asdict\nasdict(p)',
    'import asyncio\nasyncio.Semaphore(5)',
    'import asyncio\nawait asyncio.wait_for(search("a"), timeout=5)',
    'import re\nre.compile(pattern, re.VERBOSE)',
    'sorted(xs, key=lambda x: await search(x))',
    'async def size(x): return len(await search(x))\nmax(["a", "b"], key=size)',
)
"""Cells that are refused."""

NAMES: Final = frozenset(
    {'x', 'xs', 'f', 'p', 'text', 'table', 'thing', 'day', 'url', 'pages', 'lock', 'make', 'pattern'}
)


def tables() -> str:
    """The generated part of the page."""
    support = load_support()
    parts = [
        f'Monty {support.version}.\n',
        '## What is rewritten\n',
        *_rows(('What', 'Written', 'What runs'), _rewritten()),
        '## What is refused\n',
        *_rows(('Written', 'Code', 'What to write instead'), _refused()),
        '## What runs\n',
        *_rows(('Construct', 'Runs'), _features(support)),
        '### Modules\n',
        *_rows(
            ('Module', 'What it has'),
            ((f'`{name}`', _listed(support.modules[name])) for name in sorted(support.modules)),
        ),
        '### Builtins\n',
        f'{_listed(support.builtins)}\n',
        'These builtins of CPython are missing in Monty. This package adds [`help`](catalog.md) for tools, and rewrites what has '
        'another name here, such as `IOError`: ' + _listed(support.lacking_builtins - _warnings(support)) + '\n',
        '### Methods\n',
        'Methods of builtin types that CPython has and Monty has not: ' + _listed(support.lacking_methods) + '\n',
    ]
    return '\n'.join(parts)


def page(current: str) -> str:
    """The page with its tables up to date."""
    return current.partition(START)[0] + START + '\n' + tables()


def _rewritten() -> Iterator[tuple[str, ...]]:
    for kind, meaning in REWRITES.items():
        source = REWRITTEN[kind]
        cell = prepare(source, catalog=CATALOG, bound=frozenset(), support=load_support())
        assert isinstance(cell, Prepared), cell
        assert kind in {rewrite.kind for rewrite in cell.rewrites}, kind
        lines = cell.source.rstrip('\n').split('\n')[: len(source.split('\n'))]
        yield meaning, _code(source), _code('\n'.join(lines))


def _refused() -> Iterator[tuple[str, ...]]:
    for source in REFUSED:
        found = _refusals(source, CATALOG, bound=NAMES)
        assert found, source
        yield _code(source), f'`{found[0].code}`', _escaped(found[0].fix or '')


def _refusals(source: str, catalog: Catalog, *, bound: frozenset[str] = frozenset()) -> tuple[Diagnostic, ...]:
    """What a cell is refused for because of the sandbox, by what it is or by what its check finds.

    The tools of this page take nothing, which is not what it is about.
    """
    cell = prepare(source, catalog=catalog, bound=bound, support=load_support())
    if not isinstance(cell, Prepared):
        return cell
    earlier = PastCell(source='\n'.join(f'{name} = None' for name in sorted(bound)), completed=True)
    history = History(cells=(earlier,)) if bound else History()
    verdict = asyncio.run(check(cell, original=source, catalog=catalog, history=history, checkers=CHECKERS))
    return tuple(each for each in verdict.refusals if each.code in ('no-special-method', 'cannot-wait'))


def _features(support: Support) -> Iterator[tuple[str, ...]]:
    for feature in FEATURES:
        yield _escaped(feature.title), 'yes' if support.has(feature.key) else _instead(feature, support)


def _instead(feature: Feature, support: Support) -> str:
    """What becomes of a construct that Monty cannot run."""
    if sys.version_info < feature.since:
        return 'refused'
    catalog = bare_catalog('tool')
    if _refusals(feature.program, catalog):
        return 'refused'
    found = prepare(feature.program, catalog=catalog, bound=frozenset(), support=support)
    assert isinstance(found, Prepared), feature
    return 'rewritten' if any(rewrite.kind != 'await' for rewrite in found.rewrites) else 'fails when it is run'


def _rows(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    lines = [' | '.join(head), ' | '.join('---' for _ in head), *(' | '.join(row) for row in rows)]
    yield '\n'.join(f'| {line} |' for line in lines) + '\n'


def _code(source: str) -> str:
    """Lines of code inside of a table's cell; helpers that a rewrite brings along are cut short."""
    source = re.sub(r'(_grail_\w+ = )(\(?)(lambda|eval).*?; (?=\S*$|\S.*$)', r'\1...; ', source)
    return '<br>'.join(_quoted(line) for line in source.split('\n') if line.strip())


def _quoted(line: str) -> str:
    indent = '&nbsp;' * (len(line) - len(line.lstrip()))
    line = line.strip().replace('|', '\\|')
    return f'{indent}`` {line} ``' if '`' in line else f'{indent}`{line}`'


def _escaped(text: str) -> str:
    return (
        text.replace('|', '\\|').replace('*', '\\*').replace('_', '\\_')
        if '`' not in text
        else text.replace('|', '\\|')
    )


def _listed(names: frozenset[str]) -> str:
    return ', '.join(f'`{name}`' for name in sorted(names)) or 'nothing'


def _warnings(support: Support) -> frozenset[str]:
    return frozenset(name for name in support.lacking_builtins if name.endswith('Warning'))


if __name__ == '__main__':
    PAGE.write_text(page(PAGE.read_text('utf-8')), 'utf-8')
