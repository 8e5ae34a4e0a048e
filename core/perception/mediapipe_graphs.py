"""MediaPipe's graphs, opened late, run quietly and closed for good.

MediaPipe's native code writes notes to the process's stderr that no logging setting turns off. They come
while a graph opens and with the first face it sees, so that stretch alone is run with stderr caught; what
is not one of the known notes is written out afterwards.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

_NOTES = (
    b"Created TensorFlow Lite XNNPACK delegate",
    b"All log messages before absl::InitializeLog",
    b"inference_feedback_manager",
    b"landmark_projection_calculator",
    b"face_landmarker_graph",
    b"gl_context",
)
_STDERR = threading.RLock()


@contextmanager
def quiet_native_stderr() -> Iterator[None]:
    """Catch file descriptor 2 and pass on all but MediaPipe's known notes. One thread at a time."""
    with _STDERR:
        try:
            kept = os.dup(2)
        except OSError:  # a windowed program may have no stderr at all
            yield
            return
        with tempfile.TemporaryFile() as caught:
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(caught.fileno(), 2)
            try:
                yield
            finally:
                os.dup2(kept, 2)
                os.close(kept)
                caught.seek(0)
                rest = b"".join(line for line in caught if not any(note in line for note in _NOTES))
                if rest:
                    os.write(2, rest)


def import_mediapipe() -> Any:
    """The `mediapipe` package, with OpenCV's traps for Qt taken out of the environment again."""
    traps = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")
    before = {name: os.environ.get(name) for name in traps}
    with warnings.catch_warnings(), quiet_native_stderr():
        warnings.simplefilter("ignore")
        import mediapipe
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
    return mediapipe


class _Graph:
    """One MediaPipe solution. `output` is the name of the list that it puts out."""

    def __init__(self, solution: str, output: str, **options: Any) -> None:
        package = getattr(import_mediapipe().solutions, solution)
        kind = {"face_mesh": "FaceMesh", "face_detection": "FaceDetection"}[solution]
        with quiet_native_stderr():
            self._graph = getattr(package, kind)(**options)
            # The graph opens on threads of its own; a blank picture waits until all of it is up.
            self._graph.process(np.zeros((64, 64, 3), np.uint8))
        self._output = output
        self._settled = False

    def run(self, pixels: NDArray[np.uint8]) -> list[Any]:
        pixels = np.ascontiguousarray(pixels)
        if self._settled:
            return self._process(pixels)
        with quiet_native_stderr():
            found = self._process(pixels)
        self._settled = bool(found)
        return found

    def _process(self, pixels: NDArray[np.uint8]) -> list[Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # protobuf warns of its own deprecated calls
            return getattr(self._graph.process(pixels), self._output) or []

    def close(self) -> None:
        self._graph.close()


class MeshGraph:
    """The face mesh with irises: (H, W, 3) uint8 R, G, B -> a list of (478, 3) float64 in pixels.

    With `video` it follows the faces of the previous call and looks for new ones only when it has fewer
    than `faces`; otherwise each call stands alone.
    """

    def __init__(self, faces: int, *, video: bool, detection: float = 0.5, presence: float = 0.5) -> None:
        self._graph = _Graph(
            "face_mesh", "multi_face_landmarks", static_image_mode=not video, max_num_faces=faces,
            refine_landmarks=True, min_detection_confidence=detection, min_tracking_confidence=presence,
        )  # fmt: skip

    def run(self, pixels: NDArray[np.uint8]) -> list[NDArray[np.float64]]:
        height, width = pixels.shape[:2]
        unit = np.array([width, height, width], dtype=np.float64)
        # Normalised 0 is the outer edge of the first pixel, half a pixel before its centre.
        shift = np.array([0.5, 0.5, 0.0])
        return [np.array([(p.x, p.y, p.z) for p in found.landmark]) * unit - shift for found in self._graph.run(pixels)]

    def close(self) -> None:
        self._graph.close()


class BoxGraph:
    """A box detector: (H, W, 3) uint8 -> a list of ((x0, y0, x1, y1) float64 in pixels, score).

    `far` takes the network that also finds faces down to about a thirtieth of the picture's width.
    """

    def __init__(self, *, far: bool, detection: float) -> None:
        self._graph = _Graph(
            "face_detection", "detections", model_selection=int(far), min_detection_confidence=detection
        )

    def run(self, pixels: NDArray[np.uint8]) -> list[tuple[NDArray[np.float64], float]]:
        height, width = pixels.shape[:2]
        boxes = []
        for found in self._graph.run(pixels):
            place = found.location_data.relative_bounding_box
            x, y, w, h = place.xmin * width, place.ymin * height, place.width * width, place.height * height
            boxes.append((np.array([x, y, x + w, y + h]) - 0.5, float(found.score[0])))
        return boxes

    def close(self) -> None:
        self._graph.close()
