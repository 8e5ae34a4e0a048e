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

from core.generation.mesh.compose import BLOCK, COARSER, cells_of, compose
from core.generation.mesh.face import Array, PosedFace
from core.generation.mesh.plate import background_plate
from core.generation.mesh.raster import FAR, cover, rasterise
from core.generation.mesh.rig import FRONT_TRIANGLES, RING_SIZE, RINGS, VERTICES
from core.generation.mesh.sampling import FETCHED, ROWS, WarpSource, packed
from core.generation.mesh.warp import BRIGHTENED, MOVED, cell_box, smoothed, warped_plane
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
SUBSAMPLES = 2


@dataclass(frozen=True, slots=True, eq=False)
class TurnSource:
    """What a turn needs of a portrait beyond the warp.

    plate (H, W, 4) in the photo's depth, the fourth channel empty; busy (rows, columns) of `BLOCK` pixels of
    the whole photo: whether anything but known background is near; solid likewise: whether nothing but the
    subject is near.
    """

    plate: Pixels
    busy: NDArray[np.bool_]
    solid: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class TurnField:
    """Fields of face and head, and how much the face covers of it.

    head (h, w, 3) float32: displacement and gain less 1 on a grid of `COARSER * step` pixels from (x0, y0).
    cells (h - 1, w - 1): what the head's cells show, bits of `SHOWS_FACE`, `SHOWS_HEAD` and `SHOWS_PLATE`, or 0
    where nothing changes. face (k, l, 3) and mask (k, l) in [0, 1] on a grid of `step` pixels in the part of it
    that the face stands in, from head node (row, column) on. box: the pixels around all cells but those of 0.
    """

    face: NDArray[np.float32]
    head: NDArray[np.float32]
    mask: NDArray[np.float32]
    cells: NDArray[np.uint8]
    row: int
    column: int
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


def turn_source(subject: Subject, scale: float) -> TurnSource:
    """Fill the plate behind the subject. Takes a fraction of a second."""
    matte = subject.matte()
    plate = background_plate(subject.image, matte, scale)
    busy, solid = _blocks(np.rint(matte * 255).astype(np.uint8), plate, subject.image.pixels)
    height, width, _ = plate.shape
    padded: Pixels = np.empty_like(plate, shape=(height, width, 4))
    padded[..., :3], padded[..., 3] = plate, 0
    return TurnSource(padded, busy, solid)


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
    coarse = COARSER * step
    x0, y0 = reach.x0 // coarse * coarse, reach.y0 // coarse * coarse
    columns, rows = -(-(reach.x1 - x0) // coarse) + 1, -(-(reach.y1 - y0) // coarse) + 1
    values = np.zeros((len(places), 3), np.float32)
    values[:, :2] = sources - places
    if gain is not None:
        values[:VERTICES, 2] = gain - 1.0
    xy = ((places - (x0, y0)) / coarse).astype(np.float32)
    front, back = rig.triangles[:FRONT_TRIANGLES], rig.triangles[FRONT_TRIANGLES:]
    head = np.zeros((rows, columns, 3), np.float32)
    nearest = np.full((rows, columns), FAR, np.float32)
    rasterise(xy, depth, values, back, head, nearest)
    rasterise(xy, depth, values, _OUTER, head, nearest)
    # As many pixels wide as the blur of the finer grid: variances go with the square of the step.
    head = smoothed(head, 1 / COARSER**2)
    # The face's own field, in the window of the grid that it stands in.
    seen = np.zeros(len(xy), bool)
    seen[front] = True
    unit = rig.scale / step
    window = box_around(xy[seen], margin=2 + 3 * FEATHERED * unit / COARSER).clipped(columns, rows)
    if window.width < 2 or window.height < 2:
        window = Box(0, 0, 2, 2)
    inside = (COARSER * (xy - (window.x0, window.y0))).astype(np.float32)
    face = _refined(np.ascontiguousarray(head[window.slices]), COARSER)
    rasterise(inside, depth, values, front, face, np.full(face.shape[:2], FAR, np.float32))
    face = smoothed(face)
    if folds is not None:
        fold_into(face, x0 + window.x0 * coarse, y0 + window.y0 * coarse, step, folds)
    mask = _silhouette(inside, front, (face.shape[0], face.shape[1]), unit)
    cells = cells_of(face, mask, head, turn.busy, turn.solid, window.y0, window.x0, x0, y0, step,
                   np.float32(0.25 * MOVED), np.float32(BRIGHTENED))  # fmt: skip
    box = cell_box(cells, x0, y0, coarse).clipped(width, height)
    return None if box.empty else TurnField(face, head, mask, cells, window.y0, window.x0, x0, y0, step, box)


def turn_into(pixels: Pixels, field: TurnField, source: WarpSource, turn: TurnSource, share: float) -> None:
    """Turn what the field turns, in a copy `pixels` (H, W, 3) of the photo. `share` as of `turned_share`."""
    box, (height, width, _) = field.box, source.fine.shape
    if min(height, width, *turn.plate.shape[:2]) < 2:
        return
    fine = packed(source.fine)
    rows, fetched = np.empty(ROWS, np.float32), np.empty(FETCHED, fine.dtype)
    grids = field.head.reshape(-1), field.face.reshape(-1), field.mask, field.cells, field.row, field.column
    photo = fine, width, height, source.zoom, source.box.x0, source.box.y0
    plate = packed(turn.plate), turn.plate.shape[1], turn.plate.shape[0]
    compose(photo, plate, *grids, field.x0, field.y0, field.step, box.x0, box.y0, box.x1, box.y1, np.float32(share),
            np.float32(np.iinfo(pixels.dtype).max), rows, fetched, pixels.reshape(-1))  # fmt: skip


def turned_matte(matte: NDArray[np.float32], field: TurnField) -> NDArray[np.float32]:
    """(H, W) coverage of the subject once it has turned."""
    coarse, box = COARSER * field.step, field.box
    left, top = field.x0 + field.column * coarse, field.y0 + field.row * coarse
    out = matte.copy()
    head = warped_plane(matte, field.head, field.x0, field.y0, coarse, box)
    face = warped_plane(matte, field.face, left, top, field.step, box)
    y, x = np.mgrid[box.y0 : box.y1, box.x0 : box.x1].astype(np.float32)
    over = cv2.remap(field.mask, (x - left) / field.step, (y - top) / field.step, cv2.INTER_LINEAR,
                     borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
    out[box.slices] = head + over * (face - head)
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
    side = 2 * int(np.ceil(2.5 * width)) + 1
    plain = cv2.resize(fine.astype(np.float32), shape[::-1], interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(plain, (side, side), width, borderType=cv2.BORDER_REPLICATE)
    edge = 0.5 + 0.35 * min(ERODED / FEATHERED, 1.0)
    low, high = edge - 0.35, min(edge + 0.15, 0.99)
    rise = np.clip((soft - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
    return np.asarray(rise * rise * (3 - 2 * rise), np.float32)


def _refined(values: NDArray[np.float32], times: int) -> NDArray[np.float32]:
    """(h, w, 3) -> (times (h - 1) + 1, times (w - 1) + 1, 3), straight between nodes."""
    rows, columns, _ = values.shape
    out = np.empty((times * (rows - 1) + 1, times * (columns - 1) + 1, 3), np.float32)
    _refine(values.reshape(rows, 3 * columns), times, out.reshape(len(out), -1))
    return out


@njit(cache=True, nogil=True)
def _refine(values, times, out):  # type: ignore[no-untyped-def]
    """Rows of both hold three interleaved numbers a node."""
    rows, width = values.shape
    line = np.empty(width, np.float32)
    for y in range(out.shape[0]):
        i = min(y // times, rows - 2)
        down = np.float32(y - times * i) / np.float32(times)
        top, low, target = values[i], values[i + 1], out[y]
        for x in range(width):
            line[x] = top[x] + down * (low[x] - top[x])
        target[-3:] = line[-3:]
        for s in range(times):
            right = np.float32(s) / np.float32(times)
            for j in range(width // 3 - 1):
                for k in range(3):
                    here = line[3 * j + k]
                    target[3 * (times * j + s) + k] = here + right * (line[3 * j + 3 + k] - here)


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
