"""What to write instead when a cell fails at run time: from the check's hints at that line, else from a table.

The table is the one place that reads Monty's message text, because Monty gives nothing else to go by; each row is
pinned by a test that makes the installed Monty say it. The first row that matches wins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ..outcomes import Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Advice for one kind of run-time error. `\\1` in `advice` is what the pattern's first group matched."""

    exception_type: str
    pattern: re.Pattern[str]
    advice: str


def _hint(exception_type: str, pattern: str, advice: str) -> Hint:
    return Hint(exception_type=exception_type, pattern=re.compile(pattern), advice=advice)


HINTS: Final = (
    _hint(
        'NotImplementedError',
        r"external function '(.+)' cannot suspend in this synchronous context",
        r'A tool cannot be called from inside `map`, `filter`, `sorted` or another builtin. '
        r'Use a comprehension: `[await \1(x) for x in xs]`.',
    ),
    _hint(
        'NotImplementedError',
        r'gather\(\) does not yet support keyword arguments',
        'Wrap each call in an `async def` of your own with `try`/`except`, and gather those.',
    ),
    _hint(
        'NotImplementedError',
        r'The monty syntax parser does not yet support',
        'This sandbox lacks it: write it with plain functions, loops and dicts.',
    ),
    _hint(
        'AttributeError',
        r"'coroutine' object has no attribute",
        'The call was not awaited: `(await f(...)).name`.',
    ),
    _hint('TypeError', r"'coroutine'", 'The call was not awaited: put `await` before it.'),
    _hint(
        'AttributeError',
        r"'NoneType' object has no attribute '(.+)'",
        r'The value is None here: test it before `.\1`.',
    ),
    _hint('TypeError', r"'NoneType'", 'A value is None here: test it first, or use a default: `(x or 0)`.'),
    _hint(
        'AttributeError',
        r"'(?:dict|list|str|set|tuple)' object has no attribute '(get|keys|values|items|append|lower|upper|strip|add)'",
        r'A method of a builtin cannot be passed around here. Call it in a lambda: `lambda x: x.\1(...)`.',
    ),
    _hint(
        'AttributeError', r"type object '(.+)' has no attribute '(.+)'", r'Use a lambda instead: `lambda x: x.\2()`.'
    ),
    _hint('AttributeError', r"'dict' object has no attribute '(.+)'", r"It is a dict: use `['\1']` or `.get('\1')`."),
    _hint('KeyError', r'', 'Look at the keys with `list(d)`, or use `.get(key)`.'),
    _hint(
        'TypeError', r"'(.+)' object is not an iterator", '`next` needs `iter(...)` here: `next(iter(xs), default)`.'
    ),
    _hint(
        'TypeError',
        r"JSONEncoder.__init__\(\) got an unexpected keyword argument '(.+)'",
        r'`json.dumps` has no `\1` here: convert the values first. The result of a cell needs no JSON at all.',
    ),
    _hint(
        'TypeError',
        r'callable replacement is not yet supported in re\.sub',
        'Loop over `re.finditer` and join the pieces.',
    ),
    _hint(
        'TypeError', r'set\.(.+)\(\) takes exactly one argument', r'Give `set.\1` one argument at a time, in a loop.'
    ),
    _hint(
        'PermissionError',
        r'Permission denied',
        'The sandbox has no file system, environment or network: use the tools.',
    ),
    _hint(
        'RuntimeError',
        r'is not supported in this environment',
        'The sandbox has no file system, environment or network: use the tools.',
    ),
    _hint('RecursionError', r'', 'Write it as a loop.'),
)
"""Run-time errors that come from what Monty lacks, or that models make often, each with what to write instead."""


def advice(outcome: Failed) -> str | None:
    """What to write instead, or `None` when nothing is known that helps."""
    lines = {frame.line for frame in outcome.failure.frames if frame.in_this_cell}
    for hint in outcome.hints:
        if hint.position.line in lines:
            return f'{hint.message} {hint.fix}' if hint.fix else hint.message
    if outcome.failure.tool is not None:
        return None
    for row in HINTS:
        if row.exception_type == outcome.failure.exception_type and (
            found := row.pattern.search(outcome.failure.message)
        ):
            return found.expand(row.advice)
    return None
