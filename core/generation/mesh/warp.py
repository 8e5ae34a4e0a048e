"""Posed vertices -> a dense field on a coarse grid -> moved pixels.

One way of sampling serves scrubbing and export alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from core.generation.mesh.face import Array, FaceRig, PosedFace
from core.generation.mesh.raster import FAR, rasterise
from core.generation.mesh.sampling import FAST, FETCHED, ROWS, RUN, WarpSource, light, packed, spread, store, take
from core.generation.mesh.wrinkles import GainMap, fold_into
from core.values.geometry import Box, box_around
from core.values.image import Pixels

NODES_PER_EYE_DISTANCE = 110
MOVED = 0.06
"""Pixels of displacement below which a pixel counts as still."""
BRIGHTENED = 4e-3
"""Change of light, as a share, below which it counts as none."""


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """Displacement and gain on a grid: node (i, j) is the pixel (x0 + j * step, y0 + i * step).

    values (h, w, 3) float32: where the pixel comes from less where it is (x, y), and what its light
    is multiplied by, less 1. active (h - 1, w - 1): cells of `step` pixels in which anything changes.
    box: the pixels of those cells.
    """

    values: NDArray[np.float32]
    active: NDArray[np.bool_]
    x0: int
    y0: int
    step: int
    box: Box


def grid_step(rig: FaceRig) -> int:
    """Pixels between nodes of the field."""
    return int(np.clip(round(rig.scale / NODES_PER_EYE_DISTANCE), 2, 16))


def field_of(
    posed: PosedFace,
    triangles: NDArray[np.int32],
    step: int,
    bounds: Box,
    gain: Array | None = None,
    folds: GainMap | None = None,
) -> Field | None:
    """The dense field of `triangles` where they move, or None where nothing does.

    gain: (n,) per vertex, what light is multiplied by; folds: the same over the photo at rest.
    bounds: no pixel outside it is touched.
    """
    rig = posed.rig
    delta = posed.sources - posed.vertices[:, :2]
    brightness = np.zeros(len(delta)) if gain is None else gain - 1.0
    active = (np.abs(delta).max(axis=1) > 0.25 * MOVED) | (np.abs(brightness) > 1e-3)
    moving = triangles[active[triangles].any(axis=1)]
    if not len(moving):
        return None
    touched = np.zeros(len(delta), bool)
    touched[moving] = True
    reach = box_around(posed.vertices[touched, :2], margin=2 * step).clipped(bounds.x1, bounds.y1)
    x0 = bounds.x0 + max(reach.x0 - bounds.x0, 0) // step * step
    y0 = bounds.y0 + max(reach.y0 - bounds.y0, 0) // step * step
    columns, rows = -(-(reach.x1 - x0) // step) + 1, -(-(reach.y1 - y0) // step) + 1
    if reach.x1 <= x0 or reach.y1 <= y0:
        return None
    values = np.zeros((rows, columns, 3), np.float32)
    nearest = np.full((rows, columns), FAR, np.float32)
    attributes = np.column_stack([delta, brightness]).astype(np.float32)
    xy = ((posed.vertices[:, :2] - (x0, y0)) / step).astype(np.float32)
    depth = (posed.vertices[:, 2] - rig.translation[2]).astype(np.float32)
    rasterise(xy, depth, attributes, triangles, values, nearest)
    values = smoothed(values)
    if folds is not None:
        fold_into(values, x0, y0, step, folds)
    active = _active(values.reshape(rows, 3 * columns), columns, np.float32(MOVED), np.float32(BRIGHTENED))
    box = cell_box(active, x0, y0, step).clipped(bounds.x1, bounds.y1)
    return None if box.empty else Field(values, active, x0, y0, step, box)


def cell_box(active: NDArray[np.bool_] | NDArray[np.uint8], x0: int, y0: int, step: int) -> Box:
    """The pixels of the cells (h, w) that are set, in a grid that starts at (x0, y0); empty when none is."""
    rows, columns = np.flatnonzero(active.any(axis=1)), np.flatnonzero(active.any(axis=0))
    if not len(rows):
        return Box(0, 0, 0, 0)
    return Box(x0 + int(columns[0]) * step, y0 + int(rows[0]) * step,
               x0 + (int(columns[-1]) + 1) * step, y0 + (int(rows[-1]) + 1) * step)  # fmt: skip


def warp_into(pixels: Pixels, field: Field, source: WarpSource) -> None:
    """Move what the field moves, in a copy `pixels` (H, W, 3) of the photo."""
    box, (height, width, _) = field.box, source.fine.shape
    if min(height, width) < 2:
        return
    grid = field.values.reshape(-1), field.active, field.x0, field.y0, field.step
    fine = packed(source.fine)
    rows, fetched = np.empty(ROWS, np.float32), np.empty(FETCHED, fine.dtype)
    _warp(fine, height, width, source.zoom, source.box.x0, source.box.y0, *grid, box.x0, box.y0, box.x1, box.y1,
          np.float32(np.iinfo(pixels.dtype).max), rows, fetched, pixels.reshape(-1), pixels.shape[1])  # fmt: skip


def warped_plane(
    plane: NDArray[np.float32], values: NDArray[np.float32], x0: int, y0: int, step: int, box: Box
) -> NDArray[np.float32]:
    """(h, w) of `box`: one channel (H, W) of the photo moved by the field `values` that starts at (x0, y0)."""
    import cv2

    y, x = np.mgrid[box.y0 : box.y1, box.x0 : box.x1].astype(np.float32)
    delta = cv2.remap(np.ascontiguousarray(values[..., :2]), (x - x0) / step, (y - y0) / step, cv2.INTER_LINEAR,
                      borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
    return np.asarray(cv2.remap(plane, x + delta[..., 0], y + delta[..., 1], cv2.INTER_LINEAR,
                                borderMode=cv2.BORDER_REPLICATE))  # fmt: skip


def lifted(pixels: Pixels, box: Box) -> NDArray[np.float32]:
    """(h, w, 3) float32 of a part of the picture, 0 to 255 whatever its depth."""
    part = pixels[box.slices].astype(np.float32)
    return part if pixels.dtype == np.uint8 else part * np.float32(1 / 257)


def settle(part: NDArray[np.float32], pixels: Pixels, box: Box) -> None:
    """Round what `lifted` gave back into the picture."""
    scale = np.float32(1.0 if pixels.dtype == np.uint8 else 257.0)
    _round_into(part, pixels[box.slices], scale, np.float32(np.iinfo(pixels.dtype).max))


def smoothed(values: NDArray[np.float32], share: float = 1.0) -> NDArray[np.float32]:
    """(h, w, k) on its way by `share` to a 3 x 3 binomial blur; the border nodes stay."""
    rows, columns, count = values.shape
    return np.asarray(
        _smoothed(np.ascontiguousarray(values).reshape(rows, columns * count), count, np.float32(share)).reshape(
            values.shape
        )
    )


@njit(cache=True, nogil=True, fastmath=FAST)
def _smoothed(flat, count, share):  # type: ignore[no-untyped-def]
    """Rows hold `count` interleaved values a node."""
    rows, width = flat.shape
    quarter, half = np.float32(0.25), np.float32(0.5)
    down, out = np.empty(width, np.float32), np.empty_like(flat)
    for y in range(rows):
        row, target = flat[y], out[y]
        if 0 < y < rows - 1:
            above, below = flat[y - 1], flat[y + 1]
            for x in range(width):
                down[x] = quarter * (above[x] + below[x]) + half * row[x]
        else:
            down[:] = row
        for x in range(count):
            target[x], target[width - 1 - x] = down[x], down[width - 1 - x]
        left, middle, right, inner = down[: width - 2 * count], down[count:], down[2 * count :], target[count:]
        still = row[count:]
        for x in range(len(left)):
            blurred = quarter * (left[x] + right[x]) + half * middle[x]
            inner[x] = still[x] + share * (blurred - still[x])
    return out


@njit(cache=True, nogil=True)
def _active(flat, columns, moved, gained):  # type: ignore[no-untyped-def]
    """(h - 1, w - 1) cells with a corner that moves or changes its light. flat (h, 3 * columns)."""
    rows = flat.shape[0]
    active = np.zeros((rows - 1, columns - 1), np.bool_)
    before, now = np.zeros(columns, np.bool_), np.zeros(columns, np.bool_)
    for y in range(rows):
        row = flat[y]
        for x in range(columns):
            now[x] = (abs(row[3 * x]) > moved) | (abs(row[3 * x + 1]) > moved) | (abs(row[3 * x + 2]) > gained)
        if y > 0:
            out = active[y - 1]
            for x in range(columns - 1):
                out[x] = before[x] | before[x + 1] | now[x] | now[x + 1]
        before, now = now, before
    return active


@njit(cache=True, nogil=True)
def _warp(  # type: ignore[no-untyped-def]
    fine, height, width, zoom, sx0, sy0, flat, active, fx0, fy0, step, bx0, by0, bx1, by1, peak, rows, fetched,
    pixels, across
):  # fmt: skip
    """flat: the field, row by row; pixels: the picture, row by row, `across` pixels each."""
    most, columns = RUN // step - 1, 3 * (active.shape[1] + 1)
    first, last = (bx0 - fx0) // step, (bx1 - 1 - fx0) // step + 1
    for y in range(by0, by1):
        i = (y - fy0) // step
        down = np.float32(y - fy0 - i * step) / np.float32(step)
        top, low = flat[i * columns : (i + 1) * columns], flat[(i + 1) * columns : (i + 2) * columns]
        j = first
        while j < last:
            if not active[i, j]:
                j += 1
                continue
            end = j + 1
            while end < last and end - j < most and active[i, end]:
                end += 1
            x = fx0 + j * step
            count = spread(rows, top[3 * j :], low[3 * j :], end - j, step, down, x - sx0, y - sy0)
            count = min(count, bx1 - x)
            take(rows, fetched, fine, count, zoom, width, height)
            light(rows, count)
            at = 3 * (y * across + x)
            store(rows, count, pixels[at : at + 3 * count], peak)
            j = end


@njit(cache=True, nogil=True)
def _round_into(out, into, scale, peak):  # type: ignore[no-untyped-def]
    height, width, _ = out.shape
    for y in range(height):
        for x in range(width):
            for k in range(3):
                value = out[y, x, k] * scale + np.float32(0.5)
                into[y, x, k] = int(min(max(value, np.float32(0.0)), peak))
