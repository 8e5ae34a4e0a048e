"""A row of teeth, unrolled: colour, cover, gum and surface normals over (arc length, height).

Columns run along the arch from the subject's right to the left, rows from below the biting edge
towards the gum. Everything is made once per photo; a frame only looks it up.

Crown widths and heights are the usual ones of dental anatomy (Nelson, "Wheeler's Dental Anatomy"), the
outlines and tints are fitted by eye to photos of open mouths.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.generation.mesh.mouth.arch import MILLIMETRE, Jaw
from core.values.geometry import smoothstep

Array = NDArray[np.float64]

BELOW_EDGE = 0.03
TOWARDS_GUM = 0.20
"""Reach of the sprite on both sides of the biting edge of the front teeth, in eye distances."""

RED, GREEN, BLUE, TOOTH, GUM, ALONG, UPWARD, SHADOW, OWN = range(9)
CHANNELS = 9
"""Channels of a sprite: albedo relative to a front tooth; cover by tooth and by gum; the normal's parts
along the arch and towards the biting edge; the cover, blurred, as a soft shadow; 1 where the photo's own
teeth stand, whose highlights are in their colour already."""


@dataclass(frozen=True, slots=True)
class Crown:
    """One tooth; lengths in mm.

    lift: how far its edge stands back towards the gum. neck: width at the gum line, as a part of the
    width. mesial, distal: how much and from where the corners of the edge are rounded, in parts of
    height and half width. cusp: slope of the cusp. tint: how much yellower than a front tooth.
    """

    width: float
    height: float
    lift: float
    neck: float
    mesial: tuple[float, float]
    distal: tuple[float, float]
    cusp: float
    albedo: float
    tint: float


UPPER_CROWNS = (
    Crown(8.6, 10.6, 0.0, 0.80, (0.04, 0.62), (0.10, 0.40), 0.00, 1.00, 0.00),
    Crown(6.7, 9.1, 0.8, 0.74, (0.07, 0.50), (0.16, 0.30), 0.00, 0.99, 0.01),
    Crown(7.6, 10.2, 0.1, 0.72, (0.02, 0.70), (0.05, 0.50), 0.12, 0.93, 0.06),
    Crown(7.1, 8.6, 0.7, 0.78, (0.03, 0.60), (0.05, 0.50), 0.13, 0.94, 0.04),
    Crown(6.8, 7.9, 1.2, 0.80, (0.03, 0.60), (0.05, 0.50), 0.11, 0.93, 0.04),
    Crown(10.2, 7.4, 1.7, 0.86, (0.02, 0.70), (0.03, 0.60), 0.05, 0.92, 0.05),
    Crown(9.6, 7.0, 2.6, 0.86, (0.02, 0.70), (0.03, 0.60), 0.05, 0.92, 0.05),
)
LOWER_CROWNS = (
    Crown(5.3, 9.0, 0.0, 0.74, (0.04, 0.70), (0.05, 0.55), 0.00, 0.98, 0.01),
    Crown(5.8, 9.4, 0.05, 0.74, (0.03, 0.65), (0.07, 0.50), 0.00, 0.98, 0.01),
    Crown(6.9, 10.8, -0.3, 0.70, (0.02, 0.70), (0.05, 0.50), 0.12, 0.92, 0.06),
    Crown(7.0, 8.6, 0.3, 0.76, (0.03, 0.60), (0.05, 0.50), 0.15, 0.93, 0.04),
    Crown(7.1, 8.1, 0.7, 0.80, (0.03, 0.60), (0.05, 0.50), 0.10, 0.92, 0.04),
    Crown(11.0, 7.5, 0.6, 0.88, (0.02, 0.70), (0.03, 0.60), 0.05, 0.91, 0.05),
    Crown(10.5, 7.0, 0.2, 0.88, (0.02, 0.70), (0.03, 0.60), 0.05, 0.91, 0.05),
)
CROWNS = {Jaw.UPPER: UPPER_CROWNS, Jaw.LOWER: LOWER_CROWNS}


@dataclass(frozen=True, slots=True, eq=False)
class Sprite:
    """maps: (h, w, 9) float32, channels as named above. reach: half the arc length that it covers, in
    eye distances. density: pixels per eye distance. Column c lies at arc (c + .5) / density - reach,
    row r at height (r + .5) / density - BELOW_EDGE.
    """

    maps: NDArray[np.float32]
    reach: float
    density: float


def half_length(jaw: Jaw) -> float:
    """Arc length of one side's teeth, in eye distances."""
    return sum(crown.width for crown in CROWNS[jaw]) * MILLIMETRE


def grid(jaw: Jaw, density: float) -> tuple[Array, Array, float]:
    """Arc length (1, w) and height (h, 1) of a sprite's pixels, and its reach."""
    reach = np.ceil(2 * half_length(jaw) * 1.01 * density) / (2 * density)
    return columns_of(reach, density)[None, :], rows_of(density)[:, None], reach


def columns_of(reach: float, density: float) -> Array:
    """(w,) arc length of a sprite's columns."""
    return np.asarray((np.arange(round(2 * reach * density)) + 0.5) / density - reach)


def rows_of(density: float, below: float = BELOW_EDGE) -> Array:
    """(h,) height of a sprite's rows above the biting edge of the front teeth, from `below` under it."""
    return np.asarray((np.arange(int((below + TOWARDS_GUM) * density) + 1) + 0.5) / density - below)


def tooth_sprite(jaw: Jaw, density: float, seed: int = 0, irregularity: float = 1.0) -> Sprite:
    """Draw the teeth of `jaw`; `irregularity` 0 makes both sides mirror images of each other.

    The same `seed` always draws the same teeth.
    """
    import cv2

    arc, height, reach = grid(jaw, density)
    shape = (height.shape[0], arc.shape[1])
    rng = np.random.default_rng([seed, jaw + 1])
    mottle = cv2.resize(rng.normal(0, 1, (6, 24)), (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    maps = np.zeros((*shape, CHANNELS))
    nearest = np.full(shape, -np.inf)
    for side in (-1, 1):
        start = 0.0
        for place, crown in enumerate(CROWNS[jaw]):
            width = crown.width * MILLIMETRE
            centre = side * (start + width / 2)
            start += width
            low, high = np.searchsorted(arc[0], [centre - 0.64 * width, centre + 0.64 * width])
            if place == len(CROWNS[jaw]) - 1:
                low, high = (0, high) if side < 0 else (low, shape[1])
            columns = slice(int(low), int(high))
            across = side * (arc[:, columns] - centre) / (width / 2)
            chance = rng.normal(size=6) * irregularity
            drawn, inside = _crown(crown, place, jaw, across, height, density, chance)
            drawn[..., ALONG] *= side
            drawn[..., : BLUE + 1] *= 1 + 0.012 * irregularity * mottle[:, columns, None]
            closer = inside > nearest[:, columns]
            maps[:, columns][closer] = drawn[closer]
            nearest[:, columns] = np.maximum(nearest[:, columns], inside)
    return with_shadow(maps, reach, density)


def with_shadow(maps: Array, reach: float, density: float) -> Sprite:
    """Finish `maps` (h, w, 9) into a sprite: its soft shadow is made here."""
    import cv2

    cover = np.maximum(maps[..., TOOTH], maps[..., GUM])
    maps[..., SHADOW] = cv2.GaussianBlur(cover, (0, 0), max(0.015 * density, 0.6), borderType=cv2.BORDER_REPLICATE)
    return Sprite(np.ascontiguousarray(maps, dtype=np.float32), reach, density)


def _crown(
    crown: Crown, place: int, jaw: Jaw, across: Array, height: Array, density: float, chance: Array
) -> tuple[Array, Array]:
    """One tooth on its own columns.

    across (1, w): -1 at its mesial, 1 at its distal contact; height (h, 1). Returns the channels
    (h, w, 9) and how far inside the outline each pixel lies (h, w), in eye distances.
    """
    half = crown.width * MILLIMETRE / 2 * (1 + 0.018 * chance[0])
    tall = crown.height * MILLIMETRE * (1 + 0.02 * chance[1])
    up = (height - (crown.lift + 0.22 * chance[2]) * MILLIMETRE) / tall
    lean = 0.035 * chance[3] * (up - 0.5) + (0.04 * (up - 0.3) if place < 3 else 0.0)
    t = across / (1 + 0.018 * chance[0]) + lean
    beside = np.abs(t)

    # Outline: a side distance and an edge distance, joined by a smooth minimum.
    half_width = 1 - 0.85 * (1 - crown.neck) * smoothstep(up, 0.25, 1.2) - 0.05 * smoothstep(0.20 - up, 0, 0.25)
    edge = np.where(t < 0, _rounded(beside, *crown.mesial), _rounded(beside, *crown.distal))
    if crown.cusp:
        edge = edge + crown.cusp * (np.sqrt((t + 0.08) ** 2 + 0.03) - 0.17) * np.where(t < -0.08, 0.8, 1.15)
    elif place == 0 and jaw is Jaw.UPPER:
        edge = edge + 0.006 * np.cos(9 * t) * (beside < 0.8)
    to_side = (half_width - beside) * half
    to_edge = (up - edge) * tall
    radius = 0.7 * MILLIMETRE
    mix = np.clip(0.5 + 0.5 * (to_edge - to_side) / radius, 0, 1)
    inside = to_edge * (1 - mix) + to_side * mix - radius * mix * (1 - mix)

    soft = 0.6 / density
    gum_line = 1 - 0.08 * (t - 0.1) ** 2 - 0.44 * np.clip(beside, 0, 1.15) ** 3.6
    above = (up - gum_line) * tall
    gum = smoothstep(above, -soft, 1.5 * soft + 0.25 * MILLIMETRE)

    neck = smoothstep(up, 0.45, 1.05)
    glassy = (1 - smoothstep(to_edge, 0, 1.5 * MILLIMETRE)) * (place < 3)
    outward = np.clip(to_side, 0, 1) / MILLIMETRE
    contact = 0.22 * np.exp(-((outward / 0.28) ** 2)) + 0.10 * np.exp(-outward / 0.9)
    shade = crown.albedo * (1 + 0.015 * chance[5]) * (1 - 0.10 * neck) * (1 - 0.13 * glassy) * (1 - contact)
    shade = shade * (1 - 0.20 * np.exp(-((np.clip(-above, 0, 1) / (0.5 * MILLIMETRE)) ** 2)))

    drawn = np.zeros((*np.broadcast_shapes(t.shape, up.shape), CHANNELS))
    drawn[..., RED] = shade
    drawn[..., GREEN] = shade * (1 - 0.35 * crown.tint - 0.03 * neck + 0.02 * glassy)
    drawn[..., BLUE] = shade * (1 - 1.6 * crown.tint - 0.10 * neck + 0.05 * glassy)
    drawn[..., TOOTH] = smoothstep(inside, -soft, soft)
    drawn[..., GUM] = gum
    facing = 0.55 * np.sign(t) * np.clip(beside, 0, 1) ** 3 + 0.05 * chance[4]
    upward = 0.42 * (0.42 - up) + 0.30 * (1 - smoothstep(to_edge, 0, 1.4 * MILLIMETRE)) - 0.35 * smoothstep(up, 0.8, 1)
    swell = -0.25 + 0.5 * smoothstep(height, 0.11, 0.17)
    drawn[..., ALONG] = facing * (1 - gum)
    drawn[..., UPWARD] = upward * (1 - gum) + swell * gum
    return drawn, inside


def _rounded(beside: Array, amount: float, start: float) -> Array:
    """How far a corner of the edge is rounded away, in parts of the crown's height."""
    return np.asarray(amount * np.clip((beside - start) / (1 - start), 0, 2) ** 2)
