"""Code that was mangled on its way runs as it was meant; the inside of a string is never changed."""

from __future__ import annotations

import ast
import builtins
import sys
from time import process_time
from types import FrameType

import pytest
from support.cells import prepared, refusals

from pydantic_ai_grail._source.mangled import unmangled

CODE = 'x = [1]\nfor y in x:\n    print("a\u00a0b", y)'


@pytest.mark.parametrize(
    ('mangled', 'note'),
    [
        (f'```python\n{CODE}\n```', 'took off the Markdown fence'),
        ('\n'.join(f'    {line}' for line in CODE.split('\n')), 'took off the indent of all lines'),
        (f'\ufeff{CODE}', 'put plain spaces and quotes in the place of others'),
        (CODE.replace('    ', '\u00a0\u00a0 \u00a0'), 'put plain spaces and quotes in the place of others'),
        (CODE.replace('x = ', 'x\u200b = '), 'put plain spaces and quotes in the place of others'),
        (CODE.replace('"a\u00a0b"', '\u201ca\u00a0b\u201d'), 'put plain spaces and quotes in the place of others'),
        (f'Here is the code:\n\n```python\n{CODE}\n```\nIt prints.', 'took the code out of its Markdown fences'),
        (f'```\nx = [1]\n```\nand\n```py\n{CODE}\n```', 'took the code out of its Markdown fences'),
        (f'```bash\nls\n```\n```python\n{CODE}\n```', 'took the code out of its Markdown fences'),
        (f'{CODE}\n```', 'took off the Markdown fence'),
        ('>>> x = [1]\n>>> for y in x:\n...     print("a\u00a0b", y)\n1', 'took off the prompts'),
        ('x = [1]\\nfor y in x:\\n    print("a\u00a0b", y)', 'read `\\n` as line breaks'),
    ],
)
def test_mangled_code_is_read_as_it_was_meant(mangled: str, note: str) -> None:
    cell = prepared(mangled)

    assert [rewrite.note for rewrite in cell.rewrites] == [note]
    assert 'print("a\u00a0b", y)' in cell.source


FENCE = 'took off the Markdown fence'
FENCES = 'took the code out of its Markdown fences'
SPACES = 'put plain spaces and quotes in the place of others'
ODD = CODE.replace('x = ', 'x\u00a0= ')
INDENT = 'took off the indent of all lines'


def indented(code: str) -> str:
    return '\n'.join(f'    {line}' for line in code.split('\n'))


@pytest.mark.parametrize(
    ('mangled', 'notes'),
    [
        (f'\ufeff```python\n{indented(CODE)}\n```', [SPACES, FENCE, INDENT]),
        (indented(f'```python\n{CODE}\n```'), [FENCE, INDENT]),
        (f'Here it is:\n```python\n{ODD}\n```\nBye', [FENCES, SPACES]),
        (f'Here it is:\n```python\n{indented(ODD)}\n```', [FENCES, SPACES, INDENT]),
        (f'{indented(CODE)}\n```', ['took off the Markdown fence', INDENT]),
        (
            CODE.replace('\n', '\\n').join(['```python\\n', '\\n```']),
            ['read `\\n` as line breaks', 'took off the Markdown fence'],
        ),
        ('\ufeff>>> x = [1]\n>>> for y in x:\n...     print("a\u00a0b", y)', [SPACES, 'took off the prompts']),
        (indented(CODE).replace('    x', '\u00a0\u00a0\u00a0\u00a0x', 1), [SPACES, INDENT]),
        (indented(f'{CODE}\n# so').replace('    # so', '# so'), [INDENT]),
        (indented(CODE).strip(), [INDENT]),
    ],
)
def test_several_kinds_at_once_are_read_as_they_were_meant(mangled: str, notes: list[str]) -> None:
    cell = prepared(mangled)

    assert [rewrite.note for rewrite in cell.rewrites] == notes
    assert ast.dump(ast.parse(cell.source)) == ast.dump(ast.parse(prepared(CODE).source))


@pytest.mark.parametrize(
    'source',
    [
        '```' + ' ' * 64_000 + 'x y',
        '```\n' * 16_000 + '(',
        'x\u00a0= "\u00a0"\n' * 900 + '(',
        'x\u00a0= "\u00a0"\n' * 7_000 + '(',
        '    f"""' + '{x}\n' * 16_000 + '"""',
        '\ufeff' * 64_000 + '(',
        '>>> (' * 16_000,
        '\\n' * 32_000 + '(',
    ],
)
def test_odd_code_costs_no_more_than_some_looks_at_it(source: str) -> None:
    looks = [0]
    trace = sys.getprofile()

    def count(_frame: FrameType, event: str, called: object) -> None:
        looks[0] += event == 'c_call' and called is builtins.compile

    sys.setprofile(count)
    try:
        unmangled(source)
    finally:
        sys.setprofile(trace)

    assert looks[0] <= 100


def test_a_fence_with_many_spaces_is_read_in_one_pass() -> None:
    def seconds(spaces: int) -> float:
        began = process_time()
        unmangled('```' + ' ' * spaces + 'x y\n(')
        return process_time() - began

    assert min(seconds(64_000) for _ in range(3)) < 100 * min(seconds(4_000) for _ in range(5))


@pytest.mark.parametrize(
    'text',
    [
        '"""a\n  b\nc"""',
        '"""a\n    b\n"""',
        "f'''a{1}\n      b\n{2}'''",
        '"a\\\n  b"',
        '("a"\n        "b")',
        'b"""a\nb"""',
    ],
)
def test_a_text_over_several_lines_keeps_its_lines_where_the_indent_of_the_code_is_taken_off(text: str) -> None:
    code = f'    x = 1\n    y = {text}\n\n    def f():\n        return y\n    z = f()'
    [body] = ast.parse(f'if True:\n{code}').body
    assert isinstance(body, ast.If)
    cell = prepared(code)

    assert [rewrite.note for rewrite in cell.rewrites] == [INDENT]
    assert [*map(ast.dump, ast.parse(cell.source).body[:4])] == [*map(ast.dump, body.body)]


@pytest.mark.parametrize(
    ('mangled', 'line'),
    [
        ('   x = 1\n   y = nowhere_at_all', 2),
        ('>>> x = 1\n>>> y = nowhere_at_all', 2),
        ('```python\n      x = """a\nb"""; y = nowhere_at_all(1)\n      z = nowhere_at_all\n```', 4),
        ('    x = [1]\n    y = [*x, sum(nowhere_at_all)]; z = x', 2),
    ],
)
def test_a_place_in_the_code_is_told_where_it_stands_in_the_code_as_it_came(mangled: str, line: int) -> None:
    cell = prepared(mangled)
    column = cell.source.split('\n')[line - 1].index('nowhere') + 1

    assert cell.original_position(line, column) == (line, mangled.split('\n')[line - 1].index('nowhere') + 1)


def test_what_cannot_run_is_shown_where_it_stands_in_the_code_as_it_came() -> None:
    [refusal] = refusals(
        '    x = 1\n    class A:\n        def __len__(self): return yield_it()\n    async with x: pass'
    )

    assert (refusal.position.line, refusal.position.column) == (4, 5)


@pytest.mark.parametrize(
    'source',
    [
        'x = "\u00a0\u200b\ufeff\u201ca\u201d"',
        'x = """\n```python\ny = 1\n```\n>>> z\n"""',
        'x = "a\\nb"',
        '"x = 1\\\\ny = 2"',
        'x = 1\r\ny = 2\r\n',
    ],
)
def test_valid_code_is_left_alone(source: str) -> None:
    assert prepared(source).rewrites == ()
    assert prepared(source).source.startswith(source)


@pytest.mark.parametrize(
    ('line', 'message', 'fix'),
    [
        (
            '!pip install numpy',
            '`!pip` is a command of a notebook or a shell: only Python runs here.',
            'Leave the line out: nothing can be installed here.',
        ),
        (
            '%timeit sum([1])',
            '`%timeit` is a command of a notebook or a shell: only Python runs here.',
            'Leave the line out, or write Python.',
        ),
    ],
)
def test_commands_of_notebooks_are_refused_by_name(line: str, message: str, fix: str) -> None:
    [refusal] = refusals(f'x = 1\n{line}')

    assert (refusal.code, refusal.message, refusal.fix, refusal.position.line) == ('syntax-error', message, fix, 2)
