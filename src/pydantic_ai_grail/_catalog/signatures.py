"""A tool's signature as Python source text. Where it comes from is the business of `functions.py` and `json_schemas.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Direction = Literal['in', 'out']
"""Whether a type says what a tool takes or what it gives: a record may differ between the two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a tool, as code writes it."""

    name: str
    """The Python identifier."""
    key: str
    """The tool's own name for it, which differs where that is no identifier."""
    annotation: str
    """Its type as Python source."""
    shown: str | None = None
    """The type with what its values must fulfil, for readers (`int (1..100)`), where that says more."""
    default: str | None = None
    """Its default as Python source, `'...'` where the value cannot be written; `None` when it is required."""
    description: str | None = None
    keyword_only: bool = False
    is_variadic: bool = False
    """`*args`: a list of all that is given by place beyond the others. It counts as keyword-only beside that."""

    @property
    def item(self) -> str:
        """The type of each argument of a variadic parameter, for readers."""
        return (self.shown or self.annotation).removeprefix('list[').removesuffix(']')


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One key of a record."""

    key: str
    annotation: str
    shown: str | None = None
    """As of a parameter."""
    required: bool = True
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A type that signatures refer to, such as a `TypedDict` class."""

    name: str
    source: str
    """Complete Python source, with field docs as trailing comments."""
    fields: tuple[Field, ...] = ()
    direction: Direction = 'out'
    is_open: bool = False
    """The record may hold keys that are not named."""
    is_from_schema: bool = False
    """It was read from a JSON schema, not from a class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A part of a signature that is `Any`, or may be anything, since its type could not be read."""

    place: str
    """Which part: `parameter 'words'`, `the result`, `the parameters`."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a tool takes and gives."""

    parameters: tuple[Parameter, ...]
    returns: str
    returns_shown: str | None = None
    """The same for readers, where that says more."""
    declarations: tuple[Declaration, ...] = ()
    takes_any_keyword: bool = False
    """The tool's schema allows keys that it does not name, or names none."""
    keyword_type: str = 'Any'
    """The type of what stands under such keys, as Python source."""
    allows_unnamed: bool = False
    """The schema says nothing of further keys. A keyword that it does not name is a mistake; `**{...}` may hold one."""
    conditions: tuple[str, ...] = ()
    """Which parameters go together, in lines for a reader."""
    unread: tuple[Unread, ...] = field(default=(), repr=False, compare=False)
    """For the log alone. Reasons may hold addresses, so they are no part of what the signature is."""

    @property
    def variadic(self) -> Parameter | None:
        """The parameter that takes any number of arguments by place."""
        return next((each for each in self.parameters if each.is_variadic), None)

    @property
    def keywords_name(self) -> str:
        """What the parameter for such keys is called in source."""
        return 'kwargs' + '_' * sum(each.name.startswith('kwargs') for each in self.parameters)
