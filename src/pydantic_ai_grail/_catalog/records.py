"""What the fields of a record are: of a model, a dataclass or a typed dict, as a tool takes it or gives it.

Takes: keys are those that validation accepts, and a field with a default may be left out. Gives: keys are those that
Pydantic AI's own serialization of a tool's return value has (by alias, with computed fields, without excluded ones),
so that code finds what a direct call would have shown.
"""

from __future__ import annotations

import dataclasses
import inspect
from abc import ABC
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, cast, get_args, get_origin, get_type_hints, is_typeddict

import typing_extensions
from pydantic import AliasChoices, AliasPath, BaseModel, RootModel
from pydantic.dataclasses import is_pydantic_dataclass
from pydantic.fields import ComputedFieldInfo, FieldInfo

from .signatures import Direction


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RecordField:
    """One key of a record, its type still a Python type."""

    key: str
    annotation: Any
    required: bool
    description: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A class whose values cross as dicts."""

    name: str
    fields: tuple[RecordField, ...]
    is_open: bool = False


def is_record(cls: Any) -> bool:
    """Whether values of `cls` are records. Root models are not: they are what they hold."""
    if not isinstance(cls, type):
        return False
    known = cast(type[Any], cls)
    if issubclass(known, BaseModel):
        return not issubclass(known, RootModel)
    cls = known
    return dataclasses.is_dataclass(cls) or is_typeddict(cls) or typing_extensions.is_typeddict(cls)


def record_of(cls: type[Any], direction: Direction) -> Record:
    """The fields of a class for which `is_record` holds."""
    if issubclass(cls, BaseModel):
        return _model(cls, direction)
    if is_pydantic_dataclass(cls):
        return _pydantic_dataclass(cls, direction)
    if dataclasses.is_dataclass(cls):
        return _dataclass(cls, direction)
    return _typed_dict(cls, direction)


def serialized_as(cls: type) -> Any:
    """The type that a model or dataclass with a serializer of its own is given as; `None` without one."""
    decorators = getattr(cls, '__pydantic_decorators__', None)
    for decorator in getattr(decorators, 'model_serializers', {}).values():
        return _returned(decorator.func, decorator.info.return_type)
    return None


def _model(cls: type[BaseModel], direction: Direction) -> Record:
    config = cls.model_config
    by_name = bool(config.get('populate_by_name') or config.get('validate_by_name')) or not config.get(
        'validate_by_alias', True
    )
    fields = list(_fields(cls.model_fields, _field_serializers(cls), direction, by_name=by_name))
    if direction == 'out':
        fields += _computed(cls.model_computed_fields, _field_serializers(cls))
    return Record(name=cls.__name__, fields=tuple(fields), is_open=config.get('extra') == 'allow' or _is_abstract(cls))


def _pydantic_dataclass(cls: type[Any], direction: Direction) -> Record:
    config = cast(Mapping[str, Any], getattr(cls, '__pydantic_config__', None) or {})
    infos = cast(dict[str, FieldInfo], cls.__pydantic_fields__)
    if direction == 'in':
        infos = {name: info for name, info in infos.items() if info.init is not False}
    by_name = bool(config.get('populate_by_name') or config.get('validate_by_name'))
    fields = _fields(infos, _field_serializers(cls), direction, by_name=by_name)
    return Record(name=cls.__name__, fields=tuple(fields), is_open=config.get('extra') == 'allow')


def _dataclass(cls: type[Any], direction: Direction) -> Record:
    hints = get_type_hints(cls, include_extras=True)
    fields = [
        RecordField(
            # The serialization of a plain dataclass knows no aliases.
            key=item.name if direction == 'out' else _declared_alias(hints[item.name]) or item.name,
            annotation=hints[item.name],
            required=direction == 'out' or _is_required(item),
            description=_described(hints[item.name]),
        )
        for item in dataclasses.fields(cls)
        if direction == 'out' or item.init
    ]
    return Record(name=cls.__name__, fields=tuple(fields), is_open=_is_abstract(cls))


def _typed_dict(cls: type[Any], direction: Direction) -> Record:
    required = cast(frozenset[str], getattr(cls, '__required_keys__', frozenset[str]()))
    fields: list[RecordField] = []
    for name, hint in typing_extensions.get_type_hints(cls, include_extras=True).items():
        # Under postponed annotations `__required_keys__` overlooks the qualifiers, the hints do not.
        is_required, annotation = _without_qualifiers(hint, name in required)
        alias = _declared_alias(annotation) if direction == 'in' else None
        fields.append(
            RecordField(
                key=alias or name, annotation=annotation, required=is_required, description=_described(annotation)
            )
        )
    config = cast(Mapping[str, Any], getattr(cls, '__pydantic_config__', None) or {})
    return Record(name=cls.__name__, fields=tuple(fields), is_open=config.get('extra') == 'allow')


def _fields(
    infos: Mapping[str, FieldInfo], serializers: Mapping[str, Any], direction: Direction, *, by_name: bool
) -> Iterable[RecordField]:
    for name, info in infos.items():
        annotation = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
        if direction == 'in':
            key = name if by_name else _validation_key(info, name)
            yield RecordField(key=key, annotation=annotation, required=info.is_required(), description=info.description)
        elif info.exclude is not True:
            yield RecordField(
                key=info.serialization_alias or name,
                annotation=serializers.get(name, annotation),
                required=getattr(info, 'exclude_if', None) is None,
                description=info.description,
            )


def _computed(infos: Mapping[str, ComputedFieldInfo], serializers: Mapping[str, Any]) -> list[RecordField]:
    return [
        RecordField(
            key=info.alias or name,
            annotation=serializers.get(name, info.return_type),
            required=True,
            description=info.description,
        )
        for name, info in infos.items()
    ]


def _validation_key(info: FieldInfo, name: str) -> str:
    alias = info.validation_alias
    if isinstance(alias, AliasChoices):
        alias = next((choice for choice in alias.choices if isinstance(choice, str)), alias.choices[0])
    if isinstance(alias, AliasPath):
        alias = str(alias.path[0])
    return alias or name


def _field_serializers(cls: type) -> dict[str, Any]:
    """The types that `@field_serializer` methods give, by field."""
    decorators = getattr(cls, '__pydantic_decorators__', None)
    names = [
        *cast(Mapping[str, Any], getattr(cls, '__pydantic_fields__', {})),
        *getattr(cls, 'model_computed_fields', {}),
    ]
    types: dict[str, Any] = {}
    for decorator in getattr(decorators, 'field_serializers', {}).values():
        given = _returned(decorator.func, decorator.info.return_type)
        if decorator.info.when_used in ('json', 'json-unless-none'):
            continue
        types.update(dict.fromkeys(names if '*' in decorator.info.fields else decorator.info.fields, given))
    return types


def _returned(function: Any, declared: Any) -> Any:
    """What a serializer function gives, `Any` where it does not say."""
    if isinstance(declared, type) or get_origin(declared) is not None:
        return declared
    try:
        return get_type_hints(getattr(function, '__func__', function), include_extras=True).get('return', Any)
    except (NameError, TypeError):
        return Any


def _is_abstract(cls: type) -> bool:
    """Whether values are of subclasses for certain, which are given with the fields of the subclass."""
    return ABC in cls.__bases__ or inspect.isabstract(cls)


def _is_required(item: dataclasses.Field[Any]) -> bool:
    return item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING


def _field_info(annotation: Any) -> FieldInfo | None:
    if get_origin(annotation) is Annotated:
        return next((each for each in get_args(annotation)[1:] if isinstance(each, FieldInfo)), None)
    return None


def _declared_alias(annotation: Any) -> str | None:
    info = _field_info(annotation)
    return _validation_key(info, '') or None if info else None


def _described(annotation: Any) -> str | None:
    info = _field_info(annotation)
    return info.description if info else None


def _without_qualifiers(hint: Any, required: bool) -> tuple[bool, Any]:
    origin = get_origin(hint)
    if origin is Annotated:
        inner, *metadata = get_args(hint)
        required, bare = _without_qualifiers(inner, required)
        return required, hint if bare is inner else Annotated[bare, *metadata]
    if origin in (typing_extensions.Required, typing_extensions.NotRequired):
        return _without_qualifiers(get_args(hint)[0], origin is typing_extensions.Required)
    if origin is typing_extensions.ReadOnly:
        return _without_qualifiers(get_args(hint)[0], required)
    return required, hint
