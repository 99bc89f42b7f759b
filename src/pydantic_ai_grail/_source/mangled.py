"""Code that was mangled on its way: the same code as it was meant, where that is plain. Only code that does not parse.

Lines stay where they are, apart from code whose line breaks came as `\\n`. The inside of a string is never changed: odd
characters are put right where the parser stumbles over them, which it does outside of strings alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import Final

from .parse import parse, unwrapped

_FENCE: Final = re.compile(r'[ \t]*(`{3,}|~{3,})[ \t]*([\w+-]*)[ \t]*\Z')
_PYTHON: Final = frozenset({'', 'python', 'python3', 'py', 'monty'})
_PROMPT: Final = re.compile(r'(>>>|\.\.\.)( |\Z)')
_INSTEAD: Final = {
    **dict.fromkeys(
        '\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000', ' '
    ),
    **dict.fromkeys('\ufeff\u200b\u200c\u200d\u2060\u00ad', ''),
    '\u2212': '-',
}
"""Spaces that are none to Python, characters without width, and a minus sign."""
_QUOTES: Final = {'\u201c': ('\u201d', '"'), '\u2018': ('\u2019', "'")}
_MOST_CHARACTERS: Final = 100
_MOST_CHARS: Final = 8_000
"""Characters are put right one at a time, with a look at all of the code each."""


def unmangled(source: str) -> tuple[ast.Module, str, str] | None:
    """The tree, the code and a note of what was done; `None` where nothing plain can be done."""
    for change, note in _CHANGES:
        text = change(source)
        if text is None or text == source:
            continue
        tree = parse(text)
        if isinstance(tree, ast.Module) and tree.body:
            return tree, text, note
        inner = _characters(text)
        if inner is not None and isinstance(tree := parse(inner), ast.Module) and tree.body:
            return tree, inner, note
    return None


def _characters(source: str) -> str | None:
    """With plain characters where the parser finds others."""
    if len(source) > _MOST_CHARS or source.isascii():
        return None
    for _ in range(_MOST_CHARACTERS):
        try:
            ast.parse(source)
        except SyntaxError as error:
            lines = source.split('\n')
            line, column = error.lineno or 0, error.offset or 0
            if not (0 < line <= len(lines) and 0 < column <= len(lines[line - 1])):
                return None
            mended = _plain(lines[line - 1], column - 1)
            if mended is None:
                return None
            lines[line - 1] = mended
            source = '\n'.join(lines)
        except (ValueError, RecursionError, MemoryError):
            return None
        else:
            return source
    return None


def _plain(line: str, at: int) -> str | None:
    character = line[at]
    if character in _INSTEAD:
        return line[:at] + _INSTEAD[character] + line[at + 1 :]
    if character in _QUOTES:
        closing, quote = _QUOTES[character]
        inside, found, rest = line[at + 1 :].partition(closing)
        return f'{line[:at]}{quote}{inside}{quote}{rest}' if found and quote not in inside else None
    return None


def _fenced(source: str) -> str | None:
    """The blocks of Python among prose; what stands between them gives way to empty lines."""
    lines = source.split('\n')
    kept: list[str] = []
    opened, is_python, blocks = '', False, 0
    for line in lines:
        match = _FENCE.match(line.rstrip('\r'))
        if match is not None and (not opened or (match[1].startswith(opened) and not match[2])):
            opened, is_python = ('', False) if opened else (match[1], match[2].lower() in _PYTHON)
            blocks += bool(opened) and is_python
            kept.append('')
        else:
            kept.append(line if opened and is_python else '')
    return '\n'.join(kept) if blocks else None


def _without_last_fence(source: str) -> str | None:
    lines = source.split('\n')
    last = max((number for number, line in enumerate(lines) if line.strip()), default=None)
    if last is None or lines[last].strip() not in ('```', '~~~'):
        return None
    lines[last] = ''
    return '\n'.join(lines)


def _without_prompts(source: str) -> str | None:
    lines = source.split('\n')
    if not next((line for line in lines if line.strip()), '').startswith('>>>'):
        return None
    return '\n'.join(line[4:] if _PROMPT.match(line) else '' for line in lines)


def _dedented(source: str) -> str | None:
    """Without the indent of the first line, if all lines have it and no text goes over several lines."""
    lines = source.split('\n')
    first = next((line for line in lines if line.strip()), '')
    indent = first[: len(first) - len(first.lstrip(' \t'))]
    if not indent or '"""' in source or "'''" in source:
        return None
    if not all(line.startswith(indent) for line in lines if line.strip()):
        return None
    return '\n'.join(line.removeprefix(indent) for line in lines)


def _with_line_breaks(source: str) -> str | None:
    return source.replace('\\n', '\n') if '\n' not in source.strip() and '\\n' in source else None


_CHANGES: Final[tuple[tuple[Callable[[str], str | None], str], ...]] = (
    (unwrapped, 'took off the Markdown fence'),
    (_characters, 'put plain spaces and quotes in the place of others'),
    (_dedented, 'took off the indent of all lines'),
    (_fenced, 'took the code out of its Markdown fences'),
    (_without_last_fence, 'took off the Markdown fence'),
    (_without_prompts, 'took off the prompts'),
    (_with_line_breaks, 'read `\\n` as line breaks'),
)


def shell_line(source: str, line: int) -> str | None:
    """The line, if it is a command to a shell or a notebook: `!pip install x`, `%timeit`."""
    found = [*_numbered(source, line)]
    return found[0] if found else None


def _numbered(source: str, line: int) -> Iterator[str]:
    for number, text in enumerate(source.split('\n'), 1):
        if number == line and text.lstrip().startswith(('!', '%')):
            yield text.strip()
