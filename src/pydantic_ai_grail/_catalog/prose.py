"""The fixed sentences of the tool description: what `run_code` is, and what code in it may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

WHAT_IT_IS: Final = (
    'Run Python in a sandbox. The value of the last expression or last assignment is the result; '
    '`print` only what should stand beside it. Variables, functions and imports stay for later calls. '
    'Code is checked before it runs; if it is refused, nothing has happened.'
)
CALLS_ALL_ASYNC: Final = 'These functions are defined. `await` each call; make independent ones together: `await asyncio.gather(f(1), f(2))`.'
CALLS_ALL_SYNC: Final = 'These functions are defined. Call them without `await`.'
CALLS_MIXED: Final = (
    'These functions are defined. `await` each call, except of those marked `def`; '
    'make independent ones together: `await asyncio.gather(f(1), f(2))`.'
)
RECORDS: Final = "Records are dicts (`x['key']`); a key with `?` may be absent."
HELP: Final = '`help(f)` gives the whole documentation of `f` as text.'
MODULES: Final = (
    'They are in modules: `{example}(...)`. In code, `help({example})` gives parameters and types as text, '
    "`search_tools('words')` finds functions."
)
FINDING_MORE: Final = 'The tool `{name}` finds more functions; they can be called from the next run on.'
NO_OS: Final = 'No network, files or environment variables.'
MOUNTED: Final = 'Files: only below {paths}. No network or environment variables.'
WITH_OS: Final = 'Files and environment variables: what the host allows. No network.'
OVERLAY: Final = 'Writes below {paths} last for one run only.'
LACKING: Final = 'A subset of Python, without {lacking}.'
IMPORTABLE: Final = 'Importable, and nothing else: {modules}.'

PHRASES: Final[Mapping[str, tuple[str, ...]]] = {
    'class inheritance': ('inheritance', 'exception-class', 'metaclass'),
    '`@property` and other method decorators': ('method-decorators',),
    '`__len__`, `__bool__`, `__lt__` and the like': (
        *('special-__bool__', 'special-__delitem__', 'special-__format__', 'special-__ge__', 'special-__getattr__'),
        *('special-__gt__', 'special-__le__', 'special-__len__', 'special-__lt__', 'special-__reversed__'),
    ),
    '`yield`': ('yield', 'yield-from'),
    '`del`': ('del-name', 'del-item', 'del-slice', 'del-attribute'),
    '`async with`, `async for`': ('async-with', 'async-for', 'async-comprehension'),
    '`except*`': ('exception-groups',),
    '`import *`': ('wildcard-import',),
    'tools in `map()`': ('map-tool', 'key-tool'),
    '`gather(return_exceptions=True)`': ('gather-exceptions',),
    '`json.dumps(default=...)`': ('json-default', 'json-cls'),
    '`re.sub` with a function': ('re-sub-function',),
}
"""What models write often, by the features of Monty without which it fails. Rarer things are told when they occur."""


class Support(Protocol):
    """What is known of the installed Monty: importable modules, and which features run."""

    @property
    def modules(self) -> Mapping[str, frozenset[str]]: ...
    @property
    def features(self) -> Mapping[str, bool]: ...


def lacking(support: Support) -> str:
    """What this Monty cannot run, in words."""
    missing = {key for key, runs in support.features.items() if not runs}
    return ', '.join(phrase for phrase, keys in PHRASES.items() if missing.intersection(keys))


def importable(support: Support) -> str:
    """The modules that code can import, without their submodules."""
    return ', '.join(sorted(name for name in support.modules if '.' not in name))
