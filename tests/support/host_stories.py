"""The stories of `tests/waiting/test_hosts.py`."""

from __future__ import annotations

from pydantic_ai.tools import ToolDenied
from support.desk import AsAWhole, Direct, Story

from pydantic_ai_grail import Deny, WaitingCall
from pydantic_ai_grail.approvals import Decision, ProvideResult


class ByTool:
    """A decision for each tool; the others are approved."""

    def __init__(self, **decisions: Decision) -> None:
        self.decisions = decisions

    def __call__(self, call: WaitingCall) -> Decision:
        return self.decisions.get(call.tool_name, True)


WHOLE = {
    'approved': Story(
        cells=['import asyncio\nawait asyncio.gather(refund(1, 500), refund(2, 600), close(3))'],
        decisions=[AsAWhole(answer=True)],
    ),
    'approved twice': Story(
        cells=['[await refund(1, 500), await refund(2, 600)]'],
        decisions=[AsAWhole(answer=True), AsAWhole(answer=True)],
    ),
    'approved, and it also waits for an external result': Story(
        cells=['import asyncio\nawait asyncio.gather(refund(1, 500), fax("0123"))'],
        decisions=[AsAWhole(answer=True), ProvideResult('sent')],
    ),
    'denied': Story(
        cells=[
            'try:\n    await refund(1, 50)\n    await refund(2, 500)\nexcept PermissionError:\n    await refund(3, 50)'
        ],
        decisions=[AsAWhole(answer=False)],
    ),
    'denied with a message': Story(
        cells=['x = 1\nawait refund(2, 500)', 'x'],
        decisions=[AsAWhole(answer=ToolDenied('Ask the boss.'))],
    ),
    'denied, and the next cell makes the same calls': Story(
        cells=['await refund(1, 50)\nawait refund(2, 500)', 'await refund(1, 50)'],
        decisions=[AsAWhole(answer=False)],
    ),
}
BESIDE = {
    'a tool that runs': Story(
        cells=[['await refund(1, 500)', Direct('balance', {'account': 'ada'})]], decisions=[True], direct=['balance']
    ),
    'a tool that waits, both allowed at once': Story(
        cells=[['await refund(1, 500)', Direct('close', {'order': 1})]], decisions=[True], direct=['close']
    ),
    'a tool that waits, one allowed and one denied': Story(
        cells=[[Direct('close', {'order': 1}), 'await refund(1, 500)']],
        decisions=[ByTool(close=Deny('leave it open'))],
        direct=['close'],
    ),
    'a tool that waits, and the cell waits again': Story(
        cells=[['[await refund(1, 500), await refund(2, 500)]', Direct('close', {'order': 1})]],
        decisions=[True, True],
        direct=['close'],
    ),
    'a tool that somebody else runs': Story(
        cells=[['await refund(1, 500)', Direct('fax', {'number': '0123'})]],
        decisions=[ByTool(fax=ProvideResult('sent'))],
        direct=['fax'],
    ),
    'two tools and two cells, all of which wait': Story(
        cells=[
            [
                Direct('close', {'order': 1}),
                'a = await refund(1, 500)',
                'b = await refund(2, 600)',
                Direct('fax', {'number': '0123'}),
            ],
            '(a, b)',
        ],
        decisions=[ByTool(fax=ProvideResult('sent')), True],
        direct=['close', 'fax'],
    ),
    'a host that knows nothing of cells': Story(
        cells=[['await refund(1, 500)', Direct('close', {'order': 1})]],
        decisions=[AsAWhole(answer=True)],
        direct=['close'],
    ),
}
SEVERAL = {
    'both wait': Story(
        cells=[['a = await refund(1, 500)', 'b = await refund(2, 600)'], '(a, b)'], decisions=[True, True]
    ),
    'the first waits': Story(cells=[['a = await refund(1, 500)', 'b = await refund(2, 60)\n(a, b)']], decisions=[True]),
    'the second waits': Story(
        cells=[['a = await refund(1, 50)', 'b = await refund(2, 600)\n(a, b)']], decisions=[True]
    ),
    'the middle one waits': Story(
        cells=[['a = 1', 'b = await refund(2, 600)', 'c = await balance(b)\n(a, b, c)']], decisions=[True]
    ),
    'the first is denied': Story(
        cells=[['a = 0\na = await refund(1, 500)', 'b = await refund(2, 60)\n(a, b)']], decisions=[Deny('no')]
    ),
    'a host that knows nothing of cells approves both': Story(
        cells=[['a = await refund(1, 500)', 'b = await refund(2, 600)\n(a, b)']],
        decisions=[AsAWhole(answer=True), AsAWhole(answer=True)],
    ),
    'a host that knows nothing of cells denies both': Story(
        cells=[['a = await refund(1, 500)', 'b = await refund(2, 60)\n(a, b)']], decisions=[AsAWhole(answer=False)]
    ),
}
