"""The subject's coverage, with its hair, at the photo's own resolution.

A person segmentation of the whole photo, and again of the head alone where it is finer, says inside from
outside; a colour guided filter, then a second, tighter one in the band between the two, follows the hair.
Everything but the last step runs on a reduced copy, whose size follows the head and not the photo.
"""

from __future__ import annotations

from math import sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from core.head.topology import OVAL, Landmark
from core.perception.colour_edge import background_within
from core.perception.guided import apply_coefficients, apply_enlarged, guided_coefficients
from core.perception.segmenter import PersonSegmenter
from core.values.geometry import Box, box_around, smoothstep
from core.values.image import Image, eight_bit

Plane = NDArray[np.float32]

_EYES = 80.0
"""Pixels from one outer eye corner to the other on the reduced copy."""
_MOST_PIXELS = 4_000_000
_RADIUS, _EPS = 0.10, 1e-4
_TIGHT_RADIUS, _TIGHT_EPS = 0.05, 2e-5
_INNER, _OUTER = 0.08, 0.16
"""Width of the band within and without the segmentation's edge, in eye distances, like the radii."""
_EDGE = (0.12, 0.88)


def subject_matte(
    image: Image, landmarks: NDArray[np.float64], segmenter: PersonSegmenter | None = None
) -> NDArray[np.float32]:
    """(H, W) float32 in [0, 1], read-only: how much of each pixel is the person with these (478, 3) landmarks.

    Other people are left out where they don't touch the chosen one. A transparent photo's own alpha bounds
    the result.
    """
    if segmenter is None:
        with PersonSegmenter() as own:
            return subject_matte(image, landmarks, own)
    eyes = landmarks[Landmark.EYE_LEFT_OUTER] - landmarks[Landmark.EYE_RIGHT_OUTER]
    distance = max(float(np.linalg.norm(eyes)), 1.0)  # in depth too, so that a turned head keeps its size
    scale = min(1.0, _EYES / distance, sqrt(_MOST_PIXELS / (image.width * image.height)))
    size = (max(round(image.width * scale), 1), max(round(image.height * scale), 1))
    small = _reduced(image, size)
    ratio = np.array([size[0] / image.width, size[1] / image.height])
    points = (landmarks[:, :2] + 0.5) * ratio - 0.5
    unit = distance * scale

    person = _chosen(_people(small, points, segmenter), points, unit)
    guide = small.astype(np.float32) / 255
    person = np.where(background_within(person, guide, unit), np.float32(0), person)
    inside, outside = _certain(person, points, unit)
    coarse = apply_coefficients(guided_coefficients(guide, person, _pixels(_RADIUS, unit), _EPS), guide)
    bounded = np.clip(np.clip(coarse, 0, 1), inside, 1 - outside)
    fine = guided_coefficients(guide, bounded, _pixels(_TIGHT_RADIUS, unit), _TIGHT_EPS)
    soft = _pixels(0.02, unit)
    low, high = (np.asarray(cv2.blur(plane, (2 * soft + 1, 2 * soft + 1))) for plane in (inside, 1 - outside))
    low = np.where(inside > 0, low, 0).astype(np.float32)
    high = np.where(outside > 0, high, 1).astype(np.float32)
    low[low > 0.999], high[high < 0.001] = 1, 0
    matte = apply_enlarged(fine, low, high, image.pixels, 1.0 / image.peak, _EDGE)
    if image.alpha is not None:
        matte *= image.alpha.astype(np.float32) / image.peak
    matte.flags.writeable = False
    return matte


def _pixels(eye_distances: float, unit: float) -> int:
    return max(round(eye_distances * unit), 1)


def _reduced(image: Image, size: tuple[int, int]) -> NDArray[np.uint8]:
    if size == (image.width, image.height):
        return eight_bit(image.pixels)
    return eight_bit(np.asarray(cv2.resize(image.pixels, size, interpolation=cv2.INTER_AREA)))


def _people(small: NDArray[np.uint8], points: NDArray[np.float64], segmenter: PersonSegmenter) -> Plane:
    """Segmentation of everybody, finer around the face at `points`."""
    height, width = small.shape[:2]
    everybody = segmenter.segment(small)
    face = box_around(points)
    head = face.grown(round(1.1 * max(face.width, face.height))).clipped(width, height)
    if head.empty or head.width * head.height > 0.7 * width * height:
        return everybody
    near = segmenter.segment(np.ascontiguousarray(small[head.slices]))
    everybody[head.slices] += _feather(head, width, height) * (near - everybody[head.slices])
    return everybody


def _feather(box: Box, width: int, height: int) -> Plane:
    """1 within the box, falling to 0 at those of its sides that are not the picture's own."""
    ramp = 0.2 * min(box.width, box.height)
    x, y = np.arange(box.x0, box.x1), np.arange(box.y0, box.y1)
    across = np.minimum(x - box.x0 if box.x0 > 0 else np.inf, box.x1 - 1 - x if box.x1 < width else np.inf)
    down = np.minimum(y - box.y0 if box.y0 > 0 else np.inf, box.y1 - 1 - y if box.y1 < height else np.inf)
    return np.minimum.outer(
        smoothstep(np.broadcast_to(down, y.shape) / ramp, 0, 1),
        smoothstep(np.broadcast_to(across, x.shape) / ramp, 0, 1),
    ).astype(np.float32)


def _chosen(people: Plane, points: NDArray[np.float64], unit: float) -> Plane:
    """Steepened segmentation of the one person whose face is at `points`; small holes closed."""
    count, parts = cv2.connectedComponents((people > 0.5).astype(np.uint8), connectivity=4)
    face = np.zeros(people.shape, np.uint8)
    cv2.fillConvexPoly(face, np.round(points[list(OVAL)]).astype(np.int32), 1)
    votes = np.bincount(parts[face > 0], minlength=count)
    votes[0] = 0
    own = (parts == votes.argmax()) if votes.any() else np.zeros(people.shape, bool)
    own |= face > 0
    _, labels, stats, _ = cv2.connectedComponentsWithStats((~own).astype(np.uint8), connectivity=4)
    small_holes = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] < (0.3 * unit) ** 2)
    filled = own | np.isin(labels, small_holes[small_holes > 0])
    # What is near the chosen part keeps its own softness; other parts and their surroundings go.
    reach = _pixels(_OUTER, unit)
    near = cv2.dilate(filled.astype(np.uint8), _disc(reach)) > 0
    others = (people > 0.5) & ~filled
    steep = smoothstep(people, 0.35, 0.65).astype(np.float32)
    steep = np.where(filled, np.maximum(steep, (filled & ~own).astype(np.float32)), np.where(others, 0, steep))
    return np.where(near, steep, 0).astype(np.float32)


def _certain(person: Plane, points: NDArray[np.float64], unit: float) -> tuple[Plane, Plane]:
    """1 where it is surely the person, and 1 where it surely isn't; the band lies between."""
    body = (person > 0.5).astype(np.uint8)
    inside = cv2.erode(body, _disc(_pixels(_INNER, unit)), borderType=cv2.BORDER_CONSTANT, borderValue=1)
    core = np.zeros(person.shape, np.uint8)
    middle = points[list(OVAL)].mean(axis=0)
    cv2.fillConvexPoly(core, np.round(middle + 0.85 * (points[list(OVAL)] - middle)).astype(np.int32), 1)
    outside = 1 - cv2.dilate(body, _disc(_pixels(_OUTER, unit)), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.maximum(inside, core).astype(np.float32), np.minimum(outside, 1 - core).astype(np.float32)


def _disc(radius: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), dtype=np.uint8)
