"""What benchmarks are run on: the demonstration portrait, cropped and scaled; nothing is downloaded."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from core.generation.protocol import Subject
from core.rendering.subject import subject_of
from core.values.image import Image, image_of

CROP = 2.6
"""The side of the portrait in face sizes: head and shoulders."""


@lru_cache(maxsize=4)
def bench_portrait(size: int) -> Image:
    """A square head-and-shoulders portrait of `size` pixels, made from the demonstration portrait."""
    from core.head.topology import OVAL
    from core.media.demonstration import demonstration_portrait
    from core.perception.detect import require_face

    photo = demonstration_portrait()
    rim = require_face(photo).landmarks[list(OVAL), :2]
    side = CROP * float(np.ptp(rim, axis=0).max())
    centre = (rim.max(axis=0) + rim.min(axis=0)) / 2
    corner = np.clip(centre - side / 2, 0, [max(photo.width - side, 0), max(photo.height - side, 0)])
    step = side / size
    affine = np.array([[step, 0, corner[0]], [0, step, corner[1]]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    pixels = cv2.warpAffine(photo.pixels, affine, (size, size), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return image_of(np.asarray(pixels))


@lru_cache(maxsize=4)
def bench_subject(size: int) -> Subject:
    """The face of `bench_portrait(size)`."""
    from core.perception.detect import require_face

    image = bench_portrait(size)
    return subject_of(image, require_face(image).landmarks)
