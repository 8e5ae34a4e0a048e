"""The background behind a turning head.

The plate is the photo itself outside a band round the subject; inside, it is filled from the rim
inwards by push-pull (coarse levels of a pyramid fill what finer ones lack), with the background's
measured grain on top. The filling is smooth, so it is made at reduced size.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.values.geometry import smoothstep
from core.values.image import Image, Pixels

Plane = NDArray[np.float32]

SUBJECT = 0.02
"""Coverage from which a pixel belongs to the subject."""
WORKING_SCALE = 96.0
"""Pixels per eye distance at which the filling is made."""


def background_plate(image: Image, matte: Plane, scale: float) -> Pixels:
    """(H, W, 3) in the photo's depth; the photo's own values wherever it is sure of the background.

    matte (H, W) coverage of the subject; scale pixels of an eye distance. Where no background can be
    seen at all, the photo is returned.
    """
    reduction = min(1.0, WORKING_SCALE / scale)
    size = max(round(image.width * reduction), 8), max(round(image.height * reduction), 8)
    unit = scale * reduction
    small = _reduced(image.pixels, size).astype(np.float32)
    outside = (_reduced(matte, size) <= SUBJECT).astype(np.uint8)
    distance = cv2.distanceTransform(outside, cv2.DIST_L2, 5)
    band = max(band_width(small, distance, unit, image.peak) * unit, 3.0)
    sure = (distance > 0.85 * band).astype(np.float32)
    if not sure.any():
        return image.pixels
    filled = push_pull(small, sure)
    full = (image.width, image.height)
    away = cv2.resize(distance, full, interpolation=cv2.INTER_LINEAR)
    known = smoothstep(away, 0.75 * band, band).astype(np.float32)
    rows, columns = (np.flatnonzero((known < 1).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return image.pixels
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    plate = image.pixels.copy()
    fill = cv2.resize(filled, full, interpolation=cv2.INTER_CUBIC)[box]
    fill += grain_like(image, known)[box]
    share = known[box][..., None]
    mixed = image.pixels[box] * share + fill * (1 - share)
    plate[box] = np.clip(np.rint(mixed), 0, image.peak).astype(plate.dtype)
    plate.flags.writeable = False
    return plate


def band_width(small: Plane, distance: Plane, unit: float, peak: int) -> float:
    """Eye distances round the subject that are filled too: less where the background is rich in detail."""
    return float(0.16 - 0.13 * smoothstep(texture(small, distance, unit, peak), 4.0, 12.0))


def texture(small: Plane, distance: Plane, unit: float, peak: int) -> float:
    """Local contrast of the background near the subject, in 255ths: the 70th percentile of a band pass."""
    grey = small.mean(axis=2) * np.float32(255.0 / peak)
    fine = cv2.GaussianBlur(grey, (0, 0), max(0.02 * unit, 0.6))
    coarse = cv2.GaussianBlur(grey, (0, 0), max(0.12 * unit, 2.0))
    near = (distance > 0.16 * unit) & (distance < 1.2 * unit)
    return float(np.percentile(np.abs(fine - coarse)[near], 70)) if near.sum() > 100 else 0.0


def push_pull(picture: Plane, weight: Plane) -> Plane:
    """Fill where `weight` (h, w) in [0, 1] is 0 from where it is 1. picture (h, w, c).

    S. Gortler et al., "The Lumigraph", SIGGRAPH 1996, section 3.4.
    """
    height, width = weight.shape
    if min(height, width) <= 2:
        total = max(float(weight.sum()), 1e-6)
        mean = (picture * weight[..., None]).sum(axis=(0, 1)) / np.float32(total)
        return np.asarray(picture * weight[..., None] + mean * (1 - weight[..., None]))
    half_weight = cv2.pyrDown(weight)
    half = cv2.pyrDown(picture * weight[..., None]) / np.maximum(half_weight, 1e-4)[..., None]
    below = push_pull(np.where(half_weight[..., None] > 1e-3, half, 0), np.clip(4 * half_weight, 0, 1))
    above = cv2.pyrUp(below, dstsize=(width, height))
    return np.asarray(picture * weight[..., None] + above * (1 - weight[..., None]), np.float32)


def grain_like(image: Image, known: Plane) -> Plane:
    """(H, W, 1) noise of the strength that the background shows, the same every time."""
    grey = image.pixels[..., 1].astype(np.float32)
    noise = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 1.2))[known >= 1]
    strength = 1.48 * float(np.median(noise)) if noise.size > 200 else 0.0
    draw = np.random.default_rng(0).standard_normal((*known.shape, 1), dtype=np.float32)
    return np.asarray(draw * np.float32(strength))


def _reduced(plane: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    if size == (plane.shape[1], plane.shape[0]):
        return plane
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA))
