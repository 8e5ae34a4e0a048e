"""Light behind the lips, compiled.

It comes in through the opening alone. Seen from a point at depth z, an edge that is d away sideways lets
light in down to the sine d / sqrt(d^2 + z^2), as in the view factors of radiative transfer; the four
edges of the opening are weighed by where the photo's light comes from, and the horizontal and vertical
parts are multiplied.
"""

from __future__ import annotations

from math import exp, sqrt

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]


@njit(cache=True, nogil=True, error_model="numpy")
def smooth(x: float, low: float, high: float) -> float:
    t = min(max((x - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


@njit(cache=True, nogil=True, error_model="numpy")
def _sine(near: float, depth: float) -> float:
    return near / sqrt(near * near + depth * depth) if near > 0.0 else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def light_in(
    above: float, below: float, across: float, depth: float, half_width: float, from_above: float, from_left: float
) -> float:
    """Share of the light from outside that reaches a point, 1 for a front tooth in an open smile.

    above, below: distance to the lips' edges; depth: behind them; half_width: of the mouth, all in eye
    distances. across: -1 to 1. from_above, from_left: shares of the light.
    """
    vertical = from_above * _sine(above, depth) + (1.0 - from_above) * _sine(below, depth)
    left = _sine((1.0 + across) * half_width, depth)
    right = _sine((1.0 - across) * half_width, depth)
    share = vertical * (from_left * left + (1.0 - from_left) * right) / 0.60
    # Towards the corners the cheeks stand close and dark, as smiles on photos show.
    share *= 1.0 - 0.45 * smooth(abs(across), 0.55, 1.0)
    # The mouth's own surfaces pass on a part of what comes in.
    return share / (0.62 + 0.38 * share)


@njit(cache=True, nogil=True, error_model="numpy")
def nearly_closed(gap: float, widest: float) -> float:
    """0 to 1 as lips that are `gap` apart here, and `widest` at most, eye distances, come to meet.

    The corners of a mouth that stands open are narrow too, but not nearly closed.
    """
    return 1.0 - smooth(max(gap, 0.40 * widest), 0.010, 0.068)


@njit(cache=True, nogil=True, error_model="numpy")
def touch(above: float, below: float) -> float:
    """Darkening right beside the lips."""
    return (1.0 - 0.45 * exp(-max(above, 0.0) / 0.010)) * (1.0 - 0.40 * exp(-max(below, 0.0) / 0.010))


@njit(cache=True, nogil=True, error_model="numpy")
def light_on_grid(
    above: Array, below: Array, across: Array, depth: Array, half_width: float, from_above: float, from_left: float
) -> Array:
    """`light_in` times `touch` for arrays (h, w)."""
    out = np.empty_like(above)
    for j in range(out.shape[0]):
        for i in range(out.shape[1]):
            share = light_in(above[j, i], below[j, i], across[j, i], depth[j, i], half_width, from_above, from_left)
            out[j, i] = share * touch(above[j, i], below[j, i])
    return out


def light_shares(to_light: Array) -> tuple[float, float]:
    """Parts of the light that come over the upper lip and from the picture's left, 0 to 1.

    to_light: (3,) in canonical axes.
    """
    above = float(np.clip(0.56 - 0.3 * to_light[1], 0.2, 0.85))
    return above, float(np.clip(0.5 - 0.4 * to_light[0], 0.2, 0.8))
