"""The option `owner`: what it takes, and that a run of which nobody says whose it is does nothing."""

from __future__ import annotations

from typing import Any

import pytest
from support.owned import Shop

from pydantic_ai_grail import CodeMode, MemoryStore
from pydantic_ai_grail.admin.inspection import list_cells
from pydantic_ai_grail.errors import OwnerError, SettingsError

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize('owner', ['', '  ', 7, b'ada', 'a\0b', '\ud800', 'x' * 1001, ['ada']])
def test_what_cannot_name_an_owner_is_refused_when_it_is_given(owner: Any) -> None:
    with pytest.raises(SettingsError, match='owner is the id of a user, or a function'):
        CodeMode(owner=owner)


@pytest.mark.parametrize('given', ['', ' ', None, 7, 'a\0b'])
@pytest.mark.parametrize('is_async', [False, True])
async def test_a_run_of_which_the_function_does_not_say_whose_it_is_does_nothing(given: Any, is_async: bool) -> None:
    async def later(ctx: Any) -> Any:
        return given

    def now(ctx: Any) -> Any:
        return given

    shop = Shop(MemoryStore())
    with pytest.raises(OwnerError, match='does not say whose this run is: got'):
        await shop.run('ada', 'await pay(1)', options={'owner': later if is_async else now})
    assert shop.paid == []
    assert await shop.store.conversations() == []


async def test_a_fixed_owner_has_what_it_keeps(tmp_path: Any) -> None:
    shop = Shop(MemoryStore())
    await shop.run('', 'x = 1', options={'owner': 'ada'})
    assert await shop.store.conversations(owner='ada') == []  # `Shop` has none where nobody is signed in
    await shop.run('someone', 'x = 1', options={'owner': 'ada'})
    assert [each.conversation_id for each in await shop.store.conversations(owner='ada')] == ['c']


async def test_grants_need_an_owner_where_the_option_is_a_function() -> None:
    mode = CodeMode(owner=lambda ctx: 'ada')
    with pytest.raises(OwnerError, match='say whose with owner='):
        await mode.grants('c')
    with pytest.raises(OwnerError, match='say whose with owner='):
        await mode.revoke('c', 'x')
    assert await mode.grants('c', owner='ada') == []


async def test_an_empty_owner_is_not_taken_for_nobody() -> None:
    with pytest.raises(OwnerError, match="got '', which is empty"):
        await list_cells(MemoryStore(), 'c', owner='')
