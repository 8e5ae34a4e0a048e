"""Reenactment, as the papers measure it: a clip's first frame is the photo, its own motion drives it,
and the later frames are the truth.

Every engine is driven by what the artist would get: the clip tracked, solved into a performance and laid
on a portrait, with the first frame for its neutral. The baselines are the photo itself and its
piecewise-affine warp by the very landmarks that were tracked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.animation.evaluate import evaluate
from core.document.document import Document, new_document
from core.document.landmarks import SIXTY_EIGHT
from core.errors import NoFaceFound
from core.evaluation.baselines import piecewise_affine
from core.evaluation.crops import eyes_window, face_window, mouth_window, window
from core.evaluation.metrics import (
    area_under_curve,
    failure_rate,
    landmark_error,
    motion_curve,
    psnr,
    ssim,
)
from core.media.clip import Clip, open_clip
from core.motion.clip_performance import performance_from_tracked
from core.motion.retarget import add_performance
from core.perception.faces import Face, face_of
from core.perception.identity import DlibIdentity, identity_distance
from core.perception.mediapipe_faces import MediaPipeLandmarker
from core.perception.tracking import TrackedClip, track_clip
from core.rendering.renderer import Renderer
from core.rendering.request import FrameRequest
from core.rendering.subject import subject_of
from core.values.image import image_of
from core.values.progress import Progress

FRAMES = 24
MOUTH_SIZE, EYES_SIZE = (96, 64), (144, 48)
Pixels8 = NDArray[np.uint8]
Method = Callable[[int], Pixels8]


@dataclass(frozen=True, slots=True)
class Scores:
    """Means over the frames of one clip.

    psnr, ssim on the 256 px face window; mouth_psnr, eyes_psnr and their ssim on the windows around them;
    landmark (468 points), landmark68 in eye distances; auc and failure at 0.1 of landmark68; identity: the
    dlib distance to the photo (the truth's own is in the row 'truth'); motion: mean difference of the
    temporal landmark curves; lost: frames in which no face was found.
    """

    psnr: float
    ssim: float
    mouth_psnr: float
    mouth_ssim: float
    eyes_psnr: float
    eyes_ssim: float
    landmark: float
    landmark68: float
    auc: float
    failure: float
    identity: float
    motion: float
    lost: int


@dataclass(frozen=True, slots=True)
class ClipScores:
    """One clip's scores by method: 'static', 'piecewise affine', 'truth' and the engines."""

    clip: str
    frames: int
    scores: dict[str, Scores]

    def to_json(self) -> dict[str, object]:
        """Plain values; None for what could not be measured, since JSON has no NaN."""
        scores = {
            method: {name: value if isfinite(value) else None for name, value in asdict(each).items()}
            for method, each in self.scores.items()
        }
        return {"clip": self.clip, "frames": self.frames, "scores": scores}


def reenact(
    path: Path | str,
    engines: Sequence[str],
    renderer: Renderer,
    *,
    frames: int = FRAMES,
    progress: Progress | None = None,
    keep: Callable[[str, int, Pixels8], None] | None = None,
) -> ClipScores:
    """Score `engines` and the baselines on `frames` frames spread over the clip at `path`.

    keep: is handed every face window as (method, clip frame, (256, 256, 3)). Raises `NoFaceFound` when the
    first frame or all others show no face.
    """
    progress = progress or Progress()
    with MediaPipeLandmarker() as landmarker, open_clip(path) as clip:
        tracked = track_clip(clip, progress=progress, landmarker=landmarker)
        if not tracked.found[0]:
            raise NoFaceFound(
                f"The first frame of '{Path(path).name}' shows no face", "Trim the clip to begin with one."
            )
        photo = np.array(clip.frame(0))
        chosen = _chosen(tracked, frames)
        methods = _methods(clip, photo, tracked, engines, renderer, Path(path).name)
        scored = {name: _Scorer(photo, tracked, landmarker) for name in methods}
        for count, frame in enumerate(chosen):
            truth = np.array(clip.frame(frame))
            for name, method in methods.items():
                result = method(frame)
                scored[name].add(frame, result, truth)
                if keep is not None:
                    keep(name, frame, window(result, face_window(tracked.landmarks[0])))
            progress.report(count + 1, len(chosen), "Comparing")
        found = {name: scorer.scores() for name, scorer in scored.items()}
        for scorer in scored.values():
            scorer.close()
    return ClipScores(Path(path).name, len(chosen), found)


def driven_document(tracked: TrackedClip, source: str) -> Document:
    """A document whose one performance is the tracked clip, resting in its first frame."""
    performance = performance_from_tracked(tracked, source)
    return add_performance(new_document(tracked.rate), performance, neutral=0, name=source)


def _chosen(tracked: TrackedClip, frames: int) -> list[int]:
    """Frames spread evenly over the clip, without the first and without those in which the face is lost."""
    spread = np.unique(np.linspace(0, len(tracked.found) - 1, frames + 1).astype(int)[1:])
    chosen = [int(frame) for frame in spread if tracked.found[frame]]
    if not chosen:
        raise NoFaceFound("The face is lost after the first frame", "Choose another clip.")
    return chosen


def _methods(
    clip: Clip, photo: Pixels8, tracked: TrackedClip, engines: Sequence[str], renderer: Renderer, source: str
) -> dict[str, Method]:
    document = driven_document(tracked, source)
    subject = subject_of(image_of(photo), tracked.landmarks[0])

    def engine(name: str) -> Method:
        def render(frame: int) -> Pixels8:
            result = renderer.render(FrameRequest(subject, evaluate(document, frame), name))
            return np.asarray(result.pixels, dtype=np.uint8)

        return render

    return {
        "static": lambda frame: photo,
        "piecewise affine": lambda frame: piecewise_affine(photo, tracked.landmarks[0], tracked.landmarks[frame]),
        **{name: engine(name) for name in engines},
        "truth": lambda frame: np.array(clip.frame(frame)),
    }


class _Scorer:
    """Gathers the scores of one method."""

    def __init__(self, photo: Pixels8, tracked: TrackedClip, landmarker: MediaPipeLandmarker) -> None:
        self._tracked = tracked
        self._landmarker = landmarker
        self._identity = DlibIdentity()
        first = tracked.landmarks[0]
        self._home = self._identity.embed(photo, face_of(first, 1.0))
        self._rows: list[list[float]] = []
        self._moved: list[tuple[float, float]] = []
        self._lost = 0
        self._last: tuple[Pixels8, Sequence[Face]] | None = None

    def add(self, frame: int, result: Pixels8, truth: Pixels8) -> None:
        true_points = self._tracked.landmarks[frame]
        row = []
        for place, size in (
            (face_window(self._tracked.landmarks[0]), (256, 256)),
            (mouth_window(true_points), MOUTH_SIZE),
            (eyes_window(true_points), EYES_SIZE),
        ):
            ours, theirs = window(result, place, size), window(truth, place, size)
            row += [psnr(ours, theirs), ssim(ours, theirs)]
        if self._last is None or self._last[0] is not result:
            self._last = result, self._landmarker.detect(result)
        face = _same_face(self._last[1], true_points)
        if face is None:
            self._lost += 1
            self._rows.append([*row, np.nan, np.nan, np.nan])
            return
        points = face.landmarks
        distance = identity_distance(self._home, self._identity.embed(result, face))
        self._rows.append(
            [
                *row,
                landmark_error(points, true_points),
                landmark_error(points, true_points, np.array(SIXTY_EIGHT)),
                distance,
            ]
        )
        first = self._tracked.landmarks[0]
        moved = motion_curve(np.stack([points, true_points]), first)
        self._moved.append((float(moved[0]), float(moved[1])))

    def scores(self) -> Scores:
        table = np.array(self._rows)
        mean = [float(np.nanmean(column)) if np.isfinite(column).any() else float("nan") for column in table.T]
        curves = np.array(self._moved).reshape(-1, 2)
        return Scores(
            psnr=mean[0],
            ssim=mean[1],
            mouth_psnr=mean[2],
            mouth_ssim=mean[3],
            eyes_psnr=mean[4],
            eyes_ssim=mean[5],
            landmark=mean[6],
            landmark68=mean[7],
            auc=area_under_curve(table[:, 7]),
            failure=failure_rate(table[:, 7]),
            identity=mean[8],
            motion=float(np.abs(curves[:, 0] - curves[:, 1]).mean()) if len(curves) else float("nan"),
            lost=self._lost,
        )

    def close(self) -> None:
        self._identity.close()


def _same_face(faces: Sequence[Face], truth: NDArray[np.float64]) -> Face | None:
    """The face nearest to where the true one is, if any is within its own size."""
    if not faces:
        return None
    centre = truth[:468, :2].mean(axis=0)
    away = [float(np.linalg.norm(face.landmarks[:468, :2].mean(axis=0) - centre)) for face in faces]
    nearest = int(np.argmin(away))
    return faces[nearest] if away[nearest] < np.ptp(truth[:468, 1]) else None
