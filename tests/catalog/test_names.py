"""Tool names as identifiers: valid, harmless, and one for each tool."""

from __future__ import annotations

import ast
import builtins
import keyword

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pydantic_ai_grail._catalog.tool_names import RESERVED, assign_identifiers, identifier, parameter_names, type_name

names = st.text(max_size=12) | st.sampled_from(
    [*sorted(RESERVED), 'a-b', 'a.b', 'a_b', 'a b', '_a', '__a', '3d', 'ﬁle', 'file', 'x²', '·', '_', '']
)


@pytest.mark.parametrize(
    ('name', 'expected'),
    [
        ('list_issues', 'list_issues'),
        ('list-issues', 'list_issues'),
        ('github.list issues', 'github_list_issues'),
        ('3d_render', 'tool_3d_render'),
        ('_private', 'tool_private'),
        ('größe', 'größe'),
        ('ﬁle', 'file'),
        ('class', 'class_'),
        ('match', 'match_'),
        ('print', 'print_'),
        ('help', 'help_'),
        ('search_tools', 'search_tools_'),
        ('asyncio', 'asyncio_'),
        ('', 'tool_'),
        ('x²', 'x2'),
    ],
)
def test_a_tool_name_becomes_the_nearest_identifier(name: str, expected: str) -> None:
    assert identifier(name) == expected


@given(names)
@example('\u2118')
@example('\u037a')
def test_an_identifier_parses_as_the_name_of_a_function_and_hides_nothing(name: str) -> None:
    python = identifier(name)
    (function,) = ast.parse(f'def {python}(): ...').body
    assert isinstance(function, ast.FunctionDef)
    assert function.name == python
    assert not keyword.iskeyword(python)
    assert not hasattr(builtins, python) or python in {'copyright', 'credits', 'license'}
    assert not python.startswith('_')


@given(st.lists(names, unique=True))
def test_no_two_tools_get_the_same_identifier(tools: list[str]) -> None:
    assigned = assign_identifiers({name: name for name in tools})
    assert list(assigned) == tools
    assert len(set(assigned.values())) == len(tools)
    assert RESERVED.isdisjoint(assigned.values())


@given(st.lists(names, unique=True), st.randoms())
def test_the_order_in_which_tools_are_listed_changes_no_name(tools: list[str], random: object) -> None:
    shuffled = sorted(tools, key=lambda name: hash((name, id(random))))
    assert assign_identifiers({name: name for name in tools}) == assign_identifiers({name: name for name in shuffled})


def test_a_name_that_needs_no_change_keeps_it_when_others_would_become_it() -> None:
    assigned = assign_identifiers({name: name for name in ('a.b', 'a-b', 'a_b', 'a_b_2')})
    assert assigned == {'a.b': 'a_b_4', 'a-b': 'a_b_3', 'a_b': 'a_b', 'a_b_2': 'a_b_2'}


@pytest.mark.parametrize(
    ('key', 'expected'),
    [('from', 'from_'), ('type', 'type'), ('max-results', 'max_results'), ('id', 'id'), ('1st', 'arg_1st')],
)
def test_a_parameter_may_hide_a_builtin_but_must_parse(key: str, expected: str) -> None:
    assert parameter_names([key]) == {key: expected}


@given(st.lists(names, unique=True))
def test_no_two_parameters_of_a_tool_get_the_same_identifier(keys: list[str]) -> None:
    assigned = parameter_names(keys)
    assert len(set(assigned.values())) == len(keys)
    for python in assigned.values():
        ast.parse(f'def f({python}): ...')


@pytest.mark.parametrize(
    ('parts', 'expected'),
    [
        (('Page[Issue]',), 'PageIssue'),
        (('create_issue', 'options'), 'CreateIssueOptions'),
        (('list-issues', 'result'), 'ListIssuesResult'),
        (('2d', 'point'), 'Record2dPoint'),
        ((), 'Record'),
    ],
)
def test_records_get_class_names(parts: tuple[str, ...], expected: str) -> None:
    assert type_name(*parts) == expected


@given(st.lists(st.text(max_size=8), max_size=3))
def test_a_record_name_is_always_an_identifier(parts: list[str]) -> None:
    assert type_name(*parts).isidentifier()
