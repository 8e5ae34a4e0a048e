"""The document at a frame: layers from bottom to top into one `FaceState`.

A layer contributes `weight * region weight * channel weight` of what differs from rest (add), or goes
that far from what lies below to its own value (override; only on channels that it has). Mute wins
over solo. Frames may be fractional; the answer depends on the document and the frame alone.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from core.animation import automatic, performance
from core.animation.curve import value_at
from core.animation.face_state import TURN, FaceState, face_state
from core.animation.speech import speech_shapes
from core.document.channels import CHANNELS, landmark_of
from core.document.document import Document
from core.document.landmarks import REGION_SHARES
from core.document.layers import Automatic, Blend, Keys, Layer, Outside, Performance, Speech
from core.document.regions import CHANNEL_REGIONS, SURFACE, Region
from core.document.tracks import Track

Array = NDArray[np.float64]
_DEFAULTS = {channel.name: channel.default for channel in CHANNELS}
HIGHEST_WEIGHT = 2.0


def evaluate(document: Document, frame: float) -> FaceState:
    """What the face does at `frame`, clamped to the channels' ranges."""
    values: dict[str, float] = {}
    measured = dict.fromkeys(TURN, 0.0)
    residual: Array | None = None
    for layer in sounding(document.layers):
        weight = layer_weight(layer, frame)
        time = content_time(layer, frame, document)
        if weight == 0.0 or time is None:
            continue
        override = layer.blend is Blend.OVERRIDE
        with_residual = isinstance(layer.content, Performance) and layer.content.residual is not None
        for name, value in _content_values(layer, time, document).items():
            share = weight * channel_weight(layer, name)
            below = values.get(name, _DEFAULTS.get(name, 0.0))
            if override:
                values[name] = below + min(share, 1.0) * (value - below)
            else:
                values[name] = below + share * (value - _DEFAULTS.get(name, 0.0))
            if name in measured:
                own = value if with_residual else 0.0
                low = measured[name]
                measured[name] = low + min(share, 1.0) * (own - low) if override else low + share * own
        residual = _with_residual(residual, layer, weight, time, document)
    return face_state(values, residual, measured)


def evaluate_range(document: Document, frames: Iterable[float]) -> list[FaceState]:
    """`evaluate` at each of `frames`."""
    return [evaluate(document, frame) for frame in frames]


def layer_values(document: Document, layer: Layer, frame: float) -> dict[str, float]:
    """Channel values of `layer` alone at document frame `frame`, before weights; {} outside its extent."""
    time = content_time(layer, frame, document)
    return {} if time is None else _content_values(layer, time, document)


def sounding(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """The layers that count: those not muted, and only the solo ones if there are any."""
    solo = any(layer.solo for layer in layers)
    return tuple(layer for layer in layers if not layer.mute and (layer.solo or not solo))


def layer_weight(layer: Layer, frame: float) -> float:
    """The layer's own weight at document frame `frame`, 0 to 2."""
    track = layer.weight
    return min(max(value_at(track, frame), 0.0), HIGHEST_WEIGHT) if track.keys and not track.mute else 1.0


def channel_weight(layer: Layer, name: str) -> float:
    """What region weights and channel masks leave of channel `name`."""
    weight = 1.0
    for channel, share in layer.channels:
        if channel == name:
            weight = share
    if not layer.regions:
        return weight
    place = landmark_of(name)
    if place is not None:
        return weight * float(REGION_SHARES[place[0]] @ _surface_weights(layer))
    region = CHANNEL_REGIONS[name]
    for each, share in layer.regions:
        if each is region:
            weight *= share
    return weight


def content_time(layer: Layer, frame: float, document: Document) -> float | None:
    """The content frame of `layer` that plays at document frame `frame`; None where it gives nothing."""
    timing = layer.timing
    time = (frame - timing.offset) * timing.speed
    first, last = extent(layer, document)
    if first is None and last is None:
        return time
    low = float("-inf") if first is None else first
    high = float("inf") if last is None else last
    if low <= time <= high:
        return time
    if timing.outside is Outside.NOTHING or high < low:
        return None
    period = high - low
    if timing.outside is Outside.HOLD or period == 0.0 or period == float("inf"):
        return min(max(time, low), high)
    cycle, rest = divmod(time - low, period)
    if timing.outside is Outside.PING_PONG and cycle % 2:
        return high - rest
    return low + rest


def extent(layer: Layer, document: Document) -> tuple[float | None, float | None]:
    """First and last content frame of `layer`; None where it goes on for ever."""
    first, last = layer.timing.first, layer.timing.last
    if isinstance(layer.content, Performance):
        end = performance.last_frame(layer.content, document.rate)
        first = 0.0 if first is None else max(first, 0.0)
        last = end if last is None else min(last, end)
    return first, last


def audible_tracks(tracks: tuple[Track, ...]) -> tuple[Track, ...]:
    """The tracks that count: with keys, not muted, and only the solo ones if there are any."""
    solo = any(track.solo for track in tracks)
    return tuple(track for track in tracks if track.keys and not track.mute and (track.solo or not solo))


def _content_values(layer: Layer, time: float, document: Document) -> dict[str, float]:
    content = layer.content
    if isinstance(content, Keys):
        return {track.channel: value_at(track, time) for track in audible_tracks(content.tracks)}
    if isinstance(content, Performance):
        return performance.values_at(content, time, document.rate)
    if isinstance(content, Speech):
        return speech_shapes(content, audible_tracks(content.tracks), time)
    if isinstance(content, Automatic):
        return automatic.values_at(content, time, document.rate)
    raise TypeError(f"no layer is made of {type(content).__name__}")


def _with_residual(below: Array | None, layer: Layer, weight: float, time: float, document: Document) -> Array | None:
    """The residual so far with that of `layer` laid over it, landmark by landmark after its regions."""
    if not isinstance(layer.content, Performance):
        return below
    own = performance.residual_at(layer.content, time, document.rate)
    if own is None:
        return below
    share = weight * (REGION_SHARES @ _surface_weights(layer))[:, None] if layer.regions else np.float64(weight)
    if layer.blend is Blend.ADD or below is None:
        if layer.blend is Blend.OVERRIDE:
            share = np.minimum(share, 1.0)
        return share * own if below is None else below + share * own
    return np.asarray(below + np.minimum(share, 1.0) * (own - below))


def _surface_weights(layer: Layer) -> Array:
    """(len(SURFACE),) the layer's weight of each surface region."""
    weights: dict[Region, float] = dict(layer.regions)
    return np.array([weights.get(region, 1.0) for region in SURFACE])
