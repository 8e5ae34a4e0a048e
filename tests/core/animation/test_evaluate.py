"""The document at a frame: blending, weights, masks, retiming, gaps, and what moves by itself."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from fakes.documents import documents, full_document, performance
from hypothesis import given
from hypothesis import strategies as st

from core.animation.automatic import blink_at, gaze_at
from core.animation.evaluate import content_time, evaluate, evaluate_range, layer_values
from core.animation.face_state import face_state
from core.animation.performance import residual_at, values_at
from core.document.document import Document, new_document
from core.document.edits.keys import set_curve, set_key, set_values
from core.document.edits.layers import (
    add_layer,
    set_blend,
    set_channel_weight,
    set_mute,
    set_region_weight,
    set_solo,
)
from core.document.edits.timing import set_offset, set_outside, set_speed, trim
from core.document.edits.tracks import changed as change_track
from core.document.frozen_array import FrozenArray
from core.document.landmarks import REGION_SHARES
from core.document.layers import Automatic, Blend, Outside, Performance, PerformanceSource, Speech
from core.document.regions import SURFACE, Region
from core.document.tracks import Key, Track

RATE = Fraction(24)


def two_layers(lower: float, upper: float, name: str = "jawOpen") -> Document:
    document = set_key(new_document(), "layer1", name, 0, lower)
    return set_key(add_layer(document, "Upper"), "layer2", name, 0, upper)


def clip(values: list[float], rate: Fraction = RATE, name: str = "jawOpen") -> Performance:
    samples = np.array(values, dtype=np.float32)[:, None]
    return Performance(PerformanceSource("csv", "take"), rate, (name,), FrozenArray(samples))


def test_nothing_set_is_rest_exactly():
    assert evaluate(new_document(), 3.7).at_rest
    resting = set_values(new_document(), "layer1", {"jawOpen": 0, "head.scale": 1, "look.teeth": 1}, 0)
    assert evaluate(resting, 5).at_rest


def test_added_layers_sum_what_differs_from_rest():
    assert evaluate(two_layers(0.25, 0.5), 0)["jawOpen"] == 0.75
    assert evaluate(two_layers(1.1, 1.2, "head.scale"), 0)["head.scale"] == pytest.approx(1.3)


def test_values_are_clamped_only_at_the_end():
    document = add_layer(two_layers(0.9, 0.9), "Down")
    assert evaluate(document, 0)["jawOpen"] == 1.0
    assert evaluate(set_key(document, "layer3", "jawOpen", 0, -1.0), 0)["jawOpen"] == pytest.approx(0.8)


def test_an_override_replaces_what_lies_below_on_its_own_channels():
    document = set_key(set_blend(two_layers(0.25, 0.5), "layer2", Blend.OVERRIDE), "layer1", "mouthFunnel", 0, 0.3)
    assert (evaluate(document, 0)["jawOpen"], evaluate(document, 0)["mouthFunnel"]) == (0.5, 0.3)
    half = set_key(document, "layer2", "weight", 0, 0.5)
    assert evaluate(half, 0)["jawOpen"] == pytest.approx(0.375)


def test_mute_and_solo_of_layers_and_tracks():
    document = set_key(two_layers(0.25, 0.5), "layer1", "mouthFunnel", 0, 0.3)
    assert evaluate(set_mute(document, "layer2", True), 0)["jawOpen"] == 0.25
    assert evaluate(set_solo(document, "layer2", True), 0)["jawOpen"] == 0.5
    assert evaluate(set_mute(set_solo(document, "layer2", True), "layer2", True), 0).at_rest
    assert evaluate(change_track(document, "layer1", "jawOpen", mute=True), 0)["jawOpen"] == 0.5
    alone = evaluate(change_track(document, "layer1", "mouthFunnel", solo=True), 0)
    assert (alone["jawOpen"], alone["mouthFunnel"]) == (0.5, 0.3)


def test_a_weight_curve_runs_in_document_frames_and_is_bounded():
    document = set_curve(two_layers(0, 0.25), "layer2", "weight", [(0, 0), (10, 3)])
    document = set_offset(document, "layer2", 5)
    assert evaluate(document, 0)["jawOpen"] == 0
    assert evaluate(document, 10)["jawOpen"] == 0.5


def test_region_weights_and_channel_masks_scale_their_channels():
    document = set_values(new_document(), "layer1", {"jawOpen": 0.8, "browInnerUp": 0.6, "head.yaw": 10}, 0)
    document = set_region_weight(set_region_weight(document, "layer1", Region.JAW, 0.5), "layer1", Region.HEAD, 0)
    state = evaluate(set_channel_weight(document, "layer1", "browInnerUp", 0.5), 0)
    assert (state["jawOpen"], state["head.yaw"]) == (pytest.approx(0.4), 0)
    assert state["browInnerUp"] == pytest.approx(0.3)


def test_landmark_offsets_are_weighted_by_the_regions_they_belong_to():
    document = set_values(new_document(), "layer1", {"landmark.61.x": 0.2, "landmark.105.y": 0.1}, 0)
    state = evaluate(set_region_weight(document, "layer1", Region.MOUTH, 0), 0)
    offsets = {landmark: (dx, dy) for landmark, dx, dy in state.handles}
    assert offsets[105] == pytest.approx((0, 0.1), abs=1e-3)
    assert abs(offsets.get(61, (0, 0))[0]) < 0.01


def test_the_residual_follows_weights_and_regions():
    rows = np.full((4, 478, 3), 0.01, dtype=np.float32)
    document = add_layer(new_document(), "Clip", replace(clip([0, 0, 0, 0]), residual=FrozenArray(rows)))
    assert np.allclose(evaluate(document, 1).residual, 0.01)
    halved = set_region_weight(set_key(document, "layer2", "weight", 0, 0.5), "layer2", Region.MOUTH, 0)
    expected = 0.005 * (1 - REGION_SHARES[:, SURFACE.index(Region.MOUTH)])
    assert np.allclose(evaluate(halved, 1).residual[:, 0], expected)
    twice = add_layer(document, "Again", document.layers[1].content)
    assert np.allclose(evaluate(twice, 1).residual, 0.02)
    assert np.allclose(evaluate(set_blend(twice, "layer3", Blend.OVERRIDE), 1).residual, 0.01)


def test_a_performance_passes_through_its_samples_at_any_rate():
    values = [0.0, 0.1, 0.5, 0.4, 1.0, 1.0, 0.2]
    for rate in (RATE, Fraction(12), Fraction(60000, 1001)):
        content = clip(values, rate)
        found = [values_at(content, float(i * RATE / rate), RATE)["jawOpen"] for i in range(len(values))]
        assert found == pytest.approx(values, abs=1e-6)


@given(st.lists(st.floats(0, 1, width=32), min_size=2, max_size=20), st.floats(0, 25))
def test_between_samples_a_performance_never_overshoots(values, frame):
    content = clip(values)
    found = values_at(content, frame, RATE)["jawOpen"]
    at = min(frame, len(values) - 1)
    pair = values[int(at)], values[min(int(at) + 1, len(values) - 1)]
    assert min(pair) - 1e-9 <= found <= max(pair) + 1e-9


@given(st.sampled_from([0.5, 2.0, -1.0, 0.25]), st.floats(-20, 20), st.floats(0, 39))
def test_retiming_plays_the_same_content_elsewhere(speed, offset, moment):
    document = add_layer(new_document(rate=Fraction(30)), "Clip", performance())
    retimed = set_speed(set_offset(document, "layer2", offset), "layer2", speed)
    there = moment / speed + offset
    was = layer_values(document, document.layer("layer2"), moment)
    now = layer_values(retimed, retimed.layer("layer2"), there)
    assert now == pytest.approx(was, abs=1e-4)


def test_a_lost_face_holds_and_then_eases_back():
    nan = float("nan")
    content = clip([0.0, 0.2, *[nan] * 20, 0.8, 0.9])
    found = [values_at(content, frame, RATE)["jawOpen"] for frame in np.arange(1, 22.01, 0.5)]
    assert found[0] == pytest.approx(0.2)
    assert found[-1] == pytest.approx(0.8)
    assert max(found[: 2 * 14]) == pytest.approx(0.2)  # held but for the last quarter of a second
    assert (np.diff(found) >= 0).all()
    assert max(np.diff(found)) < 0.15


def test_a_face_lost_at_the_ends_holds_and_one_never_seen_says_nothing():
    nan = float("nan")
    content = clip([nan, nan, 0.3, 0.4, nan])
    assert values_at(content, 0, RATE)["jawOpen"] == pytest.approx(0.3)
    assert values_at(content, 4, RATE)["jawOpen"] == pytest.approx(0.4)
    assert values_at(clip([nan, nan]), 1, RATE) == {}


def test_the_residual_of_a_lost_face_is_finite_and_continuous():
    content = performance()
    rows = np.array([residual_at(content, frame, Fraction(30)) for frame in np.arange(8, 17, 0.25)])
    assert np.isfinite(rows).all()
    assert np.abs(np.diff(rows, axis=0)).max() < 0.03
    assert np.array_equal(residual_at(content, 9, Fraction(30)), content.residual.data[9])


@pytest.mark.parametrize(
    ("outside", "expected"),
    [
        (Outside.NOTHING, [None, 10, 20, None, None]),
        (Outside.HOLD, [10, 10, 20, 20, 20]),
        (Outside.LOOP, [15, 10, 20, 15, 12]),
        (Outside.PING_PONG, [15, 10, 20, 15, 12]),
    ],
)
def test_what_a_layer_gives_outside_its_bounds(outside, expected):
    document = set_outside(trim(new_document(), "layer1", 10, 20), "layer1", outside)
    layer = document.layers[0]
    found = [content_time(layer, frame, document) for frame in (5, 10, 20, 25, 32)]
    assert found == expected
    if outside is Outside.PING_PONG:
        assert content_time(layer, 22, document) == 18
    if outside is Outside.LOOP:
        assert content_time(layer, 22, document) == 12


@given(documents(), st.floats(-100, 300))
def test_any_document_has_a_state_at_any_frame_in_any_order(document, frame):
    state = evaluate(document, frame)
    assert np.isfinite(state.values).all()
    assert [each.key() for each in evaluate_range(document, (frame, 0, frame))][2] == state.key()


def test_every_kind_of_layer_takes_part():
    document, _ = full_document()
    for layer in document.layers:
        alone = replace(document, layers=(replace(layer, solo=False),))
        assert any(not evaluate(alone, frame).at_rest for frame in range(1, 300, 3)), layer.name


def test_speech_mixes_visemes_and_scales_the_jaw():
    track = Track("viseme.aa", (Key(0, 1),))
    document = add_layer(new_document(), "Voice", Speech("", (track,)))
    full = evaluate(document, 0)
    quiet = evaluate(add_layer(new_document(), "Voice", Speech("", (track,), 1.0, 0.5)), 0)
    assert full["jawOpen"] == pytest.approx(0.5)
    assert quiet["jawOpen"] == pytest.approx(0.25)
    assert quiet["mouthLowerDownLeft"] == full["mouthLowerDownLeft"] > 0


def test_automatic_motion_depends_on_seed_and_time_alone():
    document = add_layer(new_document(frames=None), "Life", Automatic(seed=3))
    frames = [90, 7, 41.5, 7, 90]
    keys = [evaluate(document, frame).key() for frame in frames]
    assert (keys[0], keys[1]) == (keys[4], keys[3])
    other = add_layer(new_document(), "Life", Automatic(seed=4))
    assert evaluate(other, 41.5).key() != keys[2]
    assert evaluate(add_layer(new_document(), "Life", Automatic(1, 0, 1, 0, 5, 0, 1, 0)), 30).at_rest


@pytest.mark.parametrize("seed", range(5))
def test_blinks_come_at_the_asked_rate_shut_fully_and_never_jump(seed):
    automatic = Automatic(seed=seed, blinks=15)
    times = np.arange(0, 240, 0.005)
    lids = np.array([blink_at(automatic, t) for t in times])
    shut = np.flatnonzero((lids[1:] >= 1) & (lids[:-1] < 1))
    assert len(shut) == pytest.approx(60, abs=1)
    assert np.abs(np.diff(lids)).max() < 0.15
    assert (lids > 0).mean() < 0.15


@pytest.mark.parametrize("rate", [1, 300, 2000])
def test_unnatural_rates_never_jump(rate):
    automatic = Automatic(blinks=rate, darts=rate)
    times = np.arange(0, 10, 0.0005)
    assert np.abs(np.diff([blink_at(automatic, t) for t in times])).max() < 0.05
    assert np.abs(np.diff([gaze_at(automatic, t) for t in times], axis=0)).max() < 1.5


def test_gaze_darts_are_quick_held_and_within_their_angle():
    automatic = Automatic(seed=2, darts=30, dart_angle=6)
    gaze = np.array([gaze_at(automatic, t) for t in np.arange(0, 120, 0.01)])
    assert np.abs(gaze).max() <= 6
    moving = np.abs(np.diff(gaze, axis=0)).max(axis=1) > 1e-9
    assert 0.01 < moving.mean() < 0.06
    assert np.abs(gaze).max(axis=0).min() > 2


def test_evaluation_is_what_face_state_says_by_hand():
    document = set_values(new_document(), "layer1", {"head.yaw": 12.5, "mouthSmileLeft": 0.25, "landmark.61.y": 0.1}, 0)
    expected = face_state({"head.yaw": 12.5, "mouthSmileLeft": 0.25, "landmark.61.y": 0.1})
    assert evaluate(document, 99).key() == expected.key()


def test_a_turn_counts_as_measured_where_a_residual_came_with_it():
    residual = FrozenArray(np.full((3, 478, 3), 0.01, dtype=np.float16))
    samples = FrozenArray(np.array([[8.0, 2.0]] * 3, dtype=np.float32))
    channels = ("head.yaw", "head.pitch")
    tracked = Performance(PerformanceSource("clip", "take"), RATE, channels, samples, residual)
    document = add_layer(new_document(RATE), "take", tracked)
    assert evaluate(document, 1).measured == (8.0, 2.0, 0.0)
    head_only = add_layer(new_document(RATE), "take", replace(tracked, residual=None))
    assert evaluate(head_only, 1).measured == (0.0, 0.0, 0.0)
    half = set_region_weight(document, document.layers[-1].id, Region.HEAD, 0.5)
    assert evaluate(half, 1).measured == (4.0, 1.0, 0.0)


def test_a_measured_turn_that_keys_take_back_leaves_nothing():
    state = face_state({"head.yaw": 0.0, "head.pitch": 1.0}, measured={"head.yaw": 8.0, "head.pitch": -2.0})
    assert state.measured == (0.0, 0.0, 0.0)
    assert state.key() == face_state({"head.pitch": 1.0}).key()
    assert face_state({"head.yaw": 5.0}, measured={"head.yaw": 8.0}).measured[0] == 5.0
    assert face_state({"head.yaw": 5.0}, measured={"head.yaw": 3.0}).key() != face_state({"head.yaw": 5.0}).key()
