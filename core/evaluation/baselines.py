"""What any engine must beat: the photo as it is, and the photo bent piecewise by the same landmarks."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.head.topology import FACE_POINTS


def piecewise_affine(
    pixels: NDArray[np.uint8], source: NDArray[np.float64], target: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """`pixels` (H, W, 3) moved so that landmarks `source` (478, 3) come to `target`.

    A Delaunay triangulation of the 468 target points and eight points of the border, linear within each
    triangle, every second pixel evaluated and the field doubled. Uses exactly the landmarks that an
    engine is driven by.
    """
    from scipy.interpolate import LinearNDInterpolator

    height, width = pixels.shape[:2]
    right, bottom = width - 1, height - 1
    border = np.array(
        [[0, 0], [right / 2, 0], [right, 0], [0, bottom / 2], [right, bottom / 2], [0, bottom], [right / 2, bottom],
         [right, bottom]]
    )  # fmt: skip
    to = np.vstack([target[:FACE_POINTS, :2], border])
    back = np.vstack([source[:FACE_POINTS, :2], border])
    ys, xs = np.mgrid[: height + 1 : 2, : width + 1 : 2]
    coarse = LinearNDInterpolator(to, back - to, fill_value=0.0)(xs, ys).astype(np.float32)
    fine_y, fine_x = np.mgrid[:height, :width].astype(np.float32)
    move = cv2.remap(coarse, fine_x / 2, fine_y / 2, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(
        cv2.remap(
            pixels, fine_x + move[..., 0], fine_y + move[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
    )
