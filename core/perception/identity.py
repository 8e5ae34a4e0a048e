"""How alike two faces are: vectors that lie near each other for one person.

`DlibIdentity` works offline: Davis King's face recognition network of dlib (128 numbers), shown faces that
are set upright by our own landmarks. `FaceNetIdentity` is FaceNet as facenet-pytorch trained it on VGGFace2
(512 numbers), once its weights are fetched.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.document.landmarks import SIXTY_EIGHT
from core.errors import WeightsMissing
from core.perception.faces import Face
from core.perception.mediapipe_faces import rgb8
from core.perception.protocols import Picture
from core.perception.upright import cut, square_around
from core.weights.store import WeightsStore, default_store

_DLIB_FILE = "dlib_face_recognition_resnet_model_v1.dat"
"""Its name within the package `face_recognition_models`."""


def identity_distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Euclidean distance of two embeddings of one embedder; below its `threshold` it is one person."""
    if a.shape != b.shape:
        raise ValueError(f"embeddings of {len(a)} and {len(b)} numbers come from different embedders")
    return float(np.linalg.norm(a - b))


class DlibIdentity:
    """128 numbers; the same person under 0.6. Close it to let go of the network."""

    threshold = 0.6

    def __init__(self) -> None:
        spec = find_spec("face_recognition_models")
        path = Path(spec.origin).parent / "models" / _DLIB_FILE if spec and spec.origin else None
        if path is None or not path.is_file():
            raise WeightsMissing(
                "The identity network of dlib is not on this machine", "Install the package face_recognition_models."
            )
        import dlib

        self._dlib: Any = dlib
        self._network: Any = dlib.face_recognition_model_v1(str(path))

    def embed(self, image: Picture, face: Face) -> NDArray[np.float64]:
        """(128,) of a face by its 68 points."""
        square = square_around(face.landmarks, 2.0)
        view = cut(rgb8(image), square)
        points = square.to_square(face.landmarks)[list(SIXTY_EIGHT), :2]
        dlib = self._dlib
        low, high = np.floor(points.min(axis=0)).astype(int), np.ceil(points.max(axis=0)).astype(int)
        box = dlib.rectangle(int(low[0]), int(low[1]), int(high[0]), int(high[1]))
        shape = dlib.full_object_detection(box, [dlib.point(round(float(x)), round(float(y))) for x, y in points])
        return np.array(self._network.compute_face_descriptor(view, shape), dtype=np.float64)

    def close(self) -> None:
        self._network = None


class FaceNetIdentity:
    """512 numbers of unit length; the same person mostly under 1.0. Raises `WeightsMissing` when made without
    its weights."""

    threshold = 1.0

    def __init__(self, store: WeightsStore | None = None) -> None:
        path = (store or default_store()).require("facenet-vggface2")
        import torch

        from core.perception.facenet_faces import import_facenet

        network = import_facenet().InceptionResnetV1(pretrained=None, classify=False)
        weights = torch.load(path, map_location="cpu", weights_only=True)
        # The file also holds the classifier over the people it was trained on.
        network.load_state_dict({k: v for k, v in weights.items() if not k.startswith("logits")})
        self._torch: Any = torch
        self._network: Any = network.eval()

    def embed(self, image: Picture, face: Face) -> NDArray[np.float64]:
        """(512,) of the upright face at 160 pixels, as the network was trained."""
        view = cv2.resize(cut(rgb8(image), square_around(face.landmarks, 1.25)), (160, 160),
                          interpolation=cv2.INTER_AREA)  # fmt: skip
        batch = (np.asarray(view, dtype=np.float32).transpose(2, 0, 1)[None] - 127.5) / 128.0
        with self._torch.no_grad():
            return np.array(self._network(self._torch.from_numpy(batch))[0].numpy(), dtype=np.float64)

    def close(self) -> None:
        self._network = None
