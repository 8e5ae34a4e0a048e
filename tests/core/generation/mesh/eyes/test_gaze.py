"""Gaze as a turn of the ball."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.generation.mesh.eyes.frame import LEFT, RIGHT
from core.generation.mesh.eyes.gaze import ball_of, gaze_of_handles, turned_look
from core.head.topology import IRIS_LEFT, IRIS_RIGHT


@given(yaw=st.floats(-35, 35), pitch=st.floats(-30, 30))
def test_a_turned_look_stays_a_direction_and_turns_back(yaw, pitch):
    ahead = np.array([0.0, 0.0, -1.0])
    turned = turned_look(ahead, np.array([yaw, pitch]))
    assert np.linalg.norm(turned) == pytest.approx(1)
    assert turned_look(turned, np.array([-yaw, -pitch])) == pytest.approx(ahead, abs=1e-9)
    assert np.sign(turned[0]) == np.sign(round(yaw, 6)) or abs(yaw) < 1e-3
    assert turned[1] * pitch <= 0


def test_ball_and_look_give_the_photos_own_iris(rig):
    for rows in (RIGHT, LEFT):
        ball, look = ball_of(rig, rows)
        assert rig.to_picture((ball + look)[None])[0, :2] == pytest.approx(rig.vertices[rows.iris[0], :2])
        assert look[2] < 0


@pytest.mark.parametrize("drag", [(0.03, 0.0), (-0.04, 0.0), (0.0, 0.025), (0.02, -0.02)])
def test_a_dragged_iris_ends_where_it_was_dragged(rig, drag):
    for index, (rows, iris) in enumerate(((RIGHT, IRIS_RIGHT), (LEFT, IRIS_LEFT))):
        gaze = gaze_of_handles(rig, [(iris[0], *drag)])
        assert not gaze[1 - index].any()
        _, look = ball_of(rig, rows)
        size = np.linalg.norm(look)
        moved = size * turned_look(look / size, gaze[index]) - look
        assert moved[:2] == pytest.approx(drag, abs=1e-6)


def test_a_drag_beyond_the_ball_ends_at_its_limit(rig):
    gaze = gaze_of_handles(rig, [(IRIS_RIGHT[0], 2.0, 2.0)])
    assert np.isfinite(gaze).all()
    assert np.abs(gaze).max() < 90


def test_handles_of_other_landmarks_say_nothing_of_the_gaze(rig):
    assert not gaze_of_handles(rig, [(61, 0.1, 0.1), (33, 0.1, 0.0)]).any()
