"""What the artist should know about a face before she animates it."""

from __future__ import annotations

from collections.abc import Sequence
from math import atan2, degrees

import numpy as np

from core.head.topology import Landmark
from core.perception.faces import Face
from core.perception.protocols import Picture
from core.values.image import Image

SMALLEST = 32
"""Pixels of a face's height below which its points mean nothing."""
_SMALL = 100
_LEANING = 6.5
"""Degrees by which the landmark network sees the line from chin to hairline lean forward on level heads."""
_TURNED = 25.0
_TILTED = 15.0


def facing(face: Face) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees by the face's own frame: towards the subject's left, chin up, clockwise.

    From the line between the ears and the line from chin to hairline in depth: good to some five degrees,
    enough for a warning. The solver in `core.head` measures pose properly.
    """
    points = face.landmarks
    across = sum(
        (points[left] - points[right] for right, left in ((Landmark.EAR_RIGHT, Landmark.EAR_LEFT), (127, 356))),
        np.zeros(3),
    )
    up = points[Landmark.FOREHEAD_TOP] - points[Landmark.CHIN]
    roll = degrees(atan2(across[1], across[0]))
    yaw = degrees(atan2(across[2], float(np.hypot(across[0], across[1]))))
    pitch = degrees(atan2(up[2], float(np.hypot(up[0], up[1])))) + _LEANING
    return yaw, pitch, roll


def choice_notes(faces: Sequence[Face]) -> tuple[str, ...]:
    """What to say when one of several usable faces (largest first) was taken without asking."""
    usable = sum(face.width >= SMALLEST for face in faces)
    if usable < 2:
        return ()
    others = "the other is number 1" if usable == 2 else f"the others are numbers 1 to {usable - 1}"
    return (f"The picture shows {usable} faces; the largest, number 0, is taken, {others}.",)


def face_notes(face: Face, image: Picture) -> tuple[str, ...]:
    """Warnings in whole sentences, the gravest first; empty for a good portrait."""
    height, width = (image.height, image.width) if isinstance(image, Image) else image.shape[:2]
    notes = []
    if face.width < _SMALL:
        notes.append(f"The face is only {face.width:.0f} pixels high; 200 and more look good.")
    x, y = face.landmarks[:, 0], face.landmarks[:, 1]
    outside = float(np.mean((x < -0.5) | (y < -0.5) | (x > width - 0.5) | (y > height - 0.5)))
    if outside > 0.01:
        notes.append(f"The picture's border cuts {100 * outside:.0f} % of the face; what is missing is guessed.")
    yaw, pitch, roll = facing(face)
    if abs(yaw) > _TURNED:
        side = "left" if yaw > 0 else "right"
        notes.append(f"The face is turned by {abs(yaw):.0f} degrees to its {side}; its far side has little to show.")
    if abs(pitch) > _TURNED:
        notes.append(f"The face looks {'up' if pitch > 0 else 'down'} by {abs(pitch):.0f} degrees.")
    if abs(roll) > _TILTED:
        notes.append(f"The head is tilted by {abs(roll):.0f} degrees.")
    if face.found_by != "the whole picture":
        notes.append(f"The face was found only in {face.found_by}; check its points.")
    return tuple(notes)
