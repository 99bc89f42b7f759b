"""The class of a value, for code that every value goes through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

exact_type: Final[Callable[[Any], Any]] = type
"""`type`, without what a type checker makes of its result: a `cast` there is a call for each value."""
