"""Where the tracker's 468 points lie on the ICT head, found by tracking renders of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import splu
from scipy.spatial import cKDTree

from core.head.fit.canonical import FLIP
from core.head.fit.ict import IctHead
from core.head.fit.studio import Studio
from core.head.fit.tracks import FaceMesh
from core.head.personal import uniform_laplacian
from core.head.pose import similarity
from core.head.topology import (
    FACE_POINTS,
    LID_LEFT_LOWER,
    LID_LEFT_UPPER,
    LID_RIGHT_LOWER,
    LID_RIGHT_UPPER,
    LIP_INNER_LOWER,
    LIP_INNER_UPPER,
)

Array = NDArray[np.float64]

ROWS = {
    "lid_right_upper": LID_RIGHT_UPPER,
    "lid_right_lower": LID_RIGHT_LOWER,
    "lid_left_upper": LID_LEFT_UPPER,
    "lid_left_lower": LID_LEFT_LOWER,
    "lip_upper": LIP_INNER_UPPER,
    "lip_lower": LIP_INNER_LOWER,
}
"""Rows of tracked points that belong on the margins of the ICT head of the same name."""

SKINS = ((214.0, 178.0, 150.0), (195.0, 150.0, 120.0), (140.0, 95.0, 70.0), (228.0, 200.0, 175.0))
VIEWS = (
    (0, 0, 0.0),
    (20, 0, 0.0),
    (-20, 0, 0.0),
    (42, 0, 0.0),
    (-42, 0, 0.0),
    (0, -12, 0.0),
    (0, 12, 0.0),
    (0, 0, 0.35),
)
"""(yaw, pitch, jawOpen) of the renders."""
FAR_HIT = 1.2
"""ICT units from the median beyond which a hit is on the wrong side of the head."""


@dataclass(frozen=True, slots=True, eq=False)
class Correspondence:
    """corners: (468, 3) vertices of the ICT head. weights: (468, 3) their barycentric weights.

    asymmetry: rms of the hits against their mirror image, in eye distances.
    """

    corners: NDArray[np.int64]
    weights: Array
    asymmetry: float

    def sample(self, values: Array) -> Array:
        """Values at the head's vertices (n, 3) -> at the points (468, 3), axes turned to canonical ones."""
        return np.asarray(np.einsum("nk,nkd->nd", self.weights, values[self.corners]) * [1, -1, -1])


def correspond(
    head: IctHead, neutral: Array, mirror: NDArray[np.int64], people: int, log: Callable[[str], None]
) -> Correspondence:
    """Track renders of `people` heads in eight views and find the common places on the surface."""
    places, weight = _hits(head, people)
    flip = mirror[:FACE_POINTS]
    middle = _geometric_median(places, weight)
    unit = float(np.linalg.norm(middle[33] - middle[263]))
    asymmetry = float(np.sqrt((((middle - middle[flip] * FLIP) / unit) ** 2).sum(axis=1).mean()))
    middle = 0.5 * (middle + middle[flip] * FLIP)
    scatter = np.median(np.linalg.norm(places - middle, axis=2), axis=0) / unit
    log(f"renders tracked: {len(places)} of {people * len(VIEWS)}, scatter of a point {np.median(scatter):.4f}")

    rows = sorted({point for row in ROWS.values() for point in row})
    for name, row in ROWS.items():
        middle[list(row)] = _on_margin(middle[list(row)], head.vertices[head.margins[name]], neutral[list(row)])
    middle = 0.5 * (middle + middle[flip] * FLIP)
    skin = head.triangles[head.of("Face", "BackHead")]
    surface = Surface(head.vertices, skin)
    points = _smoothed(middle, scatter, rows, neutral, flip, surface)
    points[rows] = middle[rows]
    corners, weights, distance = surface.nearest(points)
    log(f"largest distance of a point to the mesh: {distance.max() / unit:.4f}")
    return Correspondence(corners, weights, asymmetry)


def _hits(head: IctHead, people: int) -> tuple[Array, Array]:
    """Places (r, 468, 3) on the mean head hit by the points in r renders, and their weights (r, 468)."""
    studio, mesh, rng = Studio(head), FaceMesh(still=True), np.random.default_rng(1)
    solid = [head.materials.index(name) for name in ("Face", "BackHead")]
    jaw_open, places, weights = head.shape("jawOpen"), [], []
    for number in range(people):
        person = head.vertices + (0 if number == 0 else head.person(rng))
        for yaw, pitch, jaw in VIEWS:
            vertices = person + jaw * jaw_open
            light = (float(rng.uniform(-0.6, 0.6)), 0.5, 0.8)
            render = studio.render(vertices, yaw=yaw, pitch=pitch, skin=SKINS[number % len(SKINS)], light=light)
            points = mesh(render.picture)
            if points is None:
                continue
            face = (render.triangle >= 0) & np.isin(studio.material[np.maximum(render.triangle, 0)], solid)
            distance, label = cv2.distanceTransformWithLabels(
                (~face).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
            )
            y, x = np.nonzero(face)
            nearest = np.zeros((label.max() + 1, 2), dtype=np.int64)
            nearest[label[y, x]] = np.column_stack([y, x])
            grid = points[:FACE_POINTS, :2] * studio.over + 0.5 * (studio.over - 1)
            cell = np.clip(np.round(grid).astype(np.int64), 0, face.shape[0] - 1)
            at = nearest[label[cell[:, 1], cell[:, 0]]]
            corners = studio.triangles[render.triangle[at[:, 0], at[:, 1]]]
            share = render.barycentric[at[:, 0], at[:, 1]]
            places.append(np.einsum("nk,nkd->nd", share, head.vertices[corners]))
            a, b, c = (vertices[corners[:, k]] for k in range(3))
            normal = np.cross(b - a, c - a)
            normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12
            facing = np.clip(np.abs(normal @ render.rotation.T[:, 2]), 0.02, 1)
            miss = distance[cell[:, 1], cell[:, 0]] / studio.over
            weights.append(facing**2 / (1 + (miss / 2) ** 2) * (0.3 if jaw else 1.0))
    mesh.close()
    return np.array(places), np.array(weights)


def _geometric_median(places: Array, weight: Array) -> Array:
    """(r, n, 3) with weights (r, n) -> (n, 3) by Weiszfeld's iteration, far hits dropped after a third of it."""
    middle = (places * weight[..., None]).sum(axis=0) / weight.sum(axis=0)[:, None]
    for step in range(36):
        distance = np.linalg.norm(places - middle, axis=2)
        near = distance < FAR_HIT if step > 12 else np.ones_like(distance)
        pull = weight / (distance + 0.08) * near + 1e-9
        middle = (places * pull[..., None]).sum(axis=0) / pull.sum(axis=0)[:, None]
    return np.asarray(middle)


def _along(line: Array, fraction: Array) -> Array:
    """Points at fractions of the arc length of a polyline (n, 3)."""
    arc = _arc(line)
    return np.column_stack([np.interp(fraction, arc, line[:, k]) for k in range(3)])


def _arc(line: Array) -> Array:
    length = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))]
    return np.asarray(length / length[-1])


def _on_margin(points: Array, margin: Array, canonical: Array) -> Array:
    """A row of points moved onto a margin: arc position half detected, half as on the canonical face."""
    fraction = np.linspace(0, 1, 400)
    curve = _along(margin, fraction)
    detected = fraction[np.linalg.norm(points[:, None] - curve[None], axis=2).argmin(axis=1)]
    wanted = 0.5 * (detected + _arc(canonical))
    wanted[0], wanted[-1] = 0.0, 1.0
    return _along(margin, np.maximum.accumulate(wanted))


def _smoothed(
    middle: Array, scatter: Array, rows: list[int], neutral: Array, flip: NDArray[np.int64], surface: Surface
) -> Array:
    """Points drawn towards the canonical face's Laplacian where hits scatter, and back to the surface."""
    laplacian = uniform_laplacian()
    turned = neutral[:FACE_POINTS] * [1, -1, -1]
    goal = laplacian @ similarity(turned, middle).to_picture(turned)
    trust = 1 / (1 + (scatter / 0.02) ** 2)
    trust[rows] = 30
    system = sp.vstack([sp.diags(np.sqrt(trust)), laplacian]).tocsc()
    factor = splu((system.T @ system).tocsc())
    points, target = middle.copy(), middle.copy()
    for _ in range(4):
        points = factor.solve(system.T @ np.vstack([np.sqrt(trust)[:, None] * target, goal]))
        points = 0.5 * (points + points[flip] * FLIP)
        corners, weights, _ = surface.nearest(points)
        points = np.einsum("nk,nkd->nd", weights, surface.vertices[corners])
        target = 0.5 * (middle + points)
    return points


class Surface:
    """Closest points on a triangle mesh."""

    def __init__(self, vertices: Array, triangles: NDArray[np.int64], candidates: int = 32) -> None:
        self.vertices, self.triangles, self.candidates = vertices, triangles, candidates
        self._tree = cKDTree(vertices[triangles].mean(axis=1))

    def nearest(self, points: Array) -> tuple[NDArray[np.int64], Array, Array]:
        """(n, 3) -> corners (n, 3), barycentric weights (n, 3), distances (n,)."""
        _, candidates = self._tree.query(points, self.candidates)
        best = np.full(len(points), np.inf)
        corners = np.zeros((len(points), 3), dtype=np.int64)
        weights = np.zeros((len(points), 3))
        for triangle in candidates.T:
            spots = self.triangles[triangle]
            a, b, c = (self.vertices[spots[:, k]] for k in range(3))
            share = _closest_weights(points, a, b, c)
            distance = np.linalg.norm(points - np.einsum("nk,nkd->nd", share, self.vertices[spots]), axis=1)
            closer = distance < best
            best[closer], corners[closer], weights[closer] = distance[closer], spots[closer], share[closer]
        return corners, weights, best


def _closest_weights(p: Array, a: Array, b: Array, c: Array) -> Array:
    """Barycentric weights (n, 3) of the points of triangles abc nearest to p."""

    def dot(u: Array, v: Array) -> Array:
        return np.asarray((u * v).sum(axis=1))

    ab, ac, ap = b - a, c - a, p - a
    scale = dot(ab, ab) * dot(ac, ac) - dot(ab, ac) ** 2 + 1e-18
    v = (dot(ac, ac) * dot(ap, ab) - dot(ab, ac) * dot(ap, ac)) / scale
    w = (dot(ab, ab) * dot(ap, ac) - dot(ab, ac) * dot(ap, ab)) / scale
    out = np.column_stack([1 - v - w, v, w])
    outside = (out < 0).any(axis=1)
    best = np.full(len(p), np.inf)
    corners = (a, b, c)
    for i, j in ((0, 1), (1, 2), (2, 0)):
        edge = corners[j] - corners[i]
        t = np.clip(dot(p - corners[i], edge) / (dot(edge, edge) + 1e-18), 0, 1)
        distance = np.linalg.norm(p - corners[i] - t[:, None] * edge, axis=1)
        better = outside & (distance < best)
        best[better] = distance[better]
        out[better] = 0
        out[better, i], out[better, j] = 1 - t[better], t[better]
    return out
