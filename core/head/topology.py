"""Names and neighbourhoods of the 478 points: MediaPipe's 468 face vertices and ten iris points.

Left and right are the subject's own; the subject's right eye is on the picture's left. Rows of lids
and lips run from one corner to the other so that upper and lower rows pair up by position.
"""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FACE_POINTS = 468
POINTS = 478


class Landmark(IntEnum):
    """The points that code speaks of by name."""

    NOSE_TIP = 1
    NOSE_BRIDGE = 6
    FOREHEAD_TOP = 10
    GLABELLA = 9
    UPPER_LIP_INNER = 13
    LOWER_LIP_INNER = 14
    UPPER_LIP_OUTER = 0
    LOWER_LIP_OUTER = 17
    CHIN = 152
    MOUTH_RIGHT = 61
    MOUTH_LEFT = 291
    MOUTH_INNER_RIGHT = 78
    MOUTH_INNER_LEFT = 308
    EYE_RIGHT_OUTER = 33
    EYE_RIGHT_INNER = 133
    EYE_LEFT_OUTER = 263
    EYE_LEFT_INNER = 362
    EAR_RIGHT = 234
    EAR_LEFT = 454
    IRIS_RIGHT = 468
    IRIS_LEFT = 473


OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
"""The outer rim, clockwise in the picture from the top of the forehead."""

LIP_INNER_UPPER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LIP_INNER_LOWER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
LIP_OUTER_UPPER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
LIP_OUTER_LOWER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)

LID_RIGHT_UPPER = (33, 246, 161, 160, 159, 158, 157, 173, 133)
LID_RIGHT_LOWER = (33, 7, 163, 144, 145, 153, 154, 155, 133)
LID_LEFT_UPPER = (263, 466, 388, 387, 386, 385, 384, 398, 362)
LID_LEFT_LOWER = (263, 249, 390, 373, 374, 380, 381, 382, 362)
"""Lid rows run from the outer corner to the inner one."""

LID_RIGHT_UPPER_ROW1 = (130, 247, 30, 29, 27, 28, 56, 190, 243)
LID_RIGHT_UPPER_ROW2 = (226, 113, 225, 224, 223, 222, 221, 189, 244)
LID_LEFT_UPPER_ROW1 = (359, 467, 260, 259, 257, 258, 286, 414, 463)
LID_LEFT_UPPER_ROW2 = (446, 342, 445, 444, 443, 442, 441, 413, 464)
"""The next rows outwards from the lid edges, paired with them by position."""

IRIS_RIGHT = (468, 469, 470, 471, 472)
IRIS_LEFT = (473, 474, 475, 476, 477)
"""Centre, then four points of the rim."""

STABLE_WEIGHTS = {
    10: 2, 151: 2, 9: 2, 8: 2, 168: 3, 6: 3, 197: 2, 195: 1, 33: 2, 133: 2, 362: 2, 263: 2, 127: 1.5, 356: 1.5,
    234: 1, 454: 1, 67: 1.5, 297: 1.5, 109: 1.5, 338: 1.5, 103: 1.5, 332: 1.5, 54: 1.5, 284: 1.5, 21: 1.5,
    251: 1.5, 162: 1.5, 389: 1.5, 4: 1, 1: 1, 98: 1, 327: 1,
}  # fmt: skip
"""Points that expression moves least, with their weights in the rigid pose."""

FALSE_TRIANGLES = ((49, 64, 129), (279, 294, 358))
"""Two three-cliques of the tessellation that are no faces of it."""

TRIANGLES: NDArray[np.int32] = np.load(Path(__file__).with_name("triangles.npy")).astype(np.int32)
"""(852, 3): the three-cliques of MediaPipe's tessellation less the two false ones. Eyes, mouth and the
outer oval are open loops; a test rebuilds the table from MediaPipe's own edges."""
TRIANGLES.flags.writeable = False


def strip(upper: tuple[int, ...], lower: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """Triangles between two paired rows; corners that both rows share give one triangle, not two."""
    faces = []
    for a, b, c, d in zip(upper, upper[1:], lower, lower[1:], strict=False):
        if a != c:
            faces.append((a, b, c))
        if b != d:
            faces.append((b, d, c))
    return faces
