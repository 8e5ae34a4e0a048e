from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.head.topology import OVAL
from core.perception.colour_edge import background_within
from core.perception.faces import Face
from core.perception.guided import apply_coefficients, apply_enlarged, guided_coefficients
from core.perception.matte import subject_matte
from core.perception.mediapipe_faces import MediaPipeLandmarker
from core.perception.segmenter import PersonSegmenter
from core.values.image import Image, image_of

Plane = NDArray[np.float32]


@pytest.fixture(scope="module")
def segmenter() -> Iterator[PersonSegmenter]:
    with PersonSegmenter() as own:
        yield own


@pytest.fixture(scope="module")
def cut_out(portrait: Image, face: Face, segmenter: PersonSegmenter) -> Plane:
    return subject_matte(portrait, face.landmarks, segmenter)


def test_the_matte_covers_the_face_and_leaves_the_background(portrait: Image, face: Face, cut_out: Plane) -> None:
    inside = np.zeros((512, 512), np.uint8)
    cv2.fillConvexPoly(inside, np.round(face.landmarks[list(OVAL), :2]).astype(np.int32), 1)
    inside = cv2.erode(inside, np.ones((9, 9), np.uint8))
    assert cut_out[inside > 0].min() > 0.99
    assert cut_out[10:60, 10:60].max() == 0, "the flag"
    assert cut_out[40:200, 440:].max() < 0.05, "the shuttle"
    assert cut_out[480, 250] == 1, "the suit"
    assert cut_out.shape == (512, 512)
    assert cut_out.dtype == np.float32
    assert not cut_out.flags.writeable


def test_the_matte_is_soft_in_a_narrow_band_only(cut_out: Plane) -> None:
    assert 0.001 < np.mean((cut_out > 0.05) & (cut_out < 0.95)) < 0.06


def test_a_grey_photo_and_sixteen_bits_give_nearly_the_same_matte(
    portrait: Image, face: Face, cut_out: Plane, segmenter: PersonSegmenter
) -> None:
    grey = np.repeat(cv2.cvtColor(portrait.pixels, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    without_colour = subject_matte(image_of(grey), face.landmarks, segmenter)
    assert np.abs(without_colour - cut_out).mean() < 0.03
    deep = subject_matte(image_of(portrait.pixels.astype(np.uint16) * 257), face.landmarks, segmenter)
    assert np.abs(deep - cut_out).max() < 0.02


def test_on_a_flat_white_ground_nothing_of_it_remains(
    portrait: Image, face: Face, cut_out: Plane, segmenter: PersonSegmenter
) -> None:
    """A grey guide without contrast has a singular covariance, which must not blow up."""
    grey = cv2.cvtColor(portrait.pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    pasted = np.rint(grey * cut_out + 255 * (1 - cut_out)).astype(np.uint8)
    matte = subject_matte(image_of(np.repeat(pasted[..., None], 3, axis=2)), face.landmarks, segmenter)
    far = cv2.dilate((cut_out > 0.02).astype(np.uint8), np.ones((15, 15), np.uint8)) == 0
    assert matte[far].max() < 0.05


def test_the_photos_own_alpha_bounds_the_matte(portrait: Image, face: Face, segmenter: PersonSegmenter) -> None:
    alpha = np.full((512, 512), 255, np.uint8)
    alpha[:, 300:] = 0
    matte = subject_matte(image_of(portrait.pixels, alpha), face.landmarks, segmenter)
    assert matte[:, 300:].max() == 0
    assert matte[:, :300].max() == 1


def test_other_people_are_left_out(
    portrait: Image, cut_out: Plane, landmarker: MediaPipeLandmarker, segmenter: PersonSegmenter
) -> None:
    cover = cut_out[..., None]
    person = np.rint(portrait.pixels * cover + 200 * (1 - cover)).astype(np.uint8)[40:420, 60:380]
    both = np.full((420, 900, 3), 200, np.uint8)
    both[40:, 40:360] = person
    both[40:, 540:860] = person[:, ::-1]
    faces = sorted(landmarker.detect(both), key=lambda face: face.box.x0)
    assert len(faces) == 2
    left = subject_matte(image_of(both), faces[0].landmarks, segmenter)
    right = subject_matte(image_of(both), faces[1].landmarks, segmenter)
    assert left[:, 500:].max() < 0.05
    assert right[:, :400].max() < 0.05
    assert left[150, 40:360].max() == 1
    assert right[150, 540:860].max() == 1


def test_the_size_of_the_photo_changes_the_matte_only_in_detail(
    portrait: Image, face: Face, cut_out: Plane, segmenter: PersonSegmenter
) -> None:
    large = np.asarray(cv2.resize(portrait.pixels, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC), np.uint8)
    matte = subject_matte(image_of(large), (face.landmarks + 0.5) * 3 - 0.5, segmenter)
    assert np.abs(cv2.resize(matte, (512, 512), interpolation=cv2.INTER_AREA) - cut_out).mean() < 0.015


def test_guided_coefficients_are_the_ridge_regressions_of_their_windows() -> None:
    """Against numpy's least squares, window by window, on colours and on an almost grey guide."""
    rng = np.random.default_rng(4)
    radius, eps = 2, 1e-3
    for spread in (1.0, 1e-3):
        level = rng.random((24, 28, 1))
        guide = np.clip(level + spread * (rng.random((24, 28, 3)) - 0.5), 0, 1).astype(np.float32)
        target = rng.random((24, 28)).astype(np.float32)
        lines = np.zeros((24, 28, 4))
        for j in range(radius, 24 - radius):
            for i in range(radius, 28 - radius):
                window = np.s_[j - radius : j + radius + 1, i - radius : i + radius + 1]
                x, y = guide[window].reshape(-1, 3).astype(float), target[window].ravel().astype(float)
                middle = x - x.mean(axis=0)
                slope = np.linalg.solve(
                    middle.T @ middle / len(x) + eps * np.eye(3), middle.T @ (y - y.mean()) / len(x)
                )
                lines[j, i] = *slope, y.mean() - slope @ x.mean(axis=0)
        ours = guided_coefficients(guide, target, radius, eps)
        j, i = 12, 14
        around = lines[j - radius : j + radius + 1, i - radius : i + radius + 1].reshape(-1, 4).mean(axis=0)
        assert np.allclose(ours[j, i], around, rtol=2e-2, atol=2e-3)


def test_coefficients_applied_at_their_own_size_agree_with_plain_numpy() -> None:
    rng = np.random.default_rng(5)
    pixels = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    coefficients = rng.normal(0, 0.3, (20, 30, 4)).astype(np.float32)
    low, high = np.full((20, 30), 0.1, np.float32), np.full((20, 30), 0.9, np.float32)
    ours = apply_enlarged(coefficients, low, high, pixels, 1 / 255, (0.0, 1.0))
    t = np.clip(apply_coefficients(coefficients, (pixels / 255).astype(np.float32)), 0, 1)
    assert np.allclose(ours, np.clip(t * t * (3 - 2 * t), 0.1, 0.9), atol=1e-5)


def test_a_plain_patch_that_hangs_on_the_background_is_given_back_and_an_enclosed_one_is_not() -> None:
    guide = np.full((200, 200, 3), 0.9, np.float32)
    guide[60:, 40:160] = 0.1
    person = np.zeros((200, 200), np.float32)
    person[40:, 40:160] = 1  # the segmentation took 20 rows of background along
    guide[120:140, 90:110] = 0.9  # a light button on dark clothes
    patch = background_within(person, guide, 80.0)
    assert patch[42:57, 45:155].mean() > 0.95
    assert not patch[62:].any()
