"""The value of a track at any frame.

A Bezier segment is a cubic in x and y over a parameter; `core.document.tangents` keeps x monotone, so
the parameter at a frame is its one root. `value_at` solves for one frame, `Curve` for many at once;
both go to the last few bits.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

import numpy as np
from numpy.typing import NDArray

from core.document.tangents import handle_arrays, in_handle, out_handle
from core.document.tracks import Extrapolation, Interpolation, Tangent, Track, frame_of

Array = NDArray[np.float64]
_THIRD = 1.0 / 3.0
_STEPS = 64


def value_at(track: Track, frame: float) -> float:
    """The value of `track`, which has at least one key, at `frame`."""
    keys = track.keys
    first, last = keys[0], keys[-1]
    if frame < first.frame or frame > last.frame:
        return _outside(track, frame)
    return _inside(track, frame)


def _inside(track: Track, frame: float) -> float:
    keys = track.keys
    index = bisect_right(keys, frame, key=frame_of) - 1
    key = keys[index]
    if key.frame == frame or index == len(keys) - 1:
        return key.value
    if key.interpolation is Interpolation.HOLD:
        return key.value
    following = keys[index + 1]
    span = following.frame - key.frame
    along = (frame - key.frame) / span
    if key.interpolation is Interpolation.LINEAR:
        return key.value + (following.value - key.value) * along
    out_dx, out_dy = out_handle(track, index)
    in_dx, in_dy = in_handle(track, index + 1)
    t = solve_bezier_x(out_dx / span, 1.0 + in_dx / span, along)
    return _bezier(key.value, key.value + out_dy, following.value + in_dy, following.value, t)


def _outside(track: Track, frame: float) -> float:
    keys = track.keys
    first, last = keys[0], keys[-1]
    early = frame < first.frame
    rule = track.before if early else track.after
    end = first if early else last
    period = last.frame - first.frame
    if rule is Extrapolation.CONSTANT or period <= 0.0:
        return end.value
    if rule is Extrapolation.LINEAR:
        return end.value + (frame - end.frame) * end_slope(track, early)
    cycle = floor((frame - first.frame) / period)
    local = min(max(frame - cycle * period, first.frame), last.frame)
    if rule is Extrapolation.PING_PONG and cycle % 2:
        local = first.frame + last.frame - local
    value = _inside(track, local)
    if rule is Extrapolation.LOOP_OFFSET:
        value += cycle * (last.value - first.value)
    return value


def end_slope(track: Track, early: bool) -> float:
    """The slope, value per frame, with which the curve leaves its first (`early`) or last key; an upright
    end has none and counts as level.
    """
    keys = track.keys
    if len(keys) < 2:
        key = keys[0]
        dx, dy = (key.in_dx, key.in_dy) if early else (key.out_dx, key.out_dy)
        return dy / dx if dx and key.tangent in (Tangent.FREE, Tangent.ALIGNED) else 0.0
    left = 0 if early else len(keys) - 2
    key, following = keys[left], keys[left + 1]
    if key.interpolation is Interpolation.HOLD:
        return 0.0
    span, rise = following.frame - key.frame, following.value - key.value
    if key.interpolation is Interpolation.BEZIER:
        out, into = out_handle(track, left), in_handle(track, left + 1)
        # A Bezier leaves its end towards the nearest control point that does not lie on it.
        near, far = (out, (span + into[0], rise + into[1])) if early else (into, (out[0] - span, out[1] - rise))
        for dx, dy in (near, far):
            if dx or dy:
                return dy / dx if dx else 0.0
    return rise / span


def solve_bezier_x(a: float, b: float, x: float) -> float:
    """The parameter in [0, 1] at which the cubic through 0, `a`, `b`, 1 (a, b in [0, 1]) is `x`.

    Newton's method inside a shrinking bracket; the cubic is monotone, so there is one.
    """
    if abs(a - _THIRD) < 1e-13 and abs(b - 2.0 * _THIRD) < 1e-13:
        return x
    c, d = 3.0 * a, 3.0 * (b - 2.0 * a)
    e = 1.0 - c - d
    low, high, t = 0.0, 1.0, x
    for _ in range(_STEPS):
        error = ((e * t + d) * t + c) * t - x
        if error > 0.0:
            high = t
        elif error < 0.0:
            low = t
        else:
            return t
        slope = (3.0 * e * t + 2.0 * d) * t + c
        guess = t - error / slope if slope > 1e-12 else low - 1.0
        if not low < guess < high:
            guess = 0.5 * (low + high)
        if abs(guess - t) < 1e-16:
            return guess
        t = guess
    return t


def _bezier(p0: float, p1: float, p2: float, p3: float, t: float) -> float:
    s = 1.0 - t
    return s * s * s * p0 + 3.0 * s * t * (s * p1 + t * p2) + t * t * t * p3


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A track made ready for many frames: what the curve editor draws and exports sample.

    Worth keeping while `track` is the same object.
    """

    track: Track
    frames: Array  # (n,)
    values: Array  # (n,)
    kinds: NDArray[np.int8]  # (n - 1,) 0 Bezier, 1 linear, 2 hold
    control_x: Array  # (n - 1, 2) inner control points, as fractions of the segment
    control_y: Array  # (n - 1, 2) inner control points, values

    def sample(self, frames: Array) -> Array:
        """Values at `frames` (m,) -> (m,); agrees with `value_at` to rounding."""
        frames = np.asarray(frames, dtype=np.float64)
        first, last = self.frames[0], self.frames[-1]
        out = self._inside(np.clip(frames, first, last))
        for mask, early in ((frames < first, True), (frames > last, False)):
            if mask.any():
                out[mask] = self._outside(frames[mask], early)
        return out

    def _inside(self, frames: Array) -> Array:
        if len(self.frames) == 1:
            return np.full(len(frames), self.values[0])
        index = np.clip(np.searchsorted(self.frames, frames, side="right") - 1, 0, len(self.frames) - 2)
        start, span = self.frames[index], self.frames[index + 1] - self.frames[index]
        along = (frames - start) / span
        v0, v3 = self.values[index], self.values[index + 1]
        kind = self.kinds[index]
        out = np.where(kind == 2, v0, v0 + (v3 - v0) * along)
        curved = np.flatnonzero(kind == 0)
        if len(curved):
            which = index[curved]
            t = _solve_many(self.control_x[which, 0], self.control_x[which, 1], along[curved])
            s = 1.0 - t
            p1, p2 = self.control_y[which].T
            out[curved] = s**3 * v0[curved] + 3 * s * t * (s * p1 + t * p2) + t**3 * v3[curved]
        return np.where(along >= 1.0, v3, out)

    def _outside(self, frames: Array, early: bool) -> Array:
        first, last = float(self.frames[0]), float(self.frames[-1])
        rule = self.track.before if early else self.track.after
        at, value = (first, self.values[0]) if early else (last, self.values[-1])
        period = last - first
        if rule is Extrapolation.CONSTANT or period <= 0.0:
            return np.full(len(frames), value)
        if rule is Extrapolation.LINEAR:
            return np.asarray(value + (frames - at) * end_slope(self.track, early))
        cycle = np.floor((frames - first) / period)
        local = np.clip(frames - cycle * period, first, last)
        if rule is Extrapolation.PING_PONG:
            local = np.where(cycle % 2 == 1, first + last - local, local)
        values = self._inside(local)
        return values + cycle * (self.values[-1] - self.values[0]) if rule is Extrapolation.LOOP_OFFSET else values


def curve_of(track: Track) -> Curve:
    """`track`, which has at least one key, made ready for `Curve.sample`."""
    keys = track.keys
    frames = np.array([key.frame for key in keys], dtype=np.float64)
    values = np.array([key.value for key in keys], dtype=np.float64)
    codes = {Interpolation.BEZIER: 0, Interpolation.LINEAR: 1, Interpolation.HOLD: 2}
    kinds = np.array([codes[key.interpolation] for key in keys[:-1]], dtype=np.int8)
    spans, reach = np.diff(frames), handle_arrays(track)
    control_x = np.stack([reach[:-1, 2] / spans, 1.0 + reach[1:, 0] / spans], axis=1)
    control_y = np.stack([values[:-1] + reach[:-1, 3], values[1:] + reach[1:, 1]], axis=1)
    return Curve(track, frames, values, kinds, control_x, control_y)


def sample(track: Track, frames: Sequence[float] | Array) -> Array:
    """Values of `track`, which has at least one key, at `frames` (m,) -> (m,)."""
    return curve_of(track).sample(np.asarray(frames, dtype=np.float64))


def _solve_many(a: Array, b: Array, x: Array) -> Array:
    """`solve_bezier_x` over arrays of one length."""
    c, d = 3.0 * a, 3.0 * (b - 2.0 * a)
    e = 1.0 - c - d
    low, high, t = np.zeros_like(x), np.ones_like(x), x.copy()
    for _ in range(_STEPS):
        error = ((e * t + d) * t + c) * t - x
        high = np.where(error > 0.0, t, high)
        low = np.where(error < 0.0, t, low)
        slope = (3.0 * e * t + 2.0 * d) * t + c
        with np.errstate(divide="ignore", invalid="ignore"):
            guess = t - error / slope
        guess = np.where((guess > low) & (guess < high) & (slope > 1e-12), guess, 0.5 * (low + high))
        guess = np.where(error == 0.0, t, guess)
        if np.abs(guess - t).max(initial=0.0) < 1e-16:
            return guess
        t = guess
    return t
