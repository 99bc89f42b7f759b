"""Builtins that the runtime has and the checker lacks, declared for the checker. They change nothing at run time.

The checker in Monty 1.4 was asked which names those are; a test asks again and fails when a name is missing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

DECLARATIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        'FileExistsError': 'class FileExistsError(OSError): ...',
        'FileNotFoundError': 'class FileNotFoundError(OSError): ...',
        'ImportError': 'class ImportError(Exception): ...',
        'IsADirectoryError': 'class IsADirectoryError(OSError): ...',
        'ModuleNotFoundError': 'class ModuleNotFoundError(ImportError): ...',
        'NotADirectoryError': 'class NotADirectoryError(OSError): ...',
        'PermissionError': 'class PermissionError(OSError): ...',
        'UnboundLocalError': 'class UnboundLocalError(NameError): ...',
        'UnicodeDecodeError': 'class UnicodeDecodeError(ValueError): ...',
        'UnicodeEncodeError': 'class UnicodeEncodeError(ValueError): ...',
        'filter': """\
@_overload
def filter(function: None, iterable: _Iterable[_T | None], /) -> _Iterator[_T]: ...
@_overload
def filter(function: _Callable[[_T], _Any], iterable: _Iterable[_T], /) -> _Iterator[_T]: ...
""",
        'format': 'def format(value: object, format_spec: str = "", /) -> str: ...',
        'getattr': 'def getattr(object: object, name: str, default: _Any = ..., /) -> _Any: ...',
        'hasattr': 'def hasattr(object: object, name: str, /) -> bool: ...',
        'map': """\
@_overload
def map(function: _Callable[[_T], _S], iterable: _Iterable[_T], /) -> _Iterator[_S]: ...
@_overload
def map(function: _Callable[..., _S], iterable: _Any, /, *iterables: _Any) -> _Iterator[_S]: ...
""",
        'open': 'def open(file: _Any, mode: str = "r", *args: _Any, **kwargs: _Any) -> _Any: ...',
        'setattr': 'def setattr(object: object, name: str, value: _Any, /) -> None: ...',
    }
)
"""Builtins of the runtime that the checker does not know."""

HELPERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        'help': 'def help(*about: _Any) -> _Any: ...',
        'search_tools': 'def search_tools(query: str) -> _Any: ...',
    }
)
"""Functions that every cell has beside the tools."""

_IMPORTS: Final = """\
from collections.abc import Callable as _Callable, Iterable as _Iterable, Iterator as _Iterator
from typing import Any as _Any, TypeVar as _TypeVar, overload as _overload
_T = _TypeVar('_T')
_S = _TypeVar('_S')
"""


def overlay_stubs() -> str:
    """Stub source that declares all of them. `_Any` is `Any` in it."""
    return '\n'.join([_IMPORTS, *DECLARATIONS.values(), *HELPERS.values(), ''])
