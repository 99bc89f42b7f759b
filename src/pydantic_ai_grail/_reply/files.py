"""Images and other files among values: which value is one, and what stands for it inside data.

A tool may return a file; in the sandbox it is a dict of its fields, and a cell that returns that dict means the file.
Bytes become a file again wherever they come from. An address becomes one only if a tool of this very cell returned
it so: providers fetch it, and an address that code put together could carry data out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_ai.messages import BinaryContent, MultiModalContent, is_multi_modal_content

from ..events.calls import CallRecord

MAX_FILES: Final = 20
"""Files that follow one result. Providers refuse requests with very many."""
_ADDRESSES: Final = ('image-url', 'audio-url', 'document-url', 'video-url', 'uploaded-file')
_MOST_VALUES: Final = 100_000
"""Values of the results that are looked through for an address."""


@dataclass(kw_only=True)
class FoundFiles:
    """Collects the files of one result, each once, in order."""

    calls: Sequence[CallRecord] = ()
    """The cell's calls: the addresses they returned may be shown."""
    files: dict[str, MultiModalContent] = field(default_factory=dict[str, MultiModalContent])
    """By identifier, at most `MAX_FILES`."""
    left_out: set[str] = field(default_factory=set[str])
    """Identifiers of those beyond."""

    def reference(self, value: Any) -> str | None:
        """What stands for `value` if it is a file, which is then kept; `None` if it is none."""
        file = value if is_multi_modal_content(value) else self._revived(value)
        if file is None:
            return None
        if file.identifier in self.files or len(self.files) < MAX_FILES:
            self.files[file.identifier] = file
        else:
            self.left_out.add(file.identifier)
        kind = file.media_type if isinstance(file, BinaryContent) else file.kind
        return f'<{kind}, file {file.identifier}>'

    def keep_first(self, count: int) -> None:
        """Forget all files but the first `count`: what they stood in is not shown after all."""
        for identifier in [*self.files][count:]:
            del self.files[identifier]

    def _revived(self, value: Any) -> MultiModalContent | None:
        """The file that a dict stands for in the sandbox."""
        if not isinstance(value, dict):
            return None
        fields = cast('dict[str, Any]', value)
        match fields:
            case {'kind': 'binary', 'data': bytes(), 'media_type': str()}:
                return _file(fields)
            case {'kind': str() as kind} if kind in _ADDRESSES and self._is_returned(fields):
                return _file(fields)
            case _:
                return None

    def _is_returned(self, fields: Mapping[str, Any]) -> bool:
        return any(_contains(call.result, fields) for call in self.calls)


def _file(fields: Mapping[str, Any]) -> MultiModalContent | None:
    named = {name.removeprefix('_'): value for name, value in fields.items() if value is not None}
    try:
        return _adapter().validate_python(named)
    except ValidationError:
        return None


@cache
def _adapter() -> TypeAdapter[MultiModalContent]:
    return TypeAdapter(MultiModalContent)


def _contains(result: Any, fields: Mapping[str, Any]) -> bool:
    """Whether a tool's result has this very dict in it."""
    waiting: list[Any] = [result]
    for _ in range(_MOST_VALUES):
        if not waiting:
            return False
        value = waiting.pop()
        if isinstance(value, dict):
            if value == fields:
                return True
            waiting.extend(cast('dict[Any, Any]', value).values())
        elif isinstance(value, list | tuple):
            waiting.extend(cast('Iterable[Any]', value))
    return False
