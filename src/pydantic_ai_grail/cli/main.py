"""From arguments to an exit status: 0, or 1 with one line that says what is wrong, or 2 for wrong arguments."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence

from ..errors import GrailError
from .parser import parsed


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say, by default those of the process; the exit status."""
    given = parsed(arguments)

    from .commands import answer  # here, so that help and mistakes need none of what the commands need
    from .plain import as_json, printable

    try:
        found = asyncio.run(answer(given))
    except (GrailError, ImportError, OSError) as error:
        message = ' '.join(printable(str(error)).split())
        print(f'pydantic-ai-grail: {message}', file=sys.stderr)
        return 1
    except UnicodeEncodeError as error:  # an argument of bytes that are no text
        print(f'pydantic-ai-grail: {error.object!a} cannot be what something is called.', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    try:
        print(json.dumps(as_json(found.data), indent=2) if given.json else found.text, flush=True)
        if found.note:
            print(f'pydantic-ai-grail: {found.note}', file=sys.stderr)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains when it ends
        return 1
    return 0 if found.is_fine else 1
