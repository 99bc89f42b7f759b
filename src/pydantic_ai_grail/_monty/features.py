"""Small programs that show what a Monty can run: each is supported when it gives the value that CPython gives.

The keys are stable: rewrites, portability rules and the docs name them. A program may call `tool`, a host function that
returns its argument. Nothing here says what Monty supports; `probing.py` asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One thing that code may do."""

    key: str
    title: str
    """The construct as a reader of the docs would name it."""
    program: str
    value: Any
    """What CPython gives for the last expression."""
    since: tuple[int, int] = (3, 11)
    """The first CPython that has it."""


def _feature(key: str, title: str, program: str, value: Any, *, since: tuple[int, int] = (3, 11)) -> Feature:
    return Feature(key=key, title=title, program=program, value=value, since=since)


STATEMENTS: Final = (
    _feature('inheritance', 'class inheritance', 'class A:\n    x = 1\nclass B(A):\n    pass\nB().x', 1),
    _feature('exception-class', 'exception classes', 'class E(Exception):\n    pass\nstr(E("x"))', 'x'),
    _feature('object-base', '`class A(object)`', 'class A(object):\n    x = 1\nA().x', 1),
    _feature('metaclass', 'metaclasses', 'class A(metaclass=type):\n    x = 1\nA().x', 1),
    _feature(
        'method-decorators',
        '`@property`, `@staticmethod`, `@classmethod`',
        'class A:\n    @property\n    def x(self):\n        return 1\nA().x',
        1,
    ),
    _feature('class-body', 'statements in a class body', 'class A:\n    if True:\n        x = 1\nA.x', 1),
    _feature('yield', '`yield`', 'def f():\n    yield 1\nlist(f())', [1]),
    _feature('yield-from', '`yield from`', 'def f():\n    yield from [1]\nlist(f())', [1]),
    _feature('del-name', '`del name`', 'x = 1\ndel x\n2', 2),
    _feature('del-item', '`del mapping[key]`', 'd = {1: 2, 3: 4}\ndel d[1]\nd', {3: 4}),
    _feature('del-slice', '`del items[a:b]`', 'x = [1, 2, 3]\ndel x[:1]\nx', [2, 3]),
    _feature('del-attribute', '`del thing.name`', 'class A:\n    pass\na = A()\na.x = 1\ndel a.x\nhasattr(a, "x")', False),
    _feature(
        'async-with',
        '`async with`',
        'class A:\n    async def __aenter__(self):\n        return 1\n    async def __aexit__(self, *_):\n        pass\n'
        'async def f():\n    async with A() as x:\n        return x\nawait f()',
        1,
    ),
    _feature(
        'async-for',
        '`async for`',
        'class A:\n    def __init__(self):\n        self.n = 0\n    def __aiter__(self):\n        return self\n'
        '    async def __anext__(self):\n        if self.n:\n            raise StopAsyncIteration\n'
        '        self.n = 1\n        return 1\n'
        'async def f():\n    async for x in A():\n        return x\nawait f()',
        1,
    ),
    _feature(
        'async-comprehension',
        '`async for` in a comprehension',
        'async def f():\n    yield 1\n[x async for x in f()]',
        [1],
    ),
    _feature(
        'exception-groups',
        '`except*`',
        'try:\n    raise ExceptionGroup("x", [ValueError()])\nexcept* ValueError:\n    r = 1\nr',
        1,
    ),
    _feature('type-statement', '`type X = ...`', 'type X = int\n1', 1, since=(3, 12)),
    _feature('type-parameters', '`def f[T](x: T)`', 'def f[T](x: T) -> T:\n    return x\nf(1)', 1, since=(3, 12)),
    _feature('wildcard-import', '`from module import *`', 'from math import *\nsqrt(4.0)', 2.0),
    _feature('match', '`match`', 'match {"a": [1, 2]}:\n    case {"a": [x, *_]} if x:\n        r = x\nr', 1),
    _feature('walrus', '`:=`', 'if (n := 3) > 2:\n    pass\nn', 3),
    _feature('unpacking', 'starred assignment and displays', 'a, *b = [1, 2, 3]\n[*b, *{"k": a}]', [2, 3, 'k']),
    _feature('nonlocal', '`nonlocal`', 'def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = 2\n    g()\n    return x\nf()', 2),
    _feature('global', '`global`', 'x = 1\ndef f():\n    global x\n    x = 2\nf()\nx', 2),
    _feature('lambda', '`lambda` with defaults and `*args`', '(lambda a, b=2, *c, **d: (a, b, c, d))(1)', (1, 2, (), {})),
    _feature('decorators', 'function decorators', 'def d(f):\n    return lambda: f() + 1\n@d\ndef g():\n    return 1\ng()', 2),
    _feature('with', '`with` and context manager classes', 'class A:\n    def __enter__(self):\n        return 1\n    def __exit__(self, *_):\n        return False\nwith A() as x:\n    pass\nx', 1),
    _feature('classes', 'classes with methods', 'class A:\n    def __init__(self, x):\n        self.x = x\n    def f(self):\n        return self.x\nA(3).f()', 3),
    _feature('dataclasses', '`@dataclass`', 'from dataclasses import dataclass, field\n@dataclass\nclass P:\n    x: int\n    y: list = field(default_factory=list)\nP(1).x + len(P(1).y)', 1),
    _feature('try', '`try` with `else` and `finally`', 'r = []\ntry:\n    r.append(1)\nexcept ValueError:\n    r.append(2)\nelse:\n    r.append(3)\nfinally:\n    r.append(4)\nr', [1, 3, 4]),
    _feature('comprehensions', 'comprehensions', '[x for x in [1, 2] if x > 1] + [len({x: 1 for x in [1]}) + len({x for x in [1]})]', [2, 2]),
    _feature('comprehension-builtin-names', 'a comprehension variable named like a builtin, at the top level', '[id for id in [1, 2]]', [1, 2]),
    _feature('f-strings', 'f-strings with format specs, `!r` and `=`', 'x = 1.5\nf"{x:>6.2f}|{x!r}|{x=}"', '  1.50|1.5|x=1.5'),
    _feature('top-level-await', '`await` at the top level', 'async def f():\n    return 1\nawait f()', 1),
    _feature('await-in-comprehension', '`await` in a comprehension', 'async def f(x):\n    return x\n[await f(x) for x in [1, 2]]', [1, 2]),
)  # fmt: skip

LIBRARY: Final = (
    _feature('method-values', 'a method of a builtin type as a value: `max(d, key=d.get)`', 'd = {"a": 1, "b": 2}\nmax(d, key=d.get)', 'b'),
    _feature('type-method-values', 'a method of a builtin class as a value: `key=str.lower`', 'sorted(["B", "a"], key=str.lower)', ['a', 'B']),
    _feature('type-method-calls', 'a method called through its class: `str.lower(x)`', 'str.lower("A")', 'a'),
    _feature('next-generator', '`next()` of a generator expression', 'next((x for x in [1, 2] if x > 1), None)', 2),
    _feature('next-iterator', '`next()` of `map`, `filter`, `zip`, `reversed`, `enumerate`', 'next(filter(None, [0, 3]), None)', 3),
    _feature('lazy-generators', 'generator expressions that stop when nobody takes from them', 'seen = []\nany(seen.append(x) or x > 0 for x in [1, 2])\nseen', [1]),
    _feature('generator-exhausted', 'generator expressions are used up once iterated', 'g = (x for x in [1])\nlist(g)\nlist(g)', []),
    _feature('set-several', '`set.union` and its like with several arguments', 'sorted({1}.union({2}, {3}))', [1, 2, 3]),
    _feature('gather', '`asyncio.gather`', 'import asyncio\nasync def f(x):\n    return x\nawait asyncio.gather(*[f(1), f(2)])', [1, 2]),
    _feature('asyncio-run', '`asyncio.run(main())`', 'import asyncio\nasync def main():\n    return 1\nasyncio.run(main())', 1),
    _feature('map-tool', '`map(tool, items)`', 'list(map(tool, [1, 2]))', [1, 2]),
    _feature('key-tool', '`sorted(items, key=tool)`', 'sorted([2, 1], key=tool)', [1, 2]),
    _feature('json', '`json.dumps` with `indent`, `sort_keys`, `ensure_ascii`, `separators`', 'import json\njson.dumps({"b": 1, "a": ["\\u00e9"]}, indent=1, sort_keys=True, ensure_ascii=False, separators=(",", ":"))', '{\n "a":[\n  "\u00e9"\n ],\n "b":1\n}'),
    _feature('re-sub-function', '`re.sub` with a function', 'import re\nre.sub("a", lambda m: "b", "aa")', 'bb'),
    _feature('re-inline-groups', 'named groups in `re`', 'import re\nre.search("(?P<x>a+)", "baa").group("x")', 'aa'),
    _feature('strptime', '`datetime.strptime` of a full date', 'from datetime import datetime\nstr(datetime.strptime("Jan 5, 2024 10:00", "%b %d, %Y %H:%M"))', '2024-01-05 10:00:00'),
    _feature('strptime-partial', '`datetime.strptime` of a partial date', 'from datetime import datetime\nstr(datetime.strptime("2024-01", "%Y-%m"))', '2024-01-01 00:00:00'),
    _feature('timedelta-fractions', '`timedelta` of a fraction', 'from datetime import timedelta\ntimedelta(hours=1.5).total_seconds()', 5400.0),
    _feature('hasattr-builtin', '`hasattr` of a method of a builtin type', 'hasattr({}, "get")', True),
    _feature('getattr-builtin', '`getattr` of a method of a builtin type', 'getattr({"a": 1}, "get", None) is not None', True),
    _feature('sort-key', '`sorted` with `key` and `reverse`', 'sorted([{"a": 1}, {"a": 2}], key=lambda r: -r["a"], reverse=True)', [{'a': 1}, {'a': 2}]),
    _feature('percent-format', '`%` formatting and `str.format`', '"%s %.1f|{:>3}|{a}".format(1, a=2) % ("x", 1.25)', 'x 1.2|  1|2'),
    _feature('exec', '`exec` and `eval`', 'exec("x = 1")\neval("x + 1")', 2),
    _feature('exception-chaining', '`raise ... from`', 'try:\n    try:\n        raise KeyError("a")\n    except KeyError as e:\n        raise ValueError("b") from e\nexcept ValueError as e:\n    r = str(e)\nr', 'b'),
    _feature('exception-cause', '`error.__cause__`', 'try:\n    try:\n        raise KeyError("a")\n    except KeyError as e:\n        raise ValueError("b") from e\nexcept ValueError as e:\n    r = str(e.__cause__)\nr', "'a'"),
    _feature('exception-several-args', 'exceptions with several arguments', 'ValueError("a", 1).args', ('a', 1)),
    _feature('function-attributes', 'attributes on functions', 'def f():\n    pass\nf.x = 1\nf.x', 1),
    _feature('docstrings', '`function.__doc__`', 'def f():\n    "x"\nf.__doc__', 'x'),
    _feature('instance-dict', '`thing.__dict__`', 'class A:\n    pass\na = A()\na.x = 1\na.__dict__', {'x': 1}),
)  # fmt: skip

SPECIAL_METHODS: Final = tuple(
    _feature(f'special-{name}', f'`{name}` in a class', f'class A:\n    def {name}(self{extra}):\n        return {returns}\n{use}', value)
    for name, extra, returns, use, value in (
        ('__len__', '', '3', 'len(A())', 3),
        ('__bool__', '', 'False', 'bool(A())', False),
        ('__eq__', ', o', 'True', 'A() == 3', True),
        ('__ne__', ', o', 'True', 'A() != 3', True),
        ('__lt__', ', o', 'True', 'A() < A()', True),
        ('__gt__', ', o', 'True', 'A() > A()', True),
        ('__le__', ', o', 'True', 'A() <= A()', True),
        ('__ge__', ', o', 'True', 'A() >= A()', True),
        ('__hash__', '', '7', 'hash(A())', 7),
        ('__repr__', '', '"r"', 'repr(A())', 'r'),
        ('__str__', '', '"s"', 'str(A())', 's'),
        ('__format__', ', spec', 'spec', 'f"{A():x}"', 'x'),
        ('__getitem__', ', i', 'i', 'A()[3]', 3),
        ('__setitem__', ', i, v', 'None', 'a = A()\na[1] = 2\n1', 1),
        ('__delitem__', ', i', 'None', 'a = A()\ndel a[1]\n1', 1),
        ('__contains__', ', i', 'True', '3 in A()', True),
        ('__iter__', '', 'iter([1])', 'list(A())', [1]),
        ('__next__', '', '5', 'next(A())', 5),
        ('__call__', ', x', 'x', 'A()(3)', 3),
        ('__add__', ', o', '7', 'A() + 1', 7),
        ('__radd__', ', o', '7', '1 + A()', 7),
        ('__sub__', ', o', '7', 'A() - 1', 7),
        ('__mul__', ', o', '7', 'A() * 1', 7),
        ('__truediv__', ', o', '7', 'A() / 1', 7),
        ('__neg__', '', '7', '-A()', 7),
        ('__abs__', '', '7', 'abs(A())', 7),
        ('__int__', '', '7', 'int(A())', 7),
        ('__float__', '', '7.0', 'float(A())', 7.0),
        ('__index__', '', '1', '[5, 6][A()]', 6),
        ('__getattr__', ', name', 'name', 'A().zz', 'zz'),
        ('__reversed__', '', '[1]', 'list(reversed(A()))', [1]),
    )
)  # fmt: skip

_DATACLASS = 'from dataclasses import dataclass, field\n'
_POINT = f'{_DATACLASS}@dataclass({{option}})\nclass P:\n    x: int = 1\n'
_FIELD = f'{_DATACLASS}@dataclass\nclass P:\n    x: int = field(default=1, {{option}})\n'
_CELL = 'import asyncio\nasync def f():\n    raise ValueError("x")\n'

OPTIONS: Final = tuple(
    _feature(f'{function}({option}=)', f'`{function.rpartition(".")[2]}(..., {option}=)`', program, value)
    for function, option, program, value in (
        ('json.dumps', 'default', 'import json\njson.dumps({"a": {1}}, default=list)', '{"a": [1]}'),
        ('json.dumps', 'cls', 'import json\njson.dumps(1, cls=None)', '1'),
        ('json.dumps', 'indent', 'import json\njson.dumps([1], indent=1)', '[\n 1\n]'),
        ('json.dumps', 'sort_keys', 'import json\njson.dumps({"b": 1, "a": 2}, sort_keys=True)', '{"a": 2, "b": 1}'),
        ('json.dumps', 'skipkeys', 'import json\njson.dumps({(1,): 2}, skipkeys=True)', '{}'),
        ('json.dumps', 'check_circular', 'import json\njson.dumps([], check_circular=False)', '[]'),
        ('json.loads', 'object_hook', 'import json\njson.loads("{}", object_hook=len)', 0),
        ('json.loads', 'object_pairs_hook', 'import json\njson.loads("{}", object_pairs_hook=len)', 0),
        ('json.loads', 'parse_float', 'import json\njson.loads("1.5", parse_float=str)', '1.5'),
        ('json.loads', 'cls', 'import json\njson.loads("1", cls=None)', 1),
        ('asyncio.gather', 'return_exceptions', _CELL + '[str(e) for e in await asyncio.gather(f(), return_exceptions=True)]', ['x']),
        ('dataclasses.dataclass', 'frozen', _POINT.format(option='frozen=True') + '{P(1): 2}[P(1)]', 2),
        ('dataclasses.dataclass', 'eq', _POINT.format(option='eq=False') + 'P(1) == P(1)', False),
        ('dataclasses.dataclass', 'repr', _POINT.format(option='repr=False') + '"x=1" in repr(P(1))', False),
        ('dataclasses.dataclass', 'order', _POINT.format(option='order=True') + 'P(1) < P(2)', True),
        ('dataclasses.dataclass', 'slots', _POINT.format(option='slots=True') + 'P(1).x', 1),
        ('dataclasses.dataclass', 'kw_only', _POINT.format(option='kw_only=True') + 'P(x=1).x', 1),
        ('dataclasses.dataclass', 'init', _POINT.format(option='init=False') + 'P().x', 1),
        ('dataclasses.dataclass', 'unsafe_hash', _POINT.format(option='unsafe_hash=True') + '{P(1): 2}[P(1)]', 2),
        ('dataclasses.field', 'repr', _FIELD.format(option='repr=False') + '"x=1" in repr(P(1))', False),
        ('dataclasses.field', 'compare', _FIELD.format(option='compare=False') + 'P(1) == P(2)', True),
        ('dataclasses.field', 'init', _FIELD.format(option='init=False') + 'P().x', 1),
        ('dataclasses.field', 'kw_only', _FIELD.format(option='kw_only=True') + 'P(x=2).x', 2),
        ('dataclasses.field', 'metadata', _FIELD.format(option='metadata={}') + 'P().x', 1),
        ('dataclasses.field', 'hash', _FIELD.format(option='hash=False') + 'P().x', 1),
    )
)  # fmt: skip
"""Keyword arguments of library functions, by `function(option=)`. `_POINT` and `_FIELD` hold the place of one."""

FEATURES: Final[tuple[Feature, ...]] = STATEMENTS + LIBRARY + SPECIAL_METHODS + OPTIONS
