"""A freehand stroke in the curve editor as few editable keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.animation.fit import fit_keys
from core.document.document import Document
from core.document.edits.tracks import put_track, track_in
from core.document.tracks import Key, Track, keys_of

Array = NDArray[np.float64]
_PER_FRAME = 4


def draw_stroke(
    document: Document,
    layer_id: str,
    name: str,
    points: Sequence[tuple[float, float]],
    tolerance: float,
    *,
    whole_frames: bool = True,
) -> Document:
    """Replace the keys under a stroke through `points` (frame, value) by those that draw it.

    `tolerance` is in the channel's unit; keys outside the stroke's extent stay.
    """
    keys = stroke_keys(points, tolerance, whole_frames=whole_frames)
    if not keys:
        return document
    track = track_in(document.layer(layer_id), name)
    return put_track(document, layer_id, over_drawn(track, keys))


def over_drawn(track: Track, keys: tuple[Key, ...]) -> Track:
    """`track` with all keys from the first to the last of `keys` replaced by them."""
    first, last = keys[0].frame, keys[-1].frame
    kept = [key for key in track.keys if not first <= key.frame <= last]
    return replace(track, keys=keys_of((*kept, *keys)))


def stroke_keys(
    points: Sequence[tuple[float, float]], tolerance: float, *, whole_frames: bool = True
) -> tuple[Key, ...]:
    """Keys through a stroke of `points` (frame, value) in the order they were drawn."""
    frames, values = one_value_per_frame(points)
    if not len(frames):
        return ()
    if whole_frames:
        first, last = np.ceil(frames[0] - 0.5), np.floor(frames[-1] + 0.5)
    else:
        first, last = frames[0], frames[-1]
    if last - first < 1e-9:
        return (Key(float(first), float(np.median(values))),)
    count = max(round((last - first) * _PER_FRAME), 2)
    grid = np.linspace(first, last, count + 1)
    return fit_keys(grid, np.interp(grid, frames, values), tolerance, whole_frames=whole_frames)


def one_value_per_frame(points: Sequence[tuple[float, float]]) -> tuple[Array, Array]:
    """A stroke as a function: what is drawn later replaces what it passes over again.

    A stroke from right to left counts like one from left to right.
    """
    path = np.array([point for point in points if np.isfinite(point).all()], dtype=np.float64).reshape(-1, 2)
    if not len(path):
        return np.empty(0), np.empty(0)
    if path[-1, 0] < path[0, 0]:
        path = path * (-1.0, 1.0)
        frames, values = _forward(path)
        return -frames[::-1], values[::-1]
    return _forward(path)


def _forward(path: Array) -> tuple[Array, Array]:
    kept: list[tuple[float, float]] = []
    for frame, value in path:
        while kept and kept[-1][0] >= frame:
            kept.pop()
        kept.append((frame, value))
    done = np.array(kept)
    return done[:, 0], done[:, 1]
