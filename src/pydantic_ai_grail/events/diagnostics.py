"""What is wrong with a cell, as data: a stable code, a place in the code the model wrote, and the fix for it.

Nothing here is worded for a particular reader; `_reply/` turns it into text. Lines and columns count from 1 and are
always those of the source as the model wrote it, whatever was rewritten or wrapped around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Stage = Literal['syntax', 'portability', 'check']
"""Which step before running found a diagnostic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place in a cell's source as the model wrote it. Lines and columns count from 1, columns in characters."""

    line: int
    column: int
    end_line: int | None = None
    end_column: int | None = None
    """One past the last character, as in an exclusive slice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One mistake in a cell."""

    code: str
    """A key of `CODES`. Stable: metrics, docs and tests name it."""
    message: str
    """What is wrong, in one sentence that names the thing."""
    position: Position
    stage: Stage
    fix: str | None = None
    """What to write instead, if it is known: a sentence or a line of code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """A mechanical mistake that was put right before the check."""

    kind: str
    """A key of `REWRITES`."""
    line: int
    note: str
    """What was changed, in one short line for the model."""


CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        # syntax
        'syntax-error': 'The code is not Python.',
        'too-long': 'The code is longer than a cell may be.',
        # portability
        'unsupported-import': 'A module of CPython that the sandbox does not have.',
        'unsupported-attribute': 'A function, class or constant of a module that the sandbox does not have.',
        'unsupported-builtin': 'A builtin that the sandbox does not have.',
        'unsupported-option': 'An option of a function that the sandbox does not have.',
        'unsupported-method': 'A method of a builtin type that the sandbox does not have.',
        'no-inheritance': 'A class with a base class.',
        'no-metaclass': 'A class with a metaclass or other keywords.',
        'no-method-decorators': 'A decorated method: `@property`, `@staticmethod`, `@classmethod`.',
        'no-special-method': 'A special method that would be ignored, such as `__len__`.',
        'no-class-body': 'A class body with more than methods and simple variables.',
        'no-method-value': 'A method of a builtin class used as a value.',
        'no-exception-cause': 'The cause of an exception: `error.__cause__`.',
        'no-yield': 'A generator function.',
        'no-del': 'A `del` that could not be rewritten.',
        'no-async-with': '`async with`.',
        'no-async-for': '`async for`, also in a comprehension.',
        'no-exception-groups': '`except*`.',
        'no-type-statement': '`type X = ...`.',
        'no-wildcard-import': '`from module import *`.',
        'endless-generator': 'A generator expression over an endless iterator, which would be built as a list.',
        # check
        'unknown-name': 'A name that exists nowhere in the session.',
        'unknown-module': 'A module that cannot be imported.',
        'unknown-attribute': 'A module, a type or a record without this attribute.',
        'unknown-argument': 'A tool has no parameter of this name.',
        'missing-argument': 'A tool is called without a parameter that it needs.',
        'too-many-arguments': 'A tool is called with more positional arguments than it takes.',
        'duplicate-argument': 'A tool is given the same parameter twice.',
        'wrong-type': 'An argument of a tool that its validator can never accept.',
        'unknown-key': 'A typed record has no such key.',
        'missing-key': 'A typed record is built without a key that it needs.',
        'not-awaited': 'The result of a tool is used before it was awaited.',
        'cannot-wait': 'A call where none can wait: `await` in a lambda, a tool called by `sorted`, `map` or the like.',
        'changed-while-iterated': 'A loop over `enumerate`, `zip` or the like changes what it iterates, which would go unseen.',
        'early-calls': 'A generator expression with calls in it, all of which would be made before anything is taken from it.',
        'not-awaitable': 'A tool whose calls may not overlap is awaited, or something else that no await supports.',
        'wrong-unpacking': 'A tuple is unpacked into more or fewer names than it has items.',
        'not-a-tool': 'A tool is used in a way that no function supports.',
        'shadowed-tool': 'A tool is called by a name that a variable of the session has taken.',
        # hints: they refuse nothing
        'doubtful': 'The types do not fit as far as they are known; the code may be right all the same.',
        'not-checked': 'No checker could be had, so the cell ran unchecked.',
        'not-rewritten': 'A pass of ours failed over the code, so the cell ran as it was written.',
        # remarks: they refuse nothing, and are told even if the cell succeeds
        'never-equal': 'A value is compared with one that it can never be.',
        'none-left-out': 'An optional argument whose type has no null was None, and was left out of the call.',
        'never-awaited': 'A call was made and never awaited, so it did not begin.',
        'not-called': 'A cell ends in the name of a function that it does not call.',
        'never-there': 'A record is asked by `get` for a key that it never has.',
    }
)
"""Every code a diagnostic may carry, with what it means."""

REWRITES: Final[Mapping[str, str]] = MappingProxyType(
    {
        'fence': 'A Markdown fence around the code is taken off; so are prompts, prose around fences, an indent of all lines.',
        'import': 'A module, class or function that is used and not imported is imported.',
        'module': 'A tool called by its bare name is called through the one module that has it.',
        'await': 'A tool call whose result is used is awaited.',
        'no-await': 'A call to a tool that gives its result at once is not awaited.',
        'task': 'A call under way needs no `asyncio.create_task`.',
        'gather': '`gather(return_exceptions=True)`, and `gather` of tools that give their results at once.',
        'map-tool': '`map(tool, items)` becomes a list comprehension.',
        'method-value': 'A method of a builtin type used as a value becomes a lambda: `max(d, key=d.get)`.',
        'method-call': 'A method called through its class is called on the value: `str.lower(x)`.',
        'operator': '`operator.itemgetter("a")` and its like become lambdas.',
        'set-method': '`a.union(b, c)`, `set.union(*sets)` and their like, one set at a time.',
        'json-default': '`json.dumps(default=...)`.',
        're-sub': '`re.sub` with a function.',
        'text-buffer': '`csv.reader(io.StringIO(text))` and `csv.DictReader` read the lines of the text.',
        'hasattr': '`hasattr(x, "isoformat")` sees the methods of builtin types.',
        'strptime': 'A format without year, month or day is completed, as CPython does.',
        'timedelta': 'Fractions in `timedelta(hours=1.5)` are worked out.',
        'date': '`datetime.utcnow`, `fromtimestamp` and `utcfromtimestamp` are calculated.',
        'isocalendar': '`day.isocalendar()` is calculated.',
        'next': '`next()` of a generator expression, or of `map`, `filter`, `zip`.',
        'iterator': 'A generator expression in a variable is used up once, as in CPython.',
        'del': '`del` of an item, a slice or a name.',
        'comprehension-name': 'A comprehension variable named like a builtin is renamed.',
        'exit': '`exit()`, `quit()` and `sys.exit()` at the top level end the cell.',
        'exception-text': 'Exceptions get their arguments as one text: `ValueError(5)`.',
        'function-name': '`function.__name__` is written out.',
        'alias': 'A name for what has another name here: `IOError`, `asyncio.TimeoutError`, `datetime.UTC`.',
        'base': '`class A(object)`, and the base of a `TypedDict` that only annotations use.',
        'dataclass-option': 'Options of `@dataclass` that only restrict: `slots`, `kw_only`.',
        'wraps': '`@functools.wraps` is left out.',
        'unused-import': 'An import of what is not available, and that nothing which runs uses, is left out.',
        'wildcard': '`from module import *` names what it imports.',
    }
)
"""Every kind of rewrite, with what is done."""
