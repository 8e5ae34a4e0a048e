"""Keys: set, insert, move, scale, delete, duplicate. Many at once, over tracks and layers.

Snapping is the caller's: frames are taken as given. A key that comes to lie on an unmoved one
replaces it. Tracks stay sorted, with one key per frame.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from core.document.document import Document
from core.document.edits.tracks import find_track, track_in, with_track
from core.document.layers import Layer
from core.document.tracks import Interpolation, Key, Track, check_key, frame_of, keys_of
from core.errors import UserError

_NEAR = 1e-6
_FEW = 64
"""Up to so many keys it is quicker to place each than to sort the track."""


class KeyRef(NamedTuple):
    """One key by its place."""

    layer: str
    channel: str
    frame: float


def set_key(document: Document, layer_id: str, name: str, frame: float, value: float) -> Document:
    """Give the channel `value` at `frame`: an existing key keeps its tangents, a new one is auto-clamped
    and interpolates like the key before it.
    """
    return set_values(document, layer_id, {name: value}, frame)


def set_values(document: Document, layer_id: str, values: Mapping[str, float], frame: float) -> Document:
    """`set_key` for several channels at one frame, as a dragged control writes them."""
    layer = before = document.layer(layer_id)
    for name, value in values.items():
        track = track_in(layer, name)
        after = with_value(track, frame, value)
        if after is not track:
            layer = with_track(layer, after)
    return document if layer is before else _with_layers(document, {layer_id: layer})


def set_curve(document: Document, layer_id: str, name: str, points: Iterable[tuple[float, float]]) -> Document:
    """Replace the channel's keys by auto-clamped ones at `points` (frame, value)."""
    layer = document.layer(layer_id)
    keys = keys_of(Key(float(frame), float(value)) for frame, value in points)
    return _with_layers(document, {layer_id: with_track(layer, replace(track_in(layer, name), keys=keys))})


def put_keys(document: Document, layer_id: str, name: str, keys: Iterable[Key]) -> Document:
    """Add `keys` as they are; those already at the same frames are replaced."""
    layer = document.layer(layer_id)
    track = track_in(layer, name)
    after = replace(track, keys=keys_of((*track.keys, *keys)))
    return document if after == track else _with_layers(document, {layer_id: with_track(layer, after)})


def with_value(track: Track, frame: float, value: float) -> Track:
    """`track` with a key of `value` at `frame`; the same track if it has it."""
    keys = track.keys
    place = bisect_left(keys, frame - _NEAR, key=frame_of)
    if place < len(keys) and keys[place].frame <= frame + _NEAR:
        if keys[place].value == value:
            return track
        key = replace(keys[place], value=float(value))
        check_key(key)
        return replace(track, keys=(*keys[:place], key, *keys[place + 1 :]))
    like = keys[place - 1].interpolation if place else Interpolation.BEZIER
    key = Key(float(frame), float(value), like)
    check_key(key)
    return replace(track, keys=(*keys[:place], key, *keys[place:]))


def delete_keys(document: Document, refs: Iterable[KeyRef]) -> Document:
    """Keys that are not there are passed over."""
    return each_track(document, refs, lambda track, chosen: [])


def move_keys(document: Document, refs: Iterable[KeyRef], frames: float = 0.0, value: float = 0.0) -> Document:
    """Shift the chosen keys by `frames` and by `value`."""
    if not frames and not value:
        return document
    return transform_keys(document, refs, lambda key: replace(key, frame=key.frame + frames, value=key.value + value))


def scale_keys(
    document: Document,
    refs: Iterable[KeyRef],
    *,
    pivot_frame: float = 0.0,
    frames: float = 1.0,
    pivot_value: float = 0.0,
    values: float = 1.0,
) -> Document:
    """Scale the chosen keys about a pivot, handles with them. Negative `frames` reverses in time.

    Raises `UserError` for a scale of 0 in time, which would put all keys on one frame.
    """
    if frames == 0.0:
        raise UserError("Keys cannot be scaled to no time at all", "Drag less far.")
    if frames == 1.0 and values == 1.0:
        return document

    def scaled(key: Key) -> Key:
        ins, outs = (key.in_dx, key.in_dy), (key.out_dx, key.out_dy)
        if frames < 0.0:
            ins, outs = outs, ins
        return replace(
            key,
            frame=pivot_frame + (key.frame - pivot_frame) * frames,
            value=pivot_value + (key.value - pivot_value) * values,
            in_dx=ins[0] * frames, in_dy=ins[1] * values, out_dx=outs[0] * frames, out_dy=outs[1] * values,
        )  # fmt: skip

    return transform_keys(document, refs, scaled)


def duplicate_keys(document: Document, refs: Iterable[KeyRef], frames: float) -> Document:
    """Copies of the chosen keys, shifted by `frames`."""
    if not frames:
        return document

    def doubled(track: Track, chosen: list[int]) -> list[Key]:
        keys = [track.keys[index] for index in chosen]
        return [*keys, *(replace(key, frame=key.frame + frames) for key in keys)]

    return each_track(document, refs, doubled)


def transform_keys(document: Document, refs: Iterable[KeyRef], change: Callable[[Key], Key]) -> Document:
    """Each chosen key replaced by `change(key)`; changed keys win over unchanged ones at their frames."""

    return each_track(document, refs, lambda track, chosen: [change(track.keys[index]) for index in chosen])


def set_interpolation(document: Document, refs: Iterable[KeyRef], interpolation: Interpolation) -> Document:
    """How the curve goes on from each of the chosen keys."""
    return transform_keys(document, refs, lambda key: replace(key, interpolation=interpolation))


def find_key(document: Document, ref: KeyRef) -> Key | None:
    """The key at `ref`, or None."""
    track = find_track(document.layer(ref.layer), ref.channel)
    index = None if track is None else track.index_at(ref.frame)
    return None if track is None or index is None else track.keys[index]


def moved(refs: Iterable[KeyRef], frames: float) -> frozenset[KeyRef]:
    """Where a selection lies after its keys moved by `frames`."""
    return frozenset(ref._replace(frame=ref.frame + frames) for ref in refs)


Change = Callable[[Track, list[int]], list[Key]]


def each_track(document: Document, refs: Iterable[KeyRef], change: Change) -> Document:
    """In every track that `refs` touch, put the keys of `change(track, indices)` in the place of those at
    the ascending `indices`. Given keys win over unchanged ones at their frames, later over earlier ones.
    """
    chosen: dict[tuple[str, str], set[float]] = {}
    for ref in refs:
        chosen.setdefault((ref.layer, ref.channel), set()).add(ref.frame)
    layers: dict[str, Layer] = {}
    for (layer_id, name), frames in chosen.items():
        layer = layers.get(layer_id) or document.layer(layer_id)
        track = find_track(layer, name)
        if track is None:
            continue
        indices = sorted(index for frame in frames if (index := track.index_at(frame)) is not None)
        keys = _replaced(track.keys, indices, change(track, indices)) if indices else track.keys
        if keys != track.keys:
            layers[layer_id] = with_track(layer, replace(track, keys=keys))
    return _with_layers(document, layers)


def _replaced(keys: tuple[Key, ...], indices: list[int], new: list[Key]) -> tuple[Key, ...]:
    """`keys` less those at the ascending `indices`, with `new` merged in."""
    for key in new:
        check_key(key)
    if len(indices) + len(new) > _FEW:
        gone = set(indices)
        by_frame = {key.frame: key for index, key in enumerate(keys) if index not in gone}
        by_frame.update((key.frame, key) for key in new)
        return tuple(sorted(by_frame.values(), key=frame_of))
    rest = list(keys)
    for index in reversed(indices):
        del rest[index]
    for key in new:
        place = bisect_left(rest, key.frame, key=frame_of)
        if place < len(rest) and rest[place].frame == key.frame:
            rest[place] = key
        else:
            rest.insert(place, key)
    return tuple(rest)


def _with_layers(document: Document, layers: Mapping[str, Layer]) -> Document:
    if not layers:
        return document
    return replace(document, layers=tuple(layers.get(layer.id, layer) for layer in document.layers))
