"""Layers: where motion comes from, and how each is laid over those below.

Time in a layer: the frame `t` of its content that plays at document frame `f` is
`t = (f - offset) * speed`, in frames of the document's rate; trimming hides what lies outside
`first..last` without moving what is inside. A layer's own weight runs in document frames.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Literal

from core.document.frozen_array import FrozenArray
from core.document.regions import Region
from core.document.tracks import Track


class Blend(StrEnum):
    """ADD adds what differs from rest; OVERRIDE goes to the layer's own value on channels it has."""

    ADD = "add"
    OVERRIDE = "override"


class Outside(StrEnum):
    """What a layer gives outside `first..last`."""

    NOTHING = "nothing"
    HOLD = "hold"
    LOOP = "loop"
    PING_PONG = "ping_pong"


@dataclass(frozen=True, slots=True)
class Timing:
    """offset: document frame at which content frame 0 plays. speed: content frames per document frame,
    not 0; negative plays backwards. first, last: content frames that bound the layer; None leaves that
    side to the content's own extent (a performance's; the others have none).
    """

    offset: float = 0.0
    speed: float = 1.0
    first: float | None = None
    last: float | None = None
    outside: Outside = Outside.HOLD


class LayerContent:
    """What fills a layer: `Keys`, `Performance`, `Speech` or `Automatic`; `kind` tells them apart."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Keys(LayerContent):
    """Hand-made curves, one track per channel."""

    kind: Literal["keys"] = "keys"
    tracks: tuple[Track, ...] = ()


@dataclass(frozen=True, slots=True)
class PerformanceSource:
    """Where a performance was taken from: a clip, a Live Link CSV, a webcam take or the library.

    digest: of the file's bytes, '' when there is no file. path: where it was found, '' likewise.
    """

    kind: str
    name: str
    digest: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Performance(LayerContent):
    """Measured motion, kept as it was measured.

    rate: samples per second. channels: the columns. samples: (T, C) float32; NaN where a face was
    lost or a channel is missing. residual: (T, 478, 3) float16 or float32, canonical displacement in
    eye distances beyond the shapes, NaN rows where the face was lost; or None.
    """

    source: PerformanceSource
    rate: Fraction
    channels: tuple[str, ...]
    samples: FrozenArray
    residual: FrozenArray | None = None
    kind: Literal["performance"] = "performance"

    @property
    def length(self) -> int:
        return len(self.samples)


@dataclass(frozen=True, slots=True)
class Speech(LayerContent):
    """Visemes as curves, mixed into shapes at evaluation.

    audio: id of the document's audio clip that it was made from, or ''. tracks: channels 'viseme.aa'
    and so on (names in `resources/visemes.json`), each 0 to 1. strength scales all; jaw scales what
    opens the jaw.
    """

    audio: str = ""
    tracks: tuple[Track, ...] = ()
    strength: float = 1.0
    jaw: float = 1.0
    kind: Literal["speech"] = "speech"


@dataclass(frozen=True, slots=True)
class Automatic(LayerContent):
    """What a living face does by itself; the same seed always gives the same motion.

    blinks: per minute. darts: gaze darts per minute, of up to dart_angle degrees. breaths: per
    minute. blink, breathing and sway are strengths, 1 being natural. 0 switches each off.
    """

    seed: int = 1
    blinks: float = 14.0
    blink: float = 1.0
    darts: float = 24.0
    dart_angle: float = 5.0
    breaths: float = 14.0
    breathing: float = 1.0
    sway: float = 1.0
    kind: Literal["automatic"] = "automatic"


def _full_weight() -> Track:
    return Track("weight")


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer. `weight` is a curve from 0 to 2 (a track without keys is 1); `regions` and `channels`
    scale parts of it, what they do not name counts in full; a weight of 0 is a mask.
    """

    id: str
    name: str
    content: LayerContent
    mute: bool = False
    solo: bool = False
    blend: Blend = Blend.ADD
    weight: Track = field(default_factory=_full_weight)
    regions: tuple[tuple[Region, float], ...] = ()
    channels: tuple[tuple[str, float], ...] = ()
    timing: Timing = Timing()
    locked: bool = False
    colour: str = ""
