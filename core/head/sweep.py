"""The inner loop of the solver: bounded coordinate descent over the frames of a clip, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]


@njit(cache=True, nogil=True)
def descend(
    quadratic: Any,
    linear: Any,
    sparsity: Any,
    ridge: Any,
    temporal: Any,
    links: Any,
    low: Any,
    high: Any,
    coefficients: Any,
    held: int,
    sweeps: int,
    tolerance: float,
) -> int:
    """Minimise over `coefficients` (T, K), in place, the sum over frames t of

        0.5 c' quadratic c - linear_t' c + sparsity' |c| + 0.5 ridge' c^2
        + 0.5 links_t sum_k temporal_k (c_t - c_{t-1})_k^2,   low <= c <= high.

    quadratic: (K, K). linear: (T, K). sparsity, ridge, temporal, low, high: (K,). links: (T,), the tie
    of frame t to the one before (links[0] is not read). The first `held` frames stay as they are. Where
    sparsity is not zero, `low` must not be negative. A coordinate with high <= low stays.
    Returns the number of sweeps made; stops when no coefficient moves by more than `tolerance`.
    """
    frames, count = coefficients.shape
    gradient = np.empty((frames, count))
    for t in range(held, frames):
        for k in range(count):
            total = 0.0
            for j in range(count):
                total += quadratic[k, j] * coefficients[t, j]
            gradient[t, k] = total
    for sweep in range(sweeps):
        largest = 0.0
        for t in range(held, frames):
            before = links[t] if t > 0 else 0.0
            after = links[t + 1] if t + 1 < frames else 0.0
            for k in range(count):
                if high[k] <= low[k]:
                    continue
                own = quadratic[k, k]
                old = coefficients[t, k]
                pull = linear[t, k] - gradient[t, k] + own * old - sparsity[k]
                stiffness = own + ridge[k]
                if before > 0.0:
                    pull += temporal[k] * before * coefficients[t - 1, k]
                    stiffness += temporal[k] * before
                if after > 0.0:
                    pull += temporal[k] * after * coefficients[t + 1, k]
                    stiffness += temporal[k] * after
                new = min(max(pull / stiffness, low[k]), high[k])
                step = new - old
                if step != 0.0:
                    coefficients[t, k] = new
                    for j in range(count):
                        gradient[t, j] += quadratic[k, j] * step
                    largest = max(largest, abs(step))
        if largest < tolerance:
            return sweep + 1
    return sweeps
