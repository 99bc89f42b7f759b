"""Makes a recording, turn by turn: shows exactly what a model would read, and takes the next answer from a file.

`python -m demo.play` plays the recording as far as it goes and then prints what the model would see next: everything
with `--all`, otherwise only what came since its last answer. `python -m demo.play --answer FILE` first adds the answer
in FILE: text, and the code of one `run_code` call in a fence of three backticks and `python`. An answer without code
ends the turn. `--undo` takes the last answer back, `--start ABOUT` begins a new recording.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import tempfile
from pathlib import Path

import anyio
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart, UserPromptPart
from pydantic_ai.models.function import AgentInfo
from rich.console import Console

from .conversation import PROMPTS, whole_turn
from .recording import RECORDING, OffTheRecord, Recording, Response, Turn, went_well
from .screen import Screen

FENCE = re.compile(r'^```(?:python|py)?\n(.*?)^```\s*$', re.DOTALL | re.MULTILINE)


def parsed(answer: str) -> Response:
    """An answer as it stands in a file."""
    found = FENCE.search(answer)
    text = FENCE.sub('', answer).strip() or None
    return Response(text=text, code=found[1].rstrip('\n') if found else None)


def unfinished_turn(recording: Recording) -> Turn | None:
    """The turn that the next answer belongs to, a new one if need be; `None` when the conversation is over."""
    last = recording.turns[-1]
    if not last.is_finished:
        return last
    if len(recording.turns) == len(PROMPTS):
        return None
    recording.turns.append(Turn(prompt=PROMPTS[len(recording.turns)]))
    return recording.turns[-1]


async def played(recording: Recording) -> OffTheRecord | None:
    """Play it on this machine, from the beginning, and give back where it ended."""
    folder = Path(tempfile.mkdtemp(prefix='grail-play-'))
    try:
        with (folder / 'screen.txt').open('w') as screen:
            for number in range(1, len(recording.turns) + 1):
                shown = Screen(Console(file=screen))
                await whole_turn(number, folder=folder, screen=shown, recording=recording)
    except OffTheRecord as end:
        return end
    finally:
        shutil.rmtree(folder)
    return None


def what_the_model_sees(messages: list[ModelMessage], info: AgentInfo) -> str:
    """The instructions, the tools and all messages, in plain text."""
    parts = [f'=== instructions ===\n{info.instructions or ""}']
    for tool in info.function_tools:
        schema = json.dumps(tool.parameters_json_schema)
        parts.append(f'=== tool {tool.name} ===\n{tool.description}\n\nparameters: {schema}')
    return '\n\n'.join([*parts, *map(as_text, messages)])


def as_text(message: ModelMessage) -> str:
    lines: list[str] = []
    for part in message.parts:
        match part:
            case UserPromptPart(content=content):
                lines.append(f'=== user ===\n{content}')
            case TextPart(content=content):
                lines.append(f'=== assistant ===\n{content}')
            case ToolCallPart(tool_name=name):
                lines.append(f'=== assistant calls {name} ===\n{part.args_as_dict()["code"]}')
            case ToolReturnPart(tool_name=name):
                lines.append(f'=== {name} returned ===\n{part.model_response_str()}')
            case _:
                lines.append(f'=== {part.part_kind} ===\n{part}')
    return '\n\n'.join(lines)


def since_the_last_answer(messages: list[ModelMessage]) -> list[ModelMessage]:
    answers = [index for index, message in enumerate(messages) if isinstance(message, ModelResponse)]
    return messages[answers[-1] + 1 :] if answers else messages


def main() -> None:
    parser = argparse.ArgumentParser(prog='python -m demo.play', description=__doc__)
    parser.add_argument('--recording', type=Path, default=RECORDING)
    parser.add_argument('--start', metavar='ABOUT', help='begin anew; ABOUT says who answers, when, and given what')
    parser.add_argument('--answer', metavar='FILE', type=Path)
    parser.add_argument('--undo', action='store_true')
    parser.add_argument('--all', action='store_true')
    options = parser.parse_args()

    if options.start:
        Recording(about=options.start, turns=[Turn(prompt=PROMPTS[0])]).save(options.recording)
    recording = Recording.load(options.recording)
    turn = unfinished_turn(recording)
    if options.undo:
        turn = turn if turn and turn.responses else recording.turns[-1]
        turn.responses.pop()
    if options.answer and turn:
        turn.responses.append(parsed(options.answer.read_text()))
        unfinished_turn(recording)
    end = anyio.run(played, recording)
    if end and turn and turn.responses and turn.responses[-1].code is not None:
        turn.responses[-1].succeeded = went_well(end.messages)
    recording.save(options.recording)
    if end is None:
        print('The conversation is over.')
    elif options.all:
        print(what_the_model_sees(end.messages, end.info))
    else:
        print('\n\n'.join(map(as_text, since_the_last_answer(end.messages))))


if __name__ == '__main__':
    main()
