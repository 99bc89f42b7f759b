"""What to write instead when a cell fails at run time: from a table, else from the check's hints at that line.

The table is the one place that reads Monty's message text, because Monty gives nothing else to go by; each row is
pinned by a test that makes the installed Monty say it. The first row that matches wins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ..events.calls import CallRecord
from ..events.outcomes import Failed
from . import reply_texts
from .known_keys import keys_there
from .null_arguments import none_given, zone_given
from .offered import instead


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Advice for one kind of run-time error. `\\1` in `advice` is what the pattern's first group matched."""

    exception_type: str
    pattern: re.Pattern[str]
    advice: str


def _hint(exception_type: str, pattern: str, advice: str) -> Hint:
    return Hint(exception_type=exception_type, pattern=re.compile(pattern), advice=advice)


_AWAIT: Final = 'The call was not awaited: put `await` before it.'
_NONE: Final = 'A value is None here: test it first, or use a default such as `(x or 0)`.'
_TEXT_NOT_DATE: Final = 'It is a datetime already, not text: use its attributes, or `.isoformat()` for text.'
_NO_SYSTEM: Final = 'The sandbox has no files, environment or network of its own: use the tools.'
_READ_CHARS: Final = 400
"""Of a message, for the patterns: those of the interpreter are short, and one that is not may hold anything."""


HINTS: Final = (
    # what Monty lacks
    _hint(
        'NotImplementedError',
        r"external function '(.+)' cannot suspend in this synchronous context",
        r'A tool cannot be called by `map`, `filter`, `sorted` or another builtin. '
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
        'The sandbox lacks it: write it with plain functions, loops and dicts.',
    ),
    _hint(
        'AttributeError',
        r"'(?:dict|list|str|set|tuple)' object has no attribute "
        r"'(get|keys|values|items|append|add|pop|lower|upper|strip|count|index)'",
        r'A method of a builtin cannot be passed on as a value here. Call it: `lambda x: x.\1(...)`.',
    ),
    _hint('AttributeError', r"type object '.+' has no attribute '(.+)'", r'Use a lambda: `lambda x: x.\1()`.'),
    _hint('TypeError', r"'.+' object is not an iterator", 'Wrap it in `iter`: `next(iter(xs), default)`.'),
    _hint(
        'TypeError',
        r"JSONEncoder\.__init__\(\) got an unexpected keyword argument '(.+)'",
        r'`json.dumps` has no `\1` here: convert such values first. The result of a cell needs no JSON.',
    ),
    _hint(
        'TypeError',
        r'callable replacement is not yet supported in re\.sub',
        'Loop over `re.finditer` and join the pieces.',
    ),
    _hint('TypeError', r'set\.(.+)\(\) takes exactly one argument', r'Give `set.\1` one argument at a time.'),
    _hint('PermissionError', r'^Permission denied: ', _NO_SYSTEM),
    _hint('RuntimeError', r"'os\..+' is not supported in this environment", _NO_SYSTEM),
    # tools give coroutines, and types of their own
    _hint('AttributeError', r"'coroutine' object", _AWAIT),
    _hint('TypeError', r"'coroutine'", _AWAIT),
    _hint(
        'TypeError',
        r"'(.+)' object can't be awaited",
        'It is a value already, not a call to wait for: leave `await` out.',
    ),
    _hint(
        'TypeError',
        r'An asyncio.Future, a coroutine or an awaitable is required',
        'Give `gather` calls: `gather(*[f(x) for x in xs])`.',
    ),
    _hint(
        'TypeError',
        r'Object of type (.+) is not JSON serializable',
        'End the cell with the value itself: results need no JSON. For text, use `str` or `sorted` on it first.',
    ),
    _hint('TypeError', r'the JSON object must be str', 'It is data already: leave `json.loads` out.'),
    _hint(
        'TypeError',
        r"(?:'[<>]=?'|for -:).* 'datetime\.datetime' and 'datetime\.datetime'",
        'One has a timezone and the other has none: give both one, `d.replace(tzinfo=timezone.utc)`.',
    ),
    _hint(
        'TypeError',
        r"'datetime\.datetime' and 'datetime\.date'|'datetime\.date' and 'datetime\.datetime'",
        'One is a datetime and the other a date: compare `d.date()`.',
    ),
    _hint('TypeError', r"'datetime\.\w+' object is not subscriptable", _TEXT_NOT_DATE),
    _hint(
        'AttributeError',
        r"'datetime\.\w+' object has no attribute '(?:split|replace|startswith|strip)'",
        _TEXT_NOT_DATE,
    ),
    _hint('TypeError', r'(?:fromisoformat|strptime): argument must be str', _TEXT_NOT_DATE),
    _hint(
        'TypeError',
        r"'decimal\.Decimal' and 'float'|'float' and 'decimal\.Decimal'",
        'Make both `Decimal`, `Decimal(str(x))`, or both `float`.',
    ),
    _hint('TypeError', r"'(?:set|frozenset)' object is not subscriptable", 'A set has no order: `sorted(x)[0]`.'),
    # what is None or has another shape than was thought
    _hint('AttributeError', r"'NoneType' object has no attribute '(.+)'", r'The value is None: test it before `.\1`.'),
    _hint('TypeError', r'NoneType', _NONE),
    _hint('ValueError', r"'NoneType'", _NONE),
    _hint('AttributeError', r"'dict' object has no attribute '(.+)'", r"It is a dict: use `['\1']` or `.get('\1')`."),
    _hint(
        'AttributeError', r"'list' object has no attribute '.+'", 'It is a list: loop over it, or take an item `[0]`.'
    ),
    _hint(
        'TypeError',
        r'list indices must be integers or slices, not str',
        'It is a list: loop over it, or take an item `[0]`.',
    ),
    _hint(
        'TypeError',
        r"string indices must be integers, not 'str'",
        'It is a text, not a dict: look at it with `print(x)`.',
    ),
    _hint(
        'TypeError',
        r"'module' object is not callable",
        'It is a module: call the class in it, `datetime.datetime(...)`.',
    ),
    _hint('IndexError', r'pop index out of range', 'The list has no item at that index: look at `len(xs)` first.'),
    _hint('KeyError', r'', 'Look at the keys first, `list(d)`, or use `d.get(key)`.'),
    _hint('RecursionError', r'', 'Write it as a loop.'),
)
"""Run-time errors that come from what Monty lacks or that models make often, each with what to write instead."""


_ZONES_IN_A_TOOL: Final = re.compile(r"can't (?:compare|subtract) offset-naive and offset-aware datetimes")
"""What CPython says, in which tools run, where a tool compares a time that it was given with one of its own."""

_EXPLAINED_BY_TYPES: Final = frozenset({'TypeError', 'AttributeError', 'KeyError', 'NameError'})
"""Errors that a remark of the type check may be about; it says nothing of a division by zero in the same line."""


def advice(outcome: Failed, *, cause: CallRecord | None) -> str | None:
    """What to write instead, or `None` when nothing is known that helps.

    All of it is about what code did wrong; when a call is the `cause`, its own error says more, but not where a `None`
    among its arguments came from.
    """
    failure = outcome.failure
    if cause is not None:
        if _ZONES_IN_A_TOOL.search(failure.message[:_READ_CHARS]):
            return zone_given(cause)
        return none_given(outcome.source, cause)
    if failure.exception_type == 'KeyError' and (keys := keys_there(outcome)) is not None:
        return keys
    for row in HINTS:
        found = row.exception_type == failure.exception_type and row.pattern.search(failure.message[:_READ_CHARS])
        if found:
            return found.expand(row.advice)
    if failure.position is None or failure.exception_type not in _EXPLAINED_BY_TYPES:
        return None
    for hint in outcome.hints:
        if hint.position.line == failure.position.line:
            return reply_texts.check_says(f'{hint.message} {instead(hint.fix)}' if hint.fix else hint.message)
    return None
