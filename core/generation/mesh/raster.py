"""Triangles onto a coarse grid, nearest in front."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

FAR = np.float32(3e38)


@njit(cache=True, nogil=True)
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
    height, width, count = field.shape
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay = xy[a, 0], xy[a, 1]
        bx, by = xy[b, 0], xy[b, 1]
        cx, cy = xy[c, 0], xy[c, 1]
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if abs(area) < 1e-6:
            continue
        y0 = max(int(np.ceil(min(ay, by, cy) - 1e-3)), 0)
        y1 = min(int(np.floor(max(ay, by, cy) + 1e-3)), height - 1)
        x0 = max(int(np.ceil(min(ax, bx, cx) - 1e-3)), 0)
        x1 = min(int(np.floor(max(ax, bx, cx) + 1e-3)), width - 1)
        if y1 < y0 or x1 < x0:
            continue
        inverse = np.float32(1.0) / area
        step_b, step_c = (cy - ay) * inverse, (ay - by) * inverse
        for y in range(y0, y1 + 1):
            share_b = ((x0 - ax) * (cy - ay) - (cx - ax) * (y - ay)) * inverse
            share_c = ((bx - ax) * (y - ay) - (x0 - ax) * (by - ay)) * inverse
            for x in range(x0, x1 + 1):
                share_a = np.float32(1.0) - share_b - share_c
                if share_a >= -1e-4 and share_b >= -1e-4 and share_c >= -1e-4:
                    z = share_a * depth[a] + share_b * depth[b] + share_c * depth[c]
                    if z < nearest[y, x]:
                        nearest[y, x] = z
                        for k in range(count):
                            field[y, x, k] = share_a * values[a, k] + share_b * values[b, k] + share_c * values[c, k]
                share_b += step_b
                share_c += step_c


@njit(cache=True, nogil=True)
def cover(xy: NDArray[np.float32], triangles: NDArray[np.int32], cells: NDArray[np.uint8]) -> None:
    """Set the `cells` (h, w) whose centres lie in any of the triangles to 1. xy (n, 2) in cells."""
    height, width = cells.shape
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        low = max(int(np.ceil(min(xy[a, 1], xy[b, 1], xy[c, 1]))), 0)
        high = min(int(np.floor(max(xy[a, 1], xy[b, 1], xy[c, 1]))), height - 1)
        for y in range(low, high + 1):
            left, right = np.float32(1e9), np.float32(-1e9)
            for p, q in ((a, b), (b, c), (c, a)):
                y0, y1 = xy[p, 1], xy[q, 1]
                if (y0 <= y <= y1) or (y1 <= y <= y0):
                    if y0 == y1:
                        left, right = min(left, xy[p, 0], xy[q, 0]), max(right, xy[p, 0], xy[q, 0])
                    else:
                        x = xy[p, 0] + (y - y0) / (y1 - y0) * (xy[q, 0] - xy[p, 0])
                        left, right = min(left, x), max(right, x)
            for x in range(max(int(np.ceil(left - 1e-3)), 0), min(int(np.floor(right + 1e-3)), width - 1) + 1):
                cells[y, x] = 1
