"""`python -m demo.trace`: the demo's first turns, traced, as a tree of their spans.

The spans come from an in-memory exporter behind Pydantic AI's own instrumentation. Many equal calls in a row are told
as one line with their number.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import anyio
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic_ai import Agent
from pydantic_ai.models.instrumented import InstrumentationSettings
from rich.console import Console

from .conversation import whole_turn
from .recording import RECORDING, Recording
from .screen import Screen

SHOWN: Final = (
    'grail.cell.verdict',
    'grail.cell.outcome',
    'grail.cell.call_count',
    'grail.cell.printed_chars',
    'grail.restored.size_bytes',
    'grail.snapshot.size_bytes',
    'grail.restore.seconds',
    'grail.prepare.seconds',
    'grail.check.seconds',
    'grail.run.seconds',
    'grail.save.seconds',
)
"""Attributes of a cell that the tree shows, in this order."""


def traced_turns(count: int, recording: Recording) -> Sequence[ReadableSpan]:
    """The spans of the first turns, in the order of their start."""
    provider, exporter = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    Agent.instrument_all(InstrumentationSettings(tracer_provider=provider))
    try:
        with tempfile.TemporaryDirectory() as folder:
            for number in range(1, count + 1):
                screen = Screen(Console(file=StringIO()))
                anyio.run(lambda n=number, s=screen: whole_turn(n, folder=Path(folder), screen=s, recording=recording))
    finally:
        Agent.instrument_all(False)
    return sorted(exporter.get_finished_spans(), key=lambda span: span.start_time or 0)


def tree(spans: Sequence[ReadableSpan]) -> str:
    """The spans as a tree of text."""
    children: dict[int | None, list[ReadableSpan]] = {}
    for span in spans:
        children.setdefault(span.parent.span_id if span.parent else None, []).append(span)
    return '\n'.join(line for root in children.get(None, []) for line in _lines(root, children))


def _lines(span: ReadableSpan, children: Mapping[int | None, list[ReadableSpan]]) -> list[str]:
    below: list[list[str]] = []
    for name, group in groupby(children.get(_id(span), []), key=lambda child: child.name):
        spans = list(group)
        if len(spans) > 3:
            below.append([f'{name}  × {len(spans)}, {_milliseconds(*spans)} together'])
        else:
            below.extend(_lines(child, children) for child in spans)
    stem = '│' if below else ' '
    lines = [f'{span.name}  {_milliseconds(span)}', *(f'{stem}     {attribute}' for attribute in _told(span))]
    for number, block in enumerate(below, 1):
        branch, rest = ('└── ', '    ') if number == len(below) else ('├── ', '│   ')
        lines += [
            f'{branch if first else rest}{line}'
            for first, line in zip([True] + [False] * len(block), block, strict=False)
        ]
    return lines


def _told(span: ReadableSpan) -> Iterator[str]:
    attributes: dict[str, Any] = dict(span.attributes or {})
    if (code := attributes.get('grail.cell.code')) is not None:
        first = str(code).strip().splitlines()
        yield f'code: {first[0]}{f"  … {len(first)} lines" if len(first) > 1 else ""}'
    for rewrite in json.loads(attributes.get('grail.cell.rewrites', '[]')):
        yield f'rewrite in line {rewrite["line"]}: {rewrite.get("note", rewrite["kind"])}'
    for name in SHOWN:
        if name in attributes:
            value = attributes[name]
            short = name.removeprefix('grail.').removeprefix('cell.')
            yield f'{short}: {value * 1000:.1f} ms' if name.endswith('.seconds') else f'{short}: {value}'


def _milliseconds(*spans: ReadableSpan) -> str:
    nanoseconds = sum((span.end_time or 0) - (span.start_time or 0) for span in spans)
    return f'{nanoseconds / 1e6:.1f} ms'


def _id(span: ReadableSpan) -> int | None:
    context = span.get_span_context()
    return None if context is None else context.span_id


def main() -> None:
    parser = argparse.ArgumentParser(prog='python -m demo.trace', description=__doc__)
    parser.add_argument('--turns', type=int, default=2)
    options = parser.parse_args()
    print(tree(traced_turns(options.turns, Recording.load(RECORDING))))


if __name__ == '__main__':
    main()
