"""A portrait: the photo, which face in it, and what was found and corrected on that face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.document.channels import LANDMARKS, SHAPES
from core.document.frozen_array import FrozenArray


@dataclass(frozen=True, slots=True)
class PhotoSource:
    """A photo's file.

    digest: of the file's own bytes (`core.project_file.media_store.digest_of`), by which the bytes are
    found. name: the original file name. path: where it was read, '' if it never was a file. embedded:
    whether a project carries the bytes or only the link. width, height: pixels, upright.
    """

    digest: str
    name: str
    width: int
    height: int
    path: str = ""
    embedded: bool = True


@dataclass(frozen=True, slots=True)
class Correction:
    """How far the artist moved a detected landmark, in pixels of the photo."""

    landmark: int
    dx: float
    dy: float


@dataclass(frozen=True, slots=True)
class Portrait:
    """detected: (478, 3) float64, pixels of the upright photo. corrections: ascending by landmark.
    matte: a picture of the subject's coverage that the artist supplied, or None to find the subject. neutral: (52,)
    float64, how much of each ARKit shape the photo already shows, or None when not solved.
    """

    id: str
    name: str
    photo: PhotoSource
    detected: FrozenArray
    face: int = 0
    corrections: tuple[Correction, ...] = ()
    matte: PhotoSource | None = None
    neutral: FrozenArray | None = None

    @property
    def landmarks(self) -> NDArray[np.float64]:
        """(478, 3) pixels of the photo, corrections applied, read-only."""
        if not self.corrections:
            return self.detected.data
        points = self.detected.data.copy()
        for correction in self.corrections:
            points[correction.landmark, 0] += correction.dx
            points[correction.landmark, 1] += correction.dy
        points.flags.writeable = False
        return points


def portrait_of(
    photo: PhotoSource,
    landmarks: NDArray[np.float64],
    *,
    name: str = "",
    face: int = 0,
    neutral: NDArray[np.float64] | None = None,
) -> Portrait:
    """A portrait of face number `face` with `landmarks` (478, 3) and perhaps `neutral` (52,).

    Its id is given when it is added to a document.
    """
    if landmarks.shape != (LANDMARKS, 3) or not np.isfinite(landmarks).all():
        raise ValueError(f"landmarks must be finite (478, 3), not {landmarks.shape}")
    if neutral is not None and neutral.shape != (len(SHAPES),):
        raise ValueError(f"neutral must be (52,), not {neutral.shape}")
    frozen = None if neutral is None else FrozenArray(neutral.astype(np.float64))
    return Portrait("", name or photo.name, photo, FrozenArray(landmarks.astype(np.float64)), face, neutral=frozen)
