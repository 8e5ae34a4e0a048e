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
        for y in range(y0, y1 + 1):
            left, right = _span(xy, a, b, c, np.float32(y))
            x0, x1 = max(int(np.ceil(left - slack)), 0), min(int(np.floor(right + slack)), width - 1)
            if x1 < x0:
                continue
            px, py = np.float32(x0) - ax, np.float32(y) - ay
            share_b, share_c = (px * acy - acx * py) * inverse, (abx * py - px * aby) * inverse
            z = depth[a] + share_b * zb + share_c * zc
            for x in range(x0, x1 + 1):
                if z < nearest[y, x]:
                    nearest[y, x] = z
                    share_a = np.float32(1.0) - share_b - share_c
                    for k in range(count):
                        field[y, x, k] = share_a * values[a, k] + share_b * values[b, k] + share_c * values[c, k]
                share_b, share_c, z = share_b + across_b, share_c + across_c, z + across_z


@njit(cache=True, nogil=True, inline="always")
def _span(xy, a, b, c, y):  # type: ignore[no-untyped-def]
    """Where the row `y` enters and leaves a triangle; left > right when it does not."""
    left, right = np.float32(3e38), np.float32(-3e38)
    for side in range(3):
        p = a if side == 0 else (b if side == 1 else c)
        q = b if side == 0 else (c if side == 1 else a)
        y0, y1 = xy[p, 1], xy[q, 1]
        if min(y0, y1) - np.float32(1e-3) <= y <= max(y0, y1) + np.float32(1e-3):
            if abs(y1 - y0) < np.float32(1e-6):
                left, right = min(left, xy[p, 0], xy[q, 0]), max(right, xy[p, 0], xy[q, 0])
            else:
                along = min(max((y - y0) / (y1 - y0), np.float32(0.0)), np.float32(1.0))
                x = xy[p, 0] + along * (xy[q, 0] - xy[p, 0])
                left, right = min(left, x), max(right, x)
    return left, right


@njit(cache=True, nogil=True)
def _cover(xy, triangles, cells):  # type: ignore[no-untyped-def]
    height, width = cells.shape
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        low = max(int(np.ceil(min(xy[a, 1], xy[b, 1], xy[c, 1]))), 0)
        high = min(int(np.floor(max(xy[a, 1], xy[b, 1], xy[c, 1]))), height - 1)
        for y in range(low, high + 1):
            left, right = _span(xy, a, b, c, np.float32(y))
            for x in range(max(int(np.ceil(left - 1e-3)), 0), min(int(np.floor(right + 1e-3)), width - 1) + 1):
                cells[y, x] = 1
