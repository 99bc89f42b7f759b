"""A store in SQLite or PostgreSQL: one implementation in `store.py`, over two ways of reaching a database.

Only this folder and `tables.py` know SQLAlchemy.
"""

try:
    from .store import SqlStore
except ImportError as error:
    raise ImportError("SqlStore needs SQLAlchemy: pip install 'pydantic-ai-grail[sql]'") from error

__all__ = ['SqlStore']
