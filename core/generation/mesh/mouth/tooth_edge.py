"""The photo's own upper teeth, found: where they are seen, and the line that their biting edges run on.

What is bright, not red and connected with the upper lip is tooth. The edge is first the path along the
arch that best parts tooth above from dark below; where the lower lip, lower teeth or shadow mislead it,
the line of the usual teeth, laid through the sure part of it, takes over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from core.generation.mesh.mouth.arch import MILLIMETRE
from core.generation.mesh.mouth.sprite import UPPER_CROWNS
from core.generation.mesh.mouth.tone import LUMINANCE
from core.values.geometry import smoothstep

Array = NDArray[np.float64]

TRIMMED = 0.006
"""Eye distances next to a lip that are never taken as tooth: the lip's own soft edge."""
LEAST_RUN = 0.022
"""A column whose teeth are shorter is left to the drawn ones."""
HIDDEN = 0.010
"""How far below the last that is seen an edge lies, on the average, that the lower lip hides."""
SHORTER, LONGER = 0.007, 0.016
"""How far a tooth may stand back from the common line of the edges, and beyond it."""
ASTRAY = (0.026, 0.042)
"""Distance from the common line at which a found edge is something else."""
NOTCH = 0.009
"""Depth of the notch between two teeth whose edges are made up."""


@dataclass(frozen=True, slots=True, eq=False)
class Unrolled:
    """The photo in a sprite's frame.

    albedo: (h, w, 3) its linear colour over the light that is reckoned to fall there. above, below:
    (h, w) distance below the upper and above the lower lip; across: (h, w) -1 to 1 between the corners;
    between: (h, w) safely inside the lips. arc: (w,), height: (h,), density as of a sprite.
    """

    albedo: Array
    above: Array
    below: Array
    across: Array
    between: NDArray[np.bool_]
    arc: Array
    height: Array
    density: float


@dataclass(frozen=True, slots=True, eq=False)
class Visible:
    """What is seen of the upper teeth, per column at `arc` (w,).

    Heights of the biting edge, of the last that is seen of the tooth above it, and of the end under the
    lip; 0 to 1 whether the edge is seen (or hidden by the lower lip) and whether gum shows above the tooth.
    offset: how far the common line of the edges stands above that of the usual teeth. first, last: arc
    lengths that they run between.
    """

    arc: Array
    edge: Array
    lowest: Array
    end: Array
    seen: Array
    gummy: Array
    offset: Array
    first: float
    last: float

    def resampled(self, arc: Array) -> Visible:
        rows = (self.edge, self.lowest, self.end, self.seen, self.gummy, self.offset)
        edge, lowest, end, seen, gummy, offset = (np.interp(arc, self.arc, row) for row in rows)
        return Visible(arc, edge, lowest, end, seen, gummy, offset, self.first, self.last)


def toothness(view: Unrolled) -> Array | None:
    """(h, w) 0 to 1: bright and not red, between the lips."""
    luminance = view.albedo @ LUMINANCE
    between = view.between
    front = between & (np.abs(view.across) < 0.55)
    if front.sum() < 40:
        return None
    top = float(np.percentile(luminance[front], 85))
    if top <= 1e-4:
        return None
    bright = smoothstep(luminance / top, 0.22, 0.45)
    redness = np.clip(view.albedo[..., 0] / np.maximum(view.albedo[..., 1], 1e-4), 0, 6)
    lips = (view.below < -0.004) & (view.below > -0.03) & (np.abs(view.across) < 0.6)
    tooth_red = float(np.percentile(redness[front & (luminance > 0.8 * top)], 40))
    lip_red = float(np.median(redness[lips])) if lips.sum() > 20 else tooth_red
    if lip_red > tooth_red + 0.12:
        bright = bright * (1 - smoothstep((redness - tooth_red) / (lip_red - tooth_red), 0.45, 0.85))
    return np.asarray(bright * between)


def visible_teeth(view: Unrolled) -> Visible | None:
    """Find the upper teeth. The edge is the path along the arch that best parts tooth above from dark below."""
    import cv2

    tooth = toothness(view)
    if tooth is None:
        return None
    density, height = view.density, view.height
    reach = max(int(0.012 * density), 2)
    log = cv2.blur(np.log(np.maximum(view.albedo @ LUMINANCE, 2e-3)), (1, max(reach // 2, 1)))
    # Tooth for a good way above, none or at least a dark line below.
    above = _mean_below(tooth, -2 * reach)
    below = _mean_below(tooth, reach)
    darker = np.clip(_shift(log, -reach) - _least_below(log, reach), 0, 1.5)
    score = above * (0.6 * (1 - below) + darker) * (view.below > 0) * (view.above > 0)
    score = cv2.GaussianBlur(score, (0, 0), max(0.003 * density, 0.5))
    # Of two lines the upper one is the edge; the other parts the lower teeth from the lip.
    passed = np.maximum.accumulate(score[::-1], axis=0)[::-1]
    score = score * np.exp(-_shift(passed, -int(0.025 * density)))
    path = edge_path(score, 0.14, 3)
    edge = height[path]

    rows = height[:, None] > edge
    span = rows & (view.above > TRIMMED)
    share = (tooth * span).sum(0) / np.maximum(span.sum(0), 1)
    tall = (tooth * span).sum(0) / density
    good = (share > 0.45) & (tall > LEAST_RUN) & (edge > height[0] + 0.006)
    columns = np.arange(len(edge))
    soft = max(0.010 * density, 1.0)
    seen = _smooth((view.below[path, columns] > 0.014).astype(float), soft)
    clear = np.clip(score[path, columns] / 0.5, 0, 1)
    line, offset = common_line(view.arc, edge, seen, clear * good, _across(view))
    good &= np.abs(edge - line) < ASTRAY[1]
    places = np.flatnonzero(good)
    if len(places) < 0.12 * density:
        return None
    pieces = np.split(places, np.flatnonzero(np.diff(places) > 0.05 * density) + 1)
    run = max(pieces, key=len)
    if len(run) < 0.12 * density:
        return None
    trim = min(int(0.012 * density), len(run) // 4)
    first, last = float(view.arc[run[trim]]), float(view.arc[run[-1 - trim]])

    free = (view.above > TRIMMED + 0.004) & rows
    end = np.where(free.any(0), height[len(height) - 1 - np.argmax(free[::-1], axis=0)], edge)
    toothed = (tooth > 0.5) & rows
    top = np.where(toothed.any(0), height[len(height) - 1 - np.argmax(toothed[::-1], axis=0)], edge)
    gummy = _smooth(smoothstep(end - top, 0.008, 0.02), soft)
    luminance = cv2.GaussianBlur(view.albedo @ LUMINANCE, (0, 0), max(0.002 * density, 0.4))
    body = (height[:, None] > edge + 0.008) & (height[:, None] < edge + 0.045) & view.between
    shade = (luminance * body).sum(0) / np.maximum(body.sum(0), 1)
    regular = regular_edge(edge, line, seen * (0.25 + 0.75 * clear), shade, density)
    return Visible(
        view.arc, regular, np.maximum(edge, regular), _smooth(end, soft), seen, gummy, offset, first, last
    )  # fmt: skip


def _smooth(values: Array, sigma: float) -> Array:
    import cv2

    return np.asarray(cv2.GaussianBlur(values[None], (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)[0])


def usual_line(arc: Array) -> Array:
    """(w,) height of the usual upper edges, without what single teeth stand out."""
    centres, lifts, start = [], [], 0.0
    for crown in UPPER_CROWNS:
        centres.append((start + crown.width / 2) * MILLIMETRE)
        lifts.append(crown.lift * MILLIMETRE)
        start += crown.width
    # A smooth curve through them: the lateral incisor's own lift belongs to the tooth, not to the line.
    fit = np.polyfit(np.array(centres) ** 2, lifts, 2)
    return np.asarray(np.polyval(fit, np.minimum(np.abs(arc), centres[-1]) ** 2))


def common_line(arc: Array, edge: Array, seen: Array, clear: Array, trusted: Array) -> tuple[Array, Array]:
    """The line through found edges (w,) -> (line (w,), its offset from `usual_line` (w,)).

    A parabola on top of the usual line by reweighted least squares with Cauchy's weights, whose scale
    narrows so that one wrong stretch does not hold it; towards the ends of what is clear it stays level.
    """
    usual = usual_line(arc)
    aim = edge - usual - HIDDEN * (1 - seen)
    weight = clear * (0.2 + 0.8 * seen) * trusted
    if weight.sum() < 1e-6:
        return edge.copy(), edge - usual
    order = np.argsort(aim)
    level = float(aim[order][np.searchsorted(np.cumsum(weight[order]), 0.5 * weight.sum())])
    low, high = np.interp([0.04, 0.96], np.cumsum(weight) / weight.sum(), arc)
    middle, half = 0.5 * (low + high), max(0.5 * (high - low), 0.05)
    t = np.clip((arc - middle) / half, -1.1, 1.1)
    basis = np.column_stack([np.ones_like(t), t, t * t])
    found = np.array([level, 0.0, 0.0])
    steady = np.diag([1e-6, 0.02, 0.05]) * weight.sum()
    for scale in (0.03, 0.02, 0.014, 0.010, 0.008, 0.008):
        trust = weight / (1 + ((aim - basis @ found) / scale) ** 2)
        normal = basis.T @ (trust[:, None] * basis) + steady * (trust.sum() / weight.sum())
        found = np.linalg.solve(normal, basis.T @ (trust * aim))
    offset = basis @ found
    return usual + offset, offset


def regular_edge(edge: Array, line: Array, trust: Array, shade: Array, density: float) -> Array:
    """The found edge (w,) where `trust` is 1, held near the common line and smooth at the scale of a tooth's edge.

    Where it is not to be trusted the line itself, with notches where `shade` (w,), the brightness of the
    teeth, dips between two of them.
    """
    off = edge - line
    trust = trust * (1 - smoothstep(np.abs(off), *ASTRAY))
    kept = np.where(off > 0, SHORTER * np.tanh(off / SHORTER), LONGER * np.tanh(off / LONGER))
    around = _smooth(shade, 0.022 * density)
    dip = np.clip(1 - shade / np.maximum(around, 1e-6), 0, 1)
    notch = NOTCH * smoothstep(dip, 0.05, 0.25)
    weight = _smooth(trust, max(0.008 * density, 0.8))
    return line + _smooth(weight * kept + (1 - weight) * notch, max(0.0032 * density, 0.9))


def _across(view: Unrolled) -> Array:
    """(w,) how far the columns lie from the corners of the mouth, as trust: 1 in the middle."""
    inside = np.where(view.between, np.abs(view.across), 2.0).min(axis=0)
    return 1 - 0.7 * smoothstep(inside, 0.55, 0.9)


def _shift(values: Array, rows: int) -> Array:
    """values[r - rows] at r, the ends repeated: positive looks towards the edge, negative towards the gum."""
    at = np.clip(np.arange(len(values)) - rows, 0, len(values) - 1)
    return np.asarray(values[at])


def _mean_below(values: Array, rows: int) -> Array:
    """Mean of the next `rows` rows towards the edge, or with a negative number towards the gum."""
    total = np.vstack([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    here = np.arange(len(values))
    low = np.clip(here - rows if rows > 0 else here, 0, len(values))
    high = np.clip(here if rows > 0 else here - rows, 0, len(values))
    return np.asarray((total[high] - total[low]) / abs(rows))


def _least_below(values: Array, rows: int) -> Array:
    import cv2

    least = cv2.erode(values, np.ones((rows, 1), np.uint8), anchor=(0, rows - 1), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(least)


@njit(cache=True, nogil=True)
def edge_path(score: Array, bend: float, reach: int) -> NDArray[np.int64]:
    """The path from the first to the last column with the highest sum of `score` (h, w), less `bend` for each
    row that it changes by from column to column, at most `reach` rows."""
    rows, columns = score.shape
    best = score[:, 0].copy()
    came = np.zeros((rows, columns), np.int64)
    for c in range(1, columns):
        following = np.empty(rows)
        for r in range(rows):
            top, origin = -1e18, r
            for q in range(max(r - reach, 0), min(r + reach, rows - 1) + 1):
                value = best[q] - bend * abs(q - r)
                if value > top:
                    top, origin = value, q
            following[r] = top + score[r, c]
            came[r, c] = origin
        best = following
    path = np.empty(columns, np.int64)
    path[columns - 1] = np.argmax(best)
    for c in range(columns - 1, 0, -1):
        path[c - 1] = came[path[c], c]
    return path
