"""Lets Python 3.11 read f-strings that only newer Pythons, and Monty, can read: nested quotes, backslashes, line breaks.

`f"{row["name"]}"` becomes `f"{row['name']}"`, for reading only: the text keeps its length and its lines, so every
position in the tree is true of the original, and the original is what runs. Where no other quote will do, what stands in
the way becomes a number in brackets.
"""

from __future__ import annotations

import re
from typing import Final

_STRING_START: Final = re.compile(r"""(?P<prefix>\b[A-Za-z]{1,2})?(?P<quote>'{3}|"{3}|'|")""")


def requoted(source: str) -> str | None:
    """The source as Python 3.11 can read it, or `None` when there was nothing to change."""
    reader = _Reader(source)
    reader.code(0)
    return ''.join(reader.characters) if reader.has_changed else None


class _Reader:
    """Walks over code and strings; positions are offsets into the source."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.characters = list(source)
        self.has_changed = False

    def code(self, position: int, *, in_field: bool = False, outer: str = '') -> int:
        """Skip code; in a replacement field up to its end. `outer` are the quotes of the f-strings it stands in."""
        depth = 0
        source = self.source
        while position < len(source):
            character = source[position]
            if character == '#':
                end = source.find('\n', position)
                position = len(source) if end < 0 else end
            elif character in '([{':
                depth += 1
                position += 1
            elif character in ')]}':
                if depth == 0 and in_field and character == '}':
                    return position
                depth -= 1
                position += 1
            elif in_field and depth == 0 and character == ':':
                return position
            elif match := _STRING_START.match(source, position):
                position = self.string(match, outer=outer)
            elif character.isidentifier():
                position = self.word(position)
            else:
                position += 1
        return position

    def word(self, position: int) -> int:
        end = position + 1
        while end < len(self.source) and (self.source[end].isalnum() or self.source[end] == '_'):
            end += 1
        return end

    def string(self, match: re.Match[str], *, outer: str) -> int:
        """Skip a string, and give it other quotes if it stands in one that has its own."""
        prefix, quote = (match['prefix'] or '').lower(), match['quote']
        start, is_formatted = match.start('quote'), 'f' in prefix
        used = quote
        if quote in outer:
            used = next((other for other in '"\'' if other not in outer), '')
        end, is_plain = self.body(
            match.end(), quote, prefix, outer=outer + (used or quote)[0] if is_formatted else outer
        )
        has_break = len(quote) == 1 and '\n' in self.source[match.start() : end]
        if (outer and (not used or not is_plain)) or (is_formatted and has_break):
            self.blank(match.start(), end)
        elif used != quote:
            self.characters[start] = used
            self.characters[end - 1] = used
            self.has_changed = True
        return end

    def body(self, position: int, quote: str, prefix: str, *, outer: str) -> tuple[int, bool]:
        """Where a string ends, and whether Python 3.11 lets its text stand in an f-string."""
        is_plain = True
        while position < len(self.source):
            if self.source.startswith(quote, position):
                return position + len(quote), is_plain
            character = self.source[position]
            if character == '\\':
                is_plain = False
                position += 1 if 'r' in prefix else 2
            elif character == '{' and 'f' in prefix:
                position = self.field(position + 1, outer=outer)
            elif character == '\n' and len(quote) == 1:
                return position, is_plain
            else:
                position += 1
        return len(self.source), is_plain

    def field(self, position: int, *, outer: str) -> int:
        """Skip a replacement field of an f-string, its format spec included."""
        if self.source.startswith('{', position):
            return position + 1
        position = self.code(position, in_field=True, outer=outer)
        while position < len(self.source) and self.source[position] not in '}\n':
            # A format spec, in which fields may stand again.
            position = self.field(position + 1, outer=outer) if self.source[position] == '{' else position + 1
        return position + 1

    def blank(self, start: int, end: int) -> None:
        """A number in brackets of the same length and with the same line breaks."""
        for at in range(start, end):
            if self.characters[at] not in '\r\n':
                self.characters[at] = ' '
        self.characters[start], self.characters[end - 1] = '(', ')'
        if end - start > 2:
            self.characters[start + 1] = '1'
        self.has_changed = True
