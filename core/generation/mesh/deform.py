"""(`FaceRig`, `FaceState`) -> `PosedFace`: what moves every vertex.

Order: shapes and emotions mixed, the photo's own expression taken out as far as asked, drags and
residual added, lids and lips kept from crossing, folds smoothed out, the head turned.
"""

from __future__ import annotations

import numpy as np

from core.animation.emotion import emotion_pose, mix_emotions
from core.animation.face_state import FaceState
from core.document.channels import SHAPE_SLICE, SHAPES
from core.generation.mesh.drag import spread_handles
from core.generation.mesh.eyes.gaze import gaze_of_handles, place_irises
from core.generation.mesh.face import Array, FaceRig, PosedFace
from core.generation.mesh.own_expression import (
    closing_of,
    opened_in_photo,
    saturated,
    told_apart,
    without_needless_close,
)
from core.generation.mesh.rig import (
    ALL_TRIANGLES,
    EYE_ROWS,
    FACE_TRIANGLES,
    FAINT,
    FRONT_TRIANGLES,
    LASH_ROWS,
    LASH_SHARE,
    RING_SIZE,
    RINGS,
    VERTICES,
)
from core.generation.mesh.untangle import untangle
from core.head.pose import rotation_of
from core.head.topology import (
    LID_LEFT_UPPER_ROW1,
    LID_LEFT_UPPER_ROW2,
    LID_RIGHT_UPPER_ROW1,
    LID_RIGHT_UPPER_ROW2,
    LIP_INNER_LOWER,
    LIP_INNER_UPPER,
    LIP_OUTER_LOWER,
    LIP_OUTER_UPPER,
    OVAL,
    POINTS,
    Landmark,
)
from core.values.geometry import smoothstep

RING_DECAY_DOWN = np.array([0.75, 0.45, 0.22, 0.08, 0.0, 0.0])
RING_DECAY_ASIDE = np.array([0.65, 0.28, 0.06, 0.0, 0.0, 0.0])
"""How much of the oval's displacement each ring takes along below the chin, and elsewhere: the neck
follows the jaw, ears and hair do not follow a smile."""
TURN_GAIN = 1.25
"""Degrees that the mesh turns and nods for one that is asked. Landmark trackers flatten faces, so a mesh built
from their depths turns too mildly; on real turned heads this gain is nearest in landmarks and in pixels. A turn that
was measured on such a face needs none: its residual says how the face differed."""
SHAPE_LIMIT = 1.5
CLOSED_INSET = 0.022
"""Eye distances into the lips that their edges take pixels from, when an open mouth closes."""
UPPER_LID_SHARE = 0.9
"""Part of a crossing of lids that the upper one gives way."""
UPPER_LIP_SHARE = 0.42
LASH_LIMIT = 0.85
"""Lash vertices never leave this share of the opening."""
CONTACTS: tuple[tuple[tuple[int, ...], tuple[int, ...], float], ...] = (
    (*EYE_ROWS[0], UPPER_LID_SHARE),
    (*EYE_ROWS[1], UPPER_LID_SHARE),
    (LIP_INNER_UPPER, LIP_INNER_LOWER, UPPER_LIP_SHARE),
)
"""Rows that meet but never cross, with the upper one's part of giving way."""
FOLDABLE = np.vstack([ALL_TRIANGLES[:FACE_TRIANGLES], ALL_TRIANGLES[FRONT_TRIANGLES:]])
"""Triangles of face and rings; the fillings of mouth and eyes may close to nothing."""


def _ease() -> Array:
    """Edges of lids and lips keep their place while folds are smoothed out, as far as they can."""
    ease = np.ones(VERTICES)
    for upper, lower, _ in CONTACTS:
        ease[[*upper, *lower]] = 0.25
    return ease


EASE = _ease()
_INDEX = {name: i for i, name in enumerate(SHAPES)}
_SIDES = ("Right", "Left")
LOOK_SIDEWAYS, LOOK_UP, LOOK_DOWN = 30.0, 25.0, 30.0
"""Degrees that an eye turns at 1 of its eyeLook shapes."""
LID_SLIDE_ROWS = (
    (EYE_ROWS[0][0], LID_RIGHT_UPPER_ROW1, LID_RIGHT_UPPER_ROW2),
    (EYE_ROWS[1][0], LID_LEFT_UPPER_ROW1, LID_LEFT_UPPER_ROW2),
)


def pose_face(rig: FaceRig, state: FaceState) -> PosedFace:
    """All vertices of `rig` in `state`. Deterministic, and continuous in every channel."""
    neutralise = state["look.neutralise"]
    untold = 1.0 - told_apart(state.residual)
    shapes = saturated(mixed_shapes(state), untold * (1.0 - neutralise) * rig.shown)
    shapes, gaze = _look(shapes, state, gaze_of_handles(rig, state.handles))
    opened = opened_in_photo(rig.closing[1])
    displacement = np.tensordot(without_needless_close(shapes, untold * opened), rig.shapes, axes=1)
    if opened > 0:
        displacement += untold * np.tensordot(closing_of(shapes, neutralise), rig.closing, axes=1)
    if neutralise and rig.subject.expression is not None:
        displacement -= neutralise * np.tensordot(rig.subject.expression, rig.shapes, axes=1)
    if state.residual is not None:
        displacement += state.residual
    if state.handles:
        displacement += spread_handles(rig.drag, state.handles)
    canonical = rig.canonical + _with_rings(rig, _settle_contacts(rig, displacement))
    _unfold(rig, canonical)
    displacement = canonical[:POINTS] - rig.canonical[:POINTS]
    place_irises(rig, displacement, gaze)
    canonical[:POINTS] = rig.canonical[:POINTS] + displacement
    _place_lashes(rig, canonical)
    tilt = emotion_pose(state.values)
    met = state.measured
    yaw = met[0] + TURN_GAIN * (state["head.yaw"] - met[0] + tilt[0])
    pitch = met[1] + TURN_GAIN * (state["head.pitch"] - met[1] + tilt[1])
    turn = rotation_of(yaw, pitch, state["head.roll"] + tilt[2])
    face_width = np.linalg.norm(rig.neutral[Landmark.EAR_RIGHT] - rig.neutral[Landmark.EAR_LEFT])
    shift = rig.rotation.T @ np.array([state["head.x"] * face_width, state["head.y"] * face_width, 0.0])
    zoom = state["head.scale"]
    moved = zoom * (canonical - rig.pivot) @ turn.T + rig.pivot + shift
    if any(met):
        # A measured turn comes with the displacement that was left of it, both told of measured depths.
        moved += zoom * rig.deeper @ (rotation_of(*met) - np.eye(3)).T
    rigid = rig.rigid[:, None]
    vertices = rig.to_picture(canonical + rigid * (moved - canonical))
    sources = _sliding_sources(rig, displacement)
    return PosedFace(rig, shapes, displacement, canonical, vertices, sources, turn, shift, zoom, gaze,
                     _lid_closing(rig, displacement))  # fmt: skip


def mixed_shapes(state: FaceState) -> Array:
    """(52,) channel values with the emotions mixed in, in [0, `SHAPE_LIMIT`]."""
    return np.asarray(np.clip(state.values[SHAPE_SLICE] + mix_emotions(state.values), 0.0, SHAPE_LIMIT))


def _look(shapes: Array, state: FaceState, dragged: Array) -> tuple[Array, Array]:
    """Gaze channels, eyeLook shapes and dragged irises as one: lids follow whichever turned the eye.

    Returns the shapes with eyeLook replaced by the sum, and (2, 2) degrees (yaw, pitch), right first.
    """
    shapes = shapes.copy()
    gaze = np.zeros((2, 2))
    for row, side in enumerate(_SIDES):
        outwards = -1.0 if side == "Right" else 1.0
        into, out, up, down = (_INDEX[f"eyeLook{way}{side}"] for way in ("In", "Out", "Up", "Down"))
        yaw = state[f"gaze.{side.lower()}.yaw"] + outwards * LOOK_SIDEWAYS * (shapes[out] - shapes[into])
        pitch = state[f"gaze.{side.lower()}.pitch"] + LOOK_UP * shapes[up] - LOOK_DOWN * shapes[down]
        yaw, pitch = yaw + dragged[row, 0], pitch + dragged[row, 1]
        gaze[row] = yaw, pitch
        shapes[out], shapes[into] = np.clip([outwards * yaw / LOOK_SIDEWAYS, -outwards * yaw / LOOK_SIDEWAYS], 0, 1.5)
        shapes[up], shapes[down] = np.clip([pitch / LOOK_UP, -pitch / LOOK_DOWN], 0, 1.5)
    return shapes, gaze


def _settle_contacts(rig: FaceRig, displacement: Array) -> Array:
    """Lids and lips that would cross meet instead; a gap that the photo lacks is never demanded."""
    out = displacement
    for upper_row, lower_row, share in CONTACTS:
        upper, lower = np.array(upper_row[1:-1]), np.array(lower_row[1:-1])
        at_rest = rig.neutral[lower, 1] - rig.neutral[upper, 1]
        gap = at_rest + out[lower, 1] - out[upper, 1]
        crossing = np.minimum(gap - np.minimum(at_rest, 0.0), 0.0)
        out[upper, 1] += share * crossing
        out[lower, 1] -= (1.0 - share) * crossing
    return out


def _with_rings(rig: FaceRig, displacement: Array) -> Array:
    """(n, 3): the face's displacement, its rim's run out over the rings, lashes still."""
    out = np.zeros((VERTICES, 3))
    out[:POINTS] = displacement
    rim = _smoothed_loop(displacement[list(OVAL)])
    below = smoothstep(rig.neutral[list(OVAL), 1], 0.5, 1.0)[:, None]
    for k in range(RINGS):
        rim = _smoothed_loop(_smoothed_loop(rim))
        first = POINTS + k * RING_SIZE
        decay = RING_DECAY_ASIDE[k] + below * (RING_DECAY_DOWN[k] - RING_DECAY_ASIDE[k])
        moved = decay * rim
        # Smoothing along the loop would carry a brow's motion down to the jaw.
        out[first : first + RING_SIZE] = moved * smoothstep(np.linalg.norm(moved, axis=1), *FAINT)[:, None]
    return out


def _unfold(rig: FaceRig, canonical: Array) -> None:
    """Move vertices (n, 3) in place, in the plane of the photo, so that no triangle of face or rings folds."""
    plane = rig.rotation[:2].T
    before = canonical @ plane
    after = before.copy()
    if untangle(rig.canonical @ plane, after, FOLDABLE, EASE):
        canonical += (after - before) @ plane.T


def _place_lashes(rig: FaceRig, canonical: Array) -> None:
    """Lash vertices ride on the upper lid at their own distance, and never cross the lower one."""
    for (upper_row, lower_row), lashes in zip(EYE_ROWS, LASH_ROWS, strict=True):
        upper, lower = list(upper_row[1:-1]), list(lower_row[1:-1])
        opening = canonical[lower] - canonical[upper]
        before = np.linalg.norm(rig.neutral[lower] - rig.neutral[upper], axis=1)
        now = np.linalg.norm(opening, axis=1)
        share = np.minimum(LASH_SHARE * before / np.maximum(now, 1e-6), LASH_LIMIT)
        canonical[list(lashes[1:-1])] = canonical[upper] + opening * share[:, None]


def _smoothed_loop(values: Array) -> Array:
    return np.asarray(0.25 * np.roll(values, 1, axis=0) + 0.5 * values + 0.25 * np.roll(values, -1, axis=0))


def _sliding_sources(rig: FaceRig, displacement: Array) -> Array:
    """(n, 2) where each vertex takes its pixels from.

    A lowered lid pulls skin out of its fold instead of smearing its lashes; parting lips draw on the
    red of the lips instead of the dark seam between them, and lips that close over the photo's teeth on
    red that shows no rim of tooth.
    """
    sources = rig.vertices[:, :2].copy()
    neutral, posed = rig.neutral, rig.neutral + displacement
    for rows in LID_SLIDE_ROWS:
        edge, first, second = (list(row[1:-1]) for row in rows)
        grown = np.linalg.norm(posed[first] - posed[edge], axis=1) - np.linalg.norm(
            neutral[first] - neutral[edge], axis=1
        )
        reach = np.linalg.norm(neutral[second] - neutral[first], axis=1)
        slide = np.clip(grown / np.maximum(reach, 1e-4), 0.0, 0.75)[:, None]
        way = rig.vertices[second, :2] - rig.vertices[first, :2]
        sources[first] += slide * way
        sources[second] += 0.35 * slide * way
    upper, lower = list(LIP_INNER_UPPER[1:-1]), list(LIP_INNER_LOWER[1:-1])
    parting = (posed[lower, 1] - posed[upper, 1]) - (neutral[lower, 1] - neutral[upper, 1])
    amount = float(smoothstep(parting.max(), 0.008, 0.05))
    open_photo = float(smoothstep((neutral[lower, 1] - neutral[upper, 1]).max(), 0.02, 0.06))
    closing = open_photo * float(smoothstep(-parting.min(), 0.008, 0.05))
    if amount > 0 or closing > 0:
        for inner, outer_row, share in ((upper, LIP_OUTER_UPPER, 0.10), (lower, LIP_OUTER_LOWER, 0.14)):
            outer = list(outer_row[1:-1])
            thickness = np.maximum(np.linalg.norm(neutral[outer] - neutral[inner], axis=1), 1e-4)
            inset = np.maximum(amount * np.minimum(share, 0.028 / thickness), closing * CLOSED_INSET / thickness)
            sources[inner] += np.minimum(inset, 0.4)[:, None] * (rig.vertices[outer, :2] - rig.vertices[inner, :2])
    return sources


def _lid_closing(rig: FaceRig, displacement: Array) -> Array:
    """(2,) 1 - opening / opening in the photo, right eye first."""
    closing = np.zeros(2)
    for row, (upper_row, lower_row) in enumerate(EYE_ROWS):
        upper, lower = list(upper_row[2:-2]), list(lower_row[2:-2])
        before = (rig.neutral[lower, 1] - rig.neutral[upper, 1]).mean()
        change = (displacement[lower, 1] - displacement[upper, 1]).mean()
        closing[row] = -change / max(before, 1e-3)
    return closing
