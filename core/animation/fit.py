"""Dense values into few keys, within a tolerance.

A curve of n samples is fitted by a piecewise cubic whose slopes agree at the keys, except at corners,
where they may differ. For given key positions, values and slopes are one banded least-squares problem.
Keys go in where the fit misses most until every sample is within the tolerance, then those that can be
spared are taken out. The scheme is Schneider's ("An Algorithm for Automatically Fitting Digitized
Curves", 1990) for functions, with a global solve in place of local ones. Handles are a third of their
segments, so that x runs evenly and the error at a sample is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.document.tracks import Key, Tangent

Array = NDArray[np.float64]
_ROUNDS = 60
_END_WEIGHT = 1e6
_SLOPE_HINT = 1e-4
"""Weight of the measured slope at a key against a sample's: decides only where samples do not."""


def fit_keys(frames: Array, values: Array, tolerance: float, *, whole_frames: bool = False) -> tuple[Key, ...]:
    """Few keys whose curve is within `tolerance` of `values` (n,) at every one of the ascending `frames` (n,).

    The first and last sample keep their values. `whole_frames` puts keys only at samples on whole
    frames (and at both ends); the tolerance then holds as far as such keys can reach it.
    """
    frames, values = np.asarray(frames, dtype=np.float64), np.asarray(values, dtype=np.float64)
    count = len(frames)
    if count < 2:
        return tuple(Key(float(x), float(y)) for x, y in zip(frames, values, strict=True))
    allowed = np.abs(frames - np.round(frames)) < 1e-6 if whole_frames else np.ones(count, dtype=bool)
    corners = _corners(frames, values, tolerance) & allowed
    knots = np.unique(np.concatenate([[0, count - 1], np.flatnonzero(corners)]))
    fit = _refined(frames, values, knots, corners, allowed, tolerance)
    spared = _spared(frames, values, fit, corners, tolerance)
    if len(spared) < len(fit.knots):
        fit = _refined(frames, values, spared, corners, allowed, tolerance)
    return fit.keys(frames)


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    knots: NDArray[np.int64]  # (k,) indices of samples
    values: Array  # (k,)
    slopes_in: Array  # (k,)
    slopes_out: Array  # (k,) differ from slopes_in at corners only

    def keys(self, frames: Array) -> tuple[Key, ...]:
        keys = []
        for i, knot in enumerate(self.knots):
            before = (frames[knot] - frames[self.knots[i - 1]]) / 3.0 if i else 0.0
            after = (frames[self.knots[i + 1]] - frames[knot]) / 3.0 if i + 1 < len(self.knots) else 0.0
            same = self.slopes_in[i] == self.slopes_out[i]
            keys.append(
                Key(
                    float(frames[knot]), float(self.values[i]), tangent=Tangent.ALIGNED if same else Tangent.FREE,
                    in_dx=-float(before), in_dy=-float(before * self.slopes_in[i]),
                    out_dx=float(after), out_dy=float(after * self.slopes_out[i]),
                )
            )  # fmt: skip
        return tuple(keys)


def _refined(
    frames: Array,
    values: Array,
    knots: NDArray[np.int64],
    corners: NDArray[np.bool_],
    allowed: NDArray[np.bool_],
    tolerance: float,
) -> _Fit:
    """Fit at `knots`, adding one in each segment that misses, until none does or can be helped."""
    for _ in range(_ROUNDS):
        fit = _solved(frames, values, knots, corners)
        errors = np.abs(_evaluated(frames, fit) - values)
        segment = np.clip(np.searchsorted(knots, np.arange(len(frames)), side="right") - 1, 0, len(knots) - 2)
        added = []
        for index in np.unique(segment[errors > tolerance]):
            inside = np.arange(knots[index] + 1, knots[index + 1])
            inside = inside[allowed[inside]]
            if len(inside):
                # Towards the middle where errors are alike, so that no segment gets needlessly short.
                centre = 1.0 - np.abs(inside - 0.5 * (knots[index] + knots[index + 1])) / (len(inside) + 1)
                added.append(int(inside[np.argmax(errors[inside] * (0.5 + centre))]))
        if not added:
            break
        knots = np.unique(np.concatenate([knots, added]))
    if (errors > tolerance).any() and allowed.all():
        # Samples that no cubic with matching slopes reaches: straight through all of them.
        return _through(frames, values)
    return fit


def _through(frames: Array, values: Array) -> _Fit:
    """The last resort: keys at every sample, straight in between."""
    steps = np.diff(values) / np.diff(frames)
    every = np.arange(len(frames))
    return _Fit(every, values.copy(), np.append(steps[0], steps), np.append(steps, steps[-1]))


def _solved(frames: Array, values: Array, knots: NDArray[np.int64], corners: NDArray[np.bool_]) -> _Fit:
    """Least squares for the values and slopes at `knots`: the normal equations, banded."""
    from scipy.linalg import solveh_banded

    sharp = corners[knots].copy()
    sharp[[0, -1]] = False
    first = np.concatenate([[0], np.cumsum(np.where(sharp, 3, 2))[:-1]])  # column of each knot's value
    columns = int(first[-1]) + 2
    places = np.stack([first[:-1], first[:-1] + 1 + sharp[:-1], first[1:], first[1:] + 1], axis=1)  # (k - 1, 4)
    sample = np.arange(len(frames))
    segment = np.clip(np.searchsorted(knots, sample, side="right") - 1, 0, len(knots) - 2)
    rows = _basis(frames, frames[knots], segment)  # (n, 4)
    weights = np.ones(len(frames))
    weights[[0, -1]] = _END_WEIGHT
    band = np.zeros((6, columns))  # lower form: band[i - j, j]
    right = np.zeros(columns)
    at = places[segment]  # (n, 4)
    for i in range(4):
        np.add.at(right, at[:, i], weights * rows[:, i] * values)
        for j in range(4):
            low = at[:, i] >= at[:, j]
            np.add.at(band, ((at[:, i] - at[:, j])[low], at[low, j]), (weights * rows[:, i] * rows[:, j])[low])
    _hint_slopes(band, right, frames, values, knots, first, sharp)
    solution = solveh_banded(band, right, lower=True)
    own = solution[first]
    own[[0, -1]] = values[[0, -1]]
    into = solution[first + 1]
    return _Fit(knots, own, into, np.where(sharp, solution[np.minimum(first + 2, columns - 1)], into))


def _hint_slopes(
    band: Array,
    right: Array,
    frames: Array,
    values: Array,
    knots: NDArray[np.int64],
    first: NDArray[np.int64],
    sharp: NDArray[np.bool_],
) -> None:
    """Pull each slope a little towards what the samples beside its key say."""
    steps = np.diff(values) / np.diff(frames)
    before, after = steps[np.maximum(knots - 1, 0)], steps[np.minimum(knots, len(steps) - 1)]
    spans = np.diff(frames[knots])
    reach = np.minimum(np.append(spans[0], spans), np.append(spans, spans[-1]))
    weight = _SLOPE_HINT * reach**2 + 1e-12
    band[0, first + 1] += weight
    right[first + 1] += weight * np.where(sharp, before, 0.5 * (before + after))
    band[0, first[sharp] + 2] += weight[sharp]
    right[first[sharp] + 2] += (weight * after)[sharp]
    band[0, first] += 1e-9
    right[first] += 1e-9 * values[knots]


def _basis(frames: Array, ends: Array, segment: NDArray[np.int64]) -> Array:
    """Cubic Hermite basis at `frames` (n,) -> (n, 4): value and slope at the start, then at the end."""
    span = ends[segment + 1] - ends[segment]
    t = (frames - ends[segment]) / span
    s = 1.0 - t
    return np.stack([s * s * (1 + 2 * t), t * s * s * span, t * t * (3 - 2 * t), -t * t * s * span], axis=1)


def _evaluated(frames: Array, fit: _Fit) -> Array:
    ends = frames[fit.knots]
    segment = np.clip(np.searchsorted(ends, frames, side="right") - 1, 0, len(ends) - 2)
    rows = _basis(frames, ends, segment)
    unknowns = np.stack(
        [fit.values[segment], fit.slopes_out[segment], fit.values[segment + 1], fit.slopes_in[segment + 1]], axis=1
    )
    return np.asarray((rows * unknowns).sum(axis=1))


def _spared(frames: Array, values: Array, fit: _Fit, corners: NDArray[np.bool_], tolerance: float) -> NDArray[np.int64]:
    """The knots that remain when, left to right, each is dropped over which its neighbours still reach."""
    kept = [0]
    for i in range(1, len(fit.knots) - 1):
        start, end = fit.knots[kept[-1]], fit.knots[i + 1]
        over = slice(start, end + 1)
        ends = np.array([frames[start], frames[end]])
        rows = _basis(frames[over], ends, np.zeros(end - start + 1, dtype=np.int64))
        reached = rows @ [
            fit.values[kept[-1]], fit.slopes_out[kept[-1]], fit.values[i + 1], fit.slopes_in[i + 1],
        ]  # fmt: skip
        if np.abs(reached - values[over]).max() > tolerance:
            kept.append(i)
    kept.append(len(fit.knots) - 1)
    return fit.knots[kept]


def _corners(frames: Array, values: Array, tolerance: float) -> NDArray[np.bool_]:
    """Samples at which the slope jumps: where the values on either side, carried on straight, part by
    far more than the tolerance, more than anywhere near.
    """
    steps = np.diff(values) / np.diff(frames)
    corners = np.zeros(len(frames), dtype=bool)
    if len(steps) < 4:
        return corners
    jump = np.abs(np.diff(steps)) * np.minimum(np.diff(frames)[:-1], np.diff(frames)[1:])  # at samples 1..n-2
    # A smooth curve's jumps are like their neighbours'; a corner's stands out from both sides.
    padded = np.pad(jump, 2, mode="edge")
    around = np.maximum.reduce([padded[:-4], padded[1:-3], padded[3:-1], padded[4:]])
    corners[1:-1] = (jump > 2.0 * tolerance) & (jump > 4.0 * around)
    return corners
