"""Where to look for a face that does not show itself at first sight.

The detectors see a picture at 128 or 192 pixels and know upright faces. Each `View` is a way to show them
the same picture: a part of it enlarged, turned, with room around it, or with its contrast evened out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.values.geometry import apply_affine, invert_affine

_LONGEST = 1280
_TILE = 640


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """`pixels` (h, w, 3) uint8 to look at, `to_picture` (2, 3) from its pixels to the picture's, and what was
    done, in words."""

    pixels: NDArray[np.uint8]
    to_picture: NDArray[np.float64]
    words: str

    def points_to_picture(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 3) landmarks of the view -> pixels of the picture."""
        scale = float(np.sqrt(abs(np.linalg.det(self.to_picture[:, :2]))))
        return np.column_stack([apply_affine(self.to_picture, points[:, :2]), points[:, 2] * scale])

    def box_to_picture(self, box: NDArray[np.float64]) -> NDArray[np.float64]:
        """(x0, y0, x1, y1) of the view -> the upright box around it in the picture."""
        corners = apply_affine(self.to_picture, box[[0, 1, 2, 1, 2, 3, 0, 3]].reshape(4, 2))
        return np.concatenate([corners.min(axis=0), corners.max(axis=0)])

    @property
    def angle(self) -> float:
        """How far the view is turned, in radians, clockwise."""
        return float(np.arctan2(self.to_picture[1, 0], self.to_picture[0, 0]))


def whole(pixels: NDArray[np.uint8]) -> View:
    """The whole picture, reduced to a working size."""
    height, width = pixels.shape[:2]
    return _resized(pixels, 0, 0, width, height, min(1.0, _LONGEST / max(height, width)), "the whole picture")


def second_looks(pixels: NDArray[np.uint8]) -> Iterator[View]:
    """Further views, the likeliest first. Made one at a time, since the first that shows a face ends the search."""
    height, width = pixels.shape[:2]
    first = whole(pixels)
    yield _with_room(first, 0.5, "the picture with room around it, for a face that its border cuts")
    yield from _tiles(pixels, 2)
    for degrees in (90, 270, 180, 45, 315):
        yield _turned(first, degrees)
    yield View(_even(first.pixels), first.to_picture, "the picture with its contrast evened out")
    for parts in (3, 5):
        if max(height, width) >= 120 * parts:
            yield from _tiles(pixels, parts)
    yield _with_room(first, 2.0, "the picture made small in a wide frame")


def _resized(pixels: NDArray[np.uint8], x0: int, y0: int, width: int, height: int, scale: float, words: str) -> View:
    part = pixels[y0 : y0 + height, x0 : x0 + width]
    if scale != 1.0:
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC))
    fx, fy = width / part.shape[1], height / part.shape[0]
    to_picture = np.array([[fx, 0.0, x0 + 0.5 * fx - 0.5], [0.0, fy, y0 + 0.5 * fy - 0.5]])
    return View(np.asarray(part, dtype=np.uint8), to_picture, words)


def _tiles(pixels: NDArray[np.uint8], parts: int) -> Iterator[View]:
    """`parts` x `parts` overlapping squares, each brought to a size where small faces show."""
    height, width = pixels.shape[:2]
    side = min(max(height, width) * 3 // (2 * parts), height, width)
    for y0 in np.linspace(0, height - side, parts if height > side else 1).astype(int):
        for x0 in np.linspace(0, width - side, parts if width > side else 1).astype(int):
            yield _resized(pixels, int(x0), int(y0), side, side, _TILE / side, "a part of the picture, enlarged")


def _with_room(view: View, room: float, words: str) -> View:
    height, width = view.pixels.shape[:2]
    by = round(room * max(height, width))
    grey = [int(x) for x in view.pixels.reshape(-1, 3).mean(axis=0)]
    framed = cv2.copyMakeBorder(view.pixels, by, by, by, by, cv2.BORDER_CONSTANT, value=grey)
    shifted = view.to_picture.copy()
    shifted[:, 2] = apply_affine(view.to_picture, np.array([[-by, -by]], dtype=np.float64))[0]
    return View(np.asarray(framed, dtype=np.uint8), shifted, words)


def _turned(view: View, degrees: int) -> View:
    height, width = view.pixels.shape[:2]
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
    corners = apply_affine(turn, np.array([[0, 0], [width, 0], [0, height], [width, height]], dtype=np.float64))
    turn[:, 2] -= corners.min(axis=0)
    size = tuple(int(n) for n in np.ceil(np.ptp(corners, axis=0)))
    grey = [int(x) for x in view.pixels.reshape(-1, 3).mean(axis=0)]
    pixels = cv2.warpAffine(view.pixels, turn, size, flags=cv2.INTER_LINEAR, borderValue=grey)
    back = invert_affine(turn)
    to_picture = np.column_stack(
        [view.to_picture[:, :2] @ back[:, :2], apply_affine(view.to_picture, back[:, 2:].T)[0]]
    )
    return View(np.asarray(pixels, dtype=np.uint8), to_picture, f"the picture turned by {degrees} degrees")


def _even(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Local contrast brought to one level, on luma alone; drawings and dim pictures gain from it."""
    luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb)
    luma[..., 0] = cv2.createCLAHE(clipLimit=3.0, tileGridSize=(4, 4)).apply(luma[..., 0])
    return np.asarray(cv2.cvtColor(luma, cv2.COLOR_YCrCb2RGB), dtype=np.uint8)
