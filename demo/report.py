"""The report as a person reads it on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from .records import Finding, Report

SEVERITIES = {'act': 'bold red', 'look': 'yellow', 'note': 'dim'}


def laid_out(report: Report) -> RenderableType:
    """The whole report."""
    newest = f'{report.newest_install:%d %B %Y, %H:%M}' if report.newest_install else 'unknown'
    facts = f'{report.packages} packages, {report.megabytes:,} MB, the latest installed {newest}'
    return Panel(
        Group(
            Text(facts, style='bold'),
            Padding(report.summary, (1, 0)),
            *map(finding, sorted_findings(report)),
            Columns([largest(report), most_required(report), licences(report)], padding=(1, 4)),
            Text('Required by nobody here', style='bold'),
            Text(', '.join(sorted(report.required_by_nobody)) or 'none'),
        ),
        title=report.title,
        box=box.DOUBLE,
        padding=(1, 2),
    )


def folded(report: Report) -> RenderableType:
    """The report with a line for each finding."""
    lines = [f'{item.severity:<5} {item.title}: {len(item.packages)} packages' for item in sorted_findings(report)]
    facts = f'{report.packages} packages, {report.megabytes:,} MB'
    return Panel('\n'.join([facts, *lines]), title=report.title, box=box.DOUBLE)


def sorted_findings(report: Report) -> list[Finding]:
    return sorted(report.findings, key=lambda item: list(SEVERITIES).index(item.severity))


def finding(item: Finding) -> RenderableType:
    names = f'\n{enumeration(sorted(item.packages))}' if item.packages else ''
    text = Text.assemble((f'{item.severity:<5} {item.title}', SEVERITIES[item.severity]), f'\n{item.detail}', names)
    return Padding(text, (0, 0, 1, 0))


def enumeration(names: list[str], *, at_most: int = 12) -> str:
    more = f' and {len(names) - at_most} more' if len(names) > at_most else ''
    return ', '.join(names[:at_most]) + more


def largest(report: Report) -> Table:
    return table('Largest', ['package', 'MB'], [(name, f'{size:,.1f}') for name, size in report.largest])


def most_required(report: Report) -> Table:
    return table('Most required', ['package', 'by'], [(name, str(count)) for name, count in report.most_required])


def licences(report: Report) -> Table:
    rows = [(group.licence, str(len(group.packages)), f'{group.megabytes:,.1f}') for group in report.licences]
    return table('Licences', ['licence', 'packages', 'MB'], rows)


def table(title: str, head: list[str], rows: Iterable[tuple[str, ...]]) -> Table:
    first, *numbers = head
    made = Table(first, title=title, title_justify='left', title_style='bold', box=box.SIMPLE_HEAD)
    for name in numbers:
        made.add_column(name, justify='right')
    for row in rows:
        made.add_row(*row)
    return made
