"""Light that follows the form: first-order spherical harmonics from the photo's own skin.

To a convex, matt surface all light is nearly a constant plus a direction (R. Basri and D. Jacobs,
"Lambertian reflectance and linear subspaces", 2003), so four numbers fitted to luminance over normals
tell how skin brightens when it turns. Only ratios are used: the photo keeps its pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.generation.mesh.face import FaceRig, PosedFace
from core.head import topology
from core.head.topology import FACE_POINTS, OVAL, TRIANGLES

Array = NDArray[np.float64]

GAMMA = 2.2
DARKEST, BRIGHTEST = 0.6, 1.5
ROBUST = 0.08
"""Residual, in linear luminance of white, at which a sample counts half."""
ROUNDS = 8
NOT_SKIN = frozenset((
    *topology.LID_RIGHT_UPPER, *topology.LID_RIGHT_LOWER, *topology.LID_LEFT_UPPER, *topology.LID_LEFT_LOWER,
    *topology.LIP_INNER_UPPER, *topology.LIP_INNER_LOWER, *topology.LIP_OUTER_UPPER, *topology.LIP_OUTER_LOWER,
    70, 63, 105, 66, 107, 46, 53, 52, 65, 55, 300, 293, 334, 296, 336, 276, 283, 282, 295, 285,
))  # fmt: skip
"""Lids, lips and brows say nothing of the light."""


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """coefficients (4,): linear luminance of skin = c0 + c[1:] . n for outward normals n in picture axes
    (x right, y down, z away); normals (468, 3) at rest. The photo's grey level is in 0..1.
    """

    coefficients: Array
    normals: Array

    @property
    def ambient(self) -> float:
        return float(self.coefficients[0])

    @property
    def direction(self) -> Array:
        """(3,) towards the light in picture axes, its length the share of directed light, 0 when even."""
        return np.asarray(self.coefficients[1:] / max(float(self.coefficients[0]), 1e-3))


def fit_light(rig: FaceRig) -> Light:
    """The light on a face, from the photo around each vertex that is skin."""
    image = rig.subject.image
    normals = vertex_normals(rig.neutral[:FACE_POINTS]) @ rig.rotation.T
    x, y = np.round(rig.vertices[:FACE_POINTS, :2]).astype(int).T
    inside = (x >= 0) & (y >= 0) & (x < image.width) & (y < image.height)
    skin = inside & ~np.isin(np.arange(FACE_POINTS), list(NOT_SKIN))
    # The far side of a turned face is seen edge on, and its pixels are the background's as often as not.
    skin &= normals[:, 2] < -0.15
    if skin.sum() < 40:
        return Light(np.array([0.4, 0.0, 0.0, 0.0]), normals)
    design = np.column_stack([np.ones(FACE_POINTS), normals])[skin]
    values = _luminance(rig)[skin]
    weight = np.ones(len(values))
    coefficients = np.zeros(4)
    ridge = 1e-3 * len(values) * np.diag([0.0, 1.0, 1.0, 1.0])
    for _ in range(ROUNDS):
        weighted = design * weight[:, None]
        coefficients = np.linalg.solve(design.T @ weighted + ridge, weighted.T @ values)
        weight = 1 / (1 + ((values - design @ coefficients) / ROBUST) ** 2)
    return Light(coefficients, normals)


def vertex_gain(light: Light, posed: PosedFace, strength: float = 1.0) -> Array:
    """(468,) what the skin's sRGB values are multiplied by in this state: 1 at rest, and along the face's rim.

    strength: the `look.shading` channel, 0 to 2.
    """
    normals = vertex_normals(posed.canonical[:FACE_POINTS]) @ posed.facing.T
    now = np.maximum(light.coefficients[0] + normals @ light.coefficients[1:], 0.02)
    before = np.maximum(light.coefficients[0] + light.normals @ light.coefficients[1:], 0.02)
    gain = 1 + strength * (np.clip((now / before) ** (1 / GAMMA), DARKEST, BRIGHTEST) - 1)
    gain[list(OVAL)] = 1.0
    return np.asarray(np.clip(gain, DARKEST, BRIGHTEST))


def vertex_normals(points: Array) -> Array:
    """(468, 3) unit normals of the face's vertices, towards the viewer of a frontal face (z < 0)."""
    corners = points[TRIANGLES]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = np.empty((FACE_POINTS, 3))
    index = TRIANGLES.ravel()
    for axis in range(3):
        total[:, axis] = np.bincount(index, np.repeat(faces[:, axis], 3), FACE_POINTS)
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12))


def _luminance(rig: FaceRig) -> Array:
    """(468,) linear luminance around each vertex, over about 3 mm."""
    image = rig.subject.image
    points = rig.vertices[:FACE_POINTS, :2]
    low = np.clip(np.floor(points.min(0)).astype(int) - 8, 0, None)
    high = np.ceil(points.max(0)).astype(int) + 9
    region = image.pixels[low[1] : high[1], low[0] : high[0]].astype(np.float32) / np.float32(image.peak)
    grey = cv2.GaussianBlur(region @ np.array([0.299, 0.587, 0.114], np.float32), (0, 0), max(0.03 * rig.scale, 0.5))
    x = np.clip(np.round(points[:, 0] - low[0]).astype(int), 0, grey.shape[1] - 1)
    y = np.clip(np.round(points[:, 1] - low[1]).astype(int), 0, grey.shape[0] - 1)
    return np.asarray(grey[y, x].astype(np.float64) ** GAMMA)
