"""The ICT head (ICT-FaceKit, MIT, ICT Vision and Graphics Lab) as arrays, in its own units: x right, y up, z near.

Only numbers that are fitted with its help are kept; its files are read from the data folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Array = NDArray[np.float64]

IDENTITY_SPREAD = 0.75
"""Standard deviation of the identity coefficients of heads made at random."""
EYEBALL_CENTRE = (3.12, 3.60)
"""(x, y) of the left eyeball; the right one has -x."""

MARGINS = {
    "lid_right_upper": (36, 37, 38, 39),
    "lid_right_lower": (36, 41, 40, 39),
    "lid_left_upper": (45, 44, 43, 42),
    "lid_left_lower": (45, 46, 47, 42),
    "lip_upper": (60, 61, 62, 63, 64),
    "lip_lower": (60, 67, 66, 65, 64),
}
"""Stops of lid and lip margins among the head's 68 Multi-PIE points."""


class IctHead:
    """vertices (n, 3); triangles (m, 3); material (m,) index into `materials`; points68 (68,) vertices."""

    def __init__(self, folder: Path) -> None:
        arrays = np.load(folder / "ict_facekit_light.npz")
        self.vertices: Array = arrays["neutral"].astype(np.float64)
        self._shape_names = [str(name) for name in arrays["expr_names"]]
        self._shapes = arrays["expr_deltas"]
        self._identity = arrays["id_deltas"].astype(np.float32)
        self.materials = [str(name).removeprefix("M_") for name in arrays["material_names"]]
        faces, material = arrays["quads"], arrays["face_material"]
        quad = faces[:, 3] >= 0
        self.triangles: NDArray[np.int64] = np.vstack([faces[:, :3], faces[quad][:, [0, 2, 3]]]).astype(np.int64)
        self.material: NDArray[np.int64] = np.r_[material, material[quad]].astype(np.int64)
        indices = json.loads((folder / "vertex_indices.json").read_text(encoding="utf-8"))
        self.points68 = np.array(indices["idx_to_landmark_verts"])
        skin = faces[quad & (material == self.materials.index("Face"))]
        self._edges = np.vstack([skin[:, [k, (k + 1) % 4]] for k in range(4)])
        self.margins = {name: self._path(self.points68[list(stops)]) for name, stops in MARGINS.items()}

    def of(self, *names: str) -> NDArray[np.bool_]:
        """(m,) which triangles are made of one of these materials."""
        return np.isin(self.material, [self.materials.index(name) for name in names])

    def shape(self, name: str) -> Array:
        """(n, 3) displacement of an ARKit shape at 1; zero for tongueOut, which the head lacks.

        browInnerUp and cheekPuff are the sum of both sides, cheekSquint is half of the head's own and
        half of its cheekRaiser. The head's eyeLook moves lids and sockets but not the eyeballs.
        """
        if name == "tongueOut":
            return np.zeros_like(self.vertices)
        if name in self._shape_names:
            return self._delta(name)
        if f"{name}_L" in self._shape_names:
            return self._delta(f"{name}_L") + self._delta(f"{name}_R")
        stem, side = (name[:-4], "_L") if name.endswith("Left") else (name[:-5], "_R")
        if stem == "cheekSquint":
            return 0.5 * self._delta(f"cheekSquint{side}") + 0.5 * self._delta(f"cheekRaiser{side}")
        return self._delta(stem + side)

    def _delta(self, name: str) -> Array:
        return np.asarray(self._shapes[self._shape_names.index(name)].astype(np.float64))

    def person(self, rng: np.random.Generator) -> Array:
        """(n, 3) displacement that makes a random person of the mean head."""
        coefficients = rng.normal(0.0, IDENTITY_SPREAD, len(self._identity)).astype(np.float32)
        return np.tensordot(coefficients, self._identity, 1).astype(np.float64)

    def _path(self, stops: Iterable[int]) -> NDArray[np.int64]:
        """Vertices of the shortest way along skin edges through all stops."""
        a, b = self._edges.T
        length = np.linalg.norm(self.vertices[a] - self.vertices[b], axis=1)
        n = len(self.vertices)
        one_way = sp.coo_matrix((length, (a, b)), (n, n)).tocsr()
        # An edge of two quads is listed twice and summed; both its directions agree after the maximum.
        graph = one_way.maximum(one_way.T)
        way: list[int] = []
        for start, end in pairwise(stops):
            previous = sp.csgraph.dijkstra(graph, directed=False, indices=start, return_predecessors=True)[1]
            leg = [int(end)]
            while leg[-1] != start:
                leg.append(int(previous[leg[-1]]))
            way += leg[::-1][bool(way) :]
        return np.array(way)
