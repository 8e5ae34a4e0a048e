"""Tangents: what kind a key has and where its handles lie."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum

from core.document.document import Document
from core.document.edits.keys import KeyRef, each_track, put_keys
from core.document.edits.tracks import track_in
from core.document.tangents import handles
from core.document.tracks import Key, Tangent, Track
from core.errors import UserError

_COMPUTED = (Tangent.AUTO, Tangent.AUTO_CLAMPED, Tangent.FLAT)


class Side(StrEnum):
    IN = "in"
    OUT = "out"


def set_tangent(document: Document, refs: Iterable[KeyRef], tangent: Tangent) -> Document:
    """Give the chosen keys a kind of tangent.

    Free and aligned take over the handles as they are used now; aligned then makes them one line.
    """

    return each_track(document, refs, lambda track, chosen: [with_tangent(track, index, tangent) for index in chosen])


def set_handle(document: Document, ref: KeyRef, side: Side, dx: float, dy: float) -> Document:
    """Put the end of a handle `dx` frames and `dy` units from its key, wherever that is.

    An automatic key becomes an aligned one; the other handle of an aligned key turns with this one and
    keeps its length in frames. Raises `UserError` when the key is not there.
    """
    track = track_in(document.layer(ref.layer), ref.channel)
    index = track.index_at(ref.frame)
    if index is None:
        raise UserError(f"There is no key of {ref.channel} at frame {ref.frame:g}", "Choose a key first.")
    key = track.keys[index]
    if key.tangent in (Tangent.AUTO, Tangent.AUTO_CLAMPED):
        key = with_tangent(track, index, Tangent.ALIGNED)
    towards = dx if side is Side.OUT else -dx
    turns = key.tangent is Tangent.ALIGNED and towards > 0.0
    if side is Side.OUT:
        key = replace(key, out_dx=dx, out_dy=dy, in_dy=key.in_dx * dy / dx if turns else key.in_dy)
    else:
        key = replace(key, in_dx=dx, in_dy=dy, out_dy=key.out_dx * dy / dx if turns else key.out_dy)
    return put_keys(document, ref.layer, ref.channel, (key,))


def with_tangent(track: Track, index: int, tangent: Tangent) -> Key:
    """Key `index` of `track` with another kind of tangent."""
    key = track.keys[index]
    if key.tangent is tangent:
        return key
    if tangent in _COMPUTED:
        return replace(key, tangent=tangent)
    in_dx, in_dy, out_dx, out_dy = handles(track, index)
    if tangent is Tangent.ALIGNED and out_dx - in_dx > 0.0:
        slope = (out_dy - in_dy) / (out_dx - in_dx)
        in_dy, out_dy = in_dx * slope, out_dx * slope
    return replace(key, tangent=tangent, in_dx=in_dx, in_dy=in_dy, out_dx=out_dx, out_dy=out_dy)
