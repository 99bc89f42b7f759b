"""A cell that ran to its end, as the model reads it: always one object, of which each key has one meaning.

| key | when it is there |
|---|---|
| `printed` | the cell printed something: its lines, in order; the line break of the last one is no line |
| `result` | the cell has a value and all of it is here; `null` is a `None` that the code returned |
| `preview` | the cell has a value that is too large; its head, with a note on its size and on how to get the rest |
| `notes` | there is something to tell: rewrites, cuts, what state is live or lost, or that there was no value |

One shape was chosen over the bare value for three reasons. The value is at `result` whether or not something was
printed, so code that reads `ToolReturnPart.content` needs no cases. `None` (`{"result": null}`), `{}`
(`{"result": {}}`) and no value at all (no `result`) read differently, which a bare value leaves to guessing. And it
stays data: providers that take objects get one, others its JSON text. Sections of plain text would leave applications
nothing but text to parse. What was printed is a list of lines, since one text of several lines has no line breaks in JSON
but escapes: a list costs a model as many tokens (three tokenizers, 2026-11-29), and is read line by line.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final, cast

from pydantic_ai.messages import MultiModalContent

from ..events.diagnostics import Diagnostic
from ..events.outcomes import Completed, Printed
from . import reply_texts
from .changes import changes
from .files import MAX_FILES, FoundFiles
from .foreign import first_line
from .json_values import Json, pairs_of, to_plain
from .preview import both_ends, describe, described, preview

MAX_RESULT_CHARS: Final = 10_000
"""Default size of a result: some 2,500 tokens, enough for a hundred records of five fields, and no more than a
conversation can carry along in every later request."""
_NAMED_SHARE: Final = 4
_NAMED_CHARS: Final = 500
_REMARK_CHARS: Final = 600
_MOST_REMARKS: Final = 3
"""A value that is too large and that a variable holds is shown by a quarter of the room: the rest is one slice away,
and most cells that end in `rows = await search(...)` continue to compute on the rows, not to read them."""


def completed(
    outcome: Completed, *, max_chars: int, notes: Sequence[str]
) -> tuple[dict[str, Json], tuple[MultiModalContent, ...]]:
    """What the model reads of a completed cell, and the files found in its value."""
    payload: dict[str, Json] = {}
    lines: list[Json] = []
    found = FoundFiles(calls=outcome.calls)
    if outcome.printed.text:
        payload['printed'] = [*_printed_lines(outcome.printed, max_chars=max_chars, notes=lines)]
    if outcome.has_value:
        plain = to_plain(outcome.value, max_chars=max_chars, found=found) if outcome.whole is None else None
        if plain is not None:
            payload['result'] = plain.data
        else:
            found = FoundFiles(calls=outcome.calls)
            room = max_chars if outcome.value_name is None else max(max_chars // _NAMED_SHARE, _NAMED_CHARS)
            whole = outcome.whole
            size = None if whole is None else whole.size
            head = preview(outcome.value, max_chars=min(room, max_chars), found=found, size=size)
            payload['preview'] = head
            name = None if outcome.state_lost else outcome.value_name
            rest = _how_to_get_the_rest(outcome.value, name, head)
            what = describe(outcome.value) if whole is None else described(whole.kind, whole.size)
            lines.append(reply_texts.cut_result(what, rest))
    elif not outcome.printed.text:
        lines.append(reply_texts.NO_VALUE)
    if found.left_out:
        lines.append(reply_texts.files_left_out(len(found.left_out), MAX_FILES))
    lines.extend(changes(outcome.rewrites))
    lines.extend(_remarks(outcome.remarks))
    if outcome.state_lost:
        lines.append(reply_texts.STATE_TOO_LARGE)
    lines.extend(notes)
    if lines:
        payload['notes'] = lines
    return payload, tuple(found.files.values())


def _remarks(remarks: Sequence[Diagnostic]) -> list[str]:
    lines = [
        first_line(reply_texts.remarked(each.position.line, each.message, each.fix), max_chars=_REMARK_CHARS)
        for each in remarks
    ]
    left = len(lines) - _MOST_REMARKS
    return lines if left <= 1 else [*lines[:_MOST_REMARKS], reply_texts.more_remarks(left)]


def _printed_lines(printed: Printed, *, max_chars: int, notes: list[Json]) -> list[str]:
    """The lines of what was printed, both ends of it when it is too long; what is left out is added to `notes`."""
    if printed.dropped_chars:
        notes.append(reply_texts.dropped_prints(printed.dropped_chars))
    text = printed.text.rstrip('\n')
    room = _room(text, max_chars)
    if len(text) <= room:
        return text.split('\n')
    notes.append(reply_texts.cut_prints(len(text), room))
    return both_ends(text, room).split('\n')


def _room(text: str, max_chars: int) -> int:
    """How many characters of a text may be shown: fewer where it has many that JSON writes as six, as control characters."""
    written = len(json.dumps(text, ensure_ascii=False))
    return max_chars if written <= 2 * len(text) + 2 else max_chars * len(text) // written


def _how_to_get_the_rest(value: Any, name: str | None, head: Json) -> str:
    if name is None:
        return reply_texts.REST_UNNAMED
    if isinstance(value, list | tuple) and isinstance(head, list):
        shown = len(head) - 1
        is_whole = len(cast('Sequence[Any]', value)) == len(head)
        return reply_texts.rest_of_items(name) if is_whole else reply_texts.rest_of_list(name, shown)
    if isinstance(value, str | bytes):
        return reply_texts.rest_of_text(name)
    if pairs_of(value) is not None:
        return reply_texts.rest_of_dict(name)
    return reply_texts.rest_of_other(name)
