"""The page on the first agent: its file runs as it stands, in a process of its own, without a key."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / 'docs' / 'start' / 'first-agent.md'


def test_the_file_of_the_first_agent_prints_what_the_page_says(tmp_path: Path) -> None:
    source = re.findall(r'```\{\.python title="first_agent\.py"\}\n(.*?)```', PAGE.read_text(), re.DOTALL)[0]
    (tmp_path / 'first_agent.py').write_text(source)
    ran = subprocess.run(
        [sys.executable, 'first_agent.py'], cwd=tmp_path, env={}, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, '')
    assert ran.stdout.splitlines() == re.findall(r'^ *#> (.*)$', source, re.MULTILINE)
