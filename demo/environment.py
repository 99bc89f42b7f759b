"""What is installed here, read from the real metadata with `importlib.metadata`. Plain functions, no agent."""

from __future__ import annotations

import csv
import os
import platform
import sys
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as ParsedRequirement
from packaging.utils import canonicalize_name
from pydantic_ai import ModelRetry

from .records import Files, Interpreter, Licence, Package, Requirement


@cache
def installed_distributions() -> dict[str, Distribution]:
    """Every distribution by its normalised name; the first on `sys.path` wins, as it does for imports."""
    found: dict[str, Distribution] = {}
    for distribution in distributions():
        found.setdefault(canonicalize_name(distribution.name), distribution)
    return dict(sorted(found.items()))


def distribution(name: str) -> Distribution:
    """One of them.

    Raises:
        ModelRetry: When nothing of that name is installed.
    """
    found = installed_distributions().get(canonicalize_name(name))
    if found is None:
        raise ModelRetry(f'{name!r} is not installed.')
    return found


def interpreter_facts() -> Interpreter:
    return Interpreter(
        version=sys.version_info[:3],
        implementation=platform.python_implementation(),
        prefix=Path(sys.prefix),
        is_virtual=sys.prefix != sys.base_prefix,
        now=datetime.now(tz=UTC).replace(microsecond=0),
    )


def package_facts(name: str) -> Package:
    found = distribution(name)
    return Package(
        name=canonicalize_name(found.name),
        version=found.version,
        summary=field(found, 'Summary') or '',
        installed_at=installed_at(found),
        requires_python=field(found, 'Requires-Python'),
        licence=licence_facts(found),
        top_level=frozenset(top for entry in entries(found) if (top := imports(entry))),
    )


def fields(found: Distribution, name: str) -> list[str]:
    """All lines of its metadata that have this name."""
    return found.metadata.get_all(name) or []


def field(found: Distribution, name: str) -> str | None:
    return next(iter(fields(found, name)), None)


def entries(found: Distribution) -> list[str]:
    """Paths of its files, from the installer's list. Paths as objects (`found.files`) take ten times as long."""
    record = found.read_text('RECORD')
    if record is None:
        return [str(file) for file in found.files or ()]
    return [row[0] for row in csv.reader(record.splitlines()) if row]


def location(found: Distribution, entry: str) -> str:
    return os.path.join(str(found.locate_file('')), entry)


def imports(entry: str) -> str | None:
    """What a file can be imported as, at the top."""
    first, _, rest = entry.partition('/')
    is_module = entry.endswith('.py') and first != '..'
    return first.removesuffix('.py') if is_module and (rest or first == entry) else None


def installed_at(found: Distribution) -> datetime | None:
    """When the installer wrote the list of files, its last act."""
    for entry in entries(found):
        if entry.endswith('.dist-info/RECORD') and os.path.exists(path := location(found, entry)):
            return datetime.fromtimestamp(int(os.stat(path).st_mtime), tz=UTC)
    return None


def licence_facts(found: Distribution) -> Licence:
    text = (field(found, 'License') or '').strip()
    classifiers = [line for line in fields(found, 'Classifier') if line.startswith('License :: ')]
    return Licence(
        expression=field(found, 'License-Expression'),
        text=text.splitlines()[0][:100] if text else None,
        classifiers=tuple(classifiers),
        files=frozenset(licence_files(found)),
    )


def licence_files(found: Distribution) -> set[str]:
    """Those that the metadata names, and those that lie beside it, which older packages leave unnamed."""
    named = set(fields(found, 'License-File'))
    for entry in entries(found):
        folder, _, rest = entry.partition('/')
        name = rest.removeprefix('licenses/')
        if folder.endswith('.dist-info') and (name != rest or name.upper().startswith(LICENCE_NAMES)):
            named.add(name)
    return named


LICENCE_NAMES = ('LICENSE', 'LICENCE', 'COPYING', 'NOTICE')


def requirement_facts(name: str) -> list[Requirement]:
    facts: list[Requirement] = []
    for line in distribution(name).requires or ():
        try:
            parsed = ParsedRequirement(line)
        except InvalidRequirement:
            continue
        facts.append(
            Requirement(
                name=canonicalize_name(parsed.name),
                specifier=str(parsed.specifier),
                extras=frozenset(parsed.extras),
                marker=str(parsed.marker) if parsed.marker else None,
                applies=parsed.marker is None or parsed.marker.evaluate({'extra': ''}),
            )
        )
    return facts


def file_facts(name: str) -> Files:
    found = distribution(name)
    paths = {entry: location(found, entry) for entry in entries(found)}
    sizes = {entry: os.stat(path).st_size for entry, path in paths.items() if os.path.isfile(path)}
    total = sum(sizes.values())
    by_suffix: dict[str, int] = {}
    for entry, size in sizes.items():
        suffix = os.path.splitext(entry)[1] or '(none)'
        by_suffix[suffix] = by_suffix.get(suffix, 0) + size
    return Files(
        count=len(sizes),
        total_bytes=total,
        megabytes=Decimal(total) / 1_000_000,  # whoever shows it rounds, once
        largest=max(sizes.items(), key=lambda item: item[1], default=None),
        bytes_by_suffix=by_suffix,
    )
