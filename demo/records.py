"""What the audit's tools give and take. The documentation of a field is read by the model."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A value that is only read."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Interpreter(Record):
    """The Python that runs here."""

    version: tuple[int, int, int]
    implementation: str
    prefix: Path
    is_virtual: bool
    """Whether it is a virtual environment."""
    now: datetime


class Licence(Record):
    """What a package says of its licence. Packages say it in one of three places, many in two, some in none."""

    expression: str | None
    """SPDX expression, the modern form, such as `MIT OR Apache-2.0`."""
    text: str | None
    """First line of the older free-form field: a name, or the beginning of a whole licence."""
    classifiers: tuple[str, ...]
    """Such as `License :: OSI Approved :: MIT License`."""
    files: frozenset[str]
    """Names of licence files in the package."""


class Package(Record):
    """One installed package."""

    name: str
    """Normalised: lower case, with hyphens."""
    version: str
    summary: str
    installed_at: datetime | None
    requires_python: str | None
    licence: Licence
    top_level: frozenset[str]
    """Names it can be imported by."""


class Requirement(Record):
    """One thing a package asks for."""

    name: str
    """Normalised, as in `Package`. It need not be installed."""
    specifier: str
    """Such as `>=2,<3`; empty when any version will do."""
    extras: frozenset[str]
    marker: str | None
    applies: bool
    """Whether it is needed on this machine without asking for an extra."""


class Files(Record):
    """What a package takes on disk."""

    count: int
    total_bytes: int
    megabytes: Decimal
    largest: tuple[str, int] | None
    """Path and bytes."""
    bytes_by_suffix: dict[str, int]


class Finding(Record):
    """Something the reader should look at."""

    severity: Literal['note', 'look', 'act']
    title: str
    detail: str
    packages: set[str] = set()


class LicenceGroup(Record):
    """Packages under the same licence."""

    licence: str
    packages: set[str]
    megabytes: Decimal


class Report(Record):
    """The audit, for a person who will decide something with it."""

    title: str
    summary: str
    """Three sentences at most."""
    packages: int
    megabytes: Decimal
    newest_install: datetime | None
    largest: list[tuple[str, Decimal]]
    """Names and megabytes, largest first, at most ten."""
    licences: list[LicenceGroup]
    """Every package in one group, largest group first."""
    most_required: list[tuple[str, int]]
    """Names and how many installed packages need them here, at most ten."""
    required_by_nobody: set[str]
    findings: list[Finding]
