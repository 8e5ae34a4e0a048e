from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from core.animation.evaluate import evaluate
from core.document.channels import SHAPES, channel
from core.document.document import new_document
from core.document.layers import Performance as PerformanceContent
from core.document.regions import Region
from core.errors import NoFaceFound, UserError
from core.head.pose import NECK_PIVOT, rotation_of
from core.head.shapes import load_head_shapes
from core.motion.clip_performance import performance_from_clip
from core.motion.neutral_frame import choose_neutral_frame, relative_to
from core.motion.performance import Performance, performance_of
from core.motion.retarget import add_performance, layer_content
from core.values.time import FrameRange

JAW, SMILE = SHAPES.index("jawOpen"), SHAPES.index("mouthSmileLeft")


def acted() -> Performance:
    """Half a second of mimicry, half a second of rest with a crooked resting face, and mimicry again."""
    moments = np.arange(75) / 25
    act = np.where((moments > 1.0) & (moments < 2.0), 0.0, 0.3 + 0.3 * np.sin(9 * moments))
    shapes = np.zeros((75, 52))
    shapes[:, JAW] = act
    shapes[:, SMILE] = 0.2 + 0.5 * act
    head = np.tile([3.0, -4.0, 1.0, 0.05, 0.0, 1.1], (75, 1))
    head[:, 0] += 15 * act
    gaze = np.full((75, 2, 2), 2.0)
    return performance_of(Fraction(25), shapes, gaze, head, np.ones(75, bool), source="acted")


def test_the_calmest_frame_is_where_nothing_happens() -> None:
    assert 26 <= choose_neutral_frame(acted()) <= 49


def test_a_performance_without_a_face_has_no_neutral_frame() -> None:
    nobody = replace(acted(), found=np.zeros(75, bool))
    with pytest.raises(NoFaceFound):
        choose_neutral_frame(nobody)


def test_relative_to_a_frame_that_frame_is_rest(performance: Performance) -> None:
    relative = relative_to(performance, 12)
    assert np.array_equal(relative.shapes[12], np.zeros(52))
    assert np.allclose(relative.head[12], [0, 0, 0, 0, 0, 1], atol=1e-5)
    assert relative.residual is not None
    assert not relative.residual[12].any()
    assert relative.found.tolist() == performance.found.tolist()
    turn = rotation_of(*performance.head[12, :3].astype(float)) @ rotation_of(*relative.head[30, :3].astype(float))
    assert np.allclose(turn, rotation_of(*performance.head[30, :3].astype(float)), atol=1e-5)


@pytest.mark.parametrize("frame", [-1, 40, 6])
def test_a_frame_without_a_face_is_no_neutral(frame: int, performance: Performance) -> None:
    with pytest.raises(UserError, match=f"rame {frame}"):
        relative_to(performance, frame)


def test_the_layer_plays_what_was_measured() -> None:
    document = new_document(Fraction(25), FrameRange(0, 74))
    before = len(document.layers)
    played = add_performance(document, acted())
    assert len(played.layers) == before + 1
    assert len(document.layers) == before
    assert played.layers[-1].name == "acted"
    state = evaluate(played, 10)
    assert state["jawOpen"] == pytest.approx(acted().shapes[10, JAW], abs=1e-5)
    assert state["gaze.left.yaw"] == pytest.approx(2)
    assert state["head.yaw"] == pytest.approx(acted().head[10, 0], abs=1e-4)
    assert state["head.scale"] == pytest.approx(1.1, abs=1e-5)


def test_expression_only_and_region_weights_are_settings_of_the_layer() -> None:
    document = new_document(Fraction(25), FrameRange(0, 74))
    weighted = add_performance(document, acted(), expression_only=True, weights={Region.JAW: 0.5})
    state = evaluate(weighted, 10)
    assert state["head.yaw"] == 0
    assert state["jawOpen"] == pytest.approx(0.5 * acted().shapes[10, JAW], abs=1e-5)
    content = weighted.layers[-1].content
    assert isinstance(content, PerformanceContent)
    assert content == layer_content(acted()), "nothing measured is thrown away"


def test_the_calmest_frame_can_be_the_neutral() -> None:
    document = add_performance(new_document(Fraction(25), FrameRange(0, 74)), acted(), neutral="calmest")
    state = evaluate(document, 40)
    assert abs(state["mouthSmileLeft"]) < 1e-6
    assert abs(state["head.yaw"]) < 1e-6
    assert abs(state["gaze.left.yaw"]) < 1e-6


def test_gaze_is_not_told_twice() -> None:
    assert not any(name.startswith("eyeLook") for name in layer_content(acted()).channels)


@pytest.mark.data
def test_a_clip_with_a_blink_becomes_a_performance_with_a_blink(data_folder: Path) -> None:
    made = performance_from_clip(data_folder / "clips" / "KwaiVGI__LivePortrait__d1.mp4")
    assert made.found.all()
    assert made.rate == 30
    blinks = made.shapes[:, [SHAPES.index("eyeBlinkLeft"), SHAPES.index("eyeBlinkRight")]]
    assert (blinks.max(axis=0) > 0.6).all()
    assert (blinks.min(axis=0) < 0.3).all()
    assert np.abs(made.head[:, :3]).max() < 8


def test_a_gaze_that_crosses_the_neutral_moves_the_lids_once() -> None:
    performance = acted()
    shapes = performance.shapes.copy()
    up, down = SHAPES.index("eyeLookUpLeft"), SHAPES.index("eyeLookDownLeft")
    gaze = np.zeros((75, 2, 2))
    gaze[:, 1, 1] = np.linspace(10, -15, 75)
    shapes[:, up], shapes[:, down] = np.maximum(gaze[:, 1, 1], 0) / 25, np.maximum(-gaze[:, 1, 1], 0) / 30
    still = np.zeros((75, 478, 3))
    performance = replace(performance, shapes=shapes, gaze=gaze.astype(np.float32), residual=still.astype(np.float32))
    relative = relative_to(performance, 0)
    fields = load_head_shapes().fields[:, :468]
    assert relative.residual is not None
    before = np.tensordot(shapes - shapes[0], fields, axes=1)
    after = np.tensordot(relative.shapes, fields, axes=1) + relative.residual[:, :468]
    assert after == pytest.approx(before, abs=1e-5)
    assert relative.shapes[-1, down] == pytest.approx(25 / 30, abs=1e-3)
    assert not relative.shapes[-1, up]


def test_a_head_beyond_its_channels_takes_the_face_there_in_the_residual() -> None:
    performance = acted()
    head = performance.head.copy()
    head[:] = 0, 0, 0, 0, 0, 1
    limit = channel("head.yaw").high
    head[40, :2] = limit + 15, -10.0
    performance = replace(performance, head=head, residual=np.zeros((75, 478, 3), np.float32))
    relative = relative_to(performance, 0)
    assert relative.residual is not None
    assert relative.head[40, 0] == limit
    face = load_head_shapes().neutral + np.tensordot(performance.shapes[40], load_head_shapes().fields, axes=1)
    truth = (face - NECK_PIVOT) @ rotation_of(limit + 15, -10, 0).T
    change = np.tensordot(performance.shapes[40] - performance.shapes[0] - relative.shapes[40],
                          load_head_shapes().fields, axes=1)  # fmt: skip
    beyond = relative.residual[40] - change
    reached = (face + beyond - NECK_PIVOT) @ rotation_of(limit, -10, 0).T
    assert reached[:468] == pytest.approx(truth[:468], abs=2e-3)
