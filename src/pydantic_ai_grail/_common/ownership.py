"""Whose conversation a run has. Conversation ids and histories come from clients; an owner comes from the application, which
knows who is signed in."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, Final, TypeAlias, cast

from pydantic_ai.capabilities import ReinjectSystemPrompt
from pydantic_ai.tools import RunContext

from ..errors import OwnerError, SettingsError
from ..stores.base import NO_OWNER, AllOwners, ConversationKey
from .argument_checks import check_function
from .identifiers import checked_conversation_id, problem_with_id

Owner: TypeAlias = str | Callable[[RunContext[Any]], str | Awaitable[str]]
"""Whose conversations an agent has: always the same one's, or as a function says of each run."""

_LOG: Final = logging.getLogger('pydantic_ai_grail')


def checked(owner: Any) -> Owner | None:
    """The option `owner`, looked at.

    Raises:
        SettingsError: When it is neither a name for an owner nor a function of the run context.
    """
    if owner is None:
        return None
    if callable(owner) and not isinstance(owner, type):
        check_function('owner', owner, called_as='owner(ctx)', takes=1)
        return cast('Owner', owner)
    problem = problem_with_id(owner)
    if problem is not None:
        raise SettingsError(f'owner is the id of a user, or a function of the run context that gives one; {problem}.')
    return owner


async def owner_of(owner: Owner | None, ctx: RunContext[Any]) -> str:
    """Whose conversation a run has, `NO_OWNER` if the option was not given.

    Raises:
        OwnerError: When the function gave what is no name for an owner. It is never taken for nobody.
    """
    if owner is None:
        return NO_OWNER
    if isinstance(owner, str):
        return owner
    found = owner(ctx)
    given: Any = await found if isawaitable(found) else found
    problem = problem_with_id(given)
    if problem is not None:
        raise OwnerError(f'The function owner=... does not say whose this run is: {problem}. Nothing was done.')
    return given


async def conversation_in(owner: Owner | None, ctx: RunContext[Any]) -> ConversationKey:
    """The conversation of a run, and whose it is.

    Raises:
        OwnerError: As `owner_of`.
        ConversationIdError: When the id cannot be one.
    """
    given = ctx.run_id if ctx.conversation_id is None else ctx.conversation_id
    return ConversationKey(await owner_of(owner, ctx), checked_conversation_id(given or ''))


def named_owner(owner: str | None) -> str:
    """The owner that a function was asked for; `None` is what agents without `owner=` have kept.

    Raises:
        OwnerError: When it is no name for an owner.
    """
    if owner is None:
        return NO_OWNER
    problem = problem_with_id(owner)
    if problem is not None:
        raise OwnerError(f'owner is the id of a user, or None for what agents without owner=... keep; {problem}.')
    return owner


def new_conversation(owner: str | None, conversation_id: str) -> ConversationKey:
    """The conversation that a function is to begin.

    Raises:
        OwnerError: As `named_owner`.
        ConversationIdError: When the id cannot be one.
    """
    return ConversationKey(named_owner(owner), checked_conversation_id(conversation_id))


def named_owners(owner: str | AllOwners | None) -> str | AllOwners:
    """As `named_owner`, where `ALL_OWNERS` may be asked for too."""
    return owner if isinstance(owner, AllOwners) else named_owner(owner)


def comes_from_a_client(ctx: RunContext[Any]) -> bool:
    """Whether the history of a run comes from a client, as far as that can be told.

    Pydantic AI's UI adapters put the agent's own system prompt back with this capability, and so does whoever follows the
    advice in its documentation. An adapter with `manage_system_prompt='client'` cannot be told from a script.
    """
    capabilities = ctx.capabilities.values()
    return any(isinstance(each, ReinjectSystemPrompt) and each.replace_existing for each in capabilities)


def warn_of_clients() -> None:
    """Tell the operator that clients name conversations, and that nobody owns them."""
    _LOG.warning(
        'A run got its history and its conversation id from a client, and CodeMode has no owner: every client that knows '
        'the id and the messages of a conversation can continue it. Give CodeMode(owner=...), a function that says who '
        'is signed in.'
    )
