"""A portrait as engines are given it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from core.generation.protocol import Subject
from core.values.image import Image, Pixels, image_of


def subject_of(image: Image, landmarks: NDArray[np.float64], expression: NDArray[np.float64] | None = None) -> Subject:
    """A subject whose matte is the picture's own alpha where it has one, else found when first asked for.

    landmarks (478, 3) in pixels of `image`; expression (52,) as in `Subject`.
    """
    landmarks = np.array(landmarks, dtype=np.float64)
    landmarks.flags.writeable = False
    return Subject(image, landmarks, expression, _matte_of(image, landmarks))


def reduced(subject: Subject, scale: float) -> Subject:
    """The same subject at `scale` of its size, in (0, 1]; at 1 the subject itself."""
    if scale == 1:
        return subject
    image = subject.image
    size = max(round(image.width * scale), 1), max(round(image.height * scale), 1)
    pixels = _resized(image.pixels, size)
    alpha = None if image.alpha is None else _resized(image.alpha, size)
    factor = np.array([size[0] / image.width, size[1] / image.height])
    landmarks = subject.landmarks.copy()
    landmarks[:, :2] = (landmarks[:, :2] + 0.5) * factor - 0.5
    landmarks[:, 2] *= factor.mean()

    @lru_cache(maxsize=1)
    def matte() -> NDArray[np.float32]:
        return np.asarray(cv2.resize(subject.matte(), size, interpolation=cv2.INTER_AREA))

    return replace(subject, image=image_of(pixels, alpha), landmarks=landmarks, matte=matte)


def _resized(plane: Pixels, size: tuple[int, int]) -> Pixels:
    small: Pixels = np.ascontiguousarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA))
    small.flags.writeable = False
    return small


def _matte_of(image: Image, landmarks: NDArray[np.float64]) -> Callable[[], NDArray[np.float32]]:
    @lru_cache(maxsize=1)
    def matte() -> NDArray[np.float32]:
        if image.alpha is not None and int(image.alpha.min()) < image.peak:
            return (image.alpha / np.float32(image.peak)).astype(np.float32)
        from core.perception.matte import subject_matte

        return subject_matte(image, landmarks)

    return matte
