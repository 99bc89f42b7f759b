"""`map`, `zip` and their like in a variable are used up by what takes from them, also in a later cell."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.cells import prepared
from support.sessions_of_cells import outcome_in_cpython, outcome_in_monty

MADE = [
    'map(str, xs)',
    'zip(xs, xs)',
    'enumerate(xs)',
    'reversed(xs)',
    'filter(None, xs)',
    '(x * 2 for x in xs)',
    '(x for x in xs if x > 1)',
]
TAKES = [
    'list(m)',
    'sum(1 for _ in m)',
    'next(m, None)',
    '[x for x in m]',
    'tuple(m)[:1]',
    '[*m]',
    'bool(list(m))',
    '5 in m',
    '[next(m, None) for _ in range(2)]',
    '[list(m) for _ in range(2)]',
    '(lambda: list(m))()',
    'sorted(m, key=str)',
    'len(list(m)) + len(list(m))',
]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(MADE), st.lists(st.sampled_from(TAKES), min_size=1, max_size=3), st.booleans(), st.booleans())
def test_an_iterator_in_a_variable_is_used_up_once(
    made: str, takes: list[str], in_one_cell: bool, restore: bool
) -> None:
    first, *more = (f'r{number} = {take}' for number, take in enumerate(takes))
    cells = [f'xs = [1, 2, 3]\nm = {made}\n{first}', *more]
    cells = ['\n'.join(cells)] if in_one_cell else cells
    cells.append(f'({", ".join(f"r{number}" for number in range(len(takes)))}, list(m))')

    assert outcome_in_monty(*cells, restore=restore) == outcome_in_cpython(*cells)


@pytest.mark.parametrize(
    'source',
    [
        'def f():\n    m = map(str, [1, 2])\n    return [list(m), list(m)]\nf()',
        'm = zip([1, 2], [3, 4])\nr = []\nfor a, b in m:\n    r.append(a)\n    break\nr.append(list(m))\nr',
        'm = reversed([1, 2])\ndef f():\n    return list(m)\n(f(), f())',
        'g = (x for x in [1, 2, 3])\na = next(g)\nb, c = g\n(a, b, c, list(g))',
    ],
)
def test_it_is_in_functions_and_loops_as_well(source: str) -> None:
    assert outcome_in_monty(source) == outcome_in_cpython(source)


def test_what_a_tool_is_given_or_the_cell_gives_stays_a_list() -> None:
    assert 'iter(' not in prepared('m = map(str, [1])\nawait search(m)').source
    assert 'iter(' not in prepared("m = map(str, [1])\n{'m': m}").source
    assert 'iter(' not in prepared('import asyncio\nm = (get(x) for x in "ab")\nawait asyncio.gather(*m)').source


def test_a_cell_that_ends_in_one_shows_it_and_tells_that_it_is_a_list() -> None:
    [rewrite] = prepared('m = map(str, [1, 2])').rewrites
    assert rewrite.note == 'kept `m` as a list: generators, `map` and the like are lists here, and not used up'


KEPT = [
    'def f(it):\n    return [list(it), list(it)]\nf({made})',
    'def f(*, it):\n    return [[x for x in it], [*it], bool(it)]\nf(it={made})',
    'def f(*its):\n    return [list(its[0]), list(its[0])]\nf({made}, 1)',
    'def f(it):\n    first = next(it)\n    return [first, list(it)]\nf({made})',
    'f = lambda it: [list(it), list(it)]\nf({made})',
    'class A:\n    def __init__(self):\n        self.it = {made}\n    def take(self):\n        return next(self.it)\n'
    'a = A()\n[a.take(), a.take(), list(a.it), list(a.it)]',
    'class A:\n    def two(self, it):\n        return [list(it), list(it)]\nA().two({made})',
    'its = [{made}, {made}]\n[list(its[0]), list(its[0]), list(its[1])]',
    'd = {{"a": {made}}}\n[list(d["a"]), list(d["a"])]',
    'd = {{}}\nd["a"] = {made}\nd.setdefault("b", {made})\n[list(d["a"]), list(d["a"]), list(d["b"]), list(d["b"])]',
    'its = []\nits.append({made})\n[list(its[0]), list(its[0])]',
    'a, b = {made}, 3\n[list(a), list(a), b]',
    'a = b = {made}\n[list(a), list(b)]',
    'def g():\n    return {made}\nm = g()\n[list(m), list(m)]',
    'def g():\n    m = {made}\n    return m\nm = g()\n[list(m), list(m)]',
    'its = [{made}] * 2\nlist(zip(*its))',
    'its = [{made} for _ in range(2)]\n[list(its[1]), list(its[1]), list(its[0])]',
    'm = {made} if len(xs) > 1 else []\n[list(m), list(m)]',
    'm: object = {made}\n[list(m), list(m)]',
    'r = [list(m := {made}), list(m)]\nr',
    'm = {made}\n["yes" if m else "no", [*m], [*m]]',
    'def f(it):\n    return "yes" if it else "no"\nf({made})',
    'def f(it):\n    return [sum(1 for _ in it), min(it, default=5), sorted(it), {{*it}}, tuple(it)]\nf({made})',
    'def f(it):\n    r = []\n    r.extend(it)\n    return [r, any(it), dict.fromkeys(it), list(zip(it, it))]\nf({made})',
    'def f(it):\n    r = []\n    n = 1\n    n += n\n    r += it\n    return [r, n, list(it)]\nf({made})',
    'm = {made}\nr = []\nr += m\n[r, list(m)]',
    'class A:\n    pass\na = A()\na.it = {made}\nr = []\nr += a.it\n[r, list(a.it)]',
    'def f(it):\n    for x in it:\n        break\n    return [x, list(enumerate(it))]\nf({made})',
]  # fmt: skip


@pytest.mark.parametrize('made', MADE)
@pytest.mark.parametrize('source', KEPT)
def test_an_iterator_that_is_kept_anywhere_is_used_up_once(source: str, made: str) -> None:
    code = 'xs = [1, 2, 3]\n' + source.format(made=made)

    assert outcome_in_monty(code) == outcome_in_cpython(code)


@pytest.mark.parametrize(
    'source',
    [
        'def f():\n    return map(str, [1])\nf()',
        'def f():\n    m = zip([1], [2])\n    return {"m": m}\nf()',
        'd = {"a": map(str, [1])}\nd',
        'rows = [zip([1], [2]) for _ in range(2)]',
        'async def f():\n    return (x for x in [1])\n[await f()]',
        'await search([map(str, [1])])',
    ],
)
def test_what_becomes_the_value_of_a_cell_or_an_argument_of_a_tool_stays_a_list(source: str) -> None:
    assert 'iter(' not in prepared(source).source


def test_an_iterator_that_one_function_takes_at_once_is_left_alone() -> None:
    source = 'x = sum(map(int, "12")) + len(list(zip([1], [2])))\nfor y in map(str, [*reversed([1])]):\n    print(",".join(z for z in y))\n'
    assert 'iter(' not in prepared(source).source


def test_an_iterator_of_an_earlier_cell_is_added_to_a_list() -> None:
    cells = ('m = map(str, [1, 2])\nx = 1', 'r = []\nr += m\n[r, list(m)]')
    assert outcome_in_monty(*cells) == outcome_in_cpython(*cells)


def test_a_sum_without_an_iterator_is_left_alone() -> None:
    assert prepared('total = 0\nfor n in map(int, "12"):\n    total += n\ntotal').rewrites == ()
    assert 'type(' not in prepared('total = 0\nfor n in map(int, "12"):\n    total += n\ntotal').source
