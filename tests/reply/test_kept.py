"""Which variables a failed cell is said to have left: those that it had assigned for certain, with their tools."""

from __future__ import annotations

import pytest

from pydantic_ai_grail._reply.kept import kept_variables, may_have_assigned
from pydantic_ai_grail.events.calls import CallRecord, CallRequest, CallState, ToolFacts
from pydantic_ai_grail.events.outcomes import CodeFrame, Failed, Failure


def call(line: int, name: str, state: CallState = 'returned') -> CallRecord:
    facts = ToolFacts(tool_name=name, python_name=name)
    request = CallRequest(tool_call_id=f'{line}', ordinal=line, tool=facts, args={}, line=line)
    return CallRecord(request=request, state=state)


def kept(
    source: str, *calls: CallRecord, stopped: int, function: str | None = None, lost: bool = False
) -> dict[str, str]:
    frames = (CodeFrame(line=stopped, column=1, function=function),)
    failure = Failure(kind='exception', exception_type='KeyError', message='x', frames=frames)
    found = kept_variables(Failed(failure=failure, source=source, calls=calls, state_lost=lost))
    return {name: ', '.join(tools) for name, tools in found.items()}


def test_what_was_assigned_before_the_line_is_kept_and_nothing_after_it():
    source = 'a = 1\nb, c = 2, 3\nd: int = 4\nd["x"]\ne = 5'
    assert kept(source, stopped=4) == {'a': '', 'b': '', 'c': '', 'd': ''}


def test_the_statement_that_failed_assigned_nothing():
    assert kept('a = 1\nb = [\n    a["x"],\n]', stopped=3) == {'a': ''}


def test_a_variable_has_the_tools_of_its_last_assignment():
    source = 'a = await f()\na = len(await g())\nb = 0\nb += await f()\nb += await g()\nx["y"]'
    calls = (call(1, 'f'), call(2, 'g'), call(4, 'f'), call(5, 'g'))
    assert kept(source, *calls, stopped=6) == {'a': 'g', 'b': 'f, g'}


def test_what_was_deleted_and_what_is_private_is_not_told():
    assert kept('a = b = _c = 1\ndel a\nd["x"]', stopped=3) == {'b': ''}


@pytest.mark.parametrize(
    'block',
    ['if x:', 'for i in x:', 'while x:', 'try:', 'if x:\n    pass\nelse:', 'try:\n    pass\nexcept ValueError:'],
)
def test_in_a_block_only_a_call_shows_that_it_ran(block: str):
    head = f'{block}\n'
    line = head.count('\n') + 1
    tail = '\nexcept ValueError:\n    pass' if block == 'try:' else ''
    source = f'{head}    a = await f()\n    b = 1\n    x["y"]{tail}'
    assert kept(source, call(line, 'f'), stopped=line + 2) == {'a': 'f'}
    assert kept(source, stopped=line + 2) == {}


def test_a_call_in_a_block_that_may_have_failed_shows_nothing():
    source = 'for i in x:\n    try:\n        a = await f(i)\n    except ValueError:\n        pass\nx["y"]'
    assert kept(source, call(3, 'f'), call(3, 'f', 'raised'), stopped=6) == {}
    gathered = 'try:\n    a, b = await asyncio.gather(f(1), g(2))\nexcept ValueError:\n    x["y"]'
    assert kept(gathered, call(2, 'f'), stopped=4) == {}


def test_a_function_that_stopped_without_a_caller_leaves_what_calls_show():
    source = 'a = 1\nb = await f()\nasync def g(x):\n    return x["y"]\nc = await asyncio.gather(g(b))'
    assert kept(source, call(2, 'f'), stopped=4, function='g') == {'b': 'f'}


def test_a_block_that_always_runs_is_read_like_the_cell():
    assert kept('with x as y:\n    a = 1\n    b["x"]', stopped=3) == {'a': ''}


def test_nothing_is_told_where_nothing_is_known():
    assert kept('a = 1\nb', stopped=2, lost=True) == {}
    assert kept('a = (', stopped=1) == {}
    failure = Failure(kind='limit', exception_type='MemoryError', message='')
    assert kept_variables(Failed(failure=failure, source='a = 1')) == {}


def test_an_annotation_assigns_nothing():
    assert kept('a: int\nb["x"]', stopped=2) == {}


@pytest.mark.parametrize(
    ('source', 'stopped', 'told'),
    [
        ('1 / 0', 1, False),
        ('x = 1 / 0', 1, False),
        ('print(1)\nawait pay(1)', 2, False),
        ('len(rows)\n1 / 0\nx = 1', 2, False),
        ('if (n := 5) / 0:\n    pass', 1, True),
        ('x = [n := 5, 1 / 0]', 1, True),
        ('rows.append(1)\n1 / 0', 2, True),
        ('row["a"] = 1\n1 / 0', 2, True),
        ('import re\n1 / 0', 2, True),
        ('def f():\n    1 / 0\nf()', 3, True),
        ('for row in rows:\n    1 / 0', 2, True),
        ('x = (', 1, True),
        ('exec("x = 1; 1 / 0")', 1, True),
        ('setattr(row, "a", 1)\n1 / 0', 2, True),
    ],
)
def test_a_cell_that_assigned_nothing_is_not_told_that_it_is_kept(source: str, stopped: int, told: bool):
    frames = (CodeFrame(line=stopped, column=1),)
    failure = Failure(kind='exception', exception_type='KeyError', message='x', frames=frames)
    assert may_have_assigned(Failed(failure=failure, source=source)) is told
