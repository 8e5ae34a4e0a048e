"""Tracks: finding them in a layer, replacing them, and their own switches."""

from __future__ import annotations

from dataclasses import replace

from core.document.channels import channel
from core.document.document import Document
from core.document.edits.layers import with_layer
from core.document.layers import Keys, Layer, Speech
from core.document.tracks import Extrapolation, Track
from core.errors import UserError

WEIGHT = "weight"


def tracks_of(layer: Layer) -> tuple[Track, ...]:
    """The tracks in the layer's content (not its weight); none in measured and automatic layers."""
    content = layer.content
    return content.tracks if isinstance(content, Keys | Speech) else ()


def find_track(layer: Layer, name: str) -> Track | None:
    """The track of channel `name`, or the layer's weight."""
    if name == WEIGHT:
        return layer.weight
    return next((track for track in tracks_of(layer) if track.channel == name), None)


def track_in(layer: Layer, name: str) -> Track:
    """The track of channel `name`, an empty one if there is none yet.

    Raises `ChannelError` for an unknown channel and `UserError` if the layer cannot hold it.
    """
    track = find_track(layer, name)
    if track is not None:
        return track
    if isinstance(layer.content, Keys):
        return Track(channel(name).name)
    if isinstance(layer.content, Speech) and name.startswith("viseme."):
        return Track(name)
    raise UserError(
        f"The layer '{layer.name}' holds no keys for {name}", "Put keys on a layer of keys, or bake this one first."
    )


def with_track(layer: Layer, track: Track) -> Layer:
    """`layer` with the track of the same channel replaced or added; a content track without keys and
    with nothing else set goes.
    """
    if track.channel == WEIGHT:
        return replace(layer, weight=track)
    content = layer.content
    assert isinstance(content, Keys | Speech)
    tracks = content.tracks
    bare = not track.keys and track == Track(track.channel)
    for index, each in enumerate(tracks):
        if each.channel == track.channel:
            new = () if bare else (track,)
            return replace(layer, content=replace(content, tracks=(*tracks[:index], *new, *tracks[index + 1 :])))
    if bare:
        return layer
    return replace(layer, content=replace(content, tracks=(*tracks, track)))


def put_track(document: Document, layer_id: str, track: Track) -> Document:
    """`document` with `track` set into a layer as it stands."""
    layer = document.layer(layer_id)
    if find_track(layer, track.channel) is track:
        return document
    track_in(layer, track.channel)
    after = with_track(layer, track)
    return document if after is layer else with_layer(document, layer, after)


def remove_track(document: Document, layer_id: str, name: str) -> Document:
    """Take away all of the channel's keys and settings."""
    layer = document.layer(layer_id)
    if find_track(layer, name) is None:
        return document
    return with_layer(document, layer, with_track(layer, Track(name)))


def set_extrapolation(
    document: Document,
    layer_id: str,
    name: str,
    before: Extrapolation | None = None,
    after: Extrapolation | None = None,
) -> Document:
    """What the curve does before its first and after its last key; None leaves a side as it is."""
    track = track_in(document.layer(layer_id), name)
    return changed(document, layer_id, name, before=before or track.before, after=after or track.after)


def changed(document: Document, layer_id: str, name: str, **fields: object) -> Document:
    """`document` with `fields` (mute, solo, locked, colour, before, after) of one track replaced."""
    layer = document.layer(layer_id)
    track = track_in(layer, name)
    after = replace(track, **fields)  # type: ignore[arg-type]
    if after == track:
        return document
    return with_layer(document, layer, with_track(layer, after))
