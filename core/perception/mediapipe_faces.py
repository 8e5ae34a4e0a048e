"""MediaPipe's 478 points on photos and frames: the default finder, with nothing to download.

A photo is looked at whole on a reduced copy; every face found there is measured again in an upright
square cut from the photo at its own resolution. A photo that shows no face at first sight is shown again in
other ways (`search`) before it is given up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import pi
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from core.perception import search
from core.perception.faces import Face, face_of, largest_first, overlap
from core.perception.follow import follow
from core.perception.mediapipe_graphs import BoxGraph, MeshGraph
from core.perception.protocols import Picture
from core.perception.upright import Square, cut, square_around, square_of_box
from core.values.geometry import Box
from core.values.image import Image, eight_bit
from core.values.progress import Progress

_MOST_FACES = 16
_FIRST_SIGHT = 0.5
_SECOND_LOOK = 0.3
_CERTAIN = 0.8
_DOUBTFUL = 0.4
_LEAST_SIDE = 16


def rgb8(image: Picture) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 of any picture; transparent parts show mid grey."""
    if not isinstance(image, Image):
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise ValueError(f"pixels must be (H, W, 3) uint8, not {image.shape} {image.dtype}")
        return image
    pixels = eight_bit(image.pixels)
    if image.alpha is None or image.alpha.min() == image.peak:
        return pixels
    cover = image.alpha[..., None].astype(np.float32) / image.peak
    return np.asarray(np.rint(pixels * cover + 128 * (1 - cover)), dtype=np.uint8)


class MediaPipeLandmarker:
    """Finds faces on photos. One per thread; use it in a `with` block or call `close`."""

    def __init__(self) -> None:
        self._look = MeshGraph(_MOST_FACES, video=False, detection=_FIRST_SIGHT)
        self._far: BoxGraph | None = None
        self._measure: MeshGraph | None = None
        self._judge: BoxGraph | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        for graph in (self._look, self._far, self._measure, self._judge):
            if graph is not None:
                graph.close()
        self._far = self._measure = self._judge = None

    def detect(self, image: Picture) -> tuple[Face, ...]:
        """Every face of the picture, largest first; empty when no view of it shows one."""
        pixels = rgb8(image)
        if min(pixels.shape[:2]) < _LEAST_SIDE:
            return ()
        faces = self._faces_in(pixels, search.whole(pixels))
        if faces:
            return faces
        for view in search.second_looks(pixels):
            # The harder the search, the more a rock looks like a face: here the judge must agree.
            faces = tuple(face for face in self._faces_in(pixels, view) if face.score >= _DOUBTFUL)
            if faces:
                return faces
        return ()

    def find(self, image: Picture) -> tuple[Face, ...]:
        """Like `detect`, but at first sight only: for frames of a clip, where there is no time to search."""
        pixels = rgb8(image)
        return () if min(pixels.shape[:2]) < _LEAST_SIDE else self._faces_in(pixels, search.whole(pixels))

    def measure(self, image: Picture, near: Face) -> Face | None:
        """The face that stands where `near` does, measured in its own upright square; None if there is none."""
        return self._measured(rgb8(image), square_around(near.landmarks), near.box, near.found_by)

    def track(
        self,
        frames: Iterable[NDArray[np.uint8]],
        rate: float = 30.0,
        progress: Progress | None = None,
        start: Face | None = None,
    ) -> Iterator[Face | None]:
        """One face per frame in order, None where it is lost: `start`, or the largest that appears first.

        Tells people apart by place alone; `tracking.track_clip` also knows them again.
        """
        progress = progress or Progress()
        for n, face in enumerate(follow(self.find, frames, start, rate=rate), start=1):
            progress.report(n, 0, "tracking the face")
            yield face

    def _faces_in(self, pixels: NDArray[np.uint8], view: search.View) -> tuple[Face, ...]:
        faces: list[Face] = []
        for points in self._look.run(view.pixels):
            rough = face_of(view.points_to_picture(points), 0.0, view.words)
            square = square_around(rough.landmarks)
            found = self._measured(pixels, square, rough.box, view.words)
            if found is None or found.score < _CERTAIN:
                # An upside-down face may be taken for an upright one with its chin for a forehead.
                turned = Square(square.centre, square.half, square.angle + pi)
                other = self._measured(pixels, turned, rough.box, view.words)
                if other is not None and (found is None or other.score > found.score):
                    found = other
            if found is not None:
                faces.append(found)
        if self._far is None:
            self._far = BoxGraph(far=True, detection=_FIRST_SIGHT)
        for corners, _ in self._far.run(view.pixels):
            place = view.box_to_picture(corners)
            box = Box(*(round(x) for x in place))
            if any(overlap(box, face.box) > 0.2 for face in faces):
                continue
            found = self._measured(pixels, square_of_box(place, view.angle), box, view.words)
            if found is not None:
                faces.append(found)
        return largest_first(faces)

    def _measured(self, pixels: NDArray[np.uint8], square: Square, where: Box, words: str) -> Face | None:
        """Landmarks in `square`, again in the square that they themselves span, if a face is `where` it was seen."""
        if self._measure is None:
            self._measure = MeshGraph(2, video=False, detection=_SECOND_LOOK)
            self._judge = BoxGraph(far=False, detection=0.05)
        assert self._judge is not None
        face: Face | None = None
        for _ in range(2):
            view = cut(pixels, square)
            found = [face_of(square.to_picture(points), 0.0, words) for points in self._measure.run(view)]
            face = max(found, key=lambda face: overlap(face.box, where), default=None)
            if face is None or overlap(face.box, where) < 0.15:
                return None
            square, where = square_around(face.landmarks), face.box
        assert face is not None
        scores = [score for corners, score in self._judge.run(view) if _covers_middle(corners, view.shape[0])]
        return face_of(face.landmarks, max(scores, default=0.0), words)


def _covers_middle(corners: NDArray[np.float64], side: int) -> bool:
    return bool(corners[0] < side / 2 < corners[2] and corners[1] < side / 2 < corners[3])
