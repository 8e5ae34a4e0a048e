"""Where two eyes look: eyeLook weights to degrees and back, and two eyes read as a pair.

Eyes look at one thing: their pitch is the same and their yaw nearly so. What the tracker says of one
iris is worth little by itself, least of all where the lids leave little of it to be seen.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.head.personal import LOOK_ANGLES
from core.head.shapes import SHAPE_INDEX

Array = NDArray[np.float64]

SIDES = (("Right", -1.0), ("Left", 1.0))
"""Rows of a gaze array, with the sign of a look outwards."""
LOOKS = [SHAPE_INDEX[f"eyeLook{way}{side}"] for side, _ in SIDES for way in LOOK_ANGLES]
VERGENCE = 0.2
"""How much of what the two eyes' yaws differ by is believed."""
PITCH_BELIEVED, PITCH_TREMBLE = 0.7, 3.0
"""Lids cut an iris off above and below, so its height is guessed more than seen: the part of a pitch that is believed,
and the degrees of it that count for nothing."""


def gaze_of(weights: Array) -> Array:
    """eyeLook weights (T, 52) -> (T, 2, 2) degrees (yaw, pitch), right eye first, signs as the channels'."""
    gaze = np.zeros((len(weights), 2, 2))
    for eye, (side, outwards) in enumerate(SIDES):
        for way, (out_degrees, up_degrees) in LOOK_ANGLES.items():
            weight = weights[:, SHAPE_INDEX[f"eyeLook{way}{side}"]]
            gaze[:, eye, 0] += outwards * out_degrees * weight
            gaze[:, eye, 1] += up_degrees * weight
    return gaze


def look_weights(gaze: Array) -> Array:
    """(T, 2, 2) degrees -> (T, 8) weights of the shapes in `LOOKS`, the inverse of `gaze_of`, in [0, 1]."""
    columns = []
    for eye, (_, outwards) in enumerate(SIDES):
        for out_degrees, up_degrees in LOOK_ANGLES.values():
            degrees = outwards * gaze[:, eye, 0] if out_degrees else gaze[:, eye, 1]
            columns.append(np.clip(degrees / (out_degrees or up_degrees), 0.0, 1.0))
    return np.stack(columns, axis=1)


def tied_gaze(gaze: Array, openings: Array) -> Array:
    """(T, 2, 2) degrees of eyes read one by one, and (T, 2) lid openings -> the same of a pair."""
    share = np.maximum(openings, 0.0) + 1e-6
    share = share / share.sum(axis=1, keepdims=True)
    both = np.einsum("te,tea->ta", share, gaze)[:, None]
    tied = both + (gaze - both) * [VERGENCE, 0.0]
    pitch = PITCH_BELIEVED * tied[..., 1]
    tied[..., 1] = np.sign(pitch) * np.maximum(np.abs(pitch) - PITCH_TREMBLE, 0.0)
    return np.asarray(tied)
