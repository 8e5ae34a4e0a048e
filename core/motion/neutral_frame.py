"""The frame of a performance in which the performer is at rest, and motion told relative to it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.errors import NoFaceFound, UserError
from core.head.gaze import LOOKS, look_weights
from core.head.pose import clip_angles, rotation_of
from core.head.shapes import load_head_shapes
from core.head.topology import FACE_POINTS
from core.motion.performance import Performance, performance_of

Array = NDArray[np.float64]

_RESTING_SHARE = 20
"""Percentile of a shape's values that counts as its level at rest: faces move up from rest and come back."""
_TURN, _GLANCE = 20.0, 15.0
"""Degrees of head and eyes that weigh as much as one full shape."""


def choose_neutral_frame(performance: Performance) -> int:
    """The frame nearest to every channel's resting level and least in motion; the same for the same performance."""
    found = np.flatnonzero(performance.found)
    if not len(found):
        raise NoFaceFound("The performance holds no frame with a face", "Track or record it again.")
    shapes = performance.shapes[found].astype(np.float64)
    head = performance.head[found, :3].astype(np.float64) / _TURN
    gaze = performance.gaze[found].reshape(len(found), 4).astype(np.float64) / _GLANCE
    away = np.abs(shapes - np.percentile(shapes, _RESTING_SHARE, axis=0)).sum(axis=1)
    away += np.abs(head - np.median(head, axis=0)).sum(axis=1) + np.abs(gaze - np.median(gaze, axis=0)).mean(axis=1)
    everything = np.hstack([shapes, head, gaze])
    motion = np.abs(np.gradient(everything, axis=0)).sum(axis=1) if len(found) > 1 else np.zeros(1)
    return int(found[np.argmin(away + 2.0 * motion)])


def relative_to(performance: Performance, frame: int) -> Performance:
    """The performance with `frame` as its rest: what differs from it, in every channel.

    A shape that falls below its level in `frame` cannot be a shape (those begin at 0): it becomes the same
    displacement in the residual, where there is one; and eyeLook shapes say what the relative gaze says, with
    what that changes at the lids in the residual. Without a residual all stay as differences, which are clamped
    where they are used. Raises `UserError` for a frame that is not there or shows no face.
    """
    if not 0 <= frame < len(performance):
        raise UserError(
            f"There is no frame {frame} to take for neutral",
            f"The performance has the frames 0 to {len(performance) - 1}.",
        )
    if not performance.found[frame]:
        raise UserError(f"Frame {frame} shows no face to take for neutral", "Choose another frame.")
    shapes = performance.shapes - performance.shapes[frame]
    gaze = performance.gaze - performance.gaze[frame]
    residual = performance.residual
    if residual is not None:
        changed = shapes
        shapes = np.maximum(changed, 0.0)
        shapes[:, LOOKS] = look_weights(gaze.astype(np.float64))
        residual = residual - residual[frame] + np.tensordot(changed - shapes, _shown_fields(), axes=1)
    return performance_of(
        performance.rate,
        shapes,
        gaze,
        _head_relative_to(performance.head.astype(np.float64), frame, performance.found),
        performance.found,
        residual,
        performance.source,
    )


def _shown_fields() -> NDArray[np.float32]:
    """(52, 478, 3) what the shapes do to the population's face; nothing on the irises, which the gaze moves."""
    fields = load_head_shapes().fields.astype(np.float32)
    fields[:, FACE_POINTS:] = 0.0
    return fields


def _head_relative_to(head: Array, frame: int, found: NDArray[np.bool_]) -> Array:
    """Turns in the axes of the neutral head; shifts as parts of its size."""
    out = np.full_like(head, np.nan)
    rest = rotation_of(*head[frame, :3])
    turns = np.stack([rest.T @ rotation_of(*row) for row in head[found, :3]])
    out[found, :3] = clip_angles(turns)
    out[found, 3:5] = (head[found, 3:5] - head[frame, 3:5]) / head[frame, 5]
    out[found, 5] = head[found, 5] / head[frame, 5]
    return out
