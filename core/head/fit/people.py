"""What real faces do beyond the shapes, and how people's neutrals differ, from the tracked train split."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.head.fit.canonical import FLIP, procrustes
from core.head.fit.tracks import Track
from core.head.neutral import first_guess
from core.head.objective import Settings, eye_openings
from core.head.personal import EYE_RADIUS
from core.head.pose import clip_angles, fit_poses
from core.head.shapes import HeadShapes
from core.head.solve import solve_clip, tracked_basis
from core.head.topology import FACE_POINTS, POINTS

Array = NDArray[np.float64]

DEPTH_TRUST = 0.3
"""Weight of depth against the plane of the picture in the principal components."""
FRAMES_PER_CLIP = 80
TYPICAL_RESIDUAL = 0.008
"""Every clip's residual is scaled to this rms, so that no clip rules the modes; small ones at most twofold."""
FIXATION_CORRELATION = 0.85
FIXATION_SPAN = 8.0
"""Degrees of head turning that a clip needs to tell the gaze's gain."""


@dataclass(frozen=True, slots=True, eq=False)
class Modes:
    """directions: (k, 478, 3), orthonormal in the metric of `DEPTH_TRUST`; deviation: (k,).

    explained: (k,) cumulated share of the variance. samples and people: what they were learned from.
    """

    directions: Array
    deviation: Array
    explained: Array
    samples: int
    people: int


def principal_modes(samples: Array, mirror: NDArray[np.int64], count: int, people: int) -> Modes:
    """PCA about zero of (n, 468, 3) displacements and their mirror images."""
    both = np.concatenate([samples, samples[:, mirror[:FACE_POINTS]] * FLIP])
    metric = np.array([1.0, 1.0, DEPTH_TRUST])
    flat = (both * metric).reshape(len(both), -1)
    _, singular, directions = np.linalg.svd(flat, full_matrices=False)
    variance = singular**2 / len(flat)
    # The largest entry of each direction is positive, so that runs agree.
    sign = np.sign(directions[np.arange(len(directions)), np.abs(directions).argmax(axis=1)])
    out = np.zeros((count, POINTS, 3))
    out[:, :FACE_POINTS] = (directions * sign[:, None])[:count].reshape(count, FACE_POINTS, 3) / metric
    return Modes(out, np.sqrt(variance[:count]), np.cumsum(variance)[:count] / variance.sum(), len(both), people)


def solved_tracks(tracks: list[Track], shapes: HeadShapes) -> list[tuple[Track, Array, Array]]:
    """(track, neutral (478, 3), residual (f, 468, 3)) of each clip's evenly taken frames."""
    out = []
    for track in tracks:
        seen = track.landmarks[track.found]
        if len(seen) < FRAMES_PER_CLIP // 2:
            continue
        seen = seen[:: max(1, len(seen) // FRAMES_PER_CLIP)]
        clip = solve_clip(seen, track.entry.rate, shapes=shapes, settings=Settings(smoothness=0.0))
        described = clip.neutral + np.tensordot(clip.weights, tracked_basis(shapes, clip.neutral), 1)
        left = (clip.poses.to_canonical(seen) - described)[:, :FACE_POINTS]
        out.append((track, clip.neutral, left - np.median(left, axis=0)))
    return out


def residual_modes(solved: list[tuple[Track, Array, Array]], mirror: NDArray[np.int64], count: int) -> Modes:
    """Directions in which tracked faces move beyond the shapes."""
    scaled = []
    for _, _, left in solved:
        size = np.sqrt((left[..., :2] ** 2).sum(axis=-1).mean())
        scaled.append(left * (TYPICAL_RESIDUAL / max(size, 0.5 * TYPICAL_RESIDUAL)))
    return principal_modes(np.concatenate(scaled), mirror, count, len({track.entry.person for track, _, _ in solved}))


def identity_modes(neutrals: dict[str, list[Array]], shapes: HeadShapes, count: int) -> Modes:
    """Directions in which people's neutrals (by person, in any similarity frame) differ from the mean face."""
    means = np.array([procrustes(np.array(faces), shapes.neutral).mean(axis=0) for faces in neutrals.values()])
    samples = (means - shapes.neutral)[:, :FACE_POINTS]
    return principal_modes(samples, shapes.mirror, count, len(neutrals))


def fixation_gains(tracks: list[Track], neutral: Array) -> tuple[Array, int]:
    """((2,) gain of the tracked iris sideways and up or down, number of clips that told).

    While a head turns and its eyes stay on the camera they turn back by the same angle (the
    vestibulo-ocular reflex), so the iris should travel by -radius * sin(angle) in the head. Clips in
    which the travel follows the head closely are taken for such; the median of their slopes is the gain.
    """
    slopes: tuple[list[float], list[float]] = ([], [])
    for track in tracks:
        seen = track.landmarks[track.found]
        if len(seen) < 40:
            continue
        own = first_guess(seen, neutral)
        poses = fit_poses(seen, own)
        faces = poses.to_canonical(seen)
        opening = eye_openings(faces).mean(axis=1)
        is_open = opening > 0.75 * np.median(opening)
        angles = clip_angles(poses.rotation)[is_open]
        travel = np.mean(
            [faces[is_open, iris, :2] - 0.5 * (faces[is_open, outer, :2] + faces[is_open, inner, :2])
             for iris, outer, inner in ((468, 33, 133), (473, 263, 362))], axis=0,
        )  # fmt: skip
        for axis, direction in ((0, -1.0), (1, 1.0)):
            span = np.ptp(np.percentile(angles[:, axis], [5, 95]))
            expected = direction * EYE_RADIUS * np.sin(np.radians(angles[:, axis]))
            if span < FIXATION_SPAN or np.corrcoef(expected, travel[:, axis])[0, 1] < FIXATION_CORRELATION:
                continue
            slopes[axis].append(float(np.polyfit(expected, travel[:, axis], 1)[0]))
    return np.array([np.median(values) for values in slopes]), sum(map(len, slopes))
