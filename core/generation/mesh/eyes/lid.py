"""The upper lid as clean skin that unfolds, times lashes that ride on its edge.

A photo shows an open eye: little lid skin, and lashes over it. Stretching those pixels over a closing
eye smears the lashes. So the photo around the lid is split into a skin plate without lashes, which may
stretch, and a gain (photo over plate) that moves rigidly with the lid's edge: at rest their product is
the photo again. `t` is the distance above the lid's edge in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.generation.mesh.eyes.eyeball import Plate, blurred
from core.generation.mesh.eyes.frame import MARGIN, PARAMETER, LidCurves
from core.values.geometry import smoothstep

Array = NDArray[np.float64]

LASH_LENGTH = 0.050
"""Visible length of lowered upper lashes, canonical units."""


@dataclass(frozen=True, slots=True, eq=False)
class Lid:
    """One upper lid in the crop of its eye.

    skin: (h, w, 3) lid without lashes; gain: (h, w, 3) photo over what lies under the lashes, above
    and below the edge; crease: (COLUMNS,) height of the fold above the edge at rest, pixels; folded:
    whether the photo shows that fold; root: thickness of the lash roots, pixels; lash_reach: height
    in pixels up to which the gain differs from 1; overlap: pixels by which the eye reaches below the
    lower lid's landmarks; fringe: (rows, columns) lowered lashes over `PARAMETER`'s range and
    `LASH_LENGTH`, coverage; lash: (3,) colour; strength: how dark the photo's lashes are, 0..1.
    """

    skin: Plate
    gain: Plate
    crease: Array
    folded: float
    root: float
    lash_reach: float
    overlap: float
    fringe: Plate
    lash: Array
    strength: float


def make_lid(crop: Plate, whole: Plate, rest: LidCurves, unit: float, feather: float, seed: int) -> Lid:
    """Split a crop of the photo into skin and lashes.

    whole: the eyeball plate of the same crop; rest: lids in it; unit: pixels of one canonical unit;
    feather: width in pixels of the lid's edge in the drawing.
    """
    h, w = crop.shape[:2]
    yy, xx = np.mgrid[:h, :w].astype(np.float64)
    u, height = rest.to_frame(np.stack([xx, yy], -1))
    edge = np.interp(u, PARAMETER, rest.upper)
    above = edge - height
    size = max(float(rest.gap.max()), 0.09 * unit)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_odd(0.035 * unit),) * 2)
    closed = cv2.morphologyEx(crop, cv2.MORPH_CLOSE, kernel)
    soft = blurred(closed, 0.010 * unit)

    bare = _bare_height(soft, rest, size)
    rows = np.stack([u, np.maximum(above, bare)], -1)
    source = rest.to_picture(rows[..., 0], np.interp(rows[..., 0], PARAMETER, rest.upper) - rows[..., 1])
    drawn = cv2.remap(soft, source[..., 0].astype(np.float32), source[..., 1].astype(np.float32), cv2.INTER_LINEAR,
                      borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
    drawn = blurred(drawn, 0.022 * unit)
    plain = 1 - smoothstep(above, 1.15 * bare, max(0.5 * size, 1.8 * bare))
    sideways = smoothstep(u, -0.08, 0.0) * (1 - smoothstep(u, 1.0, 1.08))
    plain = (plain * sideways)[..., None]
    skin = (drawn * plain + crop * (1 - plain)).astype(np.float32)

    cover = (np.clip(0.5 - above / feather, 0, 1) * ((u > 0) & (u < 1)))[..., None]
    gain = crop / np.maximum(cover * whole + (1 - cover) * skin, 3.0)
    near = (1 - smoothstep(above, 0.6 * size, 0.9 * size)) * (1 - smoothstep(-above, 0.5 * size, 0.8 * size))
    near *= smoothstep(u, -MARGIN, -0.08) * (1 - smoothstep(u, 1.08, 1 + MARGIN))
    gain = np.clip(1 + (gain - 1) * near[..., None], 0.02, 1.7)
    # Over the eyeball lashes only darken, whatever colour lies under them; a bright gain there would be
    # a catch-light that rides on the lid.
    grey = blurred(np.minimum(gain.mean(2), 1.0).astype(np.float32), 0.007 * unit)[..., None]
    over = smoothstep(-above, -0.02 * size, 0.06 * size)[..., None]
    gain = np.ascontiguousarray(gain * (1 - over) + grey * over, np.float32)

    middle = (u > 0.1) & (u < 0.9)
    band = middle & (np.abs(above) < 0.10 * size)
    colours = crop[band] if band.any() else crop.reshape(-1, 3)
    light = colours.mean(1)
    lash = colours[light <= np.percentile(light, 35)].mean(0).astype(np.float64)
    under = float(skin[band].mean()) if band.any() else 128.0
    strength = float(np.clip((under - lash.mean()) / max(under, 1.0) * 1.5 - 0.15, 0.25, 1.0))
    crease, folded = _crease(crop, rest, bare, size, unit)
    overlap = _overlap(crop, rest, size)
    fringe = _fringe(rest.width, unit, seed)
    return Lid(skin, gain, crease, folded, max(bare, 0.05 * size), 0.92 * size, overlap, fringe, lash * 0.85, strength)


def _odd(value: float) -> int:
    return max(2 * round(value / 2) + 1, 3)


def _profile(plate: Plate, rest: LidCurves, columns: Array, heights: Array, edge: Array) -> Array:
    """Luminance (len(heights), len(columns)) at heights relative to a curve."""
    u, t = np.meshgrid(columns, heights)
    points = rest.to_picture(u, np.interp(u, PARAMETER, edge) + t).astype(np.float32)
    values = cv2.remap(plate, points[..., 0], points[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(values, np.float64)


def _bare_height(soft: Plate, rest: LidCurves, size: float) -> float:
    """Height above the edge at which the lid's skin shows free of lash roots and liner."""
    t = np.linspace(0, 0.6 * size, 40)
    light = np.median(_profile(soft, rest, np.linspace(0.2, 0.85, 24), -t, rest.upper).mean(2), axis=1)
    reached = np.flatnonzero(light >= light[0] + 0.75 * (light.max() - light[0]))
    return float(np.clip(t[reached[0]] if len(reached) else t[-1], 0.05 * size, 0.40 * size))


def _crease(crop: Plate, rest: LidCurves, bare: float, size: float, unit: float) -> tuple[Array, float]:
    """Height of the fold over `PARAMETER` and how clearly the photo shows one."""
    reach = rest.upper - rest.fold
    room = float(np.median(reach[(PARAMETER > 0.25) & (PARAMETER < 0.75)]))
    t = np.linspace(0.5 * bare, max(0.85 * room, bare + 2), 60)
    light = _profile(crop, rest, np.linspace(0.3, 0.75, 20), -t, rest.upper).mean(2).mean(1)
    step = t[1] - t[0]
    fine = cv2.GaussianBlur(light[:, None], (1, 0), 0.1, None, max(0.008 * unit / step, 0.5))[:, 0]
    broad = cv2.GaussianBlur(light[:, None], (1, 0), 0.1, None, max(0.035 * unit / step, 2))[:, 0]
    dip = (broad - fine) / np.maximum(broad, 1)
    dip[t < bare] = 0
    dip[-3:] = 0
    at = int(np.argmax(dip))
    folded = float(smoothstep(float(dip[at]), 0.01, 0.05))
    usual = np.clip(0.40 * size, 1.2 * bare, 0.6 * room) if 1.2 * bare < 0.6 * room else 0.6 * room
    peak = folded * t[at] + (1 - folded) * usual
    arch = 0.5 + 0.5 * np.sin(np.pi * np.clip(PARAMETER, 0, 1)) ** 0.7
    return np.minimum(peak * arch, 0.85 * reach), folded


def _overlap(crop: Plate, rest: LidCurves, size: float) -> float:
    """How far the bright eye and its wet rim reach below the lower lid's landmarks, pixels."""
    v = np.linspace(-0.15 * size, 0.5 * size, 40)
    colours = np.median(_profile(crop, rest, np.linspace(0.2, 0.8, 24), v, rest.lower), axis=1)  # (40, 3)
    skin = np.median(colours[v > 0.33 * size], axis=0)
    away = np.abs(colours - skin).sum(1)
    inside = away[v < 0].max()
    left = np.flatnonzero((v >= 0) & (away < 0.35 * inside))
    reach = float(v[left[0]]) if len(left) else 0.12 * size
    return float(np.clip(reach, 0.03 * size, 0.16 * size))


def _fringe(width: float, unit: float, seed: int) -> Plate:
    """Coverage of lashes that hang from a closed lid: denser and longer towards the outer corner."""
    rng = np.random.default_rng(2000 + seed)
    columns = max(int(width * (1 + 2 * MARGIN)), 24)
    rows = max(int(LASH_LENGTH * unit), 4)
    fine = 4
    canvas = np.zeros((rows * fine, columns * fine), np.float32)
    for _ in range(80):
        u = rng.uniform(0.02, 0.84)
        length = rows * fine * (0.30 + 0.55 * (1 - u) ** 0.7 * rng.uniform(0.5, 1.0)) * min(1.0, 0.45 + 3 * u)
        x0 = (u + MARGIN) / (1 + 2 * MARGIN) * columns * fine
        lean = (-0.9 + 1.15 * u + rng.normal(0, 0.28)) * length
        s = np.linspace(0, 1, 12)
        points = np.stack([x0 + lean * s**1.5, length * s], -1)
        strand = np.zeros(canvas.shape, np.uint8)
        thick = max(0.0032 * unit * fine, 1.0)
        for k in range(11):
            a, b = (points[k] * 16).round().astype(int), (points[k + 1] * 16).round().astype(int)
            cv2.line(strand, tuple(map(int, a)), tuple(map(int, b)), int(255 * (1 - 0.8 * s[k])),
                     max(round(thick * (1 - 0.7 * s[k])), 1), cv2.LINE_AA, 4)  # fmt: skip
        canvas += (1 - canvas) * (strand.astype(np.float32) * np.float32(rng.uniform(0.3, 0.65) / 255))
    out = cv2.resize(canvas, (columns, rows), interpolation=cv2.INTER_AREA)
    fade = 1 - smoothstep(np.linspace(0, 1, rows), 0.3, 1.0)
    return np.ascontiguousarray(out * fade[:, None], np.float32)
