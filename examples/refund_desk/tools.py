"""What code can do in the shop. Large refunds wait for a person; what was done once is not done twice."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import Field
from pydantic_ai import FunctionToolset, RunContext
from pydantic_ai.exceptions import ApprovalRequired

from .shop import Mail, Order, Problem, Refund, Shop

LARGE: Final = Decimal(100)
"""Refunds above this, in euros, wait for a person."""


@dataclass(frozen=True)
class Access:
    """What the tools work with."""

    shop: Shop
    pace_seconds: float = 0.0
    """How long whatever changes something takes, so that one can watch it, or kill the process in it."""


tools: Final = FunctionToolset[Access]()

# Calls that were under way when their process died are made again, if their tools say that this does no harm: those that
# only read, and those that write under the call's key. Of others a person is asked what became of them.
READS: Final[dict[str, Any]] = {'read_only': True}
KEYED: Final[dict[str, Any]] = {'idempotent': True}


@tools.tool(metadata=READS)
def find_orders(
    ctx: RunContext[Access],
    customer: str | None = None,
    item: str | None = None,
    problem: Problem | None = None,
    reported_since: date | None = None,
    placed_since: date | None = None,
) -> list[Order]:
    """Orders that match all that is given, the oldest first.

    Args:
        ctx: The run.
        customer: A part of the customer's name.
        item: A part of the item's name.
        problem: What the customer reported.
        reported_since: The day on or after which it was reported.
        placed_since: The day on or after which the order was placed.
    """
    return ctx.deps.shop.orders(
        customer=customer, item=item, problem=problem, reported_since=reported_since, placed_since=placed_since
    )


@tools.tool(metadata=READS)
def get_order(ctx: RunContext[Access], order_id: int) -> Order:
    """One order."""
    return ctx.deps.shop.order(order_id)


@tools.tool(metadata=KEYED)
def refund(
    ctx: RunContext[Access],
    order_id: int,
    amount: Annotated[Decimal, Field(gt=0, decimal_places=2)],
    reason: str,
) -> Refund:
    """Pay back an order, or a part of it, in euros. Above 100 a person has to allow it, and may change the amount.

    Raises PermissionError, with what the person said, when it was denied.
    """
    order = ctx.deps.shop.order(order_id)
    if amount > LARGE and not ctx.tool_call_approved:
        why = f'Refunds above € {LARGE} need a person’s consent.'
        raise ApprovalRequired(metadata={'why': why, 'order': order})
    made = ctx.deps.shop.refund(order_id, amount, reason, key=_key(ctx), conversation=ctx.conversation_id or '')
    time.sleep(ctx.deps.pace_seconds)
    return made


@tools.tool(metadata=KEYED)
def send_mail(ctx: RunContext[Access], address: str, subject: str, body: str) -> None:
    """Send a mail to a customer."""
    mail = Mail(address=address, subject=subject, body=body)
    ctx.deps.shop.put_in_outbox(mail, key=_key(ctx), conversation=ctx.conversation_id or '')
    time.sleep(ctx.deps.pace_seconds)


@tools.tool
def order_pickup(ctx: RunContext[Access], order_id: int, day: date) -> None:
    """Have a courier fetch an order's parcel at the customer's door."""
    ctx.deps.shop.order_pickup(order_id, day, conversation=ctx.conversation_id or '')
    time.sleep(ctx.deps.pace_seconds)


def _key(ctx: RunContext[Access]) -> str:
    """The same for every attempt at this call, also in another process, and for no other call."""
    return ctx.tool_call_metadata['code_mode']['idempotency_key']
