"""The corners of an opening mouth, without the dark seam that closed lips leave on the photo.

Closed lips meet in a dark line that runs past the corner into the cheek. When the mouth opens there is
no line there, so what it took away from the skin is added back (a gain would leave glints).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from core.generation.mesh.face import FaceRig, PosedFace
from core.generation.mesh.rig import FRONT_TRIANGLES
from core.generation.mesh.warp import field_of, grid_step
from core.head.topology import FACE_POINTS, LIP_INNER_LOWER, LIP_INNER_UPPER, Landmark
from core.values.geometry import Box, box_around, smoothstep

Array = NDArray[np.float64]

INWARDS = (-0.012, 0.045)
OUTWARDS = 0.16
"""Along the lips from the inner corner, in eye distances: where the plate comes in, and where it ends. What is
dark right beside the opening stays and reads as its corner."""
_SIDES = (
    (Landmark.MOUTH_INNER_RIGHT, Landmark.MOUTH_INNER_LEFT),
    (Landmark.MOUTH_INNER_LEFT, Landmark.MOUTH_INNER_RIGHT),
)


@dataclass(frozen=True, slots=True, eq=False)
class CornerPatch:
    """light (h, w, 3) float32, of 255: what to add to the photo's pixels of `box`."""

    light: NDArray[np.float32]
    box: Box


@dataclass(frozen=True, slots=True, eq=False)
class CornerPlate:
    """patches: of the subject's right corner, then the left one. triangles: (m, 3) of the rig, those around
    the patches. gap: the photo's own, in eye distances."""

    patches: tuple[CornerPatch, CornerPatch]
    triangles: NDArray[np.int32]
    gap: float


def corner_plate(rig: FaceRig) -> CornerPlate:
    """What the seam beyond each corner takes from the skin of the photo.

    Per channel the morphological closing less the photo, kept where it survives an opening along the
    lips (stubble does not), blurred, and masked to a wedge that widens outwards.
    """
    gaps = rig.neutral[list(LIP_INNER_LOWER), 1] - rig.neutral[list(LIP_INNER_UPPER), 1]
    first, second = (_patch(rig, *side) for side in _SIDES)
    near = np.zeros(len(rig.vertices), bool)
    for patch in (first, second):
        near |= _within(rig.vertices[:, :2], patch.box, 0.1 * rig.scale)
    front = rig.triangles[:FRONT_TRIANGLES]
    return CornerPlate((first, second), front[near[front].any(axis=1)], float(max(gaps.max(), 0.0)))


def _within(points: Array, box: Box, margin: float) -> NDArray[np.bool_]:
    low, high = (box.x0 - margin, box.y0 - margin), (box.x1 + margin, box.y1 + margin)
    return np.asarray(np.all((points >= low) & (points <= high), axis=1))


def corner_gain(plate: CornerPlate, posed: PosedFace) -> float:
    """0 to 1 as the lips part beyond the photo's gap."""
    gaps = posed.canonical[list(LIP_INNER_LOWER), 1] - posed.canonical[list(LIP_INNER_UPPER), 1]
    return float(smoothstep(float(gaps.max()) - plate.gap, 0.01, 0.06))


def _patch(rig: FaceRig, corner: int, other: int) -> CornerPatch:
    import cv2

    unit = rig.scale
    at = rig.vertices[corner, :2]
    outwards = at - rig.vertices[other, :2]
    outwards = outwards / max(float(np.linalg.norm(outwards)), 1e-6)
    reach = int(np.ceil((OUTWARDS + 0.06) * unit)) + 2
    height = int(np.ceil(0.14 * unit)) + 2
    # A straightened copy, x outwards along the lips from `reach` inside of the corner.
    rows, columns = 2 * height + 1, 2 * reach + 1
    down = np.array([-outwards[1], outwards[0]])
    linear = np.column_stack([outwards, down])
    to_photo = np.column_stack([linear, at - linear @ [reach, height]])
    image = rig.subject.image
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    straight = cv2.warpAffine(
        image.pixels, to_photo, (columns, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE
    ).astype(np.float32) * (255 / image.peak)  # fmt: skip
    straight = cv2.GaussianBlur(straight, (0, 0), max(0.003 * unit, 0.3))

    def odd(length: float) -> int:
        return 2 * max(round(length * unit / 2), 1) + 1

    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (odd(0.06), odd(0.06)))
    line = np.ones((1, odd(0.030)), np.uint8)
    lost = cv2.morphologyEx(straight, cv2.MORPH_CLOSE, disc) - straight
    lost = np.maximum(cv2.morphologyEx(lost, cv2.MORPH_OPEN, line), 0)
    lost = cv2.GaussianBlur(lost, (0, 0), max(0.006 * unit, 0.5))
    along = ((np.arange(columns) - reach) / unit)[None, :]
    across = np.abs((np.arange(rows) - height) / unit)[:, None]
    half = 0.025 + 0.035 * np.clip(along / OUTWARDS, 0, 1)
    mask = 0.85 * smoothstep(along, *INWARDS) * (1 - smoothstep(along, 0.7 * OUTWARDS, OUTWARDS))
    mask = mask * (1 - smoothstep(across / half, 0.6, 1.0))
    lost *= mask[..., None].astype(np.float32)

    kept = np.argwhere(mask > 0)
    (top, left), (bottom, right) = kept.min(axis=0) - 2, kept.max(axis=0) + 3
    edges = np.array([[left, top], [right, top], [left, bottom], [right, bottom]]) @ linear.T + to_photo[:, 2]
    box = box_around(edges).clipped(image.width, image.height)
    if box.empty:
        return CornerPatch(np.zeros((1, 1, 3), np.float32), Box(0, 0, 1, 1))
    to_box = to_photo - [[0, 0, box.x0], [0, 0, box.y0]]
    light = cv2.warpAffine(lost, to_box, (box.width, box.height), flags=cv2.INTER_LINEAR, borderValue=(0, 0, 0))
    return CornerPatch(np.ascontiguousarray(light, dtype=np.float32), box)


def corner_boxes(plate: CornerPlate, posed: PosedFace) -> list[Box]:
    """Where each patch may fall in this state, in pixels of the photo."""
    rest, now = posed.rig.vertices[:FACE_POINTS, :2], posed.vertices[:FACE_POINTS, :2]
    inside = [_within(rest, patch.box, 0.05 * posed.rig.scale) for patch in plate.patches]
    return [box_around(now[rows], 1) if rows.any() else Box(0, 0, 0, 0) for rows in inside]


def heal_corners(out: NDArray[np.float32], origin: tuple[int, int], plate: CornerPlate, posed: PosedFace) -> None:
    """Add the plate to a moved picture, in place, moved along with it.

    out: (h, w, 3) float32 of 255, the pixels from `origin` (x, y) of the photo on.
    """
    gain = corner_gain(plate, posed)
    if gain <= 0:
        return
    image = posed.rig.subject.image
    field = field_of(posed, plate.triangles, grid_step(posed.rig), Box(0, 0, image.width, image.height))
    if field is None:
        return
    part = Box(origin[0], origin[1], origin[0] + out.shape[1], origin[1] + out.shape[0])
    for patch, box in zip(plate.patches, corner_boxes(plate, posed), strict=True):
        reach = Box(max(box.x0, part.x0), max(box.y0, part.y0), min(box.x1, part.x1), min(box.y1, part.y1))
        if not reach.empty:
            _add_moved(out, part.x0, part.y0, reach.x0, reach.y0, reach.x1, reach.y1, field.values, field.x0, field.y0,
                       field.step, patch.light, patch.box.x0, patch.box.y0, gain)  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def _add_moved(  # type: ignore[no-untyped-def]
    out, ox, oy, x0, y0, x1, y1, field, fx0, fy0, step, light, lx0, ly0, gain
):
    """Sample `light` bilinearly through the field (zero beyond its border) and add it to pixels x0 to x1, y0 to y1."""
    rows, columns, _ = field.shape
    for y in range(y0, y1):
        place_y = (y - fy0) / step
        if place_y < 0 or place_y > rows - 1:
            continue
        i = min(int(place_y), rows - 2)
        ty = place_y - i
        for x in range(x0, x1):
            place_x = (x - fx0) / step
            if place_x < 0 or place_x > columns - 1:
                continue
            j = min(int(place_x), columns - 2)
            tx = place_x - j
            a, b, c, d = (1 - tx) * (1 - ty), tx * (1 - ty), (1 - tx) * ty, tx * ty
            dx = a * field[i, j, 0] + b * field[i, j + 1, 0] + c * field[i + 1, j, 0] + d * field[i + 1, j + 1, 0]
            dy = a * field[i, j, 1] + b * field[i, j + 1, 1] + c * field[i + 1, j, 1] + d * field[i + 1, j + 1, 1]
            u, v = x + dx - lx0, y + dy - ly0
            if u < 0 or v < 0 or u >= light.shape[1] - 1 or v >= light.shape[0] - 1:
                continue
            m, n = int(v), int(u)
            tu, tv = u - n, v - m
            for k in range(3):
                top = light[m, n, k] + tu * (light[m, n + 1, k] - light[m, n, k])
                bottom = light[m + 1, n, k] + tu * (light[m + 1, n + 1, k] - light[m + 1, n, k])
                out[y - oy, x - ox, k] += gain * (top + tv * (bottom - top))
