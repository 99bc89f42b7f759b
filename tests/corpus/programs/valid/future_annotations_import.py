# %%
from __future__ import annotations
from typing import Optional

def label(issue: dict, width: Optional[int] = None) -> str:
    text = f"#{issue['number']} {issue['title']}"
    return text if width is None else text[:width]

label(await get_issue(102))
# %%
from __future__ import annotations

def table(rows: list[tuple[str, int]]) -> str:
    return '\n'.join(f'{name:<8}{n:>3}' for name, n in rows)
# %%
rows: list[tuple[str, int]] = [(label(i, 6), len(i['labels'])) for i in await search_issues()]
print(table(rows))
rows
