"""A key put onto a curve without changing its shape."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace

from core.animation.curve import solve_bezier_x, value_at
from core.document.document import Document
from core.document.edits.tangents import with_tangent
from core.document.edits.tracks import put_track, track_in
from core.document.tangents import handles
from core.document.tracks import Interpolation, Key, Tangent, Track, frame_of

_FOLLOWING = (Tangent.AUTO, Tangent.AUTO_CLAMPED)


def insert_on_curve(document: Document, layer_id: str, name: str, frame: float) -> Document:
    """A key of `name` at `frame` where the curve runs already; as `inserted` does it."""
    track = track_in(document.layer(layer_id), name)
    return put_track(document, layer_id, inserted(track, frame))


def inserted(track: Track, frame: float) -> Track:
    """`track` with a key at `frame` on its curve; the same track if there is one, or no key at all.

    Between keys the segment is cut by de Casteljau's rule. The automatic keys on either side become
    aligned, as they would follow the new neighbour otherwise. Before the first and after the last key
    the shape is kept where the track is constant or linear there; a loop gets a longer period.
    """
    keys = track.keys
    if not keys or track.index_at(frame) is not None:
        return track
    if not keys[0].frame < frame < keys[-1].frame:
        return _outside(track, frame)
    left = bisect_right(keys, frame, key=frame_of) - 1
    fixed = list(keys)
    over_the_seam = (0, len(keys) - 1) if left in (0, len(keys) - 2) else ()
    for index in (left, left + 1, *over_the_seam):
        fixed[index] = _held(track, index)
    first, second = fixed[left], fixed[left + 1]
    value = value_at(track, frame)
    if first.interpolation is not Interpolation.BEZIER:
        middle = (first, Key(frame, value, first.interpolation), second)
    else:
        middle = _cut(first, second, handles(track, left)[2:], handles(track, left + 1)[:2], frame)
    return replace(track, keys=(*fixed[:left], *middle, *fixed[left + 2 :]))


def _cut(
    first: Key, second: Key, out: tuple[float, ...], into: tuple[float, ...], frame: float
) -> tuple[Key, Key, Key]:
    """De Casteljau's subdivision at the parameter that lies over `frame`."""
    span = second.frame - first.frame
    t = solve_bezier_x(out[0] / span, 1.0 + into[0] / span, (frame - first.frame) / span)
    p0, p3 = (first.frame, first.value), (second.frame, second.value)
    p1, p2 = (p0[0] + out[0], p0[1] + out[1]), (p3[0] + into[0], p3[1] + into[1])
    a, b, c = _between(p0, p1, t), _between(p1, p2, t), _between(p2, p3, t)
    d, e = _between(a, b, t), _between(b, c, t)
    middle = _between(d, e, t)
    new = Key(
        frame, middle[1], Interpolation.BEZIER, Tangent.ALIGNED,
        min(d[0] - frame, 0.0), d[1] - middle[1], max(e[0] - frame, 0.0), e[1] - middle[1],
    )  # fmt: skip
    before = replace(first, out_dx=a[0] - p0[0], out_dy=a[1] - p0[1])
    after = replace(second, in_dx=c[0] - p3[0], in_dy=c[1] - p3[1])
    return before, new, after


def _between(a: tuple[float, float], b: tuple[float, float], t: float) -> tuple[float, float]:
    return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t


def _outside(track: Track, frame: float) -> Track:
    """Constant and linear extrapolations are straight, so a straight segment takes their place."""
    keys = track.keys
    value = value_at(track, frame)
    if frame < keys[0].frame:
        return replace(track, keys=(Key(frame, value, Interpolation.LINEAR), _held(track, 0), *keys[1:]))
    last = replace(_held(track, len(keys) - 1), interpolation=Interpolation.LINEAR)
    return replace(track, keys=(*keys[:-1], last, Key(frame, value)))


def _held(track: Track, index: int) -> Key:
    """Key `index` with the handles that it has now, whatever neighbours it gets."""
    key = track.keys[index]
    return with_tangent(track, index, Tangent.ALIGNED) if key.tangent in _FOLLOWING else key
