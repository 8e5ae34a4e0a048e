"""The 68 points by face-alignment, from weights on this machine only.

A. Bulat and G. Tzimiropoulos, "How far are we from solving the 2D & 3D face alignment problem?", 2017. The
package downloads its weights when it is made; here the networks are built from the files that the catalogue
found, without pickled code, and a missing file is a `WeightsMissing` that says how to fetch it.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.perception.faces import Face
from core.perception.mediapipe_faces import rgb8
from core.perception.protocols import FoundBox, Picture
from core.values.geometry import box_around
from core.weights.store import WeightsStore, default_store

DETECTOR, NETWORK = "s3fd-face-detector", "fan-2d"


class FaceAlignmentLandmarker:
    """68 points per face. Raises `WeightsMissing` when it is made without its weights. One per thread."""

    def __init__(self, store: WeightsStore | None = None) -> None:
        store = store or default_store()
        detector, network = store.require(DETECTOR), store.require(NETWORK)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._aligner: Any = _aligner(detector, network)

    def points(self, image: Picture, face: Face | None = None) -> tuple[NDArray[np.float64], ...]:
        """(68, 2) pixels of every face, largest first; of `face` alone when it is given."""
        pixels = np.array(rgb8(image))
        boxes = None
        if face is not None:
            box = face.box
            boxes = [np.array([box.x0, box.y0, box.x1, box.y1, face.score], dtype=np.float64)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns where it finds nobody
            found = self._aligner.get_landmarks_from_image(pixels, detected_faces=boxes)
        points = [np.asarray(p, dtype=np.float64)[:, :2] for p in found or ()]
        return tuple(sorted(points, key=lambda p: -float(np.prod(np.ptp(p, axis=0)))))

    def boxes(self, image: Picture) -> tuple[FoundBox, ...]:
        """Faces as boxes, with eyes, nose and mouth corners out of the 68."""
        found = []
        for points in self.points(image):
            five = np.stack([points[36:42].mean(0), points[42:48].mean(0), points[30], points[48], points[54]])
            found.append(FoundBox(box_around(points), five, 1.0))
        return tuple(found)

    def close(self) -> None:
        self._aligner = None


def _aligner(detector: Path, network: Path) -> Any:
    """face-alignment's own class with its one downloading step taken out."""
    import face_alignment
    import torch
    from face_alignment.api import FAN

    class LocalFaceAlignment(face_alignment.FaceAlignment):  # type: ignore[misc]
        def _load_native(self, name: str, size: int, device: str, dtype: Any) -> Any:
            fan = FAN(size)
            fan.load_state_dict(torch.load(network, map_location=device, weights_only=True))
            return fan.to(device, dtype=dtype).eval()

    return LocalFaceAlignment(
        face_alignment.LandmarksType.TWO_D,
        device="cpu",
        compile=False,
        flip_input=False,
        face_detector_kwargs={"path_to_detector": str(detector)},
    )
