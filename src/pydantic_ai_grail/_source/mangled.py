"""Code that was mangled on its way: the same code as it was meant, where that is plain. Only code that does not parse.

Lines stay where they are, apart from code whose line breaks came as `\\n`. The inside of a string is never changed: odd
characters are put right where the parser stumbles over them, which it does outside of strings alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from .parse import parse, unwrapped

_FENCE: Final = re.compile(r'(`{3,}|~{3,})[ \t]*([\w+-]*)\Z')
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
_BLANK: Final = ' \t' + ''.join(each for each, plain in _INSTEAD.items() if plain in ('', ' '))
_STARTS_TEXT: Final = frozenset('"\'#\u201c\u2018')
_PLAIN_CHARACTERS: Final = 'put plain spaces and quotes in the place of others'
_NO_FENCE: Final = 'took off the Markdown fence'
_MOST_CHARS: Final = 8_000
"""Characters are put right where the parser stumbles, with a look at all of the code each."""
_MOST_LOOKS: Final = 60
"""How often all of the code is looked at for that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """Code as it was meant."""

    tree: ast.Module
    source: str
    notes: tuple[str, ...]
    """What was done, in the order in which it was done."""
    indents: Mapping[int, int]
    """By line, the characters that were taken off its beginning."""


def unmangled(source: str) -> Meant | None:
    """The code as it was meant, by one change if one will do, else by all; `None` where nothing plain can be done."""
    for text, notes in _changed(source, _Looks()):
        if text != source and isinstance(tree := parse(text), ast.Module) and tree.body:
            notes = tuple(dict.fromkeys(notes))
            return Meant(tree=tree, source=text, notes=notes, indents=_indents(source, text))
    return None


def _changed(source: str, looks: _Looks) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What may have been meant, with notes of what was done to it."""
    starts: list[tuple[str, tuple[str, ...]]] = [(source, ())]
    if '\n' not in source.strip() and '\\n' in source:
        starts.append((source.replace('\\n', '\n'), ('read `\\n` as line breaks',)))
    for text, notes in starts:
        yield text, notes
        for change, note in _CHANGES:
            yield change(text, looks) or text, (*notes, note)
    for text, notes in starts:
        for change, note in _CHANGES:
            changed = change(text, looks) or text
            text, notes = changed, notes if changed == text else (*notes, note)
        yield text, notes


class _Looks:
    """Looks at all of the code, of which there are not more than some."""

    def __init__(self) -> None:
        self._left = _MOST_LOOKS

    def stumble(self, source: str) -> tuple[int, int] | None:
        """Line and column at which the parser stumbles; `None` when it does not, or has looked often enough."""
        if not self._left:
            return None
        self._left -= 1
        is_indented = source.lstrip('\n').startswith((' ', '\t'))
        try:
            ast.parse(f'if True:\n{source}' if is_indented else source)
        except SyntaxError as error:
            return (error.lineno or 0) - is_indented, error.offset or 0
        except (ValueError, RecursionError, MemoryError):
            pass
        return None


def _indents(source: str, text: str) -> dict[int, int]:
    before, after = source.split('\n'), text.split('\n')
    found: dict[int, int] = {}
    if len(before) != len(after):
        return found  # its line breaks came as text: no line of it is one of the source
    for number, (old, new) in enumerate(zip(before, after, strict=True), 1):
        taken = len(old) - len(new)
        if taken > 0 and new.strip() and old[taken:].strip() == new.strip():
            found[number] = taken
    return found


def _without_mark(source: str, _looks: _Looks) -> str | None:
    """Without a byte order mark, and with plain spaces where a line begins, if no text goes over several lines."""
    text = source.lstrip('\ufeff')
    if _has_long_text(text):
        return text
    return '\n'.join(_with_plain_indent(line) for line in text.split('\n'))


def _with_plain_indent(line: str) -> str:
    rest = line.lstrip(_BLANK)
    return ''.join(_INSTEAD.get(each, each) for each in line[: len(line) - len(rest)]) + rest


def _has_long_text(source: str) -> bool:
    return '"""' in source or "'''" in source


def _characters(source: str, looks: _Looks) -> str | None:
    """With plain characters where the parser finds others."""
    if len(source) > _MOST_CHARS or source.isascii():
        return None
    reached = source
    while (found := looks.stumble(reached)) is not None:
        lines = reached.split('\n')
        line, column = found
        if not (0 < line <= len(lines) and 0 < column <= len(lines[line - 1])):
            break
        rewritten = _plain(lines[line - 1], column - 1)
        if rewritten is None:
            break
        lines[line - 1] = rewritten
        reached = '\n'.join(lines)
    return reached


def _plain(line: str, at: int) -> str | None:
    character = line[at]
    if character in _INSTEAD:
        end = next((place for place in range(at, len(line)) if line[place] in _STARTS_TEXT), len(line))
        return line[:at] + ''.join(_INSTEAD.get(each, each) for each in line[at:end]) + line[end:]
    if character in _QUOTES:
        closing, quote = _QUOTES[character]
        inside, found, rest = line[at + 1 :].partition(closing)
        return f'{line[:at]}{quote}{inside}{quote}{rest}' if found and quote not in inside else None
    return None


def _fenced(source: str, _looks: _Looks) -> str | None:
    """The blocks of Python among prose; what stands between them gives way to empty lines."""
    lines = source.split('\n')
    kept: list[str] = []
    opened, is_python, blocks = '', False, 0
    for line in lines:
        match = _FENCE.match(line.strip().strip(_BLANK))
        if match is not None and (not opened or (match[1].startswith(opened) and not match[2])):
            opened, is_python = ('', False) if opened else (match[1], match[2].lower() in _PYTHON)
            blocks += bool(opened) and is_python
            kept.append('')
        else:
            kept.append(line if opened and is_python else '')
    return '\n'.join(kept) if blocks and any(map(str.strip, kept)) else None


def _without_last_fence(source: str, _looks: _Looks) -> str | None:
    lines = source.split('\n')
    last = max((number for number, line in enumerate(lines) if line.strip()), default=None)
    if last is None or lines[last].strip() not in ('```', '~~~'):
        return None
    lines[last] = ''
    return '\n'.join(lines)


def _without_prompts(source: str, _looks: _Looks) -> str | None:
    lines = source.split('\n')
    if not next((line for line in lines if line.strip()), '').startswith('>>>'):
        return None
    return '\n'.join(line[4:] if _PROMPT.match(line) else '' for line in lines)


def _dedented(source: str, _looks: _Looks) -> str | None:
    """Without the indent of the first line, where the code would do as the body of an `if`. Texts stay as they are.

    The first line may have lost its indent, as the beginning of what was cut out or stripped does.
    """
    lines = source.split('\n')
    written = [number for number, line in enumerate(lines) if line.strip()]
    if not written:
        return None
    first, *others = written
    indent = _indent(lines[first])
    if not indent:
        found = {_indent(lines[number]) for number in others} - {''}
        indent = min(found, key=len, default='')
        lines[first] = indent + lines[first]
    inside = _lines_inside_of_text('\n'.join(lines)) if indent else None
    if inside is None:
        return None
    return '\n'.join(
        line if number in inside else line.removeprefix(indent) if line.strip() else ''
        for number, line in enumerate(lines)
    )


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(' \t'))]


def _lines_inside_of_text(source: str) -> frozenset[int] | None:
    """The numbers, from 0, of the lines that begin inside of a text; `None` where the code is no body of an `if`."""
    tree = parse(f'if True:\n{source}')
    if not isinstance(tree, ast.Module) or len(tree.body) != 1:
        return None
    texts = {
        (node.lineno, node.end_lineno or node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))
    }
    return frozenset(number for start, end in texts for number in range(start - 1, end - 1))


_CHANGES: Final[tuple[tuple[Callable[[str, _Looks], str | None], str], ...]] = (
    (_without_mark, _PLAIN_CHARACTERS),
    (lambda source, _looks: unwrapped(source), _NO_FENCE),
    (_fenced, 'took the code out of its Markdown fences'),
    (_without_last_fence, _NO_FENCE),
    (_without_prompts, 'took off the prompts'),
    (_characters, _PLAIN_CHARACTERS),
    (_dedented, 'took off the indent of all lines'),
)
"""In the order in which they are tried on each other's results: what stands around the code before the code."""


def shell_line(source: str, line: int) -> str | None:
    """The line, if it is a command to a shell or a notebook: `!pip install x`, `%timeit`."""
    found = [*_numbered(source, line)]
    return found[0] if found else None


def _numbered(source: str, line: int) -> Iterator[str]:
    for number, text in enumerate(source.split('\n'), 1):
        if number == line and text.lstrip().startswith(('!', '%')):
            yield text.strip()
