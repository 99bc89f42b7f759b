"""`python -m examples.refund_desk`: serves the desk on this machine.

Environment: `DESK_FOLDER`, where everything is kept (`./desk`); `DESK_MODEL`, or a provider's key, for a live model;
`DESK_PACE_SECONDS`, how long a refund or a mail takes (0.4), so that there is something to see, and to kill.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import uvicorn


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog='python -m examples.refund_desk', description=__doc__)
    parser.add_argument('--port', type=int, default=8000)
    options = parser.parse_args(arguments)
    uvicorn.run(f'{__package__}.app:app', port=options.port, access_log=False)


if __name__ == '__main__':
    main()
