"""Once per photo the plates of both eyes, once per frame one pass of the kernel over each eye that moves."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.generation.mesh.eyes.eyeball import Eyeball, make_eyeball
from core.generation.mesh.eyes.frame import LEFT, MARGIN, PARAMETER, RIGHT, LidCurves, LidRows, lid_curves
from core.generation.mesh.eyes.gaze import ball_of, disc_axes, turned_look
from core.generation.mesh.eyes.lid import LASH_LENGTH, Lid, make_lid
from core.generation.mesh.face import FaceRig, PosedFace
from core.values.geometry import Box, box_around

Array = NDArray[np.float64]

GLINT_SHARE = 0.54
"""A corneal reflex moves by this part of the iris's own shift (5.7 of 10.5 mm)."""
CHEEKS = (50, 280, 117, 346, 205, 425, 151, 9)
STILL = 0.004
"""Lid motion, in openings of the eye, that counts for nothing: the last breath of a smile."""
MOVING = 0.1
"""Lid motion in openings of the eye, or iris motion in radii, from which on an eye is all drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class PreparedEye:
    """One eye: plates in a crop at `origin` of the photo, and the ball's place in the head.

    index: 0 the right eye, 1 the left; vertices: all of its rows, upper edge first.
    ball: (3,) canonical centre; look: (3,) unit direction of the iris from it in canonical axes, in
    the photo; opening: pixels that heights are measured in, near the photo's own opening.
    """

    index: int
    rows: LidRows
    vertices: NDArray[np.int64]
    origin: Array
    rest: LidCurves
    eyeball: Eyeball
    lid: Lid
    ball: Array
    look: Array
    opening: float


@dataclass(frozen=True, slots=True, eq=False)
class EyesPrepared:
    """Right eye, left eye; `noise` (128, 128) float32 of the skin's texture and grain; `feather` of edges in pixels.

    synthesised: per eye, whether the photo shows too little of it (shut, hidden), so that opening it
    shows an invented eyeball.
    """

    eyes: tuple[PreparedEye, PreparedEye]
    noise: NDArray[np.float32]
    feather: float
    synthesised: tuple[bool, bool]


def prepare_eyes(rig: FaceRig) -> EyesPrepared:
    """Plates of both eyes of a photo; about 60 ms at 1024 pixels."""
    feather = max(1.0, 0.009 * rig.scale)
    skin, grain = _skin(rig)
    crops = [_crop(rig, rows) for rows in (RIGHT, LEFT)]
    colours: list[Array | None] = [_iris_colour(rig, rows) for rows in (RIGHT, LEFT)]
    prepared = []
    for index, rows in enumerate((RIGHT, LEFT)):
        crop, origin = crops[index]
        rest = lid_curves(rig.vertices[:, :2] - origin, rows)
        centre = rig.vertices[rows.iris[0], :2] - origin
        rim = rig.vertices[list(rows.iris[1:]), :2] - origin
        radius = float(np.linalg.norm(rim - centre, axis=1).mean())
        eyeball = make_eyeball(crop, rest, centre, radius, rig.scale, skin, grain, index, colours[1 - index])
        lid = make_lid(crop, eyeball.whole, rest, rig.scale, feather, index)
        ball, look = ball_of(rig, rows)
        opening = max(float(rest.gap.max()), 0.06 * rig.scale)
        vertices = np.array(rows.upper + rows.lower + rows.fold)
        prepared.append(PreparedEye(index, rows, vertices, origin, rest, eyeball, lid, ball, look, opening))
    right, left = prepared
    noise = _skin_texture(rig, grain)
    return EyesPrepared((right, left), noise, feather, (right.eyeball.synthesised, left.eyeball.synthesised))


def eyes_box(prepared: EyesPrepared, posed: PosedFace) -> Box | None:
    """Pixels that `draw_eyes` may touch in this state, or None when it would draw nothing."""
    total: Box | None = None
    for eye in prepared.eyes:
        if _resting(eye, posed):
            continue
        margin = (LASH_LENGTH + 0.10 * eye.lid.overlap / posed.rig.scale) * posed.rig.scale * posed.zoom
        points = posed.vertices[eye.vertices, :2]
        width = float(np.hypot(*(points[0] - points[len(eye.rows.upper) - 1])))
        box = box_around(points, margin + MARGIN * width + 2 * prepared.feather + eye.lid.overlap + 3)
        total = box if total is None else total.joined(box)
    if total is None:
        return None
    image = posed.rig.subject.image
    clipped = total.clipped(image.width, image.height)
    return None if clipped.empty else clipped


def _resting(eye: PreparedEye, posed: PosedFace) -> bool:
    moved, turned = _motion(eye, posed)
    return moved < STILL and turned < 1e-3


def _motion(eye: PreparedEye, posed: PosedFace) -> tuple[float, float]:
    """Largest motion of a lid against the eye's corners, in openings of the eye; degrees of gaze."""
    displacement = posed.displacement[eye.vertices, :2]
    corners = 0.5 * (displacement[0] + displacement[len(eye.rows.upper) - 1])
    moved = float(np.abs(displacement - corners).max()) * posed.rig.scale / eye.opening
    yaw, pitch = posed.gaze[eye.index]
    return moved, float(np.hypot(yaw, pitch))


def draw_eyes(out: NDArray[np.float32], origin: tuple[int, int], prepared: EyesPrepared, posed: PosedFace) -> None:
    """Draw moved eyes into `out` (h, w, 3), 0..255, whose pixel (0, 0) is `origin` (x, y) of the photo.

    Draws nothing where neither lids nor gaze moved. What lies outside `out` is left out.
    """
    from core.generation.mesh.eyes.kernel import draw_eye

    corner = np.array(origin, np.float64)
    limits = Box(origin[0], origin[1], origin[0] + out.shape[1], origin[1] + out.shape[0])
    for eye in prepared.eyes:
        drawing = _drawing(prepared, eye, posed)
        if drawing is None:
            continue
        box = drawing.box
        bounds = np.array([max(box.x0, limits.x0), max(box.y0, limits.y0), min(box.x1, limits.x1),
                           min(box.y1, limits.y1)])  # fmt: skip
        ball, lid = eye.eyeball, eye.lid
        draw_eye(
            out, corner, bounds, drawing.frame, _packed(eye.rest), drawing.heights, drawing.heights_at_rest,
            float(PARAMETER[0]), float(PARAMETER[1] - PARAMETER[0]), ball.whole, ball.sclera, ball.iris, ball.glint,
            drawing.ball_map, drawing.iris_map, drawing.glint_map, ball.centre, ball.radius, ball.rim, lid.skin,
            lid.gain, lid.fringe, lid.lash, drawing.numbers, prepared.noise,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Drawing:
    """Arguments of the kernel that depend on the state."""

    box: Box
    frame: Array
    heights: Array
    heights_at_rest: Array
    ball_map: Array
    iris_map: Array
    glint_map: Array
    numbers: Array


def _drawing(prepared: EyesPrepared, eye: PreparedEye, posed: PosedFace) -> _Drawing | None:
    rig = posed.rig
    rows, rest = eye.rows, eye.rest
    moved, turned = _motion(eye, posed)
    if moved < STILL and turned < 1e-3:
        return None
    curves = lid_curves(posed.vertices, rows)
    growth = curves.width / rest.width
    opening = eye.opening * growth
    usual = max(float(rest.gap.mean()), 0.3 * eye.opening)
    closing = float(np.clip(1 - curves.gap.mean() / (usual * growth), 0, 1))
    act_lid = _ramp(moved, STILL, MOVING)
    shift = _iris_shift(rig, eye, posed)
    travel = shift.travel / eye.eyeball.radius
    act_iris = _ramp(travel, 0.0, 2.4 * MOVING)
    act_eye = max(act_lid, _ramp(travel, 0.0, MOVING))
    sealing = _ramp(closing, 0.45, 1.0)
    lowered = _ramp(closing, 0.10, 0.75)
    # A lid that is up for a wide eye, or that was up in the photo, casts its shadow from where it is now.
    shadow = 0.42 * max(_ramp(closing, 0.03, 0.35), 0.6 * act_iris)
    overlap = eye.lid.overlap * growth * _ramp(closing, 0.55, 1.0)
    reach = LASH_LENGTH * rig.scale * growth * (0.35 + 0.65 * sealing)
    heights = _heights(curves, eye, growth)
    heights_at_rest = np.column_stack([rest.upper, rest.lower, rest.fold, eye.lid.crease])
    top_feather = max(0.35 * float(np.median(curves.upper - curves.fold)), 2.0)
    numbers = np.array([
        act_eye, act_lid, sealing, act_iris, opening, prepared.feather, overlap, shadow, lowered, eye.lid.root * growth,
        eye.lid.strength, reach, eye.lid.lash_reach, top_feather,
    ])  # fmt: skip
    low = curves.lower + overlap + reach + 2 * prepared.feather
    corners = np.vstack(
        [curves.to_picture(PARAMETER[::8], curves.fold[::8]), curves.to_picture(PARAMETER[::8], low[::8])]
    )
    box = box_around(corners, margin=4).clipped(rig.subject.image.width, rig.subject.image.height)
    return _Drawing(box, _packed(curves), heights, heights_at_rest, shift.ball_map, shift.iris_map, shift.glint_map,
                    numbers)  # fmt: skip


def _ramp(x: float, low: float, high: float) -> float:
    """Smoothstep of a plain number: the array version costs more than the rest of a frame's set-up."""
    t = min(max((x - low) / (high - low), 0.0), 1.0)
    return t * t * (3 - 2 * t)


def _heights(curves: LidCurves, eye: PreparedEye, growth: float) -> Array:
    """(COLUMNS, 4): upper edge, lower edge, fold row, crease above the edge, in this state."""
    rest = eye.rest
    now = curves.upper - curves.fold
    lowered, lifted = curves.upper - rest.upper * growth, rest.fold * growth - curves.fold
    # The crease stays nearly where it is in the face: skin under it takes most of what a lid comes
    # down by, and little of what a brow goes up by.
    usual = eye.lid.crease * growth
    crease = np.maximum(usual + 0.85 * lowered + 0.3 * lifted, 0.2 * usual)
    crease = np.minimum(crease, 0.92 * now)
    return np.column_stack([curves.upper, curves.lower, curves.fold, crease])


@dataclass(frozen=True, slots=True, eq=False)
class _Shift:
    """Affines from the picture to the crop for ball, iris and reflex; travel of the iris in pixels."""

    ball_map: Array
    iris_map: Array
    glint_map: Array
    travel: float


def _iris_shift(rig: FaceRig, eye: PreparedEye, posed: PosedFace) -> _Shift:
    distance = np.linalg.norm(eye.look)
    before = eye.look / distance
    after = turned_look(before, posed.gaze[eye.index])
    facing = posed.facing
    corners = [eye.rows.upper[0], eye.rows.upper[-1]]
    # Corners that an expression or a drag moves take the ball along, or it would leave its socket.
    slide = posed.displacement[corners].mean(0)
    ball = posed.to_picture((eye.ball + slide)[None])[0, :2]
    shown = posed.zoom * rig.scale * distance
    centre = ball + shown * (facing @ after)[:2]
    straight = ball + shown * (facing @ before)[:2]
    plane = posed.zoom * facing[:2, :2] @ np.linalg.inv(rig.rotation[:2, :2])
    iris_at_rest = rig.rotation[:2] @ disc_axes(before)
    iris_now = posed.zoom * facing[:2] @ disc_axes(after)
    if abs(np.linalg.det(iris_now)) < 0.05:
        iris_now = plane
        iris_at_rest = np.eye(2)
    iris_plane = iris_now @ np.linalg.inv(iris_at_rest)
    # The circle seen in the photo may lie a little beside the landmark that the ball hangs on.
    source = eye.eyeball.centre
    beside = source + eye.origin - rig.vertices[eye.rows.iris[0], :2]
    centre, straight = centre + iris_plane @ beside, straight + plane @ beside
    reflex = straight + GLINT_SHARE * (centre - straight)
    return _Shift(
        _inverse(plane, straight, source),
        _inverse(iris_plane, centre, source),
        _inverse(plane, reflex, source),
        float(np.linalg.norm(centre - straight)),
    )


def _inverse(linear: Array, to: Array, source: Array) -> Array:
    """(2, 3) affine that undoes p = linear (q - source) + to."""
    back = np.linalg.inv(linear)
    return np.column_stack([back, source - back @ to])


def _packed(curves: LidCurves) -> Array:
    return np.array([*curves.origin, *curves.along, *curves.across, curves.width])


def _crop(rig: FaceRig, rows: LidRows) -> tuple[NDArray[np.float32], Array]:
    """float32 0..255 crop around an eye and the photo's pixel at its corner; the photo's edge repeats."""
    points = rig.vertices[[*rows.upper, *rows.lower, *rows.fold], :2]
    margin = 0.16 * rig.scale + 4
    x0, y0 = np.floor(points.min(0) - margin).astype(int)
    x1, y1 = np.ceil(points.max(0) + margin).astype(int)
    image = rig.subject.image
    columns = np.clip(np.arange(x0, x1), 0, image.width - 1)
    lines = np.clip(np.arange(y0, y1), 0, image.height - 1)
    crop = image.pixels[np.ix_(lines, columns)].astype(np.float32) * np.float32(255 / image.peak)
    return crop, np.array([x0, y0], np.float64)


def _patches(rig: FaceRig) -> list[NDArray[np.float32]]:
    image = rig.subject.image
    half = max(int(0.02 * rig.scale), 2)
    patches = []
    for x, y in rig.vertices[list(CHEEKS), :2].round().astype(int):
        patch = image.pixels[max(y - half, 0) : max(y + half + 1, 0), max(x - half, 0) : max(x + half + 1, 0)]
        if patch.size:
            patches.append(patch.astype(np.float32) * np.float32(255 / image.peak))
    return patches


def _skin(rig: FaceRig) -> tuple[Array, float]:
    """Median skin colour (3,) and the standard deviation of the photo's grain, 0..255."""
    patches = _patches(rig)
    if not patches:
        return np.array([170.0, 140.0, 120.0]), 0.0
    colour = np.median([patch.reshape(-1, 3).mean(0) for patch in patches], axis=0)
    deviations = []
    for patch in patches:
        grey = patch.mean(2)
        deviations.append(1.48 * float(np.median(np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 1.0)))))
    return np.asarray(colour, np.float64), float(np.median(deviations))


def _skin_texture(rig: FaceRig, grain: float) -> NDArray[np.float32]:
    """(128, 128) pores and grain of a cheek, mirrored to fill: what a lid's skin lacks when it unfolds."""
    image = rig.subject.image
    size = int(np.clip(0.16 * rig.scale, 8, 64))
    tiles = []
    for x, y in rig.vertices[[50, 280], :2].round().astype(int):
        tile = image.pixels[max(y, 0) : y + size, max(x - size // 2, 0) : x - size // 2 + size]
        if tile.shape[:2] == (size, size):
            grey = tile.astype(np.float32).mean(2) * np.float32(255 / image.peak)
            tiles.append(grey - cv2.GaussianBlur(grey, (0, 0), 0.025 * rig.scale, borderType=cv2.BORDER_REFLECT))
    if not tiles:
        return np.random.default_rng(7).normal(0, grain, (128, 128)).astype(np.float32)
    calm = min(tiles, key=lambda tile: float(tile.std()))  # stubble and strands of hair are on the other one
    # Lids are the thinnest and smoothest skin of the face.
    limit = 2.0 * float(np.median(np.abs(calm))) * 1.48
    calm = 0.4 * np.clip(calm, -limit, limit)
    return np.asarray(np.pad(calm, (0, 128 - size), mode="symmetric"), np.float32)


def _iris_colour(rig: FaceRig, rows: LidRows) -> Array | None:
    """Median colour of the lower half of a visible iris, or None."""
    centre, rim = rig.vertices[rows.iris[0], :2], rig.vertices[list(rows.iris[1:]), :2]
    radius = float(np.linalg.norm(rim - centre, axis=1).mean())
    curves = lid_curves(rig.vertices, rows)
    if curves.gap.max() < 0.06 * rig.scale:
        return None
    image = rig.subject.image
    angles = np.radians(np.r_[np.linspace(-20, 60, 9), np.linspace(120, 200, 9)])
    points = centre + radius * 0.65 * np.stack([np.cos(angles), np.sin(angles)], -1)
    columns = np.clip(points[:, 0].round().astype(int), 0, image.width - 1)
    lines = np.clip(points[:, 1].round().astype(int), 0, image.height - 1)
    return np.asarray(np.median(image.pixels[lines, columns].astype(np.float64) * 255 / image.peak, axis=0))
