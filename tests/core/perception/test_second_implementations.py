"""facenet-pytorch's and face-alignment's networks, with the weights that their wheels have, or random ones."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import WeightsMissing
from core.perception import face_alignment_landmarks, facenet_faces
from core.perception.face_alignment_landmarks import FaceAlignmentLandmarker
from core.perception.facenet_faces import MTCNNDetector, import_facenet
from core.perception.faces import Face, overlap
from core.perception.identity import FaceNetIdentity
from core.values.image import Image
from core.weights.catalogue import CATALOGUE
from core.weights.store import WeightsStore


class RandomWeights(WeightsStore):
    """A store in which every file is there; the test has put it there."""

    def __init__(self, files: dict[str, Path]) -> None:
        super().__init__([next(iter(files.values())).parent])
        self._files = files

    def require(self, name: str) -> Path:
        return self._files[name]


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(scope="module")
def detector() -> Iterator[MTCNNDetector]:
    own = MTCNNDetector()
    yield own
    own.close()


@pytest.mark.usefixtures("no_network")
def test_mtcnn_finds_the_portraits_face_and_its_five_points(
    detector: MTCNNDetector, portrait: Image, face: Face
) -> None:
    found = detector.boxes(portrait)
    assert len(found) == 1
    assert found[0].score > 0.99
    assert overlap(found[0].box, face.box) > 0.5
    own = face.landmarks[[468, 473, 1, 61, 291], :2]
    unit = np.linalg.norm(face.landmarks[33] - face.landmarks[263])
    assert np.linalg.norm(found[0].points - own, axis=1).max() < 0.15 * unit


def test_mtcnn_finds_nobody_where_there_is_nobody(detector: MTCNNDetector) -> None:
    assert detector.boxes(np.full((120, 160, 3), 128, np.uint8)) == ()
    assert detector.boxes(np.zeros((4, 4, 3), np.uint8)) == ()


def test_stand_ins_for_torchvision_do_not_stay(detector: MTCNNDetector) -> None:
    stand_in = sys.modules.get("torchvision")
    assert stand_in is None or hasattr(stand_in, "__version__")


def test_suppression_keeps_the_best_of_each_group() -> None:
    boxes = torch.tensor([[0, 0, 10, 10], [1, 1, 11, 11], [20, 20, 30, 30], [0, 0, 10, 10]], dtype=torch.float32)
    scores = torch.tensor([0.8, 0.9, 0.3, 0.5])
    groups = torch.tensor([0, 0, 0, 1])
    assert facenet_faces._batched_nms(boxes, scores, groups, 0.5).tolist() == [1, 3, 2]
    assert facenet_faces._batched_nms(boxes[:0], scores[:0], groups[:0], 0.5).tolist() == []


@pytest.mark.parametrize("missing", [face_alignment_landmarks.DETECTOR, face_alignment_landmarks.NETWORK])
def test_face_alignment_without_weights_says_how_to_get_them(missing: str, tmp_path: Path) -> None:
    class Half(WeightsStore):
        def require(self, name: str) -> Path:
            return super().require(name) if name == missing else tmp_path / CATALOGUE[name].file

    with pytest.raises(WeightsMissing) as caught:
        FaceAlignmentLandmarker(Half([tmp_path]))
    assert f"facekey models fetch {missing}" in caught.value.remedy


@pytest.mark.usefixtures("no_network")
def test_face_alignment_takes_its_networks_from_local_files(portrait: Image, face: Face, tmp_path: Path) -> None:
    from face_alignment.detection.sfd.net_s3fd import s3fd
    from face_alignment.models import FAN

    torch.manual_seed(0)
    files = {name: tmp_path / CATALOGUE[name].file for name in ("s3fd-face-detector", "fan-2d")}
    torch.save(s3fd().state_dict(), files["s3fd-face-detector"])
    torch.save(FAN(4).state_dict(), files["fan-2d"])
    landmarker = FaceAlignmentLandmarker(RandomWeights(files))
    loaded = landmarker._aligner.face_alignment_net.state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in torch.load(files["fan-2d"]).items())

    class Aligner:
        """Stands for the network's pass and the package's own compilation, which take many seconds."""

        def get_landmarks_from_image(self, pixels: np.ndarray, detected_faces: object) -> list[np.ndarray] | None:
            assert pixels.shape == portrait.pixels.shape
            return [face.landmarks[:68] * 0.5, face.landmarks[:68]] if detected_faces is None else None

    landmarker._aligner = Aligner()
    small, large = landmarker.points(portrait)[::-1]
    assert np.array_equal(large, face.landmarks[:68, :2])
    assert np.array_equal(small, large / 2)
    assert [box.points.shape for box in landmarker.boxes(portrait)] == [(5, 2)] * 2
    assert landmarker.points(portrait, face) == ()
    landmarker.close()


@pytest.mark.usefixtures("no_network")
def test_facenet_loads_a_file_with_its_classifier_and_gives_512_numbers_of_unit_length(
    portrait: Image, face: Face, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    path = tmp_path / CATALOGUE["facenet-vggface2"].file
    weights = import_facenet().InceptionResnetV1(pretrained=None).state_dict()
    torch.save(weights | {"logits.weight": torch.zeros(2, 512), "logits.bias": torch.zeros(2)}, path)
    identity = FaceNetIdentity(RandomWeights({"facenet-vggface2": path}))
    numbers = identity.embed(portrait, face)
    identity.close()
    assert numbers.shape == (512,)
    assert np.linalg.norm(numbers) == pytest.approx(1, abs=1e-5)
