"""The refund desk from the command line.

    python -m examples.refund_desk.cli ask "Refund all orders that arrived broken last week."
    python -m examples.refund_desk.cli waiting
    python -m examples.refund_desk.cli approve 1a2b3c4d/3 --amount 200
    python -m examples.refund_desk.cli deny 1a2b3c4d/5 --message "Send a photo first."
    python -m examples.refund_desk.cli go-on

Everything is in `./desk`, or the folder in `DESK_FOLDER`. The web service may run over the same folder.
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import anyio
from pydantic_core import to_json

from pydantic_ai_grail import WaitingCall
from pydantic_ai_grail.errors import StoreConflict

from .conversation import Conversation, Decided, NotPossible, about
from .desk import Desk, open_desk
from .view import Cell, told


async def run(options: argparse.Namespace) -> None:
    """One command.

    Raises:
        LookupError: When there is no such conversation or call.
        NotPossible: When the conversation is not in a state for it.
        StoreConflict: When another process is working on the conversation.
    """
    pace_seconds = float(os.environ.get('DESK_PACE_SECONDS', '0'))
    async with open_desk(Path(os.environ.get('DESK_FOLDER', 'desk')), pace_seconds=pace_seconds) as desk:
        match options.command:
            case 'ask':
                await go_on(desk, desk.book.ask(options.request))
            case 'waiting':
                for conversation in desk.book.newest():
                    print_waiting(conversation)
            case 'go-on':
                for id in desk.book.unfinished():
                    await go_on(desk, id)
            case verdict:
                id, _, number = options.call.partition('/')
                conversation = desk.book.load(id)
                call = waiting_call(conversation, number)
                decided = Decided(
                    wait=call.wait_id,
                    verdict=verdict,
                    amount=getattr(options, 'amount', None),
                    message=getattr(options, 'message', ''),
                )
                desk.book.decide(id, [decided])
                await go_on(desk, id)


async def go_on(desk: Desk, id: str) -> None:
    """Bring a conversation to its next rest, and print what came of it."""
    before = told(desk.book.load(id))
    conversation = await desk.bring_on(id)
    for item in told(conversation):
        if item in before:
            continue
        if isinstance(item, Cell):
            print(*(f'    {line}' for line in lines_of(item)), sep='\n')
        else:
            print(item.text)
    print_waiting(conversation)
    if conversation.error is not None:
        sys.exit(f'{id} failed: {conversation.error}')


def lines_of(cell: Cell) -> Iterator[str]:
    """A cell's code, with a mark where calls wait, and what came of it."""
    for line in cell.lines:
        yield f'{line.number:3} {">" if line.waits else " "} {line.text}'.rstrip()
    yield from cell.feedback.splitlines()
    if cell.has_result and cell.result is not None:
        yield f'= {to_json(cell.result).decode()}'


def print_waiting(conversation: Conversation) -> None:
    """The calls that wait, each with what to call it by."""
    for call in conversation.waiting:
        arguments = ', '.join(f'{name}={argument!r}' for name, argument in call.args.items())
        print(f'{conversation.id}/{number_of(call)}  {about(call)}: {call.tool_name}({arguments})')
        print(f'    {call.metadata.get("why", call.reason)} Line {call.line}: {call.source_line}')


def waiting_call(conversation: Conversation, number: str) -> WaitingCall:
    """The call that is meant.

    Raises:
        LookupError: When none of this number waits.
    """
    for call in conversation.waiting:
        if number_of(call) == number:
            return call
    raise LookupError(f'No call {number!r} of conversation {conversation.id} waits.')


def number_of(call: WaitingCall) -> str:
    """Short for the call's id."""
    return call.tool_call_id.rpartition('__')[2]


def amount_of_money(text: str) -> Decimal:
    """Euros, as the form on the page takes them."""
    if not re.fullmatch(r'\d{1,7}(\.\d{1,2})?', text) or not Decimal(text):
        raise argparse.ArgumentTypeError(f'{text[:20]!r} is no amount such as 19.90')
    return Decimal(text)


def request_text(text: str) -> str:
    """What is asked for."""
    if not text.strip() or len(text) > 2_000:
        raise argparse.ArgumentTypeError('a request is between 1 and 2,000 characters')
    return text.strip()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog='python -m examples.refund_desk.cli',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest='command', required=True)
    commands.add_parser('ask', help='ask for something').add_argument('request', type=request_text)
    commands.add_parser('waiting', help='list the calls that wait')
    commands.add_parser('go-on', help='resume what a killed process left')
    approve = commands.add_parser('approve', help='let a call run')
    approve.add_argument('call')
    approve.add_argument('--amount', type=amount_of_money, help='another amount than was asked for')
    deny = commands.add_parser('deny', help='do not let a call run')
    deny.add_argument('call')
    deny.add_argument('--message', default='', help='what to tell the code')
    commands.add_parser('happened', help='say that a call with an unknown outcome took effect').add_argument('call')
    logging.disable()  # failures are printed
    try:
        anyio.run(run, parser.parse_args(arguments))
    except StoreConflict:
        sys.exit('Another process is working on this conversation.')
    except (LookupError, NotPossible) as error:
        sys.exit(str(error))


if __name__ == '__main__':
    main()
