"""The value of a cell: its last expression, or what its last statement assigned."""

from __future__ import annotations

import pytest
from support.cells import prepared
from support.interpreters import run_monty

VALUES = [
    ('x = 3', 'x', 'x', 3),
    ('x = y = 3', 'x', 'x', 3),
    ('d = {}\nd["k"] = x = 3', 'x', 'x', 3),
    ('x: int = 3', 'x', 'x', 3),
    ('x = [1]\nx += [2]', 'x', 'x', [1, 2]),
    ('a, b = 1, [2]', None, '(a, b)', (1, [2])),
    ('[a, *b] = 1, 2, 3', None, '(a, *b)', (1, 2, 3)),
    ('(a, (b,)) = 1, (2,)', None, '(a, (b,))', (1, (2,))),
    ('d = {}\nd["k"] = 5', None, 'd["k"]', 5),
    ('d, k = {}, 1\nd[k] = 5', None, 'd[k]', 5),
    ('class A:\n    pass\na = A()\na.x = 4', None, 'a.x', 4),
    ('if True:\n    z = 1\nelif False:\n    z = 2\nelse:\n    raise ValueError', 'z', 'z', 1),
    ('try:\n    y = int("x")\nexcept ValueError:\n    y = -1', 'y', 'y', -1),
    ('try:\n    pass\nexcept ValueError:\n    y = -1\nelse:\n    y = 2', 'y', 'y', 2),
    ('match 3:\n    case 3:\n        r = "a"\n    case _:\n        r = "b"', 'r', 'r', 'a'),
    ('if True:\n    if True:\n        z = 1\n    else:\n        z = 3\nelse:\n    z: int = 2', 'z', 'z', 1),
    ('x = 3  # three', 'x', 'x', 3),
    ('x = (\n    3\n)\n\n', 'x', 'x', 3),
    ('for i in range(2):\n    pass\nx = i', 'x', 'x', 1),
]

EXPRESSIONS = [
    ('x = 3\nx', 'x', 3),
    ('x = 3\n(x)', 'x', 3),
    ('x = 3\nx + 1', None, 4),
    ('(n := 5)', 'n', 5),
    ('None', None, None),
    ('[].append(1)', None, None),
    ('return 5', None, 5),
    ('x = 1\nif x:\n    return x\nprint(x)', None, 1),
]

NOTHING = [
    '',
    '# nothing',
    'pass',
    'print(1)',
    'x = 1\nprint(x)',
    'def f():\n    return 1',
    'class A:\n    pass',
    'import json',
    'for i in [1]:\n    x = i',
    'while False:\n    x = 1',
    'x = 1\nif x:\n    y = 2',
    'if True:\n    y = 2\nelse:\n    z = 1',
    'if True:\n    y = 2\nelse:\n    print(1)',
    'x: int',
    'd = {1: 2}\ndel d[1]',
    'x = 1\nassert x',
    'x = [1]\nx[len(x) - 1] = 3',
    'x = {"a": 1}\nx[\n    "a"\n] = 3',
    'def f():\n    return {}\nf()["a"] = 1',
    'match 3:\n    case 3:\n        r = "a"',
    'match 3:\n    case 3:\n        r = "a"\n    case _ if False:\n        r = "b"',
    'class Quiet:\n    def __enter__(self):\n        return 1\n    def __exit__(self, *_):\n        return True\n'
    'with Quiet() as q:\n    value = 1 / 0',
    'try:\n    x = 1\nexcept ValueError:\n    pass',
    'def print_all():\n    return 1\nx = [print_all() for _ in "a"] if False else None\nprint(x)',
]  # fmt: skip


@pytest.mark.parametrize(('source', 'name', 'asked', 'value'), VALUES)
def test_a_final_assignment_gives_what_it_assigned(source: str, name: str | None, asked: str, value: object) -> None:
    cell = prepared(source)

    assert cell.source.rstrip('\n').split('\n')[-1] == asked
    assert cell.source.startswith(source)
    assert (cell.has_value, cell.value_name) == (True, name)
    assert run_monty(cell.source) == value


@pytest.mark.parametrize(('source', 'name', 'value'), EXPRESSIONS)
def test_a_final_expression_is_the_value(source: str, name: str | None, value: object) -> None:
    cell = prepared(source)

    assert cell.source == source
    assert (cell.has_value, cell.value_name) == (True, name)
    assert run_monty(cell.source) == value


@pytest.mark.parametrize('source', NOTHING)
def test_other_endings_have_no_value(source: str) -> None:
    cell = prepared(source)

    assert (cell.has_value, cell.value_name) == (False, None)
    assert len(cell.source.splitlines()) == len(source.splitlines())
    run_monty(cell.source)


def test_a_with_block_over_a_file_gives_what_it_assigned() -> None:
    cell = prepared("with open('/data/x') as file:\n    text = file.read()")

    assert cell.source.split('\n')[-2] == 'text'
    assert cell.value_name == 'text'


def test_a_print_that_the_code_defined_is_a_function_like_any_other() -> None:
    assert prepared('def print(x):\n    return x\nprint(3)').has_value


def test_a_position_in_the_line_that_was_added_is_that_of_the_assignment() -> None:
    cell = prepared('y = 1\nx = (\n    2\n)')

    assert cell.source == 'y = 1\nx = (\n    2\n)\nx\n'
    assert cell.original_position(5, 1) == (4, 1)
    assert cell.tree.body[-1].lineno == 5
