"""Each Monty exception -> ours. Monty tells its limits apart by text only; those texts live here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from pydantic_monty import (
    Frame,
    MontyConversionError,
    MontyCrashedError,
    MontyDisconnectError,
    MontyError,
    MontyRuntimeError,
    MontyShutdown,
    MontySyntaxError,
    MontyTypingError,
)

from ..errors import SandboxCrashed, SnapshotVersionMismatch
from ..events.outcomes import CodeFrame, Failure
from ..limits import LimitName

Ending: TypeAlias = Literal['raised', 'lost']
"""Whether the session can continue: after a crash, or a time limit that stopped it anywhere, it cannot."""

LIMIT_TEXTS: Final[Mapping[str, LimitName]] = MappingProxyType(
    {
        'time limit exceeded': 'time',
        'memory limit exceeded': 'memory',
        'worker exceeded its memory limit': 'memory',
        'suspension limit ': 'suspensions',
    }
)
"""What Monty 1.4 says when a limit ends a feed. `tests/monty/test_failures.py` trips each one for real."""

EXCEPTION_ARGUMENTS: Final = 'exceptions can only be called with zero or one string argument'
"""What Monty 1.4 says of `ValueError(5)`, as if the sandbox itself had failed."""
MAX_MESSAGE: Final = 10_000
"""Characters of an exception's text that are kept."""
_CUT_WORDS: Final = 60
MAX_SOURCE_LINE: Final = 2_000
"""Characters of a line of code that a frame may have; of a longer one it is not told."""

ENDINGS: Final[Mapping[type[MontyError], Ending]] = MappingProxyType(
    {
        MontySyntaxError: 'raised',
        MontyRuntimeError: 'raised',
        MontyConversionError: 'raised',
        MontyTypingError: 'raised',
        MontyCrashedError: 'lost',
        MontyDisconnectError: 'lost',
        MontyShutdown: 'lost',
    }
)
"""Every exception a feed can end in. A test walks `pydantic_monty` and fails on one that is missing here."""


def failure_of(error: MontyError, *, current_file: str) -> tuple[Failure, Ending]:
    """What an exception of Monty's means for the cell in `current_file`, and for its session."""
    ending = ENDINGS[type(error)]
    if ending == 'lost':
        timed_out = isinstance(error, MontyCrashedError) and error.timed_out
        return (
            Failure(
                kind='limit' if timed_out else 'crash',
                exception_type=type(error).__name__,
                message=cut(str(error)),
                limit='time' if timed_out else None,
            ),
            'lost',
        )
    frames = _frames(error, current_file)  # first: Monty copies the whole text for it, too, and lets go of it
    exception_type, message = _described(error)
    if EXCEPTION_ARGUMENTS in message:
        message = 'An exception takes one text here: write ValueError(str(value)).'
    limit = _limit(exception_type, message, frames)
    failure = Failure(
        kind='limit' if limit else 'exception',
        exception_type=exception_type,
        message=message,
        frames=frames,
        limit=limit,
    )
    return failure, 'lost' if limit == 'time' else 'raised'


def broken(error: Exception) -> Failure:
    """What an exception means that is none of Monty's, where Monty raised it."""
    return Failure(kind='crash', exception_type=type(error).__name__, message=cut(str(error)))


def load_error(error: Exception) -> SnapshotVersionMismatch | SandboxCrashed:
    """What an exception means that was raised where a state was to be taken up."""
    if isinstance(error, MontyError):
        failure, ending = failure_of(error, current_file='')
        if ending == 'lost' or failure.limit is not None:
            return SandboxCrashed(f'The sandbox worker died while it read a state: {failure.message}')
        return SnapshotVersionMismatch(f'This version of Monty cannot read the state: {failure.message}')
    return SnapshotVersionMismatch(f'This version of Monty cannot read the state: {error}')


def _limit(exception_type: str, message: str, frames: tuple[CodeFrame, ...]) -> LimitName | None:
    for text, limit in LIMIT_TEXTS.items():
        if text in message and exception_type == _LIMIT_TYPES[limit]:
            # What a tool or code raised itself carries a frame of the call; what stops anywhere has none.
            return None if text in _STOPS_ANYWHERE and frames else limit
    return None


_STOPS_ANYWHERE: Final = ('time limit exceeded', 'worker exceeded its memory limit')
_LIMIT_TYPES: Final[Mapping[LimitName, str]] = MappingProxyType(
    {'time': 'TimeoutError', 'memory': 'MemoryError', 'suspensions': 'RuntimeError'}
)


def _described(error: MontyError) -> tuple[str, str]:
    """The name of an exception's class, and its text. Each question to Monty copies all of a text, so few are asked."""
    inner = error.exception()
    name = type(inner).__name__
    match inner.args:
        case (str(text),) if len(text) > MAX_MESSAGE:
            return name, cut(text)
        case _:
            return name, cut(
                error.display('msg') if isinstance(error, (MontyRuntimeError, MontySyntaxError)) else str(error)
            )


def cut(message: str) -> str:
    """An exception's text may be as large as the sandbox's memory; both its ends are enough for everybody."""
    if len(message) <= MAX_MESSAGE + _CUT_WORDS:  # what was cut before stays as it is
        return message
    half = MAX_MESSAGE // 2
    return f'{message[:half]} … {len(message) - 2 * half:,} more characters … {message[-half:]}'


def _frames(error: MontyError, current_file: str) -> tuple[CodeFrame, ...]:
    if not isinstance(error, (MontyRuntimeError, MontySyntaxError)):
        return ()
    # Code in a text that `eval` or `exec` ran is of no cell; the line that ran it comes before.
    return tuple(_frame(frame, current_file) for frame in error.traceback() if frame.filename.startswith(_CELL_FILE))


_CELL_FILE: Final = '<python-input-'
"""How the names begin that Monty gives to feeds."""


def _frame(frame: Frame, current_file: str) -> CodeFrame:
    function, source_line = frame.function_name, frame.source_line
    return CodeFrame(
        line=frame.line,
        column=frame.column,
        end_column=frame.end_column if frame.end_line == frame.line else None,
        function=None if function in (None, '<module>') else function,
        source_line=source_line if source_line and len(source_line) <= MAX_SOURCE_LINE else None,
        in_this_cell=frame.filename == current_file,
    )
