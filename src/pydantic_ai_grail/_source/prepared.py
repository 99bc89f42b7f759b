"""A cell that is ready to be checked and run: its rewritten source, what was rewritten, and what value it will have."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Annotated, Final

from pydantic import AliasChoices, Field, TypeAdapter

from ..events.diagnostics import Diagnostic, Position, Rewrite
from .edits import Origins
from .outline import Outline


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A rewritten cell. Every statement stands on the line on which the model wrote it; only columns may have moved."""

    source: str
    tree: ast.Module = field(repr=False, compare=False)
    """The tree of `source`."""
    rewrites: tuple[Rewrite, ...] = ()
    has_value: bool = False
    """Running it gives a value that means something; False for a cell that ends in a loop, a `def`, a `print`."""
    value_name: str | None = None
    """The variable that holds the value, if one does."""
    unplaced: tuple[Diagnostic, ...] = ()
    """Imports that are missing and for which no line had room. Positions are those of the model's code."""
    hints: tuple[Diagnostic, ...] = ()
    """That it is as it was written, since a pass of ours failed over it."""
    outline: Outline | None = field(default=None, repr=False, compare=False)
    """What was read off the tree, where nothing was rewritten. It does not have the line that asks for the value."""
    origins: Origins = field(default_factory=Origins, repr=False)

    def to_json(self) -> str:
        """For the journal; `from_json` reads it."""
        return _STORED.dump_json(
            _Stored(
                source=self.source,
                rewrites=self.rewrites,
                has_value=self.has_value,
                value_name=self.value_name,
                origins=self.origins,
            )
        ).decode()

    @classmethod
    def from_json(cls, text: str) -> Prepared:
        """The cell that `to_json` wrote.

        Raises:
            ValueError: When the text is not one.
        """
        stored = _STORED.validate_json(text)
        return cls(
            source=stored.source,
            tree=ast.parse(stored.source),
            rewrites=stored.rewrites,
            has_value=stored.has_value,
            value_name=stored.value_name,
            origins=stored.origins,
        )

    def original_position(self, line: int, column: int) -> tuple[int, int]:
        """Where a line and column of `source` stood in the model's code. All count from 1, columns in characters."""
        return self.origins.original(line, column)

    def original(self, position: Position) -> Position:
        """The same for a whole position."""
        line, column = self.original_position(position.line, position.column)
        if position.end_line is None and position.end_column is None:
            return Position(line=line, column=column)
        end_line, end_column = position.end_line or position.line, position.end_column
        if end_column is not None:
            # One past the end: the last character is what is mapped, so that text inserted behind it stays outside.
            end_line, end_column = self.original_position(end_line, max(end_column - 1, 1))
            end_column += 1
            if end_line == line and end_column <= column:
                end_column = column + 1
        return Position(line=line, column=column, end_line=end_line, end_column=end_column)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    source: str
    rewrites: Annotated[tuple[Rewrite, ...], Field(validation_alias=AliasChoices('rewrites', 'mends'))]
    """Journals of earlier versions have it as `mends`."""
    has_value: bool
    value_name: str | None
    origins: Origins


_STORED: Final = TypeAdapter(_Stored)
