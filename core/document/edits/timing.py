"""When a layer plays: moved, trimmed, stretched, looped."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite

from core.document.document import Document
from core.document.edits.layers import changed
from core.document.layers import Outside
from core.errors import UserError


def set_offset(document: Document, layer_id: str, offset: float) -> Document:
    """Let content frame 0 play at document frame `offset`."""
    if not isfinite(offset):
        raise UserError("A layer cannot start at no frame", "Give a frame number.")
    return _timed(document, layer_id, offset=float(offset))


def set_speed(document: Document, layer_id: str, speed: float, pivot: float | None = None) -> Document:
    """Content frames per document frame; negative plays backwards. What plays at document frame `pivot`
    (by default where content frame 0 plays) stays there. Raises `UserError` for 0.
    """
    if not speed or not isfinite(speed):
        raise UserError("A layer cannot stand still", "Give a speed other than 0, or trim it to one frame.")
    timing = document.layer(layer_id).timing
    offset = timing.offset
    if pivot is not None:
        offset = pivot - (pivot - timing.offset) * timing.speed / speed
    return _timed(document, layer_id, speed=float(speed), offset=offset)


def trim(document: Document, layer_id: str, first: float | None, last: float | None) -> Document:
    """Bound the layer to content frames `first` to `last`; None leaves a side to the content.

    Raises `UserError` if nothing would be left.
    """
    if first is not None and last is not None and last < first:
        raise UserError(f"Trimming from {first:g} to {last:g} leaves nothing", "Give the earlier frame first.")
    return _timed(document, layer_id, first=first, last=last)


def set_outside(document: Document, layer_id: str, outside: Outside) -> Document:
    """What the layer gives outside its bounds: nothing, its end held, a loop, back and forth."""
    return _timed(document, layer_id, outside=outside)


def _timed(document: Document, layer_id: str, **fields: object) -> Document:
    timing = replace(document.layer(layer_id).timing, **fields)  # type: ignore[arg-type]
    return changed(document, layer_id, timing=timing)
