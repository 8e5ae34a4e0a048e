"""Lips that close over the photo's teeth, compiled.

What the moved photo has between such lips are its teeth, squeezed to a bright, broken line. Beside the
seam the lips themselves are mirrored over it; the dark line where they meet is `inner`'s.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from core.generation.mesh.mouth.inner import LIP_ACROSS, LIP_LOWER, LIP_UPPER, STEP, Opening
from core.generation.mesh.mouth.light import smooth

Table = NDArray[np.float32]

CLOSING_FROM, CLOSING_TO = 0.03, 0.10
"""Gaps, in eye distances, below which lips are mirrored in full, and above which not at all."""


def closes(opened: float, widest: float) -> bool:
    """Whether lips `widest` apart show the mirrored band, on a photo whose mouth is open (`opened`, 0 to 1)."""
    return opened > 0 and 0.40 * widest < CLOSING_TO


@njit(cache=True, nogil=True, error_model="numpy")
def press_lips(part: Table, before: Table, x0: float, y0: float, opening: Opening, amount: float) -> None:
    """Mirror the lips of `before` (h, w, 3) over a band beside the seam into `part`, another copy of the same pixels.

    Pixel (0, 0) is at (x0, y0) of the picture that the opening is given in.
    """
    height, width = before.shape[0], before.shape[1]
    last = opening.table.shape[0] - 1
    for j in range(height):
        for i in range(width):
            x, y = x0 + i, y0 + j
            place = (x * opening.axis_x + y * opening.axis_y - opening.start) * STEP
            n = int(place)
            if place < 0.0 or n >= last:
                continue
            t = place - n
            a, b = opening.table[n], opening.table[n + 1]
            upper = a[LIP_UPPER] + t * (b[LIP_UPPER] - a[LIP_UPPER])
            lower = a[LIP_LOWER] + t * (b[LIP_LOWER] - a[LIP_LOWER])
            down = y * opening.axis_x - x * opening.axis_y
            reach = 0.5 * max(lower - upper, 0.0) + opening.band
            off = down - 0.5 * (lower + upper)
            away = abs(off)
            if away >= reach:
                continue
            # Edges of lips that only come nearer show a rim of tooth before they all but meet.
            gap = max((lower - upper) / opening.unit, 0.40 * opening.widest)
            weight = amount * opening.seam * (1.0 - smooth(gap, CLOSING_FROM, CLOSING_TO))
            weight *= 1.0 - smooth(away, reach - 0.4 * opening.band, reach)
            across = a[LIP_ACROSS] + t * (b[LIP_ACROSS] - a[LIP_ACROSS])
            weight *= 1.0 - smooth(abs(across), 0.9, 1.0)
            if weight <= 0.0:
                continue
            move = 2.0 * (reach - away) * (1.0 if off >= 0.0 else -1.0)
            px = min(max(i - move * opening.axis_y, 0.0), width - 1.001)
            py = min(max(j + move * opening.axis_x, 0.0), height - 1.001)
            m, k = int(py), int(px)
            u, v = px - k, py - m
            for c in range(3):
                top = before[m, k, c] + u * (before[m, k + 1, c] - before[m, k, c])
                bottom = before[m + 1, k, c] + u * (before[m + 1, k + 1, c] - before[m + 1, k, c])
                part[j, i, c] += weight * (top + v * (bottom - top) - part[j, i, c])
