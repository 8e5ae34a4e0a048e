"""The 52 shapes on one person's face.

The population's displacement fields are moved over so that every triangle stretches and turns as it
does on the mean face (deformation transfer: R. Sumner and J. Popovic, "Deformation transfer for
triangle meshes", SIGGRAPH 2004, with displacement gradients). Lids then meet exactly at a full blink,
lips keep their contact when the jaw opens behind a closed mouth, and the irises turn about the
eyeballs' centres.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import solveh_banded
from scipy.sparse.csgraph import reverse_cuthill_mckee
from scipy.sparse.linalg import spsolve

from core.document.channels import SHAPES
from core.head.shapes import SHAPE_INDEX, HeadShapes
from core.head.topology import (
    FACE_POINTS,
    IRIS_LEFT,
    IRIS_RIGHT,
    LID_LEFT_LOWER,
    LID_LEFT_UPPER,
    LID_RIGHT_LOWER,
    LID_RIGHT_UPPER,
    LIP_INNER_LOWER,
    LIP_INNER_UPPER,
    POINTS,
    TRIANGLES,
)

Array = NDArray[np.float64]

ANCHOR = 3e-3
"""Weight of staying near the population's displacement against the gradients' agreement."""
EYE_RADIUS = 0.1626
"""Of an eyeball, in eye distances: 1.45 of the 8.918 ICT units between the outer corners."""
LOOK_ANGLES = {"In": (-30.0, 0.0), "Out": (30.0, 0.0), "Up": (0.0, 25.0), "Down": (0.0, -30.0)}
"""Degrees (outwards, up) that an eye turns at 1 of each eyeLook shape."""
UPPER_LID_SHARE = 0.9
"""Part of a blink's closing that the upper lid makes."""
CONTACT_REACH = 2
"""Edges over which a correction at lids or lips runs out."""

EYES = {
    "Right": (LID_RIGHT_UPPER, LID_RIGHT_LOWER, IRIS_RIGHT, -1.0),
    "Left": (LID_LEFT_UPPER, LID_LEFT_LOWER, IRIS_LEFT, 1.0),
}


def triangle_gradients(points: Array) -> tuple[Array, Array]:
    """Gradients of the linear hat functions and areas of the 852 triangles.

    points: (478, 3) or (468, 3) -> ((852, 3 corners, 3), (852,)).
    """
    a, b, c = (points[TRIANGLES[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    double_area = np.linalg.norm(normal, axis=1) + 1e-12
    normal = normal / double_area[:, None]
    hats = np.stack([np.cross(normal, edge) for edge in (c - b, a - c, b - a)], axis=1)
    return hats / double_area[:, None, None], double_area / 2


def gradient_operator(points: Array) -> tuple[sp.csr_matrix, Array]:
    """((2556, 468) operator from values at the points to their gradients, (852,) areas)."""
    hats, area = triangle_gradients(points)
    count = len(TRIANGLES)
    rows = np.repeat(np.arange(3 * count), 3)
    columns = np.repeat(TRIANGLES, 3, axis=0).ravel()
    values = np.swapaxes(hats, 1, 2).ravel()
    return sp.coo_matrix((values, (rows, columns)), (3 * count, FACE_POINTS)).tocsr(), area


def transfer(source_gradients: Array, displacement: Array, target: Array) -> Array:
    """Displacements on `target` whose gradients agree with the source's.

    source_gradients: (2556, 3 n), `gradient_operator(source) @ displacement`. displacement: (468, 3 n)
    on the source. target: (478, 3) or (468, 3). Returns (468, 3 n).
    """
    operator, area = gradient_operator(target)
    weighted = operator.T @ sp.diags(np.repeat(area, 3))
    normal = (weighted @ operator + ANCHOR * sp.identity(FACE_POINTS)).tocsr()
    right = weighted @ source_gradients + ANCHOR * displacement
    order, width = band_order()
    entries = normal[order][:, order].tocoo()
    below = entries.row >= entries.col
    bands = np.zeros((width + 1, FACE_POINTS))
    bands[entries.row[below] - entries.col[below], entries.col[below]] = entries.data[below]
    out = np.empty_like(right)
    out[order] = solveh_banded(bands, right[order], lower=True, overwrite_ab=True, overwrite_b=True)
    return out


@lru_cache(maxsize=1)
def band_order() -> tuple[NDArray[np.int64], int]:
    """The order of the 468 points in which neighbours stand close, and how far apart they then stand at most.

    A banded solve costs a twentieth of a dense one and leaves other threads alone.
    """
    adjacent = (uniform_laplacian() != 0).astype(np.int8).tocsr()
    order = np.asarray(reverse_cuthill_mckee(adjacent, symmetric_mode=True), dtype=np.int64)
    entries = adjacent[order][:, order].tocoo()
    return order, int(np.abs(entries.row - entries.col).max())


def uniform_laplacian() -> sp.csr_matrix:
    """(468, 468): a point less the mean of its neighbours in the mesh."""
    edges = np.unique(np.sort(np.vstack([TRIANGLES[:, [0, 1]], TRIANGLES[:, [1, 2]], TRIANGLES[:, [2, 0]]]), 1), axis=0)
    both = (np.r_[edges[:, 0], edges[:, 1]], np.r_[edges[:, 1], edges[:, 0]])
    neighbours = sp.coo_matrix((np.ones(2 * len(edges)), both), (FACE_POINTS, FACE_POINTS)).tocsr()
    degree = np.asarray(neighbours.sum(axis=1)).ravel()
    return (sp.identity(FACE_POINTS) - sp.diags(1 / degree) @ neighbours).tocsr()


@lru_cache(maxsize=8)
def harmonic_spread(points: tuple[int, ...], still: tuple[int, ...] = ()) -> Array:
    """(468, len(points)): how a displacement of `points` runs out over `CONTACT_REACH` edges.

    Points in `still` and beyond the reach stay; the rest solves (L + 0.05 L^2) x = 0.
    """
    laplacian = uniform_laplacian()
    adjacent = (laplacian != 0).astype(np.float64)
    near = np.zeros(FACE_POINTS)
    near[list(points)] = 1
    for _ in range(CONTACT_REACH):
        near = ((adjacent @ near) > 0).astype(np.float64)
    known = np.zeros(FACE_POINTS, dtype=bool)
    known[list(points)] = True
    free = (near > 0) & ~known
    free[list(still)] = False
    spread = np.zeros((FACE_POINTS, len(points)))
    spread[list(points)] = np.eye(len(points))
    smooth = (laplacian + 0.05 * laplacian @ laplacian).tocsr()
    right = -(smooth[free][:, list(points)]).toarray()
    spread[free] = spsolve(smooth[free][:, free].tocsc(), right)
    spread.flags.writeable = False
    return spread


def close_contacts(fields: Array, neutral: Array) -> Array:
    """Exact contact: lids meet at eyeBlink 1; jawOpen and mouthClose at 1 keep the neutral's lip gap.

    fields: (52, >= 468, 3). neutral: (>= 468, 3). Returns a corrected copy.
    """
    out = fields.copy()
    for side, (upper_row, lower_row, _, _) in EYES.items():
        upper, lower = list(upper_row[1:-1]), list(lower_row[1:-1])
        blink = SHAPE_INDEX[f"eyeBlink{side}"]
        gap = neutral[lower] + out[blink, lower] - neutral[upper] - out[blink, upper]
        spread = harmonic_spread((*upper, *lower), (upper_row[0], upper_row[-1]))
        out[blink, :FACE_POINTS] += spread @ np.vstack([UPPER_LID_SHARE * gap, (UPPER_LID_SHARE - 1) * gap])
    upper, lower = list(LIP_INNER_UPPER[1:-1]), list(LIP_INNER_LOWER[1:-1])
    both = out[SHAPE_INDEX["jawOpen"]] + out[SHAPE_INDEX["mouthClose"]]
    parting = both[lower] - both[upper]
    spread = harmonic_spread((*upper, *lower))
    out[SHAPE_INDEX["mouthClose"], :FACE_POINTS] += spread @ np.vstack([0.5 * parting, -0.5 * parting])
    return out


def eyeball_centre(neutral: Array, side: str) -> Array:
    """(3,) of the 'Right' or 'Left' eyeball, one radius behind its iris."""
    return neutral[EYES[side][2][0]] + np.array([0.0, 0.0, EYE_RADIUS])


def iris_fields(neutral: Array) -> Array:
    """(52, 478, 3), zero but for the ten iris points, which turn about their eyeballs' centres."""
    out = np.zeros((len(SHAPES), POINTS, 3))
    for side, (_, _, iris, outwards) in EYES.items():
        centre = eyeball_centre(neutral, side)
        arm = neutral[list(iris)] - centre
        for way, (out_degrees, up_degrees) in LOOK_ANGLES.items():
            a, b = np.radians([-outwards * out_degrees, -up_degrees])
            about_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
            about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
            out[SHAPE_INDEX[f"eyeLook{way}{side}"], list(iris)] = arm @ (about_y @ about_x).T - arm
    return out


def moved_fields(fields: Array, source: Array, target: Array) -> Array:
    """Fields (n, 468, 3) on the face `source` -> the same motions on the face `target`, without contact."""
    flat = fields.transpose(1, 0, 2).reshape(FACE_POINTS, -1)
    moved = transfer(np.asarray(gradient_operator(source)[0] @ flat), flat, target)
    return np.asarray(moved.reshape(FACE_POINTS, len(fields), 3).transpose(1, 0, 2))


def personal_shapes(shapes: HeadShapes, neutral: Array) -> Array:
    """The 52 fields on a person's own neutral.

    neutral: (478, 3) canonical. Returns (52, 478, 3) displacements at 1. On the population's own
    neutral these are `shapes.fields`.
    """
    return _personal(shapes.fields, shapes.neutral, neutral)


def observed_shapes(shapes: HeadShapes, neutral: Array) -> Array:
    """(52, 478, 3) what the tracker reports of the shapes on a person's own neutral (478, 3)."""
    out = _personal(shapes.observed, shapes.neutral, neutral)
    out[:, FACE_POINTS:] *= shapes.gains[:, None, None]  # the other shapes leave the irises where they are
    return out


def _personal(fields: Array, source: Array, neutral: Array) -> Array:
    out = iris_fields(neutral)
    out[:, :FACE_POINTS] = moved_fields(fields[:, :FACE_POINTS], source, neutral)
    return close_contacts(out, neutral)
