"""Posed vertices -> a dense field on a coarse grid -> moved pixels.

The photo is held at twice its size around the face, interpolated once with a sharp filter; sampling
that bilinearly is as cheap as bilinear and as crisp as cubic, and gives the photo's own values back
exactly where nothing moves. One filter serves scrubbing and export alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from core.generation.mesh.face import Array, FaceRig, PosedFace
from core.generation.mesh.raster import FAR, rasterise
from core.generation.mesh.wrinkles import GainMap, fold_into
from core.values.geometry import Box, box_around
from core.values.image import Image, Pixels

NODES_PER_EYE_DISTANCE = 110
MOVED = 0.06
"""Pixels of displacement below which a pixel counts as still."""
LARGEST_FINE = 5_000_000
"""Pixels around the face up to which the photo is held at twice its size."""
BRIGHTENED = 4e-3
"""Change of light, as a share, below which it counts as none."""
FAST = {"contract", "nsz", "arcp", "nnan", "ninf"}
"""What compiled loops over pixels may assume of their numbers; function-local, so no denormals are switched off."""
HALF_FILTER = (0.5859375, -0.09765625, 0.01171875)
"""Six-tap symmetric interpolation half way between samples (Lagrange, degree five)."""


@dataclass(frozen=True, slots=True, eq=False)
class WarpSource:
    """The photo's `box`, at `zoom` 2 as (2 h - 1, 2 w - 1, 3) with the photo's own pixels in even rows and columns.

    At zoom 1, for boxes of more than `LARGEST_FINE` pixels, it is the photo's own (h, w, 3): there a pixel is
    finer than any lens draws, and memory counts.
    """

    fine: Pixels
    box: Box
    zoom: int


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


def warp_source(image: Image, box: Box) -> WarpSource:
    pixels = image.pixels[box.slices]
    if box.width * box.height > LARGEST_FINE:
        return WarpSource(pixels, box, 1)
    fine: Pixels = np.empty_like(pixels, shape=(2 * box.height - 1, 2 * box.width - 1, 3))
    fine[::2, ::2] = pixels
    _fill_halves(fine, image.peak)
    fine.flags.writeable = False
    return WarpSource(fine, box, 2)


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
    reach = box_around(posed.vertices[moving.ravel(), :2], margin=2 * step).clipped(bounds.x1, bounds.y1)
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
    active = _active(values, np.float32(MOVED), np.float32(BRIGHTENED))
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
    grid = field.values, field.active, field.x0, field.y0, field.step
    peak = np.float32(np.iinfo(pixels.dtype).max)
    box = field.box
    _warp(source.fine, source.zoom, source.box.x0, source.box.y0, *grid, box.x0, box.y0, box.x1, box.y1, peak, pixels)


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


@njit(cache=True, nogil=True)
def _half(lane, at, count, peak):  # type: ignore[no-untyped-def]
    """The value between samples `at` and `at + 2` of a lane whose samples stand at even places; ends repeat."""
    value = 0.0
    for k in range(3):
        before, after = max(at - 2 * k, 0), min(at + 2 + 2 * k, count - 1)
        value += HALF_FILTER[k] * (float(lane[before]) + float(lane[after]))
    return min(max(value + 0.5, 0.0), peak)


@njit(cache=True, nogil=True)
def _fill_halves(fine, peak):  # type: ignore[no-untyped-def]
    """Interpolate the odd columns of even rows, then all odd rows."""
    rows, columns, _ = fine.shape
    for y in range(0, rows, 2):
        for k in range(3):
            lane = fine[y, :, k]
            for x in range(1, columns, 2):
                lane[x] = int(_half(lane, x - 1, columns, peak))
    for y in range(1, rows, 2):
        for x in range(columns):
            for k in range(3):
                fine[y, x, k] = int(_half(fine[:, x, k], y - 1, rows, peak))


def smoothed(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w, k) after a 3 x 3 binomial blur; the border nodes stay."""
    rows, columns, count = values.shape
    return np.asarray(
        _smoothed(np.ascontiguousarray(values).reshape(rows, columns * count), count).reshape(values.shape)
    )


@njit(cache=True, nogil=True, fastmath=FAST)
def _smoothed(flat, count):  # type: ignore[no-untyped-def]
    """Rows hold `count` interleaved values a node."""
    rows, width = flat.shape
    quarter, half = np.float32(0.25), np.float32(0.5)
    down = np.empty_like(flat)
    down[0], down[rows - 1] = flat[0], flat[rows - 1]
    for y in range(1, rows - 1):
        above, here, below, out = flat[y - 1], flat[y], flat[y + 1], down[y]
        for x in range(width):
            out[x] = quarter * (above[x] + below[x]) + half * here[x]
    out = np.empty_like(flat)
    for y in range(rows):
        row, target = down[y], out[y]
        for x in range(count):
            target[x], target[width - 1 - x] = row[x], row[width - 1 - x]
        for x in range(count, width - count):
            target[x] = quarter * (row[x - count] + row[x + count]) + half * row[x]
    return out


@njit(cache=True, nogil=True)
def blurred(cells, block, width):  # type: ignore[no-untyped-def]
    """(h, w) float32 in [0, 1]: 0 or 1 `cells` averaged over `block` x `block` and blurred by a Gaussian of `width`."""
    rows, columns = cells.shape[0] // block, cells.shape[1] // block
    reach = int(np.ceil(2.5 * width))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    kernel = (kernel / kernel.sum()).astype(np.float32)
    plain = np.zeros((rows, columns), np.float32)
    share = np.float32(1.0 / (block * block))
    for y in range(rows):
        for x in range(columns):
            total = 0
            for i in range(block):
                for j in range(block):
                    total += cells[y * block + i, x * block + j]
            plain[y, x] = share * total
    across = np.zeros((rows, columns), np.float32)
    for y in range(rows):
        for x in range(columns):
            value = np.float32(0.0)
            for k in range(-reach, reach + 1):
                value += kernel[k + reach] * plain[y, min(max(x + k, 0), columns - 1)]
            across[y, x] = value
    out = np.zeros((rows, columns), np.float32)
    for y in range(rows):
        for k in range(-reach, reach + 1):
            row = across[min(max(y + k, 0), rows - 1)]
            for x in range(columns):
                out[y, x] += kernel[k + reach] * row[x]
    return out


@njit(cache=True, nogil=True)
def _active(values, moved, gained):  # type: ignore[no-untyped-def]
    """(h - 1, w - 1) cells with a corner that moves or changes its light."""
    rows, columns, _ = values.shape
    active = np.zeros((rows - 1, columns - 1), np.bool_)
    for y in range(rows):
        for x in range(columns):
            if abs(values[y, x, 0]) > moved or abs(values[y, x, 1]) > moved or abs(values[y, x, 2]) > gained:
                for i in range(max(y - 1, 0), min(y + 1, rows - 1)):
                    for j in range(max(x - 1, 0), min(x + 1, columns - 1)):
                        active[i, j] = True
    return active


@njit(cache=True, nogil=True, fastmath=FAST, inline="always")
def sample(picture, u, v):  # type: ignore[no-untyped-def]
    """Bilinear value of three channels at column `u`, row `v` (float32); beyond the edges they repeat."""
    one = np.uint32(1)
    u = min(max(u, np.float32(0.0)), np.float32(picture.shape[1] - 1))
    v = min(max(v, np.float32(0.0)), np.float32(picture.shape[0] - 1))
    i, h = np.uint32(min(np.int32(u), picture.shape[1] - 2)), np.uint32(min(np.int32(v), picture.shape[0] - 2))
    fu, fv = u - np.float32(i), v - np.float32(h)
    w3 = fu * fv
    w1, w2 = fu - w3, fv - w3
    w0 = np.float32(1.0) - fu - w2
    r = (w0 * np.float32(picture[h, i, 0]) + w1 * np.float32(picture[h, i + one, 0])
         + w2 * np.float32(picture[h + one, i, 0]) + w3 * np.float32(picture[h + one, i + one, 0]))  # fmt: skip
    g = (w0 * np.float32(picture[h, i, 1]) + w1 * np.float32(picture[h, i + one, 1])
         + w2 * np.float32(picture[h + one, i, 1]) + w3 * np.float32(picture[h + one, i + one, 1]))  # fmt: skip
    b = (w0 * np.float32(picture[h, i, 2]) + w1 * np.float32(picture[h, i + one, 2])
         + w2 * np.float32(picture[h + one, i, 2]) + w3 * np.float32(picture[h + one, i + one, 2]))  # fmt: skip
    return r, g, b


@njit(cache=True, nogil=True, fastmath=FAST, inline="always")
def plane_of(field, i, j, k, inverse):  # type: ignore[no-untyped-def]
    """A cell's value `k` as v + x * dx + y * dy + x * y * dxy in pixels from its first corner."""
    p, q, r, s = field[i, j, k], field[i, j + 1, k], field[i + 1, j, k], field[i + 1, j + 1, k]
    return p, (q - p) * inverse, (r - p) * inverse, (s - r - q + p) * inverse * inverse


@njit(cache=True, nogil=True, fastmath=FAST)
def _warp(fine, zoom, sx0, sy0, field, active, fx0, fy0, step, bx0, by0, bx1, by1, peak, pixels):  # type: ignore[no-untyped-def]
    inverse, one, zero = np.float32(1.0 / step), np.float32(1.0), np.float32(0.0)
    zoom, half = np.float32(zoom), np.float32(0.5)
    for i in range((by0 - fy0) // step, (by1 - 1 - fy0) // step + 1):
        top = fy0 + i * step
        for j in range((bx0 - fx0) // step, (bx1 - 1 - fx0) // step + 1):
            if not active[i, j]:
                continue
            left = fx0 + j * step
            a, ax, ay, axy = plane_of(field, i, j, 0, inverse)
            b, bx, by, bxy = plane_of(field, i, j, 1, inverse)
            c, cx, cy, cxy = plane_of(field, i, j, 2, inverse)
            a, b, c = a + np.float32(left - sx0), b + np.float32(top - sy0), c + one
            for y in range(top, min(top + step, by1)):
                down = np.float32(y - top)
                u, du = zoom * (a + down * ay), zoom * (one + ax + down * axy)
                v, dv = zoom * (b + down * (one + by)), zoom * (bx + down * bxy)
                gain, dgain = c + down * cy, cx + down * cxy
                for x in range(left, min(left + step, bx1)):
                    red, green, blue = sample(fine, u, v)
                    pixels[y, x, 0] = np.int32(min(max(gain * red + half, zero), peak))
                    pixels[y, x, 1] = np.int32(min(max(gain * green + half, zero), peak))
                    pixels[y, x, 2] = np.int32(min(max(gain * blue + half, zero), peak))
                    u, v, gain = u + du, v + dv, gain + dgain


@njit(cache=True, nogil=True)
def _round_into(out, into, scale, peak):  # type: ignore[no-untyped-def]
    height, width, _ = out.shape
    for y in range(height):
        for x in range(width):
            for k in range(3):
                value = out[y, x, k] * scale + np.float32(0.5)
                into[y, x, k] = int(min(max(value, np.float32(0.0)), peak))
