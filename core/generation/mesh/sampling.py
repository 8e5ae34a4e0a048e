"""The photo as packed pixels, sampled a run of pixels at a time.

A compiled loop is fast when it does one plain thing to a row: displacements are spread from nodes to
pixels, pixels become addresses and shares, four neighbours are fetched, blended, and stored. Each of
these is a function over rows of at most `RUN` numbers that lie one behind the other in one array: their
places are known when it is compiled, so no loop has to ask whether its rows overlap. The photo is held at
twice its size, interpolated once with a sharp filter; sampling that bilinearly is as cheap as bilinear
and as crisp as cubic, and gives the photo's own values back exactly where nothing moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from core.values.geometry import Box
from core.values.image import Image, Pixels

LARGEST_FINE = 5_000_000
"""Pixels around the face up to which the photo is held at twice its size."""
FAST = {"contract", "nsz", "arcp", "nnan", "ninf"}
"""What compiled loops over pixels may assume of their numbers; function-local, so no denormals are switched off."""
HALF_FILTER = (0.5859375, -0.09765625, 0.01171875)
"""Six-tap symmetric interpolation half way between samples (Lagrange, degree five)."""
RUN = 528
"""Pixels of a row that are worked on at a time. Rows this far apart do not fall on the same lines of a cache."""
U, V, GAIN = 0, RUN, 2 * RUN
"""Rows: where pixels come from in pixels of `WarpSource.box`, and what their light is multiplied by, less 1."""
SHARE_U, SHARE_V = 3 * RUN, 4 * RUN
RED, GREEN, BLUE, COVER = (k * RUN for k in range(5, 9))
"""Rows: what was sampled, 0 to the photo's peak."""
NODE, SLOPE = 9 * RUN, 12 * RUN
"""Three rows each: values at the nodes of a run, and how they change from pixel to pixel."""
KEPT, HELD = 15 * RUN, 19 * RUN
"""Four rows each that only callers use."""
ROWS = 23 * RUN
ADDRESS = 4 * RUN
"""Row of a scratch array of packed pixels: addresses; the four before it are the four neighbours."""
FETCHED = 5 * RUN


@dataclass(frozen=True, slots=True, eq=False)
class WarpSource:
    """The photo's `box`, at `zoom` 2 as (2 h - 1, 2 w - 1, 4) with the photo's own pixels in even rows and columns.

    The fourth channel is the subject's coverage, 0 to the photo's peak. At zoom 1, for boxes of more than
    `LARGEST_FINE` pixels, it is (h, w, 4): there a pixel is finer than any lens draws, and memory counts.
    """

    fine: Pixels
    box: Box
    zoom: int


def packed(picture: Pixels) -> NDArray[Any]:
    """(h * w,) the pixels of a picture (h, w, 4) as one whole number each."""
    return picture.view(np.uint32 if picture.itemsize == 1 else np.uint64).reshape(-1)


def warp_source(image: Image, box: Box, coverage: NDArray[np.float32] | None = None) -> WarpSource:
    """coverage (H, W) of the subject in [0, 1]; without it all is taken as subject."""
    zoom = 1 if box.width * box.height > LARGEST_FINE else 2
    shape = (zoom * (box.height - 1) + 1, zoom * (box.width - 1) + 1, 4)
    fine: Pixels = np.empty_like(image.pixels, shape=shape)
    fine[::zoom, ::zoom, :3] = image.pixels[box.slices]
    fine[::zoom, ::zoom, 3] = image.peak if coverage is None else np.rint(coverage[box.slices] * image.peak)
    if zoom == 2:
        _fill_halves(fine, image.peak)
    fine.flags.writeable = False
    return WarpSource(fine, box, zoom)


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
    """Interpolate the odd columns of even rows, then all odd rows; coverage evenly, so that it never rings."""
    rows, columns, _ = fine.shape
    for y in range(0, rows, 2):
        for k in range(3):
            lane = fine[y, :, k]
            for x in range(1, columns, 2):
                lane[x] = int(_half(lane, x - 1, columns, peak))
        for x in range(1, columns, 2):
            fine[y, x, 3] = (int(fine[y, x - 1, 3]) + int(fine[y, x + 1, 3]) + 1) // 2
    for y in range(1, rows, 2):
        for x in range(columns):
            for k in range(3):
                fine[y, x, k] = int(_half(fine[:, x, k], y - 1, rows, peak))
            fine[y, x, 3] = (int(fine[y - 1, x, 3]) + int(fine[y + 1, x, 3]) + 1) // 2


@intrinsic
def _prefetch(typing_context, array, index):  # type: ignore[no-untyped-def]
    """Ask for the memory at `array[index]`, which may lie beyond the end, without waiting for it."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        place = builder.bitcast(builder.gep(data, [arguments[1]]), byte)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        call = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(call, [place, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, index), generate


@njit(cache=True, nogil=True, fastmath=FAST)
def spread(rows, top, low, cells, step, down, left, y):  # type: ignore[no-untyped-def]
    """Fill `U`, `V`, `GAIN` of `cells * step` pixels of row `y` from column `left` on.

    top, low: rows of nodes (3 * (cells + 1),) above and below, of displacements x, y and gain less 1;
    down: how far the row is from the first to the second, 0 to 1. Gives the number of pixels.
    """
    inverse = np.float32(1.0 / step)
    for j in range(cells + 1):
        rows[NODE + j] = top[3 * j] + down * (low[3 * j] - top[3 * j])
        rows[NODE + RUN + j] = top[3 * j + 1] + down * (low[3 * j + 1] - top[3 * j + 1])
        rows[NODE + 2 * RUN + j] = top[3 * j + 2] + down * (low[3 * j + 2] - top[3 * j + 2])
    for j in range(cells):
        rows[SLOPE + j] = (rows[NODE + j + 1] - rows[NODE + j]) * inverse
        rows[SLOPE + RUN + j] = (rows[NODE + RUN + j + 1] - rows[NODE + RUN + j]) * inverse
        rows[SLOPE + 2 * RUN + j] = (rows[NODE + 2 * RUN + j + 1] - rows[NODE + 2 * RUN + j]) * inverse
    stride = np.uint64(step)
    for s in range(step):
        part, at = np.float32(np.int32(s)), np.uint64(s)
        for j in range(cells):
            rows[np.uint64(U) + at] = rows[NODE + j] + part * rows[SLOPE + j]
            rows[np.uint64(V) + at] = rows[NODE + RUN + j] + part * rows[SLOPE + RUN + j]
            rows[np.uint64(GAIN) + at] = rows[NODE + 2 * RUN + j] + part * rows[SLOPE + 2 * RUN + j]
            at += stride
    first, y = np.float32(left), np.float32(y)
    for x in range(cells * step):
        rows[U + x] += first + np.float32(np.int32(x))
        rows[V + x] += y
    return cells * step


@njit(cache=True, nogil=True, fastmath=FAST)
def _address(rows, fetched, count, zoom, width, height):  # type: ignore[no-untyped-def]
    """Places in the packed photo and shares of the neighbours; beyond the edges they repeat."""
    zero, zoom = np.float32(0.0), np.float32(zoom)
    last_u, last_v = np.float32(width - 1), np.float32(height - 1)
    last_i, last_h, stride = np.int32(width - 2), np.int32(height - 2), np.int32(width)
    for x in range(count):
        u = min(max(zoom * rows[U + x], zero), last_u)
        v = min(max(zoom * rows[V + x], zero), last_v)
        i, h = min(np.int32(u), last_i), min(np.int32(v), last_h)
        rows[SHARE_U + x], rows[SHARE_V + x] = u - np.float32(i), v - np.float32(h)
        fetched[ADDRESS + x] = np.uint32(h * stride + i)


@njit(cache=True, nogil=True)
def _fetch(fetched, packed, count, width):  # type: ignore[no-untyped-def]
    """The four neighbours of each pixel. What the next row will need is asked for ahead: memory is the slow part."""
    stride, one = np.uint64(width), np.uint64(1)
    for x in range(0, count, 8):
        k = np.uint64(fetched[ADDRESS + x]) + stride + stride
        _prefetch(packed, k)
        _prefetch(packed, k + stride)
    for x in range(count):
        k = np.uint64(fetched[ADDRESS + x])
        fetched[x], fetched[RUN + x] = packed[k], packed[k + one]
        fetched[2 * RUN + x], fetched[3 * RUN + x] = packed[k + stride], packed[k + stride + one]


@njit(cache=True, nogil=True, fastmath=FAST, inline="always")
def _blend(rows, fetched, count, bits, mask):  # type: ignore[no-untyped-def]
    """Bilinear values of all four channels."""
    one = np.float32(1.0)
    for x in range(count):
        u, v = rows[SHARE_U + x], rows[SHARE_V + x]
        d = u * v
        b, c = u - d, v - d
        a = one - u - c
        p, q, r, s = fetched[x], fetched[RUN + x], fetched[2 * RUN + x], fetched[3 * RUN + x]
        rows[RED + x] = a * _level(p, mask) + b * _level(q, mask) + c * _level(r, mask) + d * _level(s, mask)
        p, q, r, s = p >> bits, q >> bits, r >> bits, s >> bits
        rows[GREEN + x] = a * _level(p, mask) + b * _level(q, mask) + c * _level(r, mask) + d * _level(s, mask)
        p, q, r, s = p >> bits, q >> bits, r >> bits, s >> bits
        rows[BLUE + x] = a * _level(p, mask) + b * _level(q, mask) + c * _level(r, mask) + d * _level(s, mask)
        p, q, r, s = p >> bits, q >> bits, r >> bits, s >> bits
        rows[COVER + x] = a * _level(p, mask) + b * _level(q, mask) + c * _level(r, mask) + d * _level(s, mask)


@njit(cache=True, nogil=True, inline="always")
def _level(packed, mask):  # type: ignore[no-untyped-def]
    return np.float32(np.int32(packed & mask))


@njit(cache=True, nogil=True, fastmath=FAST)
def take(rows, fetched, packed, count, zoom, width, height):  # type: ignore[no-untyped-def]
    """Fill `RED` to `COVER` of `count` pixels from where `U` and `V` point."""
    _address(rows, fetched, count, zoom, width, height)
    _fetch(fetched, packed, count, width)
    if packed.itemsize == 4:
        _blend(rows, fetched, count, np.uint32(8), np.uint32(0xFF))
    else:
        _blend(rows, fetched, count, np.uint32(16), np.uint32(0xFFFF))


@njit(cache=True, nogil=True, fastmath=FAST)
def light(rows, count):  # type: ignore[no-untyped-def]
    """Multiply the gain into what was sampled."""
    for x in range(count):
        gain = np.float32(1.0) + rows[GAIN + x]
        rows[RED + x] *= gain
        rows[GREEN + x] *= gain
        rows[BLUE + x] *= gain


@njit(cache=True, nogil=True, fastmath=FAST)
def store(rows, count, out, peak):  # type: ignore[no-untyped-def]
    """Round what was sampled into a row `out` (3 * count,) of a picture."""
    zero, half = np.float32(0.0), np.float32(0.5)
    for x in range(count):
        out[3 * x] = np.int32(min(max(rows[RED + x] + half, zero), peak))
        out[3 * x + 1] = np.int32(min(max(rows[GREEN + x] + half, zero), peak))
        out[3 * x + 2] = np.int32(min(max(rows[BLUE + x] + half, zero), peak))
