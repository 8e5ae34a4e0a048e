"""One person from frame to frame.

The face is measured in an upright square that stands still in the picture while the face stays well within
it: inside such a square MediaPipe follows its own last landmarks, which is quick and calm, sees nobody else
large enough to take instead, and finds a small or tilted face as well as a large upright one. When the face
leaves the square's middle, the square is set again. When it is lost, the whole frame is searched and a face
is taken up only if it can be the same person: near in place after a short gap, alike by `identity` after a
cut, a long gap or among several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.head.topology import Landmark
from core.perception.faces import Face, face_of, overlap
from core.perception.mediapipe_graphs import MeshGraph
from core.perception.protocols import IdentityEmbedder
from core.perception.upright import SIDE, Square, cut, square_around
from core.values.geometry import Box

Pixels = NDArray[np.uint8]

_MARGIN = 2.4
_AWAY = 0.16
_GROWN = (0.7, 1.35)
_TILTED = 0.4
_SAME_PLACE = 0.3
_SHORT_GAP = 0.7
_CUT = 30.0
_ASK_AGAIN = 0.5


def follow(
    find: Callable[[Pixels], tuple[Face, ...]],
    frames: Iterable[Pixels],
    start: Face | None = None,
    *,
    rate: float = 30.0,
    identity: IdentityEmbedder | None = None,
) -> Iterator[Face | None]:
    """Yield one face per frame, None where the person is lost.

    find: all faces of a frame, for the first one and after a loss. start: the person to follow, as she
    stands in the first frame; by default the largest face of the first frame that has one. rate: frames per
    second. identity: tells people apart; without it the nearest face counts as the same.
    """
    follower = _Follower(find, rate, identity)
    try:
        for index, pixels in enumerate(frames):
            yield follower.step(index, pixels, start if index == 0 else None)
    finally:
        follower.close()


@dataclass(slots=True, eq=False)
class _Refused:
    """Somebody else, who need not be asked again in every frame."""

    box: Box
    at: int


class _Follower:
    def __init__(
        self, find: Callable[[Pixels], tuple[Face, ...]], rate: float, identity: IdentityEmbedder | None
    ) -> None:
        self._find = find
        self._rate = rate
        self._identity = identity
        self._graph = MeshGraph(1, video=True)
        self._square: Square | None = None
        self._last: Face | None = None
        self._last_index = 0
        self._thumbnail: NDArray[np.float32] | None = None
        self._known: NDArray[np.float64] | None = None
        self._refused: _Refused | None = None
        self._was_cut = False

    def close(self) -> None:
        self._graph.close()

    def step(self, index: int, pixels: Pixels, start: Face | None) -> Face | None:
        cut_here = self._is_cut(pixels)
        if cut_here:
            self._was_cut, self._refused = True, None
        face: Face | None = None
        if start is not None:
            face = self._aim(pixels, start)
            if face is None:
                face = start
        elif self._square is not None and not cut_here:
            face = self._continued(pixels)
        if face is None:
            self._square = None
            face = self._found_again(index, pixels)
        if face is not None:
            if self._known is None and self._identity is not None:
                self._known = self._identity.embed(pixels, face)
            self._last, self._last_index, self._was_cut = face, index, False
        return face

    def _is_cut(self, pixels: Pixels) -> bool:
        thumbnail = cv2.resize(pixels, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
        before, self._thumbnail = self._thumbnail, thumbnail
        return before is not None and float(np.abs(thumbnail - before).mean()) > _CUT

    def _continued(self, pixels: Pixels) -> Face | None:
        """The face in the square as it stands; the square is set again when the face has left its middle."""
        assert self._square is not None
        assert self._last is not None
        face = self._seen(pixels, self._square)
        if face is None or not _continues(face, self._last):
            return self._aim(pixels, self._last)
        wanted = square_around(face.landmarks, _MARGIN)
        away = float(np.linalg.norm(wanted.centre - self._square.centre)) / self._square.half
        tilt = abs((wanted.angle - self._square.angle + np.pi) % (2 * np.pi) - np.pi)
        if away > _AWAY or tilt > _TILTED or not _GROWN[0] < wanted.half / self._square.half < _GROWN[1]:
            return self._aim(pixels, face) or face
        return face

    def _aim(self, pixels: Pixels, at: Face) -> Face | None:
        """Set the square on a face and let the landmarks settle in it."""
        square = square_around(at.landmarks, _MARGIN)
        self._graph.run(np.zeros((SIDE, SIDE, 3), np.uint8))  # makes the graph forget where it was
        face: Face | None = None
        for _ in range(2):
            face = self._seen(pixels, square)
            if face is None:
                self._square = None
                return None
        assert face is not None
        if not _continues(face, at):
            self._square = None
            return None
        self._square = square
        return face

    def _seen(self, pixels: Pixels, square: Square) -> Face | None:
        found = self._graph.run(cut(pixels, square))
        return face_of(square.to_picture(found[0]), 0.5) if found else None

    def _found_again(self, index: int, pixels: Pixels) -> Face | None:
        faces = self._find(pixels)
        if not faces:
            return None
        if self._last is None:
            return self._aim(pixels, faces[0]) or faces[0]
        chosen = self._same_person(index, pixels, faces)
        return None if chosen is None else self._aim(pixels, chosen) or chosen

    def _same_person(self, index: int, pixels: Pixels, faces: tuple[Face, ...]) -> Face | None:
        last = self._last
        assert last is not None
        nearest = min(faces, key=lambda face: _distance(face, last))
        short = (index - self._last_index) / self._rate <= _SHORT_GAP and not self._was_cut
        if short and len(faces) == 1 and _distance(nearest, last) < 1.5:
            return nearest
        if self._identity is None or self._known is None:
            return nearest
        refused = self._refused
        if refused is not None and (index - refused.at) / self._rate < _ASK_AGAIN:
            faces = tuple(face for face in faces if overlap(face.box, refused.box) < _SAME_PLACE)
        best: Face | None = None
        least = self._identity.threshold
        for face in faces:
            distance = float(np.linalg.norm(self._identity.embed(pixels, face) - self._known))
            if distance < least:
                best, least = face, distance
            else:
                self._refused = _Refused(face.box, index)
        return best


def _continues(face: Face, last: Face) -> bool:
    """Whether a face can be the last one, a frame later: near in place and alike in size."""
    ratio = face.width / last.width
    return overlap(face.box, last.box) > _SAME_PLACE and 0.6 < ratio < 1.6


def _distance(face: Face, last: Face) -> float:
    """How far apart two faces stand, in widths of the last one, with their difference in size."""
    a, b = face.landmarks[Landmark.NOSE_BRIDGE, :2], last.landmarks[Landmark.NOSE_BRIDGE, :2]
    return float(np.linalg.norm(a - b)) / last.width + abs(float(np.log(face.width / last.width)))
