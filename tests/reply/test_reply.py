"""The entry: what each outcome becomes in the history, and the sentences the toolset adds."""

from __future__ import annotations

import pytest
from inline_snapshot import snapshot
from pydantic_ai import BinaryContent, BinaryImage, ImageUrl
from pydantic_ai.messages import ToolReturnPart

from pydantic_ai_grail._reply.reply import give_up, render, state_lost_note, state_unsaved_note, variables_note
from pydantic_ai_grail.errors import (
    GrailError,
    SnapshotKeyUnknown,
    SnapshotMismatch,
    SnapshotMissing,
    SnapshotTampered,
    SnapshotTooLarge,
    SnapshotVersionMismatch,
    StoreTimeout,
)
from pydantic_ai_grail.events.calls import CallRecord, CallRequest, ToolFacts
from pydantic_ai_grail.events.outcomes import Completed, Failed, Failure, Refused, Suspended

IMAGE = BinaryImage(b'\x89PNG', media_type='image/png', identifier='chart')
IN_SANDBOX = {
    'data': b'\x89PNG',
    'media_type': 'image/png',
    'vendor_metadata': None,
    '_identifier': 'chart',
    'kind': 'binary',
}
PHOTO = {
    'url': 'https://example.com/cat.png',
    'force_download': False,
    'vendor_metadata': None,
    '_media_type': None,
    '_identifier': None,
    'kind': 'image-url',
}


def returned(result: object) -> CallRecord:
    facts = ToolFacts(tool_name='photo', python_name='photo')
    request = CallRequest(tool_call_id='cell__1', ordinal=1, tool=facts, args={})
    return CallRecord(request=request, state='returned', result=result)


def test_content_of_nested_calls_goes_along_with_every_outcome():
    content = ['A chart:', IMAGE]
    failure = Failure(kind='crash', exception_type='X', message='')
    for outcome in (
        Completed(value=1, has_value=True),
        Refused(refusals=(), source=''),
        Failed(failure=failure, source=''),
        Suspended(waiting=()),
    ):
        assert render(outcome, content=content).content == tuple(content)


def test_a_file_in_the_result_follows_the_data():
    reply = render(Completed(value={'chart': IMAGE, 'total': 3}, has_value=True))
    assert reply.return_value == [{'result': {'chart': '<image/png, file chart>', 'total': 3}}, IMAGE]


def test_a_file_that_went_through_the_sandbox_is_a_file_again():
    reply = render(Completed(value=[IN_SANDBOX, IN_SANDBOX], has_value=True))
    assert reply.return_value == [{'result': ['<image/png, file chart>'] * 2}, IMAGE]
    assert reply.return_value[1].identifier == 'chart'


def test_the_model_sees_a_file_as_it_would_directly():
    reply = render(Completed(value=IN_SANDBOX, has_value=True))
    part = ToolReturnPart('run_code', reply.return_value, tool_call_id='1')
    assert part.files == [IMAGE]
    assert part.model_response_str() == '{"result":"<image/png, file chart>"}'


def test_an_address_becomes_a_file_only_when_a_tool_of_the_cell_returned_it():
    result = {'items': [{'photo': PHOTO}], 'other': ('x', 1)}
    shown = render(Completed(value=dict(PHOTO), has_value=True, calls=(returned(result),))).return_value
    assert shown == [{'result': '<image-url, file 750ff4>'}, ImageUrl('https://example.com/cat.png')]


def test_an_address_that_code_put_together_stays_data():
    made = PHOTO | {'url': 'https://example.com/?secret=42'}
    assert render(Completed(value=made, has_value=True, calls=(returned(PHOTO),))).return_value == {'result': made}


def test_a_dict_that_only_looks_like_a_file_stays_data():
    made = {'kind': 'image-url', 'url': 7}
    broken = {'kind': 'binary', 'data': b'x', 'media_type': 'image/png', 'vendor_metadata': 7}
    outcome = Completed(value=[made, broken], has_value=True, calls=(returned(made),))
    assert render(outcome).return_value == {'result': [made, broken | {'data': 'x'}]}


def test_one_result_shows_at_most_twenty_files():
    files = [BinaryContent(bytes([n]), media_type='image/png') for n in range(25)]
    reply = render(Completed(value=files, has_value=True))
    assert len(reply.return_value) == 21
    assert reply.return_value[0]['notes'] == snapshot(['5 more files are not shown: one result shows at most 20.'])


def test_files_in_a_result_that_is_cut_are_those_of_its_head():
    value = [
        {'chart': IMAGE, 'text': 'x' * 200},
        *[{'text': 'y' * 200, 'file': ImageUrl(f'https://x/{n}')} for n in range(50)],
    ]
    reply = render(Completed(value=value, has_value=True), max_result_chars=500)
    assert reply.return_value == snapshot(
        [
            {
                'preview': [
                    {
                        'chart': '<image/png, file chart>',
                        'text': 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx… 135 characters …xxxxxxxxxxxxxxxxxxxxx',
                    },
                    {
                        'text': 'yyyyyyyyyyyyyyyyyyyyyyyy… 164 characters …yyyyyyyyyyyy',
                        'file': '<image-url, file bf3224>',
                    },
                    {
                        'text': 'yyyyyyyyyyyyyyyyyyyyyyyy… 164 characters …yyyyyyyyyyyy',
                        'file': '<image-url, file c98893>',
                    },
                    {
                        'text': 'yyyyyyyyyyyyyyyyyyyyyyyy… 164 characters …yyyyyyyyyyyy',
                        'file': '<image-url, file 2379c6>',
                    },
                    {'text': 'yyyyyyyyyyyyyy… 180 characters …yyyyyy', 'file': '<image-url, file 2b477c>'},
                    '… 46 more items',
                ],
                'notes': [
                    'The result is a list of 51 items, some 12,000 characters of JSON: too large to show whole, so `preview` is its head. No variable holds it: assign it to one, and return only the part you need.'
                ],
            },
            IMAGE,
            ImageUrl(url='https://x/0'),
            ImageUrl(url='https://x/1'),
            ImageUrl(url='https://x/2'),
            ImageUrl(url='https://x/3'),
        ]
    )


def test_a_waiting_cell_names_its_calls():
    reply = render(Suspended(waiting=(returned(None),)))
    assert reply.return_value == snapshot({'notes': ['The cell waits where it stands for: photo()']})


def test_live_variables_are_told_in_one_sentence():
    assert variables_note([]) is None
    assert variables_note(['rows (list)', 'total (int)']) == snapshot(
        'Variables from earlier turns are live: rows (list), total (int).'
    )
    assert variables_note([f'v{n}' for n in range(100)]).endswith('v39 and 60 more.')  # type: ignore[union-attr]


def test_functions_classes_and_modules_that_live_are_told_beside_the_variables():
    assert variables_note(['rows (list)'], defined=['json', 'table']) == snapshot(
        'Variables from earlier turns are live: rows (list). Functions, classes and modules: json, table.'
    )
    assert variables_note([], defined=['json']) == snapshot('Functions, classes and modules: json.')


@pytest.mark.parametrize(
    'error',
    [
        SnapshotMissing('x'),
        SnapshotTampered('x'),
        SnapshotKeyUnknown('x'),
        SnapshotMismatch('x'),
        SnapshotVersionMismatch('x'),
        SnapshotTooLarge('x'),
        StoreTimeout('x'),
        GrailError('x'),
    ],
    ids=lambda error: type(error).__name__,
)
def test_lost_state_says_why_and_what_to_do(error: GrailError):
    assert (
        state_lost_note(error)
        == snapshot(
            {
                'SnapshotMissing': 'All variables and functions of earlier cells are gone (they are not stored any more). Define again what you still need.',
                'SnapshotTampered': 'All variables and functions of earlier cells are gone (their stored copy was damaged). Define again what you still need.',
                'SnapshotKeyUnknown': 'All variables and functions of earlier cells are gone (their stored copy could not be opened). Define again what you still need.',
                'SnapshotMismatch': 'All variables and functions of earlier cells are gone (their stored copy belongs to another conversation). Define again what you still need.',
                'SnapshotVersionMismatch': 'All variables and functions of earlier cells are gone (another version of the sandbox stored them). Define again what you still need.',
                'SnapshotTooLarge': 'All variables and functions of earlier cells are gone (they were too large). Define again what you still need.',
                'StoreTimeout': 'All variables and functions of earlier cells are gone (their stored copy could not be read). Define again what you still need.',
                'GrailError': 'All variables and functions of earlier cells are gone (their stored copy could not be read). Define again what you still need.',
            }
        )[type(error).__name__]
    )


def test_state_that_was_not_stored_is_told():
    assert state_unsaved_note() == snapshot(
        'The variables of this cell could not be stored; a later turn may not have them.'
    )


def test_after_a_budget_of_failures_the_model_is_told_to_answer():
    assert give_up(5) == snapshot(
        'That was failure 5 in a row. Stop running code now: answer with what you already know, and say plainly what you could not do and why.'
    )
