"""A clip into a performance: opened, one face followed, solved into shapes, gaze and head."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from core.head.solve import SolvedClip, solve_clip
from core.media.clip import Clip, open_clip
from core.media.source import readable
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
        notes = _notes(clip)
    return replace(performance_from_tracked(tracked, readable(Path(path).name), progress), notes=notes)


def performance_from_tracked(tracked: TrackedClip, source: str, progress: Progress | None = None) -> Performance:
    """Solve tracked landmarks (in pixels, NaN where lost)."""
    solved = solve_clip(np.array(tracked.landmarks), float(tracked.rate), progress=progress)
    return performance_from_solved(solved, tracked, source)


def _notes(clip: Clip) -> tuple[str, ...]:
    """After it was read, since damage shows while a clip is decoded."""
    uneven = f"The clip has no constant rate; its frames are laid out at {float(clip.rate):g} per second."
    return (*clip.problems, *([uneven] if clip.variable else []))


def performance_from_solved(solved: SolvedClip, tracked: TrackedClip, source: str) -> Performance:
    performance = performance_of(
        tracked.rate, solved.weights, solved.gaze, solved.head, solved.found, solved.residual, source
    )
    return replace(performance, neutral=solved.neutral, reference=solved.reference.rotation)
