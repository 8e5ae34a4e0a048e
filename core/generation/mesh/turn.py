"""A head that turns: the subject lifted off its background, the face laid over the head.

With the photo I, the subject's coverage a and a plate P of the background, the part that travels is
Q = I - (1 - a) P, and a frame is W[Q] + (1 - W[a]) P, W being the warp. Nothing moved gives I back,
and what the matte missed (a wisp, an earring) travels as a residual. Face and head are two fields,
so that the outline of the cheek stays clean where it crosses the hair behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from core.generation.mesh.face import Array, PosedFace
from core.generation.mesh.plate import background_plate
from core.generation.mesh.raster import FAR, cover, rasterise
from core.generation.mesh.rig import FRONT_TRIANGLES, RING_SIZE, RINGS, VERTICES
from core.generation.mesh.warp import (
    BRIGHTENED,
    FAST,
    MOVED,
    WarpSource,
    blurred,
    cell_box,
    plane_of,
    sample,
    smoothed,
    warped_plane,
)
from core.generation.mesh.wrinkles import GainMap, fold_into
from core.generation.protocol import Subject
from core.head.topology import OVAL, POINTS
from core.values.geometry import Box, box_around, smoothstep
from core.values.image import Pixels

FRAME_FACTOR = 8.0
"""A still frame round everything, in ovals: the last ring's motion runs out before it."""
SKIRT_FACTORS = (0.85, 0.6)
"""The head goes on under the face by these, so that a silhouette has something to be laid over."""
ERODED, FEATHERED = 0.008, 0.010
"""The silhouette of the face is drawn in and softened by this much, in eye distances."""
FULL_TURN, FULL_SHIFT = 2.0, 0.03
"""Degrees of turn, and eye distances of shift or zoom, from which the plate stands in for a bent background."""
BLOCK = 8
SUBSAMPLES = 2


@dataclass(frozen=True, slots=True, eq=False)
class TurnSource:
    """What a turn needs of a portrait beyond the warp.

    coverage (h, w) uint8 of `WarpSource.box`; plate (H, W, 3) in the photo's depth; busy (rows,
    columns) of `BLOCK` pixels of the whole photo: whether anything but known background is near; solid
    likewise: whether nothing but the subject is near.
    """

    coverage: NDArray[np.uint8]
    plate: Pixels
    busy: NDArray[np.bool_]
    solid: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class TurnField:
    """Fields of face and head on one grid, and how much the face covers there.

    face and head (h, w, 3) float32 displacement and gain, mask (h, w) in [0, 1], active (h - 1, w - 1)
    0 for cells in which nothing changes, 2 for those that show the subject alone, 1 for others; box the
    pixels around all but the first.
    """

    face: NDArray[np.float32]
    head: NDArray[np.float32]
    mask: NDArray[np.float32]
    active: NDArray[np.uint8]
    x0: int
    y0: int
    step: int
    box: Box


def _outer_triangles() -> NDArray[np.int32]:
    """Frame and skirts; their vertices follow the rig's own."""
    last_ring = tuple(range(POINTS + (RINGS - 1) * RING_SIZE, POINTS + RINGS * RING_SIZE))
    rows = [tuple(range(VERTICES + k * RING_SIZE, VERTICES + (k + 1) * RING_SIZE)) for k in range(3)]
    faces = []
    for inner, outer in ((last_ring, rows[0]), *pairwise((OVAL, rows[1], rows[2]))):
        for i in range(RING_SIZE):
            j = (i + 1) % RING_SIZE
            faces += [(inner[i], inner[j], outer[i]), (inner[j], outer[j], outer[i])]
    return np.array(faces, np.int32)


_OUTER = _outer_triangles()


def turn_source(subject: Subject, source: WarpSource, scale: float) -> TurnSource:
    """Cut the subject out and fill the plate behind it. Takes a fraction of a second."""
    matte = subject.matte()
    plate = background_plate(subject.image, matte, scale)
    coverage = np.rint(matte * 255).astype(np.uint8)
    busy, solid = _blocks(coverage, plate, subject.image.pixels)
    return TurnSource(np.ascontiguousarray(coverage[source.box.slices]), plate, busy, solid)


def turned_share(posed: PosedFace) -> float:
    """0 while the head rests, 1 once it has clearly turned: how far the plate stands in for the background."""
    angle = np.degrees(np.arccos(np.clip((np.trace(posed.turn) - 1) / 2, -1, 1)))
    shift = max(float(np.abs(posed.shift).max()), abs(posed.zoom - 1.0))
    return float(max(smoothstep(angle, 0.0, FULL_TURN), smoothstep(shift, 0.0, FULL_SHIFT)))


def turn_field(
    posed: PosedFace, turn: TurnSource, step: int, gain: Array | None = None, folds: GainMap | None = None
) -> TurnField | None:
    """Both fields over the whole photo's moving part, or None where nothing moves."""
    rig = posed.rig
    height, width = turn.plate.shape[:2]
    places, sources, depth = _with_outer(posed)
    reach = box_around(places[POINTS:VERTICES], margin=step).joined(box_around(sources[POINTS:VERTICES], margin=step))
    reach = reach.clipped(width, height)
    if reach.empty:
        return None
    x0, y0 = reach.x0 // step * step, reach.y0 // step * step
    columns, rows = -(-(reach.x1 - x0) // step) + 1, -(-(reach.y1 - y0) // step) + 1
    values = np.zeros((len(places), 3), np.float32)
    values[:, :2] = sources - places
    if gain is not None:
        values[:VERTICES, 2] = gain - 1.0
    xy = ((places - (x0, y0)) / step).astype(np.float32)
    front, back = rig.triangles[:FRONT_TRIANGLES], rig.triangles[FRONT_TRIANGLES:]
    head = np.zeros((rows, columns, 3), np.float32)
    nearest = np.full((rows, columns), FAR, np.float32)
    rasterise(xy, depth, values, back, head, nearest)
    rasterise(xy, depth, values, _OUTER, head, nearest)
    head = smoothed(head)
    face, mask = head.copy(), np.zeros((rows, columns), np.float32)
    # The face's own fields, in the window of the grid that it stands in.
    window = box_around(xy[front.ravel()], margin=3 + 3 * FEATHERED * rig.scale / step).clipped(columns, rows)
    if window.width > 2 and window.height > 2:
        inside = (xy - (window.x0, window.y0)).astype(np.float32)
        near = np.ascontiguousarray(face[window.slices])
        rasterise(inside, depth, values, front, near, np.full(near.shape[:2], FAR, np.float32))
        near = smoothed(near)
        if folds is not None:
            fold_into(near, x0 + window.x0 * step, y0 + window.y0 * step, step, folds)
        face[window.slices] = near
        mask[window.slices] = _silhouette(inside, front, (window.height, window.width), rig.scale / step)
    active = _active_cells(
        face, head, mask, turn.busy, turn.solid, x0, y0, step, np.float32(0.25 * MOVED), np.float32(BRIGHTENED)
    )
    box = cell_box(active, x0, y0, step).clipped(width, height)
    return None if box.empty else TurnField(face, head, mask, active, x0, y0, step, box)


def turn_into(pixels: Pixels, field: TurnField, source: WarpSource, turn: TurnSource, share: float) -> None:
    """Turn what the field turns, in a copy `pixels` (H, W, 3) of the photo. `share` as of `turned_share`."""
    grid = field.face, field.head, field.mask[..., None], field.active, field.x0, field.y0, field.step
    box, peak = field.box, np.float32(np.iinfo(pixels.dtype).max)
    origin = source.zoom, source.box.x0, source.box.y0
    _compose(source.fine, *origin, turn.coverage, turn.plate, *grid, box.x0, box.y0, box.x1, box.y1, np.float32(share),
             peak, pixels)  # fmt: skip


def turned_matte(matte: NDArray[np.float32], field: TurnField) -> NDArray[np.float32]:
    """(H, W) coverage of the subject once it has turned."""
    grid = field.x0, field.y0, field.step, field.box
    out = matte.copy()
    y, x = np.mgrid[field.box.y0 : field.box.y1, field.box.x0 : field.box.x1].astype(np.float32)
    over = cv2.remap(field.mask, (x - field.x0) / field.step, (y - field.y0) / field.step, cv2.INTER_LINEAR,
                     borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
    face, head = warped_plane(matte, field.face, *grid), warped_plane(matte, field.head, *grid)
    out[field.box.slices] = head + over * (face - head)
    return out


def _with_outer(posed: PosedFace) -> tuple[Array, Array, NDArray[np.float32]]:
    """Places now (n, 2), sources (n, 2) and depths (n,) of the rig's vertices, the frame and the skirts."""
    rest = posed.rig.vertices
    oval = list(OVAL)
    rim = rest[oval, :2]
    centre = 0.5 * (rim.max(axis=0) + rim.min(axis=0))
    frame = centre + FRAME_FACTOR * (rim - centre)
    skirts = np.vstack([centre + factor * (rim - centre) for factor in SKIRT_FACTORS])
    moved = np.tile(posed.vertices[oval, :2] - rim, (len(SKIRT_FACTORS), 1))
    places = np.vstack([posed.vertices[:, :2], frame, skirts + moved])
    sources = np.vstack([posed.sources, frame, skirts])
    far = posed.vertices[:, 2].max() + posed.rig.scale
    depth = np.concatenate([posed.vertices[:, 2], np.full(len(places) - VERTICES, far)])
    return places, sources, (depth - posed.rig.translation[2]).astype(np.float32)


def _silhouette(
    xy: NDArray[np.float32], triangles: NDArray[np.int32], shape: tuple[int, int], unit: float
) -> NDArray[np.float32]:
    """(h, w) how much the face covers at the nodes; `unit` nodes per eye distance."""
    fine = np.zeros((shape[0] * SUBSAMPLES, shape[1] * SUBSAMPLES), np.uint8)
    cover(xy * SUBSAMPLES + np.float32(0.5 * (SUBSAMPLES - 1)), triangles, fine)
    width = max(FEATHERED * unit, 0.8)
    soft = blurred(fine, SUBSAMPLES, np.float32(width))
    edge = 0.5 + 0.35 * min(ERODED / FEATHERED, 1.0)
    return np.asarray(smoothstep(soft, edge - 0.35, min(edge + 0.15, 0.99)), np.float32)


def _blocks(coverage: NDArray[np.uint8], plate: Pixels, photo: Pixels) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Blocks within one block of a pixel that the matte covers or the plate repaints, and those surrounded by
    blocks that the matte covers wholly."""
    rows, columns = -(-coverage.shape[0] // BLOCK), -(-coverage.shape[1] // BLOCK)
    marked, bare = np.zeros((rows, columns), np.uint8), np.zeros((rows, columns), np.uint8)
    _mark_blocks(coverage, plate, photo, marked, bare)
    around = np.ones((3, 3), np.uint8)
    return np.asarray(cv2.dilate(marked, around) > 0), np.asarray(cv2.dilate(bare, around) == 0)


@njit(cache=True, nogil=True)
def _mark_blocks(coverage, plate, photo, marked, bare):  # type: ignore[no-untyped-def]
    height, width = coverage.shape
    for y in range(height):
        for x in range(width):
            if coverage[y, x] < 255:
                bare[y // BLOCK, x // BLOCK] = 1
            if coverage[y, x] or plate[y, x, 0] != photo[y, x, 0] or plate[y, x, 1] != photo[y, x, 1] or (
                plate[y, x, 2] != photo[y, x, 2]
            ):  # fmt: skip
                marked[y // BLOCK, x // BLOCK] = 1


@njit(cache=True, nogil=True)
def _block_at(blocks, x, y):  # type: ignore[no-untyped-def]
    row = min(max(int(y) // BLOCK, 0), blocks.shape[0] - 1)
    return blocks[row, min(max(int(x) // BLOCK, 0), blocks.shape[1] - 1)]


@njit(cache=True, nogil=True)
def _active_cells(face, head, mask, busy, solid, x0, y0, step, still, lit):  # type: ignore[no-untyped-def]
    """Cells that move and whose pixels, where they come from or where they are, are not plain background."""
    rows, columns = mask.shape
    node = np.zeros((rows, columns), np.uint8)
    for i in range(rows):
        for j in range(columns):
            x, y = x0 + j * step, y0 + i * step
            state, alone = 0, 4
            if mask[i, j] > 0:
                if abs(face[i, j, 0]) > still or abs(face[i, j, 1]) > still or abs(face[i, j, 2]) > lit:
                    state = 3
                if not _block_at(solid, x + face[i, j, 0], y + face[i, j, 1]):
                    alone = 0
            if mask[i, j] < 1:
                if abs(head[i, j, 0]) > still or abs(head[i, j, 1]) > still:
                    state |= 1
                    if _block_at(busy, x, y) or _block_at(busy, x + head[i, j, 0], y + head[i, j, 1]):
                        state |= 2
                if alone and not _block_at(solid, x + head[i, j, 0], y + head[i, j, 1]):
                    alone = 0
            node[i, j] = state | alone
    active = np.zeros((rows - 1, columns - 1), np.uint8)
    for i in range(rows - 1):
        for j in range(columns - 1):
            a, b, c, d = node[i, j], node[i, j + 1], node[i + 1, j], node[i + 1, j + 1]
            if (a | b | c | d) & 3 == 3:
                active[i, j] = 2 if a & b & c & d & 4 else 1
    return active


@njit(cache=True, nogil=True, fastmath=FAST)
def _compose(  # type: ignore[no-untyped-def]
    fine,
    zoom,
    sx0,
    sy0,
    coverage,
    plate,
    face,
    head,
    mask,
    active,
    fx0,
    fy0,
    step,
    bx0,
    by0,
    bx1,
    by1,
    share,
    peak,
    pixels,
):
    inverse, one, zero, half = np.float32(1.0 / step), np.float32(1.0), np.float32(0.0), np.float32(0.5)
    ox, oy, zoom = np.float32(sx0), np.float32(sy0), np.float32(zoom)
    for i in range((by0 - fy0) // step, (by1 - 1 - fy0) // step + 1):
        top = fy0 + i * step
        for j in range((bx0 - fx0) // step, (bx1 - 1 - fx0) // step + 1):
            if not active[i, j]:
                continue
            alone = active[i, j] == 2
            left = fx0 + j * step
            m, mx, my, mxy = plane_of(mask, i, j, 0, inverse)
            some = max(mask[i, j, 0], mask[i, j + 1, 0], mask[i + 1, j, 0], mask[i + 1, j + 1, 0]) > zero
            every = min(mask[i, j, 0], mask[i, j + 1, 0], mask[i + 1, j, 0], mask[i + 1, j + 1, 0]) >= one
            for layer in range(2):
                if (layer == 0 and not some) or (layer == 1 and every):
                    continue
                field = face if layer == 0 else head
                a, ax, ay, axy = plane_of(field, i, j, 0, inverse)
                b, bx, by, bxy = plane_of(field, i, j, 1, inverse)
                c, cx, cy, cxy = plane_of(field, i, j, 2, inverse)
                a, b, c = a + np.float32(left - sx0), b + np.float32(top - sy0), c + one
                for y in range(top, min(top + step, by1)):
                    down = np.float32(y - top)
                    u, du = a + down * ay, one + ax + down * axy
                    v, dv = b + down * (one + by), bx + down * bxy
                    gain, dgain = c + down * cy, cx + down * cxy
                    over, dover = m + down * my, mx + down * mxy
                    for x in range(left, min(left + step, bx1)):
                        red, green, blue = sample(fine, zoom * u, zoom * v)
                        red, green, blue = red * gain, green * gain, blue * gain
                        bare = zero if alone else share * (one - _coverage_at(coverage, u, v))
                        if bare > zero:
                            p, q, s = sample(plate, u + ox, v + oy)
                            red += bare * (np.float32(plate[y, x, 0]) - p)
                            green += bare * (np.float32(plate[y, x, 1]) - q)
                            blue += bare * (np.float32(plate[y, x, 2]) - s)
                        if layer == 1 and some:
                            red += over * (np.float32(pixels[y, x, 0]) - red)
                            green += over * (np.float32(pixels[y, x, 1]) - green)
                            blue += over * (np.float32(pixels[y, x, 2]) - blue)
                        pixels[y, x, 0] = np.int32(min(max(red + half, zero), peak))
                        pixels[y, x, 1] = np.int32(min(max(green + half, zero), peak))
                        pixels[y, x, 2] = np.int32(min(max(blue + half, zero), peak))
                        u, v, gain, over = u + du, v + dv, gain + dgain, over + dover


@njit(cache=True, nogil=True, fastmath=FAST, inline="always")
def _coverage_at(coverage, u, v):  # type: ignore[no-untyped-def]
    u = min(max(u, np.float32(0.0)), np.float32(coverage.shape[1] - 1))
    v = min(max(v, np.float32(0.0)), np.float32(coverage.shape[0] - 1))
    i, h = min(int(u), coverage.shape[1] - 2), min(int(v), coverage.shape[0] - 2)
    fu, fv = u - np.float32(i), v - np.float32(h)
    top = np.float32(coverage[h, i]) + fu * (np.float32(coverage[h, i + 1]) - np.float32(coverage[h, i]))
    low = np.float32(coverage[h + 1, i]) + fu * (np.float32(coverage[h + 1, i + 1]) - np.float32(coverage[h + 1, i]))
    return (top + fv * (low - top)) * np.float32(1 / 255)
