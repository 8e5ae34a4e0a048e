"""How the handles of a key are resolved for use.

Auto tangents follow the neighbours; auto-clamped ones are limited as in Fritsch and Carlson,
"Monotone piecewise cubic interpolation" (1980), so that a segment never leaves the range of its two
values. Dragged handles are shortened until each ends inside its segment: a cubic Bezier whose inner
control points lie between its ends in x has one y for each x.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.document.tracks import Extrapolation, Key, Tangent, Track

_LOOPS = (Extrapolation.LOOP, Extrapolation.LOOP_OFFSET)
_STORED = (Tangent.FREE, Tangent.ALIGNED)


class Handles(NamedTuple):
    """Offsets from a key to the ends of its handles as they are used: frames and values."""

    in_dx: float
    in_dy: float
    out_dx: float
    out_dy: float


def handles(track: Track, index: int) -> Handles:
    """The legal handles of key `index`; a side with no segment gets the length of the other one's."""
    return Handles(*in_handle(track, index), *out_handle(track, index))


def in_handle(track: Track, index: int) -> tuple[float, float]:
    """(dx, dy) of the legal handle before key `index`; -span <= dx <= 0."""
    keys = track.keys
    key = keys[index]
    span = key.frame - keys[index - 1].frame if index else _length_without_segment(keys, index)
    if key.tangent in _STORED:
        if key.in_dx >= 0.0:
            return 0.0, key.in_dy
        if index and -key.in_dx > span:
            return -span, key.in_dy * (span / -key.in_dx)
        return key.in_dx, key.in_dy
    if key.tangent is Tangent.FLAT:
        return -_flat_length(-key.in_dx, span), 0.0
    return -span / 3.0, -slope(track, index) * span / 3.0


def out_handle(track: Track, index: int) -> tuple[float, float]:
    """(dx, dy) of the legal handle after key `index`; 0 <= dx <= span."""
    keys = track.keys
    key = keys[index]
    last = index == len(keys) - 1
    span = _length_without_segment(keys, index) if last else keys[index + 1].frame - key.frame
    if key.tangent in _STORED:
        if key.out_dx <= 0.0:
            return 0.0, key.out_dy
        if not last and key.out_dx > span:
            return span, key.out_dy * (span / key.out_dx)
        return key.out_dx, key.out_dy
    if key.tangent is Tangent.FLAT:
        return _flat_length(key.out_dx, span), 0.0
    return span / 3.0, slope(track, index) * span / 3.0


def handle_arrays(track: Track) -> NDArray[np.float64]:
    """`handles` of all keys at once: (n, 4) columns in_dx, in_dy, out_dx, out_dy."""
    keys = track.keys
    frames = np.array([key.frame for key in keys], dtype=np.float64)
    values = np.array([key.value for key in keys], dtype=np.float64)
    asked = np.array([(key.in_dx, key.in_dy, key.out_dx, key.out_dy) for key in keys], dtype=np.float64)
    stored = np.array([key.tangent in _STORED for key in keys])
    flat = np.array([key.tangent is Tangent.FLAT for key in keys])
    clamped = np.array([key.tangent is Tangent.AUTO_CLAMPED for key in keys])
    last = len(keys) - 1
    dx, dy = np.diff(frames), np.diff(values)
    spans_in = np.concatenate([[_length_without_segment(keys, 0)], dx])
    spans_out = np.concatenate([dx, [_length_without_segment(keys, last)]])
    slopes = np.zeros(len(keys))
    if last > 1:
        through = (dy[:-1] + dy[1:]) / (dx[:-1] + dx[1:])
        limit = np.where(
            dy[:-1] * dy[1:] > 0.0, 3.0 * np.minimum(np.abs(dy[:-1] / dx[:-1]), np.abs(dy[1:] / dx[1:])), 0.0
        )
        slopes[1:-1] = np.where(clamped[1:-1], np.clip(through, -limit, limit), through)
    slopes[0], slopes[last] = slope(track, 0), slope(track, last)
    out = np.empty((len(keys), 4))
    for column, spans, sign, open_end in ((0, spans_in, -1.0, 0), (2, spans_out, 1.0, last)):
        length, rise = sign * asked[:, column], asked[:, column + 1]
        bounds = spans.copy()
        bounds[open_end] = np.inf
        scale = np.where(length > bounds, bounds / np.where(length > 0.0, length, 1.0), 1.0)
        level = np.where(length > 0.0, np.minimum(length, spans), spans / 3.0)
        used = np.where(stored, np.maximum(length, 0.0) * scale, np.where(flat, level, spans / 3.0))
        out[:, column] = sign * used
        out[:, column + 1] = np.where(stored, rise * scale, np.where(flat, 0.0, sign * slopes * spans / 3.0))
    return out


def slope(track: Track, index: int) -> float:
    """The slope of an auto or auto-clamped key, value per frame.

    An end key is flat, unless the track goes on linearly there (then it takes its segment's slope)
    or loops seamlessly (then its neighbour is at the other end).
    """
    keys = track.keys
    last = len(keys) - 1
    if last < 1:
        return 0.0
    key = keys[index]
    before = (keys[index - 1], key) if index else (keys[last - 1], keys[last])
    after = (key, keys[index + 1]) if index < last else (keys[0], keys[1])
    if not 0 < index < last and not _seamless(track):
        if (track.before if index == 0 else track.after) is not Extrapolation.LINEAR:
            return 0.0
        first, second = after if index == 0 else before
        return (second.value - first.value) / (second.frame - first.frame)
    dx0, dy0 = before[1].frame - before[0].frame, before[1].value - before[0].value
    dx1, dy1 = after[1].frame - after[0].frame, after[1].value - after[0].value
    through = (dy0 + dy1) / (dx0 + dx1)
    if key.tangent is Tangent.AUTO:
        return through
    if dy0 * dy1 <= 0.0:
        return 0.0
    limit = 3.0 * min(abs(dy0 / dx0), abs(dy1 / dx1))
    return min(max(through, -limit), limit)


def _seamless(track: Track) -> bool:
    if track.before is not track.after or track.after not in _LOOPS:
        return False
    return track.after is Extrapolation.LOOP_OFFSET or track.keys[0].value == track.keys[-1].value


def _flat_length(asked: float, span: float) -> float:
    return min(asked, span) if asked > 0.0 else span / 3.0


def _length_without_segment(keys: tuple[Key, ...], index: int) -> float:
    """The span that the handle of an end key is measured by on its open side."""
    if len(keys) < 2:
        return 3.0
    return keys[1].frame - keys[0].frame if index == 0 else keys[-1].frame - keys[-2].frame
