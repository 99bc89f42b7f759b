"""What the cells before a new one called: what it may give again, if it corrects a failed one, and what nobody knows of.

A call that was under way when its cell was cut off stays unknown, whatever the model does in between, until a cell makes
it again and a person, or the option `unknown_calls`, says what becomes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ._sessions.journal import Journals
from ._sessions.keeper import CellRef
from ._sessions.session import State
from .conversation import CellsInHistory
from .journal import NOTHING_KNOWN, Known, KnownCall
from .stores.base import CellKey


async def called_before(journals: Journals, cells: CellsInHistory, state: State, conversation_id: str) -> Known:
    """What the newest of these cells called, if it failed or was cut off, with what nobody knows of any of them.

    Raises:
        JournalTampered, StoreError: When a journal could not be read.
    """
    failed = await _failed(journals, cells, state, conversation_id)
    return replace(failed, under_way=await _under_way(journals, cells, conversation_id))


async def _failed(journals: Journals, cells: CellsInHistory, state: State, conversation_id: str) -> Known:
    newest = cells.refs[0] if cells.refs else None
    header = state.saved.header if state.saved is not None else None
    has_state = newest is not None and header is not None and header.cell_id == newest.cell_id
    if newest is None or (has_state and header is not None and header.outcome == 'completed'):
        return NOTHING_KNOWN
    # It failed, or it left no state: refused, or cut off by an exception that ended its run.
    [known] = await _known(journals, [newest], conversation_id)
    return NOTHING_KNOWN if known.ended is not None and known.ended.outcome == 'completed' else known


async def _under_way(journals: Journals, cells: CellsInHistory, conversation_id: str) -> tuple[KnownCall, ...]:
    cut_off = [ref for ref in cells.refs if ref.cell_id in cells.cut_off]
    known = await _known(journals, cut_off, conversation_id)
    unknown = [number for number, each in enumerate(known) if each.under_way_at_its_end]
    if not unknown:
        return ()
    oldest = cells.refs.index(cut_off[unknown[-1]])
    left: dict[str, KnownCall] = {}
    for each in reversed(await _known(journals, cells.refs[: oldest + 1], conversation_id)):
        for call in each.calls.values():  # one that was made again has the key that it had
            left.pop(call.began.key, None)
        left.update({call.began.key: call for call in each.under_way_at_its_end})
    return tuple(left.values())


async def _known(journals: Journals, refs: Sequence[CellRef], conversation_id: str) -> list[Known]:
    keys = [CellKey(ref.conversation_id or conversation_id, ref.cell_id, ref.code_digest) for ref in refs]
    return [(await journals.peek(key)).known() for key in keys]
