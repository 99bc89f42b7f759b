"""The signature of a tool that is a Python function, from its annotations.

The tool's JSON schema decides which parameters there are, which must be given and what they are called; the
annotations decide their types. Where the two do not fit together, the schema alone is asked.
"""

from __future__ import annotations

import collections.abc
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, Final, Self, cast, get_args, get_origin

import typing_extensions
from pydantic.fields import FieldInfo
from pydantic_ai import ToolReturn
from pydantic_core import PydanticUndefined

from .bounds import RESULT, parameter_place
from .constraints import readable, unmarked
from .declarations import joined
from .json_schemas import (
    description_of,
    field_docs,
    given_from_json_schema,
    resolved,
    schema_default,
    taken_from_json_schema,
)
from .literals import default_source
from .object_keys import Schema, mapping_at, required_keys
from .python_types import TypeWriter
from .signatures import Field, Parameter, Signature
from .tool_names import parameter_names


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionFacts:
    """What Pydantic AI found out about a function when it made a tool of it."""

    parameters_schema: Schema
    return_schema: Schema | None = None
    takes_ctx: bool = False
    single_argument: str | None = None
    """The name of a sole parameter that is a record; its fields are then the tool's parameters."""


def signature_from_function(
    function: Callable[..., Any], facts: FunctionFacts, *, name: str, schema: Schema | None = None
) -> Signature:
    """The signature of a tool function.

    `schema` is given when a wrapper has put another parameters schema in place of the function's own; parameters are
    then read from it.
    """
    hints = _type_hints(function)
    facts = replace(facts, parameters_schema=resolved(facts.parameters_schema))
    docs = field_docs(facts.parameters_schema, facts.return_schema)
    taken = None if schema is not None else _taken(function, facts, hints, TypeWriter('in', docs=docs))
    if taken is None:
        taken = taken_from_json_schema(schema or facts.parameters_schema, name=name)
    return joined(taken, _given(function, facts, hints, TypeWriter('out', docs=docs), name=name))


def return_type(function: Callable[..., Any], hints: Mapping[str, Any]) -> Any:
    """What a call of the tool gives: without the wrappings that Pydantic AI takes off."""
    annotation = hints.get('return', Any)
    if get_origin(annotation) in (collections.abc.Awaitable, collections.abc.Coroutine):
        annotation = get_args(annotation)[-1]
    if annotation is ToolReturn:
        return Any
    if get_origin(annotation) is ToolReturn:
        return _collected(get_args(annotation)[0])
    if annotation is Self:
        owner: object = getattr(function, '__self__', None)
        return Any if owner is None else type(owner)
    return _collected(annotation)


def _collected(annotation: Any) -> Any:
    """A list in place of what gives its items one by one: they are collected when the tool was called."""
    if (get_origin(annotation) or annotation) not in _ONE_BY_ONE:
        return annotation
    return list[get_args(annotation)[0] if get_args(annotation) else Any]


_ONE_BY_ONE: Final = (
    *(collections.abc.AsyncIterator, collections.abc.AsyncIterable, collections.abc.AsyncGenerator),
    *(collections.abc.Iterator, collections.abc.Generator),
)


def _given(
    function: Callable[..., Any], facts: FunctionFacts, hints: Mapping[str, Any], writer: TypeWriter, *, name: str
) -> Signature:
    """What the function gives: as its annotation has it, else as its schema has it."""
    writer.bounds.place = RESULT
    text = writer.write(return_type(function, hints))
    returns = unmarked(text)
    if returns == 'Any' and facts.return_schema:
        given = given_from_json_schema(facts.return_schema, name=name)
        if given.returns != 'Any':
            return given
    return Signature(
        parameters=(),
        returns=returns,
        returns_shown=readable(text),
        declarations=writer.book.declarations,
        unread=writer.bounds.unread,
    )


def _taken(
    function: Callable[..., Any], facts: FunctionFacts, hints: Mapping[str, Any], writer: TypeWriter
) -> Signature | None:
    """What the function takes, or `None` when annotations and schema do not tell of the same parameters."""
    parameters = _parameters(function, facts, hints, writer)
    if parameters is None:
        return None
    return Signature(
        parameters=parameters,
        returns='Any',
        declarations=writer.book.declarations,
        takes_any_keyword=facts.parameters_schema.get('additionalProperties', False) is not False,
        keyword_type=_keyword_type(function, hints, writer),
        unread=writer.bounds.unread,
    )


def _parameters(
    function: Callable[..., Any], facts: FunctionFacts, hints: Mapping[str, Any], writer: TypeWriter
) -> tuple[Parameter, ...] | None:
    properties = mapping_at(facts.parameters_schema, 'properties')
    required = set(required_keys(facts.parameters_schema))
    names = parameter_names(properties)
    if facts.single_argument is not None:
        writer.bounds.place = parameter_place(facts.single_argument)
        fields = writer.fields_of_type(hints.get(facts.single_argument))
        return _flattened(fields, properties, required, names)
    found: list[Parameter] = []
    for parameter in _python_parameters(function, takes_ctx=facts.takes_ctx):
        key = _key(parameter, hints, properties)
        if key is None:
            return None
        writer.bounds.place = parameter_place(key)
        text = writer.write(_with_default_metadata(hints.get(parameter.name, Any), parameter.default))
        is_variadic = parameter.kind is inspect.Parameter.VAR_POSITIONAL
        if is_variadic:
            text = f'list[{text}]'
        found.append(
            Parameter(
                name=names[key],
                key=key,
                annotation=unmarked(text),
                shown=readable(text),
                default=None
                if key in required and not is_variadic
                else _default(parameter, hints.get(parameter.name), properties[key], unmarked(text)),
                description=description_of(properties[key]),
                keyword_only=is_variadic or parameter.kind is inspect.Parameter.KEYWORD_ONLY,
                is_variadic=is_variadic,
            )
        )
    return tuple(found) if {each.key for each in found} == set(properties) else None


def _keyword_type(function: Callable[..., Any], hints: Mapping[str, Any], writer: TypeWriter) -> str:
    """The type of each further keyword: `int` for `**counts: int`."""
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            hint = hints.get(parameter.name, Any)
            writer.bounds.place = parameter_place(parameter.name)
            return 'Any' if get_origin(hint) is typing_extensions.Unpack else unmarked(writer.write(hint))
    return 'Any'


def _flattened(
    fields: tuple[Field, ...] | None, properties: Mapping[str, object], required: set[str], names: Mapping[str, str]
) -> tuple[Parameter, ...] | None:
    """The fields of the one record that a function takes, those that must be given first."""
    if fields is None or {field.key for field in fields} != set(properties):
        return None
    parameters = [
        Parameter(
            name=names[field.key],
            key=field.key,
            annotation=field.annotation,
            shown=field.shown,
            default=None if field.key in required else schema_default(properties[field.key], field.annotation),
            description=field.description or description_of(properties[field.key]),
        )
        for field in fields
    ]
    return tuple(sorted(parameters, key=lambda each: each.default is not None))


def _python_parameters(function: Callable[..., Any], *, takes_ctx: bool) -> list[inspect.Parameter]:
    parameters = list(inspect.signature(function).parameters.values())
    return [each for each in parameters[takes_ctx:] if each.kind is not inspect.Parameter.VAR_KEYWORD]


def _key(parameter: inspect.Parameter, hints: Mapping[str, Any], properties: Mapping[str, object]) -> str | None:
    if parameter.name in properties:
        return parameter.name
    # The only other name that a property can have is an alias, in the default or in the annotation.
    candidates = [parameter.default, *getattr(hints.get(parameter.name), '__metadata__', ())]
    for info in candidates:
        if isinstance(info, FieldInfo):
            alias = info.validation_alias if isinstance(info.validation_alias, str) else info.alias
            if alias in properties:
                return alias
    return None


def _with_default_metadata(hint: Any, default: Any) -> Any:
    """A parameter's type with what `= Field(gt=0)` says of its values."""
    metadata = default.metadata if isinstance(default, FieldInfo) else []
    return Annotated[hint, *metadata] if metadata else hint


def _default(parameter: inspect.Parameter, hint: Any, schema: object, annotation: str) -> str:
    infos = [each for each in (parameter.default, *getattr(hint, '__metadata__', ())) if isinstance(each, FieldInfo)]
    factories = [get_origin(info.default_factory) or info.default_factory for info in infos]
    # other factories may do anything, and are not called to be shown
    made = [kind() for factory in factories for kind in _CONTAINERS if kind is factory]
    if made:
        return default_source(made[0])
    for factory in factories:
        if inspect.isroutine(factory) and (name := factory.__name__).isidentifier():
            return f'{name}()'  # says what it is, where `...` says nothing
    default = parameter.default.default if isinstance(parameter.default, FieldInfo) else parameter.default
    if default is inspect.Parameter.empty or default is PydanticUndefined:
        return schema_default(schema, annotation)
    return default_source(default)


_CONTAINERS: Final[tuple[type[Any], ...]] = (list, dict, set, frozenset, tuple)


def _type_hints(function: Callable[..., Any]) -> Mapping[str, Any]:
    original = cast(Callable[..., Any], function.func if isinstance(function, partial) else function)
    try:
        return typing_extensions.get_type_hints(original, include_extras=True)
    except Exception:  # a name that exists for type checkers only, for the most part: the others are still known
        annotations = cast(Mapping[str, Any], getattr(original, '__annotations__', {}))
        return {name: _hint(original, annotation) for name, annotation in annotations.items()}


def _hint(function: Callable[..., Any], annotation: Any) -> Any:
    """One annotation, or its text where that means nothing."""
    holder = type('Holder', (), {'__annotations__': {'value': annotation}})
    names = cast(dict[str, Any], getattr(function, '__globals__', {}))
    try:
        return typing_extensions.get_type_hints(holder, globalns=names, include_extras=True)['value']
    except Exception:  # as above
        return annotation
