"""Source that grows: programs of a kind, of any number of characters, as code that means harm or bad luck has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final


def lines(line: Callable[[int], str]) -> Callable[[int], str]:
    """Programs of as many such lines as fill a number of characters."""

    def program(chars: int) -> str:
        found: list[str] = []
        length = 0
        while length < chars:
            found.append(line(len(found)))
            length += len(found[-1]) + 1
        return '\n'.join(found)

    return program


def below(first: str, line: Callable[[int], str], last: str = '') -> Callable[[int], str]:
    return lambda chars: f'{first}{lines(line)(chars)}{last}'


GROWING: Final[Mapping[str, Callable[[int], str]]] = {
    'unknown names': lines(lambda i: f'zz{i}'),
    'unknown names on one line': lambda chars: '; '.join(f'zz{i}' for i in range(chars // 7)),
    'calls without await': lines(lambda i: f'search(q={i})'),
    'calls without await in one line': lambda chars: '; '.join(f'search("é{i}")' for i in range(chars // 14)),
    'calls without await, assigned': lines(lambda i: f'a{i} = search(q={i})'),
    'calls of a tool whose name is bound at the end': below('', lambda i: f'search(q={i})', '\nsearch = 1'),
    'calls of unknown tools': lines(lambda i: f'await searc{i}(q=1)'),
    'imports of nothing': lines(lambda i: f'import nope{i}'),
    'imports from nothing': lines(lambda i: f'from nope{i} import z{i}'),
    'imports of what is lacking': lines(lambda i: f'import statistics as s{i}; s{i}.mean([1])'),
    'modules that are not imported': lines(lambda i: f'math.sqrt({i})'),
    'a list': below('x = [', lambda i: f'{i},', ']'),
    'a dict': below('x = {', lambda i: f'"k{i}": {i},', '}'),
    'text that is not ASCII': lambda chars: 'x = [' + '"é", ' * (chars // 5) + ']',
    'the same assignment': lines(lambda i: 'x = 1'),
    'assignments': lines(lambda i: f'x{i} = {i}'),
    'sums of what is not there': lines(lambda i: f't{i} += 1'),
    'line breaks': lambda chars: '\n' * chars,
    'comments': lambda chars: '# c\n' * (chars // 4) + 'x = 1',
    'a number': lambda chars: 'x = 0x' + 'f' * chars,
    'a text': lambda chars: 'x = "' + 'a' * chars + '"',
    'a name': lambda chars: 'a' * chars,
    'attributes': lines(lambda i: 'x' + '.b' * 50),
    'operators': lines(lambda i: 'x = 1' + '+1' * 60),
    'brackets': lines(lambda i: '(' * 60 + '1' + ')' * 60),
    'one f-string': lambda chars: 'x = 1\ny = f"' + '{x}' * (chars // 3) + '"',
    'f-strings': below('x = 1\n', lambda i: f'y = f"{{x}} {{zz{i}}}"'),
    'functions': lines(lambda i: f'def f{i}(): return f{i - 1}() if {i} else 0'),
    'functions with unknown names': lines(lambda i: f'def f{i}(): return zz{i}\nf{i}()'),
    'methods': lines(lambda i: f'class C{i}:\n  def m(self): return self.x{i}'),
    'lambdas': lines(lambda i: f'l{i} = lambda: zz{i}'),
    'comprehensions': lines(lambda i: f'x{i} = [[j for j in range(k)] for k in range({i})]'),
    'generators': lines(lambda i: f'g{i} = (k for k in range({i}))'),
    'handlers': lines(lambda i: f'try:\n zz{i}\nexcept NameError: pass'),
    'deletions': lines(lambda i: f'v{i} = 1\ndel v{i}'),
    'attributes of texts': lines(lambda i: f'"s{i}".nope'),
    'arguments': lambda chars: 'search(' + ', '.join(f'a{i}=1' for i in range(chars // 8)) + ')',
    'a gather': lambda chars: (
        'import asyncio\nr = await asyncio.gather(' + ', '.join(f'search(q={i})' for i in range(chars // 14)) + ')'
    ),
    'methods as values': below('d = {}\n', lambda i: 'a = max(d, key=d.get)'),
    'dates': lines(lambda i: 'datetime.strptime("1", "%d")'),
    'sets': below('a = set()\n', lambda i: f'b{i} = a.union([1], [2])'),
    'cases': below('x = 1\nmatch x:\n', lambda i: f' case {i}: pass'),
}
"""Programs by kind, given how many characters they are to have."""

ODD: Final[Mapping[str, str]] = {
    'a number of 30,000 hexadecimal digits': 'x = 0x' + 'f' * 30_000,
    'a number of 5,000 digits': 'x = ' + '9' * 5_000,
    'NUL': 'x = 1\0',
    'a chain of attributes': 'x = a' + '.b' * 10_000,
    'a chain of operators': 'x = 1' + ' + 1' * 5_000,
    'a chain of calls': 'x = f' + '()' * 5_000,
    'elif': 'x = 1\nif x: pass\n' + '\n'.join(f'elif x == {i}: pass' for i in range(1_500)),
    'nested brackets': '(' * 5_000 + ')' * 5_000,
    'nested lists': '[' * 150 + ']' * 150,
    'nested blocks': ''.join(' ' * i + 'if 1:\n' for i in range(90)) + ' ' * 90 + 'pass',
    'nested functions': ''.join(' ' * i + f'def f{i}():\n' for i in range(90)) + ' ' * 90 + 'pass',
    'nested comprehensions': 'x = ' + '[' * 40 + '1' + ' for i in [1]]' * 40,
    'nested f-strings': 'x = ' + 'f"{' * 10 + '1' + '}"' * 10,
    'minus signs': 'x = ' + '-' * 3_000 + '1',
    'not': 'x = ' + 'not ' * 3_000 + '1',
    'lambdas in lambdas': 'x = ' + 'lambda: ' * 500 + '1',
    'await': 'x = ' + 'await ' * 50 + '1',
    'a name of 30,000 characters': 'a' * 30_000 + ' = 1',
    'only a backslash': '\\',
    'form feeds': '\f' * 500 + 'x = 1',
    'carriage returns': 'x = 1\r' * 500,
    'an unfinished text': '"""' + 'a' * 20_000,
    'nothing': '',
    'blanks': ' ' * 5_000,
}
"""Source that some pass may stumble over."""
