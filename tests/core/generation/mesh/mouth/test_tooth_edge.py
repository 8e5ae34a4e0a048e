import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.generation.mesh.mouth.arch import MILLIMETRE
from core.generation.mesh.mouth.prepare import prepare_mouth
from core.generation.mesh.mouth.sprite import BELOW_EDGE, TOOTH, UPPER_CROWNS
from core.generation.mesh.mouth.tooth_edge import LONGER, SHORTER, common_line, edge_path, regular_edge, usual_line

DENSITY = 200.0
ARC = np.arange(-0.3, 0.3, 1 / DENSITY)
ALL, FLAT = np.ones(len(ARC)), np.full(len(ARC), 0.5)


def test_the_usual_line_rises_towards_the_molars_on_both_sides():
    line = usual_line(ARC)
    np.testing.assert_allclose(line, usual_line(-ARC), atol=1e-12)
    assert usual_line(np.array([0.0]))[0] == pytest.approx(0, abs=0.5 * MILLIMETRE)
    assert line[0] > line[len(line) // 2]
    assert line.max() <= max(crown.lift for crown in UPPER_CROWNS) * MILLIMETRE


@given(st.floats(-0.03, 0.03), st.floats(-0.05, 0.05), st.integers(10, 85))
@settings(max_examples=25)
def test_a_wrong_stretch_does_not_hold_the_common_line(level, slope, start):
    truth = usual_line(ARC) + level + slope * ARC
    found = truth.copy()
    found[start : start + 25] -= 0.06  # the path fell to the lower teeth
    line, offset = common_line(ARC, found, ALL, ALL, ALL)
    assert np.abs(line - truth).max() < 0.012
    np.testing.assert_allclose(line, usual_line(ARC) + offset)
    regular = regular_edge(found, line, ALL, FLAT, DENSITY)
    assert np.abs(regular - truth).max() < LONGER + 0.012
    assert np.abs(np.diff(regular, 2)).max() < 0.003


def test_a_hidden_edge_goes_below_what_is_seen():
    found = usual_line(ARC)
    line, _ = common_line(ARC, found, 0 * ALL, ALL, ALL)
    assert (line < found - 0.004).all()


def test_steps_and_notches_become_a_smooth_edge_and_single_teeth_stay():
    rng = np.random.default_rng(2)
    line = usual_line(ARC)
    ragged = line + np.round(rng.normal(0, 0.012, len(ARC)) * DENSITY) / DENSITY
    regular = regular_edge(ragged, line, ALL, FLAT, DENSITY)
    assert np.abs(np.diff(regular)).max() < 0.35 * np.abs(np.diff(ragged)).max()
    assert (regular - line).max() <= SHORTER + 1e-9
    longer = line - 0.010 * ((ARC > 0) & (ARC < 0.09))
    kept = regular_edge(longer, line, ALL, FLAT, DENSITY)
    assert (line - kept)[(ARC > 0.03) & (ARC < 0.06)].min() > 0.007


def test_made_up_edges_are_notched_where_teeth_meet():
    shade = 0.5 - 0.2 * np.exp(-(((ARC + 0.1) / 0.005) ** 2))
    regular = regular_edge(usual_line(ARC), usual_line(ARC), 0 * ALL, shade, DENSITY)
    above = regular - usual_line(ARC)
    assert abs(ARC[np.argmax(above)] + 0.1) < 0.006
    assert above.max() > 0.002
    assert np.abs(above[ARC > 0]).max() < 1e-6


def test_the_best_path_follows_a_ridge():
    score = np.zeros((30, 40))
    ridge = (12 + 6 * np.sin(np.arange(40) / 8)).astype(int)
    score[ridge, np.arange(40)] = 1
    np.testing.assert_array_equal(edge_path(score, 0.05, 3), ridge)


def test_the_edge_of_own_teeth_has_no_steps(smiling_rig):
    own = prepare_mouth(smiling_rig).own
    assert own is not None
    columns = np.flatnonzero(own.columns > 0.99)
    cover = own.sprite.maps[:, columns, TOOTH].astype(float)
    # Rows of each column that are no tooth, with the share of the row on the edge: where the tooth ends.
    upper = np.argmax(cover > 0.5, axis=0)
    share = (1 - np.minimum(cover, 1))[: upper.max() + 3].sum(axis=0)
    edge = share / own.sprite.density - BELOW_EDGE
    assert np.abs(np.diff(edge)).max() < 0.006
    assert np.abs(np.diff(edge, 2)).max() < 0.003
