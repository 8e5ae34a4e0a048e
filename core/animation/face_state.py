"""What a face does at one moment: the only thing that an engine is told about the document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from math import isnan

import numpy as np
from numpy.typing import NDArray

from core.document.channels import CHANNELS, INDEX, LANDMARKS, channel, landmark_of
from core.errors import ChannelError

TURN = ("head.yaw", "head.pitch", "head.roll")
REST = np.array([entry.default for entry in CHANNELS])
REST.flags.writeable = False
_LOW = np.array([entry.low for entry in CHANNELS])
_HIGH = np.array([entry.high for entry in CHANNELS])


@dataclass(frozen=True, slots=True, eq=False)
class FaceState:
    """Clamped channel values and landmark offsets at one frame.

    values: (len(CHANNELS),) float64, read-only, in the order of `CHANNELS`.
    handles: dragged landmarks as (landmark, dx, dy), ascending, in eye distances (outer eye corner to
        outer eye corner) along the canonical head's own axes, on top of what the values do to the
        landmark; the engine spreads them over the face.
    residual: (478, 3) float64 canonical displacement in eye distances added as it stands (what a
        tracked clip does beyond the shapes), or None.
    measured: degrees of head yaw, pitch and roll, of those in `values`, that were measured together with
        the residual: an engine that turns heads in a way of its own must take these as they stand, or the
        two do not fit each other. Between 0 and the value of the channel.
    """

    values: NDArray[np.float64]
    handles: tuple[tuple[int, float, float], ...] = ()
    residual: NDArray[np.float64] | None = None
    measured: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __getitem__(self, name: str) -> float:
        return float(self.values[INDEX[name]])

    @property
    def at_rest(self) -> bool:
        """Whether nothing is asked of the face, so that the photo's own pixels are the answer."""
        return not self.handles and self.residual is None and bool(np.array_equal(self.values, REST))

    def quantised(self) -> FaceState:
        """The state that stands for all of its neighbours and whose picture is shared: values to 1e-4, handles
        and residual to 1e-5."""
        values = np.round(self.values, 4) + 0.0  # the sum turns -0.0 into 0.0
        values.flags.writeable = False
        handles = tuple((i, round(x, 5) + 0.0, round(y, 5) + 0.0) for i, x, y in self.handles)
        residual = None if self.residual is None else np.round(self.residual, 5) + 0.0
        if residual is not None and not residual.any():
            residual = None
        yaw, pitch, roll = (round(degrees, 4) + 0.0 for degrees in self.measured)
        return FaceState(values, tuple(each for each in handles if any(each[1:])), residual, (yaw, pitch, roll))

    def key(self) -> bytes:
        """16 bytes that are equal where the quantised states are."""
        state = self.quantised()
        digest = blake2b(state.values.tobytes(), digest_size=16)
        for handle in state.handles:
            digest.update(np.array(handle).tobytes())
        if state.residual is not None:
            digest.update(state.residual.tobytes())
        if any(state.measured):
            digest.update(np.array(state.measured).tobytes())
        return digest.digest()


def face_state(
    values: Mapping[str, float] | Iterable[tuple[str, float]] = (),
    residual: NDArray[np.float64] | None = None,
    measured: Mapping[str, float] | None = None,
) -> FaceState:
    """Build a state from channel names and values; what is not named rests. Values are clamped.

    measured: the part of the head's turn, by channel, that belongs to the residual.

    Raises `ChannelError` for an unknown name and for what is not a number.
    """
    vector = REST.copy()
    offsets: dict[int, list[float]] = {}
    for name, value in dict(values).items():
        if isnan(value):
            limits = channel(name)
            raise ChannelError(f"{name} has no value", f"Give a number from {limits.low:g} to {limits.high:g}.")
        if name in INDEX:
            vector[INDEX[name]] = value
            continue
        entry = channel(name)
        place = landmark_of(name)
        assert place is not None  # channel() knows no third kind
        offsets.setdefault(place[0], [0.0, 0.0])[place[1]] = entry.clamp(value)
    vector = np.clip(vector, _LOW, _HIGH) + 0.0  # the sum turns -0.0 into 0.0
    vector.flags.writeable = False
    handles = tuple((i, x, y) for i, (x, y) in sorted(offsets.items()) if x or y)
    if residual is not None:
        if residual.shape != (LANDMARKS, 3):
            raise ValueError(f"residual must be (478, 3), not {residual.shape}")
        residual = residual if residual.any() else None
    return FaceState(vector, handles, residual, _measured_turn(vector, measured or {}))


def _measured_turn(values: NDArray[np.float64], measured: Mapping[str, float]) -> tuple[float, float, float]:
    """What other layers have taken back of a measured turn is no part of the pose any more."""
    parts = []
    for name in TURN:
        value = float(values[INDEX[name]])
        parts.append(min(max(float(measured.get(name, 0.0)), min(value, 0.0)), max(value, 0.0)))
    return parts[0], parts[1], parts[2]
