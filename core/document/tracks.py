"""Keys and tracks: one channel over time, as the artist set it.

A handle may lie anywhere; what is legal is decided where it is used (`core.document.tangents`), so
that dragging never loses data and a curve still has one value for any frame.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from operator import attrgetter

from core.errors import ChannelError

frame_of = attrgetter("frame")


class Interpolation(StrEnum):
    """How a curve goes from a key to the next one."""

    BEZIER = "bezier"
    LINEAR = "linear"
    HOLD = "hold"


class Tangent(StrEnum):
    """Where a key's handles point: computed (auto, auto_clamped, flat) or as they were dragged."""

    AUTO = "auto"
    AUTO_CLAMPED = "auto_clamped"
    FREE = "free"
    ALIGNED = "aligned"
    FLAT = "flat"


class Extrapolation(StrEnum):
    """What a curve does before its first and after its last key."""

    CONSTANT = "constant"
    LINEAR = "linear"
    LOOP = "loop"
    LOOP_OFFSET = "loop_offset"
    PING_PONG = "ping_pong"


@dataclass(frozen=True, slots=True)
class Key:
    """A value at a frame.

    interpolation: of the segment that begins here. in_dx, in_dy, out_dx, out_dy: the handles from
    the key, in frames and in the channel's unit, of free, aligned and (lengths only) flat keys; an
    in-handle's dx is negative by rights. A handle of zero length stands for a third of its segment
    in a flat key and for a sharp corner in a free one.
    """

    frame: float
    value: float
    interpolation: Interpolation = Interpolation.BEZIER
    tangent: Tangent = Tangent.AUTO_CLAMPED
    in_dx: float = 0.0
    in_dy: float = 0.0
    out_dx: float = 0.0
    out_dy: float = 0.0


@dataclass(frozen=True, slots=True)
class Track:
    """One channel's keys, ascending by frame, no two at the same one.

    channel: a name of `core.document.channels`, 'viseme.*' in a speech layer, or 'weight' for a
    layer's own weight. mute and solo act among the tracks of the same layer; locked and colour are
    for the window.
    """

    channel: str
    keys: tuple[Key, ...] = ()
    before: Extrapolation = Extrapolation.CONSTANT
    after: Extrapolation = Extrapolation.CONSTANT
    mute: bool = False
    solo: bool = False
    locked: bool = False
    colour: str = ""

    def index_at(self, frame: float) -> int | None:
        """The index of the key at exactly `frame`, or None."""
        index = bisect_left(self.keys, frame, key=frame_of)
        if index < len(self.keys) and self.keys[index].frame == frame:
            return index
        return None


def keys_of(keys: Iterable[Key]) -> tuple[Key, ...]:
    """Sorted by frame; of several keys at one frame the last given stays.

    Raises `ChannelError` for a frame or value that is not a finite number.
    """
    by_frame = {key.frame: key for key in keys}
    for key in by_frame.values():
        check_key(key)
    return tuple(sorted(by_frame.values(), key=frame_of))


def check_key(key: Key) -> None:
    """Raises `ChannelError` when a number of `key` is not finite."""
    if not (
        isfinite(key.frame) and isfinite(key.value) and isfinite(key.in_dx + key.in_dy)
        and isfinite(key.out_dx + key.out_dy)
    ):  # fmt: skip
        raise ChannelError(f"A key at frame {key.frame} with value {key.value} has no place", "Give finite numbers.")
