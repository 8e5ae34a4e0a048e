"""Contact sheets: which cells they have, and what is held in all of them."""

import numpy as np

from core.document.channels import CHANNELS, SHAPES
from core.evaluation.sheets import SHEETS, emotion_cells, held, shape_cells


def test_every_shape_has_its_cell():
    names = [name for name, _ in shape_cells()]
    assert len(names) == len(SHAPES) + 1
    assert "jawOpen + mouthClose" in names


def test_the_cells_of_a_sheet_have_names_of_their_own_and_differ():
    for cells in (make() for make in SHEETS.values()):
        assert len({name for name, _ in cells}) == len(cells)
        assert len({state.key() for _, state in cells}) >= len(cells) - 1


def test_a_held_channel_is_held_in_every_cell_and_changes_nothing_else():
    cells = emotion_cells()
    for (name, before), (same, after) in zip(cells, held(cells, {"look.neutralise": 0.5}), strict=True):
        assert name == same
        assert after["look.neutralise"] == 0.5
        changed = np.flatnonzero(before.values != after.values)
        assert [CHANNELS[i].name for i in changed] == ["look.neutralise"]
    assert all(a.key() == b.key() for (_, a), (_, b) in zip(cells, held(cells, {}), strict=True))
