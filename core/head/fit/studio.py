"""Renders the ICT head with procedural make-up, well enough for a face tracker to take it for a person.

A z-buffer keeps per pixel the triangle and the barycentric coordinates, so that a tracked point can be
traced back to the place on the head that it marks.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from core.head.fit.ict import EYEBALL_CENTRE, IctHead

Array = NDArray[np.float64]

DRAWN = ("Face", "BackHead", "ScleraLeft", "ScleraRight", "IrisLeft", "IrisRight", "Teeth", "GumsTongue")
"""Parts that are drawn; the lashes are left out because they render as a black band."""
BACKGROUND = (160.0, 165.0, 170.0)
CAMERA_DISTANCE = 90.0
FRAME_WIDTH = 26.0
PAINT_SIZE = 1040
"""Pixels of the maps on which make-up is painted, over the same frame width as the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Render:
    """picture: RGB (s, s, 3). triangle: (os, os) index of the head's triangles, -1 outside, on a grid `over`
    times as fine. barycentric: (os, os, 3). rotation: (3, 3) of the head in front of the camera.
    """

    picture: NDArray[np.uint8]
    triangle: NDArray[np.int32]
    barycentric: NDArray[np.float32]
    rotation: Array
    over: int


@njit(cache=True, nogil=True)
def _rasterise(points, depth, triangles, ids, bary, near):  # type: ignore[no-untyped-def]
    """Fill ids (h, w), bary (h, w, 3) and near (h, w) by nearest triangle; points (n, 2) in pixels."""
    height, width = ids.shape
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, bx, by, cx, cy = points[a, 0], points[a, 1], points[b, 0], points[b, 1], points[c, 0], points[c, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if abs(area) < 1e-9:
            continue
        x0, x1 = max(int(np.ceil(min(ax, bx, cx))), 0), min(int(np.floor(max(ax, bx, cx))), width - 1)
        y0, y1 = max(int(np.ceil(min(ay, by, cy))), 0), min(int(np.floor(max(ay, by, cy))), height - 1)
        for y in range(y0, y1 + 1):
            for x in range(x0, x1 + 1):
                u = ((bx - x) * (cy - y) - (by - y) * (cx - x)) / area
                v = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) / area
                w = 1.0 - u - v
                if u < 0 or v < 0 or w < 0:
                    continue
                # Perspective: 1/z is linear in the picture.
                u, v, w = u / depth[a], v / depth[b], w / depth[c]
                inverse = u + v + w
                if inverse > near[y, x]:
                    near[y, x] = inverse
                    ids[y, x] = t
                    bary[y, x, 0], bary[y, x, 1], bary[y, x, 2] = u / inverse, v / inverse, w / inverse


class Studio:
    """`size` is the picture's side in pixels, `over` the supersampling per axis."""

    def __init__(self, head: IctHead, size: int = 512, over: int = 2) -> None:
        self.head, self.size, self.over = head, size, over
        drawn = head.of(*DRAWN)
        self.triangles = head.triangles[drawn]
        self.material = head.material[drawn]
        points = head.vertices[head.points68][:, :2]
        brows = [np.vstack([row + [0, 0.18], (row - [0, 0.28])[::-1]]) for row in (points[17:22], points[22:27])]
        self._lips = _painted([points[48:60]])
        self._brows = _painted(brows)
        rng = np.random.default_rng(0)
        self._hair = cv2.GaussianBlur(rng.normal(0, 1, (PAINT_SIZE, PAINT_SIZE)), (0, 0), 1.2) * 3
        self._pores = cv2.GaussianBlur(rng.normal(0, 1, (PAINT_SIZE, PAINT_SIZE)), (0, 0), 2) * 5

    def render(
        self,
        vertices: Array,
        *,
        yaw: float = 0.0,
        pitch: float = 0.0,
        skin: tuple[float, float, float] = (214.0, 178.0, 150.0),
        light: tuple[float, float, float] = (-0.35, 0.5, 0.8),
        look: tuple[float, float] = (0.0, 0.0),
    ) -> Render:
        """yaw and pitch in degrees about the head's own axes; `look` moves the left iris, in ICT units."""
        a, b = np.radians([yaw, pitch])
        about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
        about_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
        rotation = about_x @ about_y
        turned = (vertices - [0, 0, 4.0]) @ rotation.T
        side = self.size * self.over
        depth = CAMERA_DISTANCE - turned[:, 2]
        focal = side / FRAME_WIDTH * CAMERA_DISTANCE
        points = np.column_stack([side / 2 + focal * turned[:, 0] / depth, side * 0.52 - focal * turned[:, 1] / depth])
        ids = np.full((side, side), -1, np.int32)
        barycentric = np.zeros((side, side, 3), np.float32)
        _rasterise(points, depth, self.triangles, ids, barycentric, np.zeros((side, side)))

        hit = ids >= 0
        corners, weight, material = self.triangles[ids[hit]], barycentric[hit], self.material[ids[hit]]
        faces = np.cross(
            turned[self.triangles[:, 1]] - turned[self.triangles[:, 0]],
            turned[self.triangles[:, 2]] - turned[self.triangles[:, 0]],
        )
        normals: Array = np.zeros_like(turned)
        for k in range(3):
            np.add.at(normals, self.triangles[:, k], faces)
        normal = np.einsum("nk,nkd->nd", weight, normals[corners])
        normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
        normal *= np.sign(normal[:, 2:] + 1e-9)
        key = np.array(light) / np.linalg.norm(light)
        shade = 0.42 + 0.62 * np.clip(normal @ key, 0, 1) + 0.18 * np.clip(normal @ [0.7, 0.1, 0.7], 0, 1)
        place = np.einsum("nk,nkd->nd", weight, self.head.vertices[corners])
        picture = np.tile(np.array(BACKGROUND), (side, side, 1))
        picture[hit] = self._colour(place, material, np.array(skin), look) * shade[:, None]
        small = cv2.resize(np.clip(picture, 0, 255), (self.size, self.size), interpolation=cv2.INTER_AREA)
        return Render(small.astype(np.uint8), ids, barycentric, rotation, self.over)

    def _colour(self, place: Array, material: NDArray[np.int64], skin: Array, look: tuple[float, float]) -> Array:
        """RGB (n, 3) of places (n, 3) on the mean head."""
        columns, rows = _cells(place[:, 0]), _cells(place[:, 1])
        front = place[:, 2] > 4
        colour = skin + (self._pores[rows, columns] * front)[:, None]
        colour = _over(colour, 0.75 * self._lips[rows, columns] * (place[:, 2] > 8.5), (190, 105, 110))
        strands = self._hair[rows, columns]
        brow = np.clip(self._brows[rows, columns] * front * (0.9 + 0.4 * strands), 0, 1)
        colour = _over(colour, 0.8 * brow, (70, 55, 45))
        x, y, z = place.T
        scalp = ((y > 9.6 - np.maximum(0, 7 - z) * 0.9) & (y > 2)) | ((y > -2) & (z < -1))
        colour = np.where(scalp[:, None], np.array([58.0, 45.0, 38.0]) * (1 + 0.5 * strands)[:, None], colour)
        for name in ("Left", "Right"):
            eye = np.isin(material, [self.head.materials.index(part + name) for part in ("Sclera", "Iris")])
            centre = np.array(EYEBALL_CENTRE) * [1 if name == "Left" else -1, 1]
            moved = centre + look if name == "Left" else centre
            radius = np.linalg.norm(place[eye, :2] - moved, axis=1, keepdims=True)
            colour[eye] = np.where(radius < 0.24, (18, 15, 15), np.where(radius < 0.6, (110, 80, 60), (228, 224, 222)))
        colour[material == self.head.materials.index("Teeth")] = (232, 222, 205)
        colour[material == self.head.materials.index("GumsTongue")] = (150, 75, 80)
        cavity = (material == self.head.materials.index("Face")) & (z < 8.8) & (y < -1.5) & (y > -7) & (np.abs(x) < 3.2)
        colour[cavity] = (70, 30, 40)
        return colour


def _cells(coordinate: Array) -> NDArray[np.int64]:
    return np.clip(((coordinate + 10) / FRAME_WIDTH * PAINT_SIZE).astype(np.int64), 0, PAINT_SIZE - 1)


def _painted(outlines: list[Array]) -> Array:
    """(PAINT_SIZE, PAINT_SIZE) soft mask of polygons in ICT units."""
    mask = np.zeros((PAINT_SIZE, PAINT_SIZE), np.uint8)
    for outline in outlines:
        cv2.fillPoly(mask, [np.round((outline + 10) / FRAME_WIDTH * PAINT_SIZE).astype(np.int32)], 255)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 3) / 255.0)


def _over(base: Array, alpha: Array, colour: tuple[float, float, float]) -> Array:
    return np.asarray(base * (1 - alpha[:, None]) + np.array(colour, dtype=np.float64) * alpha[:, None])
