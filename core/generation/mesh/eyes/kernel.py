"""Compiled inner loops of the eyes."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Plate = NDArray[np.float32]
FAST = {"contract", "arcp", "nsz", "afn"}
"""Liberties with rounding that keep infinities, missing numbers and denormals as they are."""


@njit(cache=True, nogil=True)
def monotone_cubic(x: Array, y: Array, at: Array) -> Array:
    """Values at `at` of the monotone cubic through (x, y), level beyond the ends (Fritsch and Carlson 1980).

    x ascending; of points closer than 1e-4 the first counts.
    """
    n = 0
    u, v = np.empty(x.size), np.empty(x.size)
    for i in range(x.size):
        if n == 0 or x[i] - u[n - 1] > 1e-4:
            u[n], v[n] = x[i], y[i]
            n += 1
    out = np.empty(at.size)
    if n == 1:
        out[:] = v[0]
        return out
    slope = np.empty(n - 1)
    for i in range(n - 1):
        slope[i] = (v[i + 1] - v[i]) / (u[i + 1] - u[i])
    tangent = np.empty(n)
    tangent[0], tangent[n - 1] = slope[0], slope[n - 2]
    for i in range(1, n - 1):
        a, b = slope[i - 1], slope[i]
        tangent[i] = 0.0 if a * b <= 0 else 2 * a * b / (a + b)
    k = 0
    for i in range(at.size):
        p = min(max(at[i], u[0]), u[n - 1])
        while k < n - 2 and p > u[k + 1]:
            k += 1
        while k > 0 and p < u[k]:
            k -= 1
        h = u[k + 1] - u[k]
        t = (p - u[k]) / h
        s = 1 - t
        out[i] = (
            v[k] * (1 + 2 * t) * s * s + tangent[k] * h * t * s * s
            + v[k + 1] * t * t * (3 - 2 * t) - tangent[k + 1] * h * t * t * s
        )  # fmt: skip
    return out


@njit(cache=True, nogil=True, inline="always")
def _step(x: float, low: float, high: float) -> float:
    t = min(max((x - low) / (high - low), 0.0), 1.0)
    return t * t * (3 - 2 * t)


@njit(cache=True, nogil=True, inline="always", error_model="numpy", fastmath=FAST)
def _sample(plate: Plate, x: float, y: float) -> tuple[float, float, float]:
    """Bilinear, clamped to the plate's border."""
    x = min(max(x, 0.0), plate.shape[1] - 1.001)
    y = min(max(y, 0.0), plate.shape[0] - 1.001)
    i, j = np.uint64(y), np.uint64(x)
    b, a = y - i, x - j
    k, n = i + np.uint64(1), j + np.uint64(1)
    v00, v01, v10, v11 = (1 - a) * (1 - b), a * (1 - b), (1 - a) * b, a * b
    return (
        v00 * plate[i, j, 0] + v01 * plate[i, n, 0] + v10 * plate[k, j, 0] + v11 * plate[k, n, 0],
        v00 * plate[i, j, 1] + v01 * plate[i, n, 1] + v10 * plate[k, j, 1] + v11 * plate[k, n, 1],
        v00 * plate[i, j, 2] + v01 * plate[i, n, 2] + v10 * plate[k, j, 2] + v11 * plate[k, n, 2],
    )


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def draw_eye(
    out: Plate, corner: Array, box: NDArray[np.int64], posed: Array, rest: Array, now: Array, was: Array,
    first: float, spacing: float, whole: Plate, sclera: Plate, iris: Plate, glint: Plate, ball_map: Array,
    iris_map: Array, glint_map: Array, centre: Array, radius: float, rim: float, skin: Plate, gain: Plate,
    fringe: Plate, lash: Array, numbers: Array, noise: Plate,
) -> None:  # fmt: skip
    """Draw one eye into `out`, whose pixel (0, 0) is `corner` of the picture.

    box: x0, y0, x1, y1 in the picture; posed, rest: frames as (origin, along, across, width) in seven
    numbers, rest in the crop of the plates; now, was: (COLUMNS, 4) heights of upper edge, lower edge,
    fold row and crease (above the edge) in this state and in the photo, columns from parameter `first`
    by `spacing`; *_map: (2, 3) affines from the picture to the crop; numbers: see `draw.py`.
    """
    (act_eye, act_lid, closing, moved_iris, opening, feather, overlap, shadow, lowered, root, strength, reach,
     lash_reach, top_feather) = numbers  # fmt: skip
    columns = now.shape[0]
    colour, other = np.empty(3), np.empty(3)
    last_u = first + spacing * (columns - 1)
    for py in range(box[1], box[3]):
        for px in range(box[0], box[2]):
            dx, dy = px - posed[0], py - posed[1]
            u = (dx * posed[2] + dy * posed[3]) / posed[6]
            if u <= first or u >= last_u:
                continue
            y = dx * posed[4] + dy * posed[5]
            k = (u - first) / spacing
            i = min(int(k), columns - 2)
            f = k - i
            upper = now[i, 0] + f * (now[i + 1, 0] - now[i, 0])
            lower = now[i, 1] + f * (now[i + 1, 1] - now[i, 1])
            top = now[i, 2] + f * (now[i + 1, 2] - now[i, 2])
            if y < top or y > lower + overlap + reach + feather:
                continue
            inside = _step(u, -0.02, 0.05) * (1 - _step(u, 0.95, 1.02))
            upper_was = was[i, 0] + f * (was[i + 1, 0] - was[i, 0])
            edge = upper + overlap * inside
            row, column = py - int(corner[1]), px - int(corner[0])
            grain = noise[py & 127, px & 127]

            # The opening: area of this pixel between the two lids.
            half = 0.5 * feather
            shown = max(min(y + half, lower - 0.03 * opening) - max(y - half, edge), 0.0) / feather * act_eye
            # Lashes and their roots are at the same distance from the edge as in the photo.
            lash_x, lash_y = _place(rest, u, upper_was + y - edge)
            if shown > 0:
                x, z = (
                    ball_map[0, 0] * px + ball_map[0, 1] * py + ball_map[0, 2],
                    (ball_map[1, 0] * px + ball_map[1, 1] * py + ball_map[1, 2]),
                )
                colour[0], colour[1], colour[2] = _sample(whole, x, z)
                if moved_iris > 0:
                    other[0], other[1], other[2] = _sample(sclera, x, z)
                    gx = iris_map[0, 0] * px + iris_map[0, 1] * py + iris_map[0, 2]
                    gy = iris_map[1, 0] * px + iris_map[1, 1] * py + iris_map[1, 2]
                    rho = np.sqrt((gx - centre[0]) ** 2 + (gy - centre[1]) ** 2) / radius
                    limbal = 1 - 0.20 * np.exp(-((max(rho - 1, 0.0) / 0.16) ** 2)) * moved_iris
                    disc = 1 - _step(rho, 1 - rim, 1 + rim)
                    if disc > 0:
                        lit = _sample(iris, gx, gy)
                    else:
                        lit = (0.0, 0.0, 0.0)
                    for c in range(3):
                        other[c] = other[c] * limbal * (1 - disc) + lit[c] * disc
                    if rho < 1:
                        gx = glint_map[0, 0] * px + glint_map[0, 1] * py + glint_map[0, 2]
                        gy = glint_map[1, 0] * px + glint_map[1, 1] * py + glint_map[1, 2]
                        lit = _sample(glint, gx, gy)
                        for c in range(3):
                            other[c] += lit[c] * min(disc * 1.5, 1.0)
                    for c in range(3):
                        colour[c] += (other[c] - colour[c]) * moved_iris
                under = (y - edge) / opening
                shade = 1 - shadow * (1 - _step(under, -0.05, 0.46))
                wet = 1 + 0.10 * moved_iris * np.exp(-(((lower - y) / opening / 0.05) ** 2))
                lit = _sample(gain, lash_x, lash_y)
                keep = (1 - _step(under, 0.25, 0.5)) if under > 0 else 1.0
                for c in range(3):
                    value = colour[c] * shade * wet * (1 + (lit[c] - 1) * keep)
                    out[row, column, c] += (value - out[row, column, c]) * shown

            # The lid's skin: the part under the crease takes the growth, lashes stay at their length.
            t = edge - y
            cover = min(max(t / feather + 0.5, 0.0), 1.0) * act_lid
            cover *= _step(u, -0.10, 0.02) * (1 - _step(u, 0.98, 1.10)) * _step(y - top, 0.0, top_feather)
            if cover > 0:
                crease = now[i, 3] + f * (now[i + 1, 3] - now[i, 3])
                crease_was = was[i, 3] + f * (was[i + 1, 3] - was[i, 3])
                room = max(edge - top, crease + 1.0)
                room_was = max(upper_was - (was[i, 2] + f * (was[i + 1, 2] - was[i, 2])), crease_was + 1.0)
                if t < crease:
                    source = t * crease_was / max(crease, 1e-3)
                else:
                    source = crease_was + (t - crease) * (room_was - crease_was) / (room - crease)
                x, z = _place(rest, u, upper_was - source)
                colour[0], colour[1], colour[2] = _sample(skin, x, z)
                lit = (1.0, 1.0, 1.0)
                if t < lash_reach:
                    lit = _sample(gain, lash_x, lash_y)
                rise = lowered * _step(t, 0.6 * root, 1.8 * root)
                bulge = 1.0
                bright = 1.7 - 0.7 * lowered
                if closing > 0:
                    v = min(max(t, 0.0) / max(crease, 1.0), 1.6)
                    ridge = np.exp(-(((v - 0.55) / 0.3) ** 2))
                    bulge += closing * inside * 0.07 * (ridge - 1 + _step(v, 0, 0.4))
                    line = (t - crease) / (0.15 * opening)
                    if abs(line) < 4:
                        arch = closing * inside * _step(u, 0.05, 0.4) * (1 - _step(u, 0.55, 0.95))
                        bulge -= arch * (0.10 * np.exp(-line * line) - 0.03 * np.exp(-((line + 1.8) ** 2) * 0.5))
                for c in range(3):
                    value = colour[c] * (1 + (min(lit[c], bright) - 1) * (1 - rise)) * bulge + grain * lowered
                    out[row, column, c] += (value - out[row, column, c]) * cover

            # Lowered lashes and their roots along the meeting line.
            below = y - edge
            if closing > 0 and below > -2.6 * (0.55 * root + 0.35 * feather):
                taper = _step(u, -0.05, 0.12) * (1 - 0.75 * _step(u, 0.72, 0.95)) * (1 - _step(u, 0.93, 1.03))
                ink = np.exp(-((below / (0.55 * root + 0.35 * feather)) ** 2)) * taper * 0.85
                if -1 < below < reach - 1:
                    fx = (u - first) / (last_u - first) * (fringe.shape[1] - 1)
                    fy = max(below, 0.0) / reach * (fringe.shape[0] - 1)
                    p, q = min(int(fy), fringe.shape[0] - 2), min(int(fx), fringe.shape[1] - 2)
                    a, b = fx - q, fy - p
                    strand = (fringe[p, q] * (1 - a) + fringe[p, q + 1] * a) * (1 - b) + (
                        fringe[p + 1, q] * (1 - a) + fringe[p + 1, q + 1] * a
                    ) * b
                    ink = 1 - (1 - ink * (0.45 + 0.55 * strength)) * (1 - strand * strength)
                else:
                    ink *= 0.45 + 0.55 * strength
                ink *= closing * act_lid
                for c in range(3):
                    out[row, column, c] += (lash[c] - out[row, column, c]) * ink


@njit(cache=True, nogil=True, inline="always")
def _place(frame: Array, u: float, y: float) -> tuple[float, float]:
    x = u * frame[6]
    return frame[0] + x * frame[2] + y * frame[4], frame[1] + x * frame[3] + y * frame[5]
