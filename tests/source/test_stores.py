"""What code puts into objects: keys into records, attributes onto instances."""

from __future__ import annotations

import ast

import pytest

from pydantic_ai_grail._source.stored_attributes import Stores, stores_of


def stores(source: str) -> Stores:
    return stores_of(ast.parse(source))


@pytest.mark.parametrize(
    ('source', 'keys'),
    [
        ("r['a'] = 1\nr['b'] += 1\nr[0] = 1", {'a', 'b'}),
        ("r.update(a=1, b=2)\nr.update({'c': 3})", {'a', 'b', 'c'}),
        ("r.setdefault('a', []).append(1)\nr.__setitem__('b', 1)", {'a', 'b'}),
        ("r |= {'a': 1}\ns = r | {'b': 1}", {'a', 'b'}),
        ("def f(r):\n    r['a'] = 1", {'a'}),
        ("print(r['a'], {'b': 1}, r.get('c'))", set[str]()),
    ],
)
def test_keys_that_are_added_in_place_are_found(source: str, keys: set[str]) -> None:
    found = stores(source)
    assert found.added_keys == keys
    assert not found.any_key


@pytest.mark.parametrize(
    'source', ['r[k] = 1', 'r.update(other)', 'r.update(**other)', 'r.setdefault(k, 1)', 'r |= other', 'a.b[k] = 1']
)
def test_a_key_that_only_shows_at_run_time_may_be_any(source: str) -> None:
    assert stores(source).any_key


@pytest.mark.parametrize(
    'source',
    [
        'counts = {}\nfor k in ks:\n    counts[k] = counts.get(k, 0) + 1',
        'counts = dict()\ncounts[k] = 1',
        'import collections\ncounts = collections.Counter()\ncounts[k] += 1',
        'index = {r["id"]: r for r in rows}\nindex[k] = None',
        'if (counts := {}) is not None:\n    counts[k] = 1',
    ],
)
def test_a_dict_that_code_made_is_no_record(source: str) -> None:
    assert not stores(source).any_key


@pytest.mark.parametrize(
    'source',
    [
        'counts = {}\ncounts = await get()\ncounts[k] = 1',
        'counts = {}\nfor counts in rows:\n    counts[k] = 1',
        'counts = {}\ndef f(counts):\n    counts[k] = 1',
        'counts = {}\nwith a as counts:\n    counts[k] = 1',
        'counts = {}\ncounts, x = a\ncounts[k] = 1',
    ],
)
def test_a_name_that_is_also_bound_to_something_else_may_be_a_record(source: str) -> None:
    assert stores(source).any_key


@pytest.mark.parametrize(
    ('source', 'keys'),
    [
        ("rows = await get()\nrows.append({'a': 1})", {'a'}),
        ("rows = await get()\nrows += [{'a': 1}, {'b': 1}]", {'a', 'b'}),
        ("by = {r['id']: r for r in rows}\nby[0] = {'a': 1}", {'a'}),
        ("def f(rows):\n    rows.append({'a': 1})", {'a'}),
        ("rows = []\ndef f():\n    rows.append({'a': 1})", {'a'}),
        ("r['lines'].append({'a': 1})", {'a'}),
        ("rows = []\nrows.append({'a': 1})", set[str]()),
        ("rows = [{'a': 1}, 2]\nrows.insert(0, {'b': 1})", set[str]()),
        ("d = {'a': [], 'b': 1}\nd.setdefault('c', {'d': 1})", {'c'}),
        ("from collections import defaultdict\nd = defaultdict(list)\nd.setdefault(1, {'a': 1})", set[str]()),
        ("def f():\n    out = []\n    out.append({'a': 1})\n    return out", set[str]()),
        ('total += 1\nrows.append(5)', set[str]()),
    ],
)
def test_dicts_put_among_records_bring_their_keys(source: str, keys: set[str]) -> None:
    assert stores(source).added_keys == keys


def test_something_unknown_put_among_records_may_have_any_key() -> None:
    assert stores('rows = await get()\nrows.append(extra)').any_key
    assert not stores('rows = []\nrows.append(extra)').any_key
    assert not stores('days = {}\ndays.setdefault(day, []).append(extra)\ndays[day].append(extra)').any_key
    assert stores('order["lines"].append(extra)').any_key
    assert stores('cart.lines.append(extra)').any_key


def test_attributes_that_instances_may_have_are_found() -> None:
    source = "a.b = 1\nsetattr(a, 'c', 1)\nclass D:\n    e = 1\n    def f(self):\n        self.g = 1"
    assert stores(source).attributes == {'b', 'c', 'e', 'f', 'g'}


def test_stores_add_up() -> None:
    assert (stores("r['a'] = 1") | stores("x.b = r['c'] = 1")).added_keys == {'a', 'c'}
    own = stores('rows = []')
    assert (own | stores("rows.append({'a': 1})")).added_keys == set()
    assert (own | stores("rows = await get()\nrows.append({'a': 1})")).added_keys == {'a'}
