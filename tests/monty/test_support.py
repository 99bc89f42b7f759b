"""The table of what Monty can run: shipped, probed, and true of CPython."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pydantic_monty
import pytest
from support.interpreters import run_cpython

from pydantic_ai_grail._monty import probing
from pydantic_ai_grail._monty import support as support_module
from pydantic_ai_grail._monty.features import FEATURES, Feature
from pydantic_ai_grail._monty.probing import probe
from pydantic_ai_grail._monty.support import Support, load_support, read_table, support_from_json, support_to_json


def test_the_shipped_table_is_what_the_installed_monty_answers() -> None:
    shipped = read_table()

    assert probe(known=shipped) == shipped


def test_a_probe_needs_no_table_to_start_from() -> None:
    fresh, shipped = probe(), read_table()

    assert fresh.features == shipped.features
    assert fresh.builtins == shipped.builtins
    assert fresh.modules.keys() == shipped.modules.keys()
    assert fresh.modules['json'] == shipped.modules['json']


def test_the_table_of_the_installed_version_is_read_and_not_probed_again() -> None:
    assert load_support().version == pydantic_monty.__version__
    assert load_support() is load_support()


def test_another_version_of_monty_is_asked_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    older = support_from_json({**support_to_json(read_table()), 'version': '0.0.1', 'features': {}})
    monkeypatch.setattr(support_module, 'read_table', lambda: older)

    assert load_support.__wrapped__() == read_table()


def test_the_table_survives_json() -> None:
    shipped = read_table()

    assert support_from_json(json.loads(json.dumps(support_to_json(shipped)))) == shipped


@pytest.mark.parametrize('feature', FEATURES, ids=lambda feature: feature.key)
def test_the_value_of_a_feature_is_what_cpython_gives(feature: Feature) -> None:
    if sys.version_info < feature.since:
        pytest.skip(f'CPython has it since {feature.since}')

    assert run_cpython(feature.program, tools={'tool': _same}) == feature.value


def test_feature_keys_are_unique() -> None:
    assert len({feature.key for feature in FEATURES}) == len(FEATURES)


def test_an_unknown_feature_is_not_supported() -> None:
    assert not load_support().has('time-travel')


def test_the_table_has_what_code_for_agents_needs_most() -> None:
    support: Support = load_support()

    assert {'json', 're', 'datetime', 'os.path', 'asyncio'} <= support.modules.keys()
    assert 'statistics' not in support.modules
    assert {'dumps', 'loads'} <= support.modules['json']
    assert 'callable' not in support.builtins
    assert 'now' in support.classes['datetime.datetime']
    assert 'upper' in support.methods['str']
    assert 'isocalendar' in support.lacking_methods
    assert 'statistics' in support.lacking_modules
    assert 'wraps' in support.lacking_attributes['functools']
    assert 'utcnow' in support.lacking_attributes['datetime.datetime']


def _same(value: object) -> object:
    return value


def test_the_shipped_table_is_written_by_its_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def here(_: str) -> Path:
        return tmp_path

    monkeypatch.setattr(probing, 'files', here)

    probing.main()

    written = json.loads((tmp_path / support_module.TABLE_FILE).read_text('utf-8'))
    assert support_from_json(written).features == read_table().features
