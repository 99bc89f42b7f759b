"""What is asked of the sandbox after a `KeyError`, and where nothing is asked because the answer could be wrong."""

from __future__ import annotations

import pytest

from pydantic_ai_grail._run.looking import question
from pydantic_ai_grail.events.outcomes import CodeFrame, Failure


def asked(source: str, piece: str, *, line: int = 1, function: str | None = None) -> str | None:
    """The question when `piece` of a line raised."""
    column = source.splitlines()[line - 1].index(piece) + 1
    frame = CodeFrame(line=line, column=column, end_column=column + len(piece), function=function)
    return question(Failure(kind='exception', exception_type='KeyError', message='a', frames=(frame,)), source)


@pytest.mark.parametrize('piece', ["row['a']", "row.pop('a')"])
def test_a_dict_at_the_top_is_asked_for_its_keys(piece: str):
    assert asked(f'x = {piece}', piece) == '[(list(row)[:40], len(row))] if isinstance(row, dict) else []'


def test_in_a_comprehension_the_first_dict_without_the_key_is_asked():
    assert asked("[row['a'] for row in rows if row.get('b')]", "row['a']") == (
        "[(list(row)[:40], len(row)) for row in rows if row.get('b') if isinstance(row, dict) and 'a' not in row][:1] "
        'if isinstance(rows, (list, dict, tuple, set, frozenset, str)) else []'
    )


@pytest.mark.parametrize(
    'source',
    [
        "sorted(rows, key=lambda row: row['a'])",
        "rows.sort(key=lambda row: row['a'])",
        "map(lambda row: row['a'], rows)",
    ],
)
def test_a_function_that_is_given_each_item_is_read_as_a_loop(source: str):
    assert asked(source, "row['a']", function='<lambda>') == (
        "[(list(row)[:40], len(row)) for row in rows if isinstance(row, dict) and 'a' not in row][:1] "
        'if isinstance(rows, (list, dict, tuple, set, frozenset, str)) else []'
    )


@pytest.mark.parametrize(
    ('source', 'piece'),
    [
        ("rows.pop()['a']", "rows.pop()['a']"),
        ('row[await f()]', 'row[await f()]'),
        ("f()['a']", "f()['a']"),
        ("[row['a'] for row in f()]", "row['a']"),
        ("[row['a'] for row in rows if f(row)]", "row['a']"),
        ("[row['a'] for row in rows] + [row['a'] for row in others]", "row['a']"),
        ("'{a}'.format(b=1)", "'{a}'.format(b=1)"),
        ('x = row', 'x ='),
    ],
)
def test_what_could_change_something_or_is_not_clear_is_not_asked(source: str, piece: str):
    assert asked(source, piece) is None


def test_what_a_function_had_in_its_own_variables_is_not_asked():
    assert asked("def f(row):\n    return row['a']", "row['a']", line=2, function='f') is None
    assert asked("g = lambda row: row['a']", "row['a']", function='<lambda>') is None


def test_a_place_outside_of_the_cell_is_not_asked():
    earlier = CodeFrame(line=1, column=1, end_column=9, in_this_cell=False)
    endless = CodeFrame(line=1, column=1)
    beyond = CodeFrame(line=9, column=1, end_column=9)
    for frames in ((), (earlier,), (endless,), (beyond,)):
        assert (
            question(Failure(kind='exception', exception_type='KeyError', message='a', frames=frames), "d['a']") is None
        )


def test_a_cell_that_is_not_python_as_it_was_written_is_not_asked():
    assert asked("```python\nrow['a']\n```", "row['a']", line=2) is None
