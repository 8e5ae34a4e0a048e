"""The tongue, compiled: the ball of it that lies in the mouth, and the sheet that is put out over the lip.

Positions are along and down the turned head, in pixels, as in `inner`.
"""

from __future__ import annotations

from math import exp, sqrt
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from core.generation.mesh.mouth.light import smooth

Array = NDArray[np.float64]


class Tongue(NamedTuple):
    """An ellipsoid, in its own space a unit ball.

    centre: (2,) along and down. to_ball: (3, 2) from pixels to the ball on the picture plane through its
    centre. ray: (3,) the viewing direction there. radii: (3,). light, half: (3,) in canonical axes.
    depth: of its centre behind the seam. present: 0 to 1.
    """

    centre: Array
    to_ball: Array
    ray: Array
    radii: Array
    light: Array
    half: Array
    depth: float
    present: float


class TongueOut(NamedTuple):
    """The part of a tongue that is put out over the lower lip, drawn as a bent, rounded sheet.

    root: (2,) along and down where it leaves the mouth; way: (2,) from there to the tip, pixels;
    half_width: pixels. light, half: (3,) in the turned picture frame (along, down, away). present: 0 to 1.
    """

    root: Array
    way: Array
    half_width: float
    light: Array
    half: Array
    present: float


@njit(cache=True, nogil=True, error_model="numpy")
def meet_ball(tongue: Tongue, along: float, down: float, found: Array) -> bool:
    """Where the ray meets the tongue; fills `found` with cover, diffuse, highlight, depth, sideways place, top."""
    dx, dy = along - tongue.centre[0], down - tongue.centre[1]
    aa = bb = cc = 0.0
    for k in range(3):
        p = (tongue.to_ball[k, 0] * dx + tongue.to_ball[k, 1] * dy) / tongue.radii[k]
        d = tongue.ray[k] / tongue.radii[k]
        aa += d * d
        bb += p * d
        cc += p * p
    inside = bb * bb - aa * (cc - 1.0)
    if inside <= 0.0:
        return False
    t = (-bb - sqrt(inside)) / aa
    length = 0.0
    diffuse = half = top = 0.0
    for k in range(3):
        at = tongue.to_ball[k, 0] * dx + tongue.to_ball[k, 1] * dy + t * tongue.ray[k]
        n = at / (tongue.radii[k] * tongue.radii[k])
        length += n * n
        diffuse += n * tongue.light[k]
        half += n * tongue.half[k]
        if k == 0:
            found[4] = at
        elif k == 1:
            top = -n
        else:
            found[3] = tongue.depth + at
    length = sqrt(length)
    found[0] = smooth(inside / aa, 0.0, 0.12) * tongue.present
    found[1] = max(diffuse / length, 0.0)
    found[2] = max(half / length, 0.0)
    found[5] = top / length
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def meet_sheet(out: TongueOut, along: float, down: float, found: Array) -> bool:
    """The sheet at a pixel; fills `found` with cover, diffuse, highlight, place along it, sideways place, shadow."""
    length = sqrt(out.way[0] ** 2 + out.way[1] ** 2)
    dx, dy = along - out.root[0], down - out.root[1]
    t = (dx * out.way[0] + dy * out.way[1]) / (length * length)
    u = (dx * out.way[1] - dy * out.way[0]) / (length * out.half_width)
    found[0] = found[5] = 0.0
    if t < -2.0 or t > 1.35 or abs(u) > 1.4:
        return False
    # Half width over the length, narrower inside the mouth, with an elliptic tip.
    wide = 0.86 + 0.14 * smooth(t, -0.7, 0.5) - 0.10 * smooth(t, 0.3, 0.9)
    tip = max((t - 0.25) / 0.75, 0.0)
    level = tip * tip + (u / wide) ** 2
    steep = 2.0 * sqrt((tip / (0.75 * length)) ** 2 + (u / (wide * wide * out.half_width)) ** 2)
    edge = (1.0 - level) / max(steep, 1e-6)
    wide *= sqrt(max(1.0 - tip * tip, 0.0))
    found[0] = smooth(edge, -1.0, 1.0) * out.present
    found[5] = exp(-max(-edge, 0.0) / (0.10 * out.half_width)) * smooth(t, 0.0, 0.4) * out.present
    side = min(max(u / max(wide, 0.05), -1.0), 1.0)
    # It bends over the lip: faces up where it leaves the mouth, forward below, down at the tip.
    n0 = -0.25 * side - 0.65 * side * abs(side) ** 3
    n1 = 0.9 * smooth(t, 0.55, 1.05) - 0.75 * (1.0 - smooth(t, -0.5, 0.35))
    furrow = exp(-((side / 0.13) ** 2)) * (1.0 - smooth(t, 0.45, 0.9))
    n2 = -sqrt(max(1.0 - 0.8 * (n0 * n0 + n1 * n1), 0.05))
    size = sqrt(n0 * n0 + n1 * n1 + n2 * n2)
    # The sheet's own sideways axis points against `along`.
    diffuse = (-n0 * out.light[0] + n1 * out.light[1] + n2 * out.light[2]) / size
    shine = (-n0 * out.half[0] + n1 * out.half[1] + n2 * out.half[2]) / size
    found[1] = max(diffuse, 0.0) * (1.0 - 0.22 * furrow)
    found[2] = max(shine, 0.0)
    found[3] = t
    found[4] = side
    return True
