from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import NoFaceFound, UserError
from core.perception.detect import choose_face, detect_faces, require_face
from core.perception.faces import Face, face_of
from core.perception.mediapipe_faces import MediaPipeLandmarker
from core.perception.quality import face_notes, facing
from core.values.geometry import apply_affine
from core.values.image import Image, image_of

Pixels = NDArray[np.uint8]


def distance(found: Face, true: NDArray[np.float64], face: Face) -> float:
    """Mean distance of landmarks from where they should be, in the portrait's eye distances."""
    unit = np.linalg.norm(face.landmarks[33] - face.landmarks[263])
    return float(np.linalg.norm(found.landmarks[:, :2] - true, axis=1).mean() / unit)


def turned(pixels: Pixels, degrees: float) -> tuple[Pixels, NDArray[np.float64]]:
    middle = ((pixels.shape[1] - 1) / 2, (pixels.shape[0] - 1) / 2)
    affine = cv2.getRotationMatrix2D(middle, degrees, 1.0)
    return np.asarray(cv2.warpAffine(pixels, affine, pixels.shape[1::-1]), np.uint8), affine


def test_the_portrait_has_one_upright_face_that_looks_at_the_camera(face: Face, portrait: Image) -> None:
    yaw, pitch, roll = facing(face)
    assert abs(yaw) < 8
    assert abs(pitch) < 12
    assert abs(roll) < 8
    assert face.score > 0.8
    assert face.landmarks[33, 0] < face.landmarks[263, 0]
    assert face.landmarks[1, 2] < face.landmarks[234, 2], "the nose is nearer than the ear"
    assert face_notes(face, portrait) == ()


def test_landmarks_cannot_be_written_to(face: Face) -> None:
    with pytest.raises(ValueError, match="read-only"):
        face.landmarks[0, 0] = 1


@pytest.mark.parametrize("degrees", [30, -60, 90, 180])
def test_a_turned_photo_gives_the_turned_landmarks(
    degrees: int, face: Face, portrait: Image, landmarker: MediaPipeLandmarker
) -> None:
    pixels, affine = turned(portrait.pixels, degrees)
    found = landmarker.detect(pixels)[0]
    assert distance(found, apply_affine(affine, face.landmarks[:, :2]), face) < 0.02
    assert "tilted" in " ".join(face_notes(found, pixels))


@pytest.mark.parametrize(("scale", "limit"), [(4.0, 0.01), (0.5, 0.03)])
def test_size_changes_nothing_but_the_scale(
    scale: float, limit: float, face: Face, portrait: Image, landmarker: MediaPipeLandmarker
) -> None:
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    pixels = np.asarray(cv2.resize(portrait.pixels, None, fx=scale, fy=scale, interpolation=kind), np.uint8)
    found = landmarker.detect(pixels)[0]
    smaller = face_of((found.landmarks + 0.5) / scale - 0.5, 1.0)
    assert distance(smaller, face.landmarks[:, :2], face) < limit


def test_a_small_face_in_the_corner_of_a_large_photo_is_found_and_said_to_be_doubtful(
    face: Face, portrait: Image, landmarker: MediaPipeLandmarker
) -> None:
    wide = np.full((3000, 3000, 3), 90, np.uint8)
    wide[2400:2912, 100:612] = portrait.pixels
    found = landmarker.detect(wide)[0]
    assert distance(found, face.landmarks[:, :2] + (100, 2400), face) < 0.01
    if found.found_by != "the whole picture":
        assert "check its points" in face_notes(found, wide)[-1]


def test_a_face_cut_by_the_border_is_found_with_a_warning(
    face: Face, portrait: Image, landmarker: MediaPipeLandmarker
) -> None:
    cut = portrait.pixels[:, face.box.x0 + face.box.width // 4 :]
    found = landmarker.detect(np.ascontiguousarray(cut))[0]
    assert "border cuts" in face_notes(found, cut)[0]


def test_a_sketch_without_colour_is_found(face: Face, portrait: Image, landmarker: MediaPipeLandmarker) -> None:
    grey = cv2.cvtColor(portrait.pixels, cv2.COLOR_RGB2GRAY)
    sketch = cv2.divide(grey, 255 - cv2.GaussianBlur(255 - grey, (0, 0), 6), scale=256)
    found = landmarker.detect(np.repeat(sketch[..., None], 3, axis=2))[0]
    assert distance(found, face.landmarks[:, :2], face) < 0.04


def test_sixteen_bits_and_alpha_give_the_same_face(
    face: Face, portrait: Image, landmarker: MediaPipeLandmarker
) -> None:
    deep = image_of(portrait.pixels.astype(np.uint16) * 257, np.full((512, 512), 65535, np.uint16))
    assert np.array_equal(landmarker.detect(deep)[0].landmarks, face.landmarks)


def test_what_is_transparent_is_not_seen(portrait: Image, landmarker: MediaPipeLandmarker) -> None:
    assert landmarker.detect(image_of(portrait.pixels, np.zeros((512, 512), np.uint8))) == ()


def test_the_same_photo_gives_the_same_numbers(face: Face, portrait: Image) -> None:
    assert np.array_equal(detect_faces(portrait)[0].landmarks, face.landmarks)


def test_several_faces_come_largest_first_and_are_chosen_by_number_or_place(
    face: Face, portrait: Image, landmarker: MediaPipeLandmarker
) -> None:
    small = np.asarray(cv2.resize(portrait.pixels, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA), np.uint8)
    both = np.zeros((512, 512 + small.shape[1], 3), np.uint8)
    both[: small.shape[0], : small.shape[1]] = small
    both[:, small.shape[1] :] = portrait.pixels[:, ::-1]
    faces = landmarker.detect(both)
    assert len(faces) == 2
    assert faces[0].width > faces[1].width
    assert choose_face(faces) is faces[0]
    assert choose_face(faces, 1) is faces[1]
    x, y = faces[1].landmarks[1, :2]
    assert choose_face(faces, (float(x), float(y))) is faces[1]
    assert choose_face(faces, (5000.0, 100.0)) is faces[0]
    with pytest.raises(UserError, match="no face number 2") as caught:
        choose_face(faces, 2)
    assert "0 (the largest) to 1" in caught.value.remedy


@pytest.mark.parametrize(
    "pixels",
    [
        np.full((256, 256, 3), 127, np.uint8),
        np.random.default_rng(0).integers(0, 256, (200, 320, 3), dtype=np.uint8),
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((5, 2000, 3), np.uint8),
    ],
    ids=["flat", "noise", "one pixel", "a strip"],
)
def test_pictures_without_a_face_are_refused_with_a_remedy(pixels: Pixels, landmarker: MediaPipeLandmarker) -> None:
    with pytest.raises(NoFaceFound) as caught:
        require_face(pixels, landmarker=landmarker)
    assert caught.value.remedy


def test_a_face_of_a_few_pixels_is_refused_with_its_size(portrait: Image, landmarker: MediaPipeLandmarker) -> None:
    tiny = np.asarray(cv2.resize(portrait.pixels, (110, 110), interpolation=cv2.INTER_AREA), np.uint8)
    with pytest.raises(NoFaceFound, match=r"too small: it is \d+ pixels"):
        require_face(tiny, landmarker=landmarker)


def test_mediapipe_leaves_stderr_clean(portrait: Image, capfd: pytest.CaptureFixture[str]) -> None:
    detect_faces(portrait)
    written = capfd.readouterr()
    assert written.err == ""
    assert written.out == ""


@pytest.mark.data
def test_faces_of_real_photos_are_found_with_their_pose(data_folder: Path, landmarker: MediaPipeLandmarker) -> None:
    with (data_folder / "INDEX.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["kind"] == "photo"][::8]
    for row in rows:
        pixels = cv2.cvtColor(cv2.imread(str(data_folder / row["file"])), cv2.COLOR_BGR2RGB)
        found = landmarker.detect(np.asarray(pixels, np.uint8))
        assert found, row["file"]
        assert abs(facing(found[0])[0] - float(row["yaw"])) < 8, row["file"]
