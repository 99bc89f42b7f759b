"""What Monty cannot run, found in the syntax tree: all of it at once, before anything runs, with what to write instead.

Only what surely fails is refused: a rule needs a construct that the `Support` table denies, and a name counts as a
builtin or a module only where nothing else of that name can be meant. The rest is left to run.
"""

from __future__ import annotations

import ast
from itertools import islice
from typing import Final

from .._monty.support import Support
from ..events.diagnostics import Diagnostic
from .outline import Outline
from .places import Places
from .unsupported.constructs import constructs
from .unsupported.finding import joined_repeats
from .unsupported.missing_names import names
from .unsupported.unsupported_calls import calls

MAX_FOUND: Final = 64
"""Findings of one rule; more than anybody reads."""

_FAIL_WHEN_REACHED: Final = frozenset({'unsupported-import', 'unsupported-attribute', 'unsupported-builtin'})


def report(
    tree: ast.Module,
    source: str,
    support: Support,
    *,
    bound: frozenset[str] = frozenset(),
    attributes: frozenset[str] = frozenset(),
    outline: Outline | None = None,
) -> tuple[Diagnostic, ...]:
    """Everything in a (rewritten) cell that this Monty cannot run, in the order of the source.

    `bound` are all names that the session has: variables, tools, modules of tools, and functions it offers.
    `attributes` are those that objects and modules of the session may have. Positions are those of
    `source`. An `outline` of the same tree spares reading it again.
    """
    outline = outline.in_session(bound) if outline else Outline(tree, source, session=bound)
    rules = (constructs(outline, support), names(outline, support), calls(outline, support, attributes))
    found = [each for rule in rules for each in islice(rule, MAX_FOUND)]
    if any(each.code in _FAIL_WHEN_REACHED for each in found):
        places = Places(outline)
        found = [
            each for each in found if each.code not in _FAIL_WHEN_REACHED or not _is_unreached(places, outline, each)
        ]
    found.sort(key=lambda one: (one.position.line, one.position.column))
    return tuple(joined_repeats(found))


def _is_unreached(places: Places, outline: Outline, found: Diagnostic) -> bool:
    """Whether what is not there stands in code that this cell does not run: if it is reached later, it fails there."""
    start = outline.text.line_start(found.position.line) + found.position.column - 1
    return places.never_runs((start, start)) or places.is_deferred((start, start))
