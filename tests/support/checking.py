"""Conversations whose cells are prepared and checked one after the other, and never run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from corpus.load import Cell
from corpus.tools import SEQUENTIAL, TOOLS
from pydantic_ai import FunctionToolset
from pydantic_ai.toolsets import AbstractToolset
from pydantic_ai.toolsets.abstract import ToolsetTool
from support.catalogs import tools_of

from pydantic_ai_grail._catalog.catalog import DEFAULT_BUDGET_CHARS, build_catalog
from pydantic_ai_grail._catalog.entries import Catalog
from pydantic_ai_grail._monty.support import load_support
from pydantic_ai_grail._run.validation import ToolValidator
from pydantic_ai_grail._source.check import CheckMode, check
from pydantic_ai_grail._source.checkers import CHECKERS, Checkers
from pydantic_ai_grail._source.history import History, PastCell
from pydantic_ai_grail._source.imported import imported_by
from pydantic_ai_grail._source.prepare import prepare
from pydantic_ai_grail._source.prepared import Prepared
from pydantic_ai_grail.events.diagnostics import Diagnostic
from pydantic_ai_grail.events.outcomes import Verdict


class Toolbox:
    """Tools as a step of an agent has them, with their catalog."""

    def __init__(self, catalog: Catalog, tools: Mapping[str, ToolsetTool[Any]]) -> None:
        self.catalog = catalog
        self.validate = ToolValidator(catalog, tools)

    def conversation(self, mode: CheckMode = 'strict', checkers: Checkers = CHECKERS) -> Conversation:
        return Conversation(self, mode, checkers)


async def toolbox(root: AbstractToolset[Any], *, budget_chars: int = DEFAULT_BUDGET_CHARS) -> Toolbox:
    tools = await tools_of(root)
    return Toolbox(build_catalog(tools, root=root, budget_chars=budget_chars), tools)


async def toolbox_of(*functions: Callable[..., Any], sequential: Sequence[str] = ()) -> Toolbox:
    """The toolbox of these functions, as one flat toolset."""
    toolset: FunctionToolset[Any] = FunctionToolset()
    for function in functions:
        toolset.add_function(function, sequential=function.__name__ in sequential)
    return await toolbox(toolset, budget_chars=1_000_000)


async def corpus_toolbox() -> Toolbox:
    """The tools that the programs of the corpus call."""
    return await toolbox_of(*TOOLS, sequential=[*SEQUENTIAL])


class Conversation:
    """One session. Cells are taken to run as they say they do."""

    def __init__(self, tools: Toolbox, mode: CheckMode, checkers: Checkers) -> None:
        self.tools = tools
        self.mode: CheckMode = mode
        self.checkers = checkers
        self.history = History()

    async def verdict(self, source: str) -> Verdict:
        """What is said of a cell; it is not added to the history."""
        found = self._prepare(source)
        if isinstance(found, tuple):
            return Verdict(refusals=found)
        return await check(
            found,
            original=source,
            catalog=self.tools.catalog,
            history=self.history,
            checkers=self.checkers,
            validate=self.tools.validate,
            mode=self.mode,
        )

    async def refusals(self, source: str) -> list[tuple[str, str, str | None]]:
        """Code, message and fix of each refusal."""
        return [(each.code, each.message, each.fix) for each in (await self.verdict(source)).refusals]

    def ran(self, source: str, *, raises: str | None = None, stopped_line: int | None = None) -> Conversation:
        """The cell ran, and ended as it is said to."""
        found = self._prepare(source)
        kept = found.source if isinstance(found, Prepared) else source
        self.history = self.history.after(PastCell(source=kept, completed=raises is None, stopped_line=stopped_line))
        return self

    def after(self, *sources: str) -> Conversation:
        """These cells ran to their ends."""
        for source in sources:
            self.ran(source)
        return self

    async def play(self, cells: Sequence[Cell]) -> list[tuple[str, str]]:
        """Check and run each cell of a program; code and message of every refusal."""
        refused: list[tuple[str, str]] = []
        for cell in cells:
            if cell.restore:
                self.history = History.from_json(self.history.to_json())
            verdict = await self.verdict(cell.source)
            assert [hint for hint in verdict.hints if hint.code == 'not-checked'] == []
            refused += [(each.code, each.message) for each in verdict.refusals]
            self.ran(cell.source, raises=cell.raises)
        return refused

    def _prepare(self, source: str) -> Prepared | tuple[Diagnostic, ...]:
        return prepare(
            source,
            catalog=self.tools.catalog,
            bound=self.history.bound_names(),
            support=load_support(),
            attributes=self.history.stores.attributes,
            imported=imported_by(self.history),
        )
