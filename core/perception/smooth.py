"""Taking the tremble out of tracked points without taking the edge off blinks.

The One-Euro filter (Casiez, Roussel and Vogel, 2012) with a cutoff of `MINIMUM + 10 * SLOPE * speed` Hz, speed
in eye distances per second. A clip is known as a whole, so the filter runs forwards and backwards and the
mean of both is taken, which leaves no lag; and where a point is on its way fast within two frames, the
measurement itself is kept, since a blink's lowest frame is one that no filter of any memory reaches.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.head.topology import Landmark
from core.values.geometry import smoothstep

Array = NDArray[np.float64]

MINIMUM, SLOPE = 3.0, 1.5
_SPEED_CUTOFF = 1.0
_FAST = (0.45, 0.9)
_WINDOW_SECONDS = 0.067


def smooth_landmarks(landmarks: Array, rate: float) -> Array:
    """Smooth tracked points (T, 478, 3) in pixels; rows of NaN are gaps and nothing passes across them."""
    out = landmarks.copy()
    found = np.isfinite(landmarks).all(axis=(1, 2))
    if not found.any():
        return out
    seen = landmarks[found]
    eyes = seen[:, Landmark.EYE_LEFT_OUTER] - seen[:, Landmark.EYE_RIGHT_OUTER]
    unit = float(np.median(np.linalg.norm(eyes, axis=1)))
    for first, last in runs(found):
        out[first:last] = smooth_run(landmarks[first:last] / unit, rate) * unit
    return out


def runs(found: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """(first, one past the last) of each stretch of True in (T,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], found, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def smooth_run(points: Array, rate: float) -> Array:
    """Smooth (T, n, 3) without gaps, in eye distances."""
    if len(points) < 3:
        return points.copy()
    speed = _local_speed(points, rate)
    calm = 0.5 * (one_euro(points, rate) + one_euro(points[::-1], rate)[::-1])
    return np.asarray(calm + smoothstep(speed, *_FAST)[..., None] * (points - calm))


def one_euro(points: Array, rate: float, minimum: float = MINIMUM, slope: float = SLOPE) -> Array:
    """The causal filter over (T, n, 3); its lag is under a frame for what moves."""
    state, velocity = points[0].copy(), np.zeros_like(points[0])
    out = np.empty_like(points)
    out[0] = state
    share = _share(_SPEED_CUTOFF, rate)
    for t in range(1, len(points)):
        velocity += share * ((points[t] - state) * rate - velocity)
        speed = np.linalg.norm(velocity, axis=-1, keepdims=True)
        state = state + _share(minimum + 10.0 * slope * speed, rate) * (points[t] - state)
        out[t] = state
    return out


def _share(cutoff: Any, rate: float) -> Any:
    """The weight of the new sample in a first-order low pass of `cutoff` Hz."""
    return 1.0 / (1.0 + rate / (2.0 * np.pi * cutoff))


def _local_speed(points: Array, rate: float) -> Array:
    """(T, n) the largest speed within a fifteenth of a second, from differences over two frames."""
    step = np.linalg.norm(np.diff(points, axis=0, prepend=points[:1], append=points[-1:]), axis=-1)  # (T + 1, n)
    double = np.linalg.norm(points[2:] - points[:-2], axis=-1) / 2
    # Over two frames tremble cancels but the turning point of a blink does too, so its neighbours speak for it.
    speed = np.concatenate([step[1:2], double, step[-2:-1]]) * rate
    reach = max(round(_WINDOW_SECONDS * rate), 1)
    padded = np.pad(speed, ((reach, reach), (0, 0)))
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=0).max(axis=-1))
