"""A head that turns: the subject lifted off its background, the face laid over the head.

With the photo I, the subject's coverage a and a plate P of the background, the part that travels is
Q = I - (1 - a) P, and a frame is W[Q] + (1 - W[a]) P, W being the warp. Nothing moved gives I back,
and what the matte missed (a wisp, an earring) travels as a residual. Face and head are two fields,
so that the outline of the cheek stays clean where it crosses the hair behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numba import njit
from numpy.typing import NDArray

from core.generation.mesh.face import Array, PosedFace
from core.generation.mesh.plate import background_plate
from core.generation.mesh.raster import FAR, cover, rasterise
from core.generation.mesh.rig import FRONT_TRIANGLES, RING_SIZE, RINGS, VERTICES
from core.generation.mesh.warp import MOVED, WarpSource, blurred, sample, smoothed
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
    columns) of `BLOCK` pixels of the whole photo: whether anything but known background is near.
    """

    coverage: NDArray[np.uint8]
    plate: Pixels
    busy: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class TurnField:
    """Fields of face and head on one grid, and how much the face covers there.

    face (h, w, 3) float32 displacement and gain, head (h, w, 2), mask (h, w) in [0, 1], active (h - 1,
    w - 1) cells in which any pixel changes, box the pixels around those.
    """

    face: NDArray[np.float32]
    head: NDArray[np.float32]
    mask: NDArray[np.float32]
    active: NDArray[np.bool_]
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
    busy = _busy_blocks(coverage, plate, subject.image.pixels)
    return TurnSource(np.ascontiguousarray(coverage[source.box.slices]), plate, busy)


def turned_share(posed: PosedFace) -> float:
    """0 while the head rests, 1 once it has clearly turned: how far the plate stands in for the background."""
    angle = np.degrees(np.arccos(np.clip((np.trace(posed.turn) - 1) / 2, -1, 1)))
    shift = max(float(np.abs(posed.shift).max()), abs(posed.zoom - 1.0))
    return float(max(smoothstep(angle, 0.0, FULL_TURN), smoothstep(shift, 0.0, FULL_SHIFT)))


def turn_field(posed: PosedFace, turn: TurnSource, step: int, gain: Array | None = None) -> TurnField | None:
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
    face = head.copy()
    nearest = np.full((rows, columns), FAR, np.float32)
    rasterise(xy, depth, values, front, face, nearest)
    mask = _silhouette(xy, front, (rows, columns), rig.scale / step)
    face, head = smoothed(face), smoothed(head)
    active = _active_cells(face, head, mask, turn.busy, x0, y0, step, np.float32(0.25 * MOVED))
    top, bottom = _ends(active.any(axis=1))
    left, right = _ends(active.any(axis=0))
    if top > bottom:
        return None
    box = Box(x0 + left * step, y0 + top * step, x0 + (right + 1) * step, y0 + (bottom + 1) * step)
    return TurnField(face, head, mask, active, x0, y0, step, box.clipped(width, height))


def turned(
    photo: Pixels, source: WarpSource, turn: TurnSource, field: TurnField, share: float, box: Box
) -> NDArray[np.float32]:
    """(h, w, 3) float32 of `box`, 0 to 255 whatever the photo's depth. `share` as of `turned_share`."""
    out = np.empty((box.height, box.width, 3), np.float32)
    scale = np.float32(1.0 if photo.dtype == np.uint8 else 1 / 257)
    grid = field.face, field.head, field.mask, field.active, field.x0, field.y0, field.step
    _compose(photo, source.fine, source.box.x0, source.box.y0, turn.coverage, turn.plate, *grid,
             box.x0, box.y0, scale, np.float32(share), out)  # fmt: skip
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


def _ends(flags: NDArray[np.bool_]) -> tuple[int, int]:
    places = np.flatnonzero(flags)
    return (int(places[0]), int(places[-1])) if len(places) else (1, 0)


def _busy_blocks(coverage: NDArray[np.uint8], plate: Pixels, photo: Pixels) -> NDArray[np.bool_]:
    """Blocks within one block of a pixel that the matte covers or the plate repaints."""
    import cv2

    rows, columns = -(-coverage.shape[0] // BLOCK), -(-coverage.shape[1] // BLOCK)
    marked = np.zeros((rows, columns), np.uint8)
    _mark_blocks(coverage, plate, photo, marked)
    return np.asarray(cv2.dilate(marked, np.ones((3, 3), np.uint8)) > 0)


@njit(cache=True, nogil=True)
def _mark_blocks(coverage, plate, photo, marked):  # type: ignore[no-untyped-def]
    height, width = coverage.shape
    for y in range(height):
        for x in range(width):
            if coverage[y, x] or plate[y, x, 0] != photo[y, x, 0] or plate[y, x, 1] != photo[y, x, 1] or (
                plate[y, x, 2] != photo[y, x, 2]
            ):  # fmt: skip
                marked[y // BLOCK, x // BLOCK] = 1


@njit(cache=True, nogil=True)
def _active_cells(face, head, mask, busy, x0, y0, step, still):  # type: ignore[no-untyped-def]
    """Cells that move and whose pixels, where they come from or where they are, are not plain background."""
    rows, columns = mask.shape
    node = np.zeros((rows, columns), np.uint8)
    for i in range(rows):
        for j in range(columns):
            x, y = x0 + j * step, y0 + i * step
            state = 0
            moves = abs(face[i, j, 0]) > still or abs(face[i, j, 1]) > still or abs(face[i, j, 2]) > 1e-3
            if mask[i, j] > 0 and moves:
                state = 3
            if mask[i, j] < 1 and (abs(head[i, j, 0]) > still or abs(head[i, j, 1]) > still):
                state |= 1
                for far in (np.float32(0.0), np.float32(1.0)):
                    r = min(max(int(y + far * head[i, j, 1]) // BLOCK, 0), busy.shape[0] - 1)
                    c = min(max(int(x + far * head[i, j, 0]) // BLOCK, 0), busy.shape[1] - 1)
                    if busy[r, c]:
                        state |= 2
            node[i, j] = state
    active = np.zeros((rows - 1, columns - 1), np.bool_)
    for i in range(rows - 1):
        for j in range(columns - 1):
            active[i, j] = (node[i, j] | node[i, j + 1] | node[i + 1, j] | node[i + 1, j + 1]) == 3
    return active


@njit(cache=True, nogil=True, fastmath={"contract"})
def _compose(  # type: ignore[no-untyped-def]
    photo, fine, sx0, sy0, coverage, plate, face, head, mask, active, fx0, fy0, step, bx0, by0, scale, share, out
):
    height, width, _ = out.shape
    rows, columns = mask.shape
    inverse = np.float32(1.0 / step)
    one, zero = np.float32(1.0), np.float32(0.0)
    for y in range(height):
        py = by0 + y
        i = min((py - fy0) // step, rows - 2)
        down = np.float32(py - fy0 - i * step) * inverse
        for j in range((bx0 - fx0) // step, columns - 1):
            first = max(fx0 + j * step - bx0, 0)
            last = min(fx0 + (j + 1) * step - bx0, width)
            if first >= width:
                break
            if not active[i, j]:
                for x in range(first, last):
                    for k in range(3):
                        out[y, x, k] = scale * np.float32(photo[py, bx0 + x, k])
                continue
            m0 = mask[i, j] + down * (mask[i + 1, j] - mask[i, j])
            m1 = mask[i, j + 1] + down * (mask[i + 1, j + 1] - mask[i, j + 1])
            for x in range(first, last):
                px = bx0 + x
                across = np.float32(px - fx0 - j * step) * inverse
                m = m0 + across * (m1 - m0)
                r, g, b = zero, zero, zero
                p0, p1, p2 = np.float32(plate[py, px, 0]), np.float32(plate[py, px, 1]), np.float32(plate[py, px, 2])
                for layer in range(2):
                    weight = m if layer == 0 else one - m
                    if weight <= zero:
                        continue
                    field = face if layer == 0 else head
                    a0 = field[i, j, 0] + down * (field[i + 1, j, 0] - field[i, j, 0])
                    a1 = field[i, j + 1, 0] + down * (field[i + 1, j + 1, 0] - field[i, j + 1, 0])
                    b0 = field[i, j, 1] + down * (field[i + 1, j, 1] - field[i, j, 1])
                    b1 = field[i, j + 1, 1] + down * (field[i + 1, j + 1, 1] - field[i, j + 1, 1])
                    c0 = field[i, j, 2] + down * (field[i + 1, j, 2] - field[i, j, 2])
                    c1 = field[i, j + 1, 2] + down * (field[i + 1, j + 1, 2] - field[i, j + 1, 2])
                    u = np.float32(px - sx0) + a0 + across * (a1 - a0)
                    v = np.float32(py - sy0) + b0 + across * (b1 - b0)
                    gain = weight * (one + c0 + across * (c1 - c0))
                    q0, q1, q2 = sample(fine, u + u, v + v)
                    r, g, b = r + gain * q0, g + gain * q1, b + gain * q2
                    bare = one - _coverage_at(coverage, u, v)
                    if bare > zero:
                        bare *= weight * share
                        q0, q1, q2 = sample(plate, u + np.float32(sx0), v + np.float32(sy0))
                        r, g, b = r + bare * (p0 - q0), g + bare * (p1 - q1), b + bare * (p2 - q2)
                out[y, x, 0], out[y, x, 1], out[y, x, 2] = r * scale, g * scale, b * scale


@njit(cache=True, nogil=True, fastmath={"contract"}, inline="always")
def _coverage_at(coverage, u, v):  # type: ignore[no-untyped-def]
    u = min(max(u, np.float32(0.0)), np.float32(coverage.shape[1] - 1))
    v = min(max(v, np.float32(0.0)), np.float32(coverage.shape[0] - 1))
    i, h = min(int(u), coverage.shape[1] - 2), min(int(v), coverage.shape[0] - 2)
    fu, fv = u - np.float32(i), v - np.float32(h)
    top = np.float32(coverage[h, i]) + fu * (np.float32(coverage[h, i + 1]) - np.float32(coverage[h, i]))
    low = np.float32(coverage[h + 1, i]) + fu * (np.float32(coverage[h + 1, i + 1]) - np.float32(coverage[h + 1, i]))
    return (top + fv * (low - top)) * np.float32(1 / 255)
