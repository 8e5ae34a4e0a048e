"""What each cell of a turning head shows, and the pixels of it: face over head over plate."""

from __future__ import annotations

import numpy as np
from numba import njit

from core.generation.mesh.sampling import (
    BLUE,
    COVER,
    FAST,
    GREEN,
    KEPT,
    RED,
    RUN,
    U,
    V,
    light,
    sample,
    spread,
    store,
    take,
)

COARSER = 2
"""Steps of the face's grid to one of the head's, whose triangles are large."""
SHOWS_FACE, SHOWS_HEAD, SHOWS_PLATE = 1, 2, 4
"""What a cell may show, as bits."""
BLOCK = 8
"""Side in pixels of the blocks that tell where nothing but background, or nothing but the subject, is near."""
_MOVES, _BUSY, _UNSURE, _SOME, _LESS = 1, 2, 4, 8, 16
"""Bits of a node: it moves; its pixels are not plain background; something but the subject is near; the face
shows; the face does not hide all."""


@njit(cache=True, nogil=True)
def _block_at(blocks, x, y):  # type: ignore[no-untyped-def]
    row = min(max(int(y) // BLOCK, 0), blocks.shape[0] - 1)
    return blocks[row, min(max(int(x) // BLOCK, 0), blocks.shape[1] - 1)]


@njit(cache=True, nogil=True)
def _head_nodes(head, busy, solid, x0, y0, coarse, still):  # type: ignore[no-untyped-def]
    rows, columns, _ = head.shape
    nodes = np.zeros((rows, columns), np.int32)
    for i in range(rows):
        for j in range(columns):
            dx, dy = head[i, j, 0], head[i, j, 1]
            x, y, node = x0 + j * coarse, y0 + i * coarse, 0
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
                if not _block_at(solid, left + j * step + dx, top + i * step + dy):
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
    packed, height, width, zoom, sx0, sy0, plate, head, face, mask, cells, row, column, x0, y0, step, bx0, by0, bx1,
    by1, share, peak, rows, fetched, pixels
):  # fmt: skip
    """head, face: fields node by node, three numbers each; pixels: the picture, three numbers a pixel."""
    coarse, across = COARSER * step, plate.shape[1]
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
                take(rows, fetched, packed, count, zoom, width, height)
                light(rows, count)
                if shown & SHOWS_PLATE:
                    _uncover(rows, count, plate, x, y, sx0, sy0, share, peak)
                if shown & SHOWS_HEAD:
                    _keep(rows, count)
                    _spread_mask(rows, mask[k, n:], mask[k + 1, n:], COARSER * (end - j), step, down)
            if shown & SHOWS_HEAD:
                down = np.float32(y - y0 - i * coarse) / np.float32(coarse)
                spread(rows, head[i * columns + 3 * j :], head[(i + 1) * columns + 3 * j :], end - j, coarse, down,
                       x - sx0, y - sy0)  # fmt: skip
                take(rows, fetched, packed, count, zoom, width, height)
                if shown & SHOWS_PLATE:
                    _uncover(rows, count, plate, x, y, sx0, sy0, share, peak)
                if shown & SHOWS_FACE:
                    _lay_face_over(rows, count)
            at = 3 * (y * across + x)
            store(rows, count, pixels[at : at + 3 * count], peak)
            j = end


@njit(cache=True, nogil=True, fastmath=FAST)
def _uncover(rows, count, plate, left, y, sx0, sy0, share, peak):  # type: ignore[no-untyped-def]
    """Put the plate here in the place of the background that came along."""
    full = np.float32(1.0) / peak
    for x in range(count):
        bare = share * (np.float32(1.0) - full * rows[COVER + x])
        if bare > np.float32(1e-4):
            p, q, s = sample(plate, rows[U + x] + np.float32(sx0), rows[V + x] + np.float32(sy0))
            rows[RED + x] += bare * (np.float32(plate[y, left + x, 0]) - p)
            rows[GREEN + x] += bare * (np.float32(plate[y, left + x, 1]) - q)
            rows[BLUE + x] += bare * (np.float32(plate[y, left + x, 2]) - s)


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
