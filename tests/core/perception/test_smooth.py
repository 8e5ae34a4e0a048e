from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from core.document.landmarks import POSITIONS
from core.head.topology import LID_RIGHT_LOWER, LID_RIGHT_UPPER
from core.perception.smooth import runs, smooth_landmarks

Array = NDArray[np.float64]
UPPER, LOWER = list(LID_RIGHT_UPPER[1:-1]), list(LID_RIGHT_LOWER[1:-1])


def still_clip(frames: int) -> Array:
    """A face of 200 pixels from eye to eye that does nothing."""
    return np.repeat(200.0 * POSITIONS[None] + (300, 300, 0), frames, axis=0)


def blinking_clip(rate: float, seconds: float) -> Array:
    clip = still_clip(round(2 * rate))
    moments = np.arange(len(clip)) / rate
    closing = np.exp(-0.5 * ((moments - 1.013) / (seconds / 4)) ** 2)
    gap = clip[0, LOWER, 1] - clip[0, UPPER, 1]
    clip[:, UPPER, 1] += 0.9 * closing[:, None] * gap
    clip[:, LOWER, 1] -= 0.1 * closing[:, None] * gap
    return clip


def opening(clip: Array) -> Array:
    return np.asarray((clip[:, LOWER, 1] - clip[:, UPPER, 1]).mean(axis=1))


def tremble(clip: Array) -> float:
    return float(np.sqrt((np.diff(clip, 3, axis=0) ** 2).mean()))


@pytest.mark.parametrize("rate", [24.0, 30.0, 60.0])
@pytest.mark.parametrize("seconds", [0.1, 0.2, 0.4])
def test_a_blink_keeps_97_percent_of_its_depth(rate: float, seconds: float) -> None:
    clip = blinking_clip(rate, seconds)
    noisy = clip + np.random.default_rng(1).normal(0, 0.2, clip.shape)  # a thousandth of the eye distance
    true, kept = opening(clip), opening(smooth_landmarks(noisy, rate))
    bottom = int(true.argmin())
    assert (kept[0] - kept[bottom]) / (true[0] - true[bottom]) > 0.97


@pytest.mark.parametrize("rate", [24.0, 30.0, 60.0])
def test_the_tremble_of_a_still_face_is_halved_or_better(rate: float) -> None:
    noisy = still_clip(90) + np.random.default_rng(2).normal(0, 0.4, (90, 478, 3))
    smooth = smooth_landmarks(noisy, rate)
    assert tremble(smooth) < 0.45 * tremble(noisy)
    assert np.abs(smooth - still_clip(90)).std() < np.abs(noisy - still_clip(90)).std()


def test_a_moving_head_does_not_lag() -> None:
    clip = still_clip(60)
    clip[..., 0] += 100 * np.sin(np.arange(60) / 30 * 2 * np.pi * 0.7)[:, None]
    middle = smooth_landmarks(clip, 30.0)[5:-5] - clip[5:-5]
    assert np.abs(middle).max() < 0.02 * 200


def test_gaps_stay_gaps_and_nothing_passes_across_them() -> None:
    clip = still_clip(40) + np.random.default_rng(3).normal(0, 0.3, (40, 478, 3))
    clip[25:] += 80  # elsewhere after the gap
    clip[20:25] = np.nan
    smooth = smooth_landmarks(clip, 25.0)
    assert np.isnan(smooth[20:25]).all()
    assert np.isfinite(np.delete(smooth, range(20, 25), axis=0)).all()
    alone = clip.copy()
    alone[25:] = np.nan
    assert np.allclose(smooth_landmarks(alone, 25.0)[:20], smooth[:20], atol=0.05)
    assert np.abs(smooth[25:] - clip[25:]).max() < 2


def test_a_clip_without_any_face_and_runs_of_one_frame_pass_unchanged() -> None:
    nobody = np.full((5, 478, 3), np.nan)
    assert np.isnan(smooth_landmarks(nobody, 25.0)).all()
    nobody[2] = POSITIONS * 100
    assert np.allclose(smooth_landmarks(nobody, 25.0)[2], nobody[2])


def test_runs_are_the_stretches_of_true() -> None:
    assert runs(np.array([True, True, False, True, False, False, True])) == [(0, 2), (3, 4), (6, 7)]
    assert runs(np.zeros(3, bool)) == []
