"""What is asked of the renderer, and what comes back. Both hold everything they need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.animation.face_state import FaceState
from core.generation.protocol import Subject
from core.values.image import Pixels


@dataclass(frozen=True, slots=True, eq=False)
class FrameRequest:
    """One picture of one face.

    engine: a name of the registry. scale: the size of the result relative to the photo, in (0, 1];
    below 1 the whole frame is rendered small, for a preview. with_alpha: also the coverage of the
    subject. `tag` is the asker's own and comes back untouched.
    """

    subject: Subject
    state: FaceState
    engine: str = "mesh"
    scale: float = 1.0
    with_alpha: bool = False
    tag: object = None

    def __post_init__(self) -> None:
        if not 0 < self.scale <= 1:
            raise ValueError(f"scale must be in (0, 1], not {self.scale}")


@dataclass(frozen=True, slots=True, eq=False)
class FrameResult:
    """The answer to `request`: pixels (H, W, 3) in the photo's depth, read-only, alpha (H, W) of the
    same dtype or None; `seconds` spent, 0 when it came out of the cache."""

    request: FrameRequest
    pixels: Pixels
    alpha: Pixels | None
    seconds: float


def quantised(coverage: NDArray[np.float32], like: Pixels) -> Pixels:
    """Coverage in [0, 1] -> the integer alpha that goes with `like`'s depth."""
    if like.dtype == np.uint8:
        return np.rint(np.clip(coverage, 0, 1) * 255).astype(np.uint8)
    return np.rint(np.clip(coverage, 0, 1) * 65535).astype(np.uint16)
