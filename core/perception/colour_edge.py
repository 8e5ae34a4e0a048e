"""Background that a segmentation took along: patches between flyaway hair and beside a neck.

The segmentation is sure of itself to within its own pixels, some tenth of an eye distance. Where the
background is plain and plainly unlike what is in front of it, colour knows better.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.values.geometry import smoothstep

Plane = NDArray[np.float32]

_REACH = 0.4
"""Eye distances from the segmentation's edge within which a patch may be given back."""
_STRAND = 0.04
_SPREAD = 0.35
_CLEAR = 0.10
_LIKE_BACKGROUND = (-0.08, 0.3)
"""Place between the background's colour (0) and the subject's (1)."""
_ASIDE = 0.06
_CONTRAST = (0.25, 0.45)
_ROUGHNESS = (0.15, 0.25)
"""Of the background, as a share of the contrast."""


def background_within(person: Plane, guide: Plane, unit: float) -> NDArray[np.bool_]:
    """(h, w): pixels of `person` (h, w) that show the background of `guide` (h, w, 3), in [0, 1].

    They lie near the edge, hang together with the outside, and on the line between the colours of the
    surely outside and the surely inside around them they stand near the outside's end. `unit` is the eye
    distance in pixels.
    """
    body = (person > 0.5).astype(np.uint8)
    depth = np.asarray(
        cv2.distanceTransform(cv2.copyMakeBorder(body, 1, 1, 1, 1, cv2.BORDER_REPLICATE), cv2.DIST_L2, 3)
    )
    depth = depth[1:-1, 1:-1]
    gap = np.asarray(cv2.distanceTransform(1 - body, cv2.DIST_L2, 3))
    sigma = max(_SPREAD * unit, 1.0)
    outer = ((gap > _CLEAR * unit) & (gap < 2.5 * sigma)).astype(np.float32)
    inner = ((depth > 0.25 * unit) & (depth < 0.25 * unit + 2.5 * sigma)).astype(np.float32)
    back, back_share = _average(guide, outer, sigma)
    front, front_share = _average(guide, inner, sigma)
    square, _ = _average(guide * guide, outer, sigma)
    rough = np.sqrt(np.maximum((square - back * back).sum(axis=-1), 0.0))
    across = front - back
    length = np.maximum((across * across).sum(axis=-1), 1e-6)
    place = ((guide - back) * across).sum(axis=-1) / length
    aside = np.linalg.norm(guide - back - np.clip(place, 0, 1)[..., None] * across, axis=-1)
    contrast = np.sqrt(length)
    trust = smoothstep(contrast, *_CONTRAST) * (1 - smoothstep(rough / contrast, *_ROUGHNESS))
    trust *= (back_share > 0.02) & (front_share > 0.02)
    alike = (place > _LIKE_BACKGROUND[0]) & (place < _LIKE_BACKGROUND[1]) & (aside < _ASIDE)
    alike &= (trust > 0.5) & (depth < _REACH * unit)
    # Single strands of hair may stand between a patch and the outside.
    bridge = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * max(round(_STRAND * unit), 1) + 1,) * 2)
    open_space = cv2.dilate(((body == 0) | alike).astype(np.uint8), bridge)
    count, parts = cv2.connectedComponents(open_space, connectivity=4)
    outside = np.zeros(count, bool)
    outside[np.unique(parts[outer > 0])] = True
    outside[0] = False
    return np.asarray(outside[parts] & alike & (body > 0))


def _average(values: Plane, weight: Plane, sigma: float) -> tuple[Plane, Plane]:
    """The Gaussian average of `values` (h, w, 3) over `weight` (h, w), and the weight's own average.

    Taken on a copy whose pixels are a quarter of `sigma`, which a blur that wide does not notice.
    """
    height, width = weight.shape
    shrink = max(1, int(sigma / 4))
    size = (max(width // shrink, 1), max(height // shrink, 1))
    blurred = [
        cv2.GaussianBlur(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), (0, 0), sigma / shrink)
        for plane in (weight, values * weight[..., None])
    ]
    share = np.asarray(cv2.resize(blurred[0], (width, height)))
    mean = blurred[1] / np.maximum(blurred[0], 1e-6)[..., None]
    return np.asarray(cv2.resize(mean, (width, height))), share
