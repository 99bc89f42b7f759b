"""Keeps the tables of docs/reference in step with the code: `PYTHONPATH=tests python -m support.reference_pages`. A test compares.

A table stands between `<!-- begin: NAME -->` and `<!-- end: NAME -->`. Its first columns are made from the code. The last ones
are written by people: they are kept row by row, and a new row has `?` there, which the test does not let pass.
"""

from __future__ import annotations

import ast
import inspect
import re
from argparse import SUPPRESS, Action, ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args, get_origin

from pydantic_ai.messages import CustomEvent
from support.diagnostic_cells import examples

from pydantic_ai_grail import CodeMode, CodeModeOptions, Limits, errors, settings
from pydantic_ai_grail._common.public_errors import PUBLIC_TEXTS
from pydantic_ai_grail._journal.transitions import CALL, CELL
from pydantic_ai_grail._reply.reply_texts import LIMITS
from pydantic_ai_grail._tracing import span_names as names
from pydantic_ai_grail.cli.parser import command_line
from pydantic_ai_grail.errors import GrailError
from pydantic_ai_grail.events import cell_events as events
from pydantic_ai_grail.events import journal_entries as journal
from pydantic_ai_grail.events import stream_events
from pydantic_ai_grail.events.diagnostics import CODES
from pydantic_ai_grail.testing import ScriptError

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / 'docs'
PACKAGE: Final = Path(settings.__file__).parent
_PRESETS: Final = (Limits.DEFAULT, Limits.STRICT)
NOT_WRITTEN: Final = '?'
"""In a column that a person has to fill in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of a page, by the name in its marks."""

    page: str
    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """The columns that the code says; the first is the key of the row."""

    def written(self, kept: Mapping[str, Sequence[str]]) -> str:
        free = len(self.head) - len(self.rows[0])
        rows = ((*row, *kept.get(row[0], (NOT_WRITTEN,) * free)) for row in self.rows)
        lines = [' | '.join(self.head), '|'.join(['---'] * len(self.head)), *(' | '.join(row) for row in rows)]
        return '\n'.join(f'|{line}|' if line.startswith('---') else f'| {line} |' for line in lines)

    def kept(self, block: str) -> dict[str, tuple[str, ...]]:
        """What people wrote, by key."""
        width = len(self.rows[0])
        found = [re.split(r'(?<!\\) \| ', line[2:-2]) for line in block.splitlines() if line.startswith('| ')]
        return {cells[0]: tuple(cells[width:]) for cells in found if len(cells) == len(self.head)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """The first paragraph below a heading of the third level."""

    page: str
    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A part of a page that the code says all of."""

    page: str
    name: str
    text: str


@cache
def parts() -> tuple[Table | Text | Paragraph, ...]:
    """All that the pages have from the code."""
    return tuple(_parts())


def _parts() -> Iterator[Table | Text | Paragraph]:
    """All that the pages have from the code."""
    yield Table(
        page='reference/options.md',
        name='options',
        head=('option', 'type', 'default', 'what it does', 'more'),
        rows=tuple(_options()),
    )
    yield Table(
        page='reference/options.md',
        name='code-mode-alone',
        head=('argument', 'type', 'default', 'what it does'),
        rows=tuple(_arguments()),
    )
    yield Table(
        page='reference/limits.md',
        name='limits',
        head=('limit', 'type', 'default', '`STRICT`', 'what it bounds', 'when it is reached'),
        rows=tuple(
            (f'`{each.name}`', _either(str(each.type)), *(f'`{getattr(preset, each.name)!r}`' for preset in _PRESETS))
            for each in fields(Limits)
        ),
    )
    yield Text(page='concepts/journal.md', name='cell-states-picture', text=_picture(CELL))
    states = tuple((f'`{state}`',) for state in CELL)
    yield Table(
        page='concepts/journal.md', name='cell-states', head=('state', 'what it means', 'shown as'), rows=states
    )
    yield Text(page='concepts/journal.md', name='call-states-picture', text=_picture(CALL))
    entries = tuple((f'`{kind.__name__}`',) for kind in get_args(journal.Entry))
    yield Table(page='concepts/journal.md', name='journal-entries', head=('entry', 'what it says'), rows=entries)
    yield Table(
        page='reference/events-and-spans.md',
        name='events',
        head=('event', 'fields', 'when'),
        rows=tuple((f'`{kind.__name__}`', _fields_of(kind)) for kind in get_args(events.Event)),
    )
    yield Table(
        page='reference/events-and-spans.md',
        name='stream-events',
        head=('event', 'name in front ends', 'payload', 'when', 'with `events=`'),
        rows=tuple(_stream_events()),
    )
    for name, head, found in (
        ('records', ('`event.name`', 'level', 'what it says'), _named('_RECORD')),
        ('attributes', ('attribute', 'what it holds', 'content'), _attributes()),
        ('metrics', ('metric', 'unit', 'attributes', 'what it counts'), _named('_METRIC')),
    ):
        rows = tuple((f'`{each}`',) for each in found)
        yield Table(page='reference/events-and-spans.md', name=name, head=head, rows=rows)
    yield from _commands()
    for name, messages in _messages().items():
        text = '\n'.join(f'- {_searchable(message)}' for message in messages)
        yield Text(page='reference/errors.md', name=f'messages-{name}', text=text)
    yield Table(
        page='reference/errors.md',
        name='log',
        head=('message', 'level', 'what to do'),
        rows=tuple(_logged()),
    )
    yield Table(
        page='reference/errors.md',
        name='limit-sentences',
        head=('what the model reads', 'option', 'what to do'),
        rows=tuple((f'{LIMITS[name][0]}. {LIMITS[name][1]}',) for name in ('time', 'memory', 'suspensions', 'sleep')),
    )
    told = '\n'.join(f'| `{kind.__name__}` | {sentence} |' for kind, sentence in PUBLIC_TEXTS.items())
    yield Text(
        page='reference/errors.md', name='client', text=f'| exception | what a client reads |\n|---|---|\n{told}'
    )
    for name, kind in exceptions().items():
        bases = ' and '.join(f'`{base.__name__}`' for base in kind.__bases__)
        yield Paragraph(page='reference/errors.md', name=name, text=f'Subclass of {bases}.')
    for code, cell, message in examples():
        shown = re.sub(' {9,}', ' …', cell)
        yield Text(page='reference/errors.md', name=f'example-{code}', text=f'```text\n{shown}\n\n{message}\n```')
    for code, meaning in CODES.items():
        yield Paragraph(page='reference/errors.md', name=code, text=meaning)


def current(page: str, text: str) -> str:
    """A page with its parts up to date.

    Raises:
        LookupError: When a part has no place on the page.
    """
    for part in parts():
        if part.page == page:
            text = _with_paragraph(part, text) if isinstance(part, Paragraph) else _with_block(part, text)
    return text


def blocks_in(page: str) -> set[str]:
    """The names of the blocks that a page has a place for."""
    return set(re.findall(r'^<!-- begin: (\S+) -->$', (DOCS / page).read_text('utf-8'), re.MULTILINE))


def _with_block(part: Table | Text, text: str) -> str:
    begin, end = f'<!-- begin: {part.name} -->\n', f'<!-- end: {part.name} -->'
    before, found, rest = text.partition(begin)
    block, closed, after = rest.partition(end)
    if not found or not closed:
        raise LookupError(f'docs/{part.page} has no place for {part.name!r}: write {begin.strip()} and {end}')
    new = part.text if isinstance(part, Text) else part.written(part.kept(block))
    return f'{before}{begin}\n{new}\n\n{end}{after}'


def _with_paragraph(part: Paragraph, text: str) -> str:
    before, found, after = text.partition(f'\n### {part.name}\n\n')
    if not found:
        raise LookupError(f'docs/{part.page} has no heading ### {part.name}')
    rest = after.partition('\n\n')[2]
    return f'{before}{found}{part.text}\n\n{rest}'


def _picture(table: Mapping[Any, Mapping[str, str]]) -> str:
    """A table of transitions as lines from states to states."""
    drawn: list[tuple[str, str, str]] = []
    for state, transitions in table.items():
        events: dict[str, list[str]] = {}
        for event, after in transitions.items():
            events.setdefault(after, []).append(event)
        for number, (after, those) in enumerate(events.items(), start=1):
            last, many = number == len(events), len(events) > 1
            corner = '─' if not many else '┬' if number == 1 else '└' if last else '├'
            drawn.append((state if number == 1 else '', f'{corner}─ {", ".join(those)} ', after))
        if not transitions:
            drawn.append((state, '', ''))
    wide, long = (max(len(each[column]) for each in drawn) for column in (0, 1))
    lines = [
        f'{state:{wide}} {"─" if state else " "}{event:─<{long}}─▶ {after}' if event else state
        for state, event, after in drawn
    ]
    return '\n'.join(['```text', *lines, '```'])


def _options() -> Iterator[tuple[str, ...]]:
    source = Path(settings.__file__).read_text('utf-8')
    classes = {each.name: each for each in ast.parse(source).body if isinstance(each, ast.ClassDef)}
    made = dict(_annotated(classes['Settings']))
    fixed = {'limits': 'Limits.DEFAULT', 'store': 'MemoryStore()', 'journal_writes': 'by the store'}
    for name, declared in _annotated(classes['CodeModeOptions']):
        value = made[name].value if name in made else None
        default = fixed.get(name) or (ast.get_source_segment(source, value) if value else 'None') or ''
        shown = default if default == fixed['journal_writes'] else f'`{default}`'
        yield f'`{name}`', _either(_spelled(ast.unparse(declared.annotation))), shown


def _annotated(of: ast.ClassDef | ast.Module) -> Iterator[tuple[str, ast.AnnAssign]]:
    for each in of.body:
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            yield each.target.id, each


def _spelled(annotation: str) -> str:
    """An annotation with the values of the literals it names."""

    def values(found: re.Match[str]) -> str:
        named = getattr(settings, found[0], None)
        return ' | '.join(map(repr, get_args(named))) if get_origin(named) is Literal else found[0]

    unquoted = re.sub(r"Literal\[('[^\]]+')\]", r'\1', annotation)
    return re.sub(r"(?<!')\b[A-Z]\w+\b(?!')", values, unquoted).replace('[Any]', '')


def _arguments() -> Iterator[tuple[str, ...]]:
    for parameter in inspect.signature(CodeMode).parameters.values():
        if parameter.name not in CodeModeOptions.__annotations__:
            yield f'`{parameter.name}`', _either(str(parameter.annotation)), f'`{parameter.default!r}`'


def _fields_of(kind: type[Any]) -> str:
    return ', '.join(f'`{each.name}`' for each in fields(kind))


def _stream_events() -> Iterator[tuple[str, ...]]:
    kinds = [
        each
        for each in vars(stream_events).values()
        if inspect.isclass(each) and issubclass(each, CustomEvent) and each is not CustomEvent
    ]
    for kind in kinds:
        payload = cast('str', kind.to_payload.__doc__).removeprefix('For front ends: ').rstrip('.')
        yield f'`{kind.__name__}`', f'`{kind.name}`', payload


def _named(suffix: str) -> Iterator[str]:
    return (value for name, value in vars(names).items() if name.endswith(suffix) and name != 'CELL_RECORD')


def _attributes() -> Iterator[str]:
    for name, value in vars(names).items():
        is_other = name in {'SCOPE', 'CELL_SPAN', 'CELL_RECORD', 'RECORD'} or name.endswith(('_RECORD', '_METRIC'))
        if name.isupper() and isinstance(value, str) and not is_other and not name.startswith(('METRIC_', 'LOGFIRE_')):
            yield value


def _commands() -> Iterator[Text]:
    parser = command_line()
    subparsers = next(each for each in _actions(parser) if isinstance(each.choices, dict))
    commands = cast('dict[str, ArgumentParser]', subparsers.choices)
    shared = set[str].intersection(*({action.dest for action in _actions(each)} for each in commands.values()))
    common = [action for action in _actions(parser) if action.dest in {*shared, 'version'}]
    yield Text(page='reference/cli.md', name='cli-common', text=_table_of(common))
    for name, command in commands.items():
        own = [action for action in _actions(command) if action.dest not in shared]
        positional = [cast('str', action.metavar) for action in own if not action.option_strings]
        usage = ' '.join(
            ['pydantic-ai-grail', name, *positional, *(['[options]'] if len(own) > len(positional) else [])]
        )
        lines = [cast('str', command.description), '', '```text', usage, '```']
        yield Text(
            page='reference/cli.md',
            name=f'cli-{name}',
            text='\n'.join([*lines, *(['', _table_of(own)] if own else [])]),
        )


def _actions(parser: ArgumentParser) -> Iterator[Action]:
    for action in parser._actions:  # pyright: ignore[reportPrivateUsage] - argparse has no public list of them
        if action.help != SUPPRESS and action.dest != 'help':
            yield action


def _table_of(actions: Sequence[Action]) -> str:
    rows = ['| argument | what it is |', '|---|---|']
    for action in actions:
        if not isinstance(action.choices, dict):
            value = f' {action.metavar}' if action.metavar and action.option_strings else ''
            needed = ' (required)' if action.required and action.option_strings else ''
            name = action.option_strings[0] if action.option_strings else cast('str', action.metavar)
            rows.append(f'| `{name}{value}`{needed} | {action.help} |')
    return '\n'.join(rows)


def exceptions() -> dict[str, type[GrailError]]:
    """Every exception of the package, by name."""
    found = {name: each for name, each in vars(errors).items() if inspect.isclass(each)}
    return {name: each for name, each in found.items() if issubclass(each, GrailError)} | {'ScriptError': ScriptError}


def _messages() -> dict[str, list[str]]:
    """What exceptions say, with `…` for what varies."""
    found: dict[str, dict[str, None]] = {name: {} for name in (*exceptions(), 'UserError')}
    for path in sorted(PACKAGE.rglob('*.py')):
        for node in ast.walk(ast.parse(path.read_text('utf-8'))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in found and node.args:
                message = _template(node.args[0])
                if len(re.findall('[A-Za-z]{2,}', message or '')) > 1:
                    found[node.func.id][cast('str', message)] = None
    return {name: [*messages] for name, messages in found.items() if messages}


def _logged() -> Iterator[tuple[str, str]]:
    """What the package's logger says, with `…` for what varies, and at which level."""
    for path in sorted(PACKAGE.rglob('*.py')):
        module = ast.parse(path.read_text('utf-8'))
        named = {name: declared.value for name, declared in _annotated(module)}
        for node in ast.walk(module):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id='_LOG' | '_log'), attr=level), args=[said, *_]):
                    said = named.get(said.id, said) if isinstance(said, ast.Name) else said
                    message = _template(said) if said is not None else None
                    assert message is not None, ast.unparse(node)
                    yield _searchable(re.sub('%[sdrg]', '…', message)), level
                case _:
                    pass


def _template(message: ast.expr) -> str | None:
    if isinstance(message, ast.JoinedStr):
        texts = (str(part.value) if isinstance(part, ast.Constant) else '…' for part in message.values)
        return re.sub('(… ?)+…', '…', ''.join(texts))
    return message.value if isinstance(message, ast.Constant) and isinstance(message.value, str) else None


def _searchable(message: str) -> str:
    """A message whose longest part without anything that varies is bold: the words that a reader can search for."""
    parts = re.split('(…)', ' '.join(message.split()))
    longest = max(range(0, len(parts), 2), key=lambda number: len(parts[number]))
    mark = cast('re.Match[str]', re.match(r'[\W_]*(?=[\w/"]|$)', parts[longest])).end() if longest else 0
    before, words = ''.join(parts[:longest]) + parts[longest][:mark], parts[longest][mark:]
    after = ''.join(parts[longest + 1 :])
    return ' '.join(filter(None, (_in_code(before), f'**{_in_code(words)}**', _in_code(after))))


def _in_code(text: str) -> str:
    text = text.strip()
    mark = '``' if '`' in text else '`'
    room = ' ' if mark == '``' else ''
    return f'{mark}{room}{text}{room}{mark}' if text else ''


def _either(annotation: str) -> str:
    """A union without bars, which tables cannot have inside of code."""
    return ', '.join(f'`{kind}`' for kind in annotation.split(' | '))


if __name__ == '__main__':
    for name in sorted({part.page for part in parts()}):
        page = DOCS / name
        page.write_text(current(name, page.read_text('utf-8')), 'utf-8')
