"""Deprecated names: the warning points at the line of the user's code that has them, however deep inside it is raised."""

from __future__ import annotations

import sys
import warnings
from typing import Final


def warn_deprecated(message: str) -> None:
    """Warn with a `DeprecationWarning` at the nearest frame outside of this package and of those that call it on behalf of
    users: Pydantic AI, where an agent comes from a spec, and `dataclasses.replace`.
    """
    level, frame = 1, sys._getframe()  # pyright: ignore[reportPrivateUsage]  # as `warnings` itself; `inspect` reads sources
    while frame.f_back is not None and str(frame.f_globals.get('__name__', '')).partition('.')[0] in _PASSED:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, DeprecationWarning, stacklevel=level)


_PASSED: Final = frozenset({__name__.partition('.')[0], 'pydantic_ai', 'dataclasses', 'copy'})
