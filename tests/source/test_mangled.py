"""Code that was mangled on its way runs as it was meant; the inside of a string is never changed."""

from __future__ import annotations

import pytest
from support.cells import prepared, refusals

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

    assert [mend.note for mend in cell.mends] == [note]
    assert 'print("a\u00a0b", y)' in cell.source


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
    assert prepared(source).mends == ()
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
