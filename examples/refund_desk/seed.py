"""What the shop starts with: a dozen customers and forty orders. Its calendar stands still, so that last week stays."""

from __future__ import annotations

from datetime import date
from typing import Final

TODAY: Final = date(2026, 11, 23)
"""A Monday."""

_NAMES: Final = (
    *('Ada Lindqvist', 'Bruno Keller', 'Chiara Moretti', 'Dmitri Volkov', 'Emeka Obi', 'Farah Haddad'),
    *('Grace Nakamura', 'Hugo Martins', 'Ingrid Solberg', 'Jonas Weber', 'Keiko Tanaka', 'Lucía Romero'),
)
CUSTOMERS: Final = [
    (number, name, f'{name.split()[0].lower().replace("í", "i")}@example.com')
    for number, name in enumerate(_NAMES, start=1)
]
"""Number, name, address."""

ORDERS: Final[list[tuple[int, int, str, int, str, str | None, str | None]]] = [
    (1001, 1, 'Desk lamp', 4990, '2026-10-02', None, None),
    (1002, 4, 'Kettle', 3950, '2026-10-03', None, None),
    (1003, 7, 'Headphones', 12900, '2026-10-05', 'late', '2026-10-19'),
    (1004, 2, 'Bookshelf', 18900, '2026-10-06', None, None),
    (1005, 9, 'Chess set', 5400, '2026-10-07', None, None),
    (1006, 3, 'Kettle', 3950, '2026-10-08', 'broken', '2026-10-14'),
    (1007, 11, 'Rain jacket', 8900, '2026-10-09', None, None),
    (1008, 6, 'Toaster', 4450, '2026-10-11', 'wrong item', '2026-10-16'),
    (1009, 5, 'Bicycle pump', 2990, '2026-10-12', None, None),
    (1010, 12, 'Desk lamp', 4990, '2026-10-13', 'broken', '2026-10-20'),
    (1011, 8, 'Espresso machine', 38900, '2026-10-14', None, None),
    (1012, 10, 'Tea set', 6250, '2026-10-15', None, None),
    (1013, 1, 'Headphones', 12900, '2026-10-17', None, None),
    (1014, 2, 'Record player', 24900, '2026-10-18', 'late', '2026-11-02'),
    (1015, 7, 'Kettle', 3950, '2026-10-20', 'broken', '2026-10-27'),
    (1016, 3, 'Board game', 3800, '2026-10-21', None, None),
    (1017, 9, 'Bookshelf', 18900, '2026-10-22', 'wrong item', '2026-10-29'),
    (1018, 4, 'Rain jacket', 8900, '2026-10-23', None, None),
    (1019, 6, 'Toaster', 4450, '2026-10-25', None, None),
    (1020, 11, 'Tea set', 6250, '2026-10-26', 'broken', '2026-11-03'),
    (1021, 5, 'Desk lamp', 4990, '2026-10-27', None, None),
    (1022, 12, 'Armchair', 42900, '2026-10-28', 'late', '2026-11-16'),
    (1023, 8, 'Bicycle pump', 2990, '2026-10-30', None, None),
    (1024, 10, 'Chess set', 5400, '2026-10-31', None, None),
    (1025, 1, 'Bookshelf', 18900, '2026-11-01', 'late', '2026-11-17'),
    (1026, 2, 'Kettle', 3950, '2026-11-02', None, None),
    (1027, 7, 'Rain jacket', 8900, '2026-11-03', 'wrong item', '2026-11-12'),
    (1028, 9, 'Tea set', 6250, '2026-11-05', 'broken', '2026-11-16'),
    (1029, 3, 'Headphones', 12900, '2026-11-06', None, None),
    (1030, 5, 'Kettle', 3950, '2026-11-07', 'broken', '2026-11-17'),
    (1031, 1, 'Espresso machine', 38900, '2026-11-09', 'broken', '2026-11-18'),
    (1032, 4, 'Board game', 3800, '2026-11-10', 'late', '2026-11-20'),
    (1033, 11, 'Desk lamp', 4990, '2026-11-11', 'broken', '2026-11-19'),
    (1034, 6, 'Toaster', 4450, '2026-11-12', None, None),
    (1035, 12, 'Record player', 24900, '2026-11-13', 'broken', '2026-11-20'),
    (1036, 8, 'Bicycle pump', 2990, '2026-11-14', None, None),
    (1037, 10, 'Chess set', 5400, '2026-11-16', None, None),
    (1038, 2, 'Tea set', 6250, '2026-11-18', None, None),
    (1039, 7, 'Armchair', 42900, '2026-11-19', None, None),
    (1040, 5, 'Rain jacket', 8900, '2026-11-21', None, None),
]
"""Number, customer, item, cents, placed, problem, when it was reported."""
