"""The eyeball as plates: sclera, iris and catch-light, completed from what the photo shows of them.

All plates lie in a crop of the photo around the eye, float32 in 0..255. The photo's own pixels are kept
wherever they are clean, so an eyeball at rest under moved lids is the photo's own.

Sizes of an adult eye: ball radius 12 mm, iris radius 5.9 mm, iris plane 10.5 mm and corneal centre of
curvature 5.7 mm from the ball's centre (Gullstrand's schematic eye); one canonical unit is 89 mm.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.generation.mesh.eyes.frame import PARAMETER, LidCurves
from core.generation.mesh.eyes.gaze import BALL_RADIUS
from core.values.geometry import smoothstep

Array = NDArray[np.float64]
Plate = NDArray[np.float32]

IRIS_RADIUS = 0.066
LASH_BAND = 0.16
"""Part of the opening under the upper lid that lashes may hide."""


@dataclass(frozen=True, slots=True, eq=False)
class Eyeball:
    """Plates of one eye in a crop whose pixel (0, 0) is `origin` of the photo.

    whole: (h, w, 3) the eyeball as the photo shows it, without lids; sclera: without the iris too;
    iris: the iris disc on its surround; glint: light to add for the catch-light; centre (2,) and
    radius of the iris in pixels of the crop; rim: how soft its edge is, as a part of the radius.
    synthesised: the photo shows too little of this eye, and the plates are a plausible invention.
    """

    whole: Plate
    sclera: Plate
    iris: Plate
    glint: Plate
    centre: Array
    radius: float
    rim: float
    synthesised: bool


def blurred(image: Plate, sigma: float) -> Plate:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), max(sigma, 0.3)), np.float32)


def refine_iris(grey: Plate, visible: NDArray[np.bool_], centre: Array, radius: float) -> tuple[Array, float]:
    """Iris circle near a given one that has the strongest dark-to-bright step along its sides.

    Daugman's integro-differential operator over the arcs within 50 degrees of the horizontal, which
    lids seldom cover. Returns the given circle where the picture shows no clear rim.
    """
    angles = np.radians(np.r_[np.linspace(-50, 50, 15), np.linspace(130, 230, 15)])
    rays = np.stack([np.cos(angles), np.sin(angles)], -1)  # (30, 2)
    soft = blurred(grey, 0.05 * radius)
    shown = visible.astype(np.float32)

    def strength(middle: Array, size: float) -> float:
        inner = (middle + 0.93 * size * rays).astype(np.float32)
        outer = (middle + 1.09 * size * rays).astype(np.float32)
        a = cv2.remap(soft, inner[None, :, 0], inner[None, :, 1], cv2.INTER_LINEAR)[0]
        b = cv2.remap(soft, outer[None, :, 0], outer[None, :, 1], cv2.INTER_LINEAR)[0]
        sure = cv2.remap(shown, outer[None, :, 0], outer[None, :, 1], cv2.INTER_LINEAR)[0]
        if sure[:15].sum() < 3 or sure[15:].sum() < 3:
            return 0.0
        step = np.clip(b - a, -10, 60) * sure
        return float(min(step[:15].sum() / sure[:15].sum(), step[15:].sum() / sure[15:].sum()) + 0.5 * step.mean())

    best, found = strength(centre, radius) + 1.5, (centre, radius)
    for size in radius * np.linspace(0.86, 1.16, 9):
        for dx in radius * np.linspace(-0.15, 0.15, 7):
            for dy in radius * np.linspace(-0.12, 0.12, 5):
                middle = centre + (dx, dy)
                # Leaving the landmark must pay for itself: hair and lid edges make false rims.
                value = strength(middle, size) - 6 * ((dx / radius) ** 2 + (dy / radius) ** 2) / 0.02 * 0.2
                if value > best:
                    best, found = value, (middle, float(size))
    return found


def make_eyeball(
    crop: Plate, rest: LidCurves, centre: Array, radius: float, unit: float, skin: Array, grain: float, seed: int,
    other_iris: Array | None = None,
) -> Eyeball:  # fmt: skip
    """Plates from a crop of the photo.

    rest: lids in the crop; centre, radius: the iris landmarks there; unit: pixels of one canonical
    unit; skin: (3,) median skin colour; other_iris: colour of the other eye's iris for an eye that
    shows none.
    """
    h, w = crop.shape[:2]
    yy, xx = np.mgrid[:h, :w].astype(np.float32)
    u, height = rest.to_frame(np.stack([xx, yy], -1).astype(np.float64))
    upper, lower = np.interp(u, PARAMETER, rest.upper), np.interp(u, PARAMETER, rest.lower)
    gap = lower - upper
    opening = float(rest.gap.max())
    inside = (u > 0.02) & (u < 0.98)
    depth = (height - upper) / np.maximum(gap, 1e-3)
    under = height - upper
    clear = inside & (under > np.maximum(LASH_BAND * gap, 0.10 * opening)) & (depth < 0.95)
    shut = opening < 0.035 * unit
    grey = crop.mean(2)
    if not shut and radius > 5:
        centre, radius = refine_iris(grey, clear, centre, radius)
    if shut:
        radius = IRIS_RADIUS * unit
    rho = np.hypot(xx - centre[0], yy - centre[1])
    white_seen = clear & (rho > 1.22 * radius)
    iris_seen = clear & (rho < 0.95 * radius)
    enough = max(6.0, 0.0004 * unit * unit)
    synthesised = bool(shut or iris_seen.sum() < enough)

    base = _sclera_tone(crop, white_seen if white_seen.sum() >= enough and not shut else None, skin)
    sclera = _sclera(base, rest, (xx, yy), radius, unit, skin, seed)
    own = np.zeros((h, w), np.float32)
    if not shut:
        # Own pixels that are lashes, lid edge or iris bleed would be copied into the open white.
        bright = grey > 0.70 * base.mean()
        sure = np.asarray(cv2.erode((white_seen & bright).astype(np.float32), np.ones((3, 3))), np.float32)
        own = blurred(sure, max(0.07 * radius, 0.6))
        local = blurred(np.where(white_seen, grey, 0).astype(np.float32), 0.6 * radius) / np.maximum(
            blurred(white_seen.astype(np.float32), 0.6 * radius), 1e-3
        )
        seen = smoothstep(blurred(white_seen.astype(np.float32), 0.6 * radius), 0.03, 0.25)
        tone = np.clip(local / np.maximum(blurred(sclera.mean(2), 0.3 * radius), 1), 0.84, 1.15)
        sclera = np.asarray(sclera * (1 + 0.75 * seen * (tone - 1))[..., None], np.float32)
    noise = np.random.default_rng(seed).normal(0, grain, (h, w, 1)).astype(np.float32)
    sclera = np.asarray((sclera + noise) * (1 - own[..., None]) + crop * own[..., None], np.float32)
    if synthesised:
        iris = _invented_iris((xx, yy), centre, radius, base, skin, other_iris)
        glint = np.zeros_like(crop)
        rim = 0.10
    else:
        below_lashes = clear & (under > np.maximum(0.26 * gap, 0.18 * opening))
        iris, glint = _completed_iris(crop, clear, below_lashes, (xx, yy), centre, radius)
        rim = float(np.clip(1.2 / radius, 0.05, 0.16))
    disc = (1 - smoothstep(rho / radius, 1 - rim, 1 + rim))[..., None]
    whole = sclera * (1 - disc) + (iris + glint) * disc
    # Lashes that hang deeper belong to the lid, not to the ball.
    lash = 1 - smoothstep(blurred(grey / np.maximum(whole.mean(2), 1), 0.3), 0.62, 0.85)
    hanging = (lash > 0.5) & (under < 0.55 * gap)
    free = blurred((clear & ~hanging).astype(np.float32), max(0.03 * opening, 0.5)) * clear
    kept = (0.0 if synthesised else 1.0) * smoothstep(free, 0.5, 1.0)[..., None]
    whole = whole * (1 - kept) + crop * kept
    place = np.asarray(centre, np.float64)
    plates = (whole.astype(np.float32), sclera, iris, glint)
    return Eyeball(*plates, place, float(radius), rim, synthesised)


def _sclera_tone(crop: Plate, seen: NDArray[np.bool_] | None, skin: Array) -> Array:
    """Median of the brightest 40 % of the visible white; from the skin where none is visible."""
    if seen is None:
        level = float(skin.mean())
        # The white reflects about as much in every face, skin does not: bright skin is near it, dark skin far.
        tone = min(1.06 * 255 * (level / 255) ** 0.62, 232.0)
        chroma = (skin / max(level, 1.0)) ** 0.25
        return np.asarray(tone * chroma / chroma.mean())
    pixels = crop[seen].astype(np.float64)
    light = pixels.mean(1)
    # Wet rim, corners and skin are redder than the white.
    excess = (pixels.max(1) - pixels.min(1)) / np.maximum(light, 1)
    white = (light >= np.percentile(light, 45)) & (excess <= np.percentile(excess, 60))
    base = np.median(pixels[white] if white.sum() >= 4 else pixels, axis=0)
    level = base.mean()
    lamp = (skin / max(float(skin.mean()), 1.0)) ** 0.15
    return np.asarray(1.03 * (0.55 * base + 0.45 * level * lamp / lamp.mean()))


def _sclera(
    base: Array, rest: LidCurves, grid: tuple[Plate, Plate], radius: float, unit: float, skin: Array, seed: int
) -> Plate:
    """A shaded, veined ball of tone `base`: darker towards its rim, pinker in the corners."""
    xx, yy = grid
    middle = rest.to_picture(np.array(0.5), np.array(0.5 * (rest.upper.min() + rest.lower.max())))
    ball = max(BALL_RADIUS * unit, 1.75 * radius)
    across = np.hypot(xx - middle[0], yy - middle[1]) / ball
    facing = np.sqrt(np.clip(1 - across**2, 0.02, 1))
    shade = 0.62 + 0.38 * facing**0.8
    inner, outer = rest.to_picture(np.array(1.0), np.array(0.0)), rest.to_picture(np.array(0.0), np.array(0.0))
    near_inner = np.hypot(xx - inner[0], yy - inner[1]) / unit
    near_outer = np.hypot(xx - outer[0], yy - outer[1]) / unit
    blush = 0.9 * np.exp(-((near_inner / 0.055) ** 2)) + 0.35 * np.exp(-((near_outer / 0.05) ** 2))
    plate = base * shade[..., None]
    colourful = np.ptp(skin) > 6
    if colourful:
        veins = _veins(xx.shape, unit, seed) * smoothstep(across, 0.35, 0.9)
        redness = np.clip(blush * 0.5 + veins * 0.06, 0, 0.55)
        plate = plate * (1 - redness[..., None] * np.array([0.16, 0.58, 0.55]))
    return np.asarray(plate, np.float32)


def _veins(shape: tuple[int, ...], unit: float, seed: int) -> Plate:
    """Ridges of noise that run mostly sideways, in [0, 1]."""
    h, w = shape[:2]
    rng = np.random.default_rng(1000 + seed)
    total = np.zeros((h, w), np.float32)
    strength = 1.0
    for size in (0.05, 0.025, 0.012):
        rows, columns = max(int(h / (size * unit * 0.6)), 2) + 2, max(int(w / (size * unit * 1.6)), 2) + 2
        noise = cv2.resize(rng.normal(0, 1, (rows, columns)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
        total += strength * np.clip(1 - np.abs(noise) * 4, 0, 1)
        strength *= 0.6
    return np.clip(total, 0, 1)


def _rings(crop: Plate, seen: NDArray[np.bool_], rho: Plate, radius: float, percentile: float) -> Plate:
    """Colour by distance from the iris centre, blurred a little: (h, w, 3)."""
    count = max(int(radius * 1.15), 5)
    ring = np.minimum((rho / (1.15 * radius) * count).astype(int), count)
    profile = np.full((count + 1, 3), np.nan)
    for k in range(count + 1):
        pixels = crop[seen & (ring == k)]
        if len(pixels) >= 3:
            profile[k] = np.percentile(pixels, percentile, axis=0)
    known = ~np.isnan(profile[:, 0])
    if not known.any():
        profile[:] = 40.0
    else:
        for c in range(3):
            profile[:, c] = np.interp(np.arange(count + 1), np.flatnonzero(known), profile[known, c])
    return blurred(profile[ring].astype(np.float32), 0.06 * radius)


def _completed_iris(
    crop: Plate, clear: NDArray[np.bool_], sure_of: NDArray[np.bool_], grid: tuple[Plate, Plate], centre: Array,
    radius: float,
) -> tuple[Plate, Plate]:  # fmt: skip
    """The iris without lids and catch-light, and the catch-light alone.

    clear: where the eye may show; sure_of: where no lash reaches.

    What a lid hides is the mirror image of what shows opposite, or the polar median where that hides
    too.
    """
    xx, yy = grid
    rho = np.hypot(xx - centre[0], yy - centre[1]).astype(np.float32)
    near = clear & (rho < 1.12 * radius)
    # Catch-light: a small bright residue over the 40th percentile of its ring.
    plain = _rings(crop, near, rho, radius, 40)
    residue = crop - plain
    bright = smoothstep(residue.min(2), 28, 65) * clear * (1 - smoothstep(rho / radius, 0.70, 0.86))
    count, labels, stats, centroids = cv2.connectedComponentsWithStats((bright > 0.3).astype(np.uint8))
    spot = np.zeros(rho.shape, np.float32)
    for k in range(1, count):
        small = 2 <= stats[k, cv2.CC_STAT_AREA] < 0.14 * np.pi * radius**2
        central = np.hypot(*(centroids[k] - centre)) < 0.72 * radius
        if small and central and residue.min(2)[labels == k].max() > 50:
            spot[labels == k] = 1
    grown = cv2.dilate(spot, np.ones((3, 3)))
    spot = np.clip(blurred(grown, max(0.05 * radius, 0.6)) * 1.4, 0, 1)[..., None]
    glint = (np.clip(residue, 0, None) * spot).astype(np.float32)
    clean = crop * (1 - spot) + np.minimum(plain, crop) * spot

    near = near & sure_of if (near & sure_of).sum() > 12 else near
    lower_part = near & (yy > centre[1] - 0.25 * radius)
    rings = _rings(clean, lower_part if lower_part.sum() > 0.3 * near.sum() else near, rho, radius, 50)
    seen = blurred(near.astype(np.float32), max(0.05 * radius, 0.5))
    # Lashes and the lid's shadow darken the upper part; a moved iris must not carry them along.
    upper = smoothstep((centre[1] - yy) / radius, 0.05, 0.35)
    dark = 1 - smoothstep(blurred(clean.mean(2) / np.maximum(rings.mean(2), 1), 0.05 * radius), 0.66, 0.92)
    seen = smoothstep(seen, 0.55, 0.95) * (1 - upper * np.maximum(dark, 0.35))
    top_down = np.stack([xx, 2 * centre[1] - yy], -1).astype(np.float32)
    left_right = np.stack([2 * centre[0] - xx, yy], -1).astype(np.float32)
    filled = rings
    for mirror in (left_right, top_down):
        other = cv2.remap(clean, mirror[..., 0], mirror[..., 1], cv2.INTER_LINEAR)
        sure = cv2.remap(seen, mirror[..., 0], mirror[..., 1], cv2.INTER_LINEAR)[..., None]
        filled = filled * (1 - 0.7 * sure) + other * (0.7 * sure)
    iris = clean * seen[..., None] + filled * (1 - seen[..., None])
    return iris.astype(np.float32), glint


def _invented_iris(
    grid: tuple[Plate, Plate], centre: Array, radius: float, sclera: Array, skin: Array, colour: Array | None
) -> Plate:
    """A plain iris with pupil and fibres for an eye that the photo shows shut."""
    xx, yy = grid
    dx, dy = xx - centre[0], yy - centre[1]
    rho, angle = np.hypot(dx, dy) / radius, np.arctan2(dy, dx)
    if colour is None:
        brown = np.array([0.36, 0.25, 0.17]) if np.ptp(skin) > 6 else np.array([0.26, 0.26, 0.26])
        colour = brown * float(sclera.mean())
    rng = np.random.default_rng(5)
    waves = rng.normal(0, 1, 64)
    index = (angle + np.pi) / (2 * np.pi) * 64
    fibres = np.interp(index.ravel(), np.arange(65), np.r_[waves, waves[0]]).reshape(rho.shape)
    tone = (1 + 0.08 * fibres * smoothstep(rho, 0.4, 0.6)) * (1 - 0.45 * smoothstep(rho, 0.75, 1.0))
    pupil = 1 - smoothstep(rho, 0.34, 0.44)
    return (colour * (tone * (1 - pupil) + 0.18 * pupil)[..., None]).astype(np.float32)
