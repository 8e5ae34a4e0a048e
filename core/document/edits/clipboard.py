"""Copy and paste of keys, also mirrored left to right, and of whole poses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from core.document.document import Document
from core.document.edits.keys import KeyRef, put_keys
from core.document.edits.tracks import find_track
from core.document.landmarks import mirrored_channel
from core.document.tracks import Key


@dataclass(frozen=True, slots=True)
class CopiedKeys:
    """Keys by channel; frames count from the earliest of them."""

    tracks: tuple[tuple[str, tuple[Key, ...]], ...]

    @property
    def empty(self) -> bool:
        return not self.tracks


def copy_keys(document: Document, refs: Iterable[KeyRef]) -> CopiedKeys:
    """The chosen keys; those of one channel on several layers are put together, upper layers winning."""
    chosen: dict[tuple[str, str], set[float]] = {}
    for ref in refs:
        chosen.setdefault((ref.layer, ref.channel), set()).add(ref.frame)
    found: dict[str, dict[float, Key]] = {}
    for layer in document.layers:
        for (layer_id, name), frames in chosen.items():
            track = find_track(layer, name) if layer_id == layer.id else None
            if track is not None:
                found.setdefault(name, {}).update({k.frame: k for k in track.keys if k.frame in frames})
    start = min((frame for keys in found.values() for frame in keys), default=0.0)
    return CopiedKeys(
        tuple(
            (name, tuple(replace(keys[frame], frame=frame - start) for frame in sorted(keys)))
            for name, keys in sorted(found.items())
            if keys
        )
    )


def paste_keys(document: Document, layer_id: str, copied: CopiedKeys, frame: float) -> Document:
    """The copied keys with the earliest at `frame`; keys that are in their place are replaced.

    Raises `UserError` if the layer cannot hold one of the channels.
    """
    for name, keys in copied.tracks:
        moved = [replace(key, frame=key.frame + frame) for key in keys]
        document = put_keys(document, layer_id, name, moved)
    return document


def pasted_refs(layer_id: str, copied: CopiedKeys, frame: float) -> frozenset[KeyRef]:
    """Where `paste_keys` puts them: what a window selects afterwards."""
    return frozenset(KeyRef(layer_id, name, key.frame + frame) for name, keys in copied.tracks for key in keys)


def mirror_keys(copied: CopiedKeys) -> CopiedKeys:
    """Left for right: channels change sides; yaw, roll, sideways gaze, x and balances change sign."""
    tracks = []
    for name, keys in copied.tracks:
        other, sign = mirrored_channel(name)
        if sign < 0.0:
            keys = tuple(replace(k, value=-k.value, in_dy=-k.in_dy, out_dy=-k.out_dy) for k in keys)
        tracks.append((other, keys))
    return CopiedKeys(tuple(sorted(tracks)))


def mirror_values(values: Mapping[str, float]) -> dict[str, float]:
    """A pose by channel, left for right."""
    pose = {}
    for name, value in values.items():
        other, sign = mirrored_channel(name)
        pose[other] = sign * value
    return pose
