"""What each remark of the checker is worth: for every rule the cases in which it is certain. All others are hints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from ...events.diagnostics import Diagnostic
from ..inspected import Finding, Inspected, Suspicion
from .argument_types import invalid_argument
from .call_signatures import misfit, not_callable
from .coroutines import invalid_await, not_iterable, not_subscriptable, unsupported_operator
from .members import unresolved_attribute
from .record_keys import invalid_key, missing_key
from .subscripts import out_of_bounds, wrong_subscript
from .undefined_names import unresolved_import, unresolved_reference
from .unpacking import invalid_assignment


def argument_or_subscript(cell: Inspected, finding: Finding) -> Diagnostic | Suspicion | None:
    """The checker has one rule for arguments of calls and for what stands in `[...]`."""
    return wrong_subscript(cell, finding) or invalid_argument(cell, finding)


Rule: TypeAlias = Callable[[Inspected, Finding], Diagnostic | Suspicion | None]
"""The refusal that a finding amounts to, one that waits for a whole type, or `None` when the code may be right."""

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        'unresolved-reference': unresolved_reference,
        'unresolved-import': unresolved_import,
        'unresolved-attribute': unresolved_attribute,
        'invalid-key': invalid_key,
        'missing-typed-dict-key': missing_key,
        'unknown-argument': misfit,
        'missing-argument': misfit,
        'too-many-positional-arguments': misfit,
        'parameter-already-assigned': misfit,
        'invalid-argument-type': argument_or_subscript,
        'index-out-of-bounds': out_of_bounds,
        'invalid-await': invalid_await,
        'not-subscriptable': not_subscriptable,
        'not-iterable': not_iterable,
        'unsupported-operator': unsupported_operator,
        'call-non-callable': not_callable,
        'invalid-assignment': invalid_assignment,
    }
)
"""Rules of ty that can be certain, by name."""
