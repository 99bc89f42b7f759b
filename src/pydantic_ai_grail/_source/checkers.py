"""Warm checkers for all catalogs of a process: any of them can check a cell against any catalog.

A catalog's stubs are a package named by its fingerprint. A cell imports from it only what it uses, so a check costs the
same with 10 tools and with 1,000, and one session serves many catalogs.
"""

from __future__ import annotations

from typing import Final

from .._catalog.entries import Catalog
from .._catalog.overlay import overlay_stubs
from .._catalog.stubs import catalog_stubs
from .._monty.checker import CheckerPool, RawDiagnostic, StubPackage
from .history import ANY

SESSIONS: Final = 2
"""Sessions in a process. One does some 2,000 checks a second; the second is opened when the first is busy."""


class Checkers:
    """The checkers of a process. Lifetime: opened by their first check, closed by `close` or the process's exit."""

    def __init__(self, *, size: int = SESSIONS) -> None:
        prelude = f'{overlay_stubs()}{ANY}: _Any\n'
        self._pool = CheckerPool(prelude=prelude, size=size)

    async def diagnostics(self, source: str, catalog: Catalog) -> tuple[RawDiagnostic, ...]:
        """What the checker says of `source`, which may import from `package_of(catalog)`.

        Raises:
            SandboxError: When no checker could be had.
        """

        def package() -> StubPackage:
            stubs = catalog_stubs(catalog)
            return StubPackage(source=stubs.flat, modules=stubs.modules)

        return await self._pool.diagnostics(source, {package_of(catalog): package})

    def close(self) -> None:
        """End the sessions. They open again at the next check."""
        self._pool.close()

    async def aclose(self) -> None:
        """`close`, off the event loop."""
        await self._pool.aclose()


def package_of(catalog: Catalog) -> str:
    """The name under which a checked source imports the tools of `catalog`."""
    return f'grail_tools_{catalog.fingerprint}'


CHECKERS: Final = Checkers()
"""The process's checkers, which all agents and runs share."""
