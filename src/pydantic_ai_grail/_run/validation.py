"""Asks a tool's own validator about arguments that are known before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_ai.toolsets.abstract import ToolsetTool
from pydantic_core import to_jsonable_python

from .._catalog.catalog import Catalog
from .._source.arguments import ArgumentError


class ToolValidator:
    """Says what is wrong with some arguments of a call, as far as the tool's validator can tell from them alone.

    Only the schema is asked. A tool's `args_validator` function may do anything, so it is left for the call itself.
    """

    def __init__(self, catalog: Catalog, tools: Mapping[str, ToolsetTool[Any]]) -> None:
        self._catalog = catalog
        self._tools = tools

    def __call__(self, tool: str, arguments: Mapping[str, Any], /) -> tuple[ArgumentError, ...]:
        found = self.complete(tool, arguments)
        return tuple(error for error in found if error.kind != 'missing' or len(error.path) > 1)

    def parameters(self, tool: str) -> tuple[str, ...] | None:
        """The names of what a tool takes; `None` when it may take anything, or is gone."""
        entry = self._catalog.entries.get(tool)
        if entry is None or entry.signature.takes_any_keyword:
            return None
        return tuple(parameter.key for parameter in entry.signature.parameters)

    def complete(self, tool: str, arguments: Mapping[str, Any]) -> tuple[ArgumentError, ...]:
        """What is wrong with these as all arguments of a call."""
        entry = self._catalog.entries.get(tool)
        known = self._tools.get(entry.facts.tool_name) if entry is not None else None
        if entry is None or known is None:
            return ()
        try:
            given = to_jsonable_python(dict(arguments)) if entry.arguments_as_json else dict(arguments)
            known.args_validator.validate_python(given)
        except ValidationError as error:
            return tuple(
                ArgumentError(path=item['loc'], kind=item['type'], message=item['msg'])
                for item in error.errors(include_url=False, include_context=False, include_input=False)
            )
        except Exception:
            # A validator of the user's own that needs what is not there yet. The call itself will tell.
            return ()
        return ()
