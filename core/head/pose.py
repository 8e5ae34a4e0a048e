"""Where the head is: similarity transforms between canonical space and the picture.

A pose takes canonical points to the picture by `scale * rotation @ point + translation`. Canonical
axes are the picture's own (x right, y down, z away from the camera), so an upright head that faces
the camera has the identity as its rotation.

Angles: yaw > 0 turns the face to the picture's right, pitch > 0 lifts the chin, roll > 0 tips the
crown to the picture's right; the rotation is Rz(roll) @ Ry(-yaw) @ Rx(-pitch).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from core.head.topology import POINTS, STABLE_WEIGHTS, Landmark

Array = NDArray[np.float64]

RESIDUAL_SCALE = 0.03
"""Eye distances at which a point's weight halves in the reweighted passes of `fit_pose`."""
SIZE_SECONDS, SIZE_SLACK = 2.0, 0.04
"""Deviation of the window over which a head's size is taken; and by what share it may stray from that size without
being believed."""
STILL_SECONDS, STILL_TURN, STILL_SHIFT = 0.15, 1.0, 0.015
"""The same of its turn (degrees) and its place (eye distances): less is tremble, or the face's own doing."""

NECK_PIVOT = np.array([0.0, 0.75, 0.8])
"""Canonical point that head turns go about."""
NECK_PIVOT.flags.writeable = False


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """scale: pixels per canonical unit. rotation: (3, 3). translation: (3,) pixels."""

    scale: float
    rotation: Array
    translation: Array

    def to_picture(self, points: Array) -> Array:
        """Canonical (n, 3) -> pixels (n, 3), z in pixels too."""
        return np.asarray(self.scale * points @ self.rotation.T + self.translation)

    def to_canonical(self, points: Array) -> Array:
        """Pixels (n, 3) -> canonical (n, 3)."""
        return np.asarray((points - self.translation) @ self.rotation / self.scale)


@dataclass(frozen=True, slots=True, eq=False)
class Poses:
    """The poses of a clip's frames. scale: (T,). rotation: (T, 3, 3). translation: (T, 3)."""

    scale: Array
    rotation: Array
    translation: Array

    def __len__(self) -> int:
        return len(self.scale)

    def __getitem__(self, frame: int) -> Pose:
        return Pose(float(self.scale[frame]), self.rotation[frame], self.translation[frame])

    def to_picture(self, points: Array) -> Array:
        """Canonical (T, n, 3), or (n, 3) for all frames -> pixels (T, n, 3)."""
        turned = np.matmul(points, np.swapaxes(self.rotation, 1, 2))
        return np.asarray(self.scale[:, None, None] * turned + self.translation[:, None])

    def to_canonical(self, points: Array) -> Array:
        """Pixels (T, n, 3) -> canonical (T, n, 3)."""
        return np.asarray(np.matmul(points - self.translation[:, None], self.rotation) / self.scale[:, None, None])


def stable_weights() -> Array:
    """(478,) weights of the points that expression moves least, zero elsewhere."""
    weights = np.zeros(POINTS)
    weights[list(STABLE_WEIGHTS)] = list(STABLE_WEIGHTS.values())
    return weights


def similarities(a: Array, b: Array, weights: Array) -> Poses:
    """The similarity per frame that takes points `a` nearest to `b` in weighted least squares.

    a: (n, 3) or (T, n, 3). b: (T, n, 3). weights: (n,) or (T, n), not all zero.
    S. Umeyama, "Least-squares estimation of transformation parameters between two point patterns",
    IEEE Transactions on Pattern Analysis and Machine Intelligence 13(4), 1991, with weights.
    """
    share = np.broadcast_to(weights, b.shape[:2])
    share = share / share.sum(axis=1, keepdims=True)
    points = np.broadcast_to(a, b.shape)
    mean_a = np.einsum("tn,tni->ti", share, points)
    mean_b = np.einsum("tn,tni->ti", share, b)
    from_a = points - mean_a[:, None]
    from_b = b - mean_b[:, None]
    covariance = np.matmul(np.swapaxes(from_b * share[..., None], 1, 2), from_a)
    u, spread, vt = np.linalg.svd(covariance)
    sign = np.ones_like(spread)
    sign[:, 2] = np.sign(np.linalg.det(np.matmul(u, vt)))
    rotation = np.matmul(u * sign[:, None], vt)
    scale = (spread * sign).sum(axis=1) / np.einsum("tn,tni,tni->t", share, from_a, from_a)
    translation = mean_b - scale[:, None] * np.einsum("tij,tj->ti", rotation, mean_a)
    return Poses(scale, rotation, translation)


def similarity(a: Array, b: Array, weights: Array | None = None) -> Pose:
    """`similarities` of one pair of point sets (n, 3), with equal weights unless given (n,)."""
    return similarities(a, b[None], np.ones(len(b)) if weights is None else weights)[0]


def fit_poses(landmarks: Array, neutral: Array) -> Poses:
    """Poses of a clip from its upper faces. landmarks: (T, 478, 3) pixels. neutral: (478, 3) canonical.

    Weighted fit on the stable points, then two passes that weigh down the points which moved.
    """
    rows = list(STABLE_WEIGHTS)
    weights = np.array([STABLE_WEIGHTS[row] for row in rows], dtype=np.float64)
    seen, still = landmarks[:, rows], neutral[rows]
    poses = similarities(still, seen, weights)
    for _ in range(2):
        residual = np.linalg.norm(poses.to_canonical(seen) - still, axis=2)
        poses = similarities(still, seen, weights / (1.0 + (residual / RESIDUAL_SCALE) ** 2))
    return poses


def steadied(poses: Poses, landmarks: Array, neutral: Array, rate: float) -> Poses:
    """`poses` of a clip drawn half way to those of its upper faces, sized as a head is: over seconds.

    A pose that is fitted together with the expression takes some of a broad smile for a nod and for a
    smaller head; one of the upper face alone takes raised brows for one. Neither is right where they
    differ, and a head's size in the picture follows its distance, which changes slowly. Hair and shoulders
    go with the pose and must not tremble; the face itself is where it was tracked under any pose.
    landmarks: (T, 478, 3) pixels, without gaps. rate: frames per second.
    """
    upper = fit_poses(landmarks, neutral)
    u, _, vt = np.linalg.svd(poses.rotation + upper.rotation)
    halfway = np.matmul(u, vt)
    scale = np.exp(eased(np.log(upper.scale)[:, None], SIZE_SECONDS * rate, SIZE_SLACK)[:, 0])
    from_first = Rotation.from_matrix(np.matmul(halfway[0].T, halfway)).as_rotvec()
    turns = eased(from_first, STILL_SECONDS * rate, float(np.radians(STILL_TURN)))
    rotation = np.matmul(halfway[0], Rotation.from_rotvec(turns).as_matrix())
    rows = list(STABLE_WEIGHTS)
    share = np.array([STABLE_WEIGHTS[row] for row in rows], dtype=np.float64)
    share /= share.sum()
    seen = np.einsum("n,tni->ti", share, landmarks[:, rows])
    place = eased(seen, STILL_SECONDS * rate, STILL_SHIFT * float(np.median(scale)))
    return Poses(scale, rotation, place - scale[:, None] * np.einsum("tij,j->ti", rotation, share @ neutral[rows]))


def eased(values: Array, frames: float, slack: float) -> Array:
    """(T, k) without what strays from its own mean over `frames` (a deviation), as far as `slack`."""
    stray = values - gaussian_filter1d(values, frames, axis=0, mode="nearest")
    size = np.linalg.norm(stray, axis=1, keepdims=True)
    return np.asarray(values - stray * np.minimum(1.0, slack / np.maximum(size, 1e-12)))


def fit_pose(landmarks: Array, neutral: Array | None = None) -> Pose:
    """The pose of one face. landmarks: (478, 3) pixels. neutral: (478, 3), the population's by default."""
    if neutral is None:
        from core.head.shapes import load_head_shapes

        neutral = load_head_shapes().neutral
    return fit_poses(landmarks[None], neutral)[0]


def rotation_of(yaw: float, pitch: float, roll: float) -> Array:
    """(3, 3) of three angles in degrees, signs as in the module's docstring."""
    a, b, c = np.radians([-yaw, -pitch, roll])
    about_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return np.asarray(about_z @ about_y @ about_x)


def head_angles(rotation: Array) -> tuple[float, float, float]:
    """(yaw, pitch, roll) in degrees of a (3, 3) rotation; the inverse of `rotation_of` for |yaw| < 90."""
    yaw, pitch, roll = clip_angles(rotation[None])[0]
    return float(yaw), float(pitch), float(roll)


def clip_angles(rotations: Array) -> Array:
    """(T, 3, 3) -> (T, 3) yaw, pitch, roll in degrees."""
    yaw = np.arcsin(np.clip(rotations[:, 2, 0], -1.0, 1.0))
    pitch = -np.arctan2(rotations[:, 2, 1], rotations[:, 2, 2])
    roll = np.arctan2(rotations[:, 1, 0], rotations[:, 0, 0])
    return np.asarray(np.degrees(np.stack([yaw, pitch, roll], axis=1)))


def face_width(neutral: Array) -> float:
    """Canonical distance between the sides of the face, the unit of head shifts."""
    return float(np.linalg.norm(neutral[Landmark.EAR_LEFT] - neutral[Landmark.EAR_RIGHT]))


def head_motion(poses: Poses, reference: Pose, width: float) -> Array:
    """How a head moves relative to a pose, as the head channels say it.

    width: of the face in canonical units. Returns (T, 6): yaw, pitch, roll in degrees in the head's own
    axes, x and y of the neck pivot along the picture's axes in face widths, scale.
    """
    turn = np.matmul(reference.rotation.T, poses.rotation)
    pivot = poses.scale[:, None] * (poses.rotation @ NECK_PIVOT) + poses.translation
    shift = (pivot - reference.to_picture(NECK_PIVOT[None])) / reference.scale
    return np.column_stack([clip_angles(turn), shift[:, :2] / width, poses.scale / reference.scale])
