"""What the model answers to the prompts of README and docs: by prompt, cells in order and then what it says.

A page's own cells (fences marked `.cell`) need no entry; this is for snippets that call `agent.run_sync('...')`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Code:
    """The model writes a cell."""

    source: str


ANSWERS: Final[Mapping[str, Sequence[str | Code]]] = {
    # guides/durable.md
    'Ticket 1: 50 back for order 7, 300 for order 8.': [
        Code('done = [await refund(order=7, amount=50)]\ndone.append(await refund(order=8, amount=300))\ndone'),
        'Orders 7 and 8 are refunded.',
    ],
    # index.md, README.md
    'What did each customer spend in November 2026?': [
        Code(
            'from datetime import date\n'
            'spent = {}\n'
            'found = await orders(date(2026, 11, 1))\n'
            'for order in found:\n'
            '    spent[order["customer"]] = spent.get(order["customer"], 0) + order["total"]\n'
            'spent'
        ),
        'ada spent 95.40, grace 240.00.',
    ],
    'And on which days?': [
        Code(
            'days = {}\nfor order in found:\n    days.setdefault(order["customer"], []).append(order["placed"].day)\ndays'
        ),
        'ada on the 3rd and 18th, grace on the 17th.',
    ],
    # guides/crash-recovery.md
    'Refund 50 for order 7, 60 for order 8 and 70 for order 9.': [
        Code('[await refund(7, 50), await refund(8, 60), await refund(9, 70)]'),
        'Orders 7, 8 and 9 are refunded.',
    ],
    # guides/approvals.md
    'Refund 50 for order 7, 300 for order 8 and 900 for order 9.': [
        Code(
            'import asyncio\n'
            'done = await asyncio.gather(\n'
            '    refund(7, 50),\n'
            '    refund(8, 300),\n'
            '    refund(9, 900),\n'
            '    return_exceptions=True,\n'
            ')\n'
            '[str(each) for each in done]'
        ),
        'Orders 7 and 8 are refunded. Order 9 was denied: ask the customer first.',
    ],
    # security.md
    'Remember that my number is 41.': [Code('number = 41'), 'I have it.'],
    # guides/conversations.md, concepts/journal.md
    'How warm was it on average?': [
        Code('found = await readings()\nround(sum(found) / len(found), 1)'),
        '19.7 °C.',
    ],
    'And at most?': [Code('max(found)'), '21.6 °C.'],
    'And at least?': [Code('min(found)'), '18.5 °C.'],
}
"""In a text, `{result}` stands for what the last cell gave."""
