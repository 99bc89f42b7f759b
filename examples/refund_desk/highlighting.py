"""Python as HTML, line by line."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup, escape
from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String

_CLASSES: Final = {
    Comment: 'comment',
    Keyword: 'keyword',
    Operator.Word: 'keyword',
    Name.Builtin: 'builtin',
    Name.Function: 'function',
    Name.Exception: 'builtin',
    Number: 'number',
    String.Interpol: 'plain',
    String: 'string',
}
"""The first that a token is in counts; other tokens are plain."""


def highlighted(code: str) -> list[Markup]:
    """Each line of Python code."""
    lines = [Markup()]
    for kind, text in PythonLexer(stripnl=False, ensurenl=False).get_tokens(code):
        name = next((name for known, name in _CLASSES.items() if kind in known), 'plain')
        first, *others = text.split('\n')
        for number, piece in enumerate([first, *others]):
            if number:
                lines.append(Markup())
            if piece:
                lines[-1] += (
                    escape(piece) if name == 'plain' else Markup('<span class="{}">{}</span>').format(name, piece)
                )
    return lines
