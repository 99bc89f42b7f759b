"""What holds for every value: it can be kept as JSON, it comes back as it was, and it stays within its room."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_ai.messages import ModelMessagesTypeAdapter, ModelRequest, ToolReturnPart

from pydantic_ai_grail._reply.preview import short
from pydantic_ai_grail._reply.reply import render
from pydantic_ai_grail.events.outcomes import Completed

leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=300)
    | st.binary(max_size=300)
    | st.datetimes()
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.decimals()
    | st.complex_numbers()
)
keys = st.none() | st.booleans() | st.integers() | st.text(max_size=300) | st.dates() | st.tuples(st.integers())
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=20)
        | st.tuples(inner, inner)
        | st.sets(keys, max_size=20)
        | st.frozensets(keys, max_size=5)
        | st.dictionaries(keys, inner, max_size=20)
    ),
    max_leaves=40,
)


def content(value: Any, max_result_chars: int) -> Any:
    return render(Completed(value=value, has_value=True), max_result_chars=max_result_chars).return_value


@given(value=values)
def test_every_result_is_the_same_after_the_history_was_stored(value: Any):
    part = ToolReturnPart('run_code', content(value, 10_000), tool_call_id='1')
    stored = ModelMessagesTypeAdapter.dump_json([ModelRequest([part])])
    (loaded,) = ModelMessagesTypeAdapter.validate_json(stored)
    (again,) = loaded.parts
    assert isinstance(again, ToolReturnPart)
    assert again.content == part.content


@settings(max_examples=300)
@given(value=values, max_result_chars=st.integers(100, 2_000))
def test_every_result_stays_within_its_room(value: Any, max_result_chars: int):
    shown = content(value, max_result_chars)
    part = shown.get('result', shown.get('preview'))
    chars = len(json.dumps(part, ensure_ascii=False, separators=(',', ':')).replace('\\', ''))
    assert chars < 1.5 * max_result_chars + 400


def same_size(one: Any, other: Any) -> bool:
    """Whether all dicts and lists in two values have as many items."""
    if isinstance(one, dict):
        one, other = [*cast('dict[Any, Any]', one).values()], [*other.values()]
    if isinstance(one, list | tuple):
        items = cast('Sequence[Any]', one)
        return len(items) == len(other) and all(map(same_size, items, other))
    return True


@given(value=values)
def test_dicts_lose_no_key(value: Any):
    shown = content({'value': value}, 100_000)['result']['value']

    assert same_size(value, shown)


@given(value=values)
def test_a_short_form_is_short_and_on_one_line(value: Any):
    text = short(value, max_chars=80)
    assert len(text) <= 170
    assert '\n' not in text
