"""Made-up performances whose shapes, head motion and noise are known, to test what tracks and solves them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from core.document.channels import SHAPES
from core.head.objective import ANTAGONISTS
from core.head.pose import Poses, rotation_of
from core.head.shapes import SHAPE_INDEX, HeadShapes
from core.head.solve import tracked_basis

Array = NDArray[np.float64]

ACTIVE_SHARE = 0.14
"""Part of the time that a shape is in use."""
PIXELS_PER_UNIT = 120.0
SHUT_EYE = (("eyeBlinkLeft", "eyeSquintLeft"), ("eyeBlinkRight", "eyeSquintRight"))


@dataclass(frozen=True, slots=True, eq=False)
class Performance:
    """landmarks: (T, 478, 3) pixels, as a tracker would report them. weights: (T, 52). neutral: (478, 3)."""

    landmarks: Array
    weights: Array
    poses: Poses
    neutral: Array


def performance(shapes: HeadShapes, frames: int, noise: float, seed: int) -> Performance:
    """A random person who performs, at 30 frames per second.

    noise: standard deviation of every tracked coordinate in eye distances. The person's features are
    drawn from the identity modes; about one frame in three is nearly calm; antagonists exclude each other.
    """
    rng = np.random.default_rng(seed)
    features = rng.normal(0.0, 0.7, len(shapes.identity)) * shapes.identity_deviation
    neutral = shapes.neutral + np.tensordot(features, shapes.identity, 1)
    weights = _weights(rng, frames)
    angles = gaussian_filter1d(rng.normal(0, 1, (frames, 3)), 20, axis=0)
    angles *= np.array([8.0, 5.0, 4.0]) / np.maximum(angles.std(axis=0), 1e-9)
    poses = Poses(
        PIXELS_PER_UNIT * (1 + 0.05 * np.sin(np.arange(frames) / 50)),
        np.array([rotation_of(*row) for row in angles]),
        np.array([256.0, 256.0, 0.0]) + 20 * gaussian_filter1d(rng.normal(0, 4, (frames, 3)), 20, axis=0),
    )
    faces = neutral + np.tensordot(weights, tracked_basis(shapes, neutral), 1)
    faces += rng.normal(0, noise, faces.shape)
    return Performance(poses.to_picture(faces), weights, poses, neutral)


def _weights(rng: np.random.Generator, frames: int) -> Array:
    """(T, 52) bumps in time; both sides mostly move together."""
    drive = gaussian_filter1d(rng.normal(0, 1, (frames, len(SHAPES))), 5, axis=0, mode="wrap")
    drive /= drive.std(axis=0)
    for name, k in SHAPE_INDEX.items():
        if name.endswith("Right") and not name.startswith(("jaw", "mouthRight")):
            drive[:, k] = 0.9 * drive[:, SHAPE_INDEX[name.removesuffix("Right") + "Left"]] + 0.43 * drive[:, k]
    calm = gaussian_filter1d(rng.normal(0, 1, frames), 12, mode="wrap")
    level = np.quantile(drive, 1 - ACTIVE_SHARE)
    weights = np.clip((drive - level) * 0.8, 0, 1) * (calm > np.quantile(calm, 1 / 3))[:, None]
    weights = np.clip(gaussian_filter1d(weights, 1, axis=0), 0, 1)
    for first, second in ANTAGONISTS + SHUT_EYE:
        i, j = SHAPE_INDEX[first], SHAPE_INDEX[second]
        weights[:, j] *= weights[:, i] < weights[:, j]
        weights[:, i] *= weights[:, j] == 0
    weights[:, SHAPE_INDEX["mouthClose"]] = np.minimum(
        weights[:, SHAPE_INDEX["mouthClose"]], weights[:, SHAPE_INDEX["jawOpen"]]
    )
    weights[:, SHAPE_INDEX["tongueOut"]] = 0
    shut = weights[:, [SHAPE_INDEX["eyeBlinkLeft"], SHAPE_INDEX["eyeBlinkRight"]]].max(axis=1) > 0.4
    for left, right in (("In", "Out"), ("Out", "In"), ("Up", "Up"), ("Down", "Down")):
        look = SHAPE_INDEX[f"eyeLook{left}Left"]
        weights[shut, look] = 0  # a shut eye shows no gaze
        weights[:, SHAPE_INDEX[f"eyeLook{right}Right"]] = weights[:, look]
    return weights
