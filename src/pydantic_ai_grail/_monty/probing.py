"""Asks a real Monty what it can do. `python -m pydantic_ai_grail._monty.probing` rewrites the shipped table.

Names to ask for come from the running CPython (its modules, builtins and classes) and from the table that is already
there, so the answer grows with each Python version it is asked under and is the same under all of them afterwards.
"""

from __future__ import annotations

import builtins
import importlib
import json
import pkgutil
import sys
from collections.abc import Iterable, Mapping, Set
from importlib.resources import as_file, files
from types import ModuleType
from typing import Any, Final

import pydantic_monty

from .features import FEATURES, Feature
from .support import TABLE_FILE, Support, read_table, support_to_json

_NOT_OFFERED: Final = frozenset({'antigravity', 'this', 'idlelib', '__main__'})
"""Importing them into the probing process does something."""

SAMPLES: Final[Mapping[str, str]] = {
    'str': "''",
    'bytes': "b''",
    'int': '1',
    'float': '1.0',
    'complex': '1j',
    'list': '[]',
    'tuple': '()',
    'dict': '{}',
    'set': 'set()',
    'frozenset': 'frozenset()',
    'datetime.date': 'datetime.date(2024, 1, 2)',
    'datetime.datetime': 'datetime.datetime(2024, 1, 2)',
    'datetime.time': 'datetime.time(1, 2)',
    'datetime.timedelta': 'datetime.timedelta(1)',
    'datetime.timezone': 'datetime.timezone.utc',
    'decimal.Decimal': "decimal.Decimal('1')",
    'collections.Counter': 'collections.Counter()',
    'collections.defaultdict': 'collections.defaultdict(list)',
    'collections.deque': 'collections.deque()',
    're.Pattern': "re.compile('a')",
    're.Match': "re.match('a', 'a')",
    'pathlib.PurePosixPath': "pathlib.Path('a')",
}
"""A value of each class whose methods are asked for, as source. Needs `_IMPORTS`."""

_IMPORTS: Final = 'import collections, datetime, decimal, pathlib, re\n'


Names = Mapping[str, frozenset[str]]


def probe(*, known: Support | None = None) -> Support:
    """Ask the installed Monty. `known` adds names to ask for that the running Python may not have.

    Blocks for some 100 ms and owns the one worker it starts.
    """
    with pydantic_monty.Monty(max_processes=1) as pool:
        return _Probe(pool, known).support()


class _Probe:
    def __init__(self, pool: pydantic_monty.Monty, known: Support | None) -> None:
        self.pool = pool
        self.known = known

    def support(self) -> Support:
        candidates = self._modules()
        importable = self._importable(candidates)
        children = {child for name in importable for child in _children(name)}
        importable |= self._importable(children)
        wanted_attributes = {name: self._wanted(name, dir(_module(name))) for name in importable}
        attributes = {
            name: self._existing(f'import {name}\n', f'{name}.', wanted) for name, wanted in wanted_attributes.items()
        }
        wanted_of_classes = {name: self._wanted(name, dir(_class(name))) for name in SAMPLES}
        of_classes = {name: self._of_class(name, wanted) for name, wanted in wanted_of_classes.items()}
        methods, lacking_methods = self._methods(of_classes)
        wanted_builtins = _public(dir(builtins)) | self._known_builtins()
        existing_builtins = self._existing('', '', wanted_builtins)
        return Support(
            version=pydantic_monty.__version__,
            modules=attributes,
            builtins=existing_builtins,
            classes=of_classes,
            methods=methods,
            lacking_modules=frozenset((candidates | children) - importable),
            lacking_builtins=frozenset(wanted_builtins - existing_builtins),
            lacking_attributes=_lacking(wanted_attributes, attributes) | _lacking(wanted_of_classes, of_classes),
            lacking_methods=lacking_methods,
            features={feature.key: _runs(self.pool, feature) for feature in FEATURES},
        )

    def _modules(self) -> set[str]:
        names = {name for name in sys.stdlib_module_names if not name.startswith('_')} - _NOT_OFFERED
        return names | (set(self.known.modules) | self.known.lacking_modules if self.known else set())

    def _known_builtins(self) -> frozenset[str]:
        return self.known.builtins | self.known.lacking_builtins if self.known else frozenset()

    def _wanted(self, name: str, attributes: Iterable[str]) -> set[str]:
        """Names to ask for in a module or on a class."""
        wanted = _public(attributes)
        if self.known is not None:
            for table in (self.known.modules, self.known.classes, self.known.lacking_attributes):
                wanted |= table.get(name, frozenset())
        return wanted

    def _importable(self, names: Set[str]) -> set[str]:
        attempts = (
            f'try:\n    import {name}\n    found.append({name!r})\nexcept ImportError:\n    pass\n' for name in names
        )
        return set(_feed(self.pool, f'found = []\n{"".join(attempts)}found'))

    def _of_class(self, name: str, wanted: Set[str]) -> frozenset[str]:
        """Class methods can be called and not read."""
        read = self._existing(_IMPORTS, f'{name}.', wanted)
        return read | self._existing(_IMPORTS, f'{name}.', wanted - read, suffix='()')

    def _methods(self, of_classes: Names) -> tuple[dict[str, frozenset[str]], frozenset[str]]:
        """Methods are asked for by calling them with nothing: reading one without a call is what Monty cannot do."""
        found: dict[str, frozenset[str]] = {}
        anywhere: set[str] = set(self.known.lacking_methods) if self.known else set()
        for name, sample in SAMPLES.items():
            kind = _class(name)
            wanted = {one for one in _public(dir(kind)) if callable(getattr(kind, one))}
            anywhere |= wanted
            if self.known is not None:
                wanted |= self.known.methods.get(name, frozenset())
            found[name] = self._existing(_IMPORTS, f'({sample}).', wanted, suffix='()')
        return found, frozenset(anywhere).difference(*found.values(), *of_classes.values())

    def _existing(self, setup: str, prefix: str, names: Set[str], *, suffix: str = '') -> frozenset[str]:
        """Which of the names can be read; any error but a missing name or attribute says that it is there."""
        attempts = (
            f'try:\n    {prefix}{name}{suffix}\nexcept (AttributeError, NameError):\n    missing.append({name!r})\n'
            'except BaseException:\n    pass\n'
            for name in names
        )
        return frozenset(names) - frozenset(_feed(self.pool, f'{setup}missing = []\n{"".join(attempts)}missing'))


def _lacking(wanted: Mapping[str, Set[str]], found: Names) -> dict[str, frozenset[str]]:
    return {name: frozenset(names - found[name]) for name, names in wanted.items() if names - found[name]}


def _children(name: str) -> Iterable[str]:
    """Modules below a package of the running Python, and those, like `os.path`, that only import as if they were."""
    module = _module(name)
    for child in pkgutil.iter_modules(getattr(module, '__path__', [])):
        yield f'{name}.{child.name}'
    for attribute, value in vars(module).items():
        if isinstance(value, ModuleType) and f'{name}.{attribute}' in sys.modules:
            yield f'{name}.{attribute}'


def _runs(pool: pydantic_monty.Monty, feature: Feature) -> bool:
    try:
        value = _feed(pool, feature.program)
    except pydantic_monty.MontyError:
        return False
    return bool(value == feature.value and type(value) is type(feature.value))


def _feed(pool: pydantic_monty.Monty, code: str) -> Any:
    limits: pydantic_monty.ResourceLimits = {'max_suspensions': 100_000, 'max_feed_duration_secs': 5.0}
    with pool.checkout(limits=limits) as session:
        return session.feed_run(code, external_lookup={'tool': _tool}, print_callback=pydantic_monty.CollectString())


def _tool(value: Any) -> Any:
    return value


def _public(names: Iterable[str]) -> set[str]:
    return {name for name in names if not name.startswith('_')}


def _module(name: str) -> ModuleType:
    return importlib.import_module(name)


def _class(name: str) -> type:
    module, _, attribute = name.rpartition('.')
    return getattr(_module(module or 'builtins'), attribute)


def main() -> None:
    """Rewrite the shipped table from the installed Monty and what the table knows already."""
    table = files('pydantic_ai_grail._monty') / TABLE_FILE
    support = probe(known=read_table() if table.is_file() else None)
    with as_file(table) as path:
        path.write_text(json.dumps(support_to_json(support), indent=1) + '\n', 'utf-8')


if __name__ == '__main__':
    main()
