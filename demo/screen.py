"""Shows a conversation as it happens: the model's code, what checking said of it, its calls, what came of it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.panel import Panel
from rich.pretty import Pretty
from rich.rule import Rule
from rich.syntax import Syntax
from rich.text import Text

from pydantic_ai_grail import WaitingCall
from pydantic_ai_grail.events import (
    CallRecord,
    CellChecked,
    CellEnded,
    CellPrepared,
    CellResumed,
    CellStarted,
    CellWaits,
    Completed,
    Diagnostic,
    Event,
    Failed,
    Outcome,
    Printed,
    Refused,
    SnapshotFailed,
    SnapshotSaved,
    StateLost,
    StateRestored,
    Suspended,
)


@dataclass
class Screen:
    """An observer of cells, and a place for what the person and the model say."""

    console: Console
    cells: int = field(default=0, init=False)

    def prompt(self, number: int, text: str) -> None:
        self.console.print(Rule(f'turn {number}, a process of its own', style='bold cyan'))
        self.console.print(Panel(text, title='the person', title_align='left', border_style='cyan'))

    def continues(self, number: int, text: str) -> None:
        """Another process takes the turn up."""
        self.console.print(Rule(f'turn {number}, another process: {text}', style='bold cyan'))

    def shown(self, markdown: str) -> None:
        """What the agent puts in front of the person."""
        self.console.print(Panel(Markdown(markdown), title='shown to the person', border_style='green'))

    def waits(self, calls: Iterable[WaitingCall]) -> None:
        """The turn ends with calls that wait for the person."""
        for call in calls:
            self.line('waits', f'{call.tool_name}(...) in line {call.line}: the person is asked, and this process ends')

    def says(self, text: str) -> None:
        self.console.print(Panel(Markdown(text), title='the model', title_align='left', border_style='magenta'))

    def __call__(self, event: Event) -> None:
        match event:
            case CellStarted(source=source):
                self.cells += 1
                code = Syntax(source, 'python', line_numbers=True, word_wrap=True, background_color='default')
                self.console.print(Panel(code, title=f'the model writes cell {self.cells}', title_align='left'))
            case StateRestored(size_bytes=size, seconds=seconds):
                self.line('state', f'picked up from SQLite, {size / 1000:,.1f} kB in {milliseconds(seconds)}')
            case StateLost(reason=reason):
                self.line('state', f'lost: {reason}', style='red')
            case CellResumed(was_waiting=was_waiting):
                self.line('resumed', 'from where it waited' if was_waiting else 'its process was killed')
            case CellPrepared(rewrites=rewrites):
                for rewrite in rewrites:
                    self.line('rewritten', f'line {rewrite.line}: {rewrite.note}', style='yellow')
            case CellChecked(verdict=verdict, seconds=seconds):
                word = 'accepted' if verdict.is_accepted else 'refused, nothing ran'
                self.line('checked', f'{word}, in {milliseconds(seconds)}', style='' if verdict.is_accepted else 'red')
            case CellEnded(outcome=outcome, run_seconds=seconds):
                self.outcome(outcome)
                self.line('ran', f'in {milliseconds(seconds)}, calls included')
            case SnapshotSaved(size_bytes=size, seconds=seconds):
                self.line('state', f'kept in SQLite, {size / 1000:,.1f} kB in {milliseconds(seconds)}')
            case SnapshotFailed(reason=reason):
                self.line('state', f'not kept: {reason}', style='red')
            case _:
                pass

    def outcome(self, outcome: Outcome) -> None:
        match outcome:
            case Completed(value=value, has_value=has_value, printed=printed, calls=calls):
                self.calls(calls)
                self.printed(printed)
                if has_value and value is not None:
                    self.line('result', '')
                    self.console.print(Padding(Pretty(value, max_length=8, max_string=200, max_depth=3), (0, 0, 0, 12)))
            case Refused(refusals=refusals):
                self.diagnostics(refusals)
            case Failed(failure=failure, printed=printed, calls=calls):
                self.calls(calls)
                self.printed(printed)
                where = f' in line {failure.position.line}' if failure.position else ''
                self.line('failed', f'{failure.exception_type}{where}: {failure.message}', style='red')
            case Suspended(waiting=waiting, calls=calls):
                self.calls(calls)
                self.line('waits', f'for {len(waiting)} calls')

    def calls(self, calls: Iterable[CallRecord]) -> None:
        """One line per tool, however often it was called."""
        records = list(calls)
        for name, count in Counter(record.request.tool.python_name for record in records).items():
            seconds = [record.seconds for record in records if record.request.tool.python_name == name]
            failed = sum(record.state == 'raised' for record in records if record.request.tool.python_name == name)
            times = f'{count} calls, ' if count > 1 else ''
            note = f', {failed} failed' if failed else ''
            self.line('called', f'{name}: {times}{milliseconds(max(seconds))}{" at most" if count > 1 else ""}{note}')

    def printed(self, printed: Printed) -> None:
        if printed.text:
            lines = printed.text.rstrip().splitlines()
            shown = [*lines[:12], f'... {len(lines) - 12} more lines'] if len(lines) > 12 else lines
            for number, text in enumerate(shown):
                self.line('' if number else 'printed', text)

    def diagnostics(self, diagnostics: Iterable[Diagnostic]) -> None:
        for item in diagnostics:
            self.line('refused', f'line {item.position.line}: {item.message} {item.fix or ""}', style='red')

    def line(self, label: str, text: str, *, style: str = '') -> None:
        self.console.print(Text.assemble((f'{label:>9}  ', 'dim'), (text, style)), soft_wrap=False)


def milliseconds(seconds: float) -> str:
    return f'{seconds * 1000:,.1f} ms'


@dataclass
class FoldedScreen(Screen):
    """One line for each cell and for each thing that somebody says; `VERBOSE=1` shows all."""

    _lines: int = field(default=0, init=False)
    _facts: list[str] = field(default_factory=list[str], init=False)

    def prompt(self, number: int, text: str) -> None:
        self.console.print(Rule(f'turn {number}, a process of its own', style='bold cyan'))
        self.folded('person', text)

    def shown(self, markdown: str) -> None:
        lines = markdown.strip().splitlines()
        self.folded('shown', f'{lines[0].strip("# ")}, {len(lines)} lines of Markdown')

    def says(self, text: str) -> None:
        self.folded('model', text)

    def __call__(self, event: Event) -> None:
        match event:
            case CellStarted(source=source):
                self.cells += 1
                self._lines, self._facts = len(source.splitlines()), []
            case StateRestored():
                self._facts.append('state picked up from SQLite')
            case StateLost(reason=reason):
                self._facts.append(f'state lost: {reason}')
            case CellResumed(was_waiting=was_waiting):
                self._facts.append('resumed where it waited' if was_waiting else 'resumed after the kill')
            case CellChecked(verdict=verdict):
                self._facts.append('checked' if verdict.is_accepted else 'refused, nothing ran')
            case CellPrepared(rewrites=rewrites) if rewrites:
                self._facts.append(f'{len(rewrites)} rewrites')
            case CellWaits():
                self.folded('cell', ', '.join([f'{self._lines} lines', *self._facts, 'waits']))
            case CellEnded(outcome=outcome):
                self.folded('cell', ', '.join([f'{self._lines} lines', *self._facts, _told(outcome)]))
            case SnapshotFailed(reason=reason):
                self.line('state', f'not kept: {reason}', style='red')
            case _:
                pass

    def folded(self, label: str, text: str) -> None:
        room = self.console.width - 12
        line = ' '.join(text.split())
        self.line(label, line if len(line) <= room else f'{line[: room - 2]} …')


def _told(outcome: Outcome) -> str:
    match outcome:
        case Completed(calls=calls):
            return f'completed, {counted_calls(calls)}'
        case Refused(refusals=refusals):
            return refusals[0].message
        case Failed(failure=failure, calls=calls):
            return f'failed with {failure.exception_type}, {counted_calls(calls)}'
        case Suspended(waiting=waiting, calls=calls):
            return f'waits for {counted_calls(waiting)}, {counted_calls(calls)}'


def counted_calls(calls: Iterable[CallRecord]) -> str:
    """How many calls a cell made, and how many of them had been made by the process before."""
    records = list(calls)
    recorded = sum(record.is_replayed for record in records)
    made = 'no calls' if not records else '1 call' if len(records) == 1 else f'{len(records)} calls'
    return f'{made}, {recorded} of them from the journal' if recorded else made


def screen(console: Console) -> Screen:
    """The folded one, unless `VERBOSE` is set."""
    return Screen(console) if os.environ.get('VERBOSE') else FoldedScreen(console)
