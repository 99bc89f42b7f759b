"""Adapters for front ends: what waits in a cell, as their protocols have it, and the answers that come back.

`vercel_ai` needs `pip install 'pydantic-ai-grail[vercel-ai]'`, `ag_ui` needs `pip install 'pydantic-ai-grail[ag-ui]'`.
"""
