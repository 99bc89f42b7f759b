"""Programs whose calls may be left pending, side by side with CPython: the same effects and value, or a word about it.

CPython runs them twice: with a tool that is a coroutine function, and with one that gives its result at once, as the code
is meant by who forgot an `await`.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic_ai import Agent
from support.agents import play
from support.interpreters import run_cpython

from pydantic_ai_grail import CodeMode

CALLS: list[int] = []


async def send(n: int) -> int:
    """Send one."""
    CALLS.append(n)
    return n * 10


def send_at_once(n: int) -> int:
    CALLS.append(n)
    return n * 10


async def send_later(n: int) -> int:
    await asyncio.sleep(0)
    return send_at_once(n)


AGENT = Agent(tools=[send], capabilities=[CodeMode()])
ASYNCIO = 'import asyncio\n'
HELD = 'class A:\n    def __init__(self, fn):\n        self.fn = fn\n'
PROGRAMS = [
    # a callee that is only perhaps a tool
    'flag = True\nf = send if flag else print\nr = f(1)\nr',
    'flag = True\nf = send if flag else (lambda n: n)\nr = f(1)\nr + 1 if isinstance(r, int) else "no"',
    'flag = False\nf = send if flag else (lambda n: n)\nf(1)',
    'flag = True\nf = send if flag else abs\nif f(0):\n    x = "t"\nelse:\n    x = "f"\nx',
    '{"a": send}["a"](1)',
    'k = "a"\nr = {"a": send}[k](1)\nif r:\n    print("true")\nr',
    'fs = {"a": send, "b": print}\nk = "a"\nr = fs[k](1)\n"t" if r else "f"',
    'fs = {"a": send, "b": str}\nk = "a"\nfs[k](1) == 10',
    'fs = {"a": send, "b": str}\nk = "b"\nfs[k](1) == "1"',
    'def go(fn, n):\n    return fn(n)\nx = go(send, 1)\n[x, go(str, 2)]',
    'def go(fn, n):\n    if fn(n):\n        return "t"\n    return "f"\n[go(send, 0), go(bool, 0)]',
    'def go(fn):\n    return [fn(i) for i in [1, 2]]\n[go(send), go(str)]',
    'async def go(fn, n):\n    r = fn(n)\n    return f"{r}"\n[await go(send, 1), await go(str, 1)]',
    'async def go(fn, n):\n    return await fn(n)\nawait go(send, 1)',
    'f = None or send\nr = f(1)\nx = "some" if r else "none"\nx',
    'out = []\nfor f in [send, str]:\n    r = f(1)\n    out.append("t" if r == 10 else "f")\nout',
    'fs = [send, abs]\nsum(1 for f in fs if f(0))',
    'from functools import partial\nfs = [partial(send, 1), partial(str, 1)]\n[f() for f in fs]',
    HELD + '    def go(self, n):\n        r = self.fn(n)\n        return "t" if r else "f"\n[A(send).go(0), A(bool).go(0)]',
    HELD + 'a = A(send)\nr = a.fn(3)\nf"{r}"',
    HELD + 'a = A(send)\nr = await a.fn(3)\nr',
    HELD + 'a = A(send)\nnot a.fn(0)',
    'def pick(name):\n    return send if name == "s" else len\nr = pick("s")(2)\nr',
    'def pick(name):\n    return send if name == "s" else len\npick("l")("ab")',
    'def k(x):\n    return send(x)\nmin([3, 1], key=k)',
    'list(map(lambda i: bool(send(i)), [0, 1]))',
    'fs = [send]\nfs.append(str)\nrs = [f(1) for f in fs]\nlen(rs), rs[0] == 10',
    'import random\nfs = random.sample([send, send], 2)\n[f(i) == 10 for i, f in enumerate(fs)]',
    'd = dict(a=send)\nr = d.get("a", print)(4)\nr is None',
    'def twice(fn):\n    def inner(n):\n        return fn(n), fn(n)\n    return inner\na, b = twice(send)(1)\n(a == 10, b == 10)',
    # gathered, and perhaps not awaited
    ASYNCIO + 'g = asyncio.gather(send(1), send(2))\nprint("done")\n1',
    ASYNCIO + 'g = asyncio.gather(send(1), send(2))\nx = await send(3)\nx',
    ASYNCIO + 'g = asyncio.gather(send(1), send(2))\nx = await send(3)\nawait g',
    ASYNCIO + 'asyncio.gather(send(1), send(2))\n5',
    ASYNCIO + 'gs = [asyncio.gather(send(i)) for i in [1, 2]]\nr = await gs[0]\nr',
    ASYNCIO + 'async def f():\n    asyncio.gather(send(1))\n    return 4\nawait f()',
    ASYNCIO + 't = asyncio.create_task(send(1))\nx = await send(2)\nx',
    ASYNCIO + 'g = asyncio.gather(send(1))\nif g:\n    x = 1\nx',
    ASYNCIO + 'g = asyncio.gather(send(1), send(2))\nf"{len([g])}"',
    ASYNCIO + 'd = {"g": asyncio.gather(send(1), send(2))}\na, b = await d["g"]\na + b',
    ASYNCIO + 'cs = [send(i) for i in range(3)]\nr = await asyncio.gather(*cs[:2])\nr',
]  # fmt: skip


def in_cpython(source: str, tool: Any) -> tuple[Any, list[int]]:
    CALLS.clear()

    def gather(*results: Any) -> list[Any]:
        return list(results)

    try:
        value = run_cpython(source, tools={'send': tool, 'gather': gather})
    except Exception as error:
        value = error
    return value, sorted(CALLS)


@pytest.mark.filterwarnings('ignore')
@pytest.mark.parametrize('source', PROGRAMS)
def test_no_call_is_left_pending_without_a_word(source: str) -> None:
    plain = source.replace('async ', '').replace('await ', '')
    plain = plain.replace('asyncio.gather(', 'gather(').replace('asyncio.create_task(', '(')
    right = [in_cpython(source, send_later), in_cpython(plain, send_at_once)]
    CALLS.clear()
    [cell] = asyncio.run(play(AGENT, source))

    if cell.outcome != 'completed':
        words = ('never awaited', 'await', 'not made', 'cannot be called')
        assert any(word in str(cell.content) for word in words), cell.content
        assert CALLS == []
        return
    content: Any = cell.content
    value: Any = content.get('result', content) if hasattr(content, 'get') else content
    told = 'never awaited' in str(content)
    as_json: list[tuple[Any, list[int]]] = [([*each] if type(each) is tuple else each, calls) for each, calls in right]
    assert (value, sorted(CALLS)) in as_json, (content, right)
    # What is right only because CPython would not have made the call either is told.
    made = right[1][1]
    assert told or sorted(CALLS) == made, content
