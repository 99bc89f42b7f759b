"""The lines on what was rewritten: few, however much there was to rewrite."""

from __future__ import annotations

from pydantic_ai_grail._reply.changes import changes
from pydantic_ai_grail.events.diagnostics import Rewrite


def told(*rewrites: tuple[str, int, str]) -> list[str]:
    return changes(Rewrite(kind=kind, line=line, note=note) for kind, line, note in rewrites)


def test_the_same_change_at_several_places_is_told_once():
    assert told(('await', 3, 'awaited `f(...)`'), ('await', 1, 'awaited `f(...)`')) == [
        'Changed in lines 1, 3: awaited `f(...)`'
    ]


def test_the_same_change_to_several_things_is_told_once():
    assert told(
        ('import', 1, 'added `import re`'), ('import', 1, 'added `import json`'), ('await', 2, 'awaited `f()`')
    ) == [
        'Changed in line 1: added `import re`, `import json`',
        'Changed in line 2: awaited `f()`',
    ]


def test_other_notes_go_together_only_where_they_say_the_same():
    lambdas = [
        ('method-value', line, f'`{name}` became a lambda') for line, name in ((1, 'a.get'), (2, 'b.get'), (3, 'a.get'))
    ]
    assert told(*lambdas) == [
        'Changed in lines 1, 3: `a.get` became a lambda',
        'Changed in line 2: `b.get` became a lambda',
    ]


def test_very_many_changes_take_four_lines():
    many = [(f'kind {number}', number, f'note {number}') for number in range(1, 10)]
    assert told(*many[:4]) == [f'Changed in line {n}: note {n}' for n in range(1, 5)]
    assert told(*many) == [
        'Changed in line 1: note 1',
        'Changed in line 2: note 2',
        'Changed in line 3: note 3',
        '… and 6 more kinds of changes.',
    ]
    assert told(*(('await', n, f'awaited `f{n}(...)`') for n in range(1, 10))) == [
        'Changed in lines 1, 2, 3, 4, 5, 6, …: awaited `f1(...)`, `f2(...)`, `f3(...)`, `f4(...)`, `f5(...)` and 4 more'
    ]


def test_an_import_that_the_description_leaves_out_itself_is_no_news():
    assert told(('import', 1, 'added `import asyncio`')) == []
    assert told(('import', 1, 'added `import asyncio`'), ('import', 1, 'added `import re`')) == [
        'Changed in line 1: added `import re`'
    ]


def test_what_says_nothing_of_the_code_or_stands_in_the_description_is_not_told():
    assert told(('fence', 1, 'took off the Markdown fence'), ('import', 1, 'added `import asyncio`')) == []
    assert told(('fence', 1, 'took the code out of its Markdown fences')) == [
        'Changed in line 1: took the code out of its Markdown fences'
    ]
