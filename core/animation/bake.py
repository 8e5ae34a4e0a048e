"""Evaluated motion into keys: bake a layer, reduce and smooth keys.

Tolerances are parts of a channel's range: 0.01 is one hundredth of the way from its low to its high, of 45 degrees
for angles.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby, pairwise

import numpy as np

from core.animation.curve import Curve, curve_of
from core.animation.evaluate import layer_values
from core.animation.fit import fit_keys
from core.document.channels import channel
from core.document.document import Document
from core.document.edits.keys import KeyRef, each_track
from core.document.edits.layers import with_layer
from core.document.edits.tangents import with_tangent
from core.document.edits.tracks import find_track, tracks_of, with_track
from core.document.layers import Blend, Keys, Outside, Timing
from core.document.tracks import Interpolation, Key, Tangent, Track
from core.errors import UserError
from core.values.progress import Progress
from core.values.time import FrameRange

TOLERANCE = 0.005
_TURN = 45.0
"""Degrees that weigh as much as one full shape where a tolerance is told in parts of a channel."""


def bake_layer(
    document: Document,
    layer_id: str,
    *,
    tolerance: float | None = TOLERANCE,
    frames: FrameRange | None = None,
    progress: Progress | None = None,
) -> Document:
    """Turn what fills a layer into keys over `frames` (by default the document's).

    The layer keeps its place, weight, masks and blend; its timing is baked in. With a `tolerance` few
    keys are set, with None one on every frame. What a performance does beyond the channels (its
    residual) is lost. Raises `UserError` if the layer gives nothing there.
    """
    layer = document.layer(layer_id)
    span = document.frames if frames is None else frames
    columns: dict[str, list[float]] = {}
    given: list[int] = []
    for done, frame in enumerate(span):
        if progress is not None:
            progress.report(done, len(span), f"baking {layer.name}")
        values = layer_values(document, layer, frame)
        if values:
            given.append(frame)
            for name, value in values.items():
                columns.setdefault(name, []).append(value)
    if not given:
        raise UserError(
            f"The layer '{layer.name}' gives nothing from {span.first} to {span.last}", "Choose other frames."
        )
    if given[-1] - given[0] + 1 != len(given):
        raise UserError(f"The layer '{layer.name}' has pauses", "Let it hold or loop outside its bounds, then bake.")
    at = np.array(given, dtype=np.float64)
    tracks = []
    for name, column in columns.items():
        values_at = np.array(column)
        wanted = 0.0 if tolerance is None else scaled_tolerance(name, tolerance)
        if layer.blend is Blend.ADD and np.abs(values_at - channel(name).default).max() <= wanted:
            continue
        if tolerance is None:
            keys = tuple(Key(float(x), float(y)) for x, y in zip(at, values_at, strict=True))
        else:
            keys = fit_keys(at, values_at, wanted)
        tracks.append(Track(name, keys))
    timing = Timing()
    if layer.timing.outside is Outside.NOTHING:
        timing = Timing(first=float(given[0]), last=float(given[-1]), outside=Outside.NOTHING)
    return with_layer(document, layer, replace(layer, content=Keys(tracks=tuple(tracks)), timing=timing))


def scaled_tolerance(name: str, tolerance: float) -> float:
    """`tolerance` in the unit of channel `name`."""
    if name == "weight" or name.startswith("viseme."):
        return tolerance
    entry = channel(name)
    return tolerance * (_TURN if entry.unit == "deg" else entry.high - entry.low)


def reduce_keys(
    document: Document, layer_id: str, names: Iterable[str] | None = None, tolerance: float = TOLERANCE
) -> Document:
    """Fewer keys on the tracks `names` (by default all of the layer), the curves within `tolerance`."""
    layer = document.layer(layer_id)
    after = layer
    for name in [track.channel for track in tracks_of(layer)] if names is None else names:
        track = find_track(layer, name)
        if track is not None and len(track.keys) > 2:
            after = with_track(after, reduced(track, scaled_tolerance(name, tolerance)))
    return document if after == layer else with_layer(document, layer, after)


def reduced(track: Track, tolerance: float) -> Track:
    """`track` with fewer keys; its curve stays within `tolerance` (channel's unit) at all whole frames, at
    the old keys and in between. Segments that hold stay as they are. Never more keys than before.
    """
    if len(track.keys) < 3:
        return track
    curve = curve_of(track)
    stored = tuple(with_tangent(track, index, Tangent.FREE) for index in range(len(track.keys)))
    keys: list[Key] = []
    indexed = list(enumerate(track.keys[:-1]))
    for holds, run in groupby(indexed, key=lambda pair: pair[1].interpolation is Interpolation.HOLD):
        members = list(run)
        first, last = members[0][0], members[-1][0] + 1
        if holds:
            part = stored[first : last + 1]
        else:
            part = _reduced_run(stored[first : last + 1], curve, tolerance)
        if keys:
            joint = keys.pop()
            start = replace(part[0], tangent=Tangent.FREE, in_dx=joint.in_dx, in_dy=joint.in_dy)
            part = (start, *part[1:])
        keys.extend(part)
    if len(keys) >= len(track.keys):
        return track
    return replace(track, keys=tuple(keys))


def _reduced_run(run: tuple[Key, ...], curve: Curve, tolerance: float) -> tuple[Key, ...]:
    frames = np.array([key.frame for key in run])
    inner = [np.linspace(a, b, 5)[1:-1] for a, b in pairwise(frames)]
    whole = np.arange(np.ceil(frames[0]), np.floor(frames[-1]) + 1)
    grid = np.unique(np.concatenate([frames, whole, *inner]))
    grid = grid[np.append(True, np.diff(grid) > 1e-6)]
    grid[-1] = frames[-1]
    keys = fit_keys(grid, curve.sample(grid), tolerance)
    return keys if len(keys) < len(run) else run


def smooth_keys(document: Document, refs: Iterable[KeyRef], radius: float) -> Document:
    """Move the values of the chosen keys towards those around them: a Gaussian of `radius` frames over the
    track's keys. First and last keys of a track stay.
    """
    if radius <= 0.0:
        return document

    def smoothed(track: Track, chosen: list[int]) -> list[Key]:
        frames = np.array([key.frame for key in track.keys])
        values = np.array([key.value for key in track.keys])
        after = []
        for index in chosen:
            key = track.keys[index]
            if 0 < index < len(frames) - 1:
                low, high = np.searchsorted(frames, (key.frame - 4 * radius, key.frame + 4 * radius))
                weights = np.exp(-0.5 * ((frames[low:high] - key.frame) / radius) ** 2)
                key = replace(key, value=float(weights @ values[low:high] / weights.sum()))
            after.append(key)
        return after

    return each_track(document, refs, smoothed)
