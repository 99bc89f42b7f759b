"""What to write instead of a module, a function or a builtin that Monty lacks: advice, by dotted name.

Nothing is refused for being listed here; the `Support` table decides that. A name without advice gets none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

_SLICES: Final = (
    'Start with results = [], and gather in slices: '
    'for i in range(0, len(xs), 5): results += await asyncio.gather(*[tool(x) for x in xs[i : i + 5]]).'
)

_ALTERNATIVES: Final[Mapping[str, str]] = {
    'statistics': 'Compute it: sum(xs) / len(xs) for the mean.',
    'statistics.mean': 'sum(xs) / len(xs)',
    'statistics.fmean': 'sum(xs) / len(xs)',
    'statistics.median': 'ys = sorted(xs); n = len(ys); (ys[(n - 1) // 2] + ys[n // 2]) / 2',
    'statistics.mode': 'Counter(xs).most_common(1)[0][0]',
    'statistics.stdev': 'm = sum(xs) / len(xs); math.sqrt(sum((x - m) ** 2 for x in xs) / (len(xs) - 1))',
    'statistics.pstdev': 'm = sum(xs) / len(xs); math.sqrt(sum((x - m) ** 2 for x in xs) / len(xs))',
    'statistics.variance': 'm = sum(xs) / len(xs); sum((x - m) ** 2 for x in xs) / (len(xs) - 1)',
    'string': "Write the characters: 'abcdefghijklmnopqrstuvwxyz', '0123456789'.",
    'string.Template': "An f-string, f'Dear {name}', or text.format(name=name)",
    'string.ascii_lowercase': "'abcdefghijklmnopqrstuvwxyz'",
    'string.ascii_uppercase': "'ABCDEFGHIJKLMNOPQRSTUVWXYZ'",
    'string.ascii_letters': "'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'",
    'string.digits': "'0123456789'",
    'string.punctuation': repr('!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'),
    'string.capwords': "' '.join(word.capitalize() for word in text.split())",
    'textwrap': "Build the text with '\\n'.join(lines) and slices.",
    'textwrap.dedent': 'Write the text without indentation, or strip each line.',
    'textwrap.shorten': "text if len(text) <= n else text[: n - 3] + '...'",
    'textwrap.indent': "'\\n'.join('  ' + line for line in text.splitlines())",
    'io': "Use a list of lines and '\\n'.join(lines); csv.reader takes text.splitlines(keepends=True).",
    'io.StringIO': "text.splitlines(keepends=True) to read, '\\n'.join(lines) to write",
    'uuid': 'Make an id from what you have: hashlib.sha256(text.encode()).hexdigest()[:32].',
    'uuid.UUID': 'Keep the id as a str.',
    'uuid.uuid4': "f'{random.getrandbits(128):032x}'",
    'enum': "Use plain constants: RED = 'red'.",
    'operator': 'Write a lambda.',
    'operator.itemgetter': "lambda row: row['key']",
    'operator.attrgetter': 'lambda thing: thing.name',
    'operator.add': 'lambda a, b: a + b',
    'operator.mul': 'lambda a, b: a * b',
    'heapq': 'Use sorted().',
    'heapq.nlargest': 'sorted(xs, reverse=True)[:n]',
    'heapq.nsmallest': 'sorted(xs)[:n]',
    'heapq.heappush': 'bisect.insort(items, x)',
    'heapq.heappop': 'items.pop(0) of a sorted list',
    'urllib': 'Split and join the text, or use a tool that fetches.',
    'urllib.parse': "Use str.partition, split('&') and '&'.join(...).",
    'urllib.request': 'Call a tool that fetches; code has no network here.',
    'html': "text.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')",
    'zoneinfo': 'Use fixed offsets: timezone(timedelta(hours=2)).',
    'calendar': 'Use datetime: date(y, m, 1), timedelta, strftime.',
    'calendar.monthrange': '(date(y + m // 12, m % 12 + 1, 1) - timedelta(days=1)).day for the last day',
    'calendar.month_name': "date(2000, m, 1).strftime('%B')",
    'calendar.day_name': "d.strftime('%A')",
    'secrets': 'Use random.',
    'contextlib': 'Use try/except/finally.',
    'contextlib.suppress': 'try: ... except KeyError: pass',
    'pprint': 'Write the value alone on the last line: it is the result.',
    'traceback': 'print(type(error).__name__, error)',
    'fractions': 'Use decimal.Decimal, or keep numerator and denominator.',
    'types': 'Use a dict.',
    'types.SimpleNamespace': "Use a dict: row = {'a': 1}; row['a'].",
    'logging': 'Use print().',
    'abc': 'Leave it out: classes cannot inherit here.',
    'threading': 'Use await asyncio.gather(...).',
    'concurrent': 'Use await asyncio.gather(...).',
    'multiprocessing': 'Use await asyncio.gather(...).',
    'subprocess': 'Call a tool; code cannot start processes here.',
    'warnings': 'Use print().',
    'inspect': 'help(tool) shows the signature of a tool.',
    'collections.abc': 'For annotations use typing: from typing import Callable, Iterable.',
    'collections.OrderedDict': 'Use dict, which keeps its order.',
    'collections.ChainMap': '{**defaults, **overrides}',
    'functools.wraps': 'Leave it out.',
    'functools.cmp_to_key': 'Sort by a key: sorted(xs, key=lambda x: (x[0], -x[1])).',
    'functools.total_ordering': 'Sort by a key: sorted(xs, key=lambda x: x.rank).',
    'functools.cached_property': 'Compute it in __init__.',
    'functools.singledispatch': 'Use isinstance in one function.',
    'dataclasses.asdict': "Write the dict: {'x': p.x, 'y': p.y}.",
    'dataclasses.astuple': 'Write the tuple: (p.x, p.y).',
    'dataclasses.replace': 'Make a new one: Point(x=1, y=p.y).',
    'dataclasses.fields': 'Name the fields.',
    'datetime.UTC': 'timezone.utc',
    'datetime.datetime.utcnow': 'datetime.now(timezone.utc)',
    'datetime.datetime.fromtimestamp': 'datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=ts)',
    'datetime.datetime.utcfromtimestamp': 'datetime(1970, 1, 1) + timedelta(seconds=ts)',
    'datetime.datetime.today': 'datetime.now()',
    'datetime.date.fromtimestamp': '(datetime(1970, 1, 1) + timedelta(seconds=ts)).date()',
    'datetime.date.fromordinal': 'date(1, 1, 1) + timedelta(days=n - 1)',
    'datetime.date.fromisocalendar': 'date(y, 1, 4) + timedelta(weeks=week - 1, days=day - date(y, 1, 4).isoweekday())',
    'asyncio.create_task': 'Call without await and gather: await asyncio.gather(tool(1), tool(2)).',
    'asyncio.ensure_future': 'Call without await and gather: await asyncio.gather(tool(1), tool(2)).',
    'asyncio.TaskGroup': 'results = await asyncio.gather(tool(1), tool(2))',
    'asyncio.wait_for': 'Await the call itself, without a time limit: await tool(x).',
    'asyncio.timeout': 'Await the call itself, without a time limit: await tool(x).',
    'asyncio.wait': 'results = await asyncio.gather(*calls)',
    'asyncio.as_completed': 'Loop over all results: for result in await asyncio.gather(*calls): ...',
    'asyncio.Semaphore': _SLICES,
    'asyncio.BoundedSemaphore': _SLICES,
    'asyncio.Lock': 'Leave it out: code between two awaits is never interrupted. '
    'Calls that must not overlap are made one after the other, in a loop.',
    'asyncio.Queue': 'Use a collections.deque: queue.append(x) to put, queue.popleft() to get.',
    'asyncio.Event': 'Await the call that it waits for.',
    'asyncio.to_thread': 'Call the function itself.',
    'asyncio.get_event_loop': 'Use await; the loop is running.',
    'asyncio.shield': 'Await the call itself.',
    'asyncio.TimeoutError': 'TimeoutError',
    'json.JSONEncoder': 'Convert values before json.dumps: str(value), value.isoformat().',
    're.VERBOSE': 'Write the pattern on one line, without comments.',
    're.X': 'Write the pattern on one line, without comments.',
    're.subn': 're.sub(...), and len(re.findall(...)) for the number.',
    'int.from_bytes': 'Compute it with a loop over the bytes.',
    'str.maketrans': 'Use replace, once for each character.',
    'sys.exit': 'Let the cell end, or return.',
    'sys.stdin': 'Ask the user in your answer; code has no input.',
    'typing.NamedTuple': "collections.namedtuple('Point', ['x', 'y'])",
    'typing.TypedDict': 'dict[str, Any]',
    'typing.cast': 'Use the value itself.',
}

_CSV_READER: Final = 'csv.reader and csv.DictReader take text.splitlines(keepends=True) instead of a text buffer.'
_CSV_WRITER: Final = (
    'csv.writer and csv.DictWriter take any object with a write method. Before it, on two lines: parts = [] and '
    "class Out: write = lambda self, text: parts.append(text). Then csv.writer(Out()), and ''.join(parts) is the text."
)

_FETCH: Final = 'Call a tool that fetches; code has no network here.'
_THIRD_PARTY: Final[Mapping[str, str]] = {
    'requests': _FETCH,
    'httpx': _FETCH,
    'aiohttp': _FETCH,
    'urllib3': _FETCH,
    'numpy': 'Use lists, sum() and math.',
    'scipy': 'Use lists, sum() and math.',
    'pandas': 'Use lists of dicts.',
    'polars': 'Use lists of dicts.',
    'yaml': 'Use json, or take the lines apart.',
    'bs4': 'Use re.findall.',
    'dateutil': 'Use datetime.fromisoformat or datetime.strptime.',
    'pytz': 'Use fixed offsets: timezone(timedelta(hours=2)).',
    'pydantic': 'Use a dataclass: from dataclasses import dataclass.',
    'matplotlib': 'Give the numbers in your answer.',
    'tabulate': 'Use f-strings with widths: f"{name:<20}{count:>5}".',
    'rich': 'Use print().',
    'tqdm': 'Loop without it.',
}
"""Packages that models reach for, and that no sandbox has."""

_BUILTINS: Final[Mapping[str, str]] = {
    'callable': 'Say which it is: isinstance(x, str) or not.',
    'issubclass': 'Compare classes: cls is Base.',
    'vars': "Name the attributes: {'x': thing.x}.",
    'dir': 'help(tool) shows a tool; print(value) shows a value.',
    'globals': 'Use the names themselves, or a dict of your own.',
    'input': 'Ask the user in your answer; code has no input.',
    'bytearray': 'Use bytes, or a list of numbers.',
    'memoryview': 'Use bytes.',
    'super': 'Classes cannot inherit here.',
    'delattr': 'Assign None to the attribute.',
    'ascii': 'Write repr(text).',
    'staticmethod': 'Make it a function outside of the class.',
    'classmethod': 'Make it a function outside of the class.',
    'exit': 'Let the cell end.',
    'quit': 'Let the cell end.',
    'breakpoint': 'Use print().',
    'compile': 'Write the code itself.',
    'anext': 'Loop over the awaited result.',
    'aiter': 'Loop over the awaited result.',
    'ExceptionGroup': 'Raise one exception.',
    'ConnectionError': 'Use OSError.',
    'UnicodeError': 'Use ValueError.',
    'EOFError': 'Use ValueError.',
}


_OPTIONS: Final[Mapping[str, str]] = {
    'json.dumps(default': 'Convert values first: str(value), value.isoformat(), sorted(values).',
    'json.dumps(cls': 'Convert values first: str(value), value.isoformat(), sorted(values).',
    'json.loads(object_hook': 'Convert after loading: make(json.loads(text)).',
    'json.loads(object_pairs_hook': 'Leave it out: dict keeps its order.',
    'asyncio.gather(return_exceptions': 'Catch in a function: async def safe(x): try: return await tool(x) except Exception as e: return e.',
    'dataclasses.dataclass(order': 'Leave it out and sort by a key: sorted(things, key=lambda thing: {key}).',
    'dataclasses.dataclass(init': 'Leave it out.',
    'dataclasses.dataclass(kw_only': 'Leave it out, and put fields with defaults last.',
    'dataclasses.dataclass(unsafe_hash': 'Write frozen=True.',
}

_METHODS: Final[Mapping[str, str]] = {
    'isocalendar': "int(d.strftime('%G')), int(d.strftime('%V')), d.isoweekday()",
    'toordinal': '(d - date(1, 1, 1)).days + 1',
    'timetuple': "int(d.strftime('%j')) for the day of the year; d.year, d.month for the rest",
    'ctime': "d.strftime('%a %b %d %H:%M:%S %Y')",
    'translate': 'Use replace, once for each character.',
    'maketrans': 'Use replace, once for each character.',
    'format_map': 'text.format(**values)',
    'is_integer': 'x % 1 == 0',
    'bit_length': 'len(bin(n)) - 2',
    'bit_count': "bin(n).count('1')",
    'to_bytes': 'bytes([n >> 8 & 255, n & 255])',
    'subn': 'Use sub, and len(pattern.findall(text)) for the number.',
    'intersection_update': 'a &= b',
    'difference_update': 'a -= b',
    'symmetric_difference_update': 'a ^= b',
    'relative_to': 'str(path).removeprefix(str(base))',
    'is_relative_to': 'str(path).startswith(str(base))',
}


def instead_of_option(function: str, option: str, *, fields: Iterable[str] = ()) -> str:
    """What to write instead of an option. `fields` are those of the class that a decorator stands above."""
    parts = [f'thing.{name}' for name in fields] or ['thing.x']
    key = parts[0] if len(parts) == 1 else f'({", ".join(parts[:4])})'
    return _OPTIONS.get(f'{function}({option}', 'Leave it out.').replace('{key}', key)


def instead_of_method(method: str) -> str | None:
    found = _METHODS.get(method)
    return found if found is None or found.endswith('.') else f'Write `{found}`.'


def instead_of_text_buffer(*, reads_csv: bool, writes_csv: bool) -> str | None:
    """What to give the functions of `csv` instead of an `io.StringIO`; `None` where it is for something else."""
    return ' '.join([_CSV_READER] * reads_csv + [_CSV_WRITER] * writes_csv) or None


def instead_of(module: str, attributes: Iterable[str]) -> str | None:
    """What to write instead of a module's attributes, or of the module where none of them has advice of its own."""
    found = [(name, advice) for name in attributes if (advice := _ALTERNATIVES.get(f'{module}.{name}')) is not None]
    if found:
        return ' '.join(
            advice if advice.endswith('.') else f'Instead of {name}: {advice}' for name, advice in found[:3]
        )
    root = module.partition('.')[0]
    return _of_all(module) or _of_all(root)


def _of_all(module: str) -> str | None:
    """Of a module as a whole: where there is no sentence, not code either, which would stand for the `import`."""
    advice = _ALTERNATIVES.get(module) or _THIRD_PARTY.get(module)
    return advice if advice is None or advice.endswith('.') else f'Instead of it: {advice}'


def is_known_package(module: str) -> bool:
    """Whether a module is of a package outside of the standard library for which there is advice."""
    return module.partition('.')[0] in _THIRD_PARTY


def instead_of_builtin(name: str) -> str | None:
    if name.endswith('Warning'):
        return 'Use print().'
    if name.endswith('Error'):
        return _BUILTINS.get(name, 'Use a more general exception: OSError, ValueError, RuntimeError, Exception.')
    return _BUILTINS.get(name)
