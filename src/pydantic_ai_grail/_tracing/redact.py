"""What of a cell may be written down: structural facts always, content only where it is allowed.

Content is everything that code, data or a person put into words: the code itself, arguments, results, prints and
the messages that quote them. Codes, kinds, names of tools, lines, counts, sizes and times are structure.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from ..events.calls import CallRecord
from ..events.diagnostics import Diagnostic, Rewrite
from ..events.outcomes import Verdict

_LONGEST_TEXT: Final = 20_000
_LONGEST_MESSAGE: Final = 500
_MOST_CALLS: Final = 100
_HEAD: Final = 2_000
"""Characters of code in which the telling line is looked for."""
_TELL_LITTLE: Final = ('#', 'import ', 'from ')


def text(value: str, *, longest: int = _LONGEST_TEXT) -> str:
    """Content as an attribute: cut to size, and without the lone surrogates that exporters cannot encode."""
    if len(value) > longest:
        value = f'{value[:longest]}… {len(value) - longest:,} more characters'
    return value if value.isascii() else value.encode('utf-8', 'replace').decode('utf-8')


def telling_line(source: str, longest: int) -> str:
    """The first line of code that tells it from other code, with a sign that there is more."""
    lines = [line.strip() for line in source[:_HEAD].splitlines() if line.strip()]
    line = next((line for line in lines if not line.startswith(_TELL_LITTLE)), lines[0] if lines else '')
    return text(line[:longest]) + ('…' if len(lines) > 1 or len(line) > longest else '')


def rewrites(items: Sequence[Rewrite], *, include_content: bool) -> str:
    """Rewrites as a JSON array."""
    return _json(
        [{'kind': item.kind, 'line': item.line} | ({'note': item.note} if include_content else {}) for item in items]
    )


def diagnostics(verdict: Verdict, *, include_content: bool) -> str:
    """Refusals and hints of a verdict as a JSON array."""
    return _json(
        [
            *(_diagnostic(item, 'refusal', include_content=include_content) for item in verdict.refusals),
            *(_diagnostic(item, 'hint', include_content=include_content) for item in verdict.hints),
        ]
    )


def calls(records: Sequence[CallRecord], *, include_content: bool) -> str:
    """Calls as a JSON array, at most the first hundred. Arguments and results are on the spans of the calls."""
    return _json([_call(record, include_content=include_content) for record in records[:_MOST_CALLS]])


def _diagnostic(item: Diagnostic, role: str, *, include_content: bool) -> dict[str, str | int]:
    facts: dict[str, str | int] = {
        'role': role,
        'code': item.code,
        'stage': item.stage,
        'line': item.position.line,
        'column': item.position.column,
    }
    if include_content:
        facts['message'] = item.message[:_LONGEST_MESSAGE]
        if item.fix is not None:
            facts['fix'] = item.fix[:_LONGEST_MESSAGE]
    return facts


def _call(record: CallRecord, *, include_content: bool) -> dict[str, str | int | float]:
    facts: dict[str, str | int | float] = {
        'tool_call_id': record.request.tool_call_id,
        'tool_name': record.request.tool.tool_name,
        'state': record.state,
        'seconds': round(record.seconds, 6),
    }
    if record.is_replayed or record.is_reused:
        facts['from'] = 'the journal' if record.is_replayed else 'the failed cell'
    if record.is_unknown:
        facts['unknown'] = True
    if record.request.line is not None:
        facts['line'] = record.request.line
    if include_content and record.error is not None:
        facts['error'] = record.error[:_LONGEST_MESSAGE]
    return facts


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).encode('utf-8', 'replace').decode('utf-8')
