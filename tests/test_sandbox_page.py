"""The page on what the sandbox runs has the tables that the installed Monty calls for."""

from __future__ import annotations

from support.sandbox_table import PAGE, REFUSED, REWRITTEN, page

from pydantic_ai_grail.events.diagnostics import CODES, REWRITES


def test_the_tables_are_current() -> None:
    text = PAGE.read_text('utf-8')

    assert text == page(text), 'run: PYTHONPATH=tests python -m support.sandbox_table'


def test_every_rewrite_and_every_code_of_the_report_is_in_a_table() -> None:
    text = PAGE.read_text('utf-8')

    assert REWRITTEN.keys() == REWRITES.keys()
    assert len(REFUSED) == len(set(REFUSED))
    for code in CODES:
        if code.startswith(('no-', 'unsupported-', 'endless-')):
            assert f'`{code}`' in text, code
