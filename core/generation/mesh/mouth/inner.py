"""The compiled loops of the inner mouth: what is seen between the lips, pixel by pixel.

Positions are in a frame that is turned with the head: `along` runs from the subject's right corner of
the mouth to the left one, `down` at a right angle to it, both in pixels. Colours are linear light.

From the back: the dark of the mouth, the tongue, the lower teeth, a tongue put out over the lip, the
upper teeth with their shadow; all in the light of `light`.
"""

from __future__ import annotations

from math import exp, sqrt
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from core.generation.mesh.mouth.light import light_in, nearly_closed, smooth, touch
from core.generation.mesh.mouth.tongue import Tongue, TongueOut, meet_ball, meet_sheet

Table = NDArray[np.float32]
Array = NDArray[np.float64]

LIP_UPPER, LIP_LOWER, LIP_UPPER_COS, LIP_LOWER_COS, LIP_ACROSS, LIP_DEPTH = range(6)
ROW_COLUMN, ROW_EDGE, ROW_TANGENT_LIGHT, ROW_NORMAL_LIGHT, ROW_TANGENT_HALF, ROW_NORMAL_HALF, ROW_DEPTH, ROW_VALID = (
    range(8)
)
SEAM_WIDTH = 0.005
"""Half the width of the dark line between closed lips, eye distances, in a sharp photo."""
STEP = 2.0
"""Entries of the one-row tables per pixel."""


class Opening(NamedTuple):
    """The lips in this frame.

    table: (n, 6) per half pixel from `start`: `down` of the upper and the lower lip's edge, the cosines
    of their slopes, the place between the corners (-1 to 1), the lips' depth in eye distances.
    half_width: of the mouth in eye distances. unit: pixels of an eye distance. feather: pixels.
    from_above, from_left: share of the light, 0 to 1, that comes over the upper lip and from the
    picture's left. axis: the picture direction of `along`. seam: 0 to 1, how dark a line to draw where the lips
    of a photo with an open mouth meet. widest: their largest gap, eye distances. band: pixels beside the seam
    in which the photo has something else than lip. line: half the width of that dark line, eye distances.
    """

    table: Table
    start: float
    half_width: float
    unit: float
    feather: float
    from_above: float
    from_left: float
    axis_x: float
    axis_y: float
    seam: float
    widest: float
    band: float
    line: float


class TeethRow(NamedTuple):
    """One row of teeth in this frame.

    table: (n, 8) per half pixel of `along - shear * down` from `start`. to_height: eye distances towards
    the gum per pixel of `down`. light_up, half_up: parts of light and half vector along the direction
    from gum to edge. maps: the sprite. density: its pixels per eye distance. below: its reach below
    the edge. dim: factor on everything.
    """

    table: Table
    start: float
    shear: float
    to_height: float
    light_up: float
    half_up: float
    maps: Table
    density: float
    below: float
    dim: float


class Paint(NamedTuple):
    """Linear RGB (3,) each; shine is the strength of a tooth's highlight. bounce: the tint, of luminance 1,
    that light takes on between the lips."""

    tooth: Array
    gum: Array
    tongue: Array
    cavity: Array
    seam: Array
    bounce: Array
    shine: float


@njit(cache=True, nogil=True, error_model="numpy")
def _reach(opening: Opening, above: float, below: float, across: float, depth: float) -> float:
    return light_in(above, below, across, depth, opening.half_width, opening.from_above, opening.from_left)


@njit(cache=True, nogil=True, error_model="numpy")
def _teeth(row: TeethRow, along: float, down: float, found: Array) -> bool:
    """Look up a row of teeth; fills `found` with albedo RGB, cover, gum, diffuse, highlight, depth, shadow, own."""
    place = (along - row.shear * down - row.start) * STEP
    i = int(place)
    if place < 0.0 or i >= row.table.shape[0] - 1:
        return False
    t = place - i
    a, b = row.table[i], row.table[i + 1]
    if a[ROW_VALID] + t * (b[ROW_VALID] - a[ROW_VALID]) < 0.5:
        return False
    column = a[ROW_COLUMN] + t * (b[ROW_COLUMN] - a[ROW_COLUMN])
    edge = a[ROW_EDGE] + t * (b[ROW_EDGE] - a[ROW_EDGE])
    height = (down - edge) * row.to_height
    y = (height + row.below) * row.density - 0.5
    rows, columns = row.maps.shape[0], row.maps.shape[1]
    if y < 0.0:
        return False
    y = min(y, rows - 1.001)
    x = min(max(column, 0.0), columns - 1.001)
    x0, y0 = int(x), int(y)
    fx, fy = x - x0, y - y0
    p00, p01 = row.maps[y0, x0], row.maps[y0, x0 + 1]
    p10, p11 = row.maps[y0 + 1, x0], row.maps[y0 + 1, x0 + 1]
    w00, w01, w10, w11 = (1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy
    for k in range(3):
        found[k] = p00[k] * w00 + p01[k] * w01 + p10[k] * w10 + p11[k] * w11
    tooth = p00[3] * w00 + p01[3] * w01 + p10[3] * w10 + p11[3] * w11
    gum = p00[4] * w00 + p01[4] * w01 + p10[4] * w10 + p11[4] * w11
    sideways = p00[5] * w00 + p01[5] * w01 + p10[5] * w10 + p11[5] * w11
    upward = p00[6] * w00 + p01[6] * w01 + p10[6] * w10 + p11[6] * w11
    out = sqrt(max(1.0 - sideways * sideways - upward * upward, 0.05))
    tangent_light = a[ROW_TANGENT_LIGHT] + t * (b[ROW_TANGENT_LIGHT] - a[ROW_TANGENT_LIGHT])
    normal_light = a[ROW_NORMAL_LIGHT] + t * (b[ROW_NORMAL_LIGHT] - a[ROW_NORMAL_LIGHT])
    tangent_half = a[ROW_TANGENT_HALF] + t * (b[ROW_TANGENT_HALF] - a[ROW_TANGENT_HALF])
    normal_half = a[ROW_NORMAL_HALF] + t * (b[ROW_NORMAL_HALF] - a[ROW_NORMAL_HALF])
    diffuse = sideways * tangent_light + upward * row.light_up + out * normal_light
    half = min(max(sideways * tangent_half + upward * row.half_up + out * normal_half, 0.0), 1.0)
    found[3] = max(tooth, gum)
    found[4] = gum
    found[5] = min(max(diffuse, 0.0), 1.0)
    found[6] = half**32
    found[7] = a[ROW_DEPTH] + t * (b[ROW_DEPTH] - a[ROW_DEPTH])
    # The row's shadow on what lies behind falls a little below it.
    s = min(y0 + int(0.012 * row.density), rows - 1)
    found[8] = row.maps[s, x0, 7]
    found[9] = p00[8] * w00 + p01[8] * w01 + p10[8] * w10 + p11[8] * w11
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def paint_inner(
    image: Table,
    cover: Table,
    x0: float,
    y0: float,
    opening: Opening,
    upper: TeethRow,
    lower: TeethRow,
    tongue: Tongue,
    out: TongueOut,
    paint: Paint,
) -> None:
    """Fill image (h, w, 3) with linear light and cover (h, w) with the lips' anti-aliased opening.

    Pixel (0, 0) is at (x0, y0) of the picture that the opening and the rows are given in.
    """
    found = np.empty(10)
    ball = np.empty(6)
    met = np.empty(6)
    colour = np.empty(3)
    last = opening.table.shape[0] - 1
    for j in range(image.shape[0]):
        for i in range(image.shape[1]):
            x, y = x0 + i, y0 + j
            along = x * opening.axis_x + y * opening.axis_y
            down = y * opening.axis_x - x * opening.axis_y
            place = (along - opening.start) * STEP
            n = int(place)
            cover[j, i] = 0.0
            image[j, i, 0] = image[j, i, 1] = image[j, i, 2] = 0.0
            if place < 0.0 or n >= last:
                continue
            t = place - n
            a, b = opening.table[n], opening.table[n + 1]
            above = down - (a[LIP_UPPER] + t * (b[LIP_UPPER] - a[LIP_UPPER]))
            below = a[LIP_LOWER] + t * (b[LIP_LOWER] - a[LIP_LOWER]) - down
            soft = opening.feather
            under_upper = smooth(above * a[LIP_UPPER_COS], -soft, soft)
            cover[j, i] = under_upper * smooth(below * a[LIP_LOWER_COS], -soft, soft)
            # The margin is painted too, so that a blur brings no black in from outside.
            hanging = out.present > 0.0 and meet_sheet(out, along, down, met)
            if above < -3.0 * soft or (below < -3.0 * soft and not hanging):
                continue
            across = a[LIP_ACROSS] + t * (b[LIP_ACROSS] - a[LIP_ACROSS])
            lip_depth = a[LIP_DEPTH] + t * (b[LIP_DEPTH] - a[LIP_DEPTH])
            above, below = above / opening.unit, below / opening.unit

            # Back of the mouth, then the tongue.
            back = _reach(opening, above, below, across, 0.16)
            fall = max(above, 0.0) / max(above + below, 0.02)
            back = (0.15 + 0.65 * back) * (0.45 + 0.4 * exp(-max(above, 0.0) / 0.05) + 0.7 * fall * fall)
            back *= 1.0 - 0.5 * smooth(abs(across), 0.3, 1.0)
            for k in range(3):
                colour[k] = paint.cavity[k] * back
            if tongue.present > 0.0 and meet_ball(tongue, along, down, ball):
                depth = max(ball[3] - lip_depth, 0.05)
                reach = _reach(opening, above, below, across, depth)
                groove = 1.0 - 0.20 * exp(-((ball[4] / 0.018) ** 2)) * smooth(ball[5], 0.2, 0.8)
                diffuse = (0.20 + 0.74 * ball[1]) * groove * reach * (0.25 + 0.75 * reach)
                shine = 0.12 * paint.shine * ball[2] ** 40 * reach**2
                for k in range(3):
                    lit = paint.tongue[k] * diffuse * _bounced(paint, reach, k) + shine
                    colour[k] += (lit - colour[k]) * ball[0]

            # Lower teeth, behind the upper ones and in the shadow of the upper lip.
            if _teeth(lower, along, down, found):
                reach = _reach(opening, above, below, across, max(found[7] - lip_depth, 0.03))
                reach *= lower.dim * (0.40 + 0.60 * smooth(above, 0.02, 0.16))
                for k in range(3):
                    lit = _lit(found, paint, k) * reach * _bounced(paint, reach, k)
                    colour[k] += (lit - colour[k]) * found[3]

            if hanging:
                inside = _reach(opening, above, max(below, 0.12), across, 0.07)
                inside += (1.0 - inside) * smooth(met[3], -0.2, 0.25)
                for k in range(3):
                    lit = (1.15 * paint.tongue[k] * (0.30 + 0.80 * met[1]) + 0.8 * paint.shine * met[2] ** 28) * inside
                    # Outside the lips its colour goes on, so that a blur brings no black to its edge.
                    colour[k] += (lit - colour[k]) * (met[0] + (1.0 - met[0]) * (1.0 - cover[j, i]))

            if _teeth(upper, along, down, found):
                reach = _reach(opening, above, below, across, max(found[7] - lip_depth, 0.03)) * upper.dim
                shadow = 1.0 - 0.45 * found[8] * (1.0 - found[3])
                for k in range(3):
                    lit = _lit(found, paint, k) * reach * _bounced(paint, reach, k)
                    colour[k] = colour[k] * shadow * (1.0 - found[3]) + lit * found[3]

            # Contact with the lips; between lips that all but meet, all is warm shadow.
            closed = nearly_closed(above + below, opening.widest)
            dark = touch(above, below)
            if hanging:
                # Over the lip the tongue is its own cover, and shades the skin beside it.
                dark += (1.0 - dark) * met[0]
                over = max(met[0], 0.22 * met[5]) * smooth(above * opening.unit, -soft, soft)
                total = over + (1.0 - over) * cover[j, i]
                own = met[0] + (1.0 - met[0]) * cover[j, i]
                if total > 0.0:
                    dark *= min(own / total, 1.0)
                cover[j, i] = total
            line = 0.0
            if opening.seam > 0.0:
                # Lips that close over teeth leave bright rims; a dark line stands where they meet.
                off = 0.5 * (above - below)
                thin = exp(-((off / opening.line) ** 2)) * 0.95 * sqrt(SEAM_WIDTH / opening.line)
                line = max(thin, 0.34 * exp(-((off / (0.009 + opening.line)) ** 2)))
                line *= opening.seam * nearly_closed(above + below, opening.widest)
                line *= 1.0 - smooth(abs(across), 0.9, 1.0)
                if hanging:
                    line *= 1.0 - met[0]
                cover[j, i] = max(cover[j, i], line)
            for k in range(3):
                inside = colour[k] * dark
                inside += (0.9 * paint.seam[k] - inside) * 0.85 * closed
                image[j, i, k] = inside + (paint.seam[k] - inside) * line


@njit(cache=True, nogil=True, error_model="numpy")
def _bounced(paint: Paint, reach: float, k: int) -> float:
    """The less light comes straight in, the more of it comes from lips and cheeks."""
    return 1.0 + 0.9 * (1.0 - min(reach, 1.0)) * (paint.bounce[k] - 1.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _lit(found: Array, paint: Paint, k: int) -> float:
    gum = found[4]
    body = found[k] * paint.tooth[k] * (1.0 - gum) + 0.85 * paint.gum[k] * gum
    return 1.34 * (0.48 + 0.52 * found[5]) * body + paint.shine * found[6] * (1.0 - 0.7 * gum) * (1.0 - found[9])
