"""The model without a provider: it knows a few requests and plays what a model wrote for them.

A response is text, or a cell; text may look at what the last cell gave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeAlias

from pydantic_ai.messages import ModelMessage
from pydantic_ai.models.function import AgentInfo

from pydantic_ai_grail.testing import CellStep, PlainStep, answer, cell, current_turn, played_cells

DeskStep: TypeAlias = CellStep | Callable[[Any], str]
"""A cell, or what the model says of the last one's result."""


def _euros(amount: object) -> str:
    return f'€ {Decimal(str(amount)):.2f}'


def _names(names: Sequence[str]) -> str:
    return ' and '.join(filter(None, [', '.join(names[:-1]), *names[-1:]]))


def _broken_outcome(result: Mapping[str, Any]) -> str:
    if not result['orders']:
        return 'Nothing that was reported as broken last week is still to be refunded.'
    said = [f'I refunded {len(result["refunded"])} of {result["orders"]} orders, {_euros(result["paid"])} in all.']
    for customer, reason in result['declined'].items():
        said.append(f'{customer}’s refund was declined: “{reason}”')
    return ' '.join([*said, 'Everybody has a mail.'])


def _late_outcome(result: Mapping[str, Any]) -> str:
    if not result['credited']:
        return 'Nobody got a credit.'
    shown = [f'{customer} {_euros(amount)}' for customer, amount in result['credited'].items()]
    return f'I credited {_names(shown)}, and apologised to each of them by mail.'


def _earlier_outcome(result: Sequence[Mapping[str, Any]]) -> str:
    names = sorted({row['customer'] for row in result})
    return f'Yes: {_names(names)}.' if names else 'No, none of them.'


def _pickup_outcome(result: Sequence[str]) -> str:
    return f'The courier comes to {_names(result)} on Thursday.'


def _fragile_outcome(result: Sequence[Mapping[str, Any]]) -> str:
    worst = result[0]
    return f'The {worst["item"].lower()}: {worst["broken"]} of {worst["sold"]} arrived broken. The others are in the table.'


SCRIPT: Final[Mapping[str, Sequence[DeskStep]]] = {
    'Refund all orders that arrived broken last week.': [
        cell(
            """
            from datetime import date

            reported = await find_orders(problem='broken', reported_since=date(2026, 11, 16))
            orders = [order for order in reported if order['refunded'] < order['total']]
            columns = ('id', 'customer', 'item', 'total', 'refunded', 'reported')
            [{column: order[column] for column in columns} for order in orders]
            """,
            text='I’ll look at what was reported as broken since last Monday.',
        ),
        cell(
            """
            import asyncio

            declined = {}

            async def pay_back(order):
                left = order['total'] - order['refunded']
                try:
                    return await refund(order['id'], left, f"{order['item']} broken")
                except PermissionError as error:
                    declined[order['id']] = str(error)

            refunds = await asyncio.gather(*[pay_back(order) for order in orders])
            paid = {made['order_id']: made['amount'] for made in refunds if made}
            paid
            """,
            text='I’ll pay back what is left of each, side by side, so that those which need consent hold up nobody.',
        ),
        cell(
            """
            for order in orders:
                name = order['customer'].split()[0]
                if order['id'] in paid:
                    subject = f"Your refund for order {order['id']}"
                    body = (
                        f"Dear {name},\\n\\nwe are sorry that your {order['item'].lower()} arrived broken. "
                        f"We have paid back € {paid[order['id']]:.2f}.\\n\\nYour refund desk"
                    )
                else:
                    subject = f"About your order {order['id']}"
                    body = (
                        f"Dear {name},\\n\\nwe cannot refund your {order['item'].lower()} yet: "
                        f"{declined[order['id']]}\\n\\nYour refund desk"
                    )
                await send_mail(order['email'], subject, body)

            {
                'orders': len(orders),
                'refunded': list(paid),
                'paid': sum(paid.values()),
                'declined': {o['customer']: declined[o['id']] for o in orders if o['id'] in declined},
            }
            """,
            text='Now a mail to each customer.',
        ),
        _broken_outcome,
    ],
    'Did any of them have trouble with us before?': [
        cell(
            """
            earlier = []
            for order in orders:
                for past in await find_orders(customer=order['customer']):
                    if past['problem'] and past['id'] < order['id']:
                        earlier.append({key: past[key] for key in ('customer', 'id', 'item', 'problem', 'reported')})
            earlier
            """,
            text='I still have the orders.',
        ),
        _earlier_outcome,
    ],
    'Credit half of what they paid to everybody whose order was late in November.': [
        cell(
            """
            from datetime import date
            from decimal import Decimal

            credited = {}
            for order in await find_orders(problem='late', reported_since=date(2026, 11, 1)):
                if order['refunded']:
                    continue
                amount = round(order['total'] / 2, 2)
                try:
                    made = await refund(order['id'], amount, 'arrived late')
                except PermissionError as error:
                    print(f"{order['customer']}: {error}")
                    continue
                credited[order['customer']] = made['amount']
                await send_mail(
                    order['email'],
                    f"Order {order['id']} took too long",
                    f"We are sorry that your {order['item'].lower()} came late, and paid back € {made['amount']:.2f}.",
                )

            {'credited': credited, 'in all': sum(credited.values(), Decimal(0))}
            """,
            text='I’ll go through the late ones, one after the other.',
        ),
        _late_outcome,
    ],
    'Have everything that we sent by mistake picked up on Thursday.': [
        cell(
            """
            from datetime import date

            fetched = await find_orders(problem='wrong item')
            for order in fetched:
                await order_pickup(order['id'], date(2026, 11, 26))
            [order['customer'] for order in fetched]
            """,
            text='A courier is asked for each of them.',
        ),
        _pickup_outcome,
    ],
    'Which of our products break most often?': [
        cell(
            """
            sold, broken = {}, {}
            for order in await find_orders(since='2026-01-01'):
                sold[order['item']] = sold.get(order['item'], 0) + 1
                if order['problem'] == 'broken':
                    broken[order['item']] = broken.get(order['item'], 0) + 1
            """,
            text='I’ll count over everything that was ever sold.',
        ),
        cell(
            """
            sold, broken = {}, {}
            for order in await find_orders():
                sold[order['item']] = sold.get(order['item'], 0) + 1
                if order['problem'] == 'broken':
                    broken[order['item']] = broken.get(order['item'], 0) + 1

            rows = [
                {'item': item, 'sold': sold[item], 'broken': count, 'share': f'{count / sold[item]:.0%}'}
                for item, count in broken.items()
            ]
            sorted(rows, key=lambda row: (row['broken'], row['share']), reverse=True)
            """,
            text='No need to narrow it down.',
        ),
        _fragile_outcome,
    ],
}
"""Request -> responses, in order."""

FURTHER: Final[Mapping[str, Sequence[str]]] = {
    'Refund all orders that arrived broken last week.': ['Did any of them have trouble with us before?']
}
"""First request -> what may be asked afterwards."""

REQUESTS: Final = [request for request in SCRIPT if not any(request in later for later in FURTHER.values())]
"""What may be asked first."""


def next_step(messages: list[ModelMessage], info: AgentInfo) -> PlainStep:
    """The next step of the script for the newest request."""
    del info
    turn = current_turn(messages)
    steps = SCRIPT.get(turn.prompt)
    if steps is None:
        known = '\n'.join(f'– {request}' for request in REQUESTS)
        return answer(f'No language model is connected. The script that plays one knows:\n{known}')
    step = steps[turn.responses]
    if isinstance(step, CellStep):
        return step
    played = played_cells(messages)[-1]
    return answer(step(played.result) if played.outcome == 'completed' else f'That did not work: {played.content}')
