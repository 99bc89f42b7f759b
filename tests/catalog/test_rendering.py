"""Functions and records as lines for the model."""

from __future__ import annotations

import pytest
from inline_snapshot import snapshot

from pydantic_ai_grail._catalog.declarations import declare
from pydantic_ai_grail._catalog.entries import Entry
from pydantic_ai_grail._catalog.rendering import (
    COMPLETE,
    SHORT,
    TERSE,
    Detail,
    function_text,
    outline_text,
    record_text,
)
from pydantic_ai_grail._catalog.signatures import Field, Parameter, Signature
from pydantic_ai_grail.events.calls import ToolFacts

SIGNATURE = Signature(
    parameters=(
        Parameter(
            name='query', key='query', annotation='str', description='Words to look for.\nAll of them must occur.'
        ),
        Parameter(name='limit', key='limit', annotation='int', default='10'),
        Parameter(
            name='state',
            key='state',
            annotation="Literal['open']",
            default='...',
            keyword_only=True,
            description='Only those in this state, which is the one that they were in when the index was last built, at night.',
        ),
    ),
    returns='list[Issue]',
    takes_any_keyword=True,
)
ENTRY = Entry(
    facts=ToolFacts(tool_name='find', python_name='github.find', sequential=True),
    signature=SIGNATURE,
    description='Find issues.\n\nThe newest come first.\n- closed ones too',
    module='github',
)


@pytest.mark.parametrize(
    ('detail', 'expected'),
    [
        (
            COMPLETE,
            snapshot("""\
find(query: str, limit: int = 10, *, state: Literal['open'] = ..., **kwargs) -> list[Issue]
  # Find issues.
  # The newest come first.
  # - closed ones too
  query: Words to look for. All of them must occur.
  state: Only those in this state, which is the one that they were in when the index was last built, at night.\
"""),
        ),
        (
            SHORT,
            snapshot("""\
find(query: str, limit: int = 10, *, state: Literal['open'] = ..., **kwargs) -> list[Issue]  # Find issues. The newest come first. - closed ones too
  query: Words to look for. All of them must occur.
  state: Only those in this state, which is the one that they were in when the index was last built, at night.\
"""),
        ),
        (
            TERSE,
            snapshot(
                "find(query: str, limit: int = 10, *, state: Literal['open'] = ..., **kwargs) -> list[Issue]  # Find issues. The newest come first. - closed ones too"
            ),
        ),
    ],
)
def test_a_function_is_told_in_as_much_detail_as_there_is_room_for(detail: Detail, expected: str) -> None:
    assert function_text(ENTRY, detail) == expected


def test_a_function_without_words_is_a_signature() -> None:
    entry = Entry(facts=ToolFacts(tool_name='go', python_name='go'), signature=Signature(parameters=(), returns='None'))
    assert function_text(entry, COMPLETE) == 'go() -> None'


def test_a_function_that_is_not_awaited_is_marked_where_others_are() -> None:
    assert function_text(ENTRY, Detail(description_chars=0, parameter_chars=0), marks_sync=True, name='g.find') == (
        "def g.find(query: str, limit: int = 10, *, state: Literal['open'] = ..., **kwargs) -> list[Issue]"
    )


def test_an_outline_has_no_types() -> None:
    assert outline_text(SIGNATURE) == '(query, limit=10, *, state=..., **kwargs)'


def fields(*descriptions: str | None) -> list[Field]:
    return [
        Field(key=f'key{index}', annotation='str', required=index % 2 == 0, description=text)
        for index, text in enumerate(descriptions)
    ]


def test_a_small_record_is_a_line() -> None:
    record = declare('Row', [*fields(None, None), Field(key='a-b', annotation='int')], direction='out', is_open=True)
    assert record_text(record, COMPLETE) == "Row = {key0: str, key1?: str, 'a-b': int, ...}"


def test_a_record_with_words_has_a_line_for_each_key() -> None:
    record = declare('Row', fields('First.', None), direction='out', is_open=True)
    assert record_text(record, COMPLETE) == snapshot("""\
Row = {
  key0: str,  # First.
  key1?: str,
  ...
}\
""")
    assert record_text(record, TERSE) == 'Row = {key0: str, key1?: str, ...}'


def test_a_large_record_is_wrapped() -> None:
    assert record_text(declare('Row', fields(*[None] * 12), direction='out'), COMPLETE) == snapshot("""\
Row = {
  key0: str, key1?: str, key2: str, key3?: str, key4: str, key5?: str, key6: str, key7?: str, key8: str,
  key9?: str, key10: str, key11?: str,
}\
""")
