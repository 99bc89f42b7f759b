"""Generated records inside records and lists, with values that fit, and with mistakes put into them at known places."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Annotated, Any, NotRequired, TypeAlias

from hypothesis import strategies as st
from pydantic import Field
from typing_extensions import TypedDict

WORDS = ('quantity', 'warehouse', 'comment', 'customer', 'priority', 'address')

Path: TypeAlias = 'tuple[str | int, ...]'
Shape: TypeAlias = 'str | list[Shape] | dict[str, tuple[Shape, bool]]'
"""`'text'`, `'count'` (above 0), a list of one shape, or a record: key -> its shape, and whether it must be there."""


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """What is wrong at a place: a key left out or misspelt, or a value that does not fit."""

    path: Path
    """Of a key that is left out, the record that lacks it."""
    kind: str
    key: str = ''
    """The right key."""


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """A record with mistakes."""

    shape: dict[str, tuple[Shape, bool]]
    right: dict[str, Any]
    wrong: dict[str, Any]
    mistakes: tuple[Mistake, ...]


def shapes() -> st.SearchStrategy[dict[str, tuple[Shape, bool]]]:
    leaves: st.SearchStrategy[Any] = st.sampled_from(['text', 'count'])
    inner = st.recursive(leaves, lambda each: st.one_of(each.map(lambda one: [one]), _records(each)), max_leaves=6)
    return _records(inner)


def _records(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, tuple[Shape, bool]]]:
    return st.dictionaries(st.sampled_from(WORDS), st.tuples(inner, st.booleans()), min_size=1, max_size=4)


@st.composite
def wrong_records(draw: st.DrawFn) -> Wrong:
    shape = draw(shapes())
    right = draw(values(shape))
    wrong = copy.deepcopy(right)
    mistakes: list[Mistake] = []
    for place in draw(st.permutations([*places(shape, right)]))[: draw(st.integers(1, 3))]:
        path, kind = place
        if any(path[: len(other)] == other or other[: len(path)] == path for other in map(_touched, mistakes)):
            continue
        parent = _at(wrong, path[:-1])
        match kind:
            case 'missing':
                del parent[path[-1]]
                mistakes.append(Mistake(path=path[:-1], kind=kind, key=str(path[-1])))
            case 'misspelt':
                key = str(path[-1])
                strange = key[:4] + key[3:]
                _rename(parent, key, strange)
                mistakes.append(Mistake(path=(*path[:-1], strange), kind=kind, key=key))
            case _:
                parent[path[-1]] = draw(
                    st.sampled_from([None, 1.5, ['?']] if kind == 'text' else [0, -3, 'many', None])
                )
                mistakes.append(Mistake(path=path, kind='value'))
    return Wrong(shape=shape, right=right, wrong=wrong, mistakes=tuple(mistakes))


def _touched(mistake: Mistake) -> Path:
    return (
        (*mistake.path, mistake.key)
        if mistake.kind == 'missing'
        else (*mistake.path[:-1], mistake.key or mistake.path[-1])
    )


def values(shape: Shape) -> st.SearchStrategy[Any]:
    match shape:
        case 'text':
            return st.sampled_from(['a', "it's", 'two words', ''])
        case 'count':
            return st.integers(1, 9)
        case [item]:
            return st.lists(values(item), max_size=3)
        case dict():
            return st.fixed_dictionaries(
                {key: values(each) for key, (each, required) in shape.items() if required},
                optional={key: values(each) for key, (each, required) in shape.items() if not required},
            )
        case _:
            raise AssertionError(shape)


def places(shape: Shape, value: Any, path: Path = ()) -> list[tuple[Path, str]]:
    """Where a mistake of which kind can be made."""
    found: list[tuple[Path, str]] = []
    match shape:
        case [item]:
            for index, each in enumerate(value):
                found += places(item, each, (*path, index))
        case dict():
            for key, each in value.items():
                inner, required = shape[key]
                found += [((*path, key), 'missing'), ((*path, key), 'misspelt')] if required else []
                found += places(inner, each, (*path, key))
        case _:
            found.append((path, str(shape)))
    return found


def as_type(shape: Shape, name: str = 'Order') -> Any:
    """The shape as a type of Python."""
    match shape:
        case 'text':
            return str
        case 'count':
            return Annotated[int, Field(gt=0)]
        case [item]:
            return list[as_type(item, f'{name}Item')]
        case dict():
            fields = {key: as_type(each, f'{name}{key.title()}') for key, (each, _) in shape.items()}
            kinds = {key: each if shape[key][1] else NotRequired[each] for key, each in fields.items()}
            return TypedDict(name, kinds)  # type: ignore[operator, misc]  # pyright: ignore  # made while the test runs
        case _:
            raise AssertionError(shape)


def as_schema(shape: Shape) -> dict[str, Any]:
    """The shape as a JSON schema."""
    match shape:
        case 'text':
            return {'type': 'string'}
        case 'count':
            return {'type': 'integer', 'exclusiveMinimum': 0}
        case [item]:
            return {'type': 'array', 'items': as_schema(item)}
        case dict():
            required = [key for key, (_, is_required) in shape.items() if is_required]
            return {
                'type': 'object',
                'properties': {key: as_schema(each) for key, (each, _) in shape.items()},
                'required': required,
            }
        case _:
            raise AssertionError(shape)


def path_text(path: Path) -> str:
    return 'order' + ''.join(f'[{step!r}]' for step in path)


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _rename(record: dict[str, Any], key: str, other: str) -> None:
    items = [(other if each == key else each, value) for each, value in record.items()]
    record.clear()
    record.update(items)
