"""Schemas that say by combinators, by reference or not at all what a tool takes: what they do not forbid, a call may do."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from fastmcp.client.transports import StdioTransport
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot
from pydantic_ai import Agent, FunctionToolset, Tool
from pydantic_ai.mcp import MCPToolset
from support import schema_server
from support.agents import play
from support.checking import toolbox
from support.driving import driven

from pydantic_ai_grail import CodeMode
from pydantic_ai_grail._catalog.entries import Entry
from pydantic_ai_grail._catalog.json_schemas import signature_from_json_schema
from pydantic_ai_grail._catalog.rendering import COMPLETE, function_text
from pydantic_ai_grail._monty.stops import DoneStop
from pydantic_ai_grail.events.calls import ToolFacts

pytestmark = pytest.mark.anyio

INT, STR = {'type': 'integer'}, {'type': 'string'}
BY_ID = {'properties': {'id': INT}, 'required': ['id']}
BY_NAME = {'properties': {'name': STR, 'city': STR}, 'required': ['name']}
CIRCLE = {'properties': {'kind': {'const': 'circle'}, 'radius': {'type': 'number'}}, 'required': ['kind', 'radius']}
SQUARE = {'properties': {'kind': {'const': 'square'}, 'side': {'type': 'number'}}, 'required': ['kind', 'side']}
OBJECT = {'type': 'object'}


def listed(schema: Any) -> str:
    """A tool of this schema as the model reads of it, without its result."""
    entry = Entry(
        facts=ToolFacts(tool_name='t', python_name='t'), signature=signature_from_json_schema(schema, name='t')
    )
    return function_text(entry, COMPLETE).replace(' -> Any', '')


ROOTS: list[tuple[dict[str, Any], str]] = [
    # nothing is said
    (OBJECT, 't(**kwargs)'),
    ({}, 't(**kwargs)'),
    ({'type': 'object', 'properties': {}}, 't()'),
    ({'type': 'object', 'additionalProperties': False}, 't()'),
    # what further keys hold
    ({'type': 'object', 'additionalProperties': INT}, 't(**kwargs: int)'),
    ({**OBJECT, 'properties': {'a': STR}, 'additionalProperties': {'type': 'array', 'items': STR}}, 't(a: str = ..., **kwargs: list[str])'),
    ({**OBJECT, 'patternProperties': {'^x_': INT}, 'additionalProperties': False}, 't(**kwargs: int)\n  further keys like /^x_/'),
    ({**OBJECT, 'required': ['a'], 'additionalProperties': INT}, 't(a: int, **kwargs: int)'),
    ({**OBJECT, 'required': ['a']}, 't(a: Any)'),
    # alternatives
    ({**OBJECT, 'anyOf': [BY_ID, BY_NAME]}, 't(id: int = ..., name: str = ..., city: str = ...)\n  any of: id | name, city?'),
    ({**OBJECT, 'oneOf': [BY_ID, BY_NAME]}, 't(id: int = ..., name: str = ..., city: str = ...)\n  one of: id | name, city?'),
    (
        {**OBJECT, 'properties': {'id': INT, 'name': STR}, 'anyOf': [{'required': ['id']}, {'required': ['name']}]},
        't(id: int = ..., name: str = ...)\n  any of: id | name',
    ),
    (
        {**OBJECT, 'properties': {'kind': STR, 'note': STR}, 'required': ['kind'], 'oneOf': [CIRCLE, SQUARE]},
        "t(kind: Literal['circle', 'square'], note: str = ..., radius: float = ..., side: float = ...)\n"
        "  one of: kind='circle', radius | kind='square', side",
    ),
    ({'anyOf': [{'$ref': '#/$defs/A'}, {'$ref': '#/$defs/B'}], '$defs': {'A': CIRCLE, 'B': SQUARE}},
     "t(kind: Literal['circle', 'square'], radius: float = ..., side: float = ...)\n  any of: kind='circle', radius | kind='square', side"),
    ({'anyOf': [BY_ID, OBJECT]}, 't(id: int = ..., **kwargs)'),
    # all of several
    ({**OBJECT, 'allOf': [BY_ID, BY_NAME]}, 't(id: int, name: str, city: str = ...)'),
    ({'allOf': [{'$ref': '#/$defs/A'}], 'properties': {'x': INT}, '$defs': {'A': BY_ID}}, 't(id: int, x: int = ...)'),
    ({'$ref': '#/$defs/A', '$defs': {'A': BY_NAME}}, 't(name: str, city: str = ...)'),
    ({'$ref': '#/$defs/A', 'properties': {'id': INT}, '$defs': {'A': BY_NAME}}, 't(name: str, id: int = ..., city: str = ...)'),
    ({'$ref': '#/definitions/A', 'definitions': {'A': {'anyOf': [BY_ID, BY_NAME]}}},
     't(id: int = ..., name: str = ..., city: str = ...)\n  any of: id | name, city?'),
    # conditions
    (
        {**OBJECT, 'properties': {'mode': STR}, 'if': {'properties': {'mode': {'const': 'slow'}}}, 'then': {'properties': {'wait': INT}, 'required': ['wait']}, 'else': BY_ID},
        "t(mode: str = ..., wait: int = ..., id: int = ...)\n  if mode='slow': wait; else id",
    ),
    ({**OBJECT, 'properties': {'a': INT, 'b': INT}, 'not': {'required': ['a', 'b']}}, 't(a: int = ..., b: int = ...)\n  not: a with b'),
    ({**OBJECT, 'properties': {'a': INT}, 'dependentRequired': {'a': ['b', 'c']}}, 't(a: int = ...)\n  with a: b, c'),
    ({**OBJECT, 'properties': {'a': INT}, 'dependentSchemas': {'a': BY_ID}}, 't(a: int = ..., id: Any = ...)\n  with a: id'),
    # closed by what stands beside
    ({**OBJECT, 'properties': {'a': INT}, 'additionalProperties': False, 'anyOf': [{'required': ['a']}, BY_ID]}, 't(a: int = ...)\n  any of: a | id'),
    ({**OBJECT, 'anyOf': [BY_ID, OBJECT], 'unevaluatedProperties': False}, 't(id: int = ...)'),
    ({'enum': [{'a': 1}, {'a': 2, 'b': 'x'}]}, "t(a: Literal[1, 2], b: Literal['x'] = ...)"),
    # types of all kinds
    (
        {'properties': {'n': {'type': ['string', 'null']}, 'm': {'type': 'integer', 'nullable': True}, 'c': {'const': 1}, 'e': {'enum': ['a', 1, None, 1.5]}, 'b': True, 'z': {'description': 'what it is'}, 'from': INT}},
        "t(n: str | None = ..., m: int | None = ..., c: Literal[1] = ..., e: Literal['a', 1] | float | None = ..., b: Any = ..., z: Any = ..., from_: int = ...)\n  z: what it is",
    ),
]  # fmt: skip


@pytest.mark.parametrize(('schema', 'text'), ROOTS)
def test_a_root_schema_lists_what_it_takes(schema: dict[str, Any], text: str) -> None:
    assert listed(schema) == text


def echo_toolset(schema: dict[str, Any]) -> FunctionToolset[Any]:
    async def echo(**arguments: Any) -> Any:
        return arguments

    return FunctionToolset([Tool.from_schema(echo, name='t', description=None, json_schema=schema)])


@pytest.mark.parametrize(
    ('schema', 'arguments'),
    [
        (OBJECT, {'anything': [1, {'a': None}], 'class': 2}),
        ({'properties': {'a': INT}}, {'a': 1, 'not named': 2}),
        ({'properties': {'from': INT, 'max-results': INT, 'from_': STR}}, {'from': 1, 'max-results': 2, 'from_': 'x'}),
        ({'anyOf': [BY_ID, BY_NAME]}, {'name': 'n', 'city': 'c'}),
        ({'patternProperties': {'^x_': INT}, 'additionalProperties': False}, {'x_1': 1}),
        ({'properties': {'x': {'type': ['object', 'string'], 'properties': {'a': INT}}}}, {'x': 'text'}),
        ({'properties': {'x': {'type': 'array', 'prefixItems': [STR]}}}, {'x': ['a', 5, None]}),
        ({'properties': {'x': {'type': 'object', 'properties': {'a': INT}}}}, {'x': {'a': 1, 'b': 2}}),
    ],
)
async def test_what_a_schema_does_not_forbid_reaches_the_tool(
    schema: dict[str, Any], arguments: dict[str, Any]
) -> None:
    await accepted_and_unchanged(schema, arguments)


async def accepted_and_unchanged(schema: dict[str, Any], arguments: dict[str, Any]) -> None:
    jsonschema.validate(arguments, schema)
    toolset = echo_toolset(schema)
    for code in (f'await t(**{arguments!r})', f'given = {arguments!r}\nawait t(**given)'):
        conversation = (await toolbox(toolset)).conversation()
        assert await conversation.refusals(code) == [], (schema, code)
        ran = await driven(code, toolset=toolset)
        assert isinstance(ran.ending, DoneStop), (schema, code, ran.ending)
        assert ran.value == arguments


async def test_a_written_keyword_that_no_parameter_has_is_still_a_slip() -> None:
    conversation = (await toolbox(echo_toolset({'properties': {'limit': INT}}))).conversation()
    assert await conversation.refusals('await t(limits=5)') == snapshot(
        [('unknown-argument', "t() has no parameter 'limits'. It takes: limit.", 'limit')]
    )
    conversation = (await toolbox(echo_toolset({**OBJECT, 'additionalProperties': False, 'properties': {'limit': INT}}))).conversation()  # fmt: skip
    assert [code for code, _, _ in await conversation.refusals('await t(**{"limits": 5})')] == ['unknown-argument']


PATTERN = {**OBJECT, 'patternProperties': {'^n_': INT}, 'additionalProperties': False}


@pytest.mark.parametrize(
    ('schema', 'code', 'refusals'),
    [
        (
            PATTERN,
            'await t(m=1)',
            snapshot(
                [('unknown-argument', "t() has no parameter 'm'. It takes: further keys like /^n_/.", "Leave 'm' out.")]
            ),
        ),
        (
            PATTERN,
            'await t(**{"m": 1})',
            snapshot(
                [('unknown-argument', "t() has no parameter 'm'. It takes: further keys like /^n_/.", "Leave 'm' out.")]
            ),
        ),
        (
            PATTERN,
            'await t(n_a="x")',
            snapshot([('wrong-type', 't() cannot take n_a = "x": Input should be a valid integer.', None)]),
        ),
        (
            {**PATTERN, 'properties': {'limit': INT}},
            'await t(n_a=1, limits=1)',
            snapshot(
                [
                    (
                        'unknown-argument',
                        "t() has no parameter 'limits'. It takes: limit, further keys like /^n_/.",
                        'limit',
                    )
                ]
            ),
        ),
        (
            {**OBJECT, 'allOf': [PATTERN]},
            'await t(m=1)',
            snapshot(
                [('unknown-argument', "t() has no parameter 'm'. It takes: further keys like /^n_/.", "Leave 'm' out.")]
            ),
        ),
        (
            {**OBJECT, 'properties': {'x': PATTERN}},
            'await t(x={"m": 1})',
            snapshot([('unknown-key', "t() takes no x['m'].", "Leave 'm' out.")]),
        ),
    ],
)
async def test_a_written_key_that_fits_no_pattern_is_told_before_anything_runs(
    schema: dict[str, Any], code: str, refusals: list[tuple[str, str, str | None]]
) -> None:
    conversation = (await toolbox(echo_toolset(schema))).conversation()
    assert await conversation.refusals(code) == refusals


@pytest.mark.parametrize(
    'schema',
    [
        {**OBJECT, 'anyOf': [{'properties': {'a': INT}}, {'required': ['a']}]},
        {**OBJECT, 'oneOf': [{'properties': {'a': INT}, 'required': ['b']}, {'required': ['c']}]},
        {**OBJECT, 'if': {'required': ['b']}, 'then': {'properties': {'a': INT}}},
        {**OBJECT, 'allOf': [{'anyOf': [{'properties': {'a': INT}}, True]}]},
        {**OBJECT, 'dependentSchemas': {'b': {'properties': {'a': INT}}}},
    ],
)
async def test_a_type_that_one_alternative_gives_a_key_forbids_nothing(schema: dict[str, Any]) -> None:
    await accepted_and_unchanged(schema, {'a': [1], 'c': 2})


values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from([0.5, 'a', 'b', '']),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from('ab'), inner, max_size=2),
    max_leaves=4,
)
KEYS = st.sampled_from(['a', 'b', 'from', 'max-n', 'x_1', 'class'])
inner_schemas: st.SearchStrategy[Any] = st.deferred(
    lambda: (
        st.sampled_from(
            [
                *(
                    INT,
                    STR,
                    {'type': 'number'},
                    {'type': 'boolean'},
                    {'type': 'null'},
                    {},
                    True,
                    {'type': ['string', 'null']},
                ),
                *(
                    {'const': 'a'},
                    {'enum': ['a', 1, None]},
                    {'type': 'array'},
                    OBJECT,
                    {'minimum': 0},
                    {'type': 'integer', 'maximum': 3},
                ),
            ]
        )
        | inner_schemas.map(_array)
        | inner_schemas.map(_mapping)
        | st.lists(inner_schemas, min_size=2, max_size=2).map(_either)
        | root_parts(depth=0).map(_object)
    )
)


def _array(inner: Any) -> Any:
    return {'type': 'array', 'items': inner}


def _mapping(inner: Any) -> Any:
    return {'type': 'object', 'additionalProperties': inner}


def _either(members: list[Any]) -> Any:
    return {'anyOf': members}


def _object(parts: dict[str, Any]) -> Any:
    return {'type': 'object', **parts}


def root_parts(depth: int) -> st.SearchStrategy[dict[str, Any]]:
    """What object schemas say of keys; combinators while there is depth."""
    optional: dict[str, st.SearchStrategy[Any]] = {
        'properties': st.dictionaries(KEYS, inner_schemas, max_size=3),
        'required': st.lists(KEYS, max_size=2, unique=True),
        'additionalProperties': st.booleans() | inner_schemas,
        'patternProperties': st.dictionaries(st.sampled_from(['^x_', 'a']), inner_schemas, max_size=1),
        'unevaluatedProperties': st.booleans(),
    }
    if depth:
        parts = root_parts(depth - 1)
        optional |= {
            **dict.fromkeys(('anyOf', 'oneOf', 'allOf'), st.lists(parts, min_size=1, max_size=3)),
            **dict.fromkeys(('if', 'then', 'else', 'not'), parts),
            'dependentRequired': st.dictionaries(KEYS, st.lists(KEYS, max_size=2, unique=True), max_size=1),
            'dependentSchemas': st.dictionaries(KEYS, parts, max_size=1),
        }
    return st.fixed_dictionaries({}, optional=optional)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(root_parts(depth=2), st.dictionaries(KEYS, values, max_size=4), st.data())
async def test_whatever_is_valid_is_accepted_and_reaches_the_tool_unchanged(
    schema: dict[str, Any], arguments: dict[str, Any], data: st.DataObject
) -> None:
    validator: Any = jsonschema.Draft202012Validator(schema)
    for error in [*validator.iter_errors(arguments)]:  # nearer to what is valid, which chance alone finds seldom
        if error.validator == 'required':
            arguments[error.message.split("'")[1]] = data.draw(values)
        elif error.path:
            arguments.pop(str(error.path[0]), None)
    assume(validator.is_valid(arguments))
    await accepted_and_unchanged(schema, arguments)


@pytest.mark.parametrize(
    'part',
    [
        {'anyOf': [{'unevaluatedProperties': True}], 'unevaluatedProperties': False},
        {'allOf': [{'additionalProperties': {'type': 'integer'}}], 'unevaluatedProperties': False},
        {'if': True, 'then': {'additionalProperties': True}, 'unevaluatedProperties': False},
        {'properties': {}, 'additionalProperties': True, 'unevaluatedProperties': False},
    ],
)
async def test_what_a_part_has_spoken_of_is_not_left_over(part: dict[str, Any]) -> None:
    await accepted_and_unchanged({'allOf': [part]}, {'a': 1})


async def test_an_alternative_that_takes_no_keys_needs_none() -> None:
    closed: dict[str, Any] = {'properties': {}, 'additionalProperties': False}
    either: list[list[dict[str, Any]]] = [
        [closed, {'required': ['a']}],
        [{'required': ['a'], 'properties': {'a': INT}}, closed],
    ]
    for members in either:
        await accepted_and_unchanged({'anyOf': members}, {})


async def test_tools_of_a_real_server_take_what_their_schemas_take() -> None:
    schemas = {
        'free': OBJECT,
        'find': {**OBJECT, 'oneOf': [BY_ID, BY_NAME]},
        'draw': {**OBJECT, 'properties': {'note': STR}, 'oneOf': [CIRCLE, SQUARE]},
        'count': {**OBJECT, 'patternProperties': {'^n_': INT}, 'additionalProperties': False},
        'mail': {**OBJECT, 'properties': {'from': STR, 'max-results': INT}, 'required': ['from']},
    }
    server = StdioTransport(sys.executable, [str(Path(schema_server.__file__)), json.dumps(schemas)])
    agent = Agent(toolsets=[MCPToolset(server, init_timeout=120)], capabilities=[CodeMode()])
    async with agent:
        cells = await play(
            agent,
            'import json\n'
            'found = [await free(a=1, b=[2]), await find(name="Ada"), await draw(kind="square", side=2), '
            'await count(n_a=1), await mail(**{"from": "a@b.c", "max-results": 5}), await mail(from_="x", max_results=1)]\n'
            '[json.loads(each) if isinstance(each, str) else each for each in found]',
            'key = "m"\nawait count(**{key: 1})',
        )
    assert cells[0].content == {
        'result': [
            {'a': 1, 'b': [2]},
            {'name': 'Ada'},
            {'kind': 'square', 'side': 2},
            {'n_a': 1},
            {'from': 'a@b.c', 'max-results': 5},
            {'from': 'x', 'max-results': 1},
        ]
    }
    # What the server says to it is the reply's business.
    assert cells[1].content.startswith("count(m=1) raised RuntimeError: 'm' does not match any of the regexes: '^n_'")
