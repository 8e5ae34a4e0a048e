"""The colour guided filter (He, Sun and Tang, 2013, eq. 19 to 21), in its fast form: coefficients on a reduced
guide, applied to the full one (He and Sun, 2015)."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

Plane = NDArray[np.float32]


def guided_coefficients(guide: Plane, target: Plane, radius: int, eps: float) -> Plane:
    """(h, w, 4): the line `target ~ a . guide + b` of each window, averaged over the windows on a pixel.

    guide (h, w, 3) and target (h, w) in [0, 1]; `radius` in pixels; `eps` in squared guide units.
    """

    def mean(plane: Plane) -> Plane:
        return np.asarray(cv2.blur(plane, (2 * radius + 1, 2 * radius + 1)))

    centre, level = mean(guide), mean(target)
    shared = mean(guide * target[..., None]) - centre * level[..., None]
    rr, rg, rb, gg, gb, bb = (
        mean(guide[..., i] * guide[..., j]) - centre[..., i] * centre[..., j] + (eps if i == j else 0.0)
        for i, j in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
    )
    # L D L' of the symmetric 3 x 3 covariance. Cofactors would lose a grey picture to rounding.
    x, y, z = shared[..., 0], shared[..., 1], shared[..., 2]
    low1, low2 = rg / rr, rb / rr
    second = np.maximum(gg - low1 * rg, eps / 2)
    low3 = (gb - low1 * rb) / second
    third = np.maximum(bb - low2 * rb - low3 * low3 * second, eps / 2)
    y = y - low1 * x
    z = (z - low2 * x - low3 * y) / third
    y = y / second - low3 * z
    slope = np.stack([x / rr - low1 * y - low2 * z, y, z], axis=-1)
    offset = level - (slope * centre).sum(axis=-1)
    return np.concatenate([mean(slope), mean(offset)[..., None]], axis=-1)


def apply_coefficients(coefficients: Plane, guide: Plane) -> Plane:
    """`guided_coefficients` on the guide that they were made on, (h, w)."""
    return np.asarray((coefficients[..., :3] * guide).sum(axis=-1) + coefficients[..., 3])


@njit(cache=True, nogil=True)
def apply_enlarged(
    coefficients: Plane, low: Plane, high: Plane, pixels: NDArray[Any], unit: float, edge: tuple[float, float]
) -> Plane:  # pragma: no cover - compiled
    """(H, W) float32: coefficients (h, w, 4) of a reduced guide on the full `pixels` (H, W, 3), times `unit`.

    The result goes through a smoothstep over `edge` and between `low` and `high` (h, w), all read bilinearly.
    """
    rows, columns = pixels.shape[:2]
    h, w = low.shape
    fy, fx = np.float32(h / rows), np.float32(w / columns)
    one, zero = np.float32(1), np.float32(0)
    first, span = np.float32(edge[0]), np.float32(edge[1] - edge[0])
    out = np.empty((rows, columns), np.float32)
    for j in range(rows):
        v = min(max((np.float32(j) + np.float32(0.5)) * fy - np.float32(0.5), zero), np.float32(h - 1))
        y0 = int(v)
        y1 = min(y0 + 1, h - 1)
        q = v - np.float32(y0)
        for i in range(columns):
            u = min(max((np.float32(i) + np.float32(0.5)) * fx - np.float32(0.5), zero), np.float32(w - 1))
            x0 = int(u)
            x1 = min(x0 + 1, w - 1)
            p = u - np.float32(x0)
            w00, w01, w10, w11 = (one - q) * (one - p), (one - q) * p, q * (one - p), q * p
            floor = low[y0, x0] * w00 + low[y0, x1] * w01 + low[y1, x0] * w10 + low[y1, x1] * w11
            roof = high[y0, x0] * w00 + high[y0, x1] * w01 + high[y1, x0] * w10 + high[y1, x1] * w11
            if floor >= np.float32(0.9999) or roof <= np.float32(0.0001):
                out[j, i] = one if roof > np.float32(0.0001) else zero
                continue
            value = zero
            for k in range(4):
                line = (
                    coefficients[y0, x0, k] * w00 + coefficients[y0, x1, k] * w01
                    + coefficients[y1, x0, k] * w10 + coefficients[y1, x1, k] * w11
                )  # fmt: skip
                value += line * np.float32(pixels[j, i, k] * unit) if k < 3 else line
            t = min(max((value - first) / span, zero), one)
            t = t * t * (np.float32(3) - np.float32(2) * t)
            out[j, i] = min(max(t, floor), roof)
    return out
