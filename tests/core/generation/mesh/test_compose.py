"""Face over head over plate, on grids made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from core.generation.mesh.compose import COARSER, SHOWS_FACE, SHOWS_HEAD, SHOWS_PLATE
from core.generation.mesh.sampling import warp_source
from core.generation.mesh.turn import TurnField, TurnSource, turn_into
from core.values.geometry import Box
from core.values.image import image_of

SIZE, STEP = 64, 2
COARSE = COARSER * STEP
WHOLE = Box(0, 0, SIZE, SIZE)
NONE = np.zeros((1, 1), bool)


def picture(seed: int, depth: type[np.unsignedinteger]) -> np.ndarray:
    low, high = np.iinfo(depth).max // 4, 3 * (np.iinfo(depth).max // 4)
    return np.random.default_rng(seed).integers(low, high, (SIZE, SIZE, 3), dtype=depth)


def plate_of(pixels: np.ndarray) -> TurnSource:
    return TurnSource(np.dstack([pixels, np.zeros((SIZE, SIZE), pixels.dtype)]), NONE, NONE)


def turning(shown: int, head: tuple[float, float], face: tuple[float, float], mask: float) -> TurnField:
    """Even fields over the whole picture, the face in a window from head node (4, 3) on."""
    nodes, window = SIZE // COARSE + 1, 8 * COARSER + 1
    heads = np.zeros((nodes, nodes, 3), np.float32)
    heads[..., :2] = head
    faces = np.zeros((window, window, 3), np.float32)
    faces[..., :2] = face
    cells = np.zeros((nodes - 1, nodes - 1), np.uint8)
    cells[4:12, 3:11] = shown
    return TurnField(faces, heads, np.full((window, window), mask, np.float32), cells, 4, 3, 0, 0, STEP, WHOLE)


INSIDE = slice(4 * COARSE, 12 * COARSE), slice(3 * COARSE, 11 * COARSE)


def shifted(pixels: np.ndarray, dx: int, dy: int) -> np.ndarray:
    rows, columns = INSIDE
    return pixels[rows.start + dy : rows.stop + dy, columns.start + dx : columns.stop + dx].astype(float)


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("shown", [SHOWS_FACE, SHOWS_HEAD | SHOWS_PLATE, SHOWS_FACE | SHOWS_HEAD | SHOWS_PLATE])
def test_what_does_not_move_is_the_photo_whatever_lies_behind(depth: type[np.unsignedinteger], shown: int) -> None:
    photo = picture(0, depth)
    coverage = np.random.default_rng(2).random((SIZE, SIZE)).astype(np.float32)
    out = np.zeros_like(photo)
    turn_into(out, turning(shown, (0, 0), (0, 0), 0.5), warp_source(image_of(photo), WHOLE, coverage),
              plate_of(picture(1, depth)), 1.0)  # fmt: skip
    np.testing.assert_array_equal(out[INSIDE], photo[INSIDE])
    out[INSIDE] = 0
    assert not out.any()


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_what_is_uncovered_shows_the_plate(depth: type[np.unsignedinteger]) -> None:
    photo, plate = picture(0, depth), picture(1, depth)
    coverage = np.zeros((SIZE, SIZE), np.float32)
    coverage[:, 30:] = 1
    out = np.zeros_like(photo)
    turn_into(out, turning(SHOWS_HEAD | SHOWS_PLATE, (5, -3), (0, 0), 0), warp_source(image_of(photo), WHOLE, coverage),
              plate_of(plate), 1.0)  # fmt: skip
    came = shifted(photo, 5, -3)
    travelled = came + plate[INSIDE] - shifted(plate, 5, -3)
    wanted = np.where(shifted(coverage[..., None], 5, -3) > 0, came, travelled)
    np.testing.assert_allclose(out[INSIDE], np.clip(wanted, 0, np.iinfo(depth).max), atol=0.51)


def test_the_face_is_laid_over_the_head_as_far_as_it_covers() -> None:
    photo = picture(0, np.uint8)
    source, behind = warp_source(image_of(photo), WHOLE), plate_of(photo)
    for shown, over in ((SHOWS_FACE, 1.0), (SHOWS_HEAD, 0.0), (SHOWS_FACE | SHOWS_HEAD, 0.25)):
        out = np.zeros_like(photo)
        turn_into(out, turning(shown, (2, 1), (-4, 3), over), source, behind, 1.0)
        wanted = over * shifted(photo, -4, 3) + (1 - over) * shifted(photo, 2, 1)
        np.testing.assert_allclose(out[INSIDE], wanted, atol=0.51)
