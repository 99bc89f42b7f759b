"""Records: one name for one shape, and names that change only where they are names."""

from __future__ import annotations

import pytest

from pydantic_ai_grail._catalog.declarations import declare, joined, names_in, one_line, rename, unify
from pydantic_ai_grail._catalog.signatures import Declaration, Direction, Field, Signature


def record(name: str, direction: Direction = 'out', **fields: str) -> Declaration:
    return declare(name, [Field(key=key, annotation=text) for key, text in fields.items()], direction=direction)


def gives(*declarations: Declaration, returns: str | None = None) -> Signature:
    return Signature(parameters=(), returns=returns or declarations[0].name, declarations=declarations)


def names(signatures: list[Signature]) -> list[tuple[str, list[str]]]:
    return [(each.returns, [item.name for item in each.declarations]) for each in signatures]


@pytest.mark.parametrize(
    ('annotation', 'expected'),
    [
        ('Row', 'Table'),
        ('list[Row | None]', 'list[Table | None]'),
        ("Literal['Row', 'it\\'s Row'] | Row", "Literal['Row', 'it\\'s Row'] | Table"),
        ('Literal["it\'s Row", b"Row"]', 'Literal["it\'s Row", b"Row"]'),
        ('Rows', 'Rows'),
        ('MyRow', 'MyRow'),
    ],
)
def test_a_name_is_changed_where_it_is_a_name(annotation: str, expected: str) -> None:
    assert rename(annotation, {'Row': 'Table'}) == expected


def test_names_in_strings_are_no_names() -> None:
    assert names_in("dict[str, Row] | Literal['Other']") == {'dict', 'str', 'Row', 'Literal'}


def test_records_alike_are_one_and_others_are_numbered() -> None:
    signatures = [gives(record('Row', a='int')), gives(record('Row', a='int')), gives(record('Row', b='int'))]
    assert names(unify(signatures)) == [('Row', ['Row']), ('Row', ['Row']), ('Row2', ['Row2'])]


def test_records_that_hold_different_records_are_different() -> None:
    one = gives(record('Page', items='list[Row]'), record('Row', a='int'))
    two = gives(record('Page', items='list[Row]'), record('Row', b='int'))
    unified = unify([one, two])
    assert names(unified) == [('Page', ['Page', 'Row']), ('Page2', ['Page2', 'Row2'])]
    assert unified[1].declarations[0].source == 'class Page2(TypedDict):\n    items: list[Row2]'


def test_records_that_hold_themselves_are_compared_too() -> None:
    one = gives(record('Node', next='Node | None'))
    assert names(unify([one, one, gives(record('Node', next='Node'))])) == [
        ('Node', ['Node']),
        ('Node', ['Node']),
        ('Node2', ['Node2']),
    ]


def test_what_is_given_keeps_the_name_and_what_is_taken_is_an_input() -> None:
    taken = gives(record('Row', 'in', a='int'))
    given = gives(record('Row', a='str'))
    assert names(unify([taken, given])) == [('RowInput', ['RowInput']), ('Row', ['Row'])]
    again = gives(record('Row', 'in', a='bytes'))
    assert names(unify([taken, given, again])) == [('RowInput', ['RowInput']), ('Row', ['Row']), ('Row2', ['Row2'])]


def test_a_record_takes_no_name_of_a_tool_or_a_type() -> None:
    assert names(unify([gives(record('Row', a='int'))], taken=['Row'])) == [('Row2', ['Row2'])]


def test_taking_and_giving_are_joined_with_what_they_share_said_once() -> None:
    both = joined(gives(record('Row', 'in', a='int')), gives(record('Row', a='int'), returns='list[Row]'))
    assert (both.returns, [(item.name, item.direction) for item in both.declarations]) == (
        'list[Row]',
        [('Row', 'out')],
    )


@pytest.mark.parametrize(
    ('text', 'limit', 'expected'),
    [
        (None, 10, ''),
        ('  two\n lines ', 20, 'two lines'),
        ('A first sentence. And then a second one.', 30, 'A first sentence.'),
        ('A sentence that is longer than it may be', 30, 'A sentence that is longer...'),
        ('A. Then a sentence that is longer', 30, 'A. Then a sentence that is...'),
        ('Unbreakable' * 5, 20, 'UnbreakableUnbrea...'),
    ],
)
def test_words_are_cut_at_a_sentence_or_a_word(text: str | None, limit: int, expected: str) -> None:
    assert one_line(text, limit) == expected
    assert len(expected) <= limit
