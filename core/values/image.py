"""Pixels that nobody may write to, with a digest of their content."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """An sRGB picture.

    `pixels` (H, W, 3) in R, G, B order, uint8 or uint16, read-only; `alpha` (H, W) of the same
    dtype, straight, or None when the picture is opaque; `digest` 32 hex digits over size, depth and
    content. Build it with `image_of`.
    """

    pixels: Pixels
    alpha: Pixels | None
    digest: str = field(repr=False)

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def peak(self) -> int:
        """The value of white: 255 or 65535."""
        return 255 if self.pixels.dtype == np.uint8 else 65535


def image_of(pixels: Pixels, alpha: Pixels | None = None) -> Image:
    """Freeze `pixels` (H, W, 3) and `alpha` (H, W) into an `Image`; arrays that can be written to are copied."""
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"pixels must be (H, W, 3) uint8 or uint16, not {pixels.shape} {pixels.dtype}")
    if alpha is not None and (alpha.shape != pixels.shape[:2] or alpha.dtype != pixels.dtype):
        raise ValueError(f"alpha {alpha.shape} {alpha.dtype} does not fit pixels {pixels.shape} {pixels.dtype}")
    pixels = _frozen(pixels)
    alpha = None if alpha is None else _frozen(alpha)
    digest = blake2b(digest_size=16)
    digest.update(f"{pixels.shape}{pixels.dtype.str}{alpha is not None}".encode())
    digest.update(pixels.data)
    if alpha is not None:
        digest.update(alpha.data)
    return Image(pixels, alpha, digest.hexdigest())


def _frozen(array: Pixels) -> Pixels:
    if array.flags.writeable or not array.flags.c_contiguous:
        array = array.copy(order="C")
        array.flags.writeable = False
    return array


def eight_bit(pixels: Pixels) -> NDArray[np.uint8]:
    """Any depth -> uint8, rounded; 8-bit pixels come back as they are."""
    if pixels.dtype == np.uint8:
        return np.asarray(pixels, dtype=np.uint8)
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
