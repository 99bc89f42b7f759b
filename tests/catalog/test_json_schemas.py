"""Signatures of tools that are known by JSON schemas alone."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pydantic_ai_grail._catalog.arranging import arrange
from pydantic_ai_grail._catalog.declarations import RecordBook
from pydantic_ai_grail._catalog.json_schemas import SchemaWriter, signature_from_json_schema, without_prose
from pydantic_ai_grail._catalog.rendering import signature_text
from pydantic_ai_grail._catalog.stubs import catalog_stubs
from pydantic_ai_grail._catalog.tool_reading import Home, ToolReading


def written(schema: object) -> str:
    book = RecordBook('out')
    text = SchemaWriter(schema, book=book).write(schema, path=('tool', 'result'))
    return '\n'.join([*(item.source for item in book.declarations), text])


SCHEMAS: list[tuple[Any, str]] = [
    ({'type': 'string'}, 'str'),
    ({'type': 'string', 'format': 'date-time'}, 'str'),
    ({'type': 'integer'}, 'int'),
    ({'type': 'number'}, 'float'),
    ({'type': 'boolean'}, 'bool'),
    ({'type': 'null'}, 'None'),
    ({'type': ['string', 'null']}, 'str | None'),
    ({'type': 'string', 'nullable': True}, 'str | None'),
    ({'type': 'file'}, 'Any'),
    ({}, 'Any'),
    (True, 'Any'),
    (False, 'Any'),
    (None, 'Any'),
    # one of several
    ({'enum': ['a', 1, True, None]}, "Literal['a', 1, True] | None"),
    ({'enum': [1.5, 'a', [], {}]}, "Literal['a'] | float | list[Any] | dict[str, Any]"),
    ({'const': 'a'}, "Literal['a']"),
    ({'const': None}, 'None'),
    ({'anyOf': [{'type': 'string'}, {'type': 'integer'}, {'type': 'string'}]}, 'str | int'),
    ({'oneOf': [{'type': 'null'}, {'type': 'string'}]}, 'str | None'),
    ({'anyOf': [{'type': 'string'}, {}]}, 'Any'),
    ({'type': 'string', 'anyOf': [{'required': ['a']}, {'required': ['b']}]}, 'str'),
    ({'allOf': [{'type': 'string'}]}, 'str'),
    ({'allOf': [{'type': 'string'}, {'minLength': 3}]}, 'str'),
    ({'allOf': [{}, {}]}, 'Any'),
    # arrays
    ({'type': 'array'}, 'list[Any]'),
    ({'type': 'array', 'items': {'type': 'string'}}, 'list[str]'),
    ({'items': {'type': 'string'}}, 'list[str]'),
    ({'type': 'array', 'prefixItems': [{'type': 'string'}, {'type': 'integer'}], 'maxItems': 2}, 'list[str | int]'),
    ({'type': 'array', 'prefixItems': [{'type': 'string'}, {'type': 'integer'}], 'items': False}, 'list[str | int]'),
    ({'type': 'array', 'prefixItems': [{'type': 'string'}, {'type': 'integer'}]}, 'list[Any]'),
    ({'type': 'array', 'items': [{'type': 'string'}], 'additionalItems': {'type': 'null'}}, 'list[str | None]'),
    ({'type': ['object', 'string', 'null'], 'properties': {}, 'title': 'A'}, 'class A(TypedDict):\n    pass\nA | str | None'),
    ({'type': 'string', 'anyOf': [{'maxLength': 3}, {'pattern': 'x'}]}, 'str'),
    ({'type': 'string', 'allOf': [{'maxLength': 3}]}, 'str'),
    ({'allOf': [{'type': 'string'}, {'enum': ['a']}]}, "Literal['a']"),
    ({'type': 'array', 'prefixItems': [{'type': 'string'}], 'items': {'type': 'null'}}, 'list[str | None]'),
    ({'type': 'array', 'items': [{'type': 'string'}, {'type': 'integer'}]}, 'list[Any]'),
    # objects without named keys
    ({'type': 'object'}, 'dict[str, Any]'),
    ({'type': 'object', 'additionalProperties': False}, 'dict[str, Any]'),
    ({'type': 'object', 'additionalProperties': {'type': 'integer'}}, 'dict[str, int]'),
    ({'additionalProperties': {'type': 'integer'}}, 'dict[str, int]'),
    ({'type': 'object', 'patternProperties': {'^a': {'type': 'integer'}, '^b': {'type': 'string'}}}, 'dict[str, int | str]'),
    # references
    ({'$ref': '#/$defs/A', '$defs': {'A': {'type': 'integer'}}}, 'int'),
    ({'$ref': '#/definitions/a~1b%20c', 'definitions': {'a/b c': {'type': 'integer'}}}, 'int'),
    ({'anyOf': [{'type': 'integer'}, {'$ref': '#/anyOf/0'}]}, 'int'),
    ({'$ref': '#/$defs/Nowhere'}, 'Any'),
    ({'$ref': '#/anyOf/7', 'anyOf': []}, 'Any'),
    ({'$ref': 'https://example.com/schema'}, 'Any'),
    ({'$ref': '#/$defs/A', '$defs': {'A': {'$ref': '#/$defs/A'}}}, 'Any'),
    (
        {'$ref': '#/$defs/Tree', '$defs': {'Tree': {'type': 'array', 'items': {'$ref': '#/$defs/Tree'}}}},
        'list[Any]',
    ),
    # records
    (
        {'type': 'object', 'properties': {'a': {'type': 'integer', 'description': 'One'}}, 'required': ['a']},
        'class ToolResult(TypedDict):\n    a: int  # One\nToolResult',
    ),
    (
        {'title': 'My thing', 'type': ['object', 'null'], 'properties': {'a': {'type': 'integer'}}},
        'class MyThing(TypedDict):\n    a: NotRequired[int]\nMyThing | None',
    ),
    (
        {'title': 'Odd', 'properties': {'a-b': {}, 'class': {}, '__x': {}}, 'required': ['a-b']},
        "Odd = TypedDict('Odd', {\n    'a-b': Any,\n    'class': NotRequired[Any],\n    '__x': NotRequired[Any],\n})\nOdd",
    ),
    (
        {'title': 'Open', 'properties': {'a': {}}, 'required': ['a'], 'additionalProperties': True},
        'class Open(TypedDict, extra_items=Any):\n    a: Any\nOpen',
    ),
    (
        {'title': 'OddAndOpen', 'properties': {'a b': {}}, 'required': ['a b'], 'additionalProperties': {}},
        "OddAndOpen = TypedDict('OddAndOpen', {\n    'a b': Any,\n}, extra_items=Any)\nOddAndOpen",
    ),
    ({'title': 'None', 'properties': {}}, 'class None2(TypedDict):\n    pass\nNone2'),
    (
        {'title': 'Node', 'properties': {'next': {'$ref': '#'}}},
        'class Node(TypedDict):\n    next: NotRequired[Node]\nNode',
    ),
    (
        {'$ref': '#/$defs/a-node', '$defs': {'a-node': {'properties': {'kids': {'items': {'$ref': '#/$defs/a-node'}}}}}},
        'class ANode(TypedDict):\n    kids: NotRequired[list[ANode]]\nANode',
    ),
    (
        {
            'title': 'Both',
            'allOf': [{'$ref': '#/$defs/A'}, {'properties': {'b': {'type': 'string'}}, 'required': ['b']}],
            '$defs': {'A': {'properties': {'a': {'type': 'integer'}}}},
        },
        'class Both(TypedDict):\n    a: NotRequired[int]\n    b: str\nBoth',
    ),
    (
        {'type': 'array', 'items': {'type': 'object', 'properties': {'at': {'properties': {'x': {}}}}}},
        'class ToolResultItem(TypedDict):\n    at: NotRequired[ToolResultItemAt]\n'
        'class ToolResultItemAt(TypedDict):\n    x: NotRequired[Any]\nlist[ToolResultItem]',
    ),
]  # fmt: skip


@pytest.mark.parametrize(('schema', 'expected'), SCHEMAS)
def test_a_schema_becomes_an_annotation(schema: object, expected: str) -> None:
    assert written(schema) == expected


def test_what_must_be_given_comes_first_and_defaults_are_kept() -> None:
    signature = signature_from_json_schema(
        {
            'type': 'object',
            'properties': {
                'limit': {'type': 'integer', 'default': 10},
                'labels': {'type': 'array', 'items': {'type': 'string'}},
                'query': {'type': 'string', 'description': 'What to look for'},
                'page-size': {'type': 'integer', 'default': 'x' * 80},
            },
            'required': ['query'],
        },
        name='search',
    )
    assert signature_text(signature) == (
        '(query: str, limit: int = 10, labels: list[str] = ..., page_size: int = ...) -> Any'
    )
    assert signature.parameters[0].description == 'What to look for'
    assert signature.parameters[3].key == 'page-size'


def test_a_schema_that_is_all_reference_is_followed() -> None:
    signature = signature_from_json_schema(
        {
            '$ref': '#/$defs/Args',
            '$defs': {'Args': {'type': 'object', 'properties': {'next': {'$ref': '#/$defs/Args'}}}},
        },
        name='walk',
    )
    assert signature_text(signature) == '(next: Args = ...) -> Any'


def test_a_schema_that_allows_further_keys_takes_any_keyword() -> None:
    signature = signature_from_json_schema(
        {'type': 'object', 'additionalProperties': True}, {'type': 'null'}, name='go'
    )
    assert signature_text(signature) == '(**kwargs) -> None'


def test_schemas_that_differ_in_words_alone_accept_the_same() -> None:
    plain: dict[str, Any] = {'properties': {'title': {'type': 'string'}}, 'allOf': [{'type': 'object'}]}
    wordy: dict[str, Any] = {
        'title': 'T',
        'description': 'D',
        'properties': {'title': {'type': 'string', 'description': 'D'}},
        'allOf': [{'type': 'object', 'title': 'T'}],
    }
    assert without_prose(wordy) == without_prose(plain)
    assert without_prose({'properties': {'description': {}}}) != without_prose({'properties': {}})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
)
schemas: st.SearchStrategy[dict[str, Any]] = st.deferred(
    lambda: st.fixed_dictionaries(
        {},
        optional={
            'type': st.sampled_from(['string', 'object', 'array', 'null', 'x', ['string', 'null']]),
            'title': st.text(max_size=6),
            'description': st.text(),
            'enum': st.lists(json_values, max_size=3),
            'const': json_values,
            'default': json_values,
            'properties': st.dictionaries(st.text(max_size=6), schemas, max_size=3),
            'required': st.lists(st.text(max_size=3), max_size=2),
            'additionalProperties': st.booleans() | schemas,
            'items': schemas,
            'prefixItems': st.lists(schemas, max_size=2),
            'anyOf': st.lists(schemas, max_size=3),
            'allOf': st.lists(schemas, max_size=3),
            '$ref': st.sampled_from(['#', '#/$defs/A', '#/properties', '#/anyOf/0', 'x']),
            'nullable': st.booleans(),
        },
    )
)


@settings(deadline=None)
@given(schemas, schemas)
def test_any_schema_becomes_a_stub_that_parses(taken: dict[str, Any], given: dict[str, Any]) -> None:
    signature = signature_from_json_schema(taken, given, name='tool')
    reading = ToolReading(
        tool_name='tool',
        signature=signature,
        description='',
        sequential=False,
        read_only=False,
        idempotent=False,
        arguments_as_json=True,
    )
    ast.parse(catalog_stubs(arrange([(reading, Home('tools'))], budget_chars=10**6)).flat)
