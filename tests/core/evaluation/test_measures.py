"""The measures against numbers worked out by hand, and the baselines on known motions."""

import numpy as np
import pytest

from core.evaluation.baselines import piecewise_affine
from core.evaluation.crops import eyes_window, face_window, mouth_window, window
from core.evaluation.metrics import (
    area_under_curve,
    eye_distance,
    failure_rate,
    landmark_error,
    motion_curve,
    psnr,
    ssim,
)
from core.head.topology import OVAL, Landmark


@pytest.fixture
def landmarks() -> np.ndarray:
    points = np.random.default_rng(3).uniform(60, 140, (478, 3))
    points[Landmark.EYE_RIGHT_OUTER] = [80, 90, 0]
    points[Landmark.EYE_LEFT_OUTER] = [120, 90, 0]
    return points


def test_psnr_of_a_constant_difference():
    black = np.zeros((8, 8, 3), np.uint8)
    assert psnr(black + 5, black) == pytest.approx(20 * np.log10(255 / 5))
    assert psnr(black, black) == 100


def test_ssim_falls_with_noise():
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 255, (32, 32, 3)).astype(np.uint8)
    noisy = np.clip(picture + rng.normal(0, 30, picture.shape), 0, 255).astype(np.uint8)
    assert ssim(picture, picture) == pytest.approx(1)
    assert 0.3 < ssim(noisy, picture) < 0.99


def test_landmark_error_is_in_eye_distances(landmarks):
    moved = landmarks + [3.0, 4.0, 99.0]
    assert eye_distance(landmarks) == pytest.approx(40)
    assert landmark_error(moved, landmarks) == pytest.approx(5 / 40)


def test_a_frame_without_a_face_has_failed():
    errors = np.array([0.0, 0.05, 0.2, np.nan])
    assert failure_rate(errors) == pytest.approx(0.5)
    assert area_under_curve(errors) == pytest.approx((1 + 0.5) / 4)


def test_the_motion_curve_is_the_mean_distance_from_the_photo(landmarks):
    clip = np.stack([landmarks, landmarks + [8.0, 0, 0]])
    assert motion_curve(clip, landmarks) == pytest.approx([0, 0.2])


def test_the_face_window_is_square_and_centred_on_the_oval(landmarks):
    landmarks[list(OVAL), :2] = [[50, 60], [150, 100]] * 18
    x, y, width, height = face_window(landmarks)
    assert (x, y, width, height) == pytest.approx((100, 80, 170, 170))


@pytest.mark.parametrize("place", [mouth_window, eyes_window])
def test_windows_follow_the_landmarks(landmarks, place):
    x, y, width, height = place(landmarks)
    assert place(landmarks + [7.0, -3.0, 0]) == pytest.approx((x + 7, y - 3, width, height))


def test_a_window_at_its_own_size_is_the_pixels_themselves():
    picture = np.random.default_rng(0).integers(0, 255, (40, 50, 3)).astype(np.uint8)
    assert np.array_equal(window(picture, (20, 16, 20, 12), (20, 12)), picture[10:22, 10:30])


def test_piecewise_affine_moves_the_middle_by_what_the_landmarks_say(landmarks):
    ramp = np.broadcast_to(np.arange(200, dtype=np.uint8)[None, :, None], (200, 200, 3)).copy()
    still = piecewise_affine(ramp, landmarks, landmarks)
    assert np.array_equal(still, ramp)
    moved = piecewise_affine(ramp, landmarks, landmarks + [10.0, 0, 0])
    assert np.abs(moved[95:105, 95:105].astype(int) - (ramp[95:105, 95:105].astype(int) - 10)).max() <= 1
