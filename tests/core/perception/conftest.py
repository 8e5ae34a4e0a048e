"""One landmarker for all tests of perception, the portrait's face, and clips made of still pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from core.perception.faces import Face
from core.perception.mediapipe_faces import MediaPipeLandmarker
from core.values.image import Image


@pytest.fixture(scope="session")
def landmarker() -> Iterator[MediaPipeLandmarker]:
    with MediaPipeLandmarker() as own:
        yield own


@pytest.fixture(scope="session")
def face(portrait: Image, landmarker: MediaPipeLandmarker) -> Face:
    return landmarker.detect(portrait)[0]


@dataclass
class FramesClip:
    """A clip that is a list of frames."""

    pictures: list[NDArray[np.uint8]]
    rate: Fraction = Fraction(25)

    @property
    def frame_count(self) -> int:
        return len(self.pictures)

    @property
    def width(self) -> int:
        return self.pictures[0].shape[1]

    @property
    def height(self) -> int:
        return self.pictures[0].shape[0]

    @property
    def timestamps(self) -> NDArray[np.float64]:
        return np.arange(len(self.pictures)) / float(self.rate)

    def frames(self, first: int = 0, last: int | None = None) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        for n in range(first, len(self.pictures) if last is None else last + 1):
            yield n, self.pictures[n]


@pytest.fixture
def frames_clip() -> type[FramesClip]:
    return FramesClip
