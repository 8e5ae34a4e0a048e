"""Dragged landmarks -> a displacement of the whole face.

What a drag means is first asked of expression: the most likely mix of the 52 shapes and of the ways
in which real faces stray from them that takes the landmark there (a ridge, or maximum a posteriori,
solution). What expression cannot do is spread over the mesh by the Green's function of the squared
graph Laplacian (O. Sorkine and D. Cohen-Or, "Least-squares meshes", 2004), with eyes, nose and the
contact of the lips held unless they themselves are dragged. Irises turn with the gaze instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.document.channels import SHAPES
from core.head import topology
from core.head.shapes import load_head_shapes
from core.head.topology import FACE_POINTS, IRIS_LEFT, IRIS_RIGHT, POINTS, TRIANGLES
from core.values.geometry import smoothstep

Array = NDArray[np.float64]
Handle = tuple[int, float, float]

SHAPE_DEVIATION = 0.35
"""Usual size of a shape's weight in a face."""
MODES = 12
RIDGE = 0.02
"""Distrust of the landmark against expression, as a part of the basis's mean variance."""
LARGEST_EXPRESSION = 3.0
"""Standard deviations of expression that a drag may ask for; beyond it the mesh is pulled."""
FAINT = (0.07, 0.20)
"""Motion, as a part of the drag, that counts for nothing, and that counts in full."""
LARGEST_COLLATERAL = 1.3
"""How far other points may go for a unit drag before expression is trusted less."""
SPREAD = 0.02
"""Weight of staying at rest against smoothness: offsets fade over about three edges."""
AGREEMENT = 0.02
"""Offset, in eye distances, from which on a handle also answers for what other handles do to it."""
NOT_DRAGGED = ("eyeLook", "mouthClose", "jawForward", "tongueOut")
"""Shapes that no landmark's drag in the picture plane speaks of."""

RIGHT_EYE = (*topology.LID_RIGHT_UPPER, *topology.LID_RIGHT_LOWER[1:-1])
LEFT_EYE = (*topology.LID_LEFT_UPPER, *topology.LID_LEFT_LOWER[1:-1])
NOSE = (1, 2, 4, 5, 6, 19, 94, 97, 98, 168, 195, 197, 326, 327, 64, 294, 129, 358, 48, 278)
LIPS = (*topology.LIP_INNER_UPPER, *topology.LIP_INNER_LOWER[1:-1])
HELD = (RIGHT_EYE, LEFT_EYE, NOSE, LIPS)
LIP_POINTS = frozenset((*LIPS, *topology.LIP_OUTER_UPPER, *topology.LIP_OUTER_LOWER))


@dataclass(frozen=True, slots=True, eq=False)
class DragSolver:
    """What drags of one face need.

    basis: (k, 478, 3) displacement of one standard deviation of each direction of expression.
    plane: (478, 2, k) its x and y, the other way round. ridge: the regularisation in the same unit, squared.
    share: (478,) how much of a landmark's drag is left to expression. answers: what was found for
    landmarks that were dragged before, for speed alone.
    """

    basis: Array
    plane: Array
    ridge: float
    share: Array
    answers: dict[int, tuple[Array, Array]]


def prepare_drag(shapes: Array) -> DragSolver:
    """The expression basis of a face, whitened, from its own 52 displacement fields (52, 478, 3)."""
    population = load_head_shapes()
    used = [i for i, name in enumerate(SHAPES) if not name.startswith(NOT_DRAGGED)]
    count = min(MODES, len(population.modes))
    modes = population.modes[:count] * population.mode_deviation[:count, None, None]
    directions = np.concatenate([SHAPE_DEVIATION * shapes[used], modes]).reshape(len(used) + count, -1)
    # Shapes overlap (smile and cheek squint): principal axes make the ridge fair to all of them.
    _, deviation, axes = np.linalg.svd(directions, full_matrices=False)
    kept = deviation > 1e-3 * deviation[0]
    basis = (deviation[kept, None] * axes[kept]).reshape(-1, POINTS, 3)
    basis[:, [*IRIS_RIGHT, *IRIS_LEFT]] = 0.0
    basis.flags.writeable = False
    plane = np.ascontiguousarray(basis[:, :, :2].transpose(1, 2, 0))
    ridge = RIDGE * float((plane[:FACE_POINTS] ** 2).sum(axis=2).mean())
    share = _share(plane, ridge)
    share.flags.writeable = False
    return DragSolver(basis, plane, ridge, share, {})


def _share(plane: Array, ridge: float) -> Array:
    """(478,) 1 where expression moves a landmark about as far as anything else, falling where it hardly does.

    An ear's or a nose bridge's drag would otherwise be met by tearing the mouth aside.
    """
    wanted = np.linalg.solve(plane @ plane.transpose(0, 2, 1) + ridge * np.eye(2), plane)  # (478, 2, k)
    moved = wanted.reshape(2 * POINTS, -1) @ plane.reshape(2 * POINTS, -1).T
    moved = np.linalg.norm(moved.reshape(POINTS, 2, POINTS, 2), axis=3)  # by a unit drag of each point and axis
    collateral = moved.max(axis=(1, 2))
    return np.asarray(np.minimum(1.0, (LARGEST_COLLATERAL / np.maximum(collateral, 1e-9)) ** 4))


def spread_handles(solver: DragSolver, handles: Sequence[Handle]) -> Array:
    """(478, 3) canonical displacement that takes every handle (landmark, dx, dy) where it was dragged.

    Zero without handles and continuous in all of them. A single handle is met exactly; of several,
    those moved by `AGREEMENT` or more are, and smaller ones add their motion to what the others do
    to them, so that a handle that starts to move from zero makes no jump. Iris handles move the iris
    points alone: what they mean for the gaze is `core.generation.mesh.eyes.gaze.gaze_of_handles`.
    """
    out = np.zeros((POINTS, 3))
    for landmark, dx, dy in handles:
        for iris in (IRIS_RIGHT, IRIS_LEFT):
            if landmark in iris:
                out[list(iris), :2] += (dx, dy)
    dragged = [handle for handle in handles if handle[0] < FACE_POINTS]
    if not dragged:
        return out
    at = [handle[0] for handle in dragged]
    n = len(at)
    target = np.array([handle[1:] for handle in dragged]).ravel()  # (2n,), x and y of each handle in turn
    answers = smoothstep(np.hypot(target[::2], target[1::2]), 0.0, AGREEMENT)

    answered = [_expression_of(solver, landmark) for landmark in at]
    expression = np.concatenate([weights for weights, _ in answered])  # (2n, k)
    fields = np.concatenate([field for _, field in answered]).reshape(n, 2, POINTS, 3)
    # (2n, 2n) motion of the columns' handles per unit of the rows'.
    reached = fields[:, :, at, :2].reshape(2 * n, 2 * n)
    columns = np.stack([_column(landmark) for landmark in at])  # (n, 468)
    mesh, rest = np.zeros((n, 2, n, 2)), np.zeros((n, 2, n, 2))
    mesh[:, 0, :, 0] = mesh[:, 1, :, 1] = columns[:, at]
    mesh = mesh.reshape(2 * n, 2 * n)
    for k in range(n):  # what expression leaves of each own drag
        rest[k, :, k] = np.eye(2) - fields[k, :, at[k], :2]
    rest = rest.reshape(2 * n, 2 * n)
    strength = _agreed(reached + rest @ mesh, answers, target)

    weights = strength @ expression
    limit = min(1.0, LARGEST_EXPRESSION / max(float(np.sqrt(weights @ weights)), 1e-12))
    pulled = strength @ rest
    if limit < 1.0:
        pulled = pulled + _agreed(mesh, answers, (1.0 - limit) * (strength @ reached))
    out += ((limit * strength) @ fields.reshape(2 * n, -1)).reshape(POINTS, 3)
    out[:FACE_POINTS, :2] += columns.T @ pulled.reshape(n, 2)
    return out


def likely_offsets(solver: DragSolver, points: Sequence[int], down: Array) -> Array:
    """(478, 3) the likely displacement of a face some points (n,) of which move by `down` (n,) along y.

    Unlike drags, near points are asked together: the most likely expression that comes near them all, then the
    mesh's own smoothness for what is left, with eyes and nose held.
    """
    rows = solver.plane[list(points), 1]  # (n, k)
    distrust = len(points) * solver.ridge * np.eye(len(points))
    weights = rows.T @ np.linalg.solve(rows @ rows.T + distrust, down)
    out = np.tensordot(weights, solver.basis, axes=1)
    reach = np.linalg.norm(out[:, :2], axis=1) / max(float(np.abs(down).max()), 1e-9)
    out *= smoothstep(reach, *FAINT)[:, None]
    kernel = _kernel(tuple(points is not LIPS for points in HELD))
    between = kernel[np.ix_(points, points)]
    firm = between + 1e-4 * float(between.diagonal().mean()) * np.eye(len(points))
    out[:FACE_POINTS, 1] += kernel[:, list(points)] @ np.linalg.solve(firm, down - out[list(points), 1])
    return np.asarray(out)


def _expression_of(solver: DragSolver, landmark: int) -> tuple[Array, Array]:
    """What a unit drag of a landmark along x and y asks of expression: weights (2, k), displacement (2, 478, 3)."""
    known = solver.answers.get(landmark)
    if known is not None:
        return known
    rows = solver.plane[landmark]  # (2, k)
    # The ridge solution J^T (J J^T + lambda I)^-1, a row for each axis.
    weights = solver.share[landmark] * np.linalg.solve(rows @ rows.T + solver.ridge * np.eye(2), rows)
    field = (weights @ solver.basis.reshape(len(solver.basis), -1)).reshape(2, POINTS, 3)
    # Far from the handle a faint motion is no expression but the basis's noise, and pixels there stay.
    reach = np.sqrt((field[..., :2] ** 2).sum(axis=2))
    solver.answers[landmark] = weights, field * smoothstep(reach, *FAINT)[..., None]
    return solver.answers[landmark]


def _agreed(influence: Array, answers: Array, target: Array) -> Array:
    """(2n,) strength of each handle's axes so that together they reach `target` (2n,).

    influence: (2n, 2n) displacement of the columns' handles per unit of the rows', its own 2 x 2
    blocks the identity. answers: (n,) how far a handle counts the others' influence on itself.
    """
    n = len(answers)
    system = influence.T.copy()
    blocks = system.reshape(n, 2, n, 2)
    for g in range(n):
        own = blocks[g, :, g].copy()
        blocks[g] *= answers[g]
        blocks[g, :, g] = own
    return np.asarray(np.linalg.solve(system, target))


@lru_cache(maxsize=FACE_POINTS)
def _column(landmark: int) -> Array:
    """(468,) how far each vertex follows a landmark's pull, 1 at the landmark, 0 where the face is held."""
    held = tuple(group != _group(landmark) for group in range(len(HELD)))
    kernel = _kernel(held)
    column = kernel[:, landmark] / kernel[landmark, landmark]
    column.flags.writeable = False
    return np.asarray(column)


def _group(landmark: int) -> int:
    if landmark in LIP_POINTS:
        return HELD.index(LIPS)
    return next((k for k, points in enumerate(HELD) if landmark in points), -1)


@lru_cache(maxsize=8)
def _kernel(held: tuple[bool, ...]) -> Array:
    """(468, 468) Green's function of L^2 + `SPREAD` on the mesh's graph, zero at the groups that are held."""
    full = _free_kernel()
    points = sorted({p for group, used in zip(HELD, held, strict=True) if used for p in group})
    across = full[:, points]
    kernel = full - across @ np.linalg.solve(full[np.ix_(points, points)], across.T)
    kernel.flags.writeable = False
    return kernel


@lru_cache(maxsize=1)
def _free_kernel() -> Array:
    laplacian = np.zeros((FACE_POINTS, FACE_POINTS))
    for a, b in ((0, 1), (1, 2), (2, 0)):
        laplacian[TRIANGLES[:, a], TRIANGLES[:, b]] = -1.0
        laplacian[TRIANGLES[:, b], TRIANGLES[:, a]] = -1.0
    np.fill_diagonal(laplacian, -laplacian.sum(axis=1))
    return np.asarray(np.linalg.inv(laplacian @ laplacian + SPREAD * np.eye(FACE_POINTS)))
