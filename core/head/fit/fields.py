"""The 52 displacement fields on the canonical face, and what the tracker reports of each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.document.channels import SHAPES, swap_sides
from core.head.fit.canonical import FLIP
from core.head.fit.correspond import Correspondence
from core.head.fit.ict import IctHead
from core.head.fit.studio import Studio
from core.head.fit.tracks import FaceMesh
from core.head.fit.untangle import untangled
from core.head.personal import EYE_RADIUS, LOOK_ANGLES, close_contacts, iris_fields, moved_fields
from core.head.pose import fit_pose, head_angles, similarity, stable_weights
from core.head.shapes import SHAPE_INDEX
from core.head.topology import FACE_POINTS, LIP_INNER_LOWER, LIP_INNER_UPPER, OVAL

Array = NDArray[np.float64]

ICT_EYE_RADIUS = 1.45
GAIN_RANGE = (0.4, 1.2)
SOLVED_GAIN = 0.6
"""Least gain in the table that clips are solved with; smaller ones let quiet shapes saturate."""
UNMEASURED = ("mouthClose", "Look", "Blink", "tongueOut")
"""Shapes by parts of their names whose gain renders cannot tell."""


def drawn_fields(
    head: IctHead, at: Correspondence, neutral: Array, mirror: NDArray[np.int64], log: Callable[[str], None]
) -> Array:
    """(52, 478, 3) for drawing: the ICT shapes sampled, made symmetric and moved to the canonical face."""
    face = at.sample(head.vertices)
    unit = float(np.linalg.norm(face[263] - face[33]))
    onto = similarity(face, neutral[:FACE_POINTS])
    placed = onto.to_picture(face)
    log(f"ICT units between the outer eye corners: {unit:.3f}")
    log(
        f"ICT face against the canonical one, rms: {np.sqrt(((placed - neutral[:FACE_POINTS]) ** 2).sum(1).mean()):.4f}"
    )
    sampled = np.array([onto.scale * at.sample(head.shape(name)) @ onto.rotation.T for name in SHAPES])
    raw = symmetric(sampled, mirror)
    fields = iris_fields(neutral)
    fields[:, :FACE_POINTS] = moved_fields(raw, placed, neutral)
    fields = symmetric(close_contacts(fields, neutral), mirror)
    upper, lower = LIP_INNER_UPPER[5], LIP_INNER_LOWER[5]
    crossing = placed[lower, 1] - placed[upper, 1]
    crossing += sum(
        raw[SHAPE_INDEX[name], lower, 1] - raw[SHAPE_INDEX[name], upper, 1] for name in ("jawOpen", "mouthClose")
    )
    log(f"lip gap at jawOpen + mouthClose before contact was made exact: {crossing:.4f}")
    for _ in range(3):  # contact may tangle and untangling may part
        fields = symmetric(untangled(neutral, close_contacts(fields, neutral)), mirror)
    return close_contacts(fields, neutral)


def symmetric(fields: Array, mirror: NDArray[np.int64]) -> Array:
    """Fields (52, n, 3) averaged with the mirror image of their partners."""
    partner = [SHAPE_INDEX[swap_sides(name)] for name in SHAPES]
    flip = mirror[: fields.shape[1]]
    return np.asarray(0.5 * (fields + fields[partner][:, flip] * FLIP))


def observed_fields(
    head: IctHead, fields: Array, neutral: Array, mirror: NDArray[np.int64], people: int
) -> tuple[Array, Array]:
    """What the tracker reports: (52, 478, 3) and the gains (52,), from renders of known shapes.

    Half gain times field, half the report itself, in the plane of the picture; depth by the gain alone.
    Shapes with gains below `SOLVED_GAIN` are enlarged to it.
    """
    studio, mesh, rng = Studio(head, size=448), FaceMesh(still=True), np.random.default_rng(5)
    weights = (stable_weights() > 0).astype(np.float64)
    measured = [name for name in SHAPES if not name.endswith("Right") and not any(part in name for part in UNMEASURED)]
    reports: dict[str, list[Array]] = {name: [] for name in measured}
    for number in range(people):
        person = head.vertices + (0 if number == 0 else head.person(rng))
        calm = mesh(studio.render(person).picture)
        if calm is None:
            continue
        pose = similarity(neutral, calm, weights)  # the head stays still, so one pose serves all its pictures
        for name in measured:
            points = mesh(studio.render(person + head.shape(name)).picture)
            if points is not None:
                reports[name].append((points - calm) @ pose.rotation / pose.scale)
    mesh.close()
    gains, observed = np.ones(len(SHAPES)), fields.copy()
    trust = np.ones((FACE_POINTS, 1))
    trust[list(OVAL)] = 0.3
    for name, seen in reports.items():
        if not seen:
            continue
        field, report = fields[SHAPE_INDEX[name]], np.mean(seen, axis=0)
        plane, seen_plane = field[:FACE_POINTS, :2], report[:FACE_POINTS, :2]
        gain = float(np.clip((plane * seen_plane * trust).sum() / (plane**2 * trust).sum(), *GAIN_RANGE))
        both = gain * field
        both[:FACE_POINTS, :2] = 0.5 * (both[:FACE_POINTS, :2] + seen_plane)
        both *= max(1.0, SOLVED_GAIN / gain)
        other = SHAPE_INDEX[swap_sides(name)]
        observed[other], gains[other] = both[mirror] * FLIP, gain
        observed[SHAPE_INDEX[name]], gains[SHAPE_INDEX[name]] = both, gain
    return symmetric(observed, mirror), gains


def iris_gains(head: IctHead, neutral: Array, people: int) -> dict[str, float]:
    """Iris travel that the tracker reports on renders, as a part of the true one, by eyeLook direction."""
    studio, mesh, rng = Studio(head, size=448), FaceMesh(still=True), np.random.default_rng(5)
    travel: dict[str, list[float]] = {way: [] for way in LOOK_ANGLES}
    weights = (stable_weights() > 0).astype(np.float64)
    fields = iris_fields(neutral)
    for number in range(people):
        person = head.vertices + (0 if number == 0 else head.person(rng))
        calm = mesh(studio.render(person).picture)
        if calm is None:
            continue
        pose = similarity(neutral, calm, weights)
        for way, (outwards, up) in LOOK_ANGLES.items():
            look = ICT_EYE_RADIUS * np.sin(np.radians([outwards, up]))
            shaped = person + head.shape(f"eyeLook{way}Left")
            points = mesh(studio.render(shaped, look=(float(look[0]), float(look[1]))).picture)
            if points is not None:
                moved = ((points - calm) @ pose.rotation / pose.scale)[473, :2]
                truth = fields[SHAPE_INDEX[f"eyeLook{way}Left"], 473, :2]
                travel[way].append(float(moved @ truth / (truth @ truth)))
    mesh.close()
    return {way: float(np.mean(values)) for way, values in travel.items() if values}


def iris_parallax(head: IctHead, neutral: Array, people: int) -> float:
    """False iris travel of a turning head with still eyes, as a part of the eyes' true travel.

    The tracker sets irises too far back, so that they seem to move in the direction of the turn; it adds
    to the gain that eyes which stay on the camera show.
    """
    studio, mesh, rng = Studio(head, size=448), FaceMesh(still=True), np.random.default_rng(5)
    slopes = []
    for number in range(people):
        person = head.vertices + (0 if number == 0 else head.person(rng))
        own: Array | None = None
        turn, travel = [], []
        for yaw in (0, -16, -8, 8, 16):
            points = mesh(studio.render(person, yaw=yaw).picture)
            if points is None:
                continue
            pose = fit_pose(points, neutral if own is None else own)
            face = pose.to_canonical(points)
            own = face if own is None else own
            turn.append(np.sin(np.radians(head_angles(pose.rotation)[0])))
            travel.append(np.mean([face[468, 0] - 0.5 * (face[33, 0] + face[133, 0]),
                                   face[473, 0] - 0.5 * (face[263, 0] + face[362, 0])]))  # fmt: skip
        slopes.append(np.polyfit(turn, travel, 1)[0] / EYE_RADIUS)
    mesh.close()
    return float(np.median(slopes))


def with_gaze_gains(
    observed: Array, gains: Array, fields: Array, sideways: float, upright: float
) -> tuple[Array, Array]:
    """The tables with the irises of the eyeLook shapes moved by parts of their true travel."""
    observed, gains = observed.copy(), gains.copy()
    for name, k in SHAPE_INDEX.items():
        if "Look" in name:
            gains[k] = sideways if "In" in name or "Out" in name else upright
            observed[k, FACE_POINTS:] = gains[k] * fields[k, FACE_POINTS:]
    return observed, gains
