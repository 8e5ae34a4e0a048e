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
from core.generation.mesh.mouth.light import light_on_grid, light_shares
from core.generation.mesh.mouth.sprite import (
    ALONG,
    BELOW_EDGE,
    BLUE,
    GUM,
    OWN,
    TOOTH,
    UPWARD,
    Sprite,
    columns_of,
    rows_of,
    with_shadow,
)
from core.generation.mesh.mouth.tone import LUMINANCE, Tone, linear
from core.generation.mesh.mouth.tooth_edge import TRIMMED, Unrolled, Visible, visible_teeth
from core.head.topology import LIP_INNER_LOWER, LIP_INNER_UPPER
from core.values.geometry import Box, box_around, smoothstep

Array = NDArray[np.float64]

CROWN = 0.112
"""Usual height of the visible crown, in eye distances."""
ANALYSED = 200.0
"""Pixels of an eye distance at which teeth are looked for; finer shows more noise, not more teeth."""
SEARCHED_BELOW = 0.09
"""Reach of the search below the usual edge."""
BESIDE = 0.035
"""Width of the passage from own to drawn teeth."""
TONE_FROM = 0.12
"""Width of the own teeth beside the drawn ones that these take their tone from."""


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


def own_teeth(
    rig: FaceRig, tone: Tone, arch: Arch, sprite: Sprite, anchor: Array, size: float, parallax: float
) -> OwnTeeth | None:
    """None when the photo shows no upper teeth worth keeping. anchor: canonical place of the usual edge."""
    coarse = min(sprite.density, ANALYSED)
    found = visible_teeth(_unroll(rig, tone, arch, (sprite.reach, coarse, SEARCHED_BELOW), anchor, size, parallax))
    if found is None:
        return None
    raised = _raised(found)
    anchor = anchor - [0, raised * size, 0]
    found = visible_teeth(_unroll(rig, tone, arch, (sprite.reach, coarse, SEARCHED_BELOW), anchor, size, parallax))
    if found is None:
        return None
    view = _unroll(rig, tone, arch, (sprite.reach, sprite.density, BELOW_EDGE), anchor, size, parallax)
    return _merge(sprite, view, found.resampled(view.arc), raised)


def _raised(found: Visible) -> float:
    """How far the front edges stand above the usual place."""
    here = (found.arc >= found.first) & (found.arc <= found.last)
    front = here & (np.abs(found.arc) < 0.20)
    if not front.any():
        front = here
    return float(np.clip(np.median(found.edge[front]), -0.05, 0.08))


def _unroll(
    rig: FaceRig,
    tone: Tone,
    arch: Arch,
    sampling: tuple[float, float, float],
    anchor: Array,
    size: float,
    parallax: float,
) -> Unrolled:
    """Read the photo along the arch. sampling: reach, density and reach below the edge, as of a sprite."""
    import cv2

    reach, density, beneath = sampling
    arc, height = columns_of(reach, density), rows_of(density, beneath)
    x = np.interp(arc, arch.arc, arch.x)
    z = np.interp(arc, arch.arc, arch.front + parallax * (arch.z - arch.front))
    line = rig.to_picture(np.column_stack([x * size, np.zeros_like(x), z * size]) + anchor)[:, :2]
    up = rig.scale * -rig.rotation[:2, 1] * size
    place = line[None] + height[:, None, None] * up  # (h, w, 2)
    image = rig.subject.image
    box = box_around(place.reshape(-1, 2), 2).clipped(image.width, image.height)
    if box.empty:
        box = Box(0, 0, 1, 1)
    part = image.pixels[box.slices].astype(np.float32) / image.peak
    local = (place - [box.x0, box.y0]).astype(np.float32)
    colour = cv2.remap(part, local[..., 0], local[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

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
    outside |= (place < 0).any(axis=2) | (place > [image.width - 1, image.height - 1]).any(axis=2)
    above, below = np.where(outside, -1.0, above), np.where(outside, -1.0, below)

    # The light of the photo's pose on a smooth arch, as the renderer reckons it.
    to_light = rig.rotation.T @ tone.light
    normal = np.array([np.interp(arc, arch.arc, arch.normal[:, k]) for k in range(3)]).T
    diffuse = np.clip(normal @ to_light, 0, 1)
    depths = rig.neutral[:, 2]
    front = 0.5 * (depths[list(LIP_INNER_UPPER)] + depths[list(LIP_INNER_LOWER)])
    behind = np.interp(across, np.linspace(-1, 1, len(front)), front - front[len(front) // 2])
    half = 0.5 * float(np.linalg.norm(rig.neutral[LIP_INNER_UPPER[0]] - rig.neutral[LIP_INNER_UPPER[-1]]))
    depth = np.maximum((z * size)[None, :] - behind, 0.03)
    reaching = light_on_grid(above, below, np.clip(across, -1, 1), depth, half, *light_shares(to_light))
    light = 1.34 * (0.48 + 0.52 * diffuse)[None, :] * reaching
    between = (above > TRIMMED) & (below > TRIMMED)
    full = float(np.percentile(light[between], 90)) if between.any() else 1.0
    albedo = linear(colour.astype(np.float64)) / np.maximum(light, 0.45 * full)[..., None]
    return Unrolled(albedo, above, below, across, between, arc, height, density)


def _merge(sprite: Sprite, view: Unrolled, found: Visible, raised: float) -> OwnTeeth:
    """The photo's teeth into a copy of `sprite`."""
    import cv2

    density, height, albedo, between = view.density, view.height[:, None], view.albedo, view.between
    edge, end, seen, gummy = found.edge, found.end, found.seen, found.gummy
    beside = np.minimum(view.arc - found.first, found.last - view.arc)
    inner = smoothstep(beside, 0.0, BESIDE)

    # Rows beyond what is seen repeat the last ones that are.
    low = found.lowest + 0.005 + 0.006 * (1 - seen)
    row = (np.clip(height, low, np.maximum(end, low + 0.004)) + BELOW_EDGE) * density - 0.5
    filled = _take_rows(albedo, row)
    # Under the lip crowns go on as the mean of their upper part.
    strip = (height > end - 0.022) & (height < end - 0.002) & (height > edge)
    mean = (albedo * strip[..., None]).sum(0) / np.maximum(strip.sum(0), 1)[:, None]
    mean = cv2.GaussianBlur(mean[None], (0, 0), max(0.006 * density, 0.6))
    weight = smoothstep(height - end, -0.012, 0.004)[..., None]
    filled = filled * (1 - weight) + mean * weight

    inside = between & (height > edge) & (height < end) & (inner[None, :] > 0.5)
    if inside.sum() < 20:
        inside = between
    shade = albedo @ LUMINANCE
    tooth = np.median(albedo[inside & (shade >= np.percentile(shade[inside], 50))], axis=0)
    tooth = tooth * float(np.percentile(shade[inside], 80)) / max(float(tooth @ LUMINANCE), 1e-6)

    # Drawn teeth go where the photo's own line of edges leads.
    maps = _take_rows(sprite.maps.astype(np.float64), (height - found.offset + BELOW_EDGE) * density - 0.5)
    own = filled / tooth
    middle = int(np.searchsorted(view.arc, 0.5 * (found.first + found.last)))
    for side in (slice(0, middle), slice(middle, len(inner))):
        # Drawn teeth beside the own ones take their tone.
        near = (inner > 0.05) & (beside < TONE_FROM)
        near[: side.start] = False
        near[side.stop :] = False
        rows = between & (height > edge + 0.01) & (height < end - 0.004) & near[None, :]
        if rows.sum() > 10:
            drawn = np.maximum(np.median(maps[..., : BLUE + 1][rows], axis=0), 0.05)
            maps[:, side, : BLUE + 1] *= np.clip(np.median(own[rows], axis=0) / drawn, 0.60, 1.25)
    soft = 0.6 / density
    own_tooth = smoothstep(height - edge, -soft, soft)
    gum_line = gummy * (end + 0.004) + (1 - gummy) * np.maximum(end + 0.012, edge + CROWN)
    own_gum = smoothstep(height - gum_line, -0.006, 0.010)
    mix = inner[None, :]
    maps[..., : BLUE + 1] += mix[..., None] * (np.clip(own, 0, 1.5) - maps[..., : BLUE + 1])
    # Beside the last own tooth the found edge is least sure: a drawn tooth keeps its outline until it is gone.
    drawn_tooth = maps[..., TOOTH] * smoothstep(1 - mix, 0.0, 0.4)
    maps[..., TOOTH] = np.maximum(maps[..., TOOTH] + mix * (own_tooth - maps[..., TOOTH]), drawn_tooth)
    maps[..., GUM] += mix * (own_gum - maps[..., GUM])
    flat = 1 - mix * (1 - maps[..., GUM])
    maps[..., ALONG] *= flat
    maps[..., UPWARD] *= flat
    maps[..., OWN] = mix
    return OwnTeeth(with_shadow(maps, sprite.reach, density), raised, tooth, inner)


def _take_rows(picture: Array, row: Array) -> Array:
    """Sample picture (h, w, k) at fractional rows (h, w), column by column; beyond the last row that row."""
    row = np.clip(row, 0, len(picture) - 1.001)
    first = row.astype(np.int64)
    column = np.arange(picture.shape[1])
    t = (row - first)[..., None]
    return np.asarray(picture[first, column] * (1 - t) + picture[first + 1, column] * t, dtype=np.float64)
