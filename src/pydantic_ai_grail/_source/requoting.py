"""Lets Python 3.11 read f-strings that nest their own quotes, as Python 3.12 and Monty read them.

`f"{row["name"]}"` becomes `f"{row['name']}"`, for reading only: the text keeps its length, so every position in the
tree is true of the original, and the original is what runs.
"""

from __future__ import annotations

import re
from typing import Final

_STRING_START: Final = re.compile(r"""(?P<prefix>\b[A-Za-z]{1,2})?(?P<quote>'{3}|"{3}|'|")""")


def requoted(source: str) -> str | None:
    """The source with nested quotes swapped for the other kind, or `None` when there was nothing to swap."""
    reader = _Reader(source)
    reader.code(0, closing=None)
    return ''.join(reader.characters) if reader.swapped else None


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source
        self.characters = list(source)
        self.swapped = False

    def code(self, position: int, *, closing: str | None, outer: str | None = None) -> int:
        """Skip code up to the bracket that closes it; `outer` is the quote of the f-string it stands in."""
        depth = 0
        source = self.source
        while position < len(source):
            character = source[position]
            if character == '#' and outer is None:
                end = source.find('\n', position)
                position = len(source) if end < 0 else end
            elif character in '([{':
                depth += 1
                position += 1
            elif character in ')]}':
                if depth == 0 and character == closing:
                    return position
                depth -= 1
                position += 1
            elif closing is not None and depth == 0 and character == ':':
                return position
            elif match := _STRING_START.match(source, position):
                position = self.string(match, outer=outer)
            elif character.isidentifier():
                position = self.word(position)
            else:
                position += 1
        return position

    def word(self, position: int) -> int:
        end = position
        while end < len(self.source) and (self.source[end].isalnum() or self.source[end] == '_'):
            end += 1
        # A string prefix is matched together with its quote.
        return end if self.source[end : end + 1] not in ('"', "'") else max(end, position + 1)

    def string(self, match: re.Match[str], *, outer: str | None) -> int:
        prefix, quote = (match['prefix'] or '').lower(), match['quote']
        start, position = match.start('quote'), match.end()
        used = quote
        if outer is not None and len(quote) == 1 and quote == outer[0]:
            used = "'" if quote == '"' else '"'
            self.characters[start] = used
            self.swapped = True
        while position < len(self.source):
            if self.source.startswith(quote, position):
                if used != quote:
                    self.characters[position] = used
                return position + len(quote)
            character = self.source[position]
            if character == '\\' and 'r' not in prefix:
                position += 2
            elif character == '{' and 'f' in prefix:
                position = self.field(position + 1, quote=used)
            elif character == '\n' and len(quote) == 1:
                return position
            else:
                position += 1
        return position

    def field(self, position: int, *, quote: str) -> int:
        """Skip a replacement field of an f-string, its format spec included."""
        if self.source.startswith('{', position):
            return position + 1
        position = self.code(position, closing='}', outer=quote)
        while position < len(self.source) and self.source[position] == ':':
            position += 1
            while position < len(self.source) and self.source[position] not in '{}\n':
                position += 1
            if self.source.startswith('{', position):
                position = self.field(position + 1, quote=quote)
        while position < len(self.source) and self.source[position] not in '}\n':
            position += 1
        return position + 1
