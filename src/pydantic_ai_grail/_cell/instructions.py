"""What the model is told when a run begins: the variables that live, and what was done that its messages do not show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .._catalog.catalog import Catalog
from .._reply.reply import unsaved_note, variables_note
from .._source.history import History
from ..settings import Settings
from .orphaned_cells import OrphanedCell
from .session import State

_PLAIN: Final = frozenset({'int', 'float', 'bool', 'str', 'NoneType'})


def living(state: State, history: History) -> str:
    """What lives from earlier turns, as text; empty when nothing does."""
    newest_first = reversed([*state.variables.items()])
    # Loops leave plain numbers and texts behind; what is worth using again comes before them.
    data_first = sorted(newest_first, key=lambda item: item[1].partition(',')[0] in _PLAIN)
    shown = [f'{name} ({kind})' for name, kind in data_first]
    return variables_note(shown, defined=sorted(history.bindings.declared - state.variables.keys())) or ''


def orphans_text(unsaved: Sequence[OrphanedCell], catalog: Catalog | None, settings: Settings) -> str:
    """What cells did that the messages do not show, as text; empty when they changed nothing."""
    given, others = (
        [record for cell in reversed(unsaved) if cell.is_reused is given for record in cell.records(catalog)]
        for given in (True, False)
    )
    asks = settings.on_unknown_call == 'ask'
    return unsaved_note(others, given, reuses=settings.reuse_calls, asks=asks) or ''
