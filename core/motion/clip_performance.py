"""A clip into a performance: opened, one face followed, solved into shapes, gaze and head."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.head.solve import SolvedClip, solve_clip
from core.media.clip import open_clip
from core.motion.performance import Performance, performance_of
from core.perception.mediapipe_faces import MediaPipeLandmarker
from core.perception.tracking import TrackedClip, track_clip
from core.values.progress import Progress


def performance_from_clip(
    path: Path | str,
    progress: Progress | None = None,
    *,
    face: int | tuple[float, float] | None = None,
    landmarker: MediaPipeLandmarker | None = None,
) -> Performance:
    """Track and solve the clip at `path`. face: which person, as for `choose_face`; the largest by default.

    Raises `UnreadableMedia`, `NoFaceFound`, and `UserError` for a face that is not there.
    """
    with open_clip(path) as clip:
        tracked = track_clip(clip, face=face, progress=progress, landmarker=landmarker)
    return performance_from_tracked(tracked, Path(path).name, progress)


def performance_from_tracked(tracked: TrackedClip, source: str, progress: Progress | None = None) -> Performance:
    """Solve tracked landmarks (in pixels, NaN where lost)."""
    solved = solve_clip(np.array(tracked.landmarks), float(tracked.rate), progress=progress)
    return performance_from_solved(solved, tracked, source)


def performance_from_solved(solved: SolvedClip, tracked: TrackedClip, source: str) -> Performance:
    return performance_of(tracked.rate, solved.weights, solved.gaze, solved.head, solved.found, solved.residual, source)
