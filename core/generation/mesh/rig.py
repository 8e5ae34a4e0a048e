"""Photo and landmarks -> `FaceRig`: pose, the face's own fields, rings round the head, lashes.

Vertices: 478 points of the face, six rings of 36 round the outer oval, seven lash vertices per eye.
The rings carry the hair, the ears and the neck; their depth climbs gently, for it is depth that tears
a picture when the head turns.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from core.document.channels import SHAPES
from core.generation.mesh.drag import prepare_drag
from core.generation.mesh.face import Array, FaceRig
from core.generation.mesh.own_expression import lips_together, shown_in_photo
from core.generation.protocol import Subject
from core.head.personal import personal_shapes
from core.head.pose import Pose, fit_pose
from core.head.shapes import load_head_shapes
from core.head.topology import (
    FACE_POINTS,
    LID_LEFT_LOWER,
    LID_LEFT_UPPER,
    LID_RIGHT_LOWER,
    LID_RIGHT_UPPER,
    LIP_INNER_LOWER,
    LIP_INNER_UPPER,
    OVAL,
    POINTS,
    TRIANGLES,
    strip,
)
from core.values.geometry import smoothstep

RING_FACTORS = (1.12, 1.3, 1.55, 1.9, 2.4, 3.1)
"""Size of each ring, in ovals."""
RINGS_LET_GO = (1.35, 3.0)
"""Size, in ovals, up to which rings go with the head, and from which they stay."""
RINGS = len(RING_FACTORS)
RING_SIZE = len(OVAL)
FIRST_LASH = POINTS + RINGS * RING_SIZE
LASHES_PER_EYE = len(LID_RIGHT_UPPER) - 2
VERTICES = FIRST_LASH + 2 * LASHES_PER_EYE
LASH_SHARE = 0.16
"""Where the lash vertices lie, as a share of the lid opening below the upper lid."""
PIVOT = np.array([0.0, 0.75, 0.8])
"""Canonical point of the neck that the head turns about."""
HEAD_DEPTH = np.array([0.0, 0.2, 0.8])
"""Canonical point whose depth the rings climb to."""
RING_SLOPE = 0.75
RIM_SLOPE = 1.0
"""Depth per radial step, at most, on the rings and near the face's own rim."""
MEASURED_RING_SLOPE = 1.6
"""The same on the rings of a head whose turn was measured: its hair hardly moves when the face turns."""

FAINT = (0.002, 0.007)
"""Eye distances of displacement that count for nothing, and that count in full."""

ACTS_WITHIN = (
    ("brow", 0.20, 0.40),
    ("eye", 0.30, 0.50),
    ("mouth", -0.05, -0.25),
    ("jaw", -0.05, -0.25),
    ("cheekPuff", -0.05, -0.25),
)
"""Heights in canonical space: shapes whose names start so act in full up to the first and not beyond the second."""

EYE_ROWS = ((LID_RIGHT_UPPER, LID_RIGHT_LOWER), (LID_LEFT_UPPER, LID_LEFT_LOWER))


def _lash_rows() -> tuple[tuple[int, ...], tuple[int, ...]]:
    rows = []
    for eye, (upper, _) in enumerate(EYE_ROWS):
        first = FIRST_LASH + eye * LASHES_PER_EYE
        rows.append((upper[0], *range(first, first + LASHES_PER_EYE), upper[-1]))
    return rows[0], rows[1]


LASH_ROWS = _lash_rows()
"""Per eye the row between the lids that rides on the upper one, corner to corner."""


def _ring_triangles() -> list[tuple[int, int, int]]:
    faces = []
    rows = [OVAL, *(tuple(range(POINTS + k * RING_SIZE, POINTS + (k + 1) * RING_SIZE)) for k in range(RINGS))]
    for inner, outer in pairwise(rows):
        for i in range(RING_SIZE):
            j = (i + 1) % RING_SIZE
            faces += [(inner[i], inner[j], outer[i]), (inner[j], outer[j], outer[i])]
    return faces


def _all_triangles() -> NDArray[np.int32]:
    openings = strip(LIP_INNER_UPPER, LIP_INNER_LOWER)
    for (upper, lower), lashes in zip(EYE_ROWS, LASH_ROWS, strict=True):
        openings += strip(upper, lashes) + strip(lashes, lower)
    table = np.vstack([TRIANGLES, np.array(openings, np.int32), np.array(_ring_triangles(), np.int32)])
    table.flags.writeable = False
    return table


ALL_TRIANGLES = _all_triangles()
"""The face's own, the fillings of mouth and eyes, the rings."""
FACE_TRIANGLES = len(TRIANGLES)
RING_TRIANGLES = 2 * RINGS * RING_SIZE
FRONT_TRIANGLES = len(ALL_TRIANGLES) - RING_TRIANGLES
"""Rows of `ALL_TRIANGLES` before the rings: the face with mouth and eyes filled."""


def build_rig(subject: Subject) -> FaceRig:
    """The geometry of a portrait. Needs the subject's matte, for the borders of the photo that it touches."""
    population = load_head_shapes()
    pose = fit_pose(subject.landmarks, population.neutral)
    face = subject.landmarks.copy()
    # Only depth is changed: the landmarks keep their pixels.
    face[:FACE_POINTS, 2] += pose.scale * _gentler_rim(pose.to_canonical(face)[:FACE_POINTS])
    neutral = pose.to_canonical(face)
    vertices = _with_surroundings(face, _rings(face, pose, RING_SLOPE))
    measured = _with_surroundings(subject.landmarks, _rings(subject.landmarks, pose, MEASURED_RING_SLOPE))
    canonical = pose.to_canonical(vertices)
    deeper = pose.to_canonical(measured) - canonical
    rigid = np.ones(VERTICES)
    ring_rows = slice(POINTS, FIRST_LASH)
    rigid[ring_rows] = _ring_weights(canonical[ring_rows]) * _pins(vertices[ring_rows], face, subject)
    shapes = _local(personal_shapes(population, neutral), neutral)
    for array in (neutral, vertices, canonical, rigid, deeper, shapes):
        array.flags.writeable = False
    drag = prepare_drag(shapes)
    shown = shown_in_photo(shapes, subject.expression)
    closing = np.stack([lips_together(neutral, shapes, drag, own) for own in (subject.expression, None)])
    return FaceRig(subject, pose.scale, pose.rotation, pose.translation, neutral, shapes, vertices, canonical, rigid,
                   ALL_TRIANGLES, PIVOT, drag, shown, closing, deeper)  # fmt: skip


def _local(shapes: Array, neutral: Array) -> Array:
    """Shapes (52, 478, 3) without the faint motion far from where they act, so that pixels there stay the photo's."""
    reach = np.linalg.norm(shapes[:, :, :2], axis=2)
    kept = smoothstep(reach, *FAINT)
    for row, name in enumerate(SHAPES):
        for start, near, far in ACTS_WITHIN:
            if name.startswith(start):
                kept[row] *= (
                    smoothstep(neutral[:, 1], far, near) if far < near else 1 - smoothstep(neutral[:, 1], near, far)
                )
    return np.asarray(shapes * kept[..., None])


def _gentler_rim(points: Array) -> Array:
    """(468,) what the depths of a face (468, 3) lack so that the slope near its rim stays within `RIM_SLOPE`."""
    edges = np.unique(np.sort(np.vstack([TRIANGLES[:, [0, 1]], TRIANGLES[:, [1, 2]], TRIANGLES[:, [2, 0]]]), 1), axis=0)
    a, b = edges[:, 0], edges[:, 1]
    reach = RIM_SLOPE * np.linalg.norm(points[a, :2] - points[b, :2], axis=1)
    gentle = points[:, 2].copy()
    while True:
        before = gentle.copy()
        np.minimum.at(gentle, a, before[b] + reach)
        np.minimum.at(gentle, b, before[a] + reach)
        if np.array_equal(before, gentle):
            break
    x, y = np.abs(points[:, 0]), points[:, 1]
    near = np.maximum.reduce([smoothstep(x, 0.42, 0.66), smoothstep(-y, 0.30, 0.50), smoothstep(y, 0.75, 0.95)])
    return np.asarray(near * (gentle - points[:, 2]))


def _with_surroundings(face: Array, rings: Array) -> Array:
    """All vertices: (478, 3) face, (216, 3) rings, and the lashes between its lids."""
    return np.vstack([face, rings, *(_lashes(face, upper, lower) for upper, lower in EYE_ROWS)])


def _rings(face: Array, pose: Pose, slope: float) -> Array:
    """(216, 3) pixels: the oval scaled about its box's centre, depth climbing towards the head's middle."""
    oval = face[list(OVAL)]
    centre = 0.5 * (oval[:, :2].max(axis=0) + oval[:, :2].min(axis=0))
    depth_of_head = pose.to_picture(HEAD_DEPTH[None])[0, 2]
    rings: list[Array] = []
    inner = oval
    for factor in RING_FACTORS:
        xy = centre + (oval[:, :2] - centre) * factor
        step = np.linalg.norm(xy - inner[:, :2], axis=1)
        climb = np.clip(depth_of_head - inner[:, 2], 0.0, slope * step)
        inner = np.column_stack([xy, inner[:, 2] + climb])
        rings.append(inner)
    return np.vstack(rings)


def _ring_weights(canonical: Array) -> Array:
    """How far rings follow the head: the hair wholly, the neck less and less, shoulders and what is far off hardly."""
    x, y = np.abs(canonical[:, 0]), canonical[:, 1]
    neck = 1.0 - smoothstep(y, 0.80, 1.85)
    shoulders = 1.0 - 0.9 * smoothstep(x, 0.95, 1.7) * smoothstep(y, 0.35, 1.0)
    near = np.repeat(1.0 - smoothstep(np.array(RING_FACTORS), *RINGS_LET_GO), RING_SIZE)
    return np.asarray(neck * shoulders * near)


def _pins(rings: Array, face: Array, subject: Subject) -> Array:
    """0 at the borders of the photo that the subject runs into, 1 a little inside and at all other borders."""
    matte = subject.matte()
    height, width = matte.shape
    face_height = np.ptp(face[list(OVAL), 1])
    borders = (
        (height - 1 - rings[:, 1], 0.30, matte[-1]),
        (rings[:, 1], 0.12, matte[0]),
        (rings[:, 0], 0.12, matte[:, 0]),
        (width - 1 - rings[:, 0], 0.12, matte[:, -1]),
    )
    pins = np.ones(len(rings))
    for distance, soft, along in borders:
        if (along > 0.5).sum() > 0.02 * face_height:
            pins *= smoothstep(distance / face_height, 0.0, soft)
    return pins


def _lashes(face: Array, upper: tuple[int, ...], lower: tuple[int, ...]) -> Array:
    top, bottom = face[list(upper[1:-1])], face[list(lower[1:-1])]
    return np.asarray(top + LASH_SHARE * (bottom - top))
