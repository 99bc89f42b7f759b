"""What the model reads of a cell that was refused: whole messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from pydantic_ai_grail._reply.reply import render
from pydantic_ai_grail.events.diagnostics import Diagnostic, Position, Stage
from pydantic_ai_grail.events.outcomes import Refused


def diagnostic(
    line: int,
    column: int,
    message: str,
    *,
    end_column: int | None = None,
    fix: str | None = None,
    code: str = 'unknown-name',
    stage: Stage = 'check',
) -> Diagnostic:
    position = Position(line=line, column=column, end_line=line, end_column=end_column)
    return Diagnostic(code=code, message=message, position=position, stage=stage, fix=fix)


def refusal(source: str, *diagnostics: Diagnostic) -> str:
    reply = render(Refused(refusals=diagnostics, source=source))
    assert reply.error is not None
    assert reply.return_value is None
    return reply.error


def test_one_mistake_has_its_place_its_rewrite_and_what_state_is_left():
    source = "rows = await serach('refunds')\nlen(rows)"
    mistake = diagnostic(1, 14, 'There is no name `serach`.', end_column=20, fix='Did you mean `search`?')
    assert refusal(source, mistake) == snapshot("""\
There is no name `serach`.
line 1: rows = await serach('refunds')
                     ^^^^^^
Did you mean `search`?
Nothing ran: no tool was called, no variable changed. Send the corrected cell.\
""")


def test_a_rewrite_that_is_code_is_introduced():
    source = "async def load():\n\trows = search('a')\n\treturn rows[0]"
    mistake = diagnostic(2, 9, '`search` is not awaited.', end_column=20, fix="await search('a')")
    assert refusal(source, mistake) == snapshot("""\
`search` is not awaited.
line 2: rows = search('a')
               ^^^^^^^^^^^
Write: await search('a')
Nothing ran: no tool was called, no variable changed. Send the corrected cell.\
""")


@pytest.mark.parametrize(
    ('fix', 'shown'),
    [
        ('search', 'Did you mean search?'),
        ('sum(xs) / len(xs)', 'Write: sum(xs) / len(xs)'),
        ("await search('a')", "Write: await search('a')"),
        ('Did you mean `search`?', 'Did you mean `search`?'),
        ('Instead of mean: sum(xs) / len(xs)', 'Instead of mean: sum(xs) / len(xs)'),
        ('\0', '\\x00'),
    ],
)
def test_code_and_sentences_are_told_apart(fix: str, shown: str):
    assert f'\n{shown}\nNothing ran' in refusal('x', diagnostic(1, 1, 'No.', fix=fix))


def test_the_same_mistake_in_many_lines_is_told_once():
    source = '\n'.join(f'x{n} = stats.mean([{n}])' for n in range(1, 11))
    mistakes = [diagnostic(n, 6, 'There is no name `stats`.', end_column=11) for n in range(1, 11)]
    assert refusal(source, *mistakes) == snapshot("""\
There is no name `stats`.
line 1: x1 = stats.mean([1])
             ^^^^^
The same in line 2, 3, 4, 5, 6, 7, ….
Nothing ran: no tool was called, no variable changed. Send the corrected cell.\
""")


def test_several_mistakes_are_numbered_in_the_order_of_the_code():
    source = 'import statistics\nclass A(Base): pass\n'
    assert refusal(
        source,
        diagnostic(2, 9, 'Classes cannot inherit here.', end_column=13, fix='Use functions and dicts.'),
        diagnostic(1, 8, 'There is no module `statistics` here.', end_column=18, fix='sum(xs) / len(xs)'),
    ) == snapshot("""\
2 mistakes, found before anything ran:
1. There is no module `statistics` here.
line 1: import statistics
               ^^^^^^^^^^
Write: sum(xs) / len(xs)
2. Classes cannot inherit here.
line 2: class A(Base): pass
                ^^^^
Use functions and dicts.
Nothing ran: no tool was called, no variable changed. Send the corrected cell.\
""")


def test_one_place_has_one_mistake():
    source = 'x = tol(1)'
    text = refusal(source, diagnostic(1, 5, 'There is no `tol`.'), diagnostic(1, 5, 'And something of its type.'))
    assert text.startswith('There is no `tol`.\n')
    assert 'type' not in text


def test_very_many_mistakes_are_counted():
    source = '\n'.join(f'name{n}' for n in range(1, 41))
    mistakes = [diagnostic(n, 1, f'There is no name `name{n}`.', end_column=7) for n in range(1, 41)]
    text = refusal(source, *mistakes)
    assert text.startswith('40 mistakes, found before anything ran:\n1. ')
    assert '\n… and 32 more mistakes.\n' in text
    assert len(text) < 1_600


def test_a_place_beyond_the_source_is_left_out():
    assert refusal('x', diagnostic(7, 1, 'Something is missing at the end.')) == snapshot("""\
Something is missing at the end.
Nothing ran: no tool was called, no variable changed. Send the corrected cell.\
""")


def test_a_long_line_is_cut_around_the_place():
    source = 'result = ' + ' + '.join(f'value_{n}' for n in range(60))
    assert refusal(source, diagnostic(1, 263, 'There is no name `value_23`.', end_column=271)) == snapshot("""\
There is no name `value_23`.
line 1: …1 + value_22 + value_23 + value_24 + value_25 + value_26 + value_27 + value_…
                                  ^^^^^^^^
Nothing ran: no tool was called, no variable changed. Send the corrected cell.\
""")


def test_an_excerpt_ends_with_its_line_when_the_mistake_goes_on():
    source = 'search(\n    1,\n)'
    position = Position(line=1, column=1, end_line=3, end_column=2)
    mistake = Diagnostic(code='wrong-type', message='`query` is a text.', position=position, stage='check')
    assert refusal(source, mistake) == snapshot("""\
`query` is a text.
line 1: search(
Nothing ran: no tool was called, no variable changed. Send the corrected cell.\
""")


def test_notes_stand_at_the_end():
    reply = render(Refused(refusals=(diagnostic(1, 1, 'No.'),), source='x'), notes=['All variables are gone.'])
    assert reply.error == snapshot("""\
No.
line 1: x
        ^
Nothing ran: no tool was called, no variable changed. Send the corrected cell.
All variables are gone.\
""")


@given(
    message=st.text(max_size=2_000),
    fix=st.none() | st.text(max_size=2_000),
    line=st.text(max_size=500),
    column=st.integers(1, 600),
    length=st.integers(0, 600),
    others=st.lists(st.integers(1, 1_000), max_size=30),
)
def test_one_mistake_takes_less_than_600_characters(
    message: str, fix: str | None, line: str, column: int, length: int, others: list[int]
):
    mistakes = [diagnostic(number, column, message, end_column=column + length, fix=fix) for number in [1, *others]]
    assert len(refusal(line, *mistakes)) < 600
