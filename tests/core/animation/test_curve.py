"""Curves: one value per frame, against dense sampling of the Bezier itself."""

from dataclasses import replace

import numpy as np
import pytest
from fakes.documents import numbers, tracks
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import CubicHermiteSpline, pchip_interpolate

from core.animation.curve import curve_of, sample, solve_bezier_x, value_at
from core.animation.insertion import inserted
from core.document.tangents import handle_arrays, handles, in_handle, out_handle
from core.document.tracks import Extrapolation, Interpolation, Key, Tangent, Track, keys_of

FREE = Tangent.FREE


def dense_bezier(track: Track, index: int, count: int = 20001) -> tuple[np.ndarray, np.ndarray]:
    """A segment by Bernstein polynomials at even parameters: the independent answer."""
    a, b = track.keys[index], track.keys[index + 1]
    p = np.array([
        (a.frame, a.value), np.add((a.frame, a.value), out_handle(track, index)),
        np.add((b.frame, b.value), in_handle(track, index + 1)), (b.frame, b.value),
    ])  # fmt: skip
    t = np.linspace(0, 1, count)[:, None]
    points = (1 - t) ** 3 * p[0] + 3 * (1 - t) ** 2 * t * p[1] + 3 * (1 - t) * t**2 * p[2] + t**3 * p[3]
    return points[:, 0], points[:, 1]


@given(tracks())
def test_every_frame_has_one_finite_value(track):
    frames = np.linspace(-120, 120, 241)
    values = [value_at(track, frame) for frame in frames]
    assert np.isfinite(values).all()
    assert values == [value_at(track, frame) for frame in frames]


@given(tracks(smallest=2))
def test_handles_dragged_anywhere_never_turn_a_segment_back_in_time(track):
    for index, key in enumerate(track.keys[:-1]):
        if key.interpolation is Interpolation.BEZIER:
            x, _ = dense_bezier(track, index, 501)
            assert (np.diff(x) >= -1e-9).all()


@given(tracks(smallest=2))
def test_the_solver_agrees_with_dense_sampling_of_the_bezier(track):
    for index, key in enumerate(track.keys[:-1]):
        if key.interpolation is not Interpolation.BEZIER:
            continue
        x, y = dense_bezier(track, index)
        inner = np.linspace(x[0], x[-1], 9)[1:-1]
        near = np.abs(x[:, None] - inner).argmin(axis=0)
        found = np.array([value_at(track, frame) for frame in x[near]])
        # Where the curve stands upright a rounding error in x is a visible one in y.
        steep = np.maximum(np.abs(np.gradient(y)), np.abs(np.diff(y, append=y[-1])))[near]
        assert (np.abs(found - y[near]) <= 1e-9 + 2e-3 * steep * 100).all()


@given(tracks())
def test_one_frame_and_many_frames_agree(track):
    frames = np.concatenate([np.linspace(-130, 130, 300), [key.frame for key in track.keys]])
    one = np.array([value_at(track, frame) for frame in frames])
    scale = 1 + np.abs(one)
    assert np.allclose(sample(track, frames) / scale, one / scale, atol=1e-7)


@given(tracks())
def test_all_handles_at_once_are_those_of_each_key(track):
    assert np.allclose(handle_arrays(track), [handles(track, i) for i in range(len(track.keys))], rtol=1e-12, atol=1e-9)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_the_root_is_the_root(a, b, x):
    t = solve_bezier_x(a, b, x)
    assert 0 <= t <= 1
    assert 3 * (1 - t) ** 2 * t * a + 3 * (1 - t) * t**2 * b + t**3 == pytest.approx(x, abs=1e-13)


@given(tracks())
def test_a_key_is_met_exactly(track):
    assert [value_at(track, key.frame) for key in track.keys] == [key.value for key in track.keys]


@given(st.lists(st.tuples(st.integers(-50, 50), numbers), min_size=2, max_size=8, unique_by=lambda p: p[0]))
def test_auto_clamped_segments_stay_between_their_keys(points):
    track = Track("jawOpen", keys_of(Key(float(x), y) for x, y in points))
    for a, b in zip(track.keys, track.keys[1:], strict=False):
        values = sample(track, np.linspace(a.frame, b.frame, 50))
        assert values.min() >= min(a.value, b.value) - 1e-9
        assert values.max() <= max(a.value, b.value) + 1e-9


def test_auto_tangents_are_scipys_hermite_spline_with_central_slopes():
    x, y = np.array([0.0, 10, 15, 40, 60]), np.array([0.0, 3, -2, 5, 5])
    slopes = np.concatenate([[0], (y[2:] - y[:-2]) / (x[2:] - x[:-2]), [0]])
    track = Track("head.yaw", tuple(Key(a, b, tangent=Tangent.AUTO) for a, b in zip(x, y, strict=True)))
    frames = np.linspace(0, 60, 301)
    assert np.allclose(sample(track, frames), CubicHermiteSpline(x, y, slopes)(frames), atol=1e-10)


def test_auto_clamped_is_monotone_where_scipys_pchip_is():
    x, y = np.array([0.0, 4, 5, 30]), np.array([0.0, 0.1, 9, 10])
    track = Track("head.yaw", tuple(Key(a, b) for a, b in zip(x, y, strict=True)))
    frames = np.linspace(0, 30, 500)
    assert (np.diff(pchip_interpolate(x, y, frames)) >= 0).all()
    assert (np.diff(sample(track, frames)) >= -1e-12).all()


def ramp(**ends: Extrapolation) -> Track:
    return Track("head.yaw", (Key(0, 0, Interpolation.LINEAR), Key(10, 5)), **ends)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Extrapolation.CONSTANT, [0, 0, 5, 5]),
        (Extrapolation.LINEAR, [-6, -1, 6, 11.5]),
        (Extrapolation.LOOP, [4, 4, 1, 1.5]),
        (Extrapolation.LOOP_OFFSET, [-6, -1, 6, 11.5]),
        (Extrapolation.PING_PONG, [4, 1, 4, 1.5]),
    ],
)
def test_outside_the_keys_the_chosen_rule_holds(rule, expected):
    track = ramp(before=rule, after=rule)
    assert [value_at(track, frame) for frame in (-12, -2, 12, 23)] == pytest.approx(expected)


@given(tracks(smallest=2), st.integers(-3, 3))
def test_loops_repeat_their_period(track, cycles):
    track = replace(track, before=Extrapolation.LOOP, after=Extrapolation.LOOP)
    first, last = track.keys[0].frame, track.keys[-1].frame
    for part in (0.125, 0.5, 0.9):
        frame = first + part * (last - first)
        there = frame + cycles * (last - first)
        near = [value_at(track, frame + e) for e in (-1e-9, 0, 1e-9)]
        spread = max(near) - min(near)
        assert abs(value_at(track, there) - near[1]) <= 1e-6 * (1 + abs(near[1])) + 2 * spread + 1e-5


def test_a_seamless_loop_of_automatic_keys_has_no_kink_at_its_seam():
    keys = tuple(Key(x, y, tangent=Tangent.AUTO) for x, y in ((0, 1), (6, 4), (11, -3), (20, 1)))
    track = Track("head.yaw", keys, Extrapolation.LOOP, Extrapolation.LOOP)
    before, after = value_at(track, 20) - value_at(track, 19.999), value_at(track, 20.001) - value_at(track, 20)
    assert before == pytest.approx(after, abs=1e-6)
    assert abs(before) > 1e-5


@given(tracks(smallest=2), st.floats(-80, 80))
def test_a_key_put_on_the_curve_does_not_change_it(track, frame):
    rule = {Extrapolation.LINEAR: Extrapolation.LINEAR}
    track = replace(
        track,
        before=rule.get(track.before, Extrapolation.CONSTANT),
        after=rule.get(track.after, Extrapolation.CONSTANT),
    )
    after = inserted(track, frame)
    assert len(after.keys) - len(track.keys) == (track.index_at(frame) is None)
    frames = np.linspace(-90, 90, 181)
    was, now = sample(track, frames), sample(after, frames)
    around = np.abs(sample(track, frames + 1e-7) - sample(track, frames - 1e-7))
    assert (np.abs(was - now) <= 1e-6 * (1 + np.abs(was).max()) + around).all()


def test_a_key_put_into_a_seamless_loop_does_not_change_it():
    keys = tuple(Key(x, y, tangent=Tangent.AUTO) for x, y in ((0, 1), (6, 4), (11, -3), (20, 1)))
    track = Track("head.yaw", keys, Extrapolation.LOOP, Extrapolation.LOOP)
    frames = np.linspace(-30, 50, 333)
    for frame in (2, 8, 15):
        assert np.allclose(sample(inserted(track, frame), frames), sample(track, frames), atol=1e-9)


def test_a_curve_of_one_key_is_that_value_everywhere():
    assert curve_of(Track("jawOpen", (Key(5, 0.3),))).sample(np.array([-10.0, 5, 99])).tolist() == [0.3, 0.3, 0.3]
