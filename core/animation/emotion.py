"""Emotions as mixes of the 52 shapes, with a left/right balance and a small pose of the head.

The mixes follow EMFACS-style tables of action units and stand in `resources/emotions.json`.
Balance 0 is both sides as the table says, 1 the subject's left side alone, -1 the right alone, where
contempt is by default.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.animation.mix_table import RESOURCES, mix_vector, read_table
from core.document.channels import EMOTIONS, INDEX, SHAPES
from core.errors import UserError

Array = NDArray[np.float64]
_DEGREES = np.array([INDEX[f"emotion.{name}"] for name in EMOTIONS])
_BALANCES = np.array([INDEX[f"emotion.{name}.balance"] for name in EMOTIONS])
_LEFT = np.array([name.endswith("Left") for name in SHAPES])
_RIGHT = np.array([name.endswith("Right") for name in SHAPES])


class _Pose(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    shapes: dict[str, float]
    head: _Pose = _Pose()


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: Literal[1]
    emotions: dict[str, _Entry]


@dataclass(frozen=True, slots=True, eq=False)
class EmotionTable:
    """mixes: (7, 52) shape weights at degree 1. poses: (7, 3) yaw, pitch, roll in degrees at degree 1.
    Rows in the order of `EMOTIONS`.
    """

    mixes: Array
    poses: Array

    def shapes(self, values: Array) -> Array:
        """(52,) shape weights that the emotions in `values` (of a face state) add; not clamped."""
        degrees = values[_DEGREES]
        if not degrees.any():
            return np.zeros(len(SHAPES))
        balance = values[_BALANCES]
        left, right = np.minimum(1.0, 1.0 + balance), np.minimum(1.0, 1.0 - balance)
        total = degrees @ self.mixes
        return np.where(_LEFT, (degrees * left) @ self.mixes, np.where(_RIGHT, (degrees * right) @ self.mixes, total))

    def pose(self, values: Array) -> Array:
        """(3,) yaw, pitch, roll in degrees that the emotions in `values` add to the head."""
        return np.asarray(values[_DEGREES] @ self.poses)


def load_emotions(path: Path | None = None) -> EmotionTable:
    """The table at `path`, by default the one that ships. Raises `UserError` for a damaged one."""
    table = read_table(path or RESOURCES / "emotions.json", _Table)
    if set(table.emotions) != set(EMOTIONS):
        raise UserError("The table of emotions is not complete", f"It names exactly: {', '.join(EMOTIONS)}.")
    entries = [table.emotions[name] for name in EMOTIONS]
    mixes = np.array([mix_vector(entry.shapes, name) for name, entry in zip(EMOTIONS, entries, strict=True)])
    poses = np.array([[entry.head.yaw, entry.head.pitch, entry.head.roll] for entry in entries])
    return EmotionTable(mixes, poses)


@lru_cache(maxsize=1)
def emotions() -> EmotionTable:
    """The table that ships with Facekey."""
    return load_emotions()


def mix_emotions(values: Array) -> Array:
    """(52,) shape weights that the emotions in a face state's `values` add; not clamped."""
    return emotions().shapes(values)


def emotion_pose(values: Array) -> Array:
    """(3,) yaw, pitch, roll in degrees that the emotions in a face state's `values` add."""
    return emotions().pose(values)
