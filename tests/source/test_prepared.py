"""What the journal keeps of a cell that was prepared, so that it can be resumed in another process."""

from __future__ import annotations

import pytest
from support.cells import prepared

from pydantic_ai_grail._source.prepared import Prepared


def test_a_prepared_cell_is_read_as_it_was_stored() -> None:
    cell = prepared('x = sqrt(16)\nx')
    assert cell.rewrites
    assert Prepared.from_json(cell.to_json()) == cell


def test_one_that_was_stored_under_a_former_name_is_read() -> None:
    cell = prepared('x = sqrt(16)\nx')
    former = cell.to_json().replace('"rewrites":', '"mends":')
    assert former != cell.to_json()
    assert Prepared.from_json(former) == cell


def test_a_text_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match='rewrites'):
        Prepared.from_json('{"source":"1","has_value":true,"value_name":null,"origins":{}}')
