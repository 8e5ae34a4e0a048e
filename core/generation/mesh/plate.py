"""The background behind a turning head.

The plate is the photo itself outside a band round the subject; inside, it is filled from the rim
inwards by push-pull (coarse levels of a pyramid fill what finer ones lack), with the background's own
fine texture mirrored in where it is rich, and its measured grain on top. It is made at reduced size.
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
FINE, FAINT_DETAIL = 0.05, 14.0
"""Eye distances and 255ths below which the background's texture is mirrored into the plate."""
STRIP, GRAIN_ROWS = 256, 64
"""Rows of the photo worked on at once, and in a sample of its grain."""
STRAND_REACH = 0.9
"""Eye distances from the subject within which thin things may be part of it."""
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
    strands = _strands(small, distance, unit, image.peak)
    sure = ((distance > 0.85 * band) & (strands == 0)).astype(np.float32)
    if not sure.any():
        return image.pixels
    filled = push_pull(small, sure)
    detailed = float(smoothstep(texture(small, distance, unit, image.peak), 5.0, 8.0))
    if detailed > 0:
        filled = filled + np.float32(detailed) * _mirrored_detail(small, sure, unit, image.peak)
    known = smoothstep(distance, 0.75 * band, band).astype(np.float32)
    known *= 1 - np.clip(cv2.GaussianBlur(strands, (0, 0), 1.0), 0, 1)
    plate = _enlarged_into(image, filled, known, grain_of(image))
    plate.flags.writeable = False
    return plate


def _enlarged_into(image: Image, filled: Plane, known: Plane, grain: float) -> Pixels:
    """The photo, replaced by `filled` and grain where `known` falls short of 1; strip by strip, for memory."""
    plate = image.pixels.copy()
    draw = np.random.default_rng(0)
    shrink = np.array([known.shape[1] / image.width, known.shape[0] / image.height])
    for top in range(0, image.height, STRIP):
        height = min(STRIP, image.height - top)
        into = np.array([[shrink[0], 0, 0.5 * shrink[0] - 0.5], [0, shrink[1], (top + 0.5) * shrink[1] - 0.5]])
        size, edge = (image.width, height), cv2.BORDER_REPLICATE
        linear, cubic = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        share = cv2.warpAffine(known, into, size, flags=linear, borderMode=edge)[..., None]
        noise = draw.standard_normal((height, image.width, 1), dtype=np.float32) * np.float32(grain)
        if share.min() >= 1:
            continue
        fill = cv2.warpAffine(filled, into, size, flags=cubic, borderMode=edge) + noise
        own = plate[top : top + height]
        mixed = np.clip(np.rint(own * share + fill * (1 - share)), 0, image.peak).astype(plate.dtype)
        plate[top : top + height] = np.where(share < 1, mixed, own)
    return plate


def band_width(small: Plane, distance: Plane, unit: float, peak: int) -> float:
    """Eye distances round the subject that are filled too: less where the background is rich in detail."""
    return float(0.16 - 0.13 * smoothstep(texture(small, distance, unit, peak), 4.0, 12.0))


def _mirrored_detail(small: Plane, sure: Plane, unit: float, peak: int) -> Plane:
    """(h, w, c) fine texture where `sure` is 0: the background's own, mirrored at the nearest edge of what is seen.

    Only what is fine and faint is taken, from a little away from the edge, so that neither a seam of tone nor
    the subject's fringe is mirrored.
    """
    width = 2 * int(0.04 * unit) + 1
    clean = cv2.erode(sure, np.ones((width, width), np.uint8))
    weight = cv2.GaussianBlur(clean, (0, 0), FINE * unit)[..., None]
    around = cv2.GaussianBlur(small * clean[..., None], (0, 0), FINE * unit) / np.maximum(weight, 1e-3)
    faint = np.float32(FAINT_DETAIL * peak / 255)
    detail = np.clip(small - around, -faint, faint) * clean[..., None]
    _, nearest = cv2.distanceTransformWithLabels(
        (clean == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    rows, columns = np.nonzero(clean)
    if not len(rows):
        return np.zeros_like(small)
    edge = np.zeros((int(nearest.max()) + 1, 2), np.int64)
    edge[nearest[rows, columns]] = np.column_stack([rows, columns])
    y, x = np.nonzero(sure == 0)
    mirrored = np.clip(2 * edge[nearest[y, x]] - np.column_stack([y, x]), 0, np.array(sure.shape) - 1)
    out = np.zeros_like(small)
    out[y, x] = detail[mirrored[:, 0], mirrored[:, 1]]
    return out


def _strands(small: Plane, distance: Plane, unit: float, peak: int) -> Plane:
    """(h, w) 1 where something thin stands out near the subject: wisps and earrings that the matte lacks.

    On a quiet background they belong to the subject and are to travel with it; on a busy one they cannot be told.
    """
    rough = texture(small, distance, unit, peak)
    reach = STRAND_REACH * (1 - float(smoothstep(rough, 2.0, 5.0)))
    grey = np.clip(small * np.float32(255.0 / peak), 0, 255).astype(np.uint8)
    plain = cv2.medianBlur(grey, 2 * int(0.07 * unit) + 3)
    thin = np.abs(grey.astype(np.float32) - plain).max(axis=2) > 9.0 + 4.0 * rough
    thin &= (distance > 0) & (distance < reach * unit)
    return cv2.dilate(thin.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(np.float32)


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


def grain_of(image: Image) -> float:
    """Standard deviation of the photo's noise, in its own units: that of its calmest parts."""
    calm = []
    for top in np.linspace(0, max(image.height - GRAIN_ROWS, 0), 8).astype(int):
        grey = image.pixels[top : top + GRAIN_ROWS, :, 1].astype(np.float32)
        rough = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 1.2))
        columns = max(rough.shape[1] // GRAIN_ROWS, 1)
        calm += [1.48 * float(np.median(part)) for part in np.array_split(rough, columns, axis=1)]
    return float(np.percentile(calm, 25))


def _reduced(plane: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    if size == (plane.shape[1], plane.shape[0]):
        return plane
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA))
