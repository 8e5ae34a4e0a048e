from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.errors import WeightsMissing
from core.perception.faces import Face
from core.perception.identity import DlibIdentity, FaceNetIdentity, identity_distance
from core.perception.mediapipe_faces import MediaPipeLandmarker
from core.values.image import Image
from core.weights.store import WeightsStore


@pytest.fixture(scope="module")
def dlib_identity() -> Iterator[DlibIdentity]:
    own = DlibIdentity()
    yield own
    own.close()


def test_the_same_person_stays_near_under_mirror_tilt_and_dusk(
    portrait: Image, face: Face, landmarker: MediaPipeLandmarker, dlib_identity: DlibIdentity
) -> None:
    own = dlib_identity.embed(portrait, face)
    assert own.shape == (128,)
    tilt = cv2.getRotationMatrix2D((255.5, 255.5), 40, 1.0)
    for pixels in (
        np.ascontiguousarray(portrait.pixels[:, ::-1]),
        (portrait.pixels * 0.4).astype(np.uint8),
        np.asarray(cv2.warpAffine(portrait.pixels, tilt, (512, 512)), np.uint8),
    ):
        other = dlib_identity.embed(pixels, landmarker.detect(pixels)[0])
        assert identity_distance(own, other) < 0.35 < dlib_identity.threshold


@pytest.mark.data
def test_photos_of_one_person_are_nearer_than_photos_of_others(
    data_folder: Path, landmarker: MediaPipeLandmarker, dlib_identity: DlibIdentity
) -> None:
    def embedding(name: str) -> np.ndarray:
        path = next((data_folder / "photos").glob(f"*{name}*"))
        pixels = np.asarray(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB), np.uint8)
        return dlib_identity.embed(pixels, landmarker.detect(pixels)[0])

    franck = [embedding(f"franck_{n}") for n in ("01829", "02888", "04000")]
    others = [embedding(name) for name in ("blocks__1", "blocks__5", "lexi")]
    same = [identity_distance(franck[0], each) for each in franck[1:]]
    different = [identity_distance(franck[0], each) for each in others]
    assert max(same) < 0.5
    assert min(different) > 0.6


def test_embeddings_of_different_kinds_are_not_compared() -> None:
    with pytest.raises(ValueError, match="different embedders"):
        identity_distance(np.zeros(128), np.zeros(512))


def test_facenet_without_weights_says_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing) as caught:
        FaceNetIdentity(WeightsStore([tmp_path]))
    assert "facekey models fetch facenet-vggface2" in caught.value.remedy
