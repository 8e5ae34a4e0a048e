"""Landmarks of the data folder's photos and clips, by MediaPipe's face mesh.

`core.perception` lies above `core.head`, so the fit runs the tracker itself, in its plainest form.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.head.topology import POINTS

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the data folder's INDEX.csv. yaw in degrees, NaN for clips."""

    file: Path
    split: str
    person: str
    kind: str
    content: str
    yaw: float
    rate: float
    generated: bool
    face_px: float

    @property
    def name(self) -> str:
        return self.file.stem.split("__")[-1].split("~")[0]


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A clip's landmarks: (T, 478, 3) pixels, NaN where no face was found."""

    entry: Entry
    landmarks: Array

    @property
    def found(self) -> NDArray[np.bool_]:
        return np.isfinite(self.landmarks[:, 0, 0])


def read_index(data: Path) -> list[Entry]:
    """All photos and clips of the folder, in the order of its INDEX.csv."""
    with (data / "INDEX.csv").open(newline="", encoding="utf-8") as file:
        return [
            Entry(data / row["file"], row["split"], row["person"], row["kind"], row["content"],
                  _number(row["yaw"]), _number(row["fps"]), row["real_or_generated"] == "generated",
                  _number(row["face_px"]))
            for row in csv.DictReader(file)
        ]  # fmt: skip


def _number(text: str) -> float:
    """NaN for an empty cell or a range such as '-2..1'."""
    try:
        return float(text)
    except ValueError:
        return float("nan")


class FaceMesh:
    """MediaPipe's 478 points of the most prominent face. `still` treats every picture on its own."""

    def __init__(self, still: bool) -> None:
        from mediapipe.python.solutions.face_mesh import FaceMesh as Solution

        self._solution: Any = Solution(
            static_image_mode=still, max_num_faces=1, refine_landmarks=True, min_detection_confidence=0.4
        )

    def __call__(self, picture: NDArray[np.uint8]) -> Array | None:
        """RGB (h, w, 3) -> (478, 3) pixels with pixel centres at whole numbers, or None."""
        faces = self._solution.process(picture).multi_face_landmarks
        if not faces:
            return None
        height, width = picture.shape[:2]
        points = np.array([[point.x, point.y, point.z] for point in faces[0].landmark])
        return np.asarray(points * [width, height, width] - [0.5, 0.5, 0.0])

    def close(self) -> None:
        self._solution.close()


def photo_landmarks(entries: list[Entry]) -> list[tuple[Entry, Array]]:
    """Landmarks of the photos in which a face is found."""
    mesh, out = FaceMesh(still=True), []
    for entry in entries:
        picture = cv2.imread(str(entry.file), cv2.IMREAD_COLOR)
        points = None if picture is None else mesh(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
        if points is not None:
            out.append((entry, points))
    mesh.close()
    return out


def frames(file: Path, limit: int) -> Iterator[NDArray[np.uint8]]:
    """At most `limit` frames of a clip, RGB."""
    capture = cv2.VideoCapture(str(file))
    for _ in range(limit):
        ok, frame = capture.read()
        if not ok:
            break
        yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
    capture.release()


def track_clip(entry: Entry, limit: int = 1000, cache: Path | None = None) -> Track:
    """The first `limit` frames of a clip. With `cache`, a folder, landmarks are kept there as .npy files."""
    kept = None if cache is None else cache / f"{entry.file.stem}.{limit}.npy"
    if kept is not None and kept.is_file():
        return Track(entry, np.load(kept).astype(np.float64))
    mesh = FaceMesh(still=False)
    lost = np.full((POINTS, 3), np.nan)
    rows = [lost if points is None else points for points in map(mesh, frames(entry.file, limit))]
    mesh.close()
    landmarks = np.array(rows).reshape(-1, POINTS, 3)
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, landmarks.astype(np.float32))
    return Track(entry, landmarks)
