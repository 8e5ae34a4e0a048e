"""Taking the tremble out of tracked points without taking the edge off blinks.

The One-Euro filter (Casiez, Roussel and Vogel, 2012) with a cutoff of `MINIMUM + 10 * SLOPE * speed` Hz, speed
in eye distances per second. A clip is known as a whole, so the filter runs forwards and backwards and the
mean of both is taken, which leaves no lag; and where a point is on its way fast within a tenth of a second, the
measurement itself is kept, since a blink's lowest frame is one that no filter of any memory reaches. Fast
is judged within the face, with the head's own motion taken out, and against the point's own tremble.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.document.landmarks import POSITIONS
from core.head.topology import STABLE_WEIGHTS, Landmark
from core.values.geometry import smoothstep

Array = NDArray[np.float64]

MINIMUM, SLOPE = 3.0, 1.5
_SPEED_CUTOFF = 1.0
_FAST = 0.1
"""Eye distances per second within the face; the middle of a lid that takes half a second to close has twice that."""
_TREMBLES = 4.0
_NEIGHBOURS = np.argsort(np.linalg.norm(POSITIONS[:, None] - POSITIONS[None], axis=-1), axis=1)[:, :9]
"""(478, 9): each point and the eight nearest on the face."""
_WORST_TREMBLE = 0.003
_TO_DEVIATION = 3.1382 / 20.0**0.5
"""From the lower quartile of absolute third differences to the deviation of independent noise under them."""
_WINDOW_SECONDS = 0.1


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
    """Smooth (T, 478, 3) without gaps, in eye distances."""
    if len(points) < 4:
        return points.copy()
    calm = 0.5 * (one_euro(points, rate) + one_euro(points[::-1], rate)[::-1])
    within = _without_head(points)
    # The quieter quarter of the frames tells tremble from talk.
    tremble = np.percentile(np.abs(np.diff(within, 3, axis=0)), 25, axis=0).max(axis=-1) * _TO_DEVIATION
    threshold = np.maximum(_FAST, _TREMBLES * np.minimum(tremble, _WORST_TREMBLE) * rate / _half_step(rate))
    # Between once and twice the threshold the measurement takes over.
    excess = _local_speed(within, rate) / threshold
    # A lid moves as a whole: its corners, which hardly move, keep time with its middle.
    fast = smoothstep(excess[:, _NEIGHBOURS].max(axis=-1), 1.0, 2.0)
    return np.asarray(calm + fast[..., None] * (points - calm))


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


def _without_head(points: Array) -> Array:
    """(T, n, 2): the points with shift, roll and size of the stable ones brought to their first frame."""
    flat = points[..., 0] + 1j * points[..., 1]
    rows = list(STABLE_WEIGHTS)
    weights = np.array(list(STABLE_WEIGHTS.values()))
    weights = weights / weights.sum()
    middle = flat[:, rows] @ weights
    spread = flat[:, rows] - middle[:, None]
    turn = (np.conj(spread) * spread[:1]) @ weights / ((np.abs(spread) ** 2) @ weights)
    still = (flat - middle[:, None]) * turn[:, None]
    return np.stack([still.real, still.imag], axis=-1)


def _local_speed(points: Array, rate: float) -> Array:
    """(T, n) the largest speed within a tenth of a second, from differences over `2 * _half_step` frames."""
    half = _half_step(rate)
    padded = np.pad(points, ((half, half), (0, 0), (0, 0)), mode="edge")
    # Around the turning point of a blink the difference vanishes, so its neighbours in time speak for it.
    speed = np.linalg.norm(padded[2 * half :] - padded[: -2 * half], axis=-1) * rate / (2 * half)
    reach = max(round(_WINDOW_SECONDS * rate), 1)
    near = np.pad(speed, ((reach, reach), (0, 0)))
    return np.asarray(np.lib.stride_tricks.sliding_window_view(near, 2 * reach + 1, axis=0).max(axis=-1))


def _half_step(rate: float) -> int:
    """A thirtieth of a second in frames: the longer the step, the less tremble passes for speed."""
    return max(round(rate / 30.0), 1)
