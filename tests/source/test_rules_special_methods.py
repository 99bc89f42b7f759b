"""A class may define what this Monty never calls; what would call it on an object of the class is refused."""

from __future__ import annotations

import pytest
from support.checking import Toolbox, corpus_toolbox

pytestmark = pytest.mark.anyio

CLASS = """\
class Box:
    def __init__(self, x=1):
        self.x = x
        self.items = [x]
    def __len__(self):
        return len(self.items)
    def __lt__(self, other):
        return self.x < other.x
    def __getattr__(self, name):
        return name
    def __reversed__(self):
        return [self.x]
box = Box()
"""


@pytest.fixture(scope='module')
def anyio_backend() -> str:
    return 'asyncio'


@pytest.fixture(scope='module')
async def tools() -> Toolbox:
    return await corpus_toolbox()


LEN = 'Box.__len__ is never called here: '
LT = 'Box.__lt__ is never called here: objects of Box have no order.'


@pytest.mark.parametrize(
    ('source', 'message'),
    [
        ('len(box)', f'{LEN}len() of an object of Box fails.'),
        ('len(Box(2))', f'{LEN}len() of an object of Box fails.'),
        ('if box: print(1)', f'{LEN}an object of Box always counts as true.'),
        ('while not box: pass', f'{LEN}an object of Box always counts as true.'),
        ('1 if box else 2', f'{LEN}an object of Box always counts as true.'),
        ('box and 1', f'{LEN}an object of Box always counts as true.'),
        ('[b for b in [Box()] if b]', f'{LEN}an object of Box always counts as true.'),
        ('reversed(box)', 'Box.__reversed__ is never called here: reversed() of an object of Box fails.'),
        ('box.name', "Box.__getattr__ is never called here: an object of Box has no attribute 'name'."),
        ('box < Box(2)', LT),
        ('Box(3) >= box', LT),
        ('sorted([Box(n) for n in (2, 1)])', LT),
        ('min([box, Box(2)])', LT),
        ('max(box, Box(2))', LT),
        ('boxes = []\nfor n in (2, 1):\n    boxes.append(Box(n))\nboxes.sort()', LT),
        ('max({box, Box(2)})', LT),
    ],
)
async def test_a_use_is_refused_in_the_same_cell_and_in_a_later_one(source: str, message: str, tools: Toolbox) -> None:
    for refused in (
        await tools.conversation().refusals(CLASS + source),
        await tools.conversation().after(CLASS).refusals(source),
    ):
        [(code, said, fix)] = refused
        assert (code, said) == ('no-special-method', message)
        assert fix


async def test_several_uses_are_one_remark(tools: Toolbox) -> None:
    [(_, message, fix)] = await tools.conversation().after(CLASS).refusals('len(box)\nlen(Box())\nx = len(box)')

    assert message == f'{LEN}len() of an object of Box fails. Also on lines 2, 3.'
    assert fix == 'Name it size() and call it.'


@pytest.mark.parametrize(
    'source',
    [
        'box.x, len(box.items), [1, 2] and len([1])',
        'sorted([Box(2), Box(1)], key=lambda each: each.x)',
        "named = {'a': box}\nsorted(named), sorted(named.items())[0][0], len(named)",
        'sorted([(2, box), (1, Box(2))])',
        'box.x < 3, box == Box(), box is None',
        'found = box if len([1]) else None\nif found: print(1)',
        'def size(thing):\n    return len(thing)\nsize([1])',
        'try:\n    len(box)\nexcept TypeError:\n    pass',
        'if False:\n    len(box)',
        'len = lambda thing: 1\nlen(box)',
        'box = [1]\nlen(box)',
    ],
)
async def test_what_may_work_is_left_to_run(source: str, tools: Toolbox) -> None:
    assert await tools.conversation().refusals(CLASS + source) == []
    assert await tools.conversation().after(CLASS).refusals(source) == []


async def test_a_name_that_stands_for_several_classes_stands_for_none(tools: Toolbox) -> None:
    other = 'class Box:\n    def __len__(self):\n        return 1\nbox = Box()'

    assert await tools.conversation().after(CLASS).refusals(f'{other}\nlen(box)') == []


async def test_without_types_it_runs(tools: Toolbox) -> None:
    assert await tools.conversation('names').refusals(f'{CLASS}len(box)') == []
