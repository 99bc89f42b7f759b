"""The keys that were there when a `KeyError` came: those of the dict itself, else those of what tools had returned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, cast

from .._common.suggestions import closest
from ..events.outcomes import Failed, KeysThere
from . import reply_texts
from .preview import short

_MOST_KEYS: Final = 12
_KEY_CHARS: Final = 40
_MOST_RECORDS: Final = 20
_DEEPEST: Final = 3


def keys_there(outcome: Failed) -> str | None:
    """One sentence or two on the keys, with the one that was most likely meant; `None` when nothing is known."""
    wanted = outcome.failure.message
    if outcome.keys is not None:
        return _of_the_dict(wanted, outcome.keys)
    for call in outcome.calls:
        keys = [*dict.fromkeys(_keys_of_records(call.result, wanted))]
        if (meant := closest(wanted, keys)) is not None:
            return reply_texts.keys_of_result(call.request.tool.python_name, _listed(keys, len(keys)), repr(meant))
    return None


def _of_the_dict(wanted: str, keys: KeysThere) -> str:
    if not keys.count:
        return reply_texts.NO_KEYS
    meant = next((key for key in keys.first if not isinstance(key, str) and str(key) == wanted), None)
    if meant is None:
        meant = wanted if wanted in keys.first else closest(wanted, [key for key in keys.first if isinstance(key, str)])
    return reply_texts.keys_there(_listed(keys.first, keys.count), None if meant is None else repr(meant))


def _listed(keys: Iterable[Any], count: int) -> str:
    """Keys as the check lists them, without quotes; with them where it matters."""
    shown = [*keys][:_MOST_KEYS]
    is_plain = all(isinstance(key, str) and key.isidentifier() and len(key) <= _KEY_CHARS for key in shown)
    texts = [cast('str', key) if is_plain else short(key, max_chars=_KEY_CHARS) for key in shown]
    return ', '.join(texts) + (f' {reply_texts.and_more(count - len(shown))}' if count > len(shown) else '')


def _keys_of_records(value: Any, wanted: str, depth: int = 0) -> Iterator[str]:
    """The keys of the dicts in a result that lack the one that is wanted."""
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        record = cast('dict[Any, Any]', value)
        if wanted not in record:
            yield from (key for key in record if isinstance(key, str))
        for item in [*record.values()][:_MOST_RECORDS]:
            yield from _keys_of_records(item, wanted, depth + 1)
    elif isinstance(value, list | tuple):
        for item in cast('list[Any]', value)[:_MOST_RECORDS]:
            yield from _keys_of_records(item, wanted, depth + 1)
