"""The 478 points as data: where they lie, which mirrors which, which region moves them, the 68 among them.

Positions are MediaPipe's canonical face with irises (Apache-2.0, The MediaPipe Authors), brought into
canonical space: outer eye corners one unit apart, x to the picture's right, y down, z away from the
camera.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.document.channels import LANDMARKS, landmark_channel_name, landmark_of, mirrored
from core.document.regions import SURFACE, Region

POSITIONS: NDArray[np.float64] = np.load(Path(__file__).with_name("landmark_positions.npy")).astype(np.float64)
"""(478, 3) canonical, read-only."""
POSITIONS.flags.writeable = False

IRISES = ((468, 469, 470, 471, 472), (473, 474, 475, 476, 477))
"""Right eye, left eye: centre, then four points of the rim."""

HANDLES: tuple[int, ...] = (
    70, 105, 107, 336, 334, 300,
    33, 159, 133, 145, 263, 386, 362, 374,
    1, 98, 327, 205, 425,
    61, 0, 291, 17, 13, 14, 40, 270, 91, 321,
    152, 172, 397, 10,
)  # fmt: skip
"""The points that are offered for dragging when not all are shown."""

SIXTY_EIGHT: tuple[int, ...] = (
    127, 234, 132, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 361, 454, 356,
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300,
    168, 197, 5, 4, 75, 97, 2, 326, 305,
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181,
    78, 82, 13, 312, 308, 317, 14, 87,
)  # fmt: skip
"""The landmark nearest to each of the 68 points of the iBUG scheme: jaw, brows, nose, eyes, lips.

Chosen as the nearest in the median, mirrored, to dlib's 68-point predictor on 63 frontal portraits (mean
distance 0.03 eye distances), the jaw among the points of the oval alone.
"""


def _mirrors() -> NDArray[np.int64]:
    flipped = POSITIONS * (-1.0, 1.0, 1.0)
    distances = np.linalg.norm(POSITIONS[:468, None] - flipped[None, :468], axis=2)
    return np.concatenate([distances.argmin(axis=1), [473, 476, 475, 474, 477, 468, 471, 470, 469, 472]])


MIRROR: tuple[int, ...] = tuple(int(i) for i in _mirrors())
"""The partner of each landmark on the other side; those on the middle line are their own."""


def mirrored_channel(name: str) -> tuple[str, float]:
    """`channels.mirrored`, for landmarks too: 'landmark.61.x' -> ('landmark.291.x', -1)."""
    other, sign = mirrored(name)
    place = landmark_of(name)
    return (other if place is None else landmark_channel_name(MIRROR[place[0]], "xy"[place[1]])), sign


def _shares() -> NDArray[np.float64]:
    """Soft membership: each region has seeds; a point leans to the near ones (Shepard, power 4)."""
    seeds: dict[Region, tuple[int, ...]] = {
        Region.BROWS: (10, 151, 9, 67, 297, 54, 284, 21, 251, 70, 63, 105, 66, 107, 46, 53, 52, 65, 55,
                       300, 293, 334, 296, 336, 276, 283, 282, 295, 285, 108, 337, 69, 299, 104, 333, 71, 301),
        Region.EYES: (33, 159, 133, 145, 27, 23, 130, 243, 263, 386, 362, 374, 257, 253, 359, 463,
                      160, 158, 144, 153, 385, 387, 380, 373, 56, 286, 226, 446),
        Region.NOSE: (6, 197, 195, 5, 4, 1, 2, 98, 327, 48, 278, 117, 346, 118, 347, 50, 280, 101, 330,
                      205, 425, 187, 411, 123, 352, 116, 345, 234, 454, 127, 356, 36, 266, 142, 371),
        Region.MOUTH: (61, 291, 0, 17, 13, 14, 37, 267, 39, 269, 40, 270, 84, 314, 91, 321, 146, 375, 185, 409,
                       78, 308, 87, 317, 82, 312, 164, 57, 287, 92, 322, 18, 83, 313),
        Region.JAW: (152, 148, 377, 176, 400, 149, 378, 150, 379, 136, 365, 172, 397, 58, 288, 132, 361,
                     175, 199, 200, 208, 428, 214, 434, 135, 364, 138, 367),
    }  # fmt: skip
    shares = np.zeros((LANDMARKS, len(SURFACE)))
    for region, points in seeds.items():
        near = np.linalg.norm(POSITIONS[:, None] - POSITIONS[None, list(points)], axis=2).min(axis=1)
        shares[:, SURFACE.index(region)] = 1.0 / (near + 0.03) ** 4
    shares[[i for eye in IRISES for i in eye]] = [float(region is Region.GAZE) for region in SURFACE]
    shares /= shares.sum(axis=1, keepdims=True)
    shares = 0.5 * (shares + shares[list(MIRROR)])
    shares.flags.writeable = False
    return shares


REGION_SHARES: NDArray[np.float64] = _shares()
"""(478, len(SURFACE)): how much of each landmark's motion belongs to each surface region; rows sum to 1."""
