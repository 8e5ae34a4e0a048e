"""A frame, brought to the size and channels that the file wants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from core.values.image import Pixels


class FrameLike(Protocol):
    """Anything with `pixels` (H, W, 3) uint8 or uint16 and straight `alpha` (H, W) of that dtype, or None."""

    @property
    def pixels(self) -> Pixels: ...
    @property
    def alpha(self) -> Pixels | None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Opaque:
    """Pixels alone, as a frame."""

    pixels: Pixels
    alpha: None = None


def fitted(pixels: Pixels, alpha: Pixels | None, size: tuple[int, int]) -> tuple[Pixels, Pixels | None]:
    """Both resized into `size` (width, height), whole and centred, over borders of transparent black.

    Area averaging when it shrinks, Lanczos when it grows; colours are weighted with alpha, so that what
    lies under transparent parts does not bleed in. Already of that size: the same arrays.
    """
    height, width = pixels.shape[:2]
    if (width, height) == size:
        return pixels, alpha
    scale = min(size[0] / width, size[1] / height)
    inner = _near(width * scale, size[0]), _near(height * scale, size[1])
    if alpha is None:
        return _framed(_resized(pixels, inner), size), None
    peak = float(np.iinfo(pixels.dtype).max)
    cover = alpha.astype(np.float32) / peak
    weighted = _resized(pixels.astype(np.float32) * cover[..., None], inner)
    small_cover = np.clip(_resized(cover, inner), 0.0, 1.0)
    plain = _resized(pixels, inner).astype(np.float32)
    straight = np.where(small_cover[..., None] > 0.5 / peak, weighted / np.maximum(small_cover, 1e-6)[..., None], plain)
    colours = np.rint(np.clip(straight, 0, peak)).astype(pixels.dtype)
    return _framed(colours, size), _framed(np.rint(small_cover * peak).astype(pixels.dtype), size)


def over_black(pixels: Pixels, alpha: Pixels | None) -> Pixels:
    """`pixels` as they look on black, for files without transparency."""
    if alpha is None:
        return pixels
    peak = int(np.iinfo(pixels.dtype).max)
    product = pixels.astype(np.uint32) * alpha[..., None]
    return cast("Pixels", ((product + peak // 2) // peak).astype(pixels.dtype))


def even(pixels: Pixels) -> Pixels:
    """An odd last column or row repeated, because 4:2:0 halves both sides."""
    height, width = pixels.shape[:2]
    if height % 2 == 0 and width % 2 == 0:
        return pixels
    return cast("Pixels", np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge"))


def _near(value: float, limit: int) -> int:
    """Whole pixels; within one of the limit it is the limit, so that no hairline border appears."""
    whole = max(1, round(value))
    return limit if abs(limit - whole) <= 1 else whole


def _resized(array: NDArray[Any], size: tuple[int, int]) -> Any:
    import cv2

    shrinks = size[0] <= array.shape[1] and size[1] <= array.shape[0]
    return cv2.resize(array, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LANCZOS4)


def _framed(array: Any, size: tuple[int, int]) -> Any:
    height, width = array.shape[:2]
    if (width, height) == size:
        return array
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    framed = np.zeros((size[1], size[0], *array.shape[2:]), array.dtype)
    framed[top : top + height, left : left + width] = array
    return framed
