"""Tools and async functions given to what calls them itself are refused, with code that gives what was meant."""

from __future__ import annotations

import pytest
from anyio import to_thread
from support.checking import Toolbox, toolbox_of
from support.interpreters import run_monty

pytestmark = pytest.mark.anyio


async def size(n: int) -> int:
    """Negative, so that the largest comes first."""
    return -n


async def even(n: int) -> bool:
    return n % 2 == 0


def lock(n: int) -> int:
    return -n


ACROSS = {'size': size, 'even': even, 'lock': lock}
LATER = 'async def later(n):\n    return await size(n)\n'


@pytest.fixture(scope='module')
def anyio_backend() -> str:
    return 'asyncio'


@pytest.fixture(scope='module')
async def tools() -> Toolbox:
    return await toolbox_of(size, even, lock, sequential=['lock'])


REFUSED = [
    # before, the line, what is said, what the advised code gives
    ('', 'sorted([1, 3, 2], key=lambda n: await size(n))', '`await` cannot stand in a lambda.', [3, 2, 1]),
    ('', 'sorted([1, 3, 2], key=lambda n: size(n), reverse=True)', 'size() cannot be called', [1, 2, 3]),
    ('', 'sorted([1, 3, 2], key=size)', 'size() cannot be called', [3, 2, 1]),
    ('', 'sorted([1, 3, 2], key=lock)', 'lock() cannot be called', [3, 2, 1]),
    ('', 'max([1, 3, 2], key=lambda n: size(n) + 1)', 'size() cannot be called', 1),
    ('', 'min([], key=lambda n: size(n), default=9)', 'size() cannot be called', 9),
    ('', 'min(4, 5, key=lambda n: lock(n))', 'lock() cannot be called', 5),
    ('xs = [1, 3, 2]\n', 'xs.sort(key=lambda n: size(n))', 'sort() calls its function itself', [3, 2, 1]),
    ('', 'list(filter(lambda n: even(n), [1, 2]))', 'filter() calls its function itself', [2]),
    ('', 'list(map(lambda n: size(n), [1, 2]))', 'map() calls its function itself', [-1, -2]),
    ('', 'list(map(lock, [1, 2], [3, 4]))', 'map() calls its function itself', None),
    (LATER, 'sorted([1, 3, 2], key=later)', 'sorted() gets calls under way from this', [3, 2, 1]),
    (LATER, 'sorted([1, 3, 2], key=lambda n: later(n))', 'sorted() gets calls under way from this', [3, 2, 1]),
    (LATER, 'sorted([1, 3, 2], key=lambda n: await later(n))', '`await` cannot stand in a lambda.', [3, 2, 1]),
    (LATER, 'list(filter(later, [1]))', 'filter() gets calls under way from this', [1]),
    ('def held(n):\n    "Doc."\n    m = lock(n)\n    return m\n', 'sorted([1, 2], key=held)', 'lock() cannot', [2, 1]),
    ('held = lambda n: lock(n)\n', 'sorted([1, 2], key=held)', 'lock() cannot be called', [2, 1]),
    ('def a(n):\n    return lock(n)\n', 'sorted([1, 2], key=lambda n: a(n) + 1)', 'lock() cannot', None),
    ('def a(n):\n    import math\n    m: int = lock(n)\n    return m\n', 'sorted([1, 2], key=a)', 'lock() cannot', [2, 1]),
    ('def a(n):\n    if lock(n): return 1\n', 'list(map(a, [1]))', 'lock() cannot be called', [1]),
]  # fmt: skip


@pytest.mark.parametrize(('before', 'line', 'told', 'gives'), REFUSED)
async def test_what_cannot_wait_is_refused_with_code_that_can(
    before: str, line: str, told: str, gives: object, tools: Toolbox
) -> None:
    for conversation, source in (
        (tools.conversation(), before + line),
        (tools.conversation().after(before) if before else tools.conversation(), line),
    ):
        [(code, message, fix)] = await conversation.refusals(source)
        assert (code, told in message) == ('cannot-wait', True)
        assert fix is not None
        assert len(message + fix) < 400
        if gives is not None:
            code = fix.removeprefix('Get the keys first: ').removesuffix('.').replace('; then ', '\n')
            last = '\nxs' if code.splitlines()[-1].startswith('xs = ') else ''
            assert await to_thread.run_sync(lambda: run_monty(before + code + last, tools=ACROSS)) == gives  # noqa: B023


async def test_what_is_gathered_is_advised_as_a_list_of_calls(tools: Toolbox) -> None:
    source = 'import asyncio\nawait asyncio.gather(*map(lambda n: size(n), [1, 2]))'

    [(_, _, fix)] = await tools.conversation().refusals(source)

    assert fix == '[size(n) for n in [1, 2]]'


async def test_other_uses_have_advice_too(tools: Toolbox) -> None:
    async def fix(source: str) -> str | None:
        [(code, _, fix)] = await tools.conversation().refusals(source)
        assert code == 'cannot-wait'
        return fix

    assert await fix('f = lambda n: await size(n)\nawait f(1)') == 'Write an async def instead, and await its calls.'
    assert await fix('def top(xs):\n    return max(xs, key=size)\ntop([1])') == (
        'In an async def: Get the keys first: pairs = [(await size(x), x) for x in xs]; '
        'then max(pairs, key=lambda pair: pair[0])[1].'
    )
    assert await fix('from itertools import groupby\n[k for k, _ in groupby([1], key=size)]') == (
        'Get the keys first: pairs = [(await size(x), x) for x in [1]]; then groupby(pairs, key=lambda pair: pair[0]).'
    )
    assert await fix('import itertools\n[k for k, _ in itertools.groupby([1], key=lambda: await size(1))]') == (
        'Get the keys first: pairs = [(await size(1), x) for x in [1]]; then groupby(pairs, key=lambda pair: pair[0]).'
    )
    assert await fix(f'sorted([{", ".join(map(str, range(100)))}], key=size)') == (
        'Get the results first, in a loop or a comprehension with await, and use them afterwards.'
    )


async def test_advice_to_await_says_where_an_await_may_stand(tools: Toolbox) -> None:
    conversation = tools.conversation()

    [(_, _, fix)] = await conversation.refusals("f = lambda n: size(n)['a']\nf(1)")
    assert fix == 'Put await before the call, in an async def instead of the lambda.'
    [(_, _, fix)] = await conversation.refusals("def f(n):\n    return size(n)['a']\nf(1)")
    assert fix == 'Put await before the call, and make f an async def.'


@pytest.mark.parametrize(
    'cells',
    [
        [LATER + 'import asyncio\nawait asyncio.gather(*map(later, [1, 2]))'],
        ['pairs = [(await size(n), n) for n in [1, 2]]\nsorted(pairs, key=lambda pair: pair[0])'],
        ['known = {1: 2}\nsorted([1], key=lambda n: known.get(n) or lock(n))'],
        ['known = {1: 2}\nsorted([1], key=lambda n: known[n] if n in known else lock(n))'],
        ['known = {1: 2}\ndef look(n):\n    if n not in known:\n        known[n] = lock(n)\n    return known[n]\nmax([1], key=look)'],
        ['def look(n):\n    for m in []:\n        lock(m)\n    return n\nmax([1], key=look)'],
        ['sorted(lock(n) for n in [1, 2])'],
        ['def look(n):\n    return n\n    lock(n)\nmax([1], key=look)'],
        ['def look(n):\n    with n:\n        lock(n)\nlist(map(look, []))'],
        ['sorted([1], key=lambda n: [lock(m) for m in []] or n)'],
        ['sorted([1], key=lambda n: (lambda: lock(n)) and n)'],
        ['try:\n    sorted([1], key=size)\nexcept (NotImplementedError, TypeError):\n    pass'],
        ['if False:\n    sorted([1], key=size)'],
        ['def sorted(xs, key):\n    return [key(x) for x in xs]\nsorted([1], key=lock)'],
        ['class A:\n    def sort(self, key):\n        return key(1)\nA().sort(key=lock)'],
        ['class A:\n    def sort(self, key):\n        return key(1)', 'A().sort(key=lock)'],
        ['size = len\nsorted(["a"], key=size)'],
        ['def f(size):\n    return sorted(["a"], key=size)\nf(len)'],
        ['def pick(f):\n    return max([1, 2], key=f)\npick(lambda n: n)'],
        ['later = len', LATER, 'later = len', 'sorted(["a"], key=later)'],
        ['def wrap(f):\n    return lambda n: n\n@wrap\nasync def later(n):\n    return n\nsorted([1], key=later)'],
        ['def f():\n    return (await size(n) for n in [1])\nf'],
    ],
)  # fmt: skip
async def test_what_may_work_is_left_to_run(cells: list[str], tools: Toolbox) -> None:
    *before, last = cells

    assert await tools.conversation().after(*before).refusals(last) == []
