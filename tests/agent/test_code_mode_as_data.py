"""`CodeMode` is a dataclass: its text, its help, copies of it, and agent specs that have it."""

from __future__ import annotations

import dataclasses
import inspect
import json
import pydoc
import re
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic_ai import Agent
from pydantic_ai.agent.spec import AgentSpec
from pydantic_monty import OSAccess
from support.agents import last, turn

from pydantic_ai_grail import CodeMode, CodeModeOptions, Limits, MemoryStore, SettingsError
from pydantic_ai_grail.settings import Settings

pytestmark = pytest.mark.anyio

SECRET = 'a secret of some length'
OPTIONS = [item for item in dataclasses.fields(CodeMode) if item.init]


def from_spec(*capabilities: Any) -> CodeMode[Any]:
    agent = Agent.from_spec({'model': 'test', 'capabilities': [*capabilities]}, custom_capability_types=[CodeMode])
    [made] = [each for each in cast('Any', agent.root_capability).capabilities if type(each) is CodeMode]
    return made


@pytest.mark.parametrize(
    ('made', 'shown'),
    [
        (CodeMode(), 'CodeMode()'),
        (CodeMode(max_tool_calls=100, checking='strict', limits=Limits()), 'CodeMode()'),
        (CodeMode(['search'], max_tool_calls=5), "CodeMode(tools=['search'], max_tool_calls=5)"),
        (CodeMode(id='code', keep_snapshots=None), "CodeMode(id='code', keep_snapshots=None)"),
        (CodeMode(secret=SECRET), 'CodeMode(secret=...)'),
        (CodeMode(secret=[SECRET, SECRET]), 'CodeMode(secret=...)'),
        (CodeMode(os_access=OSAccess(environ={'KEY': SECRET})), 'CodeMode(os_access=...)'),
    ],
    ids=str,
)
def test_its_text_has_what_was_set_and_no_secret(made: CodeMode, shown: str) -> None:
    assert repr(made) == shown


def test_its_text_has_no_password_of_a_store() -> None:
    made = CodeMode(store='postgresql://ann:hunter2@db.internal/agents', secret=SECRET)
    assert 'hunter2' not in f'{made} {made.store} {dataclasses.replace(made, max_tool_calls=3)}'
    assert 'db.internal' in repr(made)


def test_its_help_says_what_each_option_does() -> None:
    arguments = inspect.cleandoc(CodeMode.__doc__ or '').partition('\nArgs:\n')[2].partition('\nRaises:')[0]
    described = re.findall(r'^    (\w+): \S', arguments, re.MULTILINE)
    assert sorted(described) == sorted(item.name for item in OPTIONS)
    shown = pydoc.plain(pydoc.render_doc(CodeMode))
    assert all(f'{name}: ' in shown for name in described)


def test_its_fields_are_the_options_with_the_defaults_of_the_settings() -> None:
    fields = {item.name: item for item in OPTIONS}
    assert fields.keys() - CodeModeOptions.__annotations__.keys() == {'id', 'description', 'tool_events'}
    assert CodeModeOptions.__annotations__.keys() - fields.keys() == set()
    settings = {item.name: item.default for item in dataclasses.fields(Settings)}
    made = {'store', 'os_access', 'mount', 'journal_writes'}
    assert {name: fields[name].default for name in settings.keys() & fields.keys() - made} == {
        name: default for name, default in settings.items() if name in fields.keys() - made
    }


def test_a_copy_has_other_options_and_the_same_store() -> None:
    store = MemoryStore()
    made = CodeMode(['search'], store=store, secret=SECRET, max_tool_calls=5, tool_events=True)
    copy = dataclasses.replace(made, checking='off')
    assert copy.settings.checking == 'off'
    assert (copy.tools, copy.max_tool_calls, copy.tool_events, copy.settings.store) == (['search'], 5, True, store)
    assert copy.settings.secret == SECRET
    assert made.settings.checking == 'strict'
    assert dataclasses.replace(made) == made != copy


def test_a_copy_of_one_with_a_url_shares_its_connections(tmp_path: Path) -> None:
    made = CodeMode(store=f'sqlite:///{tmp_path}/agent.db')
    assert dataclasses.replace(made, max_tool_calls=3).settings.store is made.settings.store


def test_a_copy_with_an_option_that_cannot_be_is_refused() -> None:
    with pytest.raises(SettingsError, match="checking is one of 'strict', 'names', 'off', got 'loose'"):
        dataclasses.replace(CodeMode(), checking=cast('Any', 'loose'))
    with pytest.raises(SettingsError, match='Did you mean max_tool_calls'):
        dataclasses.replace(CodeMode(), **cast('Any', {'max_tool_cals': 3}))


@pytest.mark.parametrize('option', [item.name for item in OPTIONS if item.name not in {'id', 'description'}])
def test_an_option_that_is_set_later_is_refused_and_not_passed_over(option: str) -> None:
    with pytest.raises(AttributeError, match=rf'dataclasses\.replace\(code_mode, {option}=\.\.\.\)'):
        setattr(CodeMode(), option, 3)


def test_it_may_be_subclassed() -> None:
    class Ours(CodeMode[Any]):
        def __init__(self, **options: Any) -> None:
            super().__init__(**cast('Any', {'max_tool_calls': 7, **options}))

    assert Ours(checking='names').settings.max_tool_calls == 7
    assert repr(Ours()) == 'Ours(max_tool_calls=7)'
    with pytest.raises(SettingsError, match='Did you mean checking'):
        Ours(cheking='names')


@pytest.mark.parametrize(
    ('spec', 'made'),
    [
        ('CodeMode', CodeMode()),
        ({'CodeMode': ['search', 'book']}, CodeMode(['search', 'book'])),
        ({'CodeMode': 'all'}, CodeMode('all')),
        ({'CodeMode': {'tools': {'kind': 'sum'}}}, CodeMode({'kind': 'sum'})),
        ({'CodeMode': {'limits': 'strict'}}, CodeMode(limits=Limits.STRICT)),
        ({'CodeMode': {'limits': {'max_sleep_secs': 1}}}, CodeMode(limits={'max_sleep_secs': 1})),
        ({'CodeMode': {'owner': 'ann', 'keep_snapshots': None}}, CodeMode(owner='ann', keep_snapshots=None)),
        ({'CodeMode': {'id': 'code', 'tool_events': True}}, CodeMode(id='code', tool_events=True)),
        ({'CodeMode': {'claim_timeout': 5, 'on_unknown_call': 'retry'}}, CodeMode(claim_timeout=5, on_unknown_call='retry')),
    ],
    ids=str,
)  # fmt: skip
def test_an_agent_spec_makes_one(spec: Any, made: CodeMode) -> None:
    assert from_spec(spec) == made


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'max_tool_cals': 3}, "no option 'max_tool_cals'. Did you mean max_tool_calls?"),
        (
            {'limits': 'none'},
            "limits in a spec is a dict of limits, or one of 'default', 'strict', 'unlimited', got 'none'",
        ),
        ({'max_tool_calls': 'many'}, "max_tool_calls must be a whole number of at least 1, got 'many'"),
        ({'mount': '/tmp'}, 'mount is a pydantic_monty.MountDir'),
    ],
)
def test_an_agent_spec_with_a_wrong_option_says_what_to_write(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        from_spec({'CodeMode': options})


def test_a_template_for_an_owner_is_never_taken_for_a_name() -> None:
    """Else all users of an agent would be one owner. Templates need a library that is not installed here."""
    with pytest.raises(ValueError, match='pydantic-handlebars is required'):
        from_spec({'CodeMode': {'owner': '{{user_id}}'}})


async def test_a_file_makes_an_agent_that_runs_cells(tmp_path: Path) -> None:
    file = tmp_path / 'agent.yaml'
    file.write_text(
        f'model: test\ncapabilities:\n- CodeMode:\n    store: sqlite:///{tmp_path}/agent.db\n    max_tool_calls: 5\n'
    )
    first = await turn(Agent[None, str].from_file(file, custom_capability_types=[CodeMode]), 'x = 40')
    again = Agent[None, str].from_file(file, custom_capability_types=[CodeMode])
    assert last(await turn(again, 'x + 2', history=first.all_messages()))['result'] == 42


def test_the_schema_of_agent_specs_has_the_plain_options() -> None:
    schema = AgentSpec.model_json_schema_with_capabilities(custom_capability_types=[CodeMode])
    options = schema['$defs']['spec_params_CodeMode']['properties']
    assert {item.name for item in OPTIONS} - options.keys() == {'os_access', 'mount', 'on_cell_event'}
    assert options['checking']['enum'] == ['strict', 'names', 'off']
    assert 'max_duration_secs' in json.dumps(schema)


def test_what_a_spec_may_have_is_in_the_signature() -> None:
    parameters = inspect.signature(CodeMode.from_spec).parameters
    defaults = {item.name: item.default for item in OPTIONS if item.name in parameters}
    assert {name: each.default for name, each in parameters.items()} == defaults
