"""Measured motion of one face, in the document's own terms."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.document.channels import LANDMARKS, SHAPES

HEAD = ("head.yaw", "head.pitch", "head.roll", "head.x", "head.y", "head.scale")
GAZE = (("gaze.right.yaw", "gaze.right.pitch"), ("gaze.left.yaw", "gaze.left.pitch"))
"""Channel names in the order of `Performance.head` and `Performance.gaze`."""

HEAD_REST = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
HEAD_REST.flags.writeable = False


@dataclass(frozen=True, slots=True, eq=False)
class Performance:
    """T frames at `rate`; rows of frames in which the face was lost are NaN.

    shapes: (T, 52) float32 in the order of `SHAPES`; eyeLook shapes say the same as gaze, in parts of an
        eye's travel. gaze: (T, 2, 2) float32 degrees (yaw, pitch) in the head, right eye first. head: (T, 6)
        float32 yaw, pitch, roll in degrees, x, y in face widths, scale. Signs are the channels'. found:
        (T,) bool. residual: (T, 478, 3) float32 canonical displacement beyond the shapes, or None. source:
        the name of the file or take that it came from. neutral: (478, 3) the performer's face at rest in canonical
        space, on which shapes and residual make up the tracked one, if it is known; reference: (3, 3) how the head
        stands in the picture where `head` says that it rests. notes: what was wrong with
        the file or take, in whole sentences.
    """

    rate: Fraction
    shapes: NDArray[np.float32]
    gaze: NDArray[np.float32]
    head: NDArray[np.float32]
    found: NDArray[np.bool_]
    residual: NDArray[np.float32] | None = None
    source: str = ""
    notes: tuple[str, ...] = ()
    neutral: NDArray[np.float64] | None = None
    reference: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.found)

    @property
    def seconds(self) -> float:
        return float(len(self) / self.rate)


def performance_of(
    rate: Fraction,
    shapes: NDArray[np.floating[Any]],
    gaze: NDArray[np.floating[Any]],
    head: NDArray[np.floating[Any]],
    found: NDArray[np.bool_],
    residual: NDArray[np.floating[Any]] | None = None,
    source: str = "",
) -> Performance:
    """Check shapes, blank lost rows and freeze. Raises `ValueError` for arrays that don't fit each other."""
    count = len(found)
    expected = {"shapes": (count, len(SHAPES)), "gaze": (count, 2, 2), "head": (count, 6)}
    arrays = {"shapes": shapes, "gaze": gaze, "head": head}
    if residual is not None:
        arrays["residual"], expected["residual"] = residual, (count, LANDMARKS, 3)
    frozen: dict[str, NDArray[np.float32]] = {}
    for name, array in arrays.items():
        if array.shape != expected[name]:
            raise ValueError(f"{name} must be {expected[name]}, not {array.shape}")
        own = np.array(array, dtype=np.float32)
        own[~found] = np.nan
        if not np.isfinite(own[found]).all():
            raise ValueError(f"{name} must be finite where the face was found")
        own.flags.writeable = False
        frozen[name] = own
    seen = np.array(found, dtype=np.bool_)
    seen.flags.writeable = False
    return Performance(rate, frozen["shapes"], frozen["gaze"], frozen["head"], seen, frozen.get("residual"), source)
