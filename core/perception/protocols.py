"""What finders of faces, landmarks and identities answer to. Each is used from one thread and closed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.perception.faces import Face
from core.values.geometry import Box
from core.values.image import Image
from core.values.progress import Progress

Picture = Image | NDArray[np.uint8]
"""An `Image`, or bare (H, W, 3) pixels in R, G, B order."""


@dataclass(frozen=True, slots=True, eq=False)
class FoundBox:
    """A face found as a box: `points` (5, 2) are its right eye, left eye, nose, right and left mouth corner
    (the subject's own sides) in pixels; `score` in [0, 1]."""

    box: Box
    points: NDArray[np.float64]
    score: float


class FaceDetector(Protocol):
    """Finds faces as boxes with five points."""

    def boxes(self, image: Picture) -> tuple[FoundBox, ...]:
        """Every face of the picture, largest first; empty when there is none."""
        ...

    def close(self) -> None: ...


class Landmarker(Protocol):
    """Finds faces with their 478 points."""

    def detect(self, image: Picture) -> tuple[Face, ...]:
        """Every face of the picture, largest first; empty when there is none."""
        ...

    def track(
        self,
        frames: Iterable[NDArray[np.uint8]],
        rate: float = 30.0,
        progress: Progress | None = None,
        start: Face | None = None,
    ) -> Iterator[Face | None]:
        """One face per frame in order, None where it is lost."""
        ...

    def close(self) -> None: ...


class IdentityEmbedder(Protocol):
    """Turns a face into numbers that are near for the same person."""

    @property
    def threshold(self) -> float:
        """The distance under which two faces count as one person."""
        ...

    def embed(self, image: Picture, face: Face) -> NDArray[np.float64]:
        """A unit of comparison for `identity_distance`; its length depends on the embedder."""
        ...

    def close(self) -> None: ...
