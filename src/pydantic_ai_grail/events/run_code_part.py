"""What `run_code` is, independent of its name: the kind that its tool and its parts carry, and the typed call part.

The kind is that of `pydantic_ai_harness`, so that hooks, history processors and histories of one are good for the other.
A kind has one class in a process: where that package is installed, it is the one there.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Final, NotRequired

from pydantic import Field
from pydantic_ai.messages import ToolCallPart, ToolKind
from typing_extensions import TypedDict

RUN_CODE: Final = 'run_code'
RUN_CODE_KIND: Final = 'code_mode.run_code'
"""`tool_kind` of the tool, of its calls and of its returns, in every history."""

_RESUME: Final = 'Resume the cell of this id, which waits. The code is not run.'
_RERUN: Final = 'A corrected cell gets what equal calls of the failed one returned. True: make them again.'


class RunCodeArgs(TypedDict):  # a docstring would go into the schema, for the model to read
    code: str
    restart: NotRequired[Annotated[bool, Field(description='Forget all variables first.')]]
    rerun: NotRequired[Annotated[bool, Field(description=_RERUN)]]
    resume: NotRequired[Annotated[str, Field(description=_RESUME)]]


def _is_defined_elsewhere() -> bool:
    """Whether the other package has this kind; it must have been defined before a tool is of it."""
    if find_spec('pydantic_ai_harness') is None:
        return False
    try:
        other = import_module('pydantic_ai_harness.code_mode')
    except ImportError:  # a version from before it had one, or without what it needs
        return False
    return hasattr(other, 'RunCodeCallPart')


if TYPE_CHECKING or not _is_defined_elsewhere():

    class RunCodeCallPart(ToolCallPart[RunCodeArgs], kind=ToolKind('code_mode', RUN_CODE, args=RunCodeArgs)):
        """The model's call of `run_code`, whatever the tool is named: `isinstance(part, RunCodeCallPart)` tells it."""

        @property
        def code(self) -> str | None:
            """The code that the model sent; `None` while it is still arriving, or where the arguments are none."""
            args = self.typed_args
            return None if args is None else args['code']

else:
    from pydantic_ai_harness.code_mode import RunCodeCallPart  # noqa: F401  # given on
