"""What a tool's value looks like to code in the sandbox, for running programs outside of it."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import PurePath
from typing import Any, cast
from uuid import UUID

from pydantic import BaseModel


def sandbox_value(value: object) -> Any:
    """Records as dicts, enums as their values, `UUID` and `Path` as text; every other leaf as it is. Always a copy."""
    match value:
        case Enum():
            return sandbox_value(value.value)
        case UUID() | PurePath():
            return str(value)
        case BaseModel():
            return {name: sandbox_value(getattr(value, name)) for name in type(value).model_fields}
        case dict():
            items = cast(dict[object, object], value).items()
            return {sandbox_value(key): sandbox_value(item) for key, item in items}
        case list() | tuple() | set() | frozenset():
            container = cast('type[list[object]]', type(cast(object, value)))
            return container(sandbox_value(item) for item in cast('list[object]', value))
        case _ if is_dataclass(value):
            return {field.name: sandbox_value(getattr(value, field.name)) for field in fields(value)}
        case _:
            return value
