"""An engine's crop laid back into the photo, at the photo's resolution.

The crop is moved into the photo's pixels, its colours are shifted to agree with the photo along the
seam, and it is blended by its alpha. Outside the alpha the photo's own pixels stay.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.generation.protocol import Rendered
from core.values.geometry import Box, apply_affine, box_around
from core.values.image import Image, Pixels

SEAM = (0.02, 0.6)
"""The range of alpha within which crop and photo must agree in colour."""


def composed(image: Image, rendered: Rendered) -> Pixels:
    """The whole photo with `rendered` in it, (H, W, 3) in the photo's depth."""
    if rendered.to_photo is None:
        return rendered.pixels
    if rendered.alpha is None:
        raise ValueError("an engine that returns a crop must return its alpha")
    box, crop, alpha = _in_photo(image, rendered)
    if box.empty:
        return image.pixels
    under = image.pixels[box.slices].astype(np.float32)
    crop += _seam_shift(under, crop, alpha)
    alpha = alpha[..., None]
    blended = np.clip(np.rint(under * (1 - alpha) + crop * alpha), 0, image.peak).astype(image.pixels.dtype)
    result = image.pixels.copy()
    result[box.slices] = np.where(alpha > 0, blended, image.pixels[box.slices])
    return result


def _in_photo(image: Image, rendered: Rendered) -> tuple[Box, NDArray[np.float32], NDArray[np.float32]]:
    """The box of the photo that the crop covers, and crop (h, w, 3) and alpha (h, w) resampled to it."""
    affine, alpha = rendered.to_photo, rendered.alpha
    assert affine is not None
    assert alpha is not None
    height, width = rendered.pixels.shape[:2]
    corners = np.array([[0, 0], [width - 1, 0], [0, height - 1], [width - 1, height - 1]], dtype=float)
    box = box_around(apply_affine(affine, corners)).clipped(image.width, image.height)
    if box.empty:
        empty = np.zeros((0, 0), np.float32)
        return box, empty[..., None], empty
    shifted = np.array(affine, dtype=np.float64)
    shifted[:, 2] -= box.x0, box.y0
    peak = 255 if rendered.pixels.dtype == np.uint8 else 65535
    pixels = rendered.pixels.astype(np.float32) * np.float32(image.peak / peak)
    size = box.width, box.height
    enlarged = float(np.sqrt(abs(np.linalg.det(shifted[:, :2])))) > 1
    crop = cv2.warpAffine(
        pixels, shifted, size, flags=cv2.INTER_CUBIC if enlarged else cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )
    coverage = cv2.warpAffine(alpha, shifted, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return box, np.asarray(crop), np.clip(coverage, 0, 1)


def _seam_shift(
    under: NDArray[np.float32], crop: NDArray[np.float32], alpha: NDArray[np.float32]
) -> NDArray[np.float32]:
    """What to add to the crop so that it meets the photo: the difference along the seam, diffused inwards.

    A normalised blur of the seam's differences at three widths, the widest filling what the narrower do
    not reach (as in membrane interpolation: Farbman et al. 2009, Coordinates for Instant Image Cloning).
    """
    weight = ((alpha > SEAM[0]) & (alpha < SEAM[1])).astype(np.float32)
    if not weight.any():
        return np.zeros_like(crop)
    difference = (under - crop) * weight[..., None]
    shift = np.broadcast_to(difference.sum((0, 1)) / weight.sum(), crop.shape).astype(np.float32)
    side = max(crop.shape[:2])
    for sigma in (side / 4, side / 10, side / 24):
        reach = cv2.GaussianBlur(weight, (0, 0), sigma)
        local = cv2.GaussianBlur(difference, (0, 0), sigma) / np.maximum(reach, 1e-6)[..., None]
        trust = np.clip(reach / 0.08, 0, 1)[..., None]
        shift = shift * (1 - trust) + local * trust
    return np.asarray(shift)
