"""A clip into the landmarks of one person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import NoFaceFound
from core.head.topology import POINTS
from core.perception.detect import choose_face
from core.perception.faces import Face
from core.perception.follow import follow
from core.perception.identity import DlibIdentity
from core.perception.mediapipe_faces import MediaPipeLandmarker
from core.perception.protocols import IdentityEmbedder
from core.perception.smooth import smooth_landmarks
from core.values.progress import Progress

Pixels = NDArray[np.uint8]


class FrameSource(Protocol):
    """What is tracked: `core.media.clip.Clip`, or anything that gives frames like one."""

    @property
    def rate(self) -> Fraction: ...
    @property
    def frame_count(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def timestamps(self) -> NDArray[np.float64]: ...
    def frames(self, first: int = 0, last: int | None = None) -> Iterator[tuple[int, Pixels]]: ...


@dataclass(frozen=True, slots=True, eq=False)
class TrackedClip:
    """landmarks: (T, 478, 3) pixels, NaN rows where the person is lost. found: (T,). size: (width, height).
    timestamps: (T,) seconds at which the file shows each frame.
    """

    landmarks: NDArray[np.float64]
    found: NDArray[np.bool_]
    rate: Fraction
    size: tuple[int, int]
    timestamps: NDArray[np.float64]


def track_clip(
    clip: FrameSource,
    *,
    face: int | tuple[float, float] | None = None,
    progress: Progress | None = None,
    landmarker: MediaPipeLandmarker | None = None,
    identity: IdentityEmbedder | None = None,
    smooth: bool = True,
) -> TrackedClip:
    """Follow one person through a clip; frames stream through, only landmarks are kept.

    face: which one, as for `choose_face`, in the first frame that shows a face; the largest by default.
    landmarker and identity: made for this call (MediaPipe, dlib) unless given. smooth: take out tremble.
    Raises `NoFaceFound` when no frame shows a face, `UserError` for a face that is not there.
    """
    progress = progress or Progress()
    own = MediaPipeLandmarker() if landmarker is None else landmarker
    people = DlibIdentity() if identity is None else identity
    try:
        return _tracked(clip, face, progress, own, people, smooth)
    finally:
        if landmarker is None:
            own.close()
        if identity is None:
            people.close()


def _tracked(
    clip: FrameSource,
    which: int | tuple[float, float] | None,
    progress: Progress,
    landmarker: MediaPipeLandmarker,
    identity: IdentityEmbedder,
    smooth: bool,
) -> TrackedClip:
    total = clip.frame_count
    first, start = _first_face(clip, which, progress, landmarker)
    landmarks = np.full((total, POINTS, 3), np.nan)
    pixels = (frame for _, frame in clip.frames(first))
    faces = follow(landmarker.find, pixels, start, rate=float(clip.rate), identity=identity)
    try:
        for n, found in enumerate(faces, start=first):
            if found is not None:
                landmarks[n] = found.landmarks
            progress.report(n + 1, total, "tracking the face")
    finally:
        faces.close()  # type: ignore[attr-defined]
    seen = np.isfinite(landmarks).all(axis=(1, 2))
    if smooth:
        landmarks = smooth_landmarks(landmarks, float(clip.rate))
    landmarks.flags.writeable = seen.flags.writeable = False
    return TrackedClip(landmarks, seen, clip.rate, (clip.width, clip.height), clip.timestamps)


def _first_face(
    clip: FrameSource,
    which: int | tuple[float, float] | None,
    progress: Progress,
    landmarker: MediaPipeLandmarker,
) -> tuple[int, Face]:
    for n, frame in clip.frames():
        progress.report(n, clip.frame_count, "looking for a face")
        faces = landmarker.find(frame)
        if faces:
            return n, choose_face(faces, which)
    # The last resort, once, in the middle: a photo's long search would take minutes over a clip.
    middle = clip.frame_count // 2
    for n, frame in clip.frames(middle, middle):
        faces = landmarker.detect(frame)
        if faces:
            return n, choose_face(faces, which)
    raise NoFaceFound(
        "No face was found in the clip", "Use a clip in which one face is seen from the front, large enough to see."
    )
