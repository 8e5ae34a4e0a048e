"""What the solver minimises: how much each point, shape and change counts.

A tracked face is L = s R (N + sum_k c_k B_k) + t. With the rigid motion that the pose weights would
choose taken out of every shape (J the seven rigid directions at N, H their weighted least squares), the
coefficients of a frame minimise

    0.5 |sqrt(W) (I - J H) (P - N - B c)|^2 / (sigma^2 kappa) + sparsity c + 0.5 ridge c^2,  0 <= c <= 1,

tied to the neighbouring frames by 0.5 lambda_k (c_t - c_{t-1})^2. Lengths are eye distances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.document.channels import SHAPES
from core.head.shapes import SHAPE_INDEX
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
    LIP_OUTER_LOWER,
    LIP_OUTER_UPPER,
    OVAL,
    POINTS,
)
from core.values.geometry import smoothstep

Array = NDArray[np.float64]

UPPER_POINTS = np.array([*LID_RIGHT_UPPER[2:-2], *LID_LEFT_UPPER[2:-2], *LIP_INNER_UPPER[2:-2]])
LOWER_POINTS = np.array([*LID_RIGHT_LOWER[2:-2], *LID_LEFT_LOWER[2:-2], *LIP_INNER_LOWER[2:-2]])
"""Points that face each other across the eyes and the mouth."""
NOISE = 0.006
"""sigma: standard deviation of a tracked coordinate."""
CORRELATION = 12.0
"""kappa: neighbouring points err together, so that many of them count as this much fewer."""
LIDS = tuple(sorted({*LID_RIGHT_UPPER, *LID_RIGHT_LOWER, *LID_LEFT_UPPER, *LID_LEFT_LOWER}))
LIPS = tuple(sorted({*LIP_INNER_UPPER, *LIP_INNER_LOWER, *LIP_OUTER_UPPER, *LIP_OUTER_LOWER}))
LOWER_FACE = 0.12
"""Canonical y below which the jaw moves the face, so that it says little of the pose."""
RATE = 30.0
"""Frames per second at which the spreads of `temporal_spread` are meant."""
TRACKED_BLINK = 0.86
"""Part of an eye's closing that the tracker reports when the lids touch."""
OPENING_WEIGHT = 12.0
"""How much the distance of an upper and a lower lid or lip point counts: a shut eye and a shut mouth must be told."""
SPARSITY, RIDGE = 6.0, 2.0
RELIEF = 0.3
EASY = {"eyeBlinkLeft": 0.1, "eyeBlinkRight": 0.1}
RARE = {"jawForward": 6.0, "cheekPuff": 2.0, "mouthShrugLower": 2.0, "mouthShrugUpper": 4.0}
ANTAGONISTS = (
    ("eyeLookUpLeft", "eyeLookDownLeft"), ("eyeLookUpRight", "eyeLookDownRight"),
    ("eyeLookInLeft", "eyeLookOutLeft"), ("eyeLookInRight", "eyeLookOutRight"),
    ("eyeWideLeft", "eyeBlinkLeft"), ("eyeWideRight", "eyeBlinkRight"),
    ("eyeWideLeft", "eyeSquintLeft"), ("eyeWideRight", "eyeSquintRight"),
    ("mouthSmileLeft", "mouthFrownLeft"), ("mouthSmileRight", "mouthFrownRight"),
    ("jawLeft", "jawRight"), ("mouthLeft", "mouthRight"),
)  # fmt: skip
"""Shapes of which a face makes one or the other."""
RIVALS = (("eyeSquint", 0.3), ("eyeLookDown", 0.1))
"""What closes an eye beside its blink, which is to say it when it can; with the strength of the exclusion."""
EYES = ((LID_RIGHT_UPPER, LID_RIGHT_LOWER, IRIS_RIGHT), (LID_LEFT_UPPER, LID_LEFT_LOWER, IRIS_LEFT))


@dataclass(frozen=True, slots=True)
class Settings:
    """Parts of the objective that experiments switch; the defaults are what the card reports.

    exclusion: strength of c_i c_j between antagonists, in units of their own
        curvature, and rivalry that of a blink's `RIVALS` as a
        multiple of their own. relief: coefficient at which a
        shape's price has halved. opening: weight of
        every lid pair's and lip pair's distance, beside the points' own.
    """

    sparsity: float = SPARSITY
    ridge: float = RIDGE
    smoothness: float = 1.0
    exclusion: float = 1.0
    rivalry: float = 1.0
    relief: float = RELIEF
    noise: float = NOISE
    opening: float = OPENING_WEIGHT


def point_weights() -> Array:
    """(478, 3) W: how much a coordinate counts for the expression."""
    weight = np.ones(POINTS)
    weight[list(LIDS)] = 6.0
    weight[list(LIPS)] = 2.0
    weight[list(OVAL)] = 0.3
    weight[FACE_POINTS:] = 0.0
    weight[[IRIS_RIGHT[0], IRIS_LEFT[0]]] = 9.0
    out = np.repeat(weight[:, None], 3, axis=1)
    out[:, 2] *= 0.1
    out[FACE_POINTS:, 2] = 0.0
    return out


def pose_weights(neutral: Array) -> Array:
    """(478, 3) Wp: how much a coordinate counts for the pose."""
    weight = np.ones(POINTS)
    weight[list(OVAL)] = 0.3
    weight[neutral[:, 1] > LOWER_FACE] *= 0.3
    weight[FACE_POINTS:] = 0.0
    out = np.repeat(weight[:, None], 3, axis=1)
    out[:, 2] *= 0.3
    return out


def rigid_directions(points: Array) -> Array:
    """(1434, 7): displacement of points (478, 3) under shifts, small turns and growth."""
    directions = np.zeros((7, len(points), 3))
    for axis in range(3):
        unit = np.eye(3)[axis]
        directions[axis] = unit
        directions[3 + axis] = np.cross(unit, points)
    directions[6] = points
    return np.asarray(directions.reshape(7, -1).T)


def temporal_spread() -> Array:
    """(52,) typical change of a shape from frame to frame at `RATE`."""
    spread = np.full(len(SHAPES), 0.12)
    for name, k in SHAPE_INDEX.items():
        if name.startswith("eyeBlink"):
            spread[k] = 0.6
        elif "Look" in name:
            spread[k] = 0.4
        elif name.startswith(("jaw", "mouth")):
            spread[k] = 0.2
    return spread


def eye_openings(points: Array) -> Array:
    """Mean lid distance of (..., 478, 3) -> (..., 2), right eye first, in the unit of the points."""
    gaps = [
        (points[..., lower[2:-2], 1] - points[..., upper[2:-2], 1]).mean(axis=-1)
        for upper, lower in ((list(up), list(low)) for up, low, _ in EYES)
    ]
    return np.stack(gaps, axis=-1)


def without_gaze_when_closed(points: Array, neutral: Array) -> Array:
    """Canonical (T, 478, 3) with gaze faded out as an eye closes from .65 to .3 of its neutral opening.

    Irises then go along with their eyes' corners.
    """
    out = points.copy()
    share = smoothstep(eye_openings(points) / np.maximum(eye_openings(neutral), 1e-3), 0.3, 0.65)
    for eye, (upper, _, iris) in enumerate(EYES):
        corners = [upper[0], upper[-1]]
        still = neutral[list(iris)] + (points[:, corners] - neutral[corners]).mean(axis=1)[:, None]
        out[:, list(iris)] = still + share[:, eye, None, None] * (points[:, list(iris)] - still)
    return out


class Objective:
    """The quadratic form of one person's face.

    neutral: (478, 3). basis: (52, 478, 3), what the tracker reports of each shape on this face. modes:
    (k, 478, 3) with deviations (k,), free directions beyond the shapes with a Gaussian prior.
    """

    def __init__(
        self,
        neutral: Array,
        basis: Array,
        modes: Array | None = None,
        mode_deviation: Array | None = None,
        settings: Settings | None = None,
    ) -> None:
        settings = settings or Settings()
        self.neutral = neutral
        self.shapes = len(basis)
        self.basis = basis if modes is None else np.concatenate([basis, modes])
        flat = self.basis.reshape(len(self.basis), -1)
        self.rigid = rigid_directions(neutral)
        weighted = self.rigid * pose_weights(neutral).reshape(-1, 1)
        self.to_rigid: Array = np.linalg.solve(self.rigid.T @ weighted, weighted.T)
        self._scale = np.sqrt(point_weights()).ravel() / (settings.noise * np.sqrt(CORRELATION))
        self._relief = settings.relief
        self._opening = np.sqrt(settings.opening / (CORRELATION * settings.noise**2))
        self._flat = flat
        self._columns = self._measured(flat)
        self.quadratic: Array = self._columns @ self._columns.T
        diagonal = np.diag(self.quadratic).copy()
        pairs = [(first, second, settings.exclusion) for first, second in ANTAGONISTS]
        pairs += [(f"eyeBlink{side}", rival + side, settings.rivalry * strength)
                  for rival, strength in RIVALS for side in ("Left", "Right")]  # fmt: skip
        for first, second, strength in pairs:
            i, j = SHAPE_INDEX[first], SHAPE_INDEX[second]
            coupling = strength * np.sqrt(diagonal[i] * diagonal[j])
            self.quadratic[i, j] += coupling
            self.quadratic[j, i] += coupling
        factor = np.ones(self.shapes)
        for name, value in (EASY | RARE).items():
            factor[SHAPE_INDEX[name]] = value
        extra = len(self.basis) - self.shapes
        spread = np.zeros(0) if mode_deviation is None else mode_deviation
        self.sparsity: Array = np.r_[settings.sparsity * factor, np.zeros(extra)]
        self.ridge: Array = np.r_[settings.ridge * factor, 1.0 / np.maximum(spread, 1e-6) ** 2]
        self.temporal: Array = np.r_[settings.smoothness * 0.25 / temporal_spread() ** 2, np.zeros(extra)]
        self.low: Array = np.r_[np.zeros(self.shapes), np.full(extra, -np.inf)]
        self.high: Array = np.r_[np.ones(self.shapes), np.full(extra, np.inf)]
        dead = diagonal < 1e-6
        self.low[dead] = self.high[dead] = 0.0

    def _measured(self, flat: Array) -> Array:
        """Displacements (n, 1434) less the rigid motion that the pose weights see in them, weighted, (n, m)."""
        still = flat - (flat @ self.to_rigid.T) @ self.rigid.T
        points = still.reshape(len(still), POINTS, 3)
        for upper, _, iris in EYES:
            # A hundredth of an eye distance is ten degrees of gaze: more than a pose is good for, so that an
            # eye's direction is read between its own corners.
            points[:, list(iris)] -= points[:, [upper[0], upper[-1]]].mean(axis=1)[:, None]
        opening = still[:, LOWER_POINTS * 3 + 1] - still[:, UPPER_POINTS * 3 + 1]
        return np.hstack([still * self._scale, opening * self._opening])

    def linear(self, canonical: Array) -> Array:
        """(T, 478, 3) canonical faces -> (T, K), the linear term of each frame."""
        seen = without_gaze_when_closed(canonical, self.neutral) - self.neutral
        return np.asarray(self._measured(seen.reshape(len(seen), -1)) @ self._columns.T)

    def sparsity_relief(self, coefficients: Array) -> Array:
        """(T, K) what is given back to the linear term so that shapes in use are not shrunk.

        Reweighted l1 (E. Candes, M. Wakin, S. Boyd, "Enhancing sparsity by reweighted l1 minimization",
        2008): the price of a shape falls as `RELIEF / (RELIEF + c)` with its last coefficient c.
        """
        return np.asarray(self.sparsity * coefficients.clip(0) / (self._relief + coefficients.clip(0)))

    def faces(self, coefficients: Array) -> Array:
        """(T, K) -> (T, 478, 3) the faces that the coefficients describe."""
        return np.asarray(self.neutral + (coefficients @ self._flat).reshape(-1, POINTS, 3))
