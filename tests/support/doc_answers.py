"""What the model answers to the prompts of README and docs: by prompt, cells in order and then what it says.

A page's own cells (fences marked `.cell`) need no entry; this is for snippets that call `agent.run_sync('...')`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Code:
    """The model writes a cell."""

    source: str


ANSWERS: Final[Mapping[str, Sequence[str | Code]]] = {}
"""In a text, `{result}` stands for what the last cell gave."""
