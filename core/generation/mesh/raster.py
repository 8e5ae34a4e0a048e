"""Triangles onto a coarse grid, nearest in front."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

FAR = np.float32(3e38)


def rasterise(
    xy: NDArray[np.float32],
    depth: NDArray[np.float32],
    values: NDArray[np.float32],
    triangles: NDArray[np.int32],
    field: NDArray[np.float32],
    nearest: NDArray[np.float32],
) -> None:
    """Write linearly interpolated `values` to the nodes that triangles cover.

    xy (n, 2) in nodes of the grid; depth (n,), small is in front; values (n, k); field (h, w, k) and
    nearest (h, w) are written where a triangle is nearer than what `nearest` holds.
    """
    _rasterise(xy, depth, values, triangles, field, nearest)


def cover(xy: NDArray[np.float32], triangles: NDArray[np.int32], cells: NDArray[np.uint8]) -> None:
    """Set the `cells` (h, w) whose centres lie in any of the triangles to 1. xy (n, 2) in cells."""
    _cover(xy, triangles, cells)


@njit(cache=True, nogil=True)
def _rasterise(xy, depth, values, triangles, field, nearest):  # type: ignore[no-untyped-def]
    height, width, count = field.shape
    slack = np.float32(1e-3)
    value, across = np.empty(count, np.float32), np.empty(count, np.float32)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay = xy[a, 0], xy[a, 1]
        abx, aby, acx, acy = xy[b, 0] - ax, xy[b, 1] - ay, xy[c, 0] - ax, xy[c, 1] - ay
        area = abx * acy - acx * aby
        if abs(area) < np.float32(1e-6):
            continue
        y0 = max(int(np.ceil(ay + min(np.float32(0.0), aby, acy) - slack)), 0)
        y1 = min(int(np.floor(ay + max(np.float32(0.0), aby, acy) + slack)), height - 1)
        if y1 < y0 or ax + min(np.float32(0.0), abx, acx) > width or ax + max(np.float32(0.0), abx, acx) < 0:
            continue
        inverse = np.float32(1.0) / area
        zb, zc = depth[b] - depth[a], depth[c] - depth[a]
        across_b, across_c = acy * inverse, -aby * inverse
        across_z = across_b * zb + across_c * zc
        slope_ab, slope_bc, slope_ca = _steepness(xy, a, b), _steepness(xy, b, c), _steepness(xy, c, a)
        for y in range(y0, y1 + 1):
            left, right = _cut(xy, a, b, slope_ab, np.float32(y), FAR, -FAR)
            left, right = _cut(xy, b, c, slope_bc, np.float32(y), left, right)
            left, right = _cut(xy, c, a, slope_ca, np.float32(y), left, right)
            x0, x1 = max(int(np.ceil(left - slack)), 0), min(int(np.floor(right + slack)), width - 1)
            if x1 < x0:
                continue
            px, py = np.float32(x0) - ax, np.float32(y) - ay
            share_b, share_c = (px * acy - acx * py) * inverse, (abx * py - px * aby) * inverse
            z = depth[a] + share_b * zb + share_c * zc
            for k in range(count):
                to_b, to_c = values[b, k] - values[a, k], values[c, k] - values[a, k]
                value[k] = values[a, k] + share_b * to_b + share_c * to_c
                across[k] = across_b * to_b + across_c * to_c
            row, front = field[y, x0:], nearest[y, x0:]
            for x in range(x1 - x0 + 1):
                if z < front[x]:
                    front[x] = z
                    for k in range(count):
                        row[x, k] = value[k] + np.float32(x) * across[k]
                z += across_z


@njit(cache=True, nogil=True, inline="always")
def _steepness(xy, p, q):  # type: ignore[no-untyped-def]
    """Columns to a row along an edge; of one that lies level, none."""
    down = xy[q, 1] - xy[p, 1]
    return np.float32(0.0) if abs(down) < np.float32(1e-6) else (xy[q, 0] - xy[p, 0]) / down


@njit(cache=True, nogil=True, inline="always")
def _cut(xy, p, q, slope, y, left, right):  # type: ignore[no-untyped-def]
    """Widen left and right by where the row `y` meets the edge from `p` to `q`."""
    x0, x1, y0, y1 = xy[p, 0], xy[q, 0], xy[p, 1], xy[q, 1]
    if min(y0, y1) - np.float32(1e-3) <= y <= max(y0, y1) + np.float32(1e-3):
        if abs(y1 - y0) < np.float32(1e-6):
            left, right = min(left, x0, x1), max(right, x0, x1)
        else:
            x = min(max(x0 + slope * (y - y0), min(x0, x1)), max(x0, x1))
            left, right = min(left, x), max(right, x)
    return left, right


@njit(cache=True, nogil=True)
def _cover(xy, triangles, cells):  # type: ignore[no-untyped-def]
    height, width = cells.shape
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        low = max(int(np.ceil(min(xy[a, 1], xy[b, 1], xy[c, 1]))), 0)
        high = min(int(np.floor(max(xy[a, 1], xy[b, 1], xy[c, 1]))), height - 1)
        slope_ab, slope_bc, slope_ca = _steepness(xy, a, b), _steepness(xy, b, c), _steepness(xy, c, a)
        for y in range(low, high + 1):
            left, right = _cut(xy, a, b, slope_ab, np.float32(y), FAR, -FAR)
            left, right = _cut(xy, b, c, slope_bc, np.float32(y), left, right)
            left, right = _cut(xy, c, a, slope_ca, np.float32(y), left, right)
            x0, x1 = max(int(np.ceil(left - 1e-3)), 0), min(int(np.floor(right + 1e-3)), width - 1)
            if x1 >= x0:
                cells[y, x0 : x1 + 1] = 1
