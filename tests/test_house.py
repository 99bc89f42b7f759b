"""The house of CONTRIBUTING.md: who may import whom. Imports point down only, also those made for typing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = 'pydantic_ai_grail'
ROOT = Path(__file__).parents[1] / 'src' / PACKAGE

VOCABULARY = (
    'identifiers',
    'errors',
    'limits',
    'diagnostics',
    'calls',
    'journal',
    'typed_json',
    'outcomes',
    'events',
    'suggestions',
    'unknown_options',
)
MAY_IMPORT = {
    '__init__': ('code_mode', 'toolset', 'settings', 'stores', 'waiting'),
    'code_mode': (
        'argument_checks',
        'toolset',
        'approvals',
        'run_code_part',
        'stream_events',
        'engine',
        'settings',
        '_sessions',
    ),
    'approvals': ('conversation', 'requests', 'run_code_part', '_reply'),
    'toolset': (
        *('engine', 'agent_run', 'cell_call', 'cell_ends', 'conversation', 'durable', 'opening', 'settings'),
        *('call_parts', 'name_conflicts', 'ownership', 'run_code_part', 'run_code', 'stores.base', 'streaming'),
        'suspension',
        *('_catalog', '_reply', '_sessions'),
    ),
    'call_parts': ('_reply',),
    'streaming': ('call_parts', 'conversation', 'durable', 'requests', 'settings', 'stream_events', 'tracing.labels'),
    'stream_events': ('tracing.labels',),
    'run_code_part': (),
    'name_conflicts': ('run_code_part',),
    'durable': (),
    'cell_call': (
        *(
            'engine',
            'agent_run',
            'conversation',
            'correcting',
            'resuming',
            'requests',
            'suspension',
            'cell_ends',
            'unsaved',
            'deciding',
            'opening',
            'stores.base',
        ),
        *('_catalog', '_source', '_run', '_reply', '_sessions', '_monty'),
    ),
    'run_code': ('conversation', 'run_code_part'),
    'cell_ends': (),
    'suspension': (
        *('agent_run', 'cell_ends', 'conversation', 'requests', 'resuming', 'stores.base', 'unsaved'),
        *('_catalog', '_run', '_reply', '_sessions'),
    ),
    'deciding': ('waiting', 'decisions', 'requests', '_run', '_monty.values'),
    'opening': ('unsaved', 'settings', '_catalog', '_source', '_reply', '_sessions'),
    'correcting': ('conversation', 'unsaved', 'stores.base', '_run', '_sessions'),
    'unsaved': ('conversation', 'stores.base', '_catalog', '_run', '_sessions'),
    'resuming': ('requests', 'stores.base', '_source', '_run', '_sessions'),
    'waiting': ('decisions', 'requests'),
    'requests': ('decisions', 'stores.base'),
    'decisions': (),
    'argument_checks': ('stores.base',),
    'ownership': ('argument_checks', 'stores.base'),
    'leases': ('argument_checks', 'ownership', 'stores.base', '_sessions'),
    'archive': ('argument_checks', 'ownership', 'stores.base'),
    'past': ('stores.base', '_sessions', '_source'),
    'inspecting': ('argument_checks', 'ownership', 'past', 'stores.base', '_sessions'),
    'upkeep': ('argument_checks', 'inspecting', 'ownership', 'past', 'stores.base', '_sessions'),
    'forking': ('argument_checks', 'inspecting', 'ownership', 'past', 'stores.base', '_sessions'),
    '__main__': ('cli',),
    'cli': ('archive', 'inspecting', 'ownership', 'upkeep', 'forking', 'stores'),
    'engine': (
        *('agent_run', 'correcting', 'ownership', 'settings', 'stores.base'),
        *('_catalog', '_source', '_run', '_sessions', '_monty', 'tracing'),
    ),
    'agent_run': (
        'public_errors',
        'conversation',
        'correcting',
        'stores.base',
        '_catalog',
        '_source',
        '_run',
        '_reply',
        '_sessions',
        '_monty',
    ),
    'conversation': ('_sessions',),
    'settings': (
        *('argument_checks', 'ownership', 'waiting', 'stores.base', 'stores.memory'),
        *('_monty.worker', '_monty.os_handlers'),
    ),
    '_run': ('_source', '_catalog', '_monty'),
    '_source': ('_catalog', '_monty'),
    '_reply': ('_catalog',),
    '_sessions': ('_monty', 'stores'),
    **dict.fromkeys(('_monty', '_catalog', 'stores', 'tracing', 'policies', *VOCABULARY), ()),
    'adapters': ('requests', 'waiting', 'public_errors'),
    'public_errors': (),
    'testing': ('code_mode', 'settings', 'stores', 'policies'),
}
"""Folder or module -> what it may import beside itself and the vocabulary."""

DOORS = {
    'pydantic_monty': ('_monty',),
    'pydantic_ai': (
        *('code_mode', 'toolset', 'cell_call', 'engine', 'conversation', 'waiting', 'deciding', 'settings'),
        *('approvals', 'name_conflicts', 'ownership', 'cell_ends', 'run_code', 'suspension'),
        *('_catalog', '_reply'),
        *('durable', '_run.dispatch', '_run.tool_call', '_run.records', '_run.validation'),
        *('forking', 'adapters', 'cli', 'testing', 'call_parts', 'run_code_part'),
        *('streaming', 'stream_events'),
    ),
    'ag_ui': ('adapters.ag_ui',),
    'dbos': ('durable',),
    'temporalio': ('durable',),
    'sqlalchemy': ('stores.sql', 'stores.tables'),
    'opentelemetry': ('tracing.otel', '_monty.worker'),
}
"""Library -> the only places that may import it."""

ANSWERED: dict[str, str] = {}
"""A source file over 350 lines is a question; this is the answer, by path."""


class Import(NamedTuple):
    importer: str
    target: str
    place: str


def modules() -> dict[str, Path]:
    """Dotted names below the package, a folder's `__init__` under the folder's name."""
    paths = {'.'.join(path.relative_to(ROOT).with_suffix('').parts): path for path in sorted(ROOT.rglob('*.py'))}
    return {name.removesuffix('.__init__'): path for name, path in paths.items()}


def imports(importer: str, path: Path) -> Iterator[Import]:
    """Every import of a file, wherever it stands, with the target spelled in full (`pydantic_ai_grail.calls`)."""
    folder = (PACKAGE, *path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = [*folder[: len(folder) - node.level + 1]] if node.level else []
            source = '.'.join([*base, *filter(None, [node.module])])
            targets = [f'{source}.{alias.name}' for alias in node.names]
        else:
            continue
        yield from (Import(importer, target, f'{path.relative_to(ROOT.parent)}:{node.lineno}') for target in targets)


def is_within(name: str, places: tuple[str, ...]) -> bool:
    return any(f'{name}.'.startswith(f'{place}.') for place in places)


def objection(item: Import) -> str | None:
    """What is wrong with an import, in a sentence, or `None`."""
    library, _, rest = item.target.partition('.')
    unit = item.importer.partition('.')[0]
    if library == PACKAGE:
        if not is_within(rest, (unit, *VOCABULARY, *MAY_IMPORT.get(unit, ()))):
            return f'{item.place}: {unit} must not import {rest}; imports point down only.'
    elif library in DOORS and not is_within(item.importer, DOORS[library]):
        return f'{item.place}: {library} must not be imported here, only in {", ".join(DOORS[library])}.'
    elif library == 'pydantic_ai' and any(part.startswith('_') for part in rest.split('.')):
        return f'{item.place}: {item.target} is private to Pydantic AI.'
    return None


def test_imports_point_down_only() -> None:
    found = [item for name, path in modules().items() for item in imports(name, path)]
    assert len(found) > 50
    objections = sorted({sentence for item in found if (sentence := objection(item))})
    assert not objections, '\n'.join(['', *objections])


@pytest.mark.parametrize(
    ('importer', 'target', 'expected'),
    [
        ('_run.cell', f'{PACKAGE}.stores.base.Store', '_run must not import stores.base.Store'),
        ('calls', f'{PACKAGE}._catalog.Catalog', 'calls must not import _catalog.Catalog'),
        ('settings', f'{PACKAGE}.stores.sql.SqlStore', 'settings must not import stores.sql.SqlStore'),
        ('_run.driver', 'pydantic_monty.AsyncMonty', 'only in _monty'),
        ('_run.driver', 'pydantic_ai.RunContext', '_run.dispatch, _run.tool_call'),
        ('stores.memory', 'sqlalchemy', 'only in stores.sql, stores.tables'),
        ('toolset', 'pydantic_ai._run_context.RunContext', 'is private to Pydantic AI'),
    ],
)
def test_an_import_that_points_up_is_named_with_its_place(importer: str, target: str, expected: str) -> None:
    sentence = objection(Import(importer, target, 'file.py:7'))
    assert sentence is not None
    assert sentence.startswith('file.py:7: ')
    assert expected in sentence


def test_every_module_has_a_place_in_the_house() -> None:
    assert {name.partition('.')[0] for name in modules()} <= MAY_IMPORT.keys()


def test_every_module_says_first_what_it_is_for() -> None:
    assert [str(path) for path in modules().values() if not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_large_files_are_answered_for() -> None:
    sizes = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules().values()}
    assert {name for name, lines in sizes.items() if lines > 350} == ANSWERED.keys()
