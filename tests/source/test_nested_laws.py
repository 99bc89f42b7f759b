"""Laws of what is said of nested data, beforehand and by the call itself, for generated records and mistakes."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic_ai import FunctionToolset, Tool
from support.checking import Toolbox, toolbox, toolbox_of
from support.nested import Mistake, Wrong, as_schema, as_type, path_text, wrong_records

from pydantic_ai_grail._run.wrong_argument_texts import wrong_arguments
from pydantic_ai_grail.events.diagnostics import Diagnostic

LAW = settings(
    max_examples=60,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # making a failure smaller takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

ToolsOf: TypeAlias = Callable[[Wrong], Coroutine[Any, Any, Toolbox]]


async def checked(wrong: Wrong, source: Callable[[Wrong], str], tools: Toolbox) -> tuple[str, list[Diagnostic]]:
    text = source(wrong)
    return text, [*(await tools.conversation().verdict(text)).refusals]


def one_line(wrong: Wrong) -> str:
    return f'await put({wrong.wrong!r})'


def many_lines(wrong: Wrong) -> str:
    return f'await put(\n    note="x",\n    order={wrong.wrong!r},\n)'.replace(', ', ',\n        ').replace('{', '{\n')


async def python_tools(wrong: Wrong) -> Toolbox:
    def put(order: Any, note: str = '') -> None: ...

    put.__annotations__['order'] = as_type(wrong.shape)
    return await toolbox_of(put)


async def schema_tools(wrong: Wrong) -> Toolbox:
    schema = {
        'type': 'object',
        'properties': {'order': as_schema(wrong.shape), 'note': {'type': 'string'}},
        'required': ['order'],
    }
    return await toolbox(FunctionToolset([Tool.from_schema(print, name='put', description=None, json_schema=schema)]))


def segment(source: str, found: Diagnostic) -> str:
    """What is marked."""
    lines = source.splitlines(keepends=True)
    position = found.position
    start = sum(map(len, lines[: position.line - 1])) + position.column - 1
    end = sum(map(len, lines[: (position.end_line or position.line) - 1])) + (position.end_column or 0) - 1
    return source[start:end]


def is_marked(mistake: Mistake, wrong: Wrong, marked: str) -> bool:
    """Whether what is marked is what is wrong; of a record with other mistakes inside, its first character is enough."""
    value: Any = wrong.wrong
    for step in mistake.path:
        value = mistake.path[-1] if mistake.kind == 'misspelt' and step == mistake.path[-1] else value[step]
    return marked == '{' if marked == '{' and mistake.kind == 'missing' else ast.literal_eval(marked) == value


@pytest.mark.parametrize('tools_of', [python_tools, schema_tools])
@LAW
@given(wrong=wrong_records(), source=st.sampled_from([one_line, many_lines]))
def test_each_mistake_in_nested_data_is_told_once_with_its_path_and_marked(
    wrong: Wrong, source: Callable[[Wrong], str], tools_of: ToolsOf
) -> None:
    async def look() -> tuple[str, list[Diagnostic]]:
        return await checked(wrong, source, await tools_of(wrong))

    text, found = asyncio.run(look())
    told = ' '.join(each.message for each in found)
    for mistake in wrong.mistakes:
        own = path_text(mistake.path)
        if mistake.kind == 'missing':
            (one,) = [each for each in found if f'put(): {own} lacks the key' in each.message]
            assert repr(mistake.key) in one.message
        else:
            assert sum(told.count(own + after) for after in ('.', ',', ' =')) == 1
            (one,) = [each for each in found if any(own + after in each.message for after in ('.', ',', ' ='))]
        is_first = 'Likewise' not in one.message or own not in one.message.partition('Likewise')[2]
        if is_first:
            assert is_marked(mistake, wrong, segment(text, one))
    assert len(found) <= len(wrong.mistakes)
    assert bool(found) == bool(wrong.mistakes)


@LAW
@given(wrong=wrong_records())
def test_each_suggestion_is_put_in_its_place_and_gives_what_was_meant(wrong: Wrong) -> None:
    asyncio.run(suggestions_are_right(wrong))


async def suggestions_are_right(wrong: Wrong) -> None:
    tools = await python_tools(wrong)
    text, found = await checked(wrong, one_line, tools)
    for each in sorted(found, key=lambda each: -each.position.column):
        if each.fix is not None and not each.fix.startswith(('Add', 'Leave')):
            ast.parse(each.fix, mode='eval')
            end = each.position.end_column or 0
            text = text[: each.position.column - 1] + each.fix + text[end - 1 :]
    left = [*(await tools.conversation().verdict(text)).refusals]
    suggested = [each for each in found if each.fix is not None and not each.fix.startswith(('Add', 'Leave'))]
    if not any('Likewise' in each.message for each in found):
        assert len(left) <= len(found) - len(suggested)
    if all(mistake.kind == 'misspelt' for mistake in wrong.mistakes):
        assert text == f'await put({wrong.right!r})'


@pytest.mark.parametrize('tools_of', [python_tools, schema_tools])
@LAW
@given(wrong=wrong_records())
def test_the_call_itself_tells_each_mistake_once_with_its_path(wrong: Wrong, tools_of: ToolsOf) -> None:
    tools = asyncio.run(tools_of(wrong))
    arguments = {'order': wrong.wrong, 'note': 'x'}
    errors = tools.validate.complete('put', arguments)
    first, *lines = wrong_arguments(tools.catalog.entries['put'], arguments, errors).splitlines()
    assert first == 'put() was given wrong arguments:'
    for mistake in wrong.mistakes:
        own = path_text(mistake.path)
        match mistake.kind:
            case 'missing':
                (line,) = [line for line in lines if line.startswith(f'- {own}: lacks the key')]
                assert repr(mistake.key) in line
            case 'misspelt':
                assert lines.count(f'- {own}: no such key. Did you mean {mistake.key!r}?') == 1
            case _:
                (line,) = [line for line in lines if line.startswith(f'- {own}: ')]
                assert ', got ' in line
    assert len(lines) <= len(wrong.mistakes)
