"""The timeline itself: rate, range, work area, markers, sound."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from core.document.document import AudioClip, Document, Marker
from core.document.edits.ids import next_id
from core.document.layers import Keys, Layer, Speech, Timing
from core.document.tracks import Track
from core.errors import UserError
from core.values.time import FrameRange


def set_rate(document: Document, rate: Fraction, *, keep_seconds: bool = False) -> Document:
    """Change the frame rate. Keys stay at their frames, or, with `keep_seconds`, at their moments: then
    keys, ranges, markers and layers are scaled (to fractions of frames where need be).
    """
    if not 1 <= rate <= 240:
        raise UserError(f"{rate} frames per second is out of range", "Choose a rate from 1 to 240.")
    if rate == document.rate:
        return document
    if not keep_seconds:
        return replace(document, rate=rate)
    factor = float(rate / document.rate)
    area = document.work_area
    return replace(
        document,
        rate=rate,
        frames=_scaled_range(document.frames, factor),
        work_area=None if area is None else _scaled_range(area, factor),
        markers=tuple(replace(marker, frame=round(marker.frame * factor)) for marker in document.markers),
        audio=tuple(replace(clip, offset=clip.offset * factor) for clip in document.audio),
        layers=tuple(_scaled_layer(layer, factor) for layer in document.layers),
    )


def set_frames(document: Document, frames: FrameRange) -> Document:
    """What is exported and played."""
    return document if frames == document.frames else replace(document, frames=frames)


def set_work_area(document: Document, area: FrameRange | None) -> Document:
    """What is looped; None for everything."""
    return document if area == document.work_area else replace(document, work_area=area)


def set_marker(document: Document, frame: int, label: str = "", colour: str = "") -> Document:
    """A marker at `frame`; one that is there already is replaced."""
    markers = {marker.frame: marker for marker in document.markers}
    markers[frame] = Marker(frame, label, colour)
    kept = tuple(markers[each] for each in sorted(markers))
    return document if kept == document.markers else replace(document, markers=kept)


def remove_marker(document: Document, frame: int) -> Document:
    kept = tuple(marker for marker in document.markers if marker.frame != frame)
    return document if len(kept) == len(document.markers) else replace(document, markers=kept)


def move_marker(document: Document, frame: int, to: int) -> Document:
    """A marker that is already at `to` is replaced."""
    marker = next((marker for marker in document.markers if marker.frame == frame), None)
    if marker is None or frame == to:
        return document
    return set_marker(remove_marker(document, frame), to, marker.label, marker.colour)


def add_audio(document: Document, name: str, path: str, digest: str, offset: float = 0.0) -> Document:
    """Link a sound file; its id is the last clip's of the result."""
    clip = AudioClip(next_id("audio", (clip.id for clip in document.audio)), name, path, digest, offset)
    return replace(document, audio=(*document.audio, clip))


def change_audio(document: Document, audio_id: str, **fields: object) -> Document:
    """Replace fields (offset, gain, mute, path, name) of a sound. Raises `UserError` when there is none."""
    clip = next((clip for clip in document.audio if clip.id == audio_id), None)
    if clip is None:
        raise UserError(f"There is no sound '{audio_id}'", "Add one first.")
    after = replace(clip, **fields)  # type: ignore[arg-type]
    if after == clip:
        return document
    return replace(document, audio=tuple(after if each is clip else each for each in document.audio))


def remove_audio(document: Document, audio_id: str) -> Document:
    kept = tuple(clip for clip in document.audio if clip.id != audio_id)
    return document if len(kept) == len(document.audio) else replace(document, audio=kept)


def _scaled_range(frames: FrameRange, factor: float) -> FrameRange:
    """The same stretch of time: its length in frames is rounded, never to nothing."""
    first = round(frames.first * factor)
    return FrameRange(first, first + max(round(len(frames) * factor), 1) - 1)


def _scaled_layer(layer: Layer, factor: float) -> Layer:
    timing, content = layer.timing, layer.content
    if isinstance(content, Keys | Speech):
        content = replace(content, tracks=tuple(_scaled_track(track, factor) for track in content.tracks))
    scaled = Timing(
        timing.offset * factor,
        timing.speed,
        None if timing.first is None else timing.first * factor,
        None if timing.last is None else timing.last * factor,
        timing.outside,
    )
    return replace(layer, content=content, timing=scaled, weight=_scaled_track(layer.weight, factor))


def _scaled_track(track: Track, factor: float) -> Track:
    keys = tuple(
        replace(key, frame=key.frame * factor, in_dx=key.in_dx * factor, out_dx=key.out_dx * factor)
        for key in track.keys
    )
    return replace(track, keys=keys)
