"""Did-you-mean: the one known name that was most likely meant by an unknown one.

Used for tools, variables, arguments, keys and modules alike, while checking and while wording feedback. Names that
differ only in case, separators, word order or module are the same name to a model; beyond that the spelling decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from itertools import islice
from typing import Final

_MOST_CANDIDATES: Final = 2_000
_LONGEST_NAME: Final = 80
_ALIKE: Final = 0.72
"""Least ratio of likeness. Of pairs written for the tests it keeps `fetch_user`/`get_user` and drops `sum`/`sun_rise`."""

_WORDS: Final = re.compile(r'[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+')


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `name` most likely stands for, or `None`. The first one wins where several are as likely.

    At most 2,000 candidates are looked at, and 80 characters of each name, so that a call
    stays bounded (3.5 ms for 1,000 ordinary names).
    """
    wanted = _words(name)
    best: str | None = None
    best_ratio = _ALIKE
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2('_'.join(wanted))
    for candidate in islice(candidates, _MOST_CANDIDATES):
        if candidate == name:
            continue
        words = _words(candidate)
        ratio = _kinship(wanted, words)
        if ratio <= best_ratio:
            matcher.set_seq1('_'.join(words))
            if matcher.real_quick_ratio() <= best_ratio or matcher.quick_ratio() <= best_ratio:
                continue
            ratio = matcher.ratio()
        if ratio > best_ratio:
            best, best_ratio = candidate, ratio
    return best


def is_spelled_alike(name: str, other: str) -> bool:
    """Whether two names have as many words: one that lacks the verb of the other is a noun, `orders` of `list_orders`."""
    return len(_words(name)) == len(_words(other))


def has_the_same_words(name: str, other: str) -> bool:
    """Whether two names are one but for case, separators, order or module, so that not the spelling alone tells it."""
    return _kinship(_words(name), _words(other)) > 0


def _words(name: str) -> tuple[str, ...]:
    """The words of an identifier in lower case: `listIssues`, `list-issues` and `list_issues` have the same ones."""
    found = _WORDS.findall(name[:_LONGEST_NAME])
    return tuple(word.lower() for word in found) or (name[:_LONGEST_NAME],)


def _kinship(wanted: tuple[str, ...], words: tuple[str, ...]) -> float:
    """How surely two names are the same one, written differently; 0 when only the spelling can tell."""
    if wanted == words:
        return 1.0
    if ''.join(wanted) == ''.join(words):
        return 0.99
    if wanted == words[-len(wanted) :] or words == wanted[-len(words) :]:
        # the module left out, or one put in that is not there; a lone short word would match far too much
        shorter = min(wanted, words, key=len)
        return 0.98 if len('_'.join(shorter)) >= 4 else 0.0
    return 0.97 if len(wanted) > 1 and sorted(wanted) == sorted(words) else 0.0
