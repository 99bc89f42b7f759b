"""Options in the form that people have them in: a URL for a store, a `timedelta` for a time, a preset for limits."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.toolsets import FunctionToolset
from support.agents import agent_with, last, turn

import pydantic_ai_grail
from pydantic_ai_grail import CodeMode, CodeModeToolset, Limits, MemoryStore, SqlStore, StoreError
from pydantic_ai_grail.admin.leases import lease_conversation

pytestmark = pytest.mark.anyio

WITHOUT_SQLALCHEMY = """
import importlib.abc, sys

class Nothing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in {'sqlalchemy', 'asyncpg'}:
            raise ModuleNotFoundError(f'No module named {name!r}', name=name)

import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == 'sqlalchemy' else found(name, package)
sys.meta_path.insert(0, Nothing())
"""


def in_a_process(code: str) -> str:
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


async def test_a_url_makes_a_store_that_lasts(tmp_path: Path) -> None:
    url = f'sqlite:///{tmp_path / "agent.db"}'
    first = await turn(agent_with(store=url), 'x = 40')
    second = await turn(agent_with(store=url), 'x + 2', history=first.all_messages())
    assert last(second)['result'] == 42


def test_a_url_is_the_store_of_either_front_door(tmp_path: Path) -> None:
    url = f'sqlite:///{tmp_path / "agent.db"}'
    for made in (CodeMode(store=url), CodeModeToolset(FunctionToolset[None](), store=url)):
        assert isinstance(made.settings.store, SqlStore)
        assert made.settings.store.path == tmp_path / 'agent.db'
        assert made.settings.journal_writes == 'call'


def test_none_is_a_store_in_memory() -> None:
    assert isinstance(CodeMode(store=None).settings.store, MemoryStore)


def test_without_the_extra_a_url_says_what_to_install() -> None:
    code = f"""{WITHOUT_SQLALCHEMY}
from pydantic_ai_grail import CodeMode, SettingsError
try:
    CodeMode(store='sqlite:///agent.db')
except SettingsError as error:
    print(error)
"""
    assert in_a_process(code) == (
        "store is the URL of a database, and SqlStore needs SQLAlchemy: pip install 'pydantic-ai-grail[sql]'."
    )


@pytest.mark.parametrize('without', [WITHOUT_SQLALCHEMY, ''], ids=['without the extra', 'with it'])
def test_a_star_import_works_with_and_without_the_extra(without: str) -> None:
    code = f'{without}\nfrom pydantic_ai_grail import *\nprint(CodeMode.__name__, "SqlStore" in globals())'
    assert in_a_process(code) == f'CodeMode {not without}'


def test_the_package_has_its_version() -> None:
    assert pydantic_ai_grail.__version__ == version('pydantic-ai-grail')


@pytest.mark.parametrize('option', ['store_timeout', 'decision_timeout', 'claim_timeout'])
@pytest.mark.parametrize('duration', [90, 90.0, timedelta(minutes=1, seconds=30)])
def test_a_duration_is_seconds_or_a_timedelta(option: str, duration: Any) -> None:
    given: dict[str, Any] = {option: duration}
    assert getattr(CodeMode(**given).settings, option) == 90
    assert getattr(CodeModeToolset(FunctionToolset[None](), **given).settings, option) == 90


async def test_a_lease_takes_a_timedelta() -> None:
    store = MemoryStore()
    async with lease_conversation(store, 'c', lease_timeout=timedelta(seconds=20), store_timeout=timedelta(seconds=5)):
        with pytest.raises(StoreError):
            async with lease_conversation(store, 'c'):
                pass


def test_a_database_waits_for_a_timedelta(tmp_path: Path) -> None:
    assert SqlStore(f'sqlite:///{tmp_path}/a.db', busy_timeout=timedelta(seconds=1)).reach == 'machine'


def test_presets_are_limits() -> None:
    assert Limits() == Limits.DEFAULT
    assert Limits.STRICT.max_duration_secs == 5
    assert Limits.UNLIMITED.max_duration_secs is None
    for preset in (Limits.DEFAULT, Limits.STRICT, Limits.UNLIMITED):
        assert CodeMode(limits=preset).settings.limits is preset
