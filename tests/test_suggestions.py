"""Did-you-mean, as a table of what models write and what they meant."""

from __future__ import annotations

import pytest
from support.counted_calls import counted_calls

from pydantic_ai_grail._common.suggestions import closest

TOOLS = ['search', 'list_issues', 'get_issue', 'get_user', 'create_refund', 'github.merge_pull_request', 'weather']


@pytest.mark.parametrize(
    ('written', 'meant'),
    [
        ('serach', 'search'),
        ('list_issue', 'list_issues'),
        ('listIssues', 'list_issues'),
        ('issues_list', 'list_issues'),
        ('ListIssues', 'list_issues'),
        ('merge_pull_request', 'github.merge_pull_request'),
        ('gitlab.get_user', 'get_user'),
        ('create_refunds', 'create_refund'),
        ('wether', 'weather'),
        ('get_weather', 'weather'),
        ('fetch_user', 'get_user'),
    ],
)
def test_a_name_that_was_meant_is_found(written: str, meant: str):
    assert closest(written, TOOLS) == meant


@pytest.mark.parametrize('written', ['x', 'df', 'total', 'statistics', 'sum', ''])
def test_a_name_that_is_like_none_gets_no_suggestion(written: str):
    assert closest(written, TOOLS) is None


def test_the_first_of_two_equally_likely_names_is_taken():
    assert closest('name', ['names', 'named']) == 'names'


def test_the_name_itself_is_never_suggested():
    assert closest('search', ['search']) is None


def test_no_candidates_give_no_suggestion():
    assert closest('search', []) is None


def test_very_many_and_very_long_names_stay_cheap():
    with counted_calls() as calls:
        assert closest('a_name' * 10_000, (f'b{n}_name' * 1_000 for n in range(100_000))) is None
    assert calls.count < 4 * 100_000
