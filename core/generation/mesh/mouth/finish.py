"""From linear light to the picture, compiled: encoding, grain, and the blend under the lips' edge."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Table = NDArray[np.float32]


@njit(cache=True, nogil=True, error_model="numpy")
def encode(image: Table, grey: bool) -> None:
    """Linear light -> sRGB-like 0 to 255 (gamma 2.2), in place; `grey` keeps luminance only."""
    for j in range(image.shape[0]):
        for i in range(image.shape[1]):
            if grey:
                shade = 0.2126 * image[j, i, 0] + 0.7152 * image[j, i, 1] + 0.0722 * image[j, i, 2]
                image[j, i, 0] = image[j, i, 1] = image[j, i, 2] = 255.0 * max(shade, 0.0) ** (1 / 2.2)
                continue
            for k in range(3):
                value = image[j, i, k]
                image[j, i, k] = 255.0 * value ** (1 / 2.2) if value > 0.0 else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def lay_over(
    out: Any, x0: int, y0: int, image: Table, cover: Table, amount: float, noise: Table, grain: float, nx: int, ny: int
) -> None:
    """Blend image (h, w, 3) into out at (x0, y0), which must lie inside; grain comes from the square tile `noise`.

    (nx, ny) is the place of out's first pixel in the photo, so that grain stays where it is when the
    worked-on part of the photo changes.
    """
    tile = noise.shape[0]
    for j in range(image.shape[0]):
        for i in range(image.shape[1]):
            alpha = cover[j, i] * amount
            if alpha <= 0.0:
                continue
            # Compression takes most of the grain out of the dark.
            strength = grain * min(0.35 + image[j, i, 1] / 150.0, 1.0)
            speck = strength * noise[(y0 + j + ny) % tile, (x0 + i + nx) % tile]
            for k in range(3):
                below = out[y0 + j, x0 + i, k]
                out[y0 + j, x0 + i, k] = below + (min(max(image[j, i, k] + speck, 0.0), 255.0) - below) * alpha
