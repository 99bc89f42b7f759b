"""Edits keep lines, and every column finds its way back."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydantic_ai_grail._source.edits import Edit, Edits, Origins, SourceText, apply


def test_positions_of_a_tree_count_bytes_and_edits_count_characters() -> None:
    source = "é = 'ü'; name = é"
    text = SourceText(source)
    name = ast.parse(source).body[1]

    assert isinstance(name, ast.Assign)
    assert text.segment(name.targets[0]) == 'name'
    assert text.span(name.targets[0]) == (9, 13)
    assert text.column(1, name.targets[0].col_offset) == 10


@pytest.mark.parametrize(
    'source', ['a\nbb\n', 'a\r\nbb\r\n', 'a\rbb', 'a\fb\nbb', 'a\vb\nbb', '', 'a', 'a\n\nb\n', 'é\x1cx\nb']
)
def test_lines_are_those_of_the_parser(source: str) -> None:
    text = SourceText(source)

    assert ''.join(text.lines) == source
    assert [line[:-1] for line in text.lines if any(mark in line[:-1] for mark in '\n')] == []
    for offset in range(len(source)):
        line, column = text.place(offset)
        assert text.line_start(line) + column - 1 == offset


def test_edits_that_meet_close_before_they_open_inner_ones_first() -> None:
    text = SourceText('f(x)y')

    edited, _ = apply(
        text,
        [
            Edit(0, 0, '['),
            Edit(0, 0, '('),
            Edit(0, 0, 'first; ', rank=-1),
            Edit(4, 4, ']', closes=True),
            Edit(4, 4, ')', closes=True),
            Edit(4, 4, ' + '),
            Edit(4, 5, 'z'),
        ],
    )

    assert edited == 'first; [(f(x))] + z'


def clash(one: Edit, other: Edit) -> bool:
    edits = Edits()
    assert edits.take([other])
    return not edits.take([one])


def test_edits_clash_when_one_changes_what_the_other_changes() -> None:
    assert clash(Edit(1, 4, ''), Edit(3, 5, ''))
    assert clash(Edit(1, 4, ''), Edit(2, 2, 'x'))
    assert clash(Edit(2, 2, 'x'), Edit(1, 4, ''))
    assert clash(Edit(1, 4, ''), Edit(1, 4, 'x'))
    assert not clash(Edit(1, 4, ''), Edit(4, 5, ''))
    assert not clash(Edit(1, 1, 'a'), Edit(1, 1, 'b'))
    assert not clash(Edit(1, 1, 'a'), Edit(1, 4, 'b'))


def test_edits_are_taken_all_or_none() -> None:
    edits = Edits()

    assert edits.take([Edit(1, 4, 'x')])
    assert not edits.take([Edit(0, 0, 'a'), Edit(2, 3, 'y')])
    assert edits.taken == [Edit(1, 4, 'x')]


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 4)), max_size=12))
def test_edits_that_were_taken_clash_with_none_of_each_other(places: list[tuple[int, int]]) -> None:
    def overlap(mine: Edit, other: Edit) -> bool:
        return (mine.start < other.end and other.start < mine.end) or (
            mine.start == other.start and mine.end > mine.start and other.end > other.start
        )

    edits = Edits()
    for start, length in places:
        edit = Edit(start, start + length, 'x')
        expected = not any(overlap(edit, other) for other in edits.taken)
        assert edits.take([edit]) is expected


@given(st.text(max_size=20).filter(lambda text: text.isprintable()))
def test_columns_in_bytes_are_columns_in_characters(line: str) -> None:
    text = SourceText(f'# first\n{line}')

    for number in range(len(line) + 1):
        assert text.offset(2, len(line[:number].encode())) == 8 + number


def test_what_was_inserted_came_from_where_it_was_inserted() -> None:
    text = SourceText('x = f(a)\ny = g')
    edited, shifts = apply(text, [Edit(4, 4, 'await '), Edit(6, 7, 'bcd')])
    origins = Origins(shifts=shifts)

    assert edited == 'x = await f(bcd)\ny = g'
    assert [origins.original(1, column) for column in (1, 5, 10, 11, 13, 15, 16)] == [
        (1, 1),
        (1, 5),
        (1, 5),
        (1, 5),
        (1, 7),
        (1, 7),
        (1, 8),
    ]
    assert origins.original(2, 3) == (2, 3)


lines = st.text(alphabet='ab é', max_size=12)


@given(st.data())
def test_the_way_back_is_the_way_there(data: st.DataObject) -> None:
    """A character that no edit touched is found again; every other position comes back into its own line."""
    source = '\n'.join(data.draw(st.lists(lines, min_size=1, max_size=4)))
    text = SourceText(source)
    edits: list[Edit] = []
    for _ in range(data.draw(st.integers(0, 5))):
        start = data.draw(st.integers(0, len(source)))
        end = data.draw(st.integers(start, min(start + 3, len(source))))
        edit = Edit(start, end, data.draw(st.text(alphabet='XY', max_size=3)))
        if '\n' not in source[start:end] and not any(clash(edit, other) for other in edits):
            edits.append(edit)

    edited, shifts = apply(text, edits)
    origins = Origins(shifts=shifts)

    after = SourceText(edited)
    assert edited.count('\n') == source.count('\n')
    for offset, character in enumerate(edited):
        line, column = after.place(offset)
        original_line, original_column = origins.original(line, column)
        assert original_line == line
        assert 1 <= original_column <= len(text.lines[line - 1]) + 1
        if character not in 'XY\n':
            assert text.lines[line - 1][original_column - 1] == character
