"""Tracked landmarks -> weights of the 52 shapes, gaze, head pose, and what is left over.

A clip is solved as a whole: bounded coordinate descent over all frames (`sweep`) in turn with
Gauss-Newton steps of the pose, on the performer's own neutral face, which is found from the clip unless
it is given. The drawn shapes are larger than what the tracker reports of them (`HeadShapes.observed`),
so weights are solved with one table and drawn with the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.document.channels import SHAPES
from core.errors import NoFaceFound
from core.head.gaze import LOOKS, gaze_of, look_weights, read_gaze, tied_gaze
from core.head.neutral import first_guess
from core.head.objective import RATE, TRACKED_BLINK, Objective, Settings, eye_openings
from core.head.personal import observed_shapes, personal_shapes
from core.head.pose import Pose, Poses, face_width, fit_poses, head_motion, steadied
from core.head.shapes import SHAPE_INDEX, HeadShapes, load_head_shapes
from core.head.sweep import descend
from core.head.topology import FACE_POINTS
from core.values.progress import Progress

Array = NDArray[np.float64]

NEUTRAL_ROUNDS = 4
ROUNDS, SWEEPS, TOLERANCE = 3, 12, 2e-3
ROUNDS_FROM_NOTHING = 6
LIVE_ROUNDS = 2


@dataclass(frozen=True, slots=True, eq=False)
class SolvedClip:
    """A performance. Rows of frames in which the face was lost are NaN, but for `found`.

    weights: (T, 52) in [0, 1], in the order of `SHAPES`.
    gaze: (T, 2, 2) degrees (yaw, pitch) in the head, right eye first, relative to the neutral.
    poses: of `neutral` in every frame.
    head: (T, 6) yaw, pitch, roll in degrees, x, y in face widths, scale: relative to `reference`.
    modes: (T, k) coefficients of the head's residual modes, zero when they were not asked for.
    residual: (T, 478, 3) canonical displacement of the tracked face beyond the drawn shapes; zero on
        the irises, which the gaze moves.
    neutral: (478, 3) canonical. reference: the pose in the calmest frame. found: (T,).
    """

    weights: Array
    gaze: Array
    poses: Poses
    head: Array
    modes: Array
    residual: Array
    neutral: Array
    reference: Pose
    found: NDArray[np.bool_]
    rate: float


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """coefficients: (T, K) shapes, then modes. poses: of the neutral. canonical: (T, 478, 3) the tracked faces."""

    coefficients: Array
    poses: Poses
    canonical: Array


def solve_frames(
    objective: Objective,
    landmarks: Array,
    links: Array,
    *,
    rounds: int = ROUNDS,
    start: tuple[Array, Poses] | None = None,
    before: Array | None = None,
    rate: float | None = None,
) -> Solution:
    """Coefficients and poses of frames (T, 478, 3) without gaps.

    links: (T,) tie of each frame to the one before. start: coefficients and poses to begin with.
    before: (K,) coefficients of a frame before the first, which is tied to it by links[0]. rate: frames per
    second of a clip, whose poses are then `steadied`; without it every frame's pose stands for itself.
    """
    poses = fit_poses(landmarks, objective.neutral) if start is None else start[1]
    count = len(objective.quadratic)
    held = 0 if before is None else 1
    coefficients = np.zeros((held + len(landmarks), count))
    if before is not None:
        coefficients[0] = before
    if start is not None:
        coefficients[held:] = start[0]
    all_links = np.r_[np.zeros(held), links]
    canonical = poses.to_canonical(landmarks)
    for turn in range(rounds):
        linear = np.vstack([np.zeros((held, count)), objective.linear(canonical)])
        if turn or start is not None:
            linear += objective.sparsity_relief(coefficients)
        descend(
            objective.quadratic, linear, objective.sparsity, objective.ridge, objective.temporal, all_links,
            objective.low, objective.high, coefficients, held, SWEEPS, TOLERANCE,
        )  # fmt: skip
        faces = objective.faces(coefficients[held:])
        for _ in range(2):
            poses = _pose_step(objective, poses, canonical - faces)
            canonical = poses.to_canonical(landmarks)
        if rate is not None:
            poses = steadied(poses, landmarks, objective.neutral, rate)
            canonical = poses.to_canonical(landmarks)
    return Solution(coefficients[held:], poses, canonical)


def _pose_step(objective: Objective, poses: Poses, difference: Array) -> Poses:
    """One Gauss-Newton step of the poses for tracked less described faces (T, 478, 3)."""
    step = difference.reshape(len(difference), -1) @ objective.to_rigid.T
    shift, turn, growth = step[:, :3], step[:, 3:6], step[:, 6]
    angle = np.linalg.norm(turn, axis=1) + 1e-12
    cross = np.zeros((len(turn), 3, 3))
    x, y, z = (turn / angle[:, None]).T
    cross[:, 0, 1], cross[:, 0, 2], cross[:, 1, 2] = -z, y, -x
    cross -= np.swapaxes(cross, 1, 2)
    # Rodrigues' formula.
    rotation = np.eye(3) + np.sin(angle)[:, None, None] * cross
    rotation += (1 - np.cos(angle))[:, None, None] * np.matmul(cross, cross)
    moved = poses.translation + poses.scale[:, None] * np.einsum("tij,tj->ti", poses.rotation, shift)
    return Poses(poses.scale * (1 + growth), np.matmul(poses.rotation, rotation), moved)


def tracked_basis(shapes: HeadShapes, neutral: Array) -> Array:
    """(52, 478, 3) what the tracker reports of each shape on a person's neutral."""
    basis = observed_shapes(shapes, neutral)
    basis[[SHAPE_INDEX["eyeBlinkRight"], SHAPE_INDEX["eyeBlinkLeft"]]] *= TRACKED_BLINK
    return basis


def drawn_on(shapes: HeadShapes, neutral: Array) -> Array:
    """(52, 478, 3) what a weight of 1 draws on a performer's neutral (478, 3), less what the tracker misses of a blink.

    A clip's residual is what these leave of the tracked face. Irises stay: they are moved by the gaze.
    """
    drawn = personal_shapes(shapes, neutral)
    drawn[[SHAPE_INDEX["eyeBlinkRight"], SHAPE_INDEX["eyeBlinkLeft"]]] *= TRACKED_BLINK
    drawn[:, FACE_POINTS:] = 0.0
    return drawn


def solve_clip(
    landmarks: Array,
    rate: float,
    *,
    neutral: Array | None = None,
    progress: Progress | None = None,
    shapes: HeadShapes | None = None,
    modes: int = 0,
    settings: Settings | None = None,
) -> SolvedClip:
    """Solve a tracked clip.

    landmarks: (T, 478, 3) pixels, NaN rows where the face is lost. rate: frames per second. neutral:
    (478, 3) the performer's face at rest in canonical space, if it is known. modes: how many residual
    modes to solve beside the shapes. Raises `NoFaceFound` when no frame has a face.
    """
    shapes = shapes or load_head_shapes()
    progress = progress or Progress()
    found = np.isfinite(landmarks).all(axis=(1, 2))
    if not found.any():
        raise NoFaceFound("No face was found in the clip", "Use a clip in which one face is seen from the front.")
    seen = landmarks[found]
    links = frame_links(found, rate)
    extra = shapes.modes[:modes] if modes else None
    deviation = shapes.mode_deviation[:modes] if modes else None
    given = neutral is not None
    if neutral is None:
        neutral = first_guess(seen, shapes.neutral)
    steps = 1 if given else NEUTRAL_ROUNDS
    start: tuple[Array, Poses] | None = None
    basis = tracked_basis(shapes, neutral)
    for step in range(steps):
        progress.report(step, steps, "solving expressions")
        last = step == steps - 1
        if last and step:
            # The rounds between refine the neutral by less than its shapes would notice.
            basis = tracked_basis(shapes, neutral)
        objective = Objective(neutral, basis, extra, deviation, settings)
        rounds = ROUNDS_FROM_NOTHING if given else ROUNDS if last else 2
        solution = solve_frames(objective, seen, links, rounds=rounds, start=start, rate=rate)
        if not last:
            neutral = _refined_neutral(objective, solution)
            start = (solution.coefficients, solution.poses)
    progress.report(steps, steps, "solving expressions")
    return _solved(shapes, objective, solution, found, rate)


def _refined_neutral(objective: Objective, solution: Solution) -> Array:
    """The mean of the tracked faces less their expressions, calm frames first."""
    calm = 1.0 / (0.05 + (solution.coefficients[:, : objective.shapes] ** 2).sum(axis=1))
    unexpressed = solution.canonical - (objective.faces(solution.coefficients) - objective.neutral)
    return np.asarray(np.tensordot(calm, unexpressed, 1) / calm.sum())


def frame_links(found: NDArray[np.bool_], rate: float) -> Array:
    """(number of found frames,) tie of each found frame to the found one before, weaker over a gap."""
    places = np.flatnonzero(found)
    gaps = np.diff(places, prepend=places[0] - 1)
    return np.asarray(np.clip((rate / RATE) ** 2, 0.25, 4.0) / gaps**2)


def _solved(
    shapes: HeadShapes, objective: Objective, solution: Solution, found: NDArray[np.bool_], rate: float
) -> SolvedClip:
    count = objective.shapes
    weights = solution.coefficients[:, :count].copy()
    gaze = read_gaze(solution.canonical, shapes, objective.neutral)
    weights[:, LOOKS] = look_weights(tied_gaze(gaze, eye_openings(solution.canonical), rate))
    drawn = drawn_on(shapes, objective.neutral)
    residual = solution.canonical - objective.neutral - np.tensordot(weights, drawn, 1)
    residual[:, FACE_POINTS:] = 0.0
    calmest = int((weights**2).sum(axis=1).argmin())
    reference = solution.poses[calmest]

    def spread(values: Array) -> Array:
        out = np.full((len(found), *values.shape[1:]), np.nan)
        out[found] = values
        return out

    poses = Poses(
        *(spread(part) for part in (solution.poses.scale, solution.poses.rotation, solution.poses.translation))
    )
    return SolvedClip(
        weights=spread(weights),
        gaze=spread(gaze_of(weights)),
        poses=poses,
        head=spread(head_motion(solution.poses, reference, face_width(objective.neutral))),
        modes=spread(solution.coefficients[:, count:]),
        residual=spread(residual),
        neutral=objective.neutral,
        reference=reference,
        found=found,
        rate=rate,
    )


def solve_still(landmarks: Array, shapes: HeadShapes | None = None) -> Array:
    """(52,) how much expression one photo shows, compared with the population's neutral.

    landmarks: (478, 3) pixels. The person's own features are explained by the identity modes, which
    have a prior, so that thick lips are not taken for a pout; what both could explain is shared.
    """
    objective = _population_objective(shapes or load_head_shapes())
    solution = solve_frames(objective, landmarks[None], np.zeros(1), rounds=ROUNDS_FROM_NOTHING)
    return np.asarray(solution.coefficients[0, : len(SHAPES)])


@lru_cache(maxsize=2)
def _population_objective(shapes: HeadShapes) -> Objective:
    basis = tracked_basis(shapes, shapes.neutral)
    return Objective(shapes.neutral, basis, shapes.identity, shapes.identity_deviation)


class LiveSolver:
    """Solves frames as they come, each started from the one before.

    neutral: (478, 3) canonical, the performer's face at rest. One solver follows one face; use it from
    one thread.
    """

    def __init__(self, neutral: Array, rate: float, shapes: HeadShapes | None = None) -> None:
        shapes = shapes or load_head_shapes()
        self._objective = Objective(neutral, tracked_basis(shapes, neutral))
        self._links = np.array([np.clip((rate / RATE) ** 2, 0.25, 4.0)])
        self._last: tuple[Array, Poses] | None = None

    def step(self, landmarks: Array) -> tuple[Array, Pose]:
        """Weights (52,) and pose of the next frame (478, 3). NaN landmarks forget the past and give NaN weights."""
        if not np.isfinite(landmarks).all():
            self._last = None
            return np.full(len(SHAPES), np.nan), Pose(np.nan, np.full((3, 3), np.nan), np.full(3, np.nan))
        if self._last is None:
            solution = solve_frames(self._objective, landmarks[None], np.zeros(1), rounds=ROUNDS_FROM_NOTHING)
        else:
            solution = solve_frames(
                self._objective, landmarks[None], self._links, rounds=LIVE_ROUNDS,
                start=self._last, before=self._last[0][0],
            )  # fmt: skip
        self._last = (solution.coefficients, solution.poses)
        return solution.coefficients[0, : len(SHAPES)], solution.poses[0]
