"""The dental arches as plan curves: where the labial faces of the teeth run, seen from above.

Unit: one eye distance (about 89 mm); x to the picture's right, z away from the camera, both from the
point of the lip seam above the middle of the front teeth.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MILLIMETRE = 1 / 89


class Jaw(IntEnum):
    """The two rows of teeth. The value is the sign of y from the gum towards the biting edge."""

    UPPER = 1
    LOWER = -1


@dataclass(frozen=True, slots=True, eq=False)
class Arch:
    """One labial curve sampled from the subject's right to the left.

    arc: (n,) length along the curve, 0 in the middle. x, z: (n,) plan position, `z[n // 2]` is the
    depth of the front teeth behind the lip seam. tangent, normal: (n, 3) unit vectors along the curve
    and out of it towards the lips.
    """

    arc: Array
    x: Array
    z: Array
    tangent: Array
    normal: Array

    @property
    def front(self) -> float:
        return float(self.z[len(self.z) // 2])


_WIDTH_DEPTH_FRONT = {Jaw.UPPER: (0.70, 0.50, 0.053), Jaw.LOWER: (0.66, 0.47, 0.084)}
"""Fitted to a generic head, in eye distances."""


def dental_arch(jaw: Jaw, samples: int = 241) -> Arch:
    """The arch of `jaw` as a beta function, z = z0 + D (1 - 3.0314 (1/4 - (x/W)^2)^0.8).

    The form is that of Braun, Hnat, Fender and Legan, "The form of the human dental arch", Angle
    Orthodontist 68 (1998).
    """
    width, depth, front = _WIDTH_DEPTH_FRONT[jaw]
    x = 0.497 * width * np.sin(np.linspace(-np.pi / 2, np.pi / 2, samples))
    z = front + depth * (1 - 3.0314 * (0.25 - (x / width) ** 2) ** 0.8)
    arc = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(z)))])
    arc -= arc[samples // 2]
    along_x, along_z = np.gradient(x, arc), np.gradient(z, arc)
    zero = np.zeros(samples)
    tangent = np.column_stack([along_x, zero, along_z])
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    normal = np.column_stack([tangent[:, 2], zero, -tangent[:, 0]])
    return Arch(arc, x, z, tangent, normal)
