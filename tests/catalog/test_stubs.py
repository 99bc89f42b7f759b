"""Stubs for the checker: they parse, they hold together, and they accept the calls that the tools accept."""

from __future__ import annotations

import ast
import asyncio
import dataclasses
import datetime as dt
import inspect
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union
from uuid import UUID

import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from pydantic_ai import FunctionToolset, Tool
from support.catalogs import catalog_of, catalog_of_toolset, tools_of
from typing_extensions import TypedDict

from pydantic_ai_grail._catalog.catalog import build_catalog
from pydantic_ai_grail._catalog.entries import Catalog
from pydantic_ai_grail._catalog.stubs import catalog_stubs
from pydantic_ai_grail._source.checkers import Checkers, package_of

pytestmark = pytest.mark.anyio


class Draft(TypedDict):
    title: str
    tags: list[str]


class Open(BaseModel, extra='allow'):
    x: int


class Issue(BaseModel):
    id: UUID
    title: str
    tags: list[str] = []
    parent: Issue | None = None


@pytest.fixture(scope='module')
def checkers() -> Generator[Checkers]:
    pool = Checkers(size=1)
    yield pool
    pool.close()


async def complaints(checkers: Checkers, catalog: Catalog, code: str) -> list[str]:
    """What the checker says of code that uses the functions of a catalog, as `code: message`."""
    names = sorted({name.partition('.')[0] for name in catalog.entries})
    imports = f'import datetime\nfrom decimal import Decimal\nfrom {package_of(catalog)} import {", ".join(names)}'
    # Imports at the top would be run.
    source = 'async def cell():\n' + '\n'.join(f'    {line}' for line in f'{imports}\n{code}'.splitlines()) + '\n'
    return [f'{item.code}: {item.message}' for item in await checkers.diagnostics(source, catalog)]


async def test_a_stub_declares_functions_and_records_under_private_imports() -> None:
    async def find(words: str, since: dt.date | None = None, *, state: Literal['a', 'b'] = 'a') -> list[Issue]: ...
    def save(draft: Draft, drafts: list[Draft], issue: Issue) -> None: ...

    catalog = await catalog_of(find, Tool(save, sequential=True))
    assert catalog_stubs(catalog).flat == (
        'from typing import Literal as _Literal\n'
        'from typing import NotRequired as _NotRequired\n'
        'from typing import ReadOnly as _ReadOnly\n'
        'from typing import Sequence as _Sequence\n'
        'from typing import TypedDict as _TypedDict\n'
        'from datetime import date as _date\n'
        'class Issue(_TypedDict):\n'
        '    id: str\n'
        '    title: str\n'
        '    tags: list[str]\n'
        '    parent: Issue | None\n'
        'class Draft(_TypedDict):\n'
        '    title: _ReadOnly[str]\n'
        '    tags: _ReadOnly[list[str]]\n'
        'class IssueInput(_TypedDict):\n'
        '    id: _ReadOnly[str]\n'
        '    title: _ReadOnly[str]\n'
        '    tags: _NotRequired[_ReadOnly[list[str]]]\n'
        '    parent: _NotRequired[_ReadOnly[IssueInput | None]]\n'
        "async def find(words: str, since: _date | None = ..., *, state: _Literal['a', 'b'] = ...) -> list[Issue]: ...\n"
        'def save(draft: Draft, drafts: _Sequence[Draft], issue: IssueInput) -> None: ...\n'
    )


async def test_each_module_has_stubs_that_are_complete_in_themselves(checkers: Checkers) -> None:
    def find(words: str) -> list[Issue]: ...

    root = FunctionToolset([find]).prefixed('tracker')
    catalog = await catalog_of_toolset(root, budget_chars=0)
    stubs = catalog_stubs(catalog)
    assert stubs.flat == ''
    assert list(stubs.modules) == ['tracker']
    assert await complaints(checkers, catalog, "(await tracker.find(1))[0]['x']") == [
        'invalid-argument-type: Argument to function `find` is incorrect: Expected `str`, found `Literal[1]`',
        'invalid-key: Unknown key "x" for TypedDict `Issue`',
    ]


async def test_types_of_stubs_are_no_names_that_code_could_use(checkers: Checkers) -> None:
    def now() -> dt.time: ...

    assert await complaints(checkers, await catalog_of(now), 'time\n_time') == [
        'unresolved-reference: Name `time` used when not defined',
        'unresolved-reference: Name `_time` used when not defined',
    ]


async def test_a_tool_may_have_the_name_of_a_type(checkers: Checkers) -> None:
    async def date(of: dt.date) -> dt.date: ...
    async def Decimal(value: float) -> int: ...

    catalog = await catalog_of(date, Decimal)
    assert await complaints(checkers, catalog, 'await date((await date(datetime.date(2026, 1, 2))))') == []


async def test_a_record_that_one_tool_gave_is_taken_by_another(checkers: Checkers) -> None:
    async def get() -> Issue: ...
    async def all_issues() -> list[Issue]: ...
    async def save(issue: Issue, note: str = '') -> None: ...
    async def save_all(issues: list[Issue]) -> None: ...

    catalog = await catalog_of(get, all_issues, save, save_all)
    code = (
        'issue = await get()\nawait save(issue)\nawait save_all([issue])\nissues = await all_issues()\n'
        "await save_all(issues)\nawait save_all([i for i in issues if i['parent']])\nawait save({**issue, 'title': 'x'})"
    )
    assert await complaints(checkers, catalog, code) == []


async def test_an_open_record_lets_through_the_keys_it_does_not_name(checkers: Checkers) -> None:
    async def get(open: Open, other: int) -> Open: ...

    code = "found = await get({'x': 1, 'y': 2}, 3)\nfound['z']\nfound['x'].nothing"
    assert await complaints(checkers, await catalog_of(get), code) == [
        'unresolved-attribute: Object of type `int` has no attribute `nothing`'
    ]


async def test_keys_that_are_no_identifiers_are_known_too(checkers: Checkers) -> None:
    odd = TypedDict('odd', {'a-b': int, 'class': 'str'})

    async def get() -> odd: ...

    get.__annotations__['return'] = odd
    code = "found = await get()\nfound['a-b'].bit_length()\nfound['class'].upper()\nfound['nope']"
    assert await complaints(checkers, await catalog_of(get), code) == [
        'invalid-key: Unknown key "nope" for TypedDict `Odd`'
    ]


async def test_records_of_one_name_and_several_shapes_are_told_apart(checkers: Checkers) -> None:
    def one() -> type[BaseModel]:
        class Row(BaseModel):
            a: int

        return Row

    def two() -> type[BaseModel]:
        class Row(BaseModel):
            b: int

        return Row

    async def first(): ...
    async def second(): ...

    first.__annotations__['return'] = one()
    second.__annotations__['return'] = two()
    catalog = await catalog_of(first, second)
    assert await complaints(checkers, catalog, "(await first())['a']\n(await second())['b']") == []
    assert await complaints(checkers, catalog, "(await second())['a']") == [
        'invalid-key: Unknown key "a" for TypedDict `Row2`'
    ]


# Any call that the tool accepts is accepted by the stub.


class Colour(Enum):
    red = 'red'
    blue = 'blue'


@dataclass(frozen=True)
class Kind:
    """A type as a tool's author writes it, with values as code in the sandbox writes them."""

    annotation: Any
    values: st.SearchStrategy[str]
    is_hashable: bool = True


def _plain(annotation: Any, values: st.SearchStrategy[Any]) -> Kind:
    return Kind(annotation, values.map(repr))


LEAVES: Sequence[Kind] = (
    _plain(int, st.integers(-(10**6), 10**6)),
    _plain(str, st.text(max_size=5)),
    _plain(float, st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 9)),
    _plain(bool, st.booleans()),
    _plain(None, st.none()),
    _plain(bytes, st.binary(max_size=3)),
    _plain(Decimal, st.decimals(allow_nan=False, allow_infinity=False)),
    _plain(dt.date, st.dates()),
    _plain(dt.datetime, st.datetimes()),
    _plain(dt.time, st.times()),
    _plain(dt.timedelta, st.timedeltas(dt.timedelta(0), dt.timedelta(9))),
    _plain(UUID, st.uuids().map(str)),
    _plain(Path, st.sampled_from(['a/b', '.'])),
    _plain(Colour, st.sampled_from(['red', 'blue'])),
    _plain(Literal['x', 2], st.sampled_from(['x', 2])),
    _plain(Annotated[int, Field(ge=0)], st.integers(0, 9)),
    _plain(pydantic.AnyUrl, st.just('https://example.com/')),
    _plain(Any, st.sampled_from([1, 'a', None])),
)


def _containers(inner: st.SearchStrategy[Kind]) -> st.SearchStrategy[Kind]:
    return st.one_of(inner.map(_list), inner.map(_set), inner.map(_mapping), inner.map(_optional),
                     st.lists(inner, min_size=1, max_size=2).map(_tuple), st.lists(inner, min_size=1, max_size=3).flatmap(_record))  # fmt: skip


def _list(item: Kind) -> Kind:
    return Kind(list[item.annotation], st.lists(item.values, max_size=2).map(_joined('[', ']')), is_hashable=False)


def _set(item: Kind) -> Kind:
    if not item.is_hashable:
        return _list(item)
    values = st.lists(item.values, min_size=1, max_size=2).map(_joined('{', '}'))
    return Kind(set[item.annotation], values, is_hashable=False)


def _mapping(item: Kind) -> Kind:
    values = st.dictionaries(st.text(max_size=2), item.values, max_size=2)
    return Kind(dict[str, item.annotation], values.map(_dict_source), is_hashable=False)


def _optional(item: Kind) -> Kind:
    return Kind(_or_none(item), item.values | st.just('None'), item.is_hashable)


def _tuple(items: list[Kind]) -> Kind:
    values = st.tuples(*(item.values for item in items)).map(lambda sources: f'({", ".join(sources)},)')
    return Kind(tuple[tuple(item.annotation for item in items)], values, all(item.is_hashable for item in items))


@st.composite
def _record(draw: st.DrawFn, items: list[Kind]) -> Kind:
    """A model, a dataclass or a typed dict, its last field with a default."""
    name = draw(st.sampled_from(['Row', 'Item']))
    *required, last = items
    fields = {f'f{index}': item.annotation for index, item in enumerate(required)}
    match draw(st.sampled_from(['model', 'dataclass', 'typed dict'])):
        case 'model':
            definitions: dict[str, Any] = {key: (annotation, ...) for key, annotation in fields.items()}
            definitions['last'] = (_or_none(last), None)
            cls: Any = pydantic.create_model(name, **definitions)
        case 'dataclass':
            default = ('last', _or_none(last), dataclasses.field(default=None))
            cls = dataclasses.make_dataclass(name, [*fields.items(), default])
        case _:
            cls = TypedDict(name, {**fields, 'last': last.annotation}, total=True)  # type: ignore[operator, misc]
            required, fields = items, {**fields, 'last': last.annotation}
    with_last = 'last' not in fields and draw(st.booleans())
    sources = {key: item.values for key, item in zip(fields, required, strict=True)}
    values = st.fixed_dictionaries({**sources, **({'last': last.values} if with_last else {})})
    return Kind(cls, values.map(_dict_source), is_hashable=False)


def _or_none(item: Kind) -> Any:
    return Union[item.annotation, None]  # noqa: UP007 # not every annotation can be an operand of `|`


def _joined(opening: str, closing: str) -> Callable[[list[str]], str]:
    return lambda sources: f'{opening}{", ".join(sources)}{closing}'


def _dict_source(sources: dict[str, str]) -> str:
    return f'{{{", ".join(f"{key!r}: {value}" for key, value in sources.items())}}}'


kinds = st.recursive(st.sampled_from(LEAVES), _containers, max_leaves=4)


@st.composite
def calls(draw: st.DrawFn) -> tuple[Tool[Any], str]:
    """A tool of one to three parameters, and the arguments of a call of it as source."""
    parameters: list[inspect.Parameter] = []
    arguments: list[str] = []
    for index, kind in enumerate(draw(st.lists(kinds, min_size=1, max_size=3))):
        by_name = draw(st.booleans()) or any('=' in each for each in arguments)
        how = inspect.Parameter.KEYWORD_ONLY if by_name else inspect.Parameter.POSITIONAL_OR_KEYWORD
        name = f'p{index}'
        parameters.append(inspect.Parameter(name, how, annotation=kind.annotation))
        arguments.append(f'{name}={draw(kind.values)}' if by_name else draw(kind.values))

    def tool(**kwargs: Any) -> None: ...

    tool.__signature__ = inspect.Signature(parameters)  # pyright: ignore[reportFunctionMemberAccess] # what `inspect` reads
    tool.__annotations__ = {each.name: each.annotation for each in parameters}
    return Tool(tool), ', '.join(arguments)


def _arguments(tool: Tool[Any], source: str) -> dict[str, Any]:
    """The arguments by name, as binding the call gives them."""
    signature = inspect.signature(tool.function)

    def take(*args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return args, kwargs

    args, kwargs = eval(f'take({source})', {'take': take, 'datetime': dt, 'Decimal': Decimal})  # noqa: S307 # our own source
    return dict(signature.bind(*args, **kwargs).arguments)


def _fields_as_arguments(record: str) -> str:
    """The call of a tool whose parameters are the fields of its one record."""
    display = ast.parse(record, mode='eval').body
    assert isinstance(display, ast.Dict)
    pairs = zip(display.keys, display.values, strict=True)
    return ', '.join(f'{ast.literal_eval(key or "")}={ast.unparse(value)}' for key, value in pairs)


@settings(deadline=None, max_examples=150)
@given(call=calls())
def test_a_call_that_the_tool_accepts_is_accepted_by_its_stub(checkers: Checkers, call: tuple[Tool[Any], str]) -> None:
    tool, source = call
    root = FunctionToolset([tool])
    if tool.function_schema.single_arg_name is None:
        tool.function_schema.validator.validate_python(_arguments(tool, source))
    else:
        source = _fields_as_arguments(source.removeprefix('p0='))
    catalog = build_catalog(asyncio.run(tools_of(root)), root=root)
    ast.parse(catalog_stubs(catalog).flat)
    assert asyncio.run(complaints(checkers, catalog, f'await tool({source})')) == []
