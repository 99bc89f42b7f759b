"""The past of a session as a value: what it binds, how it shrinks, how it travels."""

from __future__ import annotations

import json

import pytest

from pydantic_ai_grail._source.history import MAX_CHARS, MAX_NAMES_CHARS, History, PastCell


def after(*sources: str, completed: bool = True) -> History:
    history = History()
    for source in sources:
        history = history.after(PastCell(source=source, completed=completed))
    return history


@pytest.mark.parametrize(
    ('source', 'names'),
    [
        ('a = b.c = d[0] = e, *f = g', {'a', 'e', 'f'}),
        ('a: int\nb: int = 1\nc += 1', {'a', 'b', 'c'}),
        ('for a, (b, *c) in d:\n    e = 1\nelse:\n    f = 1', {'a', 'b', 'c', 'e', 'f'}),
        ('with a as b, c as (d, e):\n    f = 1', {'b', 'd', 'e', 'f'}),
        ('try:\n    a = 1\nexcept E as b:\n    c = 1\nfinally:\n    d = 1', {'a', 'b', 'c', 'd'}),
        ('match a:\n    case {"k": b, **c}:\n        d = 1\n    case [e, *f] as g:\n        pass', set('bcdefg')),
        ('[a := b for b in c]\nprint(d := 1)', {'a', 'd'}),
        ('{x: y for x, y in z}\n{w for w in z}\nlist(v for v in z)', set[str]()),
        ('import a, b.c, d as e\nfrom f import g, h as i', {'a', 'b', 'e', 'g', 'i'}),
        ('from __future__ import annotations', set[str]()),
        ('def a(b=(c := 1)):\n    d = 1\n    global e\n    e = 1', {'a', 'c', 'e'}),
        ('async def a():\n    def b():\n        nonlocal c\n        c = 1', {'a'}),
        ('class A(B):\n    c = 1\n    def d(self): self.e = 1', {'A'}),
        ('a = lambda b=(c := 1): (d := b)', {'a', 'c'}),
        ('global a', {'a'}),
        ('@(a := b)\ndef c(): pass', {'a', 'c'}),
    ],
)
def test_every_construct_that_binds_a_name_is_seen_and_no_other(source: str, names: set[str]) -> None:
    assert after(source).bound_names() == names


def test_names_that_functions_rebind_are_told_apart() -> None:
    bindings = after('def a():\n    global b\n    def c():\n        nonlocal d\n').bindings
    assert bindings.reached == {'b', 'd'}


@pytest.mark.parametrize('source', ['from a import *', 'exec(a)', 'globals()["a"] = 1', 'b = locals'])
def test_a_session_is_open_when_names_may_be_bound_that_do_not_show(source: str) -> None:
    assert after(source).bindings.is_open
    assert not after('a = 1', 'print(a)').bindings.is_open


def test_a_failed_cell_may_have_bound_all_of_its_names() -> None:
    assert after('a = 1\nboom()\nb = 2', completed=False).bound_names() == {'a', 'b'}


def test_statements_behind_the_one_that_failed_bound_nothing() -> None:
    failed = PastCell(source='a = 1\nfor b in c:\n    boom()\nd = 2', completed=False, stopped_line=3)
    assert History().after(failed).bound_names() == {'a', 'b'}


def test_a_history_grows_into_another_and_stays_as_it_is() -> None:
    first = after('a = 1')
    second = first.after(PastCell(source='b = 1', completed=True))
    assert (first.bound_names(), second.bound_names()) == ({'a'}, {'a', 'b'})


def test_a_history_goes_through_json() -> None:
    history = after('a = 1', 'def b():\n    global c').after(
        PastCell(source="d['e'] = 1", completed=False, stopped_line=1)
    )
    assert History.from_json(history.to_json()) == history


@pytest.mark.parametrize(
    'text',
    [
        '{}',
        'nothing',
        after('a = 1').to_json().replace('a = 1', 'a = ('),
        after('a = 1').to_json().replace('"is_open":false', '"is_open":false,"more":1'),
    ],
)
def test_what_is_no_history_is_not_read(text: str) -> None:
    with pytest.raises(ValueError):
        History.from_json(text)


def test_a_long_session_keeps_every_name_in_little_space() -> None:
    cells = [
        f'rows_{n} = await search({n!r})\nfor row in rows_{n}:\n    print(row["title"], "{"x" * 40}")'
        for n in range(1000)
    ]
    history = after(*cells)
    assert history.bound_names() == {'row', *(f'rows_{n}' for n in range(1000))}
    assert len(history.to_json()) < 2 * MAX_CHARS
    assert not history.bindings.is_open


def test_condensing_keeps_functions_imports_and_short_assignments() -> None:
    filler = f'text = "{"x" * (MAX_CHARS // 2)}"'
    history = after(
        'import json\ndef double(x):\n    return 2 * x\nn = double(4)\nprint(n)\nfor i in [1]:\n    j = i',
        filler,
        filler,
    )
    condensed = history.cells[0].source
    assert condensed == (
        'i = j = text = grail_any__\nimport json\n\ndef double(x):\n    return 2 * x\nn = double(4)'.replace(
            '\n\ndef', '\ndef'
        )
    )


def test_a_name_that_was_rebound_in_a_loop_is_any_after_condensing() -> None:
    filler = 'long = [\n' + '1,\n' * MAX_CHARS + ']'
    history = after('a = 1\nb, a = 2, 3\nfor a in c:\n    pass', filler)
    assert history.cells[0].source.split('\n')[0] == 'a = b = long = grail_any__'


def test_condensing_forgets_no_keys_attributes_and_rebound_names() -> None:
    filler = f'text = "{"x" * MAX_CHARS}"'
    history = after('record["age"] = 1\nbox.title = 2\ndef f():\n    global total', filler, 'x = 1')
    assert history.stores.added_keys == {'age'}
    assert history.stores.attributes == {'title'}
    assert history.bindings.reached == {'total'}
    assert History.from_json(history.to_json()).stores.added_keys == {'age'}


def test_a_session_with_too_many_names_is_open_instead() -> None:
    wide = '\n'.join(f'name_{n} = {n}' for n in range(MAX_NAMES_CHARS // 4))
    history = after(wide, 'a = 1')
    assert history.bindings.is_open
    assert len(history.to_json()) < 2 * MAX_CHARS


def test_what_is_nested_too_deeply_makes_a_session_open() -> None:
    deep = f"a = 'x'{'.strip()' * 500}"
    history = after(deep)
    assert history.bindings.is_open
    assert history.stores.any_key
    condensed = after(deep, f'text = "{"x" * MAX_CHARS}"', 'b = 1')
    assert condensed.bindings.is_open
    assert condensed.bound_names() == {'text', 'b'}


def test_json_is_plain_data() -> None:
    assert json.loads(after('a = 1').to_json()) == {
        'cells': [['a = 1', True, None]],
        'keys': [],
        'attributes': [],
        'any_key': False,
        'reached': [],
        'is_open': False,
        'nested': False,
    }
