"""Few keys from dense values and strokes, within their tolerance."""

from itertools import pairwise

import numpy as np
import pytest
from fakes.documents import performance, tracks
from hypothesis import given
from hypothesis import strategies as st

from core.animation.bake import bake_layer, reduce_keys, reduced, smooth_keys
from core.animation.curve import sample
from core.animation.evaluate import layer_values
from core.animation.fit import fit_keys
from core.animation.stroke import draw_stroke, one_value_per_frame, stroke_keys
from core.document.document import Document, new_document
from core.document.edits.keys import KeyRef, set_curve
from core.document.edits.layers import add_layer
from core.document.edits.timing import set_outside, trim
from core.document.layers import Automatic, Keys, Outside
from core.document.tracks import Extrapolation, Interpolation, Key, Tangent, Track
from core.errors import UserError
from core.values.time import FrameRange


def error_of(keys, frames, values):
    return np.abs(sample(Track("jawOpen", keys), frames) - values).max()


@given(
    st.lists(st.floats(-1, 1, width=32), min_size=2, max_size=60),
    st.sampled_from([0.0, 0.001, 0.05, 0.5]),
)
def test_any_samples_are_reached_within_the_tolerance(values, tolerance):
    frames, values = np.arange(len(values), dtype=float), np.array(values)
    keys = fit_keys(frames, values, tolerance)
    assert error_of(keys, frames, values) <= tolerance + 1e-6
    assert (keys[0].value, keys[-1].value) == (values[0], values[-1])


def test_smooth_motion_needs_few_keys():
    frames = np.arange(200.0)
    assert len(fit_keys(frames, np.sin(frames / 15), 0.01)) <= 12
    assert len(fit_keys(frames, 0.1 * frames, 0.01)) == 2


def test_a_corner_stays_a_corner():
    frames = np.arange(81.0)
    keys = fit_keys(frames, np.abs(frames % 40 - 20), 0.1)
    assert [key.frame for key in keys] == [0, 20, 40, 60, 80]
    assert {key.tangent for key in keys[1:-1]} == {Tangent.FREE}


def test_keys_on_whole_frames_only_when_asked():
    frames = np.arange(0, 50, 0.25)
    keys = fit_keys(frames, np.sin(frames / 3), 0.02, whole_frames=True)
    assert all(key.frame == round(key.frame) for key in keys[:-1])
    assert error_of(keys, frames, np.sin(frames / 3)) <= 0.02


def test_a_stroke_becomes_few_keys_near_it():
    rng = np.random.default_rng(3)
    x = np.sort(rng.uniform(0, 48, 300))
    y = np.sin(x / 8) + rng.normal(0, 0.004, 300)
    keys = stroke_keys(list(zip(x, y, strict=True)), 0.05)
    assert len(keys) <= 10
    assert (
        np.abs(sample(Track("jawOpen", keys), np.linspace(1, 47, 200)) - np.sin(np.linspace(1, 47, 200) / 8)).max()
        < 0.08
    )


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(-1, 1)), min_size=1, max_size=30))
def test_a_stroke_of_any_shape_is_a_function(points):
    frames, values = one_value_per_frame(points)
    assert (np.diff(frames) > 0).all()
    assert len(frames) == len(values) >= 1
    keys = stroke_keys(points, 0.05)
    assert all(a.frame < b.frame for a, b in pairwise(keys))


def test_drawing_back_over_a_stroke_replaces_it():
    frames, values = one_value_per_frame([(0, 0), (10, 0), (20, 0), (12, 1), (30, 1)])
    assert list(zip(frames, values, strict=True)) == [(0, 0), (10, 0), (12, 1), (30, 1)]


def test_a_stroke_replaces_the_keys_under_it_alone():
    document = set_curve(new_document(), "layer1", "jawOpen", [(0, 0), (10, 1), (20, 1), (40, 0)])
    after = draw_stroke(document, "layer1", "jawOpen", [(5, 0.2), (15, 0.4), (25, 0.3)], 0.01)
    frames = [key.frame for key in after.layers[0].content.tracks[0].keys]
    assert frames[0] == 0
    assert frames[-1] == 40
    assert 10 not in frames or 20 not in frames
    assert sample(after.layers[0].content.tracks[0], np.array([5.0]))[0] == pytest.approx(0.2)


@given(tracks(smallest=3, largest=12), st.sampled_from([0.01, 1.0, 20.0]))
def test_reduction_stays_within_its_tolerance_and_never_adds_keys(track, tolerance):
    after = reduced(track, tolerance)
    assert len(after.keys) <= len(track.keys)
    frames = np.array([key.frame for key in track.keys])
    frames = np.union1d(frames, np.arange(np.ceil(frames[0]), frames[-1]))
    assert (np.abs(sample(after, frames) - sample(track, frames)) <= tolerance * (1 + 1e-6) + 1e-4).all()


def test_reduction_keeps_what_holds():
    keys = (*(Key(i, i * 0.1) for i in range(10)), Key(10, 1, Interpolation.HOLD), Key(20, 0), Key(30, 1))
    after = reduced(Track("jawOpen", keys), 0.01)
    assert len(after.keys) < len(keys)
    assert sample(after, np.array([10.0, 15, 19.9, 20])).tolist() == pytest.approx([1, 1, 1, 0])


def with_performance() -> Document:
    return add_layer(new_document(frames=FrameRange(0, 31)), "Clip", performance())


def test_a_baked_performance_plays_the_same_within_the_tolerance():
    document = with_performance()
    baked = bake_layer(document, "layer2", tolerance=0.01)
    assert isinstance(baked.layer("layer2").content, Keys)
    for frame in document.frames:
        was, now = (layer_values(each, each.layer("layer2"), frame) for each in (document, baked))
        assert now["jawOpen"] == pytest.approx(was["jawOpen"], abs=0.0101)
        assert now["head.yaw"] == pytest.approx(was.get("head.yaw", 0), abs=0.81)
    assert sum(len(track.keys) for track in baked.layer("layer2").content.tracks) < 32


def test_baking_without_a_tolerance_sets_a_key_on_every_frame():
    tracks = bake_layer(with_performance(), "layer2", tolerance=None).layer("layer2").content.tracks
    assert [len(track.keys) for track in tracks] == [32, 32, 32]


def test_baking_leaves_out_channels_that_rest_and_keeps_bounds():
    document = add_layer(new_document(), "Life", Automatic(darts=0, sway=0, breaths=0))
    baked = bake_layer(trim(set_outside(document, "layer2", Outside.NOTHING), "layer2", 10, 20), "layer2")
    assert baked.layer("layer2").content.tracks == ()
    assert (baked.layer("layer2").timing.first, baked.layer("layer2").timing.last) == (10, 20)


def test_baking_a_layer_that_gives_nothing_is_refused():
    document = trim(set_outside(with_performance(), "layer2", Outside.NOTHING), "layer2", 10, 20)
    with pytest.raises(UserError, match="gives nothing"):
        bake_layer(document, "layer2", frames=FrameRange(50, 60))


def test_reducing_a_document_without_spare_keys_gives_back_the_same_one():
    document = set_curve(new_document(), "layer1", "jawOpen", [(0, 0), (10, 1)])
    assert reduce_keys(document, "layer1") is document


def test_smoothing_calms_the_chosen_keys_and_spares_the_ends():
    rng = np.random.default_rng(0)
    points = [(i, float(v)) for i, v in enumerate(rng.normal(0, 1, 40))]
    document = set_curve(new_document(), "layer1", "head.yaw", points)
    refs = [KeyRef("layer1", "head.yaw", frame) for frame in range(40)]
    after = [key.value for key in smooth_keys(document, refs, 2).layers[0].content.tracks[0].keys]
    assert np.std(np.diff(after)) < 0.4 * np.std(np.diff([value for _, value in points]))
    assert (after[0], after[-1]) == (points[0][1], points[-1][1])
    assert smooth_keys(document, refs, 0) is document


def test_a_loop_is_reduced_without_losing_its_rule():
    keys = tuple(Key(i, np.sin(i / 5)) for i in range(60))
    after = reduced(Track("head.yaw", keys, Extrapolation.LOOP, Extrapolation.PING_PONG), 0.01)
    assert (after.before, after.after) == (Extrapolation.LOOP, Extrapolation.PING_PONG)
    assert len(after.keys) < 20
