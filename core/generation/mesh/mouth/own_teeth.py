"""The photo's own upper teeth, when it shows them: unrolled onto the arch, so that they stay with the skull.

The photo around the mouth is read along the arch into the sprite's own frame. What is bright, not red
and connected with the upper lip is tooth. Its colour, divided by the light that the renderer would
throw on it in the photo's pose, takes the place of the drawn teeth; crowns go on upwards under the lip
until the gum, and beside the last visible tooth the drawn ones take over in the same tone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.generation.mesh.face import FaceRig
from core.generation.mesh.mouth.arch import Arch
from core.generation.mesh.mouth.inner import light_on_grid
from core.generation.mesh.mouth.sprite import BELOW_EDGE, BLUE, GUM, OWN, TOOTH, Sprite, with_shadow
from core.generation.mesh.mouth.tone import LUMINANCE, Tone, light_shares, linear
from core.head.topology import LIP_INNER_LOWER, LIP_INNER_UPPER
from core.values.geometry import smoothstep

Array = NDArray[np.float64]

TRIMMED = 0.006
"""Eye distances next to a lip that are never taken as tooth: the lip's own soft edge."""
CROWN = 0.112
"""Usual height of the visible crown, in eye distances."""
LEAST_RUN = 0.022
"""A column whose teeth are shorter is left to the drawn ones."""
BESIDE = 0.035
"""Width of the passage from own to drawn teeth."""


@dataclass(frozen=True, slots=True, eq=False)
class OwnTeeth:
    """sprite: the drawn upper teeth with the photo's own in their place. raised: how far the edges stand
    above the usual place, eye distances. tooth: (3,) linear colour of a tooth in full light. columns: (w,)
    0 to 1, where the sprite is the photo's.
    """

    sprite: Sprite
    raised: float
    tooth: Array
    columns: Array


@dataclass(frozen=True, slots=True, eq=False)
class Unrolled:
    """The photo in a sprite's frame: colour (h, w, 3) linear, and the distance below the upper and above
    the lower lip (h, w), across (1, w) -1 to 1 between the corners; eye distances."""

    colour: Array
    above: Array
    below: Array
    across: Array
    depth: Array


def own_teeth(
    rig: FaceRig, tone: Tone, arch: Arch, sprite: Sprite, anchor: Array, size: float, parallax: float
) -> OwnTeeth | None:
    """None when the photo shows no upper teeth worth keeping. anchor: canonical place of the usual edge."""
    first = _unroll(rig, arch, sprite, anchor, size, parallax)
    found = _runs(first, sprite, size)
    if found is None:
        return None
    edge, _, good, seen = found
    middle = np.abs(_arc(sprite)) < 0.20
    sure = good & seen & middle
    if sure.sum() >= 0.06 * sprite.density:
        raised = float(np.median(edge[sure]))
    else:
        raised = float(np.median(edge[good])) - 0.012
    raised = float(np.clip(raised, -0.05, 0.08))
    view = _unroll(rig, arch, sprite, anchor - [0, raised * size, 0], size, parallax)
    found = _runs(view, sprite, size)
    if found is None:
        return None
    return _merge(rig, tone, arch, sprite, size, view, found, raised)


def _arc(sprite: Sprite) -> Array:
    return np.asarray((np.arange(sprite.maps.shape[1]) + 0.5) / sprite.density - sprite.reach)


def _height(sprite: Sprite) -> Array:
    return np.asarray((np.arange(sprite.maps.shape[0]) + 0.5) / sprite.density - BELOW_EDGE)


def _unroll(rig: FaceRig, arch: Arch, sprite: Sprite, anchor: Array, size: float, parallax: float) -> Unrolled:
    import cv2

    arc, height = _arc(sprite), _height(sprite)
    x = np.interp(arc, arch.arc, arch.x)
    z = np.interp(arc, arch.arc, arch.front + parallax * (arch.z - arch.front))
    line = rig.to_picture(np.column_stack([x * size, np.zeros_like(x), z * size]) + anchor)[:, :2]
    up = rig.scale * -rig.rotation[:2, 1] * size
    place = line[None] + height[:, None, None] * up  # (h, w, 2)
    image = rig.subject.image
    flags = {"interpolation": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_REPLICATE}
    low = np.floor(place.reshape(-1, 2).min(0)).astype(int) - 2
    high = np.ceil(place.reshape(-1, 2).max(0)).astype(int) + 3
    low, high = np.clip(low, 0, [image.width - 2, image.height - 2]), np.clip(high, 2, [image.width, image.height])
    part = image.pixels[low[1] : high[1], low[0] : high[0]].astype(np.float32) / image.peak
    local = (place - low).astype(np.float32)
    colour = cv2.remap(part, local[..., 0], local[..., 1], **flags)

    axis = rig.rotation[:2, 0] / np.hypot(*rig.rotation[:2, 0])
    turned = np.array([axis, [-axis[1], axis[0]]]).T
    at = place @ turned
    upper, lower = (rig.vertices[list(row), :2] @ turned for row in (LIP_INNER_UPPER, LIP_INNER_LOWER))
    lips = []
    for row in (upper, lower):
        order = np.argsort(row[:, 0])
        lips.append(np.interp(at[..., 0], row[order, 0], row[order, 1]))
    above, below = (at[..., 1] - lips[0]) / rig.scale, (lips[1] - at[..., 1]) / rig.scale
    right, left = min(upper[0, 0], lower[0, 0]), max(upper[-1, 0], lower[-1, 0])
    across = (at[..., 0] - 0.5 * (left + right)) / max(0.5 * (left - right), 1.0)
    outside = np.abs(across) > 1
    above, below = np.where(outside, -1.0, above), np.where(outside, -1.0, below)
    return Unrolled(linear(colour.astype(np.float64)), above, below, across, z * size)


def _runs(view: Unrolled, sprite: Sprite, size: float) -> tuple[Array, Array, NDArray[np.bool_], NDArray[np.bool_]] | None:
    """Per column: height of edge and of upper end of the visible upper teeth, whether there are any, whether
    their edge is seen (or hidden by the lower lip)."""
    import cv2

    luminance = view.colour @ LUMINANCE
    between = (view.above > TRIMMED) & (view.below > TRIMMED)
    front = between & (np.abs(view.across) < 0.55)
    if front.sum() < 40:
        return None
    top = float(np.percentile(luminance[front], 85))
    if top <= 1e-4:
        return None
    bright = smoothstep(luminance / top, 0.22, 0.45)
    redness = np.clip(view.colour[..., 0] / np.maximum(view.colour[..., 1], 1e-4), 0, 6)
    lips = (view.above < 0) & (view.above > -0.03) & (np.abs(view.across) < 0.7)
    tooth_red = float(np.percentile(redness[front & (luminance > 0.8 * top)], 50))
    lip_red = float(np.median(redness[lips])) if lips.sum() > 20 else 2 * tooth_red
    if lip_red > tooth_red + 0.15:
        bright = bright * (1 - smoothstep((redness - tooth_red) / (lip_red - tooth_red), 0.45, 0.85))
    tooth = (bright > 0.5) & between
    height = _height(sprite)
    rows, columns = tooth.shape
    edge, end = np.zeros(columns), np.zeros(columns)
    good, seen = np.zeros(columns, bool), np.zeros(columns, bool)
    slack = int(0.02 * sprite.density)
    for c in range(columns):
        inside = np.flatnonzero(between[:, c])
        if len(inside) < 3:
            continue
        start = inside[-1]
        begin = start
        # Gum may show between the lip and the teeth.
        while begin > inside[0] and start - begin < 3 * slack and not tooth[begin, c]:
            begin -= 1
        if not tooth[begin, c]:
            continue
        stop = begin
        while stop > inside[0] and tooth[stop - 1, c]:
            stop -= 1
        end[c], edge[c] = height[begin], height[stop]
        seen[c] = stop - inside[0] > 0.012 * sprite.density
        good[c] = end[c] - edge[c] > LEAST_RUN
    if good.sum() < 0.12 * sprite.density:
        return None
    # Runs longer than a crown have swallowed the lower teeth; the true edge is that of their neighbours.
    limit = float(np.median(edge[good]))
    good &= edge > limit - 0.035
    width = 2 * max(int(0.012 * sprite.density), 1) + 1
    smooth_end = cv2.medianBlur(end.astype(np.float32)[None], 5)[0]
    smooth_edge = cv2.medianBlur(edge.astype(np.float32)[None], 3 if width < 5 else 5)[0]
    kept = np.flatnonzero(good)
    inner = np.zeros(columns, bool)
    inner[_longest(kept, int(0.02 * sprite.density))] = True
    return smooth_edge.astype(np.float64), smooth_end.astype(np.float64), inner & good, seen


def _longest(places: NDArray[np.intp], gap: int) -> NDArray[np.intp]:
    """The longest run of ascending places whose steps are at most `gap`."""
    pieces = np.split(places, np.flatnonzero(np.diff(places) > max(gap, 1)) + 1)
    return max(pieces, key=len)


def _merge(
    rig: FaceRig, tone: Tone, arch: Arch, sprite: Sprite, size: float, view: Unrolled,
    found: tuple[Array, Array, NDArray[np.bool_], NDArray[np.bool_]], raised: float,
) -> OwnTeeth:  # fmt: skip
    import cv2

    edge, end, good, seen = found
    density = sprite.density
    arc, height = _arc(sprite), _height(sprite)
    columns = np.arange(len(arc))
    kept = columns[good]
    edge = np.interp(columns, kept, edge[good])
    end = np.interp(columns, kept, end[good])
    seen_here = np.interp(columns, kept, seen[good].astype(float)) > 0.5
    first, last = int(kept[0]), int(kept[-1])
    inner = smoothstep(np.minimum(columns - first, last - columns) / density, 0.0, BESIDE)

    # The light of the photo's pose on a smooth arch, as the renderer reckons it.
    normal = np.array([np.interp(arc, arch.arc, arch.normal[:, k]) for k in range(3)]).T
    diffuse = np.clip(normal @ (rig.rotation.T @ tone.light), 0, 1)
    received = 1.30 * (0.36 + 0.64 * diffuse)[None, :] * rest_light(rig, tone, view, size)
    full = float(np.percentile(received[(view.above > TRIMMED) & (view.below > TRIMMED)], 90))
    albedo = view.colour / np.maximum(received, 0.30 * full)[..., None]

    row = (np.clip(height[:, None], edge + 0.008, np.maximum(end - 0.006, edge + 0.010)) + BELOW_EDGE) * density - 0.5
    filled = _take_rows(albedo, row)
    hidden = height[:, None] > end - 0.006
    # Under the lip crowns go on as the mean of their upper third.
    third = (end - np.maximum(0.33 * (end - edge), 0.012))[None, :]
    upper_third = (height[:, None] > third) & (height[:, None] < end - 0.006)
    mean = (albedo * upper_third[..., None]).sum(0) / np.maximum(upper_third.sum(0), 1)[:, None]
    mean = cv2.GaussianBlur(mean[None], (0, 0), max(0.004 * density, 0.6))
    weight = smoothstep(height[:, None] - end, -0.020, 0.004)[..., None] * hidden[..., None]
    filled = filled * (1 - weight) + mean * weight

    inside = (height[:, None] > edge) & ~hidden & good[None, :]
    shade = filled[inside] @ LUMINANCE
    bright = inside.copy()
    bright[inside] = shade >= np.percentile(shade, 50)
    tooth = np.median(filled[bright], axis=0)

    maps = sprite.maps.astype(np.float64)
    own = filled / tooth
    for side in (slice(0, (first + last) // 2), slice((first + last) // 2, len(arc))):
        # Drawn teeth beside the own ones take their tone.
        near = (inner > 0.05) & (inner < 0.95)
        near[: side.start], near[side.stop :] = False, False
        rows = inside & near[None, :]
        if rows.sum() > 10:
            drawn = np.maximum(np.median(maps[..., : BLUE + 1][rows], axis=0), 0.05)
            maps[:, side, : BLUE + 1] *= np.clip(np.median(own[rows], axis=0) / drawn, 0.45, 1.25)
    soft = 0.6 / density
    crown = np.where(seen_here, edge, np.minimum(edge - 0.01, 0.0))
    own_tooth = smoothstep(height[:, None] - crown, -soft, soft)
    gum_line = np.maximum(end + 0.012, edge + CROWN)
    own_gum = smoothstep(height[:, None] - gum_line, -0.004, 0.008)
    mix = inner[None, :, None]
    maps[..., : BLUE + 1] += mix * (np.clip(own, 0, 1.5) - maps[..., : BLUE + 1])
    mix = inner[None, :]
    maps[..., TOOTH] += mix * (own_tooth - maps[..., TOOTH])
    maps[..., GUM] += mix * (own_gum - maps[..., GUM])
    flat = 1 - inner[None, :] * (1 - maps[..., GUM])
    maps[..., 5] *= flat
    maps[..., 6] *= flat
    maps[..., OWN] = inner[None, :]
    return OwnTeeth(with_shadow(maps, sprite.reach, density), raised, tooth, inner)


def rest_light(rig: FaceRig, tone: Tone, view: Unrolled, size: float) -> Array:
    """(h, w) share of light that reaches the unrolled arch through the photo's own lips."""

    depths = rig.neutral[:, 2]
    front = 0.5 * (depths[list(LIP_INNER_UPPER)] + depths[list(LIP_INNER_LOWER)])
    x = np.linspace(-1, 1, len(front))
    lips = np.interp(view.across, x, front - front[5])
    half = 0.5 * float(np.linalg.norm(rig.neutral[LIP_INNER_UPPER[0]] - rig.neutral[LIP_INNER_UPPER[-1]]))
    to_light = rig.rotation.T @ tone.light
    depth = np.maximum(view.depth[None, :] - lips, 0.03)
    return light_on_grid(view.above, view.below, np.clip(view.across, -1, 1), depth, half, *light_shares(to_light))


def _take_rows(picture: Array, row: Array) -> Array:
    """Sample picture (h, w, 3) at fractional rows (h, w), column by column."""
    import cv2

    column = np.broadcast_to(np.arange(picture.shape[1], dtype=np.float32), row.shape)
    return np.asarray(
        cv2.remap(picture.astype(np.float32), np.ascontiguousarray(column), row.astype(np.float32), cv2.INTER_LINEAR,
                  borderMode=cv2.BORDER_REPLICATE), dtype=np.float64,
    )  # fmt: skip
