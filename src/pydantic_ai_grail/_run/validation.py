"""Asks a tool's own validator about arguments that are known before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_ai.toolsets.abstract import ToolsetTool

from .._catalog.catalog import Catalog
from .._source.validated_arguments import ArgumentError
from .schema_errors import schema_errors
from .validator_findings import argument_errors


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
        if entry.arguments_as_json:
            return schema_errors(known.tool_def.parameters_json_schema, arguments)
        try:
            known.args_validator.validate_python(dict(arguments))
        except ValidationError as error:
            return argument_errors(error, arguments)
        except Exception:
            # A validator of the user's own that needs what is not there yet. The call itself will tell.
            return ()
        return ()
