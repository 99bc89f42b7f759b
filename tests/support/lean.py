"""Python processes that use a store or a key file without the package's front doors, whose import takes two seconds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import pydantic_ai_grail

TIMEOUT_SECONDS = 120

_PRELUDE = f"""
import sys, types
sys.modules['pydantic_ai_grail'] = types.ModuleType('pydantic_ai_grail')
sys.modules['pydantic_ai_grail'].__path__ = {[str(Path(pydantic_ai_grail.__file__).parent)]!r}
"""


def start(code: str, *arguments: object, options: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """A process that runs `code` and may wait at `sys.stdin.readline()` for `finish_together`."""
    command = [sys.executable, *options, '-c', _PRELUDE + code, *map(str, arguments)]
    return subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit status, output and errors."""
    output, errors = process.communicate(timeout=TIMEOUT_SECONDS)
    return process.returncode, output, errors


def finish_together(processes: list[subprocess.Popen[str]]) -> list[tuple[int, str, str]]:
    """Let all of them go on at once, and wait for all."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write('go\n')
        process.stdin.flush()
    return [finish(process) for process in processes]
