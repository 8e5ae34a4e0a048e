"""What every engine answers to, and the values that pass in and out of one.

Pictures are R, G, B; pixel centres are at whole numbers; landmarks are in pixels of the picture they
come with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core.animation.face_state import FaceState
from core.document.channels import Group
from core.values.image import Image, Pixels
from core.values.progress import Progress


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What an engine is and needs.

    name and version are part of a frame's key. `size` is the square it works at in pixels, or None
    when it works at the photo's own resolution. `honours` are the channel groups that it follows;
    the others it ignores. `memory` is the number of past frames that a frame depends on (0: none).
    `device` is 'cpu' or 'cuda'.
    """

    name: str
    version: str
    title: str
    size: int | None
    honours: frozenset[Group]
    memory: int = 0
    device: str = "cpu"


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A portrait as an engine is given it.

    landmarks: (478, 3) float64 in pixels of `image` (z in the same unit, away from the camera is
    positive). expression: (52,) how much of each ARKit shape the photo already shows, or None when it
    was not solved. matte: a function that returns the (H, W) float32 coverage of the subject in
    [0, 1]; it is called only by engines that need it and may take a second the first time.
    matte_digest: the digest of a matte that the artist supplied, '' for one that follows from the picture.
    """

    image: Image
    landmarks: NDArray[np.float64]
    expression: NDArray[np.float64] | None
    matte: Callable[[], NDArray[np.float32]]
    matte_digest: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """What an engine drew.

    pixels (h, w, 3) in the dtype of the subject's picture. An engine at the photo's own resolution
    returns the whole photo and leaves the rest None. Others return a crop with `alpha` (h, w) float32
    in [0, 1], where the crop is to be laid over the photo, and `to_photo` (2, 3), the affine from
    pixels of the crop to pixels of the photo.
    """

    pixels: Pixels
    alpha: NDArray[np.float32] | None = None
    to_photo: NDArray[np.float64] | None = None


class Engine(Protocol):
    """Makes pictures of a prepared face. Used from one thread at a time.

    The same prepared subject and the same state always give the same pixels, in any order.
    """

    @property
    def info(self) -> EngineInfo: ...

    def prepare(self, subject: Subject, progress: Progress) -> Any:
        """All that depends on the portrait alone; opaque to the caller, handed back to `render`."""
        ...

    def render(self, prepared: Any, state: FaceState, progress: Progress) -> Rendered:
        """Raises `Cancelled` when `progress` says so."""
        ...

    def matte(self, prepared: Any, state: FaceState, progress: Progress) -> NDArray[np.float32]:
        """Coverage of the subject in this state, (H, W) in [0, 1] at the size of the subject's picture.

        An engine that does not move the outline returns the subject's own matte.
        """
        ...

    def close(self) -> None:
        """Give back memory and device."""
        ...
