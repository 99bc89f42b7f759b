"""Images and other files that tools return, on their way through the sandbox.

There a file is a dict like any record (`media_type`, `data`, `url`, ...). When code gives such a dict back as its result,
or inside it, it becomes the file again, so that the model sees it as it would after a direct call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_ai.messages import MultiModalContent, is_multi_modal_content

MAX_NODES: Final = 10_000
"""Values that are looked at. Files come in small results; a large one is not walked to its end for their sake."""

_ADAPTER: Final[TypeAdapter[Any]] = TypeAdapter(MultiModalContent)
_KINDS: Final = frozenset({'binary', 'image-url', 'audio-url', 'video-url', 'document-url', 'uploaded-file'})


def restore_files(value: Any) -> Any:
    """`value` with every dict that was a file a file again; the same object when there is none."""
    return _Walk().restore(value)


class _Walk:
    def __init__(self) -> None:
        self._left = MAX_NODES

    def restore(self, value: Any) -> Any:
        if self._left <= 0:
            return value
        if isinstance(value, dict):
            pairs = cast('dict[Any, Any]', value)
            self._left -= len(pairs)
            if (file := _file(pairs)) is not None:
                return file
            restored = {key: self.restore(item) for key, item in pairs.items()}
            return restored if any(restored[key] is not pairs[key] for key in pairs) else pairs
        if not isinstance(value, list | tuple):
            return value
        items = cast('list[Any] | tuple[Any, ...]', value)
        self._left -= len(items)
        if self._left <= 0:
            return items
        changed = [self.restore(item) for item in items]
        return changed if any(new is not old for new, old in zip(changed, items, strict=True)) else items


def _file(mapping: Mapping[Any, Any]) -> MultiModalContent | None:
    if mapping.get('kind') not in _KINDS:
        return None
    try:
        file = _ADAPTER.validate_python(dict(mapping))
    except ValidationError:
        return None
    return file if is_multi_modal_content(file) else None
