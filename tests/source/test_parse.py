"""Source to tree or to one diagnostic, the same under every Python."""

from __future__ import annotations

import ast

import pytest
from support.cells import bare_catalog, prepared, refusals
from support.interpreters import run_monty

from pydantic_ai_grail._source.parse import parse, unwrapped
from pydantic_ai_grail._source.requoting import requoted
from pydantic_ai_grail.events.diagnostics import Diagnostic, Position


@pytest.mark.parametrize('source', ['', 'await f()', 'return 1', 'x = [y async for y in z]', 'é = 1'])
def test_what_a_cell_may_hold_parses(source: str) -> None:
    assert isinstance(parse(source), ast.Module)


def test_a_syntax_error_is_one_diagnostic_at_its_place() -> None:
    assert parse('x = 1\ny = (2') == Diagnostic(
        code='syntax-error',
        message="'(' was never closed.",
        position=Position(line=2, column=5, end_line=2, end_column=None),
        stage='syntax',
    )


@pytest.mark.parametrize(
    'source',
    ['x = \0', '(' * 3000 + ')' * 3000, 'if True:\nx = 1', '  x = 1\ny', 'x = 1 1', 'é = = 1', 'f"{"', "'", 'x =\n'],
)
def test_whatever_is_not_python_is_a_diagnostic_within_the_source(source: str) -> None:
    found = parse(source)

    assert isinstance(found, Diagnostic)
    lines = source.split('\n')
    assert 1 <= found.position.line <= len(lines)
    assert 1 <= found.position.column <= len(lines[found.position.line - 1]) + 1
    assert found.message[0].upper() == found.message[0]
    assert found.message.endswith(('.', '?'))


@pytest.mark.parametrize(
    ('source', 'value'),
    [
        ('row = {"a": 1}\nf"{row["a"]}"', '1'),
        ("row = {'a': 1}\nf'{row['a']} and {row['a']!r:>3}'", '1 and   1'),
        ('rows = {"a": {"b": 2}}\nf"{rows["a"]["b"]:{"0>" + "3"}}"', '002'),
        ('f"{", ".join(["x", "y"])}"', 'x, y'),
        ('x = 1\nf"{f"{f"{x}"}"}"', '1'),
        ('"#" + f"{"a" if True else "b"}"  # f"{"', '#a'),
        ('d = {"it": 1}\nf"{{{d["it"]}}} {d["it"]:>{len("ab")}}"', '{1}  1'),
        ('n = {"k": 5}\nx = f"{n["k"]}"\ny = f"{n["k"] + 1}"\nx + y', '56'),
        ('rf"{"a"}\\d"', 'a\\d'),
        ('lines = ["a", "b"]\nf"{"\\n".join(lines)}"', 'a\nb'),
        ("lines = ['a', 'b']\nf'{chr(10).join(lines)}|{'\\t'.join(lines)}'", 'a\nb|a\tb'),
        ('x = [1, 2]\nf"{sum(\n    x\n)} {"a"}"', '3 a'),
        ('s = {"a": "it\'s"}\nf"{s["a"]}"', "it's"),
        ('f"""{"a"} {"b"}"""', 'a b'),
    ],
)  # fmt: skip
def test_an_f_string_may_nest_its_own_quotes(source: str, value: str) -> None:
    cell = prepared(source)

    assert cell.source == source
    assert run_monty(cell.source) == value


def test_names_in_such_an_f_string_are_rewritten_like_others() -> None:
    cell = prepared('f"{search("x")["a"]} {json.dumps({"k": [id for id in [1]]})}"')

    assert cell.source == 'import json; f"{(await search("x"))["a"]} {json.dumps({"k": [id_ for id_ in [1]]})}"'


@pytest.mark.parametrize(
    'source',
    ['x = "a"', "f'{x}'", 'f"{x[\'a\']}"', '"{x["', "# f'{x['a']}'", 'r"\\"', '"', 'f"{x', 'f"""{', "f'{x!r:{y}"],
)
def test_what_nests_no_quotes_is_not_touched(source: str) -> None:
    assert requoted(source) is None


def test_requoting_moves_nothing() -> None:
    source = 'a = f"{x["k"]} {y["é"]:>{w["n"]}}"; b = 1'
    text = requoted(source)

    assert text == "a = f\"{x['k']} {y['é']:>{w['n']}}\"; b = 1"


@pytest.mark.parametrize(
    ('source', 'inner'),
    [
        ('```python\nx = 1\n```', '\nx = 1\n'),
        ('\n```\nx = 1\n```\n', '\n\nx = 1\n\n'),
        ('~~~py\nx = 1\n~~~', '\nx = 1\n'),
        ('```PYTHON\nx = 1', '\nx = 1'),
        ('x = 1', None),
        ('', None),
        ('```sql\nselect 1\n```', None),
    ],
)
def test_a_fence_is_taken_off_and_its_lines_stay(source: str, inner: str | None) -> None:
    assert unwrapped(source) == inner


def test_a_fenced_cell_runs_with_its_lines() -> None:
    cell = prepared('```python\nx = 2\nprint(json.dumps(x))\n```')

    assert [(rewrite.kind, rewrite.line) for rewrite in cell.rewrites] == [('fence', 1), ('import', 3)]
    assert cell.source == '\nx = 2\nimport json; print(json.dumps(x))\n'


def test_a_fence_around_what_is_no_python_is_a_syntax_error() -> None:
    [refusal] = refusals('```python\nx = (\n```')

    assert (refusal.code, refusal.stage) == ('syntax-error', 'syntax')


@pytest.mark.parametrize('source', ["x = 'a'" + '.strip()' * 900, "'a'" + '.strip()' * 900])
def test_code_that_is_nested_more_deeply_than_it_can_be_walked_is_left_as_it_is(source: str) -> None:
    cell = prepared(source)

    assert (cell.source, cell.rewrites, cell.value_name) == (source, (), None)


def test_tools_and_modules_that_are_named_like_something_of_cpython_are_themselves() -> None:
    catalog = bare_catalog('callable', 'requests.get')

    assert prepared('len(callable(1))', catalog=catalog).source == 'len(await callable(1))'
    assert prepared('import requests\nrequests.get', catalog=catalog).rewrites == ()


def test_a_parser_that_another_thread_confused_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    confused = [SystemError('AST constructor recursion depth mismatch (before=54, after=53)')]
    parse_once = ast.parse

    def confusable(source: str) -> ast.Module:
        if confused:
            raise confused.pop()
        return parse_once(source)

    monkeypatch.setattr(ast, 'parse', confusable)
    assert isinstance(parse('x = 1'), ast.Module)
