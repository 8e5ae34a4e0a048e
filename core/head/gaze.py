"""Where two eyes look: eyeLook weights to degrees and back, and two eyes read as a pair.

Gaze is read from the irises between the corners of their eyes, and not from the weights that explain
lids and irises together: lids that stand high or low are no look up or down. Eyes look at one thing:
their pitch is the same and their yaw nearly so. What the tracker says of one iris is worth little by
itself, least of all where the lids leave little of it to be seen.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.head.objective import without_gaze_when_closed
from core.head.personal import EYE_RADIUS, EYES, LOOK_ANGLES
from core.head.pose import eased
from core.head.shapes import SHAPE_INDEX, HeadShapes

Array = NDArray[np.float64]

SIDES = (("Right", -1.0), ("Left", 1.0))
"""Rows of a gaze array, with the sign of a look outwards."""
LOOKS = [SHAPE_INDEX[f"eyeLook{way}{side}"] for side, _ in SIDES for way in LOOK_ANGLES]
VERGENCE = 0.2
"""How much of what the two eyes' yaws differ by is believed."""
PITCH_BELIEVED, PITCH_TREMBLE = 0.7, 3.0
"""Lids cut an iris off above and below, so its height is guessed more than seen: the part of a pitch that is believed,
and the degrees of it that count for nothing."""

STILL_SECONDS, STILL_GAZE = 0.1, 2.5
"""Degrees by which a gaze may stray from its mean over this time without being believed."""
_SIDEWAYS, _UP, _DOWN = (float(np.sin(np.radians(degrees))) for degrees in (30.0, 25.0, 30.0))


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


def read_gaze(faces: Array, shapes: HeadShapes, neutral: Array) -> Array:
    """Canonical (T, 478, 3) -> (T, 2, 2) degrees (yaw, pitch) of irises against `neutral` (478, 3), right eye first.

    The tracker reports a part of an iris's travel, `shapes.gains`; eyes that close say nothing.
    """
    seen = without_gaze_when_closed(faces, neutral) - neutral
    gaze = np.zeros((len(faces), 2, 2))
    for eye, (side, outwards) in enumerate(SIDES):
        upper, _, iris, _ = EYES[side]
        travel = (seen[:, iris[0]] - seen[:, [upper[0], upper[-1]]].mean(axis=1)) / EYE_RADIUS
        gain = {way: shapes.gains[SHAPE_INDEX[f"eyeLook{way}{side}"]] for way in LOOK_ANGLES}
        across = outwards * travel[:, 0]
        across = across / np.where(across > 0, gain["Out"], gain["In"])
        up = -travel[:, 1] / np.where(travel[:, 1] < 0, gain["Up"], gain["Down"])
        gaze[:, eye, 0] = outwards * np.degrees(np.arcsin(np.clip(across, -_SIDEWAYS, _SIDEWAYS)))
        gaze[:, eye, 1] = np.degrees(np.arcsin(np.clip(up, -_DOWN, _UP)))
    return gaze


def tied_gaze(gaze: Array, openings: Array, rate: float | None = None) -> Array:
    """(T, 2, 2) degrees of eyes read one by one, and (T, 2) lid openings -> the same of a pair.

    rate: frames per second, to take the tremble out as well; glances stay as quick as they are.
    """
    share = np.maximum(openings, 0.0) + 1e-6
    share = share / share.sum(axis=1, keepdims=True)
    both = np.einsum("te,tea->ta", share, gaze)[:, None]
    tied = both + (gaze - both) * [VERGENCE, 0.0]
    pitch = PITCH_BELIEVED * tied[..., 1]
    tied[..., 1] = np.sign(pitch) * np.maximum(np.abs(pitch) - PITCH_TREMBLE, 0.0)
    if rate is None:
        return np.asarray(tied)
    return eased(tied.reshape(len(tied), 4), STILL_SECONDS * rate, STILL_GAZE).reshape(tied.shape)
