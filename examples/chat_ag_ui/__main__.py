"""`python -m examples.chat_ag_ui`: serves the chat on this machine. `CHAT_FOLDER` is where everything is kept (`./chat`)."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import uvicorn


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog='python -m examples.chat_ag_ui', description=__doc__)
    parser.add_argument('--port', type=int, default=8000)
    options = parser.parse_args(arguments)
    uvicorn.run(f'{__package__}.app:app', port=options.port, access_log=False)


if __name__ == '__main__':
    main()
