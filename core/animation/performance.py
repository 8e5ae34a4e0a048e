"""Measured motion at any frame: retiming, interpolation between samples, gaps.

Between samples a monotone cubic runs (Fritsch and Butland's harmonic slopes, 1984): it passes through
every sample and never overshoots, so that a blink stays shut and lips stay closed in slow motion.
Where the face was lost, the last pose is held and eases into the next one over the last quarter of a
second; before the first good sample and after the last one that sample holds.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor

import numpy as np
from numpy.typing import NDArray

from core.document.layers import Performance

Array = NDArray[np.float64]
EASE_SECONDS = 0.25


def values_at(performance: Performance, frame: float, rate: Fraction) -> dict[str, float]:
    """Channel values at content frame `frame` (in frames of `rate`); channels never measured are absent."""
    position = sample_position(performance, frame, rate)
    index = floor(position)
    samples = performance.samples.data
    window = samples[np.clip(np.arange(index - 1, index + 3), 0, len(samples) - 1)].astype(np.float64)  # (4, C)
    row = _monotone(window, position - index)
    for column in np.flatnonzero(~np.isfinite(row)):
        row[column] = _across_gap(performance, samples[:, column], position)
    return {name: float(value) for name, value in zip(performance.channels, row, strict=True) if value == value}


def residual_at(performance: Performance, frame: float, rate: Fraction) -> Array | None:
    """(478, 3) canonical displacement beyond the shapes at content frame `frame`, or None."""
    if performance.residual is None:
        return None
    rows = performance.residual.data
    position = sample_position(performance, frame, rate)
    index = min(floor(position), len(rows) - 1)
    following = min(index + 1, len(rows) - 1)
    lost = np.isnan(rows[index, 0, 0]) or np.isnan(rows[following, 0, 0])
    along = position - index
    if lost and not (along == 0.0 and np.isfinite(rows[index, 0, 0])):
        found = _gap(np.isfinite(rows[:, 0, 0]), position, _ease_samples(performance))
        if found is None:
            return None
        index, following, along = found
    first = rows[index].astype(np.float64)
    return first if along == 0.0 else first + (rows[following].astype(np.float64) - first) * along


def sample_position(performance: Performance, frame: float, rate: Fraction) -> float:
    """Where content frame `frame` lies among the samples, clamped to their extent."""
    position = float(frame * performance.rate / rate) if performance.rate != rate else float(frame)
    return min(max(position, 0.0), len(performance.samples) - 1.0)


def last_frame(performance: Performance, rate: Fraction) -> float:
    """The content frame, in frames of `rate`, of the last sample."""
    return float((len(performance.samples) - 1) * rate / performance.rate)


def _monotone(window: Array, along: float) -> Array:
    """Between rows 1 and 2 of `window` (4, C), evenly spaced -> (C,)."""
    if along == 0.0:
        return window[1].copy()
    steps = np.diff(window, axis=0)  # (3, C)
    slopes = []
    for before, after in ((steps[0], steps[1]), (steps[1], steps[2])):
        with np.errstate(divide="ignore", invalid="ignore"):
            harmonic = 2.0 * before * after / (before + after)
        slopes.append(np.where(before * after > 0.0, harmonic, 0.0))
    t, s = along, 1.0 - along
    return np.asarray(
        window[1] * s * s * (1.0 + 2.0 * t) + window[2] * t * t * (3.0 - 2.0 * t)
        + slopes[0] * t * s * s - slopes[1] * t * t * s
    )  # fmt: skip


def _across_gap(performance: Performance, column: NDArray[np.float32], position: float) -> float:
    found = _gap(np.isfinite(column), position, _ease_samples(performance))
    if found is None:
        return float("nan")
    first, second, along = found
    return float(column[first]) + (float(column[second]) - float(column[first])) * along


def _ease_samples(performance: Performance) -> float:
    return max(EASE_SECONDS * float(performance.rate), 1.0)


def _gap(good: NDArray[np.bool_], position: float, ease: float) -> tuple[int, int, float] | None:
    """The good samples around `position` and how far to go from one to the other; None without any."""
    places = np.flatnonzero(good)
    if not len(places):
        return None
    after = int(np.searchsorted(places, position, side="left"))
    if after == 0 or after == len(places):
        only = int(places[min(after, len(places) - 1)])
        return only, only, 0.0
    first, second = int(places[after - 1]), int(places[after])
    start = max(float(first), second - ease)
    t = min(max((position - start) / (second - start), 0.0), 1.0)
    return first, second, t * t * (3.0 - 2.0 * t)
