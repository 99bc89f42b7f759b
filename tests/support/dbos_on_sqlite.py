"""Whether DBOS can keep its state in a SQLite file here."""

from __future__ import annotations

import sqlite3
import sys
from typing import Final

DBOS_KNOWS_THIS_SQLITE: Final = sys.version_info < (3, 12) or sqlite3.sqlite_version_info >= (3, 42)
"""From Python 3.12 on, DBOS 3.4 asks SQLite for milliseconds, which SQLite has since 3.42."""
WHY_NOT: Final = 'DBOS cannot start on a SQLite before 3.42 under Python 3.12 and later'
