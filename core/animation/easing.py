"""Named shapes for the segment between two keys.

Each is a cubic Bezier in the unit square, given by its inner control points as in the timing functions
of CSS; a preset becomes the free handles of the two keys, so that it stays editable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from core.document.document import Document
from core.document.edits.keys import KeyRef, each_track
from core.document.edits.tangents import with_tangent
from core.document.tracks import Interpolation, Key, Tangent, Track
from core.errors import UserError

EASES: Mapping[str, tuple[float, float, float, float]] = MappingProxyType(
    {
        "linear": (1 / 3, 1 / 3, 2 / 3, 2 / 3),
        "ease in": (0.42, 0.0, 1.0, 1.0),
        "ease out": (0.0, 0.0, 0.58, 1.0),
        "ease in out": (0.42, 0.0, 0.58, 1.0),
        "strong in": (0.75, 0.0, 1.0, 0.7),
        "strong out": (0.0, 0.3, 0.25, 1.0),
        "strong in out": (0.8, 0.0, 0.2, 1.0),
        "anticipate": (0.4, -0.4, 0.8, 0.6),
        "overshoot": (0.2, 0.4, 0.6, 1.4),
        "snap": (0.9, 0.0, 0.1, 1.0),
    }
)
"""x1, y1, x2, y2: x as a part of the segment's length, y of its rise."""


def set_ease(document: Document, refs: Iterable[KeyRef], name: str) -> Document:
    """Shape the segment that begins at each of the chosen keys; a last key has none.

    Raises `UserError` for an unknown preset.
    """
    if name not in EASES:
        raise UserError(f"There is no ease '{name}'", f"Choose one of: {', '.join(EASES)}.")

    def eased(track: Track, chosen: list[int]) -> list[Key]:
        keys = dict(enumerate(track.keys))
        for index in chosen:
            if index + 1 < len(track.keys):
                keys[index], keys[index + 1] = _shaped(track, index, keys[index], EASES[name])
        return list(keys.values())

    return each_track(document, refs, eased)


def _shaped(track: Track, index: int, first: Key, ease: tuple[float, float, float, float]) -> tuple[Key, Key]:
    """The two keys of segment `index`; `first` is the key as the segment before has left it."""
    second = track.keys[index + 1]
    span, rise = second.frame - first.frame, second.value - first.value
    x1, y1, x2, y2 = ease
    if first.tangent is not Tangent.FREE:
        first = with_tangent(track, index, Tangent.FREE)
    second = with_tangent(track, index + 1, Tangent.FREE)
    first = replace(first, interpolation=Interpolation.BEZIER, out_dx=x1 * span, out_dy=y1 * rise)
    return first, replace(second, in_dx=(x2 - 1.0) * span, in_dy=(y2 - 1.0) * rise)
