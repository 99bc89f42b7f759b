"""The demo, as `make demo` runs it: three processes, real data, and figures that pip gives as well."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pydantic_ai.messages import (
    ModelMessagesTypeAdapter,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

from demo.conversation import LIVE_MODELS, PROMPTS
from demo.cost import Cost, as_played, as_single_calls
from demo.environment import file_facts, installed_distributions
from demo.recording import RECORDING, Recording
from demo.records import Report
from pydantic_ai_grail.testing import played_cells

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group('demo')]


def environment(**more: str) -> dict[str, str]:
    """Ours without keys of providers, so that the recording plays."""
    return {key: value for key, value in os.environ.items() if key not in {*LIVE_MODELS, 'DEMO_MODEL'}} | more


@dataclass(frozen=True)
class Played:
    screen: str
    folder: Path

    @property
    def report(self) -> Report:
        return Report.model_validate_json((self.folder / 'report.json').read_bytes())


def run_demo(folder: Path, **more: str) -> str:
    """The screen of a whole play, keys of providers left out."""
    done = subprocess.run(
        [sys.executable, '-m', 'demo', '--folder', str(folder)],
        cwd=ROOT,
        env=environment(COLUMNS='120', **more),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    errors = [line for line in done.stderr.splitlines() if not line.startswith('The key file ')]
    assert (done.returncode, errors) == (0, []), done.stdout[-3000:]
    return done.stdout


@pytest.fixture(scope='module')
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp('demo')
    return Played(run_demo(folder), folder)


def pip(*arguments: str) -> str:
    command = [sys.executable, '-m', 'pip', '--disable-pip-version-check', *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True).stdout


@pytest.fixture(scope='module')
def installed() -> dict[str, dict[str, Any]]:
    """Metadata of every installed package, by its normalised name, as `pip inspect` has it."""
    found = [item['metadata'] for item in json.loads(pip('inspect', '--local'))['installed']]
    return {canonicalize_name(item['name']): item for item in found}


@pytest.fixture(scope='module')
def bytes_on_disk(installed: dict[str, dict[str, Any]]) -> dict[str, int]:
    """The size of each package's files, as `pip show --files` lists them."""
    sizes: dict[str, int] = {}
    for block in pip('show', '--files', *installed).split('\n---\n'):
        head, _, files = block.partition('\nFiles:\n')
        fields = dict(line.split(': ', 1) for line in head.splitlines() if ': ' in line)
        paths = [Path(fields['Location'], line[2:]) for line in files.splitlines() if line.startswith('  ')]
        sizes[canonicalize_name(fields['Name'])] = sum(path.stat().st_size for path in paths if path.is_file())
    return sizes


def requirements(metadata: dict[str, Any]) -> set[str]:
    """What a package needs on this machine, without its extras."""
    parsed = map(Requirement, metadata.get('requires_dist', ()))
    return {
        canonicalize_name(item.name) for item in parsed if item.marker is None or item.marker.evaluate({'extra': ''})
    }


def megabytes(size: int) -> Decimal:
    return Decimal(size) / 1_000_000


def test_the_report_counts_what_pip_lists(played: Played) -> None:
    listed = {canonicalize_name(item['name']) for item in json.loads(pip('list', '--local', '--format=json'))}
    assert played.report.packages == len(listed)


def test_the_report_gives_the_sizes_of_the_files_that_pip_shows(played: Played, bytes_on_disk: dict[str, int]) -> None:
    assert abs(played.report.megabytes - megabytes(sum(bytes_on_disk.values()))) < 1
    largest = sorted(bytes_on_disk, key=lambda name: -bytes_on_disk[name])[: len(played.report.largest)]
    assert [name for name, _ in played.report.largest] == largest
    for name, size in played.report.largest:
        assert abs(size - megabytes(bytes_on_disk[name])) < Decimal('0.06')


def test_a_size_is_the_same_wherever_it_is_shown(played: Played) -> None:
    """Whoever shows it rounds; rounded before as well, 171.453 would be shown as 171.4 and as 171.5."""
    for name, size in played.report.largest:
        assert Decimal(size) == Decimal(file_facts(name).total_bytes) / 1_000_000


def test_a_licence_file_that_lies_beside_the_metadata_counts(played: Played) -> None:
    said = next(item for item in played.report.findings if item.title == 'No licence file found')
    found = installed_distributions()
    for name in sorted(said.packages):
        folder = (
            Path(str(found[name].locate_file('')))
            / f'{found[name].name.replace("-", "_")}-{found[name].version}.dist-info'
        )
        assert folder.is_dir()
        beside = [path.name for path in folder.rglob('*') if re.match('licen[cs]e|copying|notice', path.name, re.I)]
        assert beside == [], name


def test_the_report_has_every_package_under_one_licence(played: Played, installed: dict[str, dict[str, Any]]) -> None:
    names = Counter(name for group in played.report.licences for name in group.packages)
    assert names == Counter(list(installed))


def test_the_report_knows_who_requires_whom(played: Played, installed: dict[str, dict[str, Any]]) -> None:
    """The report follows extras that a requirement asks for (`pyjwt[crypto]`), which pip's markers alone do not."""
    plain = Counter(name for metadata in installed.values() for name in requirements(metadata) if name in installed)
    nobody = played.report.required_by_nobody
    assert nobody <= installed.keys() - plain.keys()
    assert (installed.keys() - plain.keys()) - nobody <= in_extras(installed)
    for name, count in played.report.most_required:
        assert count == plain[name] or (count > plain[name] and name in in_extras(installed))
    least = min(count for _, count in played.report.most_required)
    assert {name for name, count in plain.items() if count > least} <= dict(played.report.most_required).keys()


def in_extras(installed: dict[str, dict[str, Any]]) -> set[str]:
    """Packages that some installed one asks for under an extra."""
    lines = [line for metadata in installed.values() for line in metadata.get('requires_dist', [])]
    asked = [Requirement(line) for line in lines]
    return {canonicalize_name(each.name) for each in asked if each.marker is not None and 'extra' in str(each.marker)}


def test_the_later_turns_go_on_from_the_state_in_sqlite(played: Played) -> None:
    assert (played.folder / 'agent.db').stat().st_size > 0
    assert played.screen.count('picked up from SQLite') == len(PROMPTS) - 1 + played.screen.count('the person approves')
    assert played.screen.count('a process of its own') == len(PROMPTS)


def test_the_screen_says_that_the_model_is_a_recording(played: Played) -> None:
    first, *_ = played.screen.splitlines()
    assert 'a recording' in first


def test_a_recorded_answer_names_no_figure_itself() -> None:
    """Figures come from tools on the machine where it is played; one in a recorded sentence would be another's."""
    closing = [turn.responses[-1].text or '' for turn in Recording.load().turns]
    assert [text for text in closing if any(character.isdigit() for character in text)] == []


def test_no_cell_of_the_recording_failed_for_good(played: Played) -> None:
    messages = ModelMessagesTypeAdapter.validate_json((played.folder / 'history.json').read_bytes())
    requests = [message for message in messages if isinstance(message, ModelRequest)]
    returns = [part for message in requests for part in message.parts if isinstance(part, ToolReturnPart)]
    assert sum(part.outcome != 'success' for part in returns) <= len(returns) // 2


def test_the_screen_is_read_at_one_glance_and_has_every_stage(played: Played) -> None:
    lines = played.screen.splitlines()
    assert 30 <= len(lines) <= 65
    text = ' '.join(' '.join(lines).split())
    stages = [
        'killed process SIGKILL, in the cell, after 200 calls',
        'resumed after the kill, completed',
        'waits publish(...)',
        'the person approves',
        'resumed where it waited, completed',
        'refused, nothing ran, Unterminated triple-quoted string literal',
        'reports published: 1.',
    ]
    places = [text.index(stage) for stage in stages]
    assert places == sorted(places)
    assert 'from the journal' in text


def test_the_costs_are_counted_from_the_history(played: Played) -> None:
    messages = ModelMessagesTypeAdapter.validate_json((played.folder / 'history.json').read_bytes())
    responses = [message for message in messages if isinstance(message, ModelResponse)]
    cells = played_cells(messages)
    with_code, single = as_played(messages), as_single_calls(messages)
    assert with_code.requests == len(responses) == len(cells) + len(PROMPTS)
    assert single.requests == sum(len(cell.calls) for cell in cells) + len(PROMPTS)
    at_once = as_single_calls(messages, at_once=True)
    assert at_once.requests == sum(1 for cell in cells if cell.calls) + len(PROMPTS)
    assert at_once.tokens_written == single.tokens_written
    assert with_code.tokens_read < at_once.tokens_read < single.tokens_read
    for cost in (with_code, at_once, single):
        line = f'{cost.requests:,} requests to the model, about {cost.tokens_read:,} tokens read'
        assert line in ' '.join(played.screen.split())


def test_a_request_reads_what_stands_before_it_and_a_call_is_one_where_there_is_no_code() -> None:
    code = ToolCallPart('run_code', {'code': 'f(1)'}, tool_call_id='c')
    noted = {'tool_calls': {'c__1': {'tool_name': 'f', 'args': {'n': 1}}}, 'tool_returns': {}}
    messages = [
        ModelRequest([UserPromptPart('p' * 40)]),
        ModelResponse([code]),
        ModelRequest([ToolReturnPart('run_code', 'x' * 40, tool_call_id='c', metadata=noted)]),
        ModelResponse([TextPart('a' * 8)]),
    ]
    sent = len('run_code') + len(code.args_as_json_str())
    assert as_played(messages) == Cost(requests=2, tokens_read=(120 + sent) // 4, tokens_written=(sent + 8) // 4)
    call = len('f' + '{"n":1}')
    read = 40 + 40 + call + len('null')
    assert as_single_calls(messages) == Cost(requests=2, tokens_read=read // 4, tokens_written=(call + 8) // 4)


def test_verbose_shows_the_code_and_the_whole_report(tmp_path: Path) -> None:
    screen = run_demo(tmp_path, VERBOSE='1')
    assert 'await asyncio.gather(interpreter(), installed())' in screen
    assert 'Required by nobody here' in screen
    assert len(screen.splitlines()) > 500


def test_the_recording_is_kept_as_the_demo_asks() -> None:
    assert RECORDING.exists()
    assert tuple(turn.prompt for turn in Recording.load().turns) == PROMPTS
    assert all(turn.is_finished for turn in Recording.load().turns)
