"""The stories of `tests/waiting/test_stories.py`."""

from __future__ import annotations

from dataclasses import dataclass

from support.desk import Story

from pydantic_ai_grail import Approve, Deny, WaitingCall
from pydantic_ai_grail.approvals import Decision, ProvideResult, RaiseError

GATHER = """\
import asyncio
before = await balance('ada')
done = await asyncio.gather(refund(1, 50), refund(2, 500), refund(3, 600))
after = await balance('grace')
(before, done, after)"""

TRIED = """\
log = []
try:
    try:
        log.append(await refund(1, 500))
    except Exception as error:
        log.append(f'inner {type(error).__name__}: {error}')
        log.append(await refund(2, 600))
    finally:
        log.append('finally')
except BaseException as error:
    log.append(f'outer {type(error).__name__}: {error}')
log"""


@dataclass(frozen=True)
class Only:
    """Approve the refunds of these orders; the others later, or never."""

    orders: tuple[int, ...] = ()
    others: bool | None = None

    def __call__(self, call: WaitingCall) -> Decision | None:
        return True if call.args['order'] in self.orders else self.others


STORIES = {
    'one call': Story(cells=['answer = await refund(1, 500)'], decisions=[True]),
    'the cell as a whole': Story(cells=['[await refund(1, 500), await refund(2, 600)]'], decisions=[Approve(), True]),
    'many in a gather': Story(cells=[GATHER], decisions=[Only((2,), others=False)]),
    'partly decided': Story(cells=[GATHER], decisions=[Only((3,)), Only(), Only((2,))]),
    'in a loop': Story(cells=['[await refund(n, 100 * n) for n in range(4)]'], decisions=[True, Deny('enough')]),
    'denied': Story(
        cells=['x = 1\ny = await refund(1, 500)\nx = 2', 'x'],
        decisions=[Deny('ask the boss')],
    ),
    'changed arguments': Story(
        cells=['await refund(1, 500)'], decisions=[Approve(override_args={'order': 1, 'amount': 200})]
    ),
    'expired': Story(cells=['await refund(1, 500)'], decisions=[Only()], options={'decision_timeout': 0.001}),
    'decided too late': Story(cells=['await refund(1, 500)'], decisions=[True], options={'decision_timeout': 0.001}),
    'external result': Story(cells=["await fax('0123')"], decisions=[ProvideResult({'pages': 3})]),
    'external failure': Story(cells=["await fax('0123')"], decisions=[RaiseError('out of paper', 'LookupError')]),
    'nested in try and finally': Story(cells=[TRIED], decisions=[Deny('no'), Deny('no again')]),
    'in a later cell': Story(
        cells=['orders = [1, 2]', 'paid = await refund(orders[1], 500)', '(orders, paid)'], decisions=[True]
    ),
    'declared to need an approval': Story(
        cells=['[await close(1), wire(2), wire(3)]'], decisions=[True, True, Deny('no')]
    ),
    'a plain function while others run': Story(
        cells=["import asyncio\nb = balance('ada')\nw = wire(2)\n(await b, w)"], decisions=[True]
    ),
    'two cells in one response': Story(
        cells=[['a = await refund(1, 500)', 'b = await refund(2, 600)'], '(a, b)'], decisions=[True, True]
    ),
    'in a function of an earlier cell': Story(
        cells=['async def pay(n):\n    return await refund(n, 500)', 'print("paying")\nawait pay(4)'], decisions=[True]
    ),
    'printed before and after': Story(
        cells=['print("before")\nawait refund(1, 500)\nprint("after")'], decisions=[True]
    ),
}
