"""What a programmer gets who uses a public name wrongly says what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from inline_snapshot import snapshot
from pydantic_ai import Agent, DeferredToolRequests, FunctionToolset
from pydantic_ai.exceptions import UserError
from pydantic_ai.messages import ToolCallPart
from support.lean import finish, start
from support.scripts import scripted_model

from pydantic_ai_grail import Approve, CodeMode, CodeModeToolset, Deny, MemoryStore, SqlStore, decide, waiting_calls
from pydantic_ai_grail.approvals import ApprovalGrant
from pydantic_ai_grail.errors import DecisionError, SettingsError

WAITING = DeferredToolRequests(approvals=[ToolCallPart('refund', {'order': 7}, 'a')])


def of_class() -> None:
    Agent(scripted_model('1'), capabilities=[cast('Any', CodeMode)]).run_sync('go')


@pytest.mark.parametrize(
    ('use', 'said'),
    [
        (
            of_class,
            snapshot('Code mode is given as an instance: write capabilities=[CodeMode()], with parentheses.'),
        ),
        (
            lambda: CodeModeToolset(cast('Any', FunctionToolset)),
            snapshot(
                "CodeModeToolset takes a toolset, such as CodeModeToolset(FunctionToolset([function])), got <class 'pydantic_ai.toolsets.function.FunctionToolset'>."
            ),
        ),
        (
            lambda: CodeModeToolset(cast('Any', [])),
            snapshot('CodeModeToolset takes a toolset, such as CodeModeToolset(FunctionToolset([function])), got [].'),
        ),
        (
            lambda: MemoryStore(max_bytes=cast('Any', '5')),
            snapshot("MemoryStore(max_bytes=...) must be a whole number greater than 0, got '5'."),
        ),
    ],
)
def test_settings(use: Callable[[], object], said: str) -> None:
    with pytest.raises((SettingsError, UserError)) as caught:
        use()
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ('use', 'said'),
    [
        (
            lambda: waiting_calls(cast('Any', 'all is done')),
            snapshot(
                "Nothing waits in 'all is done': it is no DeferredToolRequests. A run whose calls wait has one as its result.output; look with isinstance(result.output, DeferredToolRequests) first."
            ),
        ),
        (
            lambda: decide(cast('Any', None), True),
            snapshot(
                'Nothing waits in None: it is no DeferredToolRequests. A run whose calls wait has one as its result.output; look with isinstance(result.output, DeferredToolRequests) first.'
            ),
        ),
        (
            lambda: decide(WAITING, cast('Any', Approve)),
            snapshot(
                "what decide() is given for all calls is Approve(), Deny(), ProvideResult(), RaiseError(), ToolApproved(), ToolDenied(), True, False, or None for later; got <class 'pydantic_ai_grail.approvals.decisions.Approve'>."
            ),
        ),
        (
            lambda: decide(DeferredToolRequests(), cast('Any', 'yes')),
            snapshot(
                "what decide() is given for all calls is Approve(), Deny(), ProvideResult(), RaiseError(), ToolApproved(), ToolDenied(), True, False, or None for later; got 'yes'."
            ),
        ),
        (
            lambda: Approve(override_args=cast('Any', [7])),
            snapshot("Approve(override_args=...) has the arguments by name, such as {'order': 7}, got [7]."),
        ),
        (
            lambda: Approve(grant=cast('Any', 20)),
            snapshot('Approve(grant=...) is an ApprovalGrant(...), got 20.'),
        ),
        (
            lambda: ApprovalGrant(scope=cast('Any', 'forever')),
            snapshot("ApprovalGrant(scope=...) is 'cell' or 'session', got 'forever'."),
        ),
        (
            lambda: ApprovalGrant(uses=cast('Any', '20')),
            snapshot("ApprovalGrant(uses=...) is at least 1, or None for any number, got '20'."),
        ),
        (
            lambda: Deny(cast('Any', 5)),
            snapshot('Deny(...) takes the reason as text, got 5.'),
        ),
    ],
)
def test_decisions(use: Callable[[], object], said: str) -> None:
    with pytest.raises(DecisionError) as caught:
        use()
    assert str(caught.value) == said


def test_a_database_in_a_directory_that_is_not_there(tmp_path: Path) -> None:
    missing = tmp_path / 'data'
    with pytest.raises(SettingsError) as caught:
        CodeMode(store=SqlStore(f'sqlite:///{missing}/agent.db'))
    assert str(caught.value) == f'There is no directory {str(missing)!r}: make it first, or correct the path.'


@pytest.mark.parametrize(
    ('lacking', 'module', 'said'),
    [
        ('starlette', 'vercel_ai', "The Vercel AI adapter needs: pip install 'pydantic-ai-grail[vercel-ai]'"),
        ('ag_ui', 'ag_ui', "The AG-UI adapter needs: pip install 'pydantic-ai-grail[ag-ui]'"),
    ],
)
def test_without_the_packages_of_an_adapter_the_extra_is_named(lacking: str, module: str, said: str) -> None:
    status, _, errors = finish(
        start(f'sys.modules[{lacking!r}] = None\nimport pydantic_ai_grail.integrations.{module}')
    )
    assert status == 1
    assert errors.splitlines()[-1] == f'ImportError: {said}'
