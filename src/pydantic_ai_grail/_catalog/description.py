"""The description of `run_code`, all that a model reads before it writes its first line, and its fixed sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from .catalog import DEFAULT_BUDGET_CHARS
from .declarations import names_in
from .entries import Catalog, Entry
from .listing import flat_detail, listing
from .rendering import COMPLETE, records_of
from .signatures import Declaration, Signature

WHAT_IT_IS: Final = (
    'Run Python in a sandbox. A last expression or assignment is the result, as JSON: '
    'sets are lists; dates and keys text. `print` only what goes beside it. '
    'Variables, functions and imports stay for later messages. '
    'Code is checked first: if refused, nothing ran; if it fails, '
    'the reply lists calls made, and whether the same ones run again.'
)
CALLS_ALL_ASYNC: Final = (
    'These functions are defined. `await` each call, independent ones together: `await asyncio.gather(f(1), f(2))`.'
)
CALLS_ALL_SYNC: Final = 'These functions are defined. Call them without `await`.'
CALLS_MIXED: Final = (
    'These functions are defined. `await` each call, except of those marked `def`, '
    'independent ones together: `await asyncio.gather(f(1), f(2))`.'
)
RECORDS: Final = "Records are dicts (`x['key']`)"
TAKEN_RECORDS: Final = ', also as arguments'
OPTIONAL_KEYS: Final = '; `?`: may be absent'
DATETIMES: Final = 'A datetime may have a timezone or none: `datetime.now(d.tzinfo)` can be compared with `d`.'
FAILURES: Final = (
    'Tools raise ValueError for wrong arguments, PermissionError if a person refuses, else RuntimeError or their own.'
)
HELP: Final = '`help(f)` gives the whole documentation of `f` as text.'
MODULES: Final = (
    'They are in modules: `{example}(...)`. In code, `help({example})` gives parameters and types as text, '
    "`search_tools('words')` finds functions."
)
FINDING_MORE: Final = 'The tool `{name}` finds more functions; they can be called from the next run on.'
NO_OS: Final = 'No network, files or environment variables.'
MOUNTED: Final = 'Files: only below {paths}. No network or environment variables.'
WITH_OS: Final = 'Files and environment variables: what the host allows. No network.'
OVERLAY: Final = 'Writes below {paths} last for one cell only.'
LACKING: Final = 'A subset of Python, without {lacking}.'
IMPORTABLE: Final = 'Standard library: only {modules}.'

PHRASES: Final[Mapping[str, tuple[str, ...]]] = {
    'class inheritance': ('inheritance', 'exception-class', 'metaclass'),
    '`@property` and other method decorators': ('method-decorators',),
    '`__len__`, `__bool__`, `__lt__` etc.': (
        *('special-__bool__', 'special-__delitem__', 'special-__format__', 'special-__ge__', 'special-__getattr__'),
        *('special-__gt__', 'special-__le__', 'special-__len__', 'special-__lt__', 'special-__reversed__'),
    ),
    '`yield`': ('yield', 'yield-from'),
    '`async with`, `async for`': ('async-with', 'async-for', 'async-comprehension'),
    '`except*`': ('exception-groups',),
}
"""What models write often, by the features of Monty without which it fails. What is rewritten, or rare, is not told here."""


class Support(Protocol):
    """What is known of the installed Monty: importable modules, and which features run."""

    @property
    def modules(self) -> Mapping[str, frozenset[str]]: ...
    @property
    def features(self) -> Mapping[str, bool]: ...


def tool_description(
    catalog: Catalog,
    support: Support,
    *,
    has_os: bool = False,
    mounts: tuple[str, ...] = (),
    overlays: tuple[str, ...] = (),
    search_tool: str | None = None,
    budget_chars: int = DEFAULT_BUDGET_CHARS,
) -> str:
    """What the model reads of `run_code`.

    Args:
        catalog: The tools that code may call.
        support: What the installed Monty can run.
        has_os: Whether the host answers for files and environment.
        mounts: Paths in the sandbox below which there are files.
        overlays: Those of them where what is written lasts for one cell only.
        search_tool: The name of the agent's own tool that reveals further tools.
        budget_chars: How long the listing of the tools may be, as it was when the catalog was built.
    """
    parts = [WHAT_IT_IS]
    if catalog.entries:
        parts.append(_calls(catalog, budget_chars))
    if search_tool is not None:
        parts.append(FINDING_MORE.format(name=search_tool))
    parts.append(_sandbox(support, has_os=has_os, mounts=mounts, overlays=overlays))
    if catalog.entries:
        parts.append(f'```\n{listing(catalog, budget_chars=budget_chars)}\n```')
    return '\n\n'.join(parts)


def _calls(catalog: Catalog, budget_chars: int) -> str:
    entries = list(catalog.entries.values())
    synchronous = [entry.facts.sequential for entry in entries]
    sentences = [CALLS_ALL_SYNC if all(synchronous) else CALLS_MIXED if any(synchronous) else CALLS_ALL_ASYNC]
    if catalog.modules:
        sentences.append(MODULES.format(example=entries[0].facts.python_name))
    elif flat_detail(catalog, budget_chars=budget_chars) is not COMPLETE:
        sentences.append(HELP)
    if records := records_of(entries):
        sentences.append(_records(records, entries))
    if any(_has_datetimes(entry.signature) for entry in entries):
        sentences.append(DATETIMES)
    sentences.append(FAILURES)
    return ' '.join(sentences)


def _records(records: list[Declaration], entries: list[Entry]) -> str:
    names = {record.name for record in records}
    taken = any(names & names_in(each.annotation) for entry in entries for each in entry.signature.parameters)
    may_lack = any(not field.required for record in records for field in record.fields)
    return f'{RECORDS}{TAKEN_RECORDS if taken else ""}{OPTIONAL_KEYS if may_lack else ""}.'


def _has_datetimes(signature: Signature) -> bool:
    """Whether code gets datetimes: neither a type nor a schema says whether those of a result have a timezone."""
    given = (record for record in signature.declarations if record.direction == 'out')
    annotations = [signature.returns, *(field.annotation for record in given for field in record.fields)]
    return any('datetime' in names_in(each) for each in annotations)


def _sandbox(support: Support, *, has_os: bool, mounts: tuple[str, ...], overlays: tuple[str, ...]) -> str:
    sentences: list[str] = []
    if missing := _lacking(support):
        sentences.append(LACKING.format(lacking=missing))
    sentences.append(IMPORTABLE.format(modules=_importable(support)))
    if has_os:
        sentences.append(WITH_OS)
    elif mounts:
        sentences.append(MOUNTED.format(paths=_paths(mounts)))
    else:
        sentences.append(NO_OS)
    if overlays:
        sentences.append(OVERLAY.format(paths=_paths(overlays)))
    return ' '.join(sentences)


def _paths(paths: tuple[str, ...]) -> str:
    return ', '.join(f'`{path}`' for path in paths)


def _lacking(support: Support) -> str:
    """What this Monty cannot run, in words."""
    missing = {key for key, runs in support.features.items() if not runs}
    return ', '.join(phrase for phrase, keys in PHRASES.items() if missing.intersection(keys))


def _importable(support: Support) -> str:
    """The modules that code can import, without their submodules and without `posixpath`, which is `os.path`."""
    return ', '.join(sorted(name for name in support.modules if '.' not in name and name != 'posixpath'))
