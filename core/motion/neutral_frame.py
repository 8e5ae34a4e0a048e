"""The frame of a performance in which the performer is at rest, and motion told relative to it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.document.channels import channel
from core.errors import NoFaceFound, UserError
from core.head.gaze import LOOKS, look_weights
from core.head.pose import NECK_PIVOT, Pose, clip_angles, face_width, fit_pose, rotation_of
from core.head.shapes import load_head_shapes
from core.head.solve import drawn_on
from core.head.topology import FACE_POINTS
from core.motion.performance import HEAD, Performance, performance_of

Array = NDArray[np.float64]

_RESTING_SHARE = 20
"""Percentile of a shape's values that counts as its level at rest: faces move up from rest and come back."""
_TURN, _GLANCE = 20.0, 15.0
"""Degrees of head and eyes that weigh as much as one full shape."""
_LIMITS = np.array([(channel(name).low, channel(name).high) for name in HEAD]).T


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
    displacement in the residual, where there is one. eyeLook shapes say what the relative gaze says, with what
    that changes at the lids in the residual; there too goes what lies beyond the head channels' limits. Without a
    residual all stay as differences, which are clamped where they are used.
    Raises `UserError` for a frame that is not there or shows no face.
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
    head = _head_relative_to(performance.head.astype(np.float64), frame, performance.found)
    residual = performance.residual
    if residual is not None:
        head_shapes = load_head_shapes()
        neutral = head_shapes.neutral if performance.neutral is None else performance.neutral
        drawn = drawn_on(head_shapes, neutral)
        rest = neutral + np.tensordot(performance.shapes[frame], drawn, axes=1) + residual[frame]
        moved = np.tensordot(shapes, drawn, axes=1) + residual - residual[frame]
        if performance.neutral is not None:
            # As a portrait of that frame would be posed.
            upright = fit_pose(rest, head_shapes.neutral)
            rest, moved = upright.to_canonical(rest), moved @ upright.rotation / upright.scale
            head = _head_relative_to(
                _told_of(performance, upright, face_width(rest) * upright.scale), frame, performance.found
            )
        shapes = np.maximum(shapes, 0.0)
        shapes[:, LOOKS] = look_weights(gaze.astype(np.float64))
        residual = moved - np.tensordot(shapes, drawn, axes=1)
        within = np.clip(head, *_LIMITS)
        beyond = performance.found & (within != head).any(axis=1)
        for row in np.flatnonzero(beyond):
            residual[row] += _moved_beyond(rest + moved[row], head[row], within[row], performance.head[frame])
        residual[:, FACE_POINTS:] = 0.0
        head = np.where(beyond[:, None], within, head)
    relative = performance_of(
        performance.rate,
        shapes,
        gaze,
        head,
        performance.found,
        residual,
        performance.source,
    )
    return replace(relative, notes=performance.notes)


def _told_of(performance: Performance, upright: Pose, width: float) -> Array:
    """(T, 6) the head of a performance, told of the face that `upright` takes to the performer's own.

    width: of that face, canonical of the performer's own.
    """
    assert performance.neutral is not None
    head = performance.head.astype(np.float64)
    standing = np.eye(3) if performance.reference is None else performance.reference
    pivot = upright.to_picture(NECK_PIVOT[None])[0] - NECK_PIVOT
    unit = face_width(performance.neutral)
    out = np.full_like(head, np.nan)
    for row in np.flatnonzero(performance.found):
        turn = rotation_of(*head[row, :3])
        shift = head[row, 5] * (standing @ turn @ pivot)[:2]
        place = (head[row, 3:5] * unit + shift) / width
        out[row] = [*clip_angles((turn @ upright.rotation)[None])[0], *place, head[row, 5]]
    return out


def _moved_beyond(face: Array, head: Array, within: Array, rest: NDArray[np.float32]) -> Array:
    """(478, 3) what carries a canonical face (478, 3) from where the channels can take the head to where it is.

    head, within (6,): asked of the channels, and left by their limits; rest (6,): the head in the neutral frame.
    """
    about = face - NECK_PIVOT
    upright = rotation_of(*(float(angle) for angle in rest[:3]))
    shift = face_width(face) * upright.T @ np.append(head[3:5] - within[3:5], 0.0)
    there = head[5] * about @ rotation_of(*head[:3]).T + shift
    return np.asarray(there @ rotation_of(*within[:3]) / within[5] - about)


def _head_relative_to(head: Array, frame: int, found: NDArray[np.bool_]) -> Array:
    """Turns in the axes of the neutral head; shifts as parts of its size."""
    out = np.full_like(head, np.nan)
    rest = rotation_of(*head[frame, :3])
    turns = np.stack([rest.T @ rotation_of(*row) for row in head[found, :3]])
    out[found, :3] = clip_angles(turns)
    out[found, 3:5] = (head[found, 3:5] - head[frame, 3:5]) / head[frame, 5]
    out[found, 5] = head[found, 5] / head[frame, 5]
    return out
