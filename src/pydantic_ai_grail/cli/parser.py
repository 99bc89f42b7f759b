"""What may be written on the command line. Imports nothing heavy: help and mistakes are answered at once."""

from __future__ import annotations

import os
import re
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Final

from ..stores.base import LONGEST_AGE

STORE_VARIABLE: Final = 'GRAIL_STORE'
_UNITS: Final = {'s': 'seconds', 'm': 'minutes', 'h': 'hours', 'd': 'days', 'w': 'weeks'}


def parsed(arguments: Sequence[str] | None) -> Namespace:
    """The arguments, looked at. Ends the process with status 2 where they are wrong."""
    parser = command_line()
    given = parser.parse_args(arguments)
    if not given.store:
        parser.error(f'which store? Give --store, as in --store sqlite:///agent.db, or set {STORE_VARIABLE}.')
    if given.all_owners and not given.is_of_all:
        parser.error(f'{given.command} takes no --all-owners.')
    if given.owner is not None and given.all_owners:
        parser.error('whose? Give --owner or --all-owners, not both.')
    return given


def length_of_time(text: str) -> timedelta:
    """`30d`: a number and one of `s m h d w`.

    Raises:
        ArgumentTypeError: When it is not that.
    """
    found = re.fullmatch(r'(\d{1,6})([smhdw])', text)
    if found is None:
        raise ArgumentTypeError(f'{text!r} is no length of time; one looks like 30d, 12h or 2w')
    length = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if length > LONGEST_AGE:
        raise ArgumentTypeError(f'{text!r} is more than a hundred years')
    return length


def count(text: str) -> int:
    """A whole number that is not negative.

    Raises:
        ArgumentTypeError: When it is not that.
    """
    if not text.isdecimal() or len(text) > 9:
        raise ArgumentTypeError(f'{text!r} is no number of things')
    return int(text)


_SECRET: Final = (
    'What is sealed is opened with the secret of the agent: GRAIL_SECRET, or the key file beside a SQLite file.'
)
_STATUS: Final = (
    'The status at the end is 0; 1 where something is wrong, which is said on standard error, or where something that was '
    'asked for is not to be trusted or cannot be read; 2 where the arguments are wrong.'
)


def _common(*, default: str | None) -> ArgumentParser:
    common = ArgumentParser(add_help=False)
    common.add_argument(
        '--store',
        metavar='URL',
        default=default or os.environ.get(STORE_VARIABLE),
        help=f'sqlite:///agent.db or postgresql://user@host/name; default: the environment variable {STORE_VARIABLE}',
    )
    common.add_argument(
        '--owner',
        metavar='OWNER',
        default=default,
        help='whose conversations, as CodeMode(owner=...) has it; default: those of agents without owner=',
    )
    common.add_argument('--json', action='store_true', default=default or False, help='print JSON')
    return common


def _every(*, default: str | None) -> ArgumentParser:
    every = ArgumentParser(add_help=False)
    every.add_argument(
        '--all-owners',
        action='store_true',
        default=default or False,
        help='conversations of all owners, for commands that list or delete',
    )
    return every


def command_line() -> ArgumentParser:
    """The parser of all commands."""
    common = _common(default=SUPPRESS)  # before the command or behind it: what stands behind wins
    every = _every(default=SUPPRESS)
    quiet = ArgumentParser(add_help=False)
    quiet.add_argument(
        '--no-content', action='store_true', help='show no code, arguments or results, only what happened'
    )
    conversation = ArgumentParser(add_help=False)
    conversation.add_argument('conversation', metavar='CONVERSATION', help='its id')

    parser = ArgumentParser(
        prog='pydantic-ai-grail',
        parents=[_common(default=None), _every(default=None)],
        description='Looks after the store of agents in code mode.',
        epilog=f'{_SECRET} {_STATUS}',
    )
    parser.add_argument('--version', action='version', version=version('pydantic-ai-grail'))
    commands = parser.add_subparsers(dest='command', metavar='COMMAND', required=True)

    def command(name: str, what: str, *parents: ArgumentParser) -> ArgumentParser:
        """A command, which says at its own `--help` what the list of commands says of it."""
        description = f'{what[0].upper()}{what[1:]}.'
        made = commands.add_parser(name, parents=parents, help=what, description=description, epilog=_STATUS)
        made.set_defaults(is_of_all=every in parents)
        return made

    listed = command('list-conversations', 'list conversations, the newest first', common, every)
    listed.add_argument('--limit', type=count, default=100, metavar='N', help='at most so many; default: 100')
    command('list-cells', 'list the cells of a conversation, call by call', conversation, common, quiet)
    command('list-waiting-calls', 'list all calls that wait for a decision', common, every, quiet)
    command(
        'list-unfinished-cells', 'list all cells that wait, are under way or were interrupted', common, every, quiet
    )
    fork = command('fork-conversation', 'copy a conversation to a new id', conversation, common)
    fork.add_argument('new_id', metavar='NEW_ID', help='the id of the copy')
    fork.add_argument('--new-owner', metavar='OWNER', help='whose the copy is to be; default: the same')
    fork.add_argument('history', type=Path, metavar='HISTORY', help='its messages, as all_messages_json() gives them')
    fork.add_argument('new_history', type=Path, metavar='NEW_HISTORY', help='where to write those of the copy')
    expired = command(
        'delete-expired', 'delete what is old, but no conversation with an unfinished cell', common, every
    )
    expired.add_argument('--older-than', type=length_of_time, required=True, metavar='TIME', help='30d, 12h, 2w')
    expired.add_argument(
        '--keep-newest', type=count, default=0, metavar='N', help='states that each conversation keeps; default: 0'
    )
    expired.add_argument(
        '--unfinished-older-than', type=length_of_time, metavar='TIME', help='delete unfinished cells after so long'
    )
    expired.add_argument('--dry-run', action='store_true', help='only say what would go')
    deleted = command('delete-conversation', 'delete a conversation', conversation, common)
    deleted.add_argument('--force', action='store_true', help='also with cells that wait or came to no end')
    command('vacuum', 'make a SQLite file smaller after deletions', common)
    export = command('export-conversation', 'write a conversation to a file, sealed as it is', conversation, common)
    export.add_argument('file', type=Path, metavar='FILE', help='one that is not there yet')
    export.add_argument('--force', action='store_true', help='write over a file that is there')
    taken = command('import-conversation', 'import a conversation from a file', common)
    taken.add_argument('file', type=Path, metavar='FILE', help='as "export-conversation" has written it')
    return parser
