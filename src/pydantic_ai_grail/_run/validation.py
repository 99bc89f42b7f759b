"""Asks a tool's own validator about arguments that are known before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_ai.toolsets.abstract import ToolsetTool

from .._catalog.catalog import Catalog


class LiteralValidator:
    """Says what is wrong with literal arguments of a call, as far as the tool's validator can tell from them alone."""

    def __init__(self, catalog: Catalog, tools: Mapping[str, ToolsetTool[Any]]) -> None:
        self._catalog = catalog
        self._tools = tools

    def __call__(self, python_name: str, arguments: Mapping[str, Any]) -> Mapping[str, str]:
        """Complaints by argument, for arguments given by the tool's own names. Arguments left out are no mistake here."""
        entry = self._catalog.entries.get(python_name)
        tool = self._tools.get(entry.facts.tool_name) if entry is not None else None
        if tool is None:
            return {}
        try:
            tool.args_validator.validate_python(dict(arguments))
        except ValidationError as error:
            return {
                str(item['loc'][0]): item['msg']
                for item in error.errors(include_url=False, include_context=False, include_input=False)
                if item['loc'] and item['type'] != 'missing' and item['loc'][0] in arguments
            }
        except Exception:
            # A validator of the user's own that needs what is not there yet. The call itself will tell.
            return {}
        return {}
