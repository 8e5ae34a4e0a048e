"""From a posed face to the tables that the compiled loops read: lips, rows of teeth and tongue of one frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.document.channels import SHAPES
from core.generation.mesh.face import PosedFace
from core.generation.mesh.mouth.arch import Jaw
from core.generation.mesh.mouth.inner import (
    ROW_COLUMN,
    ROW_DEPTH,
    ROW_EDGE,
    ROW_NORMAL_HALF,
    ROW_NORMAL_LIGHT,
    ROW_TANGENT_HALF,
    ROW_TANGENT_LIGHT,
    ROW_VALID,
    SEAM_WIDTH,
    STEP,
    Opening,
    Paint,
    TeethRow,
)
from core.generation.mesh.mouth.light import light_shares
from core.generation.mesh.mouth.prepare import CHIN_POINTS, LOWER_EDGE, PARALLAX, UPPER_EDGE, MouthPrepared
from core.generation.mesh.mouth.seam import closes
from core.generation.mesh.mouth.sprite import BELOW_EDGE
from core.generation.mesh.mouth.tone import LUMINANCE, Tone, bounce_of
from core.generation.mesh.mouth.tongue import Tongue, TongueOut
from core.head.topology import LIP_INNER_LOWER, LIP_INNER_UPPER, Landmark
from core.values.geometry import Box, box_around, smoothstep

Array = NDArray[np.float64]

TONGUE_RADII = np.array([0.225, 0.140, 0.29])
TONGUE_BEHIND = 0.40
_TONGUE_OUT = SHAPES.index("tongueOut")
_LOWER_DOWN = (SHAPES.index("mouthLowerDownLeft"), SHAPES.index("mouthLowerDownRight"))


@dataclass(frozen=True, slots=True, eq=False)
class InnerFrame:
    """box: pixels of the working picture to paint. amount: 0 to 1, how far the inner mouth shows."""

    box: Box
    amount: float
    opening: Opening
    upper: TeethRow
    lower: TeethRow
    tongue: Tongue
    out: TongueOut
    paint: Paint


def refined(points: Array, pieces: int = 6) -> Array:
    """Catmull-Rom curve through `points` (n, k), `pieces` samples to a span -> ((n - 1) pieces + 1, k)."""
    ends = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    t = (np.arange(pieces) / pieces)[:, None]
    a, b, c, d = (ends[k : k + len(points) - 1, None] for k in range(4))
    spans = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    return np.vstack([spans.reshape(-1, points.shape[1]), points[-1:]])


def shown(prepared: MouthPrepared, posed: PosedFace) -> float:
    """0 to 1: how far the painted mouth replaces what the moved photo has between the lips.

    It comes in as the lips part beyond the photo's own gap; in a photo with an open mouth as soon as
    the lips move at all, since its teeth must not move with them.
    """
    rows = list(LIP_INNER_UPPER), list(LIP_INNER_LOWER)
    gap = posed.canonical[rows[1], 1] - posed.canonical[rows[0], 1]
    parted = float((np.maximum(gap, 0.0) - prepared.gaps).max())
    moved = float(np.abs(posed.displacement[[*rows[0], *rows[1]], :2]).max())
    return float(max(smoothstep(parted, 0.006, 0.03), prepared.open * smoothstep(moved, 0.003, 0.015)))


def jaw_displacement(prepared: MouthPrepared, posed: PosedFace, exposure: float) -> Array:
    """(3,) canonical displacement of the lower teeth from the closed bite.

    The chin's motion without what the lips' shapes make of it, or the lower lip's less what the lip may
    uncover, whichever is lower: lips that stretch or are pulled down show more.
    """
    wider = np.linalg.norm(posed.canonical[Landmark.MOUTH_RIGHT] - posed.canonical[Landmark.MOUTH_LEFT])
    pulled = float(posed.shapes[list(_LOWER_DOWN)].mean())
    spread = float(smoothstep(float(wider) - prepared.width, 0.02, 0.25))
    uncovered = (0.008 + 0.030 * spread + 0.070 * pulled) * min(exposure, 1.5)
    jaw = prepared.jaw + posed.displacement[list(CHIN_POINTS)].mean(axis=0) - posed.shapes @ prepared.chin_by_lips
    lip = float(posed.canonical[Landmark.LOWER_LIP_INNER, 1]) - prepared.seam[1]
    jaw[1] = max(float(jaw[1]), lip - uncovered, 0.0)
    return np.asarray(jaw)


def gum_spared(prepared: MouthPrepared, posed: PosedFace) -> float:
    """How far the drawn upper teeth rise with a lip that is lifted beyond their necks, eye distances.

    The lips' shapes are the population's; on a short or full lip they would lay bare a band of gum.
    """
    bared = prepared.seam[1] + UPPER_EDGE - float(posed.canonical[Landmark.UPPER_LIP_INNER, 1])
    return float(0.7 * max(bared - 0.085, 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A posed mouth in the frame that turns with the head: pixels along and down, as `inner` speaks of them.

    origin: of the working picture in the photo. unit: pixels of an eye distance. axis: (2,) the picture
    direction of `along`. turned: (2, 2), picture rows (n, 2) @ turned -> along, down. upper, lower:
    (11, 2) inner lip rows. gap: widest, eye distances. light, half: (3,) picture axes; to_light, to_half:
    the same in canonical axes.
    """

    posed: PosedFace
    origin: tuple[int, int]
    unit: float
    axis: Array
    turned: Array
    upper: Array
    lower: Array
    gap: float
    light: Array
    half: Array
    to_light: Array
    to_half: Array

    @property
    def feather(self) -> float:
        """Half the width in pixels over which the lips' edge fades."""
        return max(0.8, 0.008 * self.unit)

    @property
    def band(self) -> float:
        """Pixels beside the seam of lips that close over teeth in which the photo still shows those."""
        return 1.5 + 0.016 * self.unit

    def place(self, points: Array) -> Array:
        """Canonical (n, 3) on the head -> (n, 2)."""
        return np.asarray((self.posed.to_picture(points)[:, :2] - self.origin) @ self.turned)


def view_of(prepared: MouthPrepared, posed: PosedFace, origin: tuple[int, int]) -> View:
    facing = posed.facing
    unit = prepared.rig.scale * posed.zoom
    axis = facing[:2, 0] / max(float(np.hypot(*facing[:2, 0])), 1e-9)
    turned = np.array([axis, [-axis[1], axis[0]]]).T
    upper, lower = ((posed.vertices[list(row), :2] - origin) @ turned for row in (LIP_INNER_UPPER, LIP_INNER_LOWER))
    light = prepared.tone.light
    half = light + [0.0, 0.0, -1.0]
    half /= np.linalg.norm(half)
    gap = float(np.linalg.norm(upper - lower, axis=1).max()) / unit
    return View(posed, origin, unit, axis, turned, upper, lower, gap, light, half, facing.T @ light, facing.T @ half)


def painted_box(prepared: MouthPrepared, view: View, out: TongueOut) -> Box:
    """Pixels of the working picture that the inner mouth may cover, not clipped."""
    ends = np.vstack([view.upper, view.lower])
    mirrored = 2 * view.band + 2 if closes(prepared.open, view.gap) else 0.0
    if out.present > 0:
        tip = out.root + 1.2 * out.way
        ends = np.vstack([ends, tip - 1.3 * out.half_width, tip + 1.3 * out.half_width])
    return box_around(ends @ view.turned.T, max(view.feather + 3, mirrored))


def inner_frame(
    prepared: MouthPrepared, posed: PosedFace, exposure: float, origin: tuple[int, int], size: tuple[int, int]
) -> InnerFrame | None:
    """Tables for a working picture of `size` (width, height) whose first pixel is `origin` of the photo.

    None when nothing of the inner mouth shows.
    """
    amount = shown(prepared, posed)
    if amount <= 0:
        return None
    view = view_of(prepared, posed, origin)
    out = tongue_out(view)
    box = painted_box(prepared, view, out).clipped(*size)
    if box.empty:
        return None
    jaw = jaw_displacement(prepared, posed, exposure)
    hidden = 0.070 * (exposure - 1) if exposure < 1 else 0.024 * (exposure - 1)
    seam = prepared.seam
    edge = UPPER_EDGE - prepared.raise_upper - (gum_spared(prepared, posed) if prepared.own is None else 0.0)
    upper = seam + [0.0, edge + hidden, 0.0]
    lower = seam + np.array([jaw[0], LOWER_EDGE + jaw[1], 0.6 * jaw[2]])
    tone = prepared.tone
    return InnerFrame(
        box=box,
        amount=amount,
        opening=_opening(prepared, view),
        upper=_teeth_row(prepared, view, Jaw.UPPER, upper, 1.0),
        lower=_teeth_row(prepared, view, Jaw.LOWER, lower, 0.72),
        tongue=_tongue(prepared, view, jaw),
        out=out,
        paint=_paint(tone),
    )


def _paint(tone: Tone) -> Paint:
    bounce = bounce_of(tone.lip, tone.skin)
    return Paint(
        tooth=tone.tooth,
        gum=tone.gum,
        tongue=tone.tongue,
        cavity=tone.cavity,
        seam=0.12 * float(tone.lip @ LUMINANCE) * bounce**1.5,
        bounce=bounce,
        shine=0.16 * float(tone.tooth.mean()),
    )


def _span(view: View) -> tuple[float, float]:
    """First and last pixel along the mouth that can be covered."""
    first = min(view.upper[0, 0], view.lower[0, 0]) - view.feather - 2
    return float(first), float(max(view.upper[-1, 0], view.lower[-1, 0]) + view.feather + 2)


def _opening(prepared: MouthPrepared, view: View) -> Opening:
    depth = view.posed.canonical[:, 2]
    depths = 0.5 * (depth[list(LIP_INNER_UPPER)] + depth[list(LIP_INNER_LOWER)]) - prepared.seam[2]
    upper, lower = view.upper, view.lower
    low, high = min(upper[0, 0], lower[0, 0]), max(upper[-1, 0], lower[-1, 0])
    start, end = _span(view)
    at = start + np.arange(int((end - start) * STEP) + 2) / STEP
    columns = []
    slopes = []
    for row in (upper, lower):
        curve = refined(np.column_stack([row, depths]))
        order = np.argsort(curve[:, 0], kind="stable")
        down = np.interp(at, curve[order, 0], curve[order, 1])
        columns.append(down)
        slopes.append(1 / np.hypot(1.0, np.gradient(down) * STEP))
        across_depth = np.interp(at, curve[order, 0], curve[order, 2])
    middle, half = 0.5 * (low + high), max(0.5 * (high - low), 1.0)
    from_above, from_left = light_shares(view.to_light)
    table = np.column_stack([*columns, *slopes, np.clip((at - middle) / half, -1, 1), across_depth])
    return Opening(
        table=np.ascontiguousarray(table, dtype=np.float32),
        start=start,
        half_width=float(half / view.unit),
        unit=view.unit,
        feather=view.feather,
        from_above=from_above,
        from_left=from_left,
        axis_x=float(view.axis[0]),
        axis_y=float(view.axis[1]),
        seam=prepared.open,
        widest=view.gap,
        band=view.band,
        line=float(np.hypot(SEAM_WIDTH, max(0.75, prepared.tone.blur) / view.unit)),
    )


def _teeth_row(prepared: MouthPrepared, view: View, row: Jaw, anchor: Array, dim: float) -> TeethRow:
    arch = prepared.arches[row]
    sprite = prepared.sprites[row]
    size = prepared.size
    along_depth = arch.front + PARALLAX * (arch.z - arch.front)
    points = np.column_stack([arch.x * size, np.zeros_like(arch.x), along_depth * size]) + anchor
    seen = view.place(points)
    still = view.place(np.array([[0.0, 0, 0], [0, size, 0]]))
    vertical = still[1] - still[0]
    shear = float(vertical[0] / vertical[1])
    position = seen[:, 0] - shear * seen[:, 1]
    # The visible run of the arch: it folds back where the head has turned it away.
    forward = np.diff(position) > 1e-6
    middle = int(np.argmax(np.diff(position) / np.diff(arch.arc)))
    first, last = middle, middle
    while first > 0 and forward[first - 1]:
        first -= 1
    while last < len(position) - 1 and forward[last]:
        last += 1
    run = slice(first, last + 1)
    first_along, last_along = _span(view)
    downs = np.concatenate([view.upper[:, 1], view.lower[:, 1]])
    leaning = shear * np.array([downs.min() - view.feather - 5, downs.max() + view.feather + 5])
    start, end = first_along - leaning.max() - 2, last_along - leaning.min() + 2
    at = start + np.arange(int((end - start) * STEP) + 2) / STEP
    up = -float(row)
    rows = np.empty((last + 1 - first, 8))
    rows[:, ROW_COLUMN] = (arch.arc[run] + sprite.reach) * sprite.density - 0.5
    rows[:, ROW_EDGE] = seen[run, 1]
    towards = np.column_stack([view.to_light, view.to_half])
    rows[:, [ROW_TANGENT_LIGHT, ROW_TANGENT_HALF]] = arch.tangent[run] @ towards
    rows[:, [ROW_NORMAL_LIGHT, ROW_NORMAL_HALF]] = arch.normal[run] @ towards
    rows[:, ROW_DEPTH] = arch.z[run] * size
    rows[:, ROW_VALID] = 1.0
    place = np.interp(at, position[run], np.arange(len(rows)))
    before = np.minimum(place.astype(np.int64), len(rows) - 2)
    table = rows[before]
    table += (place - before)[:, None] * (rows[before + 1] - table)
    table[(at < position[first]) | (at > position[last]), ROW_VALID] = 0.0
    beyond = np.abs(table[:, ROW_COLUMN] / sprite.density + 0.5 / sprite.density - sprite.reach) > sprite.reach
    table[beyond, ROW_VALID] = 0.0
    return TeethRow(
        table=np.ascontiguousarray(table, dtype=np.float32),
        start=float(start),
        shear=shear,
        to_height=float(up / vertical[1]),
        light_up=float(row) * float(view.to_light[1]),
        half_up=float(row) * float(view.to_half[1]),
        maps=sprite.maps,
        density=sprite.density,
        below=BELOW_EDGE,
        dim=dim,
    )


def _tongue(prepared: MouthPrepared, view: View, jaw: Array) -> Tongue:
    out = float(np.clip(view.posed.shapes[_TONGUE_OUT], 0, 1))
    behind = TONGUE_BEHIND - 0.10 * out
    centre = prepared.seam + [0.0, 0.060 - 0.02 * out, behind] + jaw * [1.0, 1.0, 0.6]
    # Its depth shifts with a turn no more than the teeth's, or a lifted chin would hide it.
    middle = centre - [0.0, 0.0, (1 - PARALLAX) * behind]
    seen = view.place(np.vstack([middle, middle + np.eye(3)]))
    linear = (seen[1:] - seen[0]).T  # (2, 3)
    to_ball = np.linalg.pinv(linear)
    ray = np.cross(linear[0], linear[1])
    ray /= np.linalg.norm(ray)
    if ray @ view.posed.facing[2] < 0:
        ray = -ray
    return Tongue(
        centre=seen[0],
        to_ball=np.ascontiguousarray(to_ball),
        ray=np.ascontiguousarray(ray),
        radii=TONGUE_RADII * prepared.size,
        light=np.ascontiguousarray(view.to_light),
        half=np.ascontiguousarray(view.to_half),
        depth=float(behind + 0.6 * jaw[2]),
        present=float(smoothstep(view.gap, 0.05, 0.20)),
    )


def tongue_out(view: View) -> TongueOut:
    """The tongue over the lower lip; as long as `tongueOut` says, and only where the lips leave it room."""
    posed, lower, turned = view.posed, view.lower, view.turned
    amount = float(np.clip(posed.shapes[_TONGUE_OUT], 0, 1))
    present = float(smoothstep(amount, 0.15, 0.40) * smoothstep(view.gap, 0.03, 0.09))
    lip = posed.canonical[Landmark.LOWER_LIP_INNER]
    seen = view.place(np.array([lip + [0, 0, -0.03], lip + [0, 0.02 + 0.165 * amount, -0.10 * amount]]))
    root = 0.5 * (seen[0] + lower[len(lower) // 2])
    width = float(np.clip(0.40 * abs(lower[-1, 0] - lower[0, 0]) / view.unit, 0.10, 0.17)) * (0.85 + 0.15 * amount)
    light, half = (np.array([*(way[:2] @ turned), way[2]]) for way in (view.light, view.half))
    return TongueOut(root, seen[1] - root, width * view.unit, light, half, present)
