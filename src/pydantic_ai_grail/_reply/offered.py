"""How a fix is offered: a name as a question, code to be written, or the sentence that it is."""

from __future__ import annotations

import ast
import re
import warnings
from typing import Final

from . import reply_texts

NAME: Final = re.compile(r'[^\W\d]\w*(\.[^\W\d]\w*)*')


def instead(fix: str) -> str:
    """A name is asked about, a piece of code introduced; a sentence stands for itself."""
    if NAME.fullmatch(fix):
        return reply_texts.did_you_mean(fix)
    try:
        with warnings.catch_warnings(action='ignore'):
            compile(fix, '', 'exec', ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return fix
    return reply_texts.write_instead(fix)
