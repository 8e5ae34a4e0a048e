"""A document's frames: what the window shows and what an export writes, by the same way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.animation.evaluate import evaluate
from core.document.document import Document
from core.document.portraits import PhotoSource, Portrait
from core.errors import UserError
from core.generation.protocol import Subject
from core.rendering.renderer import Renderer
from core.rendering.request import FrameRequest, FrameResult
from core.rendering.subject import subject_of
from core.values.image import Image, eight_bit
from core.values.progress import Progress

ReadPhoto = Callable[[PhotoSource], Image]


def portrait_subject(portrait: Portrait, read: ReadPhoto) -> Subject:
    """`portrait` as engines are given it: corrected landmarks, its own matte if it brings one.

    `read` gives the picture of a source. Raises what `read` raises, `UserError` for a matte of another size.
    """
    neutral = None if portrait.neutral is None else portrait.neutral.data
    subject = subject_of(read(portrait.photo), portrait.landmarks, neutral)
    if portrait.matte is None:
        return subject
    matte = read(portrait.matte)
    if matte.pixels.shape != subject.image.pixels.shape:
        raise UserError(
            f"The matte is {matte.width} x {matte.height} pixels and the photo {subject.image.width} x "
            f"{subject.image.height}",
            "Save the matte at the photo's size.",
        )
    coverage = _coverage(matte)
    return replace(subject, matte=lambda: coverage, matte_digest=matte.digest)


class Shot:
    """The frames of one document. The subject is made once, when the first frame is asked for."""

    def __init__(self, document: Document, read: ReadPhoto, renderer: Renderer, engine: str | None = None) -> None:
        """engine: a name of the registry in place of the document's own."""
        if document.portrait is None:
            raise UserError("The project has no portrait", "Add a photo first.")
        self._document = document
        self._portrait = document.portrait
        self._read = read
        self._renderer = renderer
        self._engine = engine or document.engine
        self._subject: Subject | None = None

    @property
    def subject(self) -> Subject:
        if self._subject is None:
            self._subject = portrait_subject(self._portrait, self._read)
        return self._subject

    def request(self, frame: float, *, scale: float = 1.0, with_alpha: bool = False) -> FrameRequest:
        """What to ask a renderer for to see `frame`."""
        return FrameRequest(self.subject, evaluate(self._document, frame), self._engine, scale, with_alpha, tag=frame)

    def frame(self, frame: float, *, with_alpha: bool = False, progress: Progress | None = None) -> FrameResult:
        """The picture at `frame`, at the photo's size."""
        return self._renderer.render(self.request(frame, with_alpha=with_alpha), progress)


def _coverage(matte: Image) -> NDArray[np.float32]:
    """A matte picture's alpha where it has one, else its grey value, in [0, 1]."""
    plane = matte.alpha if matte.alpha is not None else matte.pixels[..., 1]
    return np.asarray(eight_bit(plane) / np.float32(255), dtype=np.float32)
