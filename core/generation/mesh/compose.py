"""What each cell of a turning head shows, and the pixels of it: face over head over plate."""

from __future__ import annotations

import numpy as np
from numba import njit

from core.generation.mesh.sampling import (
    BLUE,
    COVER,
    FAST,
    GREEN,
    HELD,
    KEPT,
    RED,
    RUN,
    U,
    V,
    light,
    spread,
    store,
    take,
)

COARSER = 2
"""Steps of the face's grid to one of the head's, whose triangles are large."""
SHOWS_FACE, SHOWS_HEAD, SHOWS_PLATE = 1, 2, 4
"""What a cell may show, as bits."""
UNSEEN = np.float32(1e-4)
"""A share of background that is none."""
BLOCK_BITS = 3
BLOCK = 1 << BLOCK_BITS
"""Side in pixels of the blocks that tell where nothing but background, or nothing but the subject, is near."""
_MOVES, _BUSY, _UNSURE, _SOME, _LESS = 1, 2, 4, 8, 16
"""Bits of a node: it moves; its pixels are not plain background; something but the subject is near; the face
shows; the face does not hide all."""


@njit(cache=True, nogil=True, inline="always")
def _block_at(blocks, x, y):  # type: ignore[no-untyped-def]
    row = min(max(int(y) >> BLOCK_BITS, 0), blocks.shape[0] - 1)
    return blocks[np.uint64(row), np.uint64(min(max(int(x) >> BLOCK_BITS, 0), blocks.shape[1] - 1))]


@njit(cache=True, nogil=True)
def _head_nodes(head, busy, solid, x0, y0, coarse, still):  # type: ignore[no-untyped-def]
    rows, columns, _ = head.shape
    nodes = np.zeros((rows, columns), np.int32)
    for i in range(rows):
        for j in range(columns):
            dx, dy = head[i, j, 0], head[i, j, 1]
            x, y, node = np.float32(x0 + j * coarse), np.float32(y0 + i * coarse), 0
            if abs(dx) > still or abs(dy) > still:
                node = _MOVES
                if _block_at(busy, x, y) or _block_at(busy, x + dx, y + dy):
                    node |= _BUSY
            if not _block_at(solid, x + dx, y + dy):
                node |= _UNSURE
            nodes[i, j] = node
    return nodes


@njit(cache=True, nogil=True)
def _face_nodes(face, mask, solid, left, top, step, still, lit):  # type: ignore[no-untyped-def]
    rows, columns = mask.shape
    nodes = np.zeros((rows, columns), np.int32)
    for i in range(rows):
        for j in range(columns):
            node = 0
            if mask[i, j] > 0:
                dx, dy = face[i, j, 0], face[i, j, 1]
                node = _SOME
                if abs(dx) > still or abs(dy) > still or abs(face[i, j, 2]) > lit:
                    node |= _MOVES
                if not _block_at(solid, np.float32(left + j * step) + dx, np.float32(top + i * step) + dy):
                    node |= _UNSURE
            if mask[i, j] < 1:
                node |= _LESS
            nodes[i, j] = node
    return nodes


@njit(cache=True, nogil=True)
def cells_of(face, mask, head, busy, solid, row, column, x0, y0, step, still, lit):  # type: ignore[no-untyped-def]
    """What the head's cells show; 0 where nothing moves, or only plain background, here and where it comes from."""
    coarse = COARSER * step
    back = _head_nodes(head, busy, solid, x0, y0, coarse, still)
    front = _face_nodes(face, mask, solid, x0 + column * coarse, y0 + row * coarse, step, still, lit)
    rows, columns = back.shape
    high, wide = (front.shape[0] - 1) // COARSER, (front.shape[1] - 1) // COARSER
    cells = np.zeros((rows - 1, columns - 1), np.uint8)
    for i in range(rows - 1):
        for j in range(columns - 1):
            behind = back[i, j] | back[i, j + 1] | back[i + 1, j] | back[i + 1, j + 1]
            before, p, q = 0, COARSER * (i - row), COARSER * (j - column)
            if 0 <= i - row < high and 0 <= j - column < wide:
                for k in range(COARSER + 1):
                    for n in range(COARSER + 1):
                        before |= front[p + k, q + n]
            else:
                before = _LESS
            if not before & _LESS:
                behind = 0
            if before & _MOVES or behind & (_MOVES | _BUSY) == _MOVES | _BUSY:
                cells[i, j] = (
                    (SHOWS_FACE if before & _SOME else 0)
                    | (SHOWS_HEAD if before & _LESS else 0)
                    | (SHOWS_PLATE if (before | behind) & _UNSURE else 0)
                )
    return cells


@njit(cache=True, nogil=True)
def compose(  # type: ignore[no-untyped-def]
    photo, plate, head, face, mask, cells, row, column, x0, y0, step, bx0, by0, bx1, by1, share, peak, rows, fetched,
    pixels
):  # fmt: skip
    """photo: packed pixels, width, height, zoom, and the first pixel's column and row; plate: packed pixels, width
    and height; head, face: fields node by node, three numbers each; pixels: the picture, three numbers a pixel.
    """
    fine, width, height, zoom, sx0, sy0 = photo
    coarse, across = COARSER * step, plate[1]
    most, wide = RUN // coarse - 1, 3 * mask.shape[1]
    columns = 3 * (cells.shape[1] + 1)
    first, last = (bx0 - x0) // coarse, (bx1 - 1 - x0) // coarse + 1
    for y in range(by0, by1):
        i = (y - y0) // coarse
        k = (y - y0) // step - COARSER * row
        j = first
        while j < last:
            shown = cells[i, j]
            if shown == 0:
                j += 1
                continue
            end = j + 1
            while end < last and end - j < most and cells[i, end] == shown:
                end += 1
            x = x0 + j * coarse
            count = min((end - j) * coarse, bx1 - x)
            if shown & SHOWS_FACE:
                n = COARSER * (j - column)
                down = np.float32((y - y0) % step) / np.float32(step)
                spread(rows, face[k * wide + 3 * n :], face[(k + 1) * wide + 3 * n :], COARSER * (end - j), step, down,
                       x - sx0, y - sy0)  # fmt: skip
                take(rows, fetched, fine, count, zoom, width, height)
                light(rows, count)
                if shown & SHOWS_PLATE:
                    _uncover(rows, fetched, count, plate, x, y, sx0, sy0, share, peak)
                if shown & SHOWS_HEAD:
                    _keep(rows, count)
                    _spread_mask(rows, mask[k, n:], mask[k + 1, n:], COARSER * (end - j), step, down)
            if shown & SHOWS_HEAD:
                down = np.float32(y - y0 - i * coarse) / np.float32(coarse)
                spread(rows, head[i * columns + 3 * j :], head[(i + 1) * columns + 3 * j :], end - j, coarse, down,
                       x - sx0, y - sy0)  # fmt: skip
                take(rows, fetched, fine, count, zoom, width, height)
                if shown & SHOWS_PLATE:
                    _uncover(rows, fetched, count, plate, x, y, sx0, sy0, share, peak)
                if shown & SHOWS_FACE:
                    _lay_face_over(rows, count)
            at = 3 * (y * across + x)
            store(rows, count, pixels[at : at + 3 * count], peak)
            j = end


@njit(cache=True, nogil=True)
def _uncover(rows, fetched, count, plate, left, y, sx0, sy0, share, peak):  # type: ignore[no-untyped-def]
    """Put the plate here in the place of the background that came along."""
    packed, width, height = plate
    _bare(rows, count, share, np.float32(1.0) / peak)
    first, last = 0, count
    while first < last and rows[HELD + 3 * RUN + first] <= UNSEEN:
        first += 1
    while last > first and rows[HELD + 3 * RUN + last - 1] <= UNSEEN:
        last -= 1
    if last <= first:
        return
    part, count = rows[first:], last - first
    _hold(part, count, np.float32(sx0), np.float32(sy0))
    take(part, fetched, packed, count, 1, width, height)
    start = y * width + left + first
    here = packed[start : start + count]
    if packed.itemsize == 4:
        _settle(part, here, count, np.uint32(8), np.uint32(0xFF))
    else:
        _settle(part, here, count, np.uint32(16), np.uint32(0xFFFF))


@njit(cache=True, nogil=True, fastmath=FAST)
def _bare(rows, count, share, full):  # type: ignore[no-untyped-def]
    for x in range(count):
        rows[HELD + 3 * RUN + x] = share * (np.float32(1.0) - full * rows[COVER + x])


@njit(cache=True, nogil=True, fastmath=FAST)
def _hold(rows, count, sx0, sy0):  # type: ignore[no-untyped-def]
    """Put by what was sampled, and point at the same places of the whole photo."""
    for x in range(count):
        rows[HELD + x], rows[HELD + RUN + x], rows[HELD + 2 * RUN + x] = rows[RED + x], rows[GREEN + x], rows[BLUE + x]
        rows[U + x] += sx0
        rows[V + x] += sy0


@njit(cache=True, nogil=True, fastmath=FAST)
def _settle(rows, here, count, bits, mask):  # type: ignore[no-untyped-def]
    """What was put by, and the difference of the plate here and where it came from."""
    for x in range(count):
        bare, p = rows[HELD + 3 * RUN + x], here[x]
        rows[RED + x] = rows[HELD + x] + bare * (np.float32(np.int32(p & mask)) - rows[RED + x])
        p = p >> bits
        rows[GREEN + x] = rows[HELD + RUN + x] + bare * (np.float32(np.int32(p & mask)) - rows[GREEN + x])
        p = p >> bits
        rows[BLUE + x] = rows[HELD + 2 * RUN + x] + bare * (np.float32(np.int32(p & mask)) - rows[BLUE + x])


@njit(cache=True, nogil=True)
def _keep(rows, count):  # type: ignore[no-untyped-def]
    for x in range(count):
        rows[KEPT + x] = rows[RED + x]
        rows[KEPT + RUN + x] = rows[GREEN + x]
        rows[KEPT + 2 * RUN + x] = rows[BLUE + x]


@njit(cache=True, nogil=True, fastmath=FAST)
def _spread_mask(rows, top, low, cells, step, down):  # type: ignore[no-untyped-def]
    inverse = np.float32(1.0 / step)
    for j in range(cells):
        here, there = top[j] + down * (low[j] - top[j]), top[j + 1] + down * (low[j + 1] - top[j + 1])
        for s in range(step):
            rows[KEPT + 3 * RUN + j * step + s] = here + np.float32(s) * inverse * (there - here)


@njit(cache=True, nogil=True, fastmath=FAST)
def _lay_face_over(rows, count):  # type: ignore[no-untyped-def]
    for x in range(count):
        over = rows[KEPT + 3 * RUN + x]
        rows[RED + x] += over * (rows[KEPT + x] - rows[RED + x])
        rows[GREEN + x] += over * (rows[KEPT + RUN + x] - rows[GREEN + x])
        rows[BLUE + x] += over * (rows[KEPT + 2 * RUN + x] - rows[BLUE + x])
