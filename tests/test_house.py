"""The house of CONTRIBUTING.md: who may import whom. Imports point down only, also those made for typing."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = 'pydantic_ai_grail'
ROOT = Path(__file__).parents[1] / 'src' / PACKAGE

BELOW_ALL = ('errors', 'limits')
"""What every part may import."""

MAY_IMPORT = {
    '__init__': ('code_mode', 'toolset', 'settings', 'stores', 'approvals'),
    '__main__': ('cli',),
    # public doors
    'code_mode': (
        *('toolset', 'settings', 'approvals', 'events', 'stores.base'),  # of some only the types of its options
        *('_cell', '_journal', '_monty', '_common'),
    ),
    'toolset': ('settings', 'events', '_cell', '_stream', '_catalog', '_reply', '_journal', '_common'),
    'settings': ('approvals', 'events', 'stores', '_monty', '_common'),  # a URL makes the store
    'approvals': ('events', 'stores.base', '_common'),
    'admin': ('events', 'stores.base', '_journal', '_state', '_source', '_common'),
    'cli': ('admin', 'events', 'stores', '_common'),
    'integrations': ('approvals', 'events', '_common'),
    'testing': ('stores', 'events'),
    'events': (),
    'stores': (),
    'limits': (),
    'errors': (),
    # what is inside, from above to below
    '_stream': ('settings', 'events', '_cell', '_reply'),
    '_cell': (
        *('approvals', 'events', 'settings', 'stores.base'),
        *('_catalog', '_source', '_run', '_reply', '_journal', '_state', '_monty', '_tracing', '_common'),
    ),
    '_run': ('events', '_journal', '_source', '_catalog', '_monty', '_common'),
    '_journal': ('events', 'stores.base', '_state', '_catalog', '_monty', '_common'),
    '_state': ('stores', '_monty'),
    '_source': ('events', '_catalog', '_monty', '_common'),
    '_reply': ('events', '_common'),
    '_catalog': ('events', '_common'),
    '_tracing': ('events',),
    '_monty': ('events', '_common'),
    '_common': ('stores.base',),
}
"""Folder or module -> what it may import beside itself."""

DOORS = {
    'pydantic_monty': ('_monty',),
    'pydantic_ai': (
        *('code_mode', 'toolset', 'settings', 'approvals', 'integrations', 'testing', 'cli', 'admin.forking'),
        *(
            'events.stream_events',
            'events.run_code_part',
            '_cell',
            '_stream',
            '_catalog',
            '_reply',
            '_common.ownership',
        ),
        *('_run.pipeline', '_run.layers.made_calls', '_run.layers.call_budget', '_run.tool_call'),
        *('_run.call_progress', '_run.call_records', '_run.validation'),
    ),
    'ag_ui': ('integrations.ag_ui',),
    'dbos': ('_cell.durable_step',),
    'temporalio': ('_cell.durable_step',),
    'sqlalchemy': ('stores.sql', 'stores.tables'),
    'opentelemetry': ('_tracing.otel', '_monty.worker'),
}
"""Library -> the only places that may import it."""

MOST_DOORS = 12

ANSWERED: dict[str, str] = {}
"""A source file over 350 lines is a question; this is the answer, by path."""


MOST_FIELDS = 8
"""Of a class, beside plain settings. More is a class that does more than one thing."""

PLAIN = re.compile(r'(str|int|float|bool|bytes|datetime|timedelta|Path|Limits|Literal\[.*\]|None)')
"""What a plain setting is: such a value, or `None`, that is given when the object is made and never assigned after that."""

RECORDS = {
    'code_mode.CodeMode': 'the options, as its fields',
    'settings.CodeModeOptions': 'the options, as users give them',
    'settings.Settings': 'the options, as they were looked at',
    '_run.run_cell.Surroundings': 'the arguments of run_cell',
    '_monty.support.Support': 'what the installed Monty can do',
}
"""Classes that are only data, with more fields."""

LARGE = {
    '_cell.agent_run.AgentRun': 11,
    '_cell.session.Session': 13,
    '_source.outline.Outline': 13,
    '_journal.cell_journal.CellJournal': 12,
    '_monty.worker.Worker': 11,
    '_source.rewrites.cell_rewriter.CellRewriter': 11,
    '_source.rules.tool_calls._Given': 11,
    '_source.inspected.Inspected': 10,
    '_stream.observer.CellStream': 10,
    '_tracing.otel.metrics.CellMetrics': 10,
    '_source.stored_attributes._Reader': 9,
}
"""Classes with more fields that do something: each is a question, with the number of fields it has, which may only become smaller."""


class Import(NamedTuple):
    importer: str
    target: str
    place: str


def modules() -> dict[str, Path]:
    """Dotted names below the package, a folder's `__init__` under the folder's name."""
    paths = {'.'.join(path.relative_to(ROOT).with_suffix('').parts): path for path in sorted(ROOT.rglob('*.py'))}
    return {name.removesuffix('.__init__'): path for name, path in paths.items()}


def imports(importer: str, path: Path) -> Iterator[Import]:
    """Every import of a file, wherever it stands, with the target spelled in full (`pydantic_ai_grail.events.calls`)."""
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
        if not is_within(rest, (unit, *BELOW_ALL, *MAY_IMPORT.get(unit, ()))):
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
        ('_run.run_cell', f'{PACKAGE}.stores.base.Store', '_run must not import stores.base.Store'),
        ('events.calls', f'{PACKAGE}._catalog.Catalog', 'events must not import _catalog.Catalog'),
        ('toolset', f'{PACKAGE}.stores.sql.SqlStore', 'toolset must not import stores.sql.SqlStore'),
        ('_run.driver', 'pydantic_monty.AsyncMonty', 'only in _monty'),
        ('_run.driver', 'pydantic_ai.RunContext', '_run.pipeline, _run.layers.made_calls'),
        ('stores.memory', 'sqlalchemy', 'only in stores.sql, stores.tables'),
        ('toolset', 'pydantic_ai._run_context.RunContext', 'is private to Pydantic AI'),
    ],
)
def test_an_import_that_points_up_is_named_with_its_place(importer: str, target: str, expected: str) -> None:
    sentence = objection(Import(importer, target, 'file.py:7'))
    assert sentence is not None
    assert sentence.startswith('file.py:7: ')
    assert expected in sentence


def test_the_table_allows_nothing_that_is_not_used() -> None:
    used: dict[str, set[str]] = {}
    for name, path in modules().items():
        for item in imports(name, path):
            used.setdefault(name.partition('.')[0], set()).add(item.target.removeprefix(f'{PACKAGE}.'))
    unused = [
        (unit, place)
        for unit, places in MAY_IMPORT.items()
        for place in places
        if not any(is_within(target, (place,)) for target in used[unit])
    ]
    assert unused == []


def test_every_module_has_a_place_in_the_house() -> None:
    assert {name.partition('.')[0] for name in modules()} <= MAY_IMPORT.keys()


def test_no_two_parts_may_import_each_other() -> None:
    """The table has an order: whatever can be reached from a part cannot reach it."""

    def below(unit: str, seen: frozenset[str] = frozenset()) -> frozenset[str]:
        parts = {name.partition('.')[0] for name in MAY_IMPORT[unit]}
        for each in {*parts, *(BELOW_ALL if unit not in BELOW_ALL else ())} - seen:
            seen = below(each, seen | {each})
        return seen

    assert [unit for unit in MAY_IMPORT if unit in below(unit)] == []


def test_the_root_has_public_doors_and_folders_with_an_underscore() -> None:
    entries = {path.name for path in ROOT.iterdir() if path.name not in ('__pycache__', 'py.typed')}
    inside = {name for name in entries if name.startswith('_') and not name.startswith('__')}
    doors = {name for name in entries if not name.startswith('_')}
    assert all((ROOT / name).is_dir() for name in inside)
    assert len(doors) <= MOST_DOORS, sorted(doors)


def test_no_two_files_have_one_name() -> None:
    names = Counter(path.name for path in modules().values() if path.name not in ('__init__.py', '__main__.py'))
    assert [name for name, count in names.items() if count > 1] == []


def test_every_module_says_first_what_it_is_for() -> None:
    assert [str(path) for path in modules().values() if not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_large_files_are_answered_for() -> None:
    sizes = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules().values()}
    assert {name for name, lines in sizes.items() if lines > 350} == ANSWERED.keys()


def fields_of(node: ast.ClassDef, assigned: Counter[str]) -> list[str]:
    """The fields of a class that are no plain settings. `assigned`: what is assigned to attributes of other objects."""
    annotated: dict[str, str] = {}
    later: set[str] = set()
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            annotated[part.target.id] = ast.unparse(part.annotation)
        elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
            own = [name for owner, name in attributes_assigned(part) if owner == 'self']
            annotated |= {name: '' for name in own if name not in annotated}
            later |= set(own) if part.name not in ('__init__', '__post_init__') else set()
    return [
        name
        for name, annotation in annotated.items()
        if not annotation.startswith(('ClassVar', 'Final', 'InitVar'))
        and (
            name in later
            or assigned[name]
            or not all(PLAIN.fullmatch(kind) for kind in (annotation or '?').strip("'").split(' | '))
        )
    ]


def attributes_assigned(within: ast.AST) -> Iterator[tuple[str, str]]:
    """Whose attributes are assigned, and which."""
    for node in ast.walk(within):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield ast.unparse(node.value), node.attr


def large_classes() -> dict[str, list[str]]:
    """The classes with more fields than there should be, by module and name."""
    trees = {name: ast.parse(path.read_text()) for name, path in modules().items()}
    assigned = Counter(name for tree in trees.values() for owner, name in attributes_assigned(tree) if owner != 'self')
    nodes = [node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    declared = Counter(
        part.target.id
        for node in nodes
        for part in node.body
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)
    )
    # Of a name that several classes have, nobody can tell here whose field is assigned.
    assigned = Counter({name: count for name, count in assigned.items() if declared[name] == 1})
    classes = {
        f'{module}.{node.name}': fields_of(node, assigned)
        for module, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    return {name: fields for name, fields in classes.items() if len(fields) > MOST_FIELDS}


def test_classes_with_many_fields_are_answered_for() -> None:
    found = large_classes()
    assert {name: len(fields) for name, fields in found.items() if name not in RECORDS} == LARGE
    assert found.keys() >= RECORDS.keys()


def test_a_plain_setting_is_a_value_that_stays_as_it_was_given() -> None:
    source = """
class Thing:
    name: str
    seconds: float | None = None
    store: Store
    count: int = 0
    told: bool = False
    def __init__(self):
        self.more = []
    def step(self):
        self.count += 1
"""
    (node,) = ast.parse(source).body
    assert isinstance(node, ast.ClassDef)
    assert fields_of(node, Counter({'told': 1})) == ['store', 'count', 'told', 'more']
