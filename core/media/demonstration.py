"""The one portrait that every installation has: scikit-image's astronaut."""

from __future__ import annotations

import numpy as np

from core.values.image import Image, image_of

CREDIT = "Astronaut Eileen Collins, photograph by NASA, public domain, as shipped with scikit-image"


def demonstration_portrait() -> Image:
    """512 x 512 pixels, a face about 90 pixels wide; `CREDIT` belongs beside it wherever it is shown."""
    from skimage import data

    return image_of(np.asarray(data.astronaut(), dtype=np.uint8))
