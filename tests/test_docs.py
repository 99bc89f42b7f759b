"""Runs what README and docs show. A page is one program: a snippet sees the names of the snippets above it.

- A `python` fence is executed, and what it prints is compared with its `#>` comments. Models with a provider's name
  are played by `support.doc_answers`.
- A `{.python .cell}` fence is a cell that a model wrote: it goes through `run_code`, in one conversation a page, with
  the page's variable `tools`, if there is one, as tools, and `options` for `CodeMode`. A `{.text .reply}` fence
  below it, with words between them or not, is exactly what the model gets back.
- A `{.python .file title="server.py"}` fence is a file of that name, for the page's programs to start.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai import Agent, models
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pytest_examples import CodeExample, EvalExample, find_examples
from support.dbos_on_sqlite import DBOS_KNOWS_THIS_SQLITE, WHY_NOT
from support.doc_answers import ANSWERS, Code

from pydantic_ai_grail import CodeMode

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / 'README.md', *sorted((ROOT / 'docs').glob('**/*.md'))]
TITLE = re.compile(r'title="([\w.]+)"')
REPLY = re.compile(r'```\n(?:(?!```).*\n)*```\{\.text \.reply\}\n((?:(?!```).*\n)*)```')


def spoken(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """The model of every snippet."""
    prompts = {index: prompt for index, message in enumerate(messages) if (prompt := prompt_of(message)) is not None}
    last = max(prompts)
    given = sum(isinstance(message, ModelResponse) for message in messages[last:])
    match ANSWERS[prompts[last]][given]:
        case Code(source):
            return ModelResponse([ToolCallPart('run_code', {'code': source})])
        case text:
            return ModelResponse([TextPart(text.replace('{result}', reply_in(messages[-1])))])


def scripted_model(model: models.Model | str, *_: object) -> models.Model:
    """In place of Pydantic AI's `infer_model`: any name of a model is ours."""
    return model if isinstance(model, models.Model) else FunctionModel(spoken)


def prompt_of(message: ModelMessage) -> str | None:
    if not isinstance(message, ModelRequest) or any(isinstance(part, ToolReturnPart) for part in message.parts):
        return None
    return next((str(part.content) for part in message.parts if isinstance(part, UserPromptPart)), None)


def reply_in(message: ModelMessage) -> str:
    returned = [part for part in message.parts if isinstance(part, ToolReturnPart)]
    return '\n'.join(part.model_response_str(wrap_if_error=False) for part in returned)


class Cells:
    """The conversation of a page's cells."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self.source = ''
        self.messages: list[ModelMessage] = []
        capability = CodeMode[None](**names.get('options', {}))
        self.agent = Agent(FunctionModel(self.respond), tools=names.get('tools', ()), capabilities=[capability])

    def respond(self, messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if prompt_of(messages[-1]) is None:
            return ModelResponse([TextPart('done')])
        return ModelResponse([ToolCallPart('run_code', {'code': self.source})])

    def run(self, source: str) -> str:
        """What the model reads after it wrote this cell."""
        self.source = source
        result = self.agent.run_sync('Go on.', message_history=self.messages)
        self.messages = result.all_messages()
        return reply_in(result.new_messages()[-2])


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.stem)
def test_what_a_page_shows_is_what_happens(
    page: Path, eval_example: EvalExample, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if page.stem == 'durable' and not DBOS_KNOWS_THIS_SQLITE:
        pytest.skip(WHY_NOT)
    monkeypatch.setattr(models, 'infer_model', scripted_model)
    # A durable workflow looks names up in its steps, with the function as it was when that module was imported.
    monkeypatch.setattr('pydantic_ai.durable_exec._base.infer_model', scripted_model)
    monkeypatch.chdir(tmp_path)
    eval_example.set_config(ruff_line_length=100, ruff_ignore=['F821', 'F811', 'E402'], target_version='py310')
    names: dict[str, Any] = {}
    cells: Cells | None = None
    for example in find_examples(page):
        if 'cell' in example.prefix_tags():
            cells = cells or Cells(names)
            got = cells.run(example.source.rstrip('\n'))
            assert (str(example), expected_reply(example, got)) == (str(example), got)
        elif 'file' in example.prefix_tags():
            eval_example.lint_ruff(example)
            Path(TITLE.findall(example.prefix)[0]).write_text(example.source)
        else:
            names = run_snippet(eval_example, example, names)


def run_snippet(eval_example: EvalExample, example: CodeExample, names: dict[str, Any]) -> dict[str, Any]:
    """Execute a snippet below those before it, and give back all names of the page."""
    try:
        if eval_example.update_examples:
            eval_example.format_ruff(example)
            return names | eval_example.run_print_update(example, module_globals=names)
        eval_example.lint_ruff(example)
        return names | eval_example.run_print_check(example, module_globals=names)
    except Exception as error:
        message = f'{example}: {type(error).__name__}: {error}'
    pytest.fail(message, pytrace=False)  # outside, since pytest cannot show the traceback that pytest-examples makes


def expected_reply(example: CodeExample, got: str) -> str:
    """What the page says comes back; what came back, when it does not say."""
    found = REPLY.match(example.path.read_text(), example.end_index)
    return found[1].rstrip('\n') if found else got


@pytest.mark.slow
def test_the_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, '-m', 'mkdocs', 'build', '--strict', '--site-dir', str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {'NO_MKDOCS_2_WARNING': '1'},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    listed = re.findall(r'^- \[[^]]+\]\(/(\S+\.md)\): \S', (tmp_path / 'llms.txt').read_text(), re.MULTILINE)
    pages = [page.relative_to(ROOT / 'docs').as_posix() for page in PAGES[1:]]
    assert sorted(listed) == sorted([*pages, 'changelog.md'])
    assert [page for page in listed if not (tmp_path / page).exists()] == []
