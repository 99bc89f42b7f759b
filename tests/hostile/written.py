"""Hostile cells that were written one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .playing import ANY_ENDING, MAX_GROWTH_BYTES, MOST_GROWN_BY_EXCEPTIONS, Ending, HostileCell

_MEMORY: Final = 'The cell needed more memory than it may have'
_TIME: Final = 'The cell computed for too long and was stopped'
_NO_FORM: Final = 'its value cannot leave the sandbox'
_NO_HASH: Final = 'a tuple that holds tuples many times over is a key of a dict or in a set there'
_SHARED: Final = 'x = (1,)\nfor i in range(40): x = (x, x)\n'

_CELLS: Final[Mapping[str, tuple[str, Ending | None, str]]] = {
    # of the issue
    'shared lists, 19 rounds': ('x = ["a"]\nfor i in range(19): x = [x, x]\nx', 'failed', _NO_FORM),
    'shared lists, 26 rounds': ('x = ["a"]\nfor i in range(26): x = [x, x]\nx', 'failed', _NO_FORM),
    'shared lists, 60 rounds': ('x = ["a"]\nfor i in range(60): x = [x, x]\nx', 'failed', _NO_FORM),
    'a list of a million': ('["a"] * 1_000_000', 'completed', 'a list of 1,000,000 items'),
    'a text of 200 MB': ('"a" * 200_000_000', 'failed', _MEMORY),
    'three million numbers': ('list(range(3_000_000))', 'failed', _MEMORY),
    # memory
    'a list that grows': ('x = [1]\nwhile True: x = x + x', 'failed', _MEMORY),
    'a list that grows by appends': ('x = []\nwhile True: x.append("a" * 1_000)', 'failed', _MEMORY),
    'a text that grows': ('x = "a"\nwhile True: x += x', 'failed', _MEMORY),
    'a dict that grows': ('x = {}\nn = 0\nwhile True:\n    x[n] = str(n)\n    n += 1', 'failed', ''),
    'a set that grows': ('x = set()\nn = 0\nwhile True:\n    x.add(n)\n    n += 1', 'failed', ''),
    'bytes of a gigabyte': ('b"a" * 10 ** 9', 'failed', _MEMORY),
    'a list of a gigabyte': ('[None] * 10 ** 9', 'failed', _MEMORY),
    'a power that is too large': ('2 ** 10 ** 9', 'failed', ''),
    'a tower of powers': ('9 ** 9 ** 9', 'failed', ''),
    'a shift that is too large': ('1 << 10 ** 10', 'failed', ''),
    'a factorial': ('import math\nmath.factorial(100_000)', None, ''),
    'a format width': ('f"{1:>1000000000}"', 'failed', ''),
    'a format width that comes in': ('w = 10 ** 9\nf"{1:>{w}}"', 'failed', ''),
    'a format method width': ('"{:>1000000000}".format(1)', 'failed', ''),
    'a percent width': ('"%1000000000d" % 1', 'failed', ''),
    'a precision': ('f"{1.5:.1000000}"', None, ''),
    'just that is too wide': ('"a".ljust(10 ** 9)', 'failed', ''),
    'zero fill': ('"a".zfill(10 ** 9)', 'failed', ''),
    'a replacement that explodes': ('("a" * 100_000).replace("a", "b" * 100_000)', 'failed', ''),
    'a join that explodes': ('("a" * 100_000).join(["b"] * 100_000)', 'failed', ''),
    'tabs that explode': ('("\\t" * 100_000).expandtabs(100_000)', 'failed', ''),
    'a text of a shared value': ('x = []\nfor i in range(40): x = [x, x]\nrepr(x)', 'failed', ''),
    'JSON of a shared value': ('import json\nx = []\nfor i in range(40): x = [x, x]\njson.dumps(x)', 'failed', ''),
    'JSON that nests deep': ('import json\njson.loads("[" * 100_000 + "]" * 100_000)', 'failed', ''),
    'JSON that is large': ('import json\njson.loads("[" + "1," * 500_000 + "1]")', None, ''),
    'a product': ('from itertools import product\nlist(product(range(1_000), repeat=3))', 'failed', ''),
    'permutations': ('from itertools import permutations\nlist(permutations(range(12)))', 'failed', ''),
    'a comprehension of comprehensions': ('[[[0] * 1_000 for _ in range(1_000)] for _ in range(1_000)]', 'failed', ''),
    'many variables': ('for i in range(100_000): exec(f"v{i} = {i}")', None, ''),
    'Decimal of many digits': ('from decimal import Decimal\nDecimal(10) ** 10 ** 9', None, ''),
    'date arithmetic': ('from datetime import timedelta\ntimedelta(days=10 ** 15)', 'failed', ''),
    'complex powers': ('(1e308 + 1e308j) ** 1000', None, ''),
    # time
    'an endless loop': ('while True: pass', 'failed', _TIME),
    'an endless loop that catches': (
        'while True:\n    try:\n        pass\n    except BaseException:\n        pass',
        'failed',
        _TIME,
    ),
    'an endless generator': ('import itertools\nsum(itertools.count())', 'failed', _TIME),
    'an endless iterator': (
        'class Forever:\n    def __iter__(self): return self\n    def __next__(self): return 1\nlist(Forever())',
        'failed',
        '',
    ),
    'an endless comprehension': ('import itertools\n[0 for _ in itertools.repeat(0)]', 'failed', ''),
    'a regex bomb': ('import re\nre.match("(a+)+$", "a" * 40 + "b")', None, ''),
    'a regex bomb of references': ('import re\nre.match(r"(a*)*\\1b", "a" * 40)', None, ''),
    'a regex of large counts': ('import re\nre.compile("(?:a{1000}){1000}")', None, ''),
    'a regex over a large text': ('import re\nlen(re.findall("a.*?b", "a" * 200_000))', None, ''),
    'a comparison that explodes': (
        'a = []\nb = []\nfor i in range(40):\n    a = [a, a]\n    b = [b, b]\na == b',
        'failed',
        '',
    ),
    'a sort that compares for long': (
        'class Slow:\n    def __init__(self, n): self.n = n\n    def __lt__(self, other):\n'
        '        for _ in range(10_000): pass\n        return self.n < other.n\nsorted([Slow(i) for i in range(1_000)])',
        None,
        '',
    ),
    'a power of a large number': ('pow(3, 10 ** 7)', None, ''),
    'a large number as text': ('str(10 ** 5_000)', 'failed', ''),
    'large numbers multiplied': ('x = 3 ** 1_000_000\nfor _ in range(5): x *= x\n1', None, ''),
    'a range that is long': ('sum(range(10 ** 10))', None, ''),
    'in a range': ('10.5 in range(10 ** 18)', None, ''),
    'a sleep': ('import time\ntime.sleep(10_000)', 'failed', 'slept longer'),
    'sleeps in a gather': (
        'import asyncio\nawait asyncio.gather(*[asyncio.sleep(5) for _ in range(20)])',
        'failed',
        'slept',
    ),
    # depth
    'recursion': ('def f(n): return f(n + 1)\nf(0)', 'failed', 'RecursionError'),
    'recursion that is caught': (
        'def f(n):\n    try:\n        return f(n + 1)\n    except RecursionError:\n        return n\nf(0)',
        None,
        '',
    ),
    'recursion through two': ('def f(n): return g(n)\ndef g(n): return f(n + 1)\nf(0)', 'failed', 'RecursionError'),
    'recursion on a long line': ('def f(n): return f(n + 1) + "' + 'a' * 20_000 + '"\nf(0)', 'failed', ''),
    'a text of itself': ('class A:\n    def __repr__(self): return repr(self)\nrepr(A())', 'failed', ''),
    'an equality of itself': ('class A:\n    def __eq__(self, o): return self == o\nA() == A()', 'failed', ''),
    'deep lists compared': ('a = []\nb = []\nfor i in range(100_000):\n    a = [a]\n    b = [b]\na == b', 'failed', ''),
    'deep lists as text': ('a = []\nfor i in range(100_000): a = [a]\nlen(repr(a))', None, ''),
    'deep lists left behind': ('a = []\nfor i in range(100_000): a = [a]\n1', None, ''),
    'a deep tuple hashed': ('a = ()\nfor i in range(100_000): a = (a,)\nhash(a)', None, ''),
    'eval that nests': ('eval("(" * 5_000 + "1" + ")" * 5_000)', 'failed', ''),
    'eval of eval': ('s = "1"\nfor _ in range(10): s = f"eval({s!r})"\neval(s)', None, ''),
    'exec that loops': ('exec("while True: pass")', 'failed', ''),
    'eval of a large text': ('eval("+".join(["1"] * 100_000))', None, ''),
    # calls
    'calls by the thousand': ('n = 0\nfor i in range(1_000): n += await number(n=i)\nn', 'completed', '499500'),
    'a gather of a thousand': (
        'import asyncio\nsum(await asyncio.gather(*[number(n=i) for i in range(1_000)]))',
        'completed',
        '499500',
    ),
    'a gather of five thousand': (
        'import asyncio\nsum(await asyncio.gather(*[number(n=i) for i in range(5_000)]))',
        'failed',
        '3000 tool calls',
    ),
    'calls without end': ('while True: await number(n=1)', 'failed', '3000 tool calls'),
    'calls without end that are caught': (
        'while True:\n    try:\n        await number(n=1)\n    except BaseException:\n        pass',
        'failed',
        '',
    ),
    'calls that nobody awaits': ('x = [number(n=i) for i in range(1_000)]\n1', None, ''),
    'calls of def tools': ('n = 0\nfor i in range(500): n += take_text("ab")\nn', 'completed', '1000'),
    'arguments of a million': ('await take(list(range(1_000_000)))', 'failed', ''),
    'large arguments, call after call': (
        'x = "a" * 5_000_000\nn = 0\nwhile n < 50:\n    await take(x)\n    n += 1',
        'failed',
        'all that this cell has sent before',
    ),
    'large results, call after call': (
        'x = "a" * 1_000_000\nn = 0\ntry:\n    while n < 50:\n        y = await give_back(x)\n        n += 1\n'
        'except ValueError:\n    pass\nn',
        'completed',
        '16',
    ),
    'a result that is given back and doubled': (
        'x = ["a" * 100]\ntry:\n    for _ in range(40): x = await give_back([x, x])\nexcept ValueError:\n    pass\nlen(x)',
        'completed',
        '2',
    ),
    'a call through eval': ('f = eval("take")\nx = ["a"]\nfor i in range(30): x = [x, x]\nawait f(x)', None, ''),
    'a call by a large keyword': ('await take(**{"value" * 10_000: 1})', 'failed', ''),
    # Monty makes a dict of the keywords on the host before anybody can count them (1.4), so there may be no more here.
    'a call with many keywords': ('await take(**{f"k{i}": i for i in range(20_000)})', 'failed', ''),
    'a call with many positions': ('await take(*range(100_000))', 'failed', ''),
    'a large text raised by a tool': ('await fails(message="a" * 5_000_000)', 'failed', 'raised ValueError'),
    'a large text raised by a tool, often': (
        'n = 0\nfor _ in range(100):\n    try:\n        await fails(message="a" * 100_000)\n    except ValueError as e:\n'
        '        n += len(str(e)) > 0\nn',
        'completed',
        '100',
    ),
    'a tool that is no tool': ('await missing_tool(1)', 'refused', ''),
    'a name of a megabyte': ('x' * 1_000_000, None, ''),
    'a name that is built': ('eval("x" * 1_000_000)', 'failed', ''),
    'an attribute that is built': ('getattr(1, "x" * 1_000_000)', 'failed', ''),
    'a module that is built': ('__import__("x" * 100_000)', None, ''),
    'a file of a large name': ('open("x" * 1_000_000)', 'failed', ''),
    # prints
    'a print of 20 MB': ('print("a" * 20_000_000)', 'completed', 'more characters were printed and dropped'),
    'prints of 200 MB': ('for _ in range(20): print("a" * 10_000_000)', 'completed', 'dropped'),
    'a million prints': ('for i in range(300_000): print(i)', 'completed', 'dropped'),
    'prints without end': ('while True: print("a")', 'failed', _TIME),
    'prints of a shared value': ('x = []\nfor i in range(40): x = [x, x]\nprint(x)', 'failed', ''),
    'prints without a break': ('for i in range(100_000): print("a", end="")', 'completed', ''),
    'prints of nothing': ('for i in range(200_000): print()', 'completed', ''),
    'prints of control characters': ('print("\\x1b[2J" * 10_000)', 'completed', ''),
    'prints of odd characters': ('print("\\ud800" * 100)', None, ''),
    'a print to nowhere': ('print("a", file=open("/x", "w"))', 'failed', ''),
    # exceptions
    'a large number as a wrong argument': ('v = {"v": 10 ** 300_000}\ntake_text([v][0])', 'failed', 'got {'),
    'a large text as a wrong argument': ('v = {"v": "\u00e4" * 2_000_000}\ntake_text([v][0])', 'failed', 'got {'),
    'an exception of 15 MB': ('raise ValueError("a" * 15_000_000)', 'failed', 'ValueError'),
    'an exception of 20 MB': ('raise ValueError("a" * 20_000_000)', 'failed', 'ValueError'),
    'an exception of 5 MB in lines': ('raise ValueError("ab\\n" * 1_500_000)', 'failed', 'more lines'),
    'an exception of many arguments': ('raise ValueError(*range(10_000))', 'failed', ''),
    'an exception that shares structure': ('x = []\nfor i in range(40): x = [x, x]\nraise ValueError(x)', 'failed', ''),
    'an exception of a group of quotes': ('raise TypeError("\'" * 200_000)', 'failed', ''),
    'an exception in the words of ours': ('raise MemoryError("memory limit exceeded")', 'failed', ''),
    'an exception that cannot be told': (
        'class E(Exception):\n    def __str__(self): raise ValueError("no")\nraise E()',
        None,
        '',
    ),
    'a chain of exceptions': (
        'e = ValueError("a")\nfor i in range(500):\n    try:\n        raise e\n    except ValueError as f:\n'
        '        e = ValueError(str(f) + "b")\nraise e',
        'failed',
        'ValueError',
    ),
    'SystemExit': ('raise SystemExit(1)', 'failed', ''),
    'KeyboardInterrupt': ('raise KeyboardInterrupt', 'failed', ''),
    'a key error of a large key': ('{}["a" * 5_000_000]', 'failed', 'KeyError'),
    'a key error beside many keys': ('x = {str(i): 1 for i in range(30_000)}\nx["y"]', 'failed', 'KeyError'),
    'a key error beside large keys': ('x = {str(i) * 50_000: 1 for i in range(40)}\nx["y"]', 'failed', 'KeyError'),
    'a number of a large text': ('int("a" * 5_000_000)', 'failed', 'ValueError'),
    # keys and hashes
    # CPython goes through all of such a tuple at each reference; the sandbox does not.
    'a shared tuple as a key, 16 rounds': ('x = (1,)\nfor i in range(16): x = (x, x)\n{x: 1}', 'completed', ''),
    'a shared tuple as a key, 20 rounds': ('x = (1,)\nfor i in range(20): x = (x, x)\n{x: 1}', 'failed', _NO_HASH),
    'a shared tuple as a key, 30 rounds': ('x = (1,)\nfor i in range(30): x = (x, x)\n{x: 1}', 'failed', _NO_HASH),
    'a shared tuple as a key, 200 rounds': ('x = (1,)\nfor i in range(200): x = (x, x)\n{x}', 'failed', _NO_HASH),
    'a shared tuple as a key, deep inside': (_SHARED + '[{"a": [{"b": {x: 1}}]}]', 'failed', _NO_HASH),
    'a shared tuple as a key, returned': (_SHARED + 'if x: return {x: 1}\n2', 'failed', _NO_HASH),
    'a shared tuple as a key, assigned': (_SHARED + 'y = {x: 1}', 'failed', _NO_HASH),
    'a shared tuple as a key, of an argument': (_SHARED + 'await take({x: 1})', 'failed', _NO_HASH),
    'a shared tuple as a key, by another name': (_SHARED + 'f = take\nawait f(value=[{x}])', 'failed', _NO_HASH),
    'a shared tuple as a key, caught': (
        _SHARED + 'try:\n    await take({x: 1})\nexcept ValueError as e:\n    r = str(e)\nr',
        'completed',
        _NO_HASH,
    ),
    'a shared tuple as a key, of one that a function sends': (
        'async def send(v): return await take(v)\n' + _SHARED + 'await send({x: 1})',
        'failed',
        _NO_HASH,
    ),
    'a shared tuple as a key, asked of the system': (_SHARED + 'import os\nos.getenv("A", {x: 1})', 'failed', _NO_HASH),
    'shared tuples as keys, again and again': (
        _SHARED + 'while True:\n    try:\n        await take({x: 1})\n    except ValueError:\n        pass',
        'failed',
        _TIME,
    ),
    'shared tuples as keys, asked of the system again and again': (
        _SHARED
        + 'import os\nwhile True:\n    try:\n        os.getenv("A", {x: 1})\n    except ValueError:\n        pass',
        'failed',
        _TIME,
    ),
    'the value given by the code itself, very often': (
        _SHARED + 'for _ in range(3_000):\n    try:\n        _grail_value(1)\n    except NameError:\n        pass\n2',
        None,
        '',
    ),
    'a shared tuple as a key, kept': (_SHARED + 'y = {x: 1}\nlen(y)', 'completed', '1'),
    'a shared tuple as a key, told of': (_SHARED + 'y = {x: 1}\nlen = str = lambda v: y\nNone', None, ''),
    'a shared tuple as a key, with another missing': (
        _SHARED + 'y = {frozenset([x]): 1}\ny["a"]',
        'failed',
        'KeyError',
    ),
    'a wide tuple as a key': ('x = ((0,) * 200_000,) * 200_000\n{x: 1}', 'failed', _NO_HASH),
    'shared pairs as keys': (
        'x = 1\nfor i in range(40): x = next(zip([x], [x]))\n{x: 1}',
        'failed',
        _NO_HASH,
    ),
    'shared items as keys': (
        'x = 1\nfor i in range(40): x = list({x: x}.items())[0]\n{x: 1}',
        'failed',
        _NO_HASH,
    ),
    'shared named tuples as keys': (
        'from collections import namedtuple\nP = namedtuple("P", "a b")\nx = 1\n'
        'for i in range(40): x = P(x, x)\n{x: 1}',
        None,
        '',
    ),
    'shared frozen records as keys': (
        'from dataclasses import dataclass\n@dataclass(frozen=True)\nclass P:\n    a: object\n    b: object\n'
        'x = 1\nfor i in range(20): x = P(x, x)\n{x: 1}',
        None,
        '',
    ),
    'shared frozensets': ('x = 1\nfor i in range(40): x = frozenset([x, (x,)])\n{x: 1}', None, ''),
    'a text of a megabyte as a key': ('{"a" * 1_000_000: 1}', 'completed', ''),
    'a hundred large keys': ('{str(i) * 10_000: i for i in range(100)}', 'completed', ''),
    'keys that read the same': ('{1: "a", "1": "b", 1.5: "c", (1, 2): "d", None: "e", True: "f"}', 'completed', ''),
    'a key that cannot be hashed': ('{[]: 1}', 'failed', ''),
    'a set of many kinds': ('{1, "a", None, (1, 2), 1.5, frozenset([1])}', 'completed', ''),
    # what stays
    'a large state': ('kept = "a" * 15_000_000\nNone', None, ''),
    'a large state of many': ('kept = [str(i) for i in range(200_000)]\nNone', None, ''),
    'a large state that shares': ('kept = ["a"]\nfor i in range(60): kept = [kept, kept]\nNone', 'completed', ''),
    'a state of many functions': ('for i in range(2_000): exec(f"def f{i}(x): return x + {i}")', None, ''),
    'a state of many names': ('\n'.join(f'v{i} = {i}' for i in range(1_000)), 'completed', ''),
    'builtins that mean something else': ('len = list = dict = type = isinstance = str = None\n1', 'completed', '1'),
    'names of ours': ('_grail_head = 5\n("_grail_head", "list", 10 ** 12, [1, 2])', 'completed', ''),
    'names of ours, returned': ('x = ("_grail_head", "dict", -1, {"a": 1})\nx', 'completed', ''),
    'objects as keys': ('class A: pass\n{A(): 1, A(): 2}', None, ''),
    'objects in a set': ('class A: pass\n[{A()}, {"a": {A()}}]', None, ''),
    'names of ours, with another': ('x = ("_grail_head", "set", 3, "abc")\nx', 'completed', ''),
    # text
    'surrogates': ('"\\ud800" * 1_000', None, ''),
    'emoji by the million': ('"\\U0001f600" * 2_000_000', 'completed', ''),
    'combining marks': ('"e" + "\\u0301" * 100_000', 'completed', ''),
    'zeros': ('"\\0" * 100_000', 'completed', ''),
    'line breaks of all kinds': ('"\\r\\n\\x0b\\x0c\\x1c\\x85\\u2028" * 10_000', 'completed', ''),
    'infinities': ('[float("inf"), float("-inf"), float("nan")] * 3_000', 'completed', ''),
    'bytes of all kinds': ('b"\\x00\\t\\n\\xff" * 100_000', 'completed', ''),
}

_GROW_MORE: Final = frozenset({'an exception of 20 MB'})


def written() -> list[HostileCell]:
    """All of them."""
    return [
        HostileCell(
            name=name,
            code=code,
            says=says,
            endings=ANY_ENDING if ending is None else frozenset({ending}),
            most_grown_bytes=MOST_GROWN_BY_EXCEPTIONS if name in _GROW_MORE else MAX_GROWTH_BYTES,
        )
        for name, (code, ending, says) in _CELLS.items()
    ]
