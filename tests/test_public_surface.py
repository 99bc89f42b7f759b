"""The names a user may rely on, and the rules they keep: few, documented, keyword-only after the first parameter."""

from __future__ import annotations

import dataclasses
import importlib.resources
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import pydantic_ai_grail

PUBLIC = pydantic_ai_grail.__all__


def callables(name: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """A public name's own signature and those of the public methods it defines itself."""
    value = getattr(pydantic_ai_grail, name)
    if inspect.isfunction(value):
        yield name, value
    if inspect.isclass(value) and not issubclass(value, BaseException):
        own = {key: member for key, member in vars(value).items() if inspect.isfunction(member)}
        yield from ((f'{name}.{key}', member) for key, member in own.items() if not key.startswith('_'))
        if '__init__' in own:
            yield name, own['__init__']


def test_the_public_names_are_read_in_a_minute() -> None:
    assert len(PUBLIC) <= 20


def test_a_star_import_gives_the_public_names_and_each_is_there() -> None:
    assert [name for name in PUBLIC if not hasattr(pydantic_ai_grail, name)] == []


@pytest.mark.parametrize('name', PUBLIC)
def test_a_public_name_is_documented(name: str) -> None:
    value = getattr(pydantic_ai_grail, name)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert value.__doc__
        assert not value.__doc__.startswith(f'{name}('), 'a dataclass shows its signature when nobody wrote a docstring'


@pytest.mark.parametrize('name', PUBLIC)
def test_options_are_keyword_only(name: str) -> None:
    """A position is for what a call is about, and for one default at most; any other option has a name at the call."""
    for place, function in callables(name):
        parameters = inspect.signature(function).parameters.values()
        options = [item for item in parameters if item.default is not item.empty][1:]
        loose = [item.name for item in options if item.kind is item.POSITIONAL_OR_KEYWORD]
        assert loose == [], f'{place}: make {loose} keyword-only'


@pytest.mark.parametrize('name', PUBLIC)
def test_a_public_record_is_frozen(name: str) -> None:
    value = getattr(pydantic_ai_grail, name)
    if dataclasses.is_dataclass(value) and name not in {'CodeMode', 'CodeModeToolset', 'MemoryStore', 'SqlStore'}:
        assert value.__dataclass_params__.frozen  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] - typeshed lacks it


def test_the_package_is_typed() -> None:
    assert importlib.resources.files(pydantic_ai_grail).joinpath('py.typed').is_file()
