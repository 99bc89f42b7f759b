"""`docs/operating/what-happens.md`, answer by answer: each has a test of its words, here or in a file beside this one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.dying import Life, Moment, lived

from pydantic_ai_grail.approvals import ProvideResult

DONE = {'result': ['paid 1', 'paid 2']}
PAGE = Path(__file__).parents[2] / 'docs' / 'operating' / 'what-happens.md'


def answers() -> Iterator[str]:
    """The names of the tests that hold the page: of its headings, each with the bold words below it, if there are any."""
    for section in PAGE.read_text().split('\n## ')[1:]:
        heading, _, text = section.partition('\n')
        for words in re.findall(r'^\*\*(.+?)\*\*', text, re.MULTILINE) or ['']:
            yield '_'.join(['test_when', *re.findall('[a-z]+', f'{heading} {words}'.lower())])


def test_each_answer_of_the_page_is_held_by_a_test_of_its_words() -> None:
    files = Path(__file__).parent.glob('test_*.py')
    tests = {name for file in files for name in re.findall(r'^(?:async )?def (test_when_\w+)', file.read_text(), re.M)}
    assert sorted(tests) == sorted(answers())


@pytest.mark.parametrize('moment', ['before the call', 'after the call', 'after the cell'])
def test_when_the_process_dies_before_a_call_after_a_call_or_between_cells(moment: Moment, tmp_path: Path) -> None:
    outcome = lived(tmp_path, Life(dies=moment), Life())
    assert (outcome.content, outcome.paid) == (DONE, [1, 2])


@pytest.mark.parametrize('moment', ['before the call', 'after the call', 'after the cell'])
def test_it_may_die_as_often_as_it_likes(moment: Moment, tmp_path: Path) -> None:
    outcome = lived(tmp_path, Life(dies='before the call'), Life(dies=moment), Life(dies='after the cell'), Life())
    assert (outcome.content, outcome.paid) == (DONE, [1, 2])


@pytest.mark.parametrize(('moment', 'paid'), [('in the call', [1]), ('after its effect', [1, 2])])
def test_when_the_process_dies_in_a_call(moment: Moment, paid: list[int], tmp_path: Path) -> None:
    outcome = lived(tmp_path, Life(dies=moment), Life())
    assert (outcome.content, outcome.paid) == (None, paid)


def test_who_finds_that_it_had_no_effect_lets_it_run(tmp_path: Path) -> None:
    outcome = lived(tmp_path, Life(dies='in the call'), Life(), Life(decisions=True))
    assert (outcome.content, outcome.paid) == (DONE, [1, 2])


def test_who_finds_that_it_had_its_effect_says_what_it_returned(tmp_path: Path) -> None:
    outcome = lived(tmp_path, Life(dies='after its effect'), Life(), Life(decisions=ProvideResult('paid 2')))
    assert (outcome.content, outcome.paid) == (DONE, [1, 2])


def test_with_raise_code_gets_an_exception(tmp_path: Path) -> None:
    outcome = lived(tmp_path, Life(dies='after its effect'), Life(options={'on_unknown_call': 'raise'}))
    assert 'pay() was under way when its run ended; whether it took effect is not known' in outcome.content
    assert outcome.paid == [1, 2]


def test_with_retry_it_is_made_again_whether_it_took_effect_or_not(tmp_path: Path) -> None:
    outcome = lived(tmp_path, Life(dies='after its effect'), Life(options={'on_unknown_call': 'retry'}))
    assert (outcome.content, outcome.paid) == (DONE, [1, 2, 2])


@pytest.mark.parametrize('mark', ['read_only', 'idempotent'])
def test_tools_that_may_be_called_twice_are(mark: str, tmp_path: Path) -> None:
    metadata = {mark: True}
    outcome = lived(tmp_path, Life(dies='after its effect', metadata=metadata), Life(metadata=metadata))
    assert (outcome.content, outcome.paid) == (DONE, [1, 2, 2])


def test_a_tool_that_changed_its_signature_while_the_process_was_dead_is_told_at_the_line_of_the_call(
    tmp_path: Path,
) -> None:
    outcome = lived(
        tmp_path, Life(dies='before the call'), Life(pays_in='dollars', options={'on_unknown_call': 'retry'})
    )
    assert outcome.content.startswith('pay() was given wrong arguments') or 'rate: Field required' in outcome.content
    assert outcome.paid == [1]


def test_when_the_process_dies_and_journal_writes_is_cell(tmp_path: Path) -> None:
    options = {'journal_writes': 'cell'}
    outcome = lived(tmp_path, Life(dies='after the call', options=options), Life(options=options))
    assert (outcome.content, outcome.paid) == (DONE, [1, 2, 1, 2])


def test_limits_that_changed_while_the_process_was_dead_hold_from_then_on(tmp_path: Path) -> None:
    outcome = lived(tmp_path, Life(dies='before the call'), Life(options={'max_tool_calls': 1}))
    assert 'this cell has made its 1 tool calls' in outcome.content
    assert outcome.paid == [1]
