"""What the model reads of a cell that failed while it ran: whole messages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from inline_snapshot import snapshot

from pydantic_ai_grail._reply.reply import render
from pydantic_ai_grail.events.calls import CallRecord, CallRequest, CallState, ToolFacts, call_id
from pydantic_ai_grail.events.diagnostics import Diagnostic, Position, Rewrite
from pydantic_ai_grail.events.outcomes import CodeFrame, Failed, Failure, FailureKind, Printed
from pydantic_ai_grail.limits import LimitName

SOURCE = """\
total = 0
for row in rows:
    total += row['price']
total\
"""


def failed(
    exception_type: str = 'KeyError',
    message: str = 'price',
    *,
    frames: tuple[CodeFrame, ...] = (),
    kind: FailureKind = 'exception',
    limit: LimitName | None = None,
    source: str = SOURCE,
    variables: tuple[str, ...] | None = None,
    notes: tuple[str, ...] = (),
    **fields: Any,
) -> str:
    calls: tuple[CallRecord, ...] = fields.get('calls', ())
    causes = [each.request.ordinal for each in calls if each.error == f'{exception_type}: {message}']
    failure = Failure(
        kind=kind,
        exception_type=exception_type,
        message=message,
        frames=frames,
        limit=limit,
        ordinal=causes[-1] if causes else None,
    )
    reply = render(Failed(failure=failure, source=source, **fields), variables=variables, notes=notes)
    assert reply.error is not None
    return reply.error


def frame(line: int, column: int, end_column: int, **fields: Any) -> CodeFrame:
    source_line = fields.pop('source_line', SOURCE.splitlines()[line - 1])
    return CodeFrame(line=line, column=column, end_column=end_column, source_line=source_line, **fields)


def call(
    ordinal: int,
    name: str,
    arguments: dict[str, Any],
    result: Any = None,
    *,
    state: CallState = 'returned',
    error: str | None = None,
    read_only: bool = False,
) -> CallRecord:
    request = CallRequest(
        tool_call_id=call_id('cell', ordinal),
        ordinal=ordinal,
        tool=ToolFacts(tool_name=name, python_name=name, read_only=read_only),
        args=arguments,
    )
    return CallRecord(request=request, state=state, result=result, error=error)


def test_an_error_of_the_code_itself():
    assert failed(frames=(frame(3, 14, 26),), variables=('rows', 'total')) == snapshot("""\
KeyError: price
line 3: total += row['price']
                 ^^^^^^^^^^^^
Look at the keys first, `list(d)`, or use `d.get(key)`.
This cell called no tool.
What the cell assigned before it stopped is kept: `rows`, `total`. Continue from there.\
""")


def test_everything_there_is_to_tell_in_its_order():
    assert failed(
        frames=(frame(3, 14, 26),),
        printed=Printed(text='one\ntwo\n'),
        calls=(
            call(1, 'search', {'query': 'open'}, [{'id': 1}], read_only=True),
            call(2, 'refund', {'order': 'A1', 'amount': 3}, {'id': 7, 'ok': True}),
            call(3, 'notify', {'to': 'x'}, state='cancelled'),
            call(4, 'charge', {'order': 'A2'}, state='raised', error='RuntimeError: no such order'),
        ),
        rewrites=(Rewrite(kind='import', line=1, note='added `import re`'),),
        notes=('All variables of earlier cells are gone.',),
    ) == snapshot("""\
KeyError: price
line 3: total += row['price']
                 ^^^^^^^^^^^^
Look at the keys first, `list(d)`, or use `d.get(key)`.
Printed before it stopped:
> one
> two
Calls that were made and are not undone:
  refund(order='A1', amount=3) -> {'id': 7, 'ok': True}
Use what they returned; make none again that changes anything.
Interrupted before they answered, so they may have taken effect:
  notify(to='x')
Calls that failed:
  charge(order='A2'): RuntimeError: no such order
Read-only calls that returned: `search`
Changed in line 1: added `import re`
What the cell assigned before it stopped is kept: `total`. Continue from there.
All variables of earlier cells are gone.\
""")


def test_a_call_that_raised_is_named_with_its_arguments():
    error = 'RuntimeError: no such order'
    source = "for order in ['A1', 'A2']:\n    await refund(order=order)"
    assert failed(
        'RuntimeError',
        'no such order',
        source=source,
        frames=(frame(2, 11, 30, source_line='    await refund(order=order)'),),
        calls=(
            call(1, 'refund', {'order': 'A1'}, {'ok': True}),
            call(2, 'refund', {'order': 'A2'}, state='raised', error=error),
        ),
    ) == snapshot("""\
refund(order='A2') raised RuntimeError: no such order
line 2: await refund(order=order)
              ^^^^^^^^^^^^^^^^^^^
Calls that were made and are not undone:
  refund(order='A1') -> {'ok': True}
Use what they returned; make none again that changes anything.
What the cell assigned before it stopped is kept; continue from there.\
""")


def test_wrong_arguments_come_in_the_terms_of_the_tool():
    message = "search() was given wrong arguments:\n- limit: Input should be a valid integer, got 'many'"
    assert failed(
        'ValueError',
        message,
        source="await search('a', limit=word)",
        frames=(frame(1, 7, 30, source_line="await search('a', limit=word)"),),
        calls=(call(1, 'search', {'query': 'a', 'limit': 'many'}, state='raised', error=f'ValueError: {message}'),),
    ) == snapshot("""\
search(query='a', limit='many') raised ValueError: search() was given wrong arguments:
> - limit: Input should be a valid integer, got 'many'
line 1: await search('a', limit=word)
              ^^^^^^^^^^^^^^^^^^^^^^^
This cell called no other tool.\
""")


def test_a_call_that_waited_for_a_decision_is_told_apart():
    assert failed(
        'ZeroDivisionError', 'division by zero', calls=(call(1, 'pay', {'x': 1}, state='waiting'),)
    ) == snapshot("""\
ZeroDivisionError: division by zero
Nobody had decided on these when the cell stopped:
  pay(x=1)
What the cell assigned before it stopped is kept; continue from there.\
""")


def test_calls_that_may_be_made_twice_bring_no_warning():
    request = replace(
        call(1, 'put', {'x': 1}).request, tool=ToolFacts(tool_name='put', python_name='put', idempotent=True)
    )
    assert failed(
        'ZeroDivisionError', 'division by zero', calls=(CallRecord(request=request, state='returned'),)
    ) == snapshot("""\
ZeroDivisionError: division by zero
Calls that were made and are not undone:
  put(x=1)
What the cell assigned before it stopped is kept; continue from there.\
""")


def test_a_denied_call_is_told_as_such():
    assert failed(
        'PermissionError',
        'Not this week.',
        source='await pay(1)',
        frames=(frame(1, 7, 13, source_line='await pay(1)'),),
        calls=(call(1, 'pay', {'amount': 1}, state='denied', error='PermissionError: Not this week.'),),
    ) == snapshot("""\
pay(amount=1) was denied: PermissionError: Not this week.
line 1: await pay(1)
              ^^^^^^
This cell called no other tool.\
""")


def test_a_function_of_an_earlier_cell_is_shown_with_the_line_that_called_it():
    assert failed(
        frames=(
            CodeFrame(line=4, column=1, end_column=6, source_line='total'),
            CodeFrame(
                line=2,
                column=12,
                end_column=24,
                function='price',
                source_line="    return row['price']",
                in_this_cell=False,
            ),
        )
    ) == snapshot("""\
KeyError: price
line 2, in `price`, of an earlier cell: return row['price']
                                               ^^^^^^^^^^^^
line 4: total
Look at the keys first, `list(d)`, or use `d.get(key)`.
This cell called no tool.
What the cell assigned before it stopped is kept; continue from there.\
""")


def test_endless_recursion_is_condensed():
    one = CodeFrame(line=2, column=12, end_column=16, function='f', source_line='    return f(n)')
    frames = (CodeFrame(line=3, column=1, end_column=5, source_line='f(1)'), *[one] * 1_000)
    source = 'def f(n):\n    return f(n)\nf(1)'
    assert failed('RecursionError', 'maximum recursion depth exceeded', frames=frames, source=source) == snapshot("""\
RecursionError: maximum recursion depth exceeded
line 2, in `f`: return f(n)
                       ^^^^
… 999 more times the same
line 3: f(1)
Write it as a loop.
This cell called no tool.
What the cell assigned before it stopped is kept; continue from there.\
""")


def test_a_long_way_through_functions_is_cut_in_the_middle():
    frames = [
        CodeFrame(line=n, column=1, end_column=5, function=f'f{n}', source_line='f(1)', in_this_cell=False)
        for n in range(1, 11)
    ]
    assert failed(frames=tuple(frames)) == snapshot("""\
KeyError: price
line 10, in `f10`, of an earlier cell: f(1)
line 9, in `f9`, of an earlier cell: f(1)
line 8, in `f8`, of an earlier cell: f(1)
line 7, in `f7`, of an earlier cell: f(1)
… 5 more calls
line 1, in `f1`, of an earlier cell: f(1)
Look at the keys first, `list(d)`, or use `d.get(key)`.
This cell called no tool.
What the cell assigned before it stopped is kept; continue from there.\
""")


def test_many_calls_show_how_it_began_and_how_far_it_came():
    calls = [call(n, 'refund', {'order': f'A{n}'}, {'ok': True}) for n in range(1, 41)]
    reads = [call(n, f'get_{n % 8}', {'n': n}, read_only=True) for n in range(41, 81)]
    assert failed(calls=(*calls, *reads)) == snapshot("""\
KeyError: price
Look at the keys first, `list(d)`, or use `d.get(key)`.
Calls that were made and are not undone:
  refund(order='A1') -> {'ok': True}
  refund(order='A2') -> {'ok': True}
  refund(order='A3') -> {'ok': True}
  refund(order='A4') -> {'ok': True}
  refund(order='A5') -> {'ok': True}
  … `refund` ×32 …
  refund(order='A38') -> {'ok': True}
  refund(order='A39') -> {'ok': True}
  refund(order='A40') -> {'ok': True}
Use what they returned; make none again that changes anything.
Read-only calls that returned: `get_1` ×5, `get_2` ×5, `get_3` ×5, `get_4` ×5, `get_5` ×5, `get_6` ×5 and 10 others
What the cell assigned before it stopped is kept; continue from there.\
""")


def test_long_arguments_and_results_are_cut():
    text = failed(calls=(call(1, 'send', {'body': 'word ' * 500, 'to': ['a@b.c'] * 100}, 'x' * 10_000),))
    assert text == snapshot("""\
KeyError: price
Look at the keys first, `list(d)`, or use `d.get(key)`.
Calls that were made and are not undone:
  send(body='word word word… 2,480 characters … word ', to=['a@b.c', 'a@b.c', 'a@b.c', 'a@b.c', 'a@b.c', 'a@b.c', 'a@b.c', 'a@b…) -> 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx… 9,941 characters …xxxxxxxxxxxxxxxxxxx'
Use what they returned; make none again that changes anything.
What the cell assigned before it stopped is kept; continue from there.\
""")


def test_very_many_arguments_are_cut():
    text = failed(calls=(call(1, 'send', {f'argument_{n}': n for n in range(100)}),))
    assert len(text) < 500


def test_a_line_that_was_rewritten_keeps_its_caret_under_what_was_written():
    source = "rows = search('a')['x']"
    ran = "rows = (await search('a'))['x']"
    shown = failed(source=source, frames=(CodeFrame(line=1, column=15, end_column=26, source_line=ran),))
    assert shown == snapshot("""\
KeyError: price
line 1: rows = search('a')['x']
               ^^^^^^^^^^^
Look at the keys first, `list(d)`, or use `d.get(key)`.
This cell called no tool.\
""")


def test_a_place_that_a_rewrite_made_has_no_caret():
    source = "rows = search('a')['x']"
    ran = "rows = (await search('a'))['x']"
    shown = failed(source=source, frames=(CodeFrame(line=1, column=8, end_column=32, source_line=ran),))
    assert shown.startswith("KeyError: price\nline 1: rows = search('a')['x']\nLook")


def test_a_frame_without_a_line_is_named():
    assert 'line 9\n' in failed(frames=(CodeFrame(line=9, column=1),))


@pytest.mark.parametrize(
    ('limit', 'message'),
    [
        ('time', 'turn time limit exceeded: 30.1s > 30s'),
        ('memory', 'memory limit exceeded: 16000043064 bytes > 268435456 bytes'),
        ('suspensions', ''),
        ('tool-calls', ''),
        ('sleep', 'a cell may sleep 30 s in total'),
        ('prints', ''),
    ],
)
def test_each_limit_says_what_to_do(limit: LimitName, message: str):
    lines = failed('TimeoutError', message, kind='limit', limit=limit).split('\n')
    assert (
        lines[:2]
        == snapshot(
            {
                'time': [
                    'The cell computed for too long and was stopped: turn time limit exceeded: 30.1s > 30s',
                    'Do less in one cell: fewer items, no endless loop, a faster way. Waiting for tools does not count.',
                ],
                'memory': [
                    'The cell needed more memory than it may have: memory limit exceeded: 16000043064 bytes > 268435456 bytes',
                    'Keep less at once: work in batches, and keep only the fields you need.',
                ],
                'suspensions': [
                    'The cell turned to the host too often (calls, awaits, imports).',
                    'Make fewer calls in one cell and continue in the next one.',
                ],
                'tool-calls': [
                    'The cell made more tool calls than one cell may.',
                    'Call in smaller batches: keep what you have in a variable and continue in the next cell.',
                ],
                'sleep': [
                    'The cell slept longer than it may: a cell may sleep 30 s in total',
                    'Do not wait with `sleep`; continue with other work.',
                ],
                'prints': ['The cell printed more than it may.', 'Print a slice, a count or a total.'],
            }
        )[limit]
    )


def test_a_crash_says_that_nothing_is_kept():
    assert failed('MontyCrashedError', 'worker died', kind='crash', state_lost=True) == snapshot("""\
The sandbox died while it ran this cell. Most often the cell needed far too much memory at once.
Do the work in smaller pieces; do not send the same cell again.
This cell called no tool.
Nothing this cell assigned is kept: variables are as they were before it.\
""")


def test_a_cancelled_cell_says_what_it_had_done():
    text = failed('CancelledError', '', kind='cancelled', calls=(call(1, 'pay', {'x': 1}, state='cancelled'),))
    assert text == snapshot("""\
The run was cancelled while this cell ran.
Interrupted before they answered, so they may have taken effect:
  pay(x=1)
What the cell assigned before it stopped is kept; continue from there.\
""")


def test_a_remark_of_the_check_is_shown_where_it_may_explain_the_error_and_nowhere_else():
    def remark(line: int) -> Diagnostic:
        return Diagnostic(
            code='doubtful',
            message='`price` expects `int`, found `str`.',
            position=Position(line=line, column=1),
            stage='check',
            fix='Write `int(x)`.',
        )

    frames = (frame(3, 14, 26),)
    error = ('TypeError', 'price() takes an int')
    shown = '\nThe type check says of this line: `price` expects `int`, found `str`. Write `int(x)`.\n'
    assert shown in failed(*error, frames=frames, hints=(remark(1), remark(3)))
    assert '`price`' not in failed(*error, frames=frames, hints=(remark(1),))
    assert '`price`' not in failed(*error, hints=(remark(3),))
    assert '`price`' not in failed('ZeroDivisionError', 'division by zero', frames=frames, hints=(remark(3),))


def test_what_was_printed_keeps_both_ends():
    text = failed(printed=Printed(text='first ' + 'x' * 10_000 + ' last\n'))
    assert 'first xxx' in text
    assert 'xxx last\n' in text
    assert len(text) < 2_500


def test_very_many_variables_are_cut():
    text = failed(variables=tuple(f'v{n}' for n in range(100)))
    assert text.endswith(
        'is kept: …, `v88`, `v89`, `v90`, `v91`, `v92`, `v93`, `v94`, `v95`, `v96`, `v97`, `v98`, `v99`. Continue from there.'
    )


def test_an_error_without_a_message_is_its_type():
    assert failed('StopIteration', '').startswith('StopIteration\n')


def test_a_limit_without_a_name_is_its_error():
    assert failed('TimeoutError', 'too long', kind='limit').startswith('TimeoutError: too long\n')
