"""What a `KeyError` is answered with: the keys that were there, and the one that was meant."""

from __future__ import annotations

from typing import Any

from inline_snapshot import snapshot

from pydantic_ai_grail._reply.known_keys import keys_there
from pydantic_ai_grail.events.calls import CallRecord, CallRequest, ToolFacts
from pydantic_ai_grail.events.outcomes import Failed, Failure, KeysThere


def told(wanted: str, *first: Any, count: int | None = None) -> str | None:
    failure = Failure(kind='exception', exception_type='KeyError', message=wanted)
    keys = KeysThere(first=first, count=len(first) if count is None else count)
    return keys_there(Failed(failure=failure, source='', keys=keys))


def told_of_results(wanted: str, *results: Any) -> str | None:
    failure = Failure(kind='exception', exception_type='KeyError', message=wanted)
    return keys_there(Failed(failure=failure, source='', calls=tuple(map(returned, results))))


def returned(result: Any) -> CallRecord:
    request = CallRequest(tool_call_id='1', ordinal=1, tool=ToolFacts(tool_name='find', python_name='find'), args={})
    return CallRecord(request=request, state='returned', result=result)


def test_the_key_that_was_meant_is_named():
    assert told('stauts', 'id', 'status') == snapshot("Its keys: id, status. Did you mean 'status'?")


def test_where_none_was_meant_it_may_be_absent():
    assert told('email', 'id', 'name') == snapshot('Its keys: id, name. Where one may be absent, use `d.get(key)`.')


def test_a_number_that_looks_like_the_text_that_was_asked_for_is_meant():
    assert told('2', 1, 2) == snapshot('Its keys: 1, 2. Did you mean 2?')
    assert told('2', '1', '2') == snapshot("Its keys: '1', '2'. Did you mean '2'?")


def test_an_empty_dict_says_so():
    assert told('a') == snapshot('The dict is empty: set the key first, or use `d.get(key, default)`.')


def test_very_many_and_very_long_keys_are_cut():
    assert told('a', *(f'k{n}' for n in range(40)), count=5_000) == snapshot(
        'Its keys: k0, k1, k2, k3, k4, k5, k6, k7, k8, k9, k10, k11 and 4,988 more. Where one may be absent, use `d.get(key)`.'
    )
    assert told('a', 'a b' * 100) == snapshot(
        "Its keys: 'a ba ba ba ba b… 278 characters …ba ba b'. Where one may be absent, use `d.get(key)`."
    )


def test_of_a_dict_that_could_not_be_looked_at_what_tools_returned_tells_the_key():
    pages = {'items': [{'id': 1}, {'id': 2, 'status': 'open'}]}
    assert told_of_results('stauts', 7, pages) == snapshot(
        "What `find` returned has the keys: items, id, status. Did you mean 'status'?"
    )


def test_what_tools_returned_is_not_told_where_nothing_in_it_can_have_been_meant():
    assert told_of_results('x', {'id': 1}) is None
    assert told_of_results('stauts', [[[[{'status': 1}]]]]) is None
    assert told_of_results('id', {'id': 1}, [('id', 2)]) is None
