"""Every annotation that Pydantic AI takes: reading it never ends a run, and what is listed is Python."""

# Bare generics are what is tested.
# pyright: reportMissingTypeArgument=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import ast
import collections
import collections.abc
import logging
import typing
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic_ai import FunctionToolset, Tool
from support.agents import agent_with, play
from support.annotations import BARE, LEAVES, WAYS
from support.catalogs import catalog_of_toolset, entry_of, tools_of

from pydantic_ai_grail._catalog.catalog import CatalogBuilder
from pydantic_ai_grail._catalog.entries import Catalog
from pydantic_ai_grail._catalog.json_schemas import signature_from_json_schema
from pydantic_ai_grail._catalog.lookup import help_text
from pydantic_ai_grail._catalog.python_types import TypeWriter
from pydantic_ai_grail._catalog.rendering import signature_text
from pydantic_ai_grail._catalog.stubs import catalog_stubs
from pydantic_ai_grail._monty.checker import CheckerPool

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings('ignore::UserWarning'),  # of Pydantic, about types that it cannot describe
    pytest.mark.filterwarnings('ignore::DeprecationWarning'),
]

LOGGER = 'pydantic_ai_grail'
SINGLES = [*LEAVES, *BARE]
OLD_NAMES: list[Any] = [typing.Dict, typing.List, typing.Counter, typing.Generator, collections.abc.Mapping]  # noqa: UP006


def every_annotation() -> Iterator[Any]:
    """Each type alone, each held in a few of the ways, and bare generics in every way and in two at once."""
    yield from SINGLES
    for number, single in enumerate(SINGLES):
        yield from _held(single, WAYS[number % 18 :: 18])
    for old in OLD_NAMES:
        for outer in _held(old, WAYS):
            yield outer
            yield from _held(outer, WAYS[::25])


def _held(inner: Any, ways: list[Callable[[Any], Any]]) -> Iterator[Any]:
    for way in ways:
        try:
            yield way(inner)
        except Exception:  # no such type can be written
            continue


def tool(name: str, hints: dict[str, Any]) -> Tool[Any] | None:
    """A tool with these annotations; `None` where Pydantic AI makes none of them."""

    async def function(x: Any = None) -> Any: ...

    function.__annotations__ = hints
    try:
        return Tool(function, name=name)
    except Exception:
        return None


async def every_catalog() -> Catalog:
    toolset: FunctionToolset[Any] = FunctionToolset()
    for number, annotation in enumerate(every_annotation()):
        for what in ('x', 'return'):
            if (made := tool(f't{number}_{what}', {what: annotation})) is not None:
                toolset.add_tool(made)
    return await catalog_of_toolset(toolset, budget_chars=10_000_000)


async def test_no_annotation_is_an_error_and_every_signature_is_python() -> None:
    catalog = await every_catalog()
    assert len(catalog.entries) > 1_500
    tree = ast.parse(catalog_stubs(catalog).flat)
    functions = [node for node in tree.body if isinstance(node, ast.AsyncFunctionDef)]
    assert len(functions) == len(catalog.entries)
    declared = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    declared |= {target.id for node in tree.body if isinstance(node, ast.Assign) for target in node.targets if isinstance(target, ast.Name)}  # fmt: skip
    imported = {name.asname for node in tree.body if isinstance(node, ast.ImportFrom) for name in node.names}
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    builtin = {'bool', 'bytes', 'complex', 'dict', 'float', 'frozenset', 'int', 'list', 'set', 'str', 'tuple'}
    assert used <= declared | imported | builtin
    assert all(help_text(catalog, name) for name in catalog.entries)


async def test_the_checker_objects_to_no_type_that_is_listed() -> None:
    source = catalog_stubs(await every_catalog()).flat
    body = '\n'.join(f'    {line}' for line in source.splitlines())
    pool = CheckerPool(prelude='', size=1)
    try:
        found = await pool.diagnostics(f'async def cell():\n{body}\n    last_line_is_read\n', {})
    finally:
        await pool.aclose()
    # Functions without a body and defaults of `...` are right in a stub, which this is not; Monty's `TypedDict` is older.
    of_no_stub = {'empty-body', 'invalid-parameter-default'}
    others = [each.message for each in found if each.code not in of_no_stub and 'extra_items' not in each.message]
    assert others == ['Name `last_line_is_read` used when not defined']


@pytest.mark.parametrize(
    ('annotation', 'text'),
    [
        (typing.Dict, 'dict[str, Any]'),  # noqa: UP006
        (typing.List, 'list[Any]'),  # noqa: UP006
        (typing.Set, 'set[Any]'),  # noqa: UP006
        (typing.FrozenSet, 'frozenset[Any]'),  # noqa: UP006
        (typing.Tuple, 'tuple[Any, ...]'),  # noqa: UP006
        (typing.Tuple[()], 'tuple[()]'),  # noqa: UP006
        (typing.Sequence, 'Sequence[Any]'),
        (typing.Mapping, 'dict[str, Any]'),
        (typing.Iterable, 'Sequence[Any]'),
        (typing.Deque, 'list[Any]'),  # noqa: UP006
        (typing.DefaultDict, 'dict[str, Any]'),  # noqa: UP006
        (typing.OrderedDict, 'dict[str, Any]'),
        (typing.Counter, 'dict[Any, int]'),
        (typing.Generator, 'Sequence[Any]'),
        (collections.Counter, 'dict[Any, int]'),
        (collections.abc.MutableSequence, 'list[Any]'),
        (typing.Union[typing.Dict, typing.List], 'dict[str, Any] | list[Any]'),  # noqa: UP006, UP007
        (typing.Optional[typing.Set], 'set[Any] | None'),  # noqa: UP006, UP045
        (typing.Dict[str, typing.List], 'dict[str, list[Any]]'),  # noqa: UP006
        (typing.Annotated[typing.Dict, {'not': 'hashable'}], 'dict[str, Any]'),  # noqa: UP006
        (tuple[int, *tuple[str, ...]], 'tuple[int | str, ...]'),
    ],
)
def test_generics_that_do_not_say_what_they_hold_hold_anything(annotation: Any, text: str) -> None:
    writer = TypeWriter('out')
    assert (writer.write(annotation), writer.bounds.unread) == (text, ())


async def test_an_agent_with_bare_generics_runs_its_cells() -> None:
    def place_order(order: typing.Dict, tags: typing.Optional[typing.List] = None) -> typing.Dict:  # type: ignore[type-arg] # noqa: UP006, UP045  # pyright: ignore
        return {'order': order, 'tags': tags}

    (cell,) = await play(agent_with(place_order), 'await place_order({"sku": "A"}, tags=["x"])')
    assert cell.content == {'result': {'order': {'sku': 'A'}, 'tags': ['x']}}


class Mystery:
    def __repr__(self) -> str:
        raise RuntimeError('no text')


async def test_what_cannot_be_read_is_any_and_the_log_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    async def look(words: str) -> Mystery: ...

    toolset = FunctionToolset[Any]([look])
    builder = CatalogBuilder()
    with caplog.at_level(logging.WARNING, logger=LOGGER):
        catalog, *_ = [builder.build(await tools_of(toolset), root=toolset) for _ in range(3)]
    assert signature_text(catalog.entries['look'].signature) == '(words: str) -> Any'
    assert [record.getMessage() for record in caplog.records] == [
        "Tool 'look': the type of the result cannot be read, code may use it as anything: <class "
        f"'{__name__}.Mystery'> (PydanticSchemaGenerationError: Unable to generate pydantic-core schema for "
        f"<class '{__name__}.Mystery'>)"
    ]


async def test_one_parameter_that_cannot_be_read_leaves_the_others_their_types(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def save(when: date, thing: Any, number: int) -> None: ...

    made = Tool(save)
    save.__annotations__ = {'when': 'date', 'thing': 'list[Gone]', 'number': int}
    assert signature_text((await entry_of(made)).signature) == '(when: date, thing: Any, number: int) -> None'
    assert [record.getMessage() for record in caplog.records] == [
        "Tool 'save': the type of parameter 'thing' cannot be read, code may use it as anything: "
        'list[Gone] (nothing has that name)'
    ]


class BadDefault:
    def __eq__(self, other: object) -> bool:
        raise RuntimeError('do not compare')

    __hash__ = None  # type: ignore[assignment] # pyright: ignore


async def test_a_default_of_any_kind_is_no_error() -> None:
    endless: list[Any] = []
    endless.append(endless)

    class Odd(Decimal):
        def __repr__(self) -> str:
            raise RuntimeError('no text')

    def act(a: Any, b: Any, c: Any, d: Any, e: Any) -> None: ...

    act.__defaults__ = (BadDefault(), endless, Odd(1), {(): {object()}}, ...)
    made = Tool(act)
    assert signature_text((await entry_of(made)).signature) == (
        '(a: Any = ..., b: Any = ..., c: Any = ..., d: Any = ..., e: Any = ...) -> None'
    )


DOUBLING = {
    '$defs': {
        f'd{number}': {'anyOf': [{'type': 'array', 'items': {'$ref': f'#/$defs/d{number + 1}'}}, {'type': 'object', 'additionalProperties': {'$ref': f'#/$defs/d{number + 1}'}}]}
        for number in range(60)
    },
    'type': 'object',
    'properties': {'tree': {'$ref': '#/$defs/d0'}},
}  # fmt: skip
"""Short, and as a type endless."""


def _deep() -> dict[str, Any]:
    schema: dict[str, Any] = {'type': 'string'}
    for _ in range(3_000):
        schema = {'type': 'array', 'items': schema}
    return {'type': 'object', 'properties': {'tree': schema}}


@pytest.mark.parametrize(
    'schema',
    [
        DOUBLING,
        _deep(),
        {'type': 'object', 'properties': [1, 2], 'required': True},
        {'type': 'object', 'properties': {'tree': {'properties': 5, 'required': {'a': 1}, 'type': {'x': 1}}}},
        {'type': 'object', 'properties': {'tree': {'$ref': '#/properties/tree'}}},
        {
            'type': 'object',
            'properties': {'tree': {'anyOf': 5}, 'b': {'items': [[]]}, 'c': {'enum': 5}, 'd': {'allOf': [1]}},
        },
        {'$ref': '#/$defs/a', '$defs': {'a': {'$ref': '#/$defs/b'}, 'b': {'$ref': '#/$defs/a'}}},
        {'$ref': '#', 'type': 'object'},
        {'$defs': 7, 'type': 'object', 'properties': {'a': {'$ref': '#/$defs/x'}}},
        {'type': 'object', 'properties': {'a': {'type': ['string', 7, None]}, 'b': {'title': 5, 'properties': {}}}},
        {'type': 'object', 'additionalProperties': 7, 'patternProperties': []},
    ],
)
def test_no_schema_is_an_error_or_takes_long(schema: dict[str, Any]) -> None:
    signature = signature_from_json_schema(schema, schema, name='odd')
    assert sum(len(item.source) for item in signature.declarations) + len(signature_text(signature)) < 2_000_000
    for text in (signature.returns, *(each.annotation for each in signature.parameters)):
        ast.parse(text)


async def test_a_tool_whose_signature_cannot_be_read_at_all_takes_anything(caplog: pytest.LogCaptureFixture) -> None:
    class Angry(dict[str, Any]):
        def get(self, *_: Any) -> Any:
            raise RuntimeError('not now')

    async def act(**given: Any) -> Any:
        return given

    made = Tool.from_schema(act, name='act', description=None, json_schema={'type': 'object'})
    toolset = FunctionToolset[Any]([made])
    tools = await tools_of(toolset)
    tools['act'].tool_def.parameters_json_schema = Angry()
    catalog = CatalogBuilder().build(tools, root=toolset)
    assert signature_text(catalog.entries['act'].signature) == '(**kwargs) -> Any'
    assert [record.getMessage() for record in caplog.records] == [
        "Tool 'act': the type of the signature cannot be read, code may use it as anything: RuntimeError: not now"
    ]
