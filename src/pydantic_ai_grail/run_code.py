"""The arguments of `run_code`: what the model is shown of them, and what is taken."""

from __future__ import annotations

from typing import Any, Final, cast

from pydantic import TypeAdapter
from pydantic_ai.toolsets.abstract import SchemaValidatorProt

from .conversation import RESUME
from .run_code_part import RunCodeArgs

ARGUMENTS: Final = TypeAdapter(RunCodeArgs)
VALIDATOR: Final = cast('SchemaValidatorProt', ARGUMENTS.validator)
_SCHEMA: Final = ARGUMENTS.json_schema()


def _without(*hidden: str) -> dict[str, Any]:
    shown = {name: value for name, value in _SCHEMA['properties'].items() if name not in hidden}
    return {**_SCHEMA, 'properties': shown}


SCHEMAS: Final = {
    (reuses, resumes): _without(*(() if reuses else ('rerun',)), *(() if resumes else (RESUME,)))
    for reuses in (True, False)
    for resumes in (True, False)
}
"""By whether calls are reused, and whether the model has to resume cells itself."""
