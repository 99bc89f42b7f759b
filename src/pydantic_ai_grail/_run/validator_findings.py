"""What a Pydantic validator says, by places in the value that was given: no names of union members, one branch of each.

Pydantic puts the names of union members and of validator functions into its paths, and tells of each member of a union
what speaks against it. A reader wants the place in the value, and of a union the member that was most likely meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Final

from pydantic import ValidationError

from .._source.validated_arguments import UNKNOWN, ArgumentError, PartlyKnown, inside, is_partial

_OF_THE_WHOLE: Final = frozenset({'missing', 'extra_forbidden', 'too_long'})
"""Kinds of errors about a dict or list that are true whatever is inside."""
_UNION: Final = 'union'
_OF_TYPE: Final = frozenset({'type', 'literal_error', 'enum', 'none_required', 'is_instance_of', _UNION})
_SHOULD_BE: Final = 'Input should be '
_MOST: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class _MemberError:
    """An error, and the members of unions that it is about: at which depth of the path, and which."""

    error: ArgumentError
    members: tuple[tuple[int, str], ...] = ()
    is_moot: bool = False
    """It is about a value that is not known."""


def argument_errors(error: ValidationError, given: Mapping[str, Any]) -> tuple[ArgumentError, ...]:
    """The errors by places in `given`, one for each place."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return merged([_member_error(given, item['loc'], item['type'], item['msg']) for item in found[:_MOST]])


def merged(found: Sequence[_MemberError]) -> tuple[ArgumentError, ...]:
    seen: dict[tuple[tuple[str | int, ...], bool], ArgumentError] = {}
    for each in _chosen(found):
        if not each.is_moot:
            seen.setdefault((each.error.path, each.error.kind == 'missing'), each.error)
    return tuple(seen.values())


def likeliest(branches: Iterable[Sequence[ArgumentError]], depth: int) -> Sequence[ArgumentError]:
    """Of the errors of each member of a union those of the member that was most likely meant; `depth` is the length of the
    union's own path. None if a member has none.

    A member whose errors are all inside the value fits it better than one that takes no such value.
    """
    found = [[*branch] for branch in branches]
    if not found or not all(found):
        return ()
    best = min(found, key=lambda errors: _distance(errors, depth))
    if _distance(best, depth)[0] and len(found) > 1:
        return [_of_all(branch[0] for branch in found)]
    return best


def _distance(errors: Sequence[ArgumentError], depth: int) -> tuple[bool, bool, int]:
    at_root = any(len(each.path) <= depth and _is_of_type(each.kind) for each in errors)
    is_other = any(each.kind in ('literal_error', 'enum') and len(each.path) == depth + 1 for each in errors)
    return at_root, is_other, len(errors)


def _is_of_type(kind: str) -> bool:
    """Whether an error says that a value is of another type, not that it is outside of some bounds."""
    return kind in _OF_TYPE or kind.endswith(('_type', '_parsing'))


def _of_all(errors: Iterable[ArgumentError]) -> ArgumentError:
    """One error for a value that is of no kind that the union takes."""
    one_each = [*errors]
    messages = [*dict.fromkeys(each.message for each in one_each)]
    if all(message.startswith(_SHOULD_BE) for message in messages):
        messages = [messages[0], *(message.removeprefix(_SHOULD_BE) for message in messages[1:])]
    return replace(one_each[0], kind=_UNION, message=' or '.join(messages))


def _member_error(given: Mapping[str, Any], where: Sequence[str | int], kind: str, message: str) -> _MemberError:
    """One error of Pydantic's, with its path taken apart."""
    value: Any = given
    path: list[str | int] = []
    members: list[tuple[int, str]] = []
    is_moot = False
    for number, step in enumerate(where):
        is_last = number == len(where) - 1
        try:
            value = inside(value, step)
        except LookupError:
            if is_last and kind == 'missing':
                path.append(step)
                is_moot = is_moot or isinstance(value, PartlyKnown)
            elif step != '[key]':
                members.append((len(path), str(step)))
            continue
        path.append(step)
        is_moot = is_moot or value is UNKNOWN
    if kind not in _OF_THE_WHOLE and not kind.endswith('_type') and is_partial(value):
        is_moot = True
    return _MemberError(
        error=ArgumentError(path=tuple(path), kind=kind, message=message), members=tuple(members), is_moot=is_moot
    )


def _chosen(found: Sequence[_MemberError]) -> Iterator[_MemberError]:
    """All errors, those of unions for one member each."""
    plain = [each for each in found if not each.members]
    yield from plain

    def union(each: _MemberError) -> tuple[tuple[str | int, ...], int]:
        depth = each.members[0][0]
        return each.error.path[:depth], depth

    for (_, depth), of_one in groupby([each for each in found if each.members], key=union):
        branches: dict[str, list[_MemberError]] = {}
        for each in of_one:
            branches.setdefault(each.members[0][1], []).append(replace(each, members=each.members[1:]))
        chosen = [[each for each in _chosen(branch) if not each.is_moot] for branch in branches.values()]
        for error in likeliest([[each.error for each in branch] for branch in chosen], depth):
            yield _MemberError(error=error)
