"""Makes catalogs of bare tools and prepares cells with them, for tests of what happens before a cell runs."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic_ai_grail._catalog.catalog import Catalog, Entry
from pydantic_ai_grail._catalog.signatures import Signature
from pydantic_ai_grail._monty.support import Support, load_support
from pydantic_ai_grail._source.prepare import prepare
from pydantic_ai_grail._source.prepared import Prepared
from pydantic_ai_grail.events.calls import ToolFacts
from pydantic_ai_grail.events.diagnostics import Diagnostic


def bare_catalog(*names: str, sequential: Iterable[str] = ()) -> Catalog:
    """Tools that take and give anything. A name with dots lives in the module before its last one."""
    entries: dict[str, Entry] = {}
    modules: dict[str, tuple[str, ...]] = {}
    sequential = tuple(sequential)
    for name in (*names, *sequential):
        module, _, short = name.rpartition('.')
        facts = ToolFacts(tool_name=short, python_name=name, sequential=name in sequential)
        entries[name] = Entry(facts=facts, signature=Signature(parameters=(), returns='Any'), module=module or None)
        if module:
            modules[module] = (*modules.get(module, ()), short)
    return Catalog(entries=entries, fingerprint='test', modules=modules)


SHOP = bare_catalog('search', 'get', 'notify', 'github.list_issues', sequential=['lock'])
"""What the tests of rewrites call: async `search`, `get`, `notify`, `github.list_issues`, and sequential `lock`."""


def prepared(
    source: str, *, catalog: Catalog = SHOP, bound: Iterable[str] = (), support: Support | None = None
) -> Prepared:
    """The prepared cell, which must not be refused."""
    found = prepare(source, catalog=catalog, bound=frozenset(bound), support=support or load_support())
    assert isinstance(found, Prepared), found
    return found


def refusals(
    source: str, *, catalog: Catalog = SHOP, bound: Iterable[str] = (), support: Support | None = None
) -> tuple[Diagnostic, ...]:
    """What the cell is refused for, which must be something."""
    found = prepare(source, catalog=catalog, bound=frozenset(bound), support=support or load_support())
    assert not isinstance(found, Prepared), found.source
    return found


def rewritten(source: str, *, catalog: Catalog = SHOP, bound: Iterable[str] = ()) -> str:
    """The prepared source, without the line that asks for its value."""
    lines = prepared(source, catalog=catalog, bound=bound).source.split('\n')
    return '\n'.join(lines[: len(source.split('\n'))])
