"""Where an eye looks: its ball in the head, and gaze as a turn of it.

An eye that looks straight ahead has its iris in the middle between its corners and a little above
them; how far the photo's iris is from there tells where it looks. Yaw is positive to the picture's
right, pitch upwards, both in degrees about the head's own axes.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from core.generation.mesh.eyes.frame import LEFT, RIGHT, LidRows
from core.generation.mesh.face import FaceRig

Array = NDArray[np.float64]

BALL_RADIUS = 0.135
"""12 mm in canonical units."""
IRIS_DISTANCE = 0.88
"""Distance of the iris plane from the ball's centre, ball radii (10.5 of 12 mm, Gullstrand's eye)."""
STRAIGHT_AHEAD = np.array([0.0, -0.012])
"""Iris of a straight gaze against the middle of the eye's corners."""
LARGEST_YAW, LARGEST_PITCH = 63.0, 52.0


def ball_of(rig: FaceRig, rows: LidRows) -> tuple[Array, Array]:
    """Canonical centre (3,) of an eyeball and the vector (3,) from it to the iris, in the photo.

    The depth of the iris is that of the lids, which landmarks tell better. Large irises (drawings)
    get large balls.
    """
    outer, inner = rig.neutral[rows.upper[0]], rig.neutral[rows.upper[-1]]
    lids = [*rows.upper[3:6], *rows.lower[3:6]]
    depth = float(rig.neutral[lids, 2].mean())
    centre = rig.vertices[rows.iris[0], :2]
    radius = np.linalg.norm(rig.vertices[list(rows.iris[1:]), :2] - centre, axis=1).mean() / rig.scale
    size = max(BALL_RADIUS, 1.75 * float(radius)) * IRIS_DISTANCE
    picture = (centre - rig.translation[:2]) / rig.scale
    # The ray through the iris meets the lids' depth: solve R (x, y, depth) = picture for x and y.
    x, y = np.linalg.solve(rig.rotation[:2, :2], picture - rig.rotation[:2, 2] * depth)
    offset = np.clip((np.array([x, y]) - 0.5 * (outer + inner)[:2] - STRAIGHT_AHEAD) / size, -0.45, 0.45)
    look = size * np.array([*offset, -np.sqrt(1 - offset @ offset)])
    return np.array([x, y, depth]) - look, look


def turned_look(look: Array, gaze: Array) -> Array:
    """Unit direction `look` (3,) turned by `gaze` (yaw, pitch)."""
    yaw, pitch = _angles(look) + np.radians(gaze)
    yaw = np.clip(yaw, -np.radians(LARGEST_YAW), np.radians(LARGEST_YAW))
    pitch = np.clip(pitch, -np.radians(LARGEST_PITCH), np.radians(LARGEST_PITCH))
    return np.array([np.sin(yaw) * np.cos(pitch), -np.sin(pitch), -np.cos(yaw) * np.cos(pitch)])


def gaze_of_handles(rig: FaceRig, handles: Sequence[tuple[int, float, float]]) -> Array:
    """(2, 2) degrees (yaw, pitch), right eye first, that take dragged irises where they were dragged.

    handles: (landmark, dx, dy) in eye distances; those of other landmarks say nothing. Several
    handles of one iris add up. A drag beyond the ball's reach ends at its limit.
    """
    gaze = np.zeros((2, 2))
    for index, rows in enumerate((RIGHT, LEFT)):
        offset = np.sum([handle[1:] for handle in handles if handle[0] in rows.iris], axis=0)
        if not np.any(offset):
            continue
        _, look = ball_of(rig, rows)
        size = float(np.linalg.norm(look))
        x, y = np.clip((look[:2] + offset) / size, -0.9, 0.9)
        pitch = np.arcsin(np.clip(-y, -np.sin(np.radians(LARGEST_PITCH)), np.sin(np.radians(LARGEST_PITCH))))
        yaw = np.arcsin(np.clip(x / np.cos(pitch), -0.9, 0.9))
        gaze[index] = np.degrees(np.array([yaw, pitch]) - _angles(look / size))
    return gaze


def place_irises(rig: FaceRig, displacement: Array, gaze: Array) -> None:
    """Set the ten iris points of a canonical displacement (478, 3) where gaze (2, 2) draws them."""
    for index, rows in enumerate((RIGHT, LEFT)):
        shift = 0.5 * (displacement[rows.upper[0]] + displacement[rows.upper[-1]])
        if gaze[index].any():
            _, look = ball_of(rig, rows)
            size = float(np.linalg.norm(look))
            shift = shift + size * turned_look(look / size, gaze[index]) - look
        displacement[list(rows.iris)] = shift


def disc_axes(look: Array) -> Array:
    """(3, 2) axes of the iris disc: straight ahead's x and y turned the short way to `look` (Listing's law)."""
    ahead = np.array([0.0, 0.0, -1.0])
    axis = np.cross(ahead, look)
    length = float(np.linalg.norm(axis))
    turn, _ = cv2.Rodrigues(axis / max(length, 1e-9) * np.arctan2(length, ahead @ look))
    return np.asarray(turn[:, :2])


def _angles(look: Array) -> Array:
    return np.array([np.arctan2(look[0], -look[2]), np.arcsin(np.clip(-look[1] / np.linalg.norm(look), -1, 1))])
