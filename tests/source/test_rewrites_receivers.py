"""A method's name says nothing of its owner: rewrites of methods keep what any receiver does, also of an earlier cell's."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.cells import prepared, rewritten
from support.sessions_of_cells import outcome_in_cpython, outcome_in_monty, prepared_in_session

from pydantic_ai_grail._source.prepared import Prepared

SESSIONS = [
    # the receiver is of the user's own
    ["class S:\n    def update(self, *a):\n        return ('mine', a)\ns = S()", "s.update('ab', 'cd')"],
    ["class S:\n    def union(self, *a):\n        return ('mine', a)\ns = S()", "(s.union('a', 'b'), s.union(*['x']))"],
    ["class S:\n    def sub(self, f, text):\n        return ('mine', f(text))\ns = S()", "s.sub(lambda m: m, 'a')"],
    ['class date:\n    pass\nd = date()', "(hasattr(d, 'isoformat'), hasattr({}, 'get'), hasattr([], 'append'))"],
    ['class Match:\n    pass\nd = Match()', "hasattr(d, 'group')"],
    [
        "class datetime:\n    def strptime(a, b):\n        return ('mine', a, b)\n    def utcnow():\n        return 'mine'",
        "(datetime.strptime('2024-01', '%Y-%m'), datetime.utcnow())",
    ],
    ['def timedelta(hours):\n    return hours', 'timedelta(hours=1.5)'],
    ["class re:\n    def sub(a, f, b):\n        return ('mine', f(b))", "re.sub('a', lambda m: m, 'b')"],
    ["class json:\n    def dumps(a, default):\n        return 'mine'", 'json.dumps({1}, default=list)'],
    ["class IOError:\n    x = 'mine'", 'IOError.x'],
    ["def next(items, default):\n    return 'mine'", 'next((x for x in [1]), 2)'],
    ["class Dog:\n    def lower(self):\n        return 'mine'\nstr = Dog", 'str.lower(Dog())'],
    ['class D:\n    def isocalendar(self, *a):\n        return (\'mine\', a)\nd = D()', 'd.isocalendar()'],
    # it is a set, a pattern, a date, and comes from an earlier cell
    ['s = {1}', 's.update([2], [3])\n(s, s.union([9], [8]), s.union(*[[5]]), s.difference(*[]), s.intersection([1], [1]))'],
    ['base = {1}', 'more = base.union(*[])\nmore.add(5)\n(base, more)'],
    ['base = frozenset([1])', 'more = base.union(*[[2]], [3])\n(base, more)'],
    ['import re\np = re.compile("a")', 'p.sub(lambda m: "b", "aa", count=1)'],
    ['from datetime import datetime as dt, timedelta', "(str(dt.strptime('2024-01', '%Y-%m')), timedelta(hours=1.5))"],
    ['import datetime', "(str(datetime.datetime.strptime('2024-01', '%Y-%m')), datetime.timedelta(hours=1.5))"],
    # evaluated once, in this order
    ['from datetime import date\nlog = []\ndef f(n):\n    log.append(n)\n    return date(2024, n, 1)', '(tuple(f(5).isocalendar()), f(1).isocalendar().week, log)'],
    ['log = []\ndef f(n):\n    log.append(n)\n    return {n}', '(f(1).union(f(2), f(3)), log)'],
    ['log = []\ndef f(n):\n    log.append(n)\n    return {n}', '(f(1).update(f(2), f(3)), log)'],
]  # fmt: skip


@pytest.mark.parametrize('restore', [False, True])
@pytest.mark.parametrize('cells', SESSIONS)
def test_a_method_does_what_its_receiver_does(cells: list[str], restore: bool) -> None:
    assert outcome_in_monty(*cells, restore=restore) == outcome_in_cpython(*cells)


OWN = """\
class Own:
    def {method}(self, *args, **named):
        return ('mine', args, sorted(named))
own = Own()"""

METHODS = [
    *('union', 'intersection', 'difference', 'update', 'sub', 'pop', 'get', 'append', 'sort', 'strptime', 'utcnow'),
    *(
        'isocalendar',
        'fromtimestamp',
        'timestamp',
        'strip',
        'lower',
        'join',
        'dumps',
        'gather',
        'create_task',
        'itemgetter',
        'copy',
    ),
]


@settings(max_examples=60, deadline=None)
@given(
    method=st.sampled_from(METHODS),
    arguments=st.sampled_from(['', '1', '1, 2', '*[1, 2]', '[1], *[2]', 'lambda m: 1, "a"', '"2024-01", "%Y-%m"', '{1}, {2}']),
    named=st.sampled_from(['', 'key=1', 'default=str', 'key=len']),
    in_one_cell=st.booleans(),
)  # fmt: skip
def test_no_rewrite_takes_an_object_of_the_users_own_for_a_builtin(
    method: str, arguments: str, named: str, in_one_cell: bool
) -> None:
    comma = ', ' if arguments and named else ''
    call = f'own.{method}({arguments}{comma}{named})[0]'
    cells = [OWN.format(method=method), call]
    if in_one_cell:
        cells = ['\n'.join(cells)]

    assert outcome_in_monty(*cells) == 'mine'
    assert outcome_in_cpython(*cells) == 'mine'


def test_what_is_surely_a_set_has_its_calls_chained_and_what_may_be_none_is_asked() -> None:
    assert rewritten('s = {1}\ns.union([2], [3])') == 's = {1}\ns.union([2]).union( [3])'
    [rewrite] = prepared('s = {1}\ns.union([2], [3])').rewrites
    assert rewrite.note == '`union` of several sets became one call for each: it takes one here'
    [_, unknown] = prepared_in_session('s = 1', 's.union([2], [3])')
    assert isinstance(unknown, Prepared)
    assert 'type(_set) in (set, frozenset)' in unknown.source
    assert unknown.rewrites == ()


@pytest.mark.parametrize(
    'source',
    [
        'def f(s):\n    return s.union([1], [2])\nf({3})',
        'for s in [{1}, {2}]:\n    s.update([3], [4])\ns',
        's = {1}\ns = s if s else 5\ns.union([1], [2])',
        'def f():\n    global s\n    s = {5}\ns = {1}\nf()\ns.union([1], [2])',
        'match {1}:\n    case s:\n        pass\ns.union([1], [2])',
        'a, b = {1}, {2}\na.union(b, b)',
        'try:\n    raise ValueError("x")\nexcept ValueError as s:\n    pass\ns = {1}\ns.union([1], [2])',
        's = {1}\ns |= {7}\ns.union([1], [2])',
        '(sorted({1} | {2}), ({1} | {2}).union({3}, {4}))',
    ],
)
def test_sets_that_are_bound_in_other_ways_are_treated_alike(source: str) -> None:
    assert outcome_in_monty(source) == outcome_in_cpython(source)
