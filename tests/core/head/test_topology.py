from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from core.head import topology
from core.head.topology import FACE_POINTS, FALSE_TRIANGLES, POINTS, TRIANGLES, Landmark, strip

ROWS = {
    name: row
    for name, row in vars(topology).items()
    if name.isupper() and isinstance(row, tuple) and name != "FALSE_TRIANGLES"
}
PAIRED = [
    ("LIP_INNER_UPPER", "LIP_INNER_LOWER"),
    ("LIP_OUTER_UPPER", "LIP_OUTER_LOWER"),
    ("LID_RIGHT_UPPER", "LID_RIGHT_LOWER"),
    ("LID_LEFT_UPPER", "LID_LEFT_LOWER"),
]


@pytest.fixture(scope="module")
def mesh() -> frozenset[frozenset[int]]:
    """MediaPipe's own edges: the independent source of the triangles."""
    from mediapipe.python.solutions.face_mesh_connections import FACEMESH_TESSELATION

    return frozenset(frozenset(edge) for edge in FACEMESH_TESSELATION)


def edges_of(triangles: np.ndarray) -> Counter[frozenset[int]]:
    return Counter(frozenset(pair) for a, b, c in triangles.tolist() for pair in ((a, b), (b, c), (c, a)))


def test_the_table_is_the_three_cliques_of_mediapipes_tessellation(mesh: frozenset[frozenset[int]]) -> None:
    near: dict[int, set[int]] = {point: set() for point in range(FACE_POINTS)}
    for a, b in map(tuple, mesh):
        near[a].add(b)
        near[b].add(a)
    cliques = {frozenset((a, b, c)) for a in near for b in near[a] for c in near[a] & near[b]}
    false = {frozenset(triangle) for triangle in FALSE_TRIANGLES}
    assert false <= cliques
    assert {frozenset(triangle) for triangle in TRIANGLES.tolist()} == cliques - false
    assert len(TRIANGLES) == 852


def test_the_surface_has_no_edge_with_three_sides_and_reaches_every_point(mesh: frozenset[frozenset[int]]) -> None:
    edges = edges_of(TRIANGLES)
    assert set(edges.values()) == {1, 2}
    assert set(edges) == mesh
    assert set(np.unique(TRIANGLES)) == set(range(FACE_POINTS))


def test_the_open_rims_are_the_oval_the_mouth_and_the_eyes() -> None:
    rim = {edge for edge, sides in edges_of(TRIANGLES).items() if sides == 1}
    loops = {
        "oval": [*topology.OVAL, topology.OVAL[0]],
        "mouth": [*topology.LIP_INNER_UPPER, *topology.LIP_INNER_LOWER[-2::-1]],
        "right eye": [*topology.LID_RIGHT_UPPER, *topology.LID_RIGHT_LOWER[-2::-1]],
        "left eye": [*topology.LID_LEFT_UPPER, *topology.LID_LEFT_LOWER[-2::-1]],
    }
    assert rim == {frozenset(pair) for loop in loops.values() for pair in pairwise(loop)}


def test_all_triangles_turn_the_same_way() -> None:
    directed = [pair for a, b, c in TRIANGLES.tolist() for pair in ((a, b), (b, c), (c, a))]
    assert len(directed) == len(set(directed))


@pytest.mark.parametrize(("upper", "lower"), PAIRED)
def test_upper_and_lower_rows_share_their_corners_and_nothing_else(upper: str, lower: str) -> None:
    above, below = ROWS[upper], ROWS[lower]
    assert len(above) == len(below)
    assert (above[0], above[-1]) == (below[0], below[-1])
    assert not set(above[1:-1]) & set(below[1:-1])


@pytest.mark.parametrize("name", [name for name in ROWS if not name.startswith("IRIS")])
def test_rows_follow_edges_of_the_mesh(name: str, mesh: frozenset[frozenset[int]]) -> None:
    row = ROWS[name]
    assert len(set(row)) == len(row)
    assert all(frozenset(pair) in mesh for pair in pairwise(row))


def test_lids_run_from_the_outer_corner_to_the_inner_one() -> None:
    assert (topology.LID_RIGHT_UPPER[0], topology.LID_RIGHT_UPPER[-1]) == (
        Landmark.EYE_RIGHT_OUTER,
        Landmark.EYE_RIGHT_INNER,
    )
    assert (topology.LID_LEFT_UPPER[0], topology.LID_LEFT_UPPER[-1]) == (
        Landmark.EYE_LEFT_OUTER,
        Landmark.EYE_LEFT_INNER,
    )


def test_irises_fill_the_points_after_the_face() -> None:
    assert (*topology.IRIS_RIGHT, *topology.IRIS_LEFT) == tuple(range(FACE_POINTS, POINTS))


def test_a_strip_between_two_rows_closes_the_gap_without_overlap() -> None:
    faces = np.array(strip(topology.LIP_INNER_UPPER, topology.LIP_INNER_LOWER))
    edges = edges_of(faces)
    rim = {edge for edge, sides in edges.items() if sides == 1}
    loop = [*topology.LIP_INNER_UPPER, *topology.LIP_INNER_LOWER[-2::-1]]
    assert rim == {frozenset(pair) for pair in pairwise(loop)}
    assert set(edges.values()) == {1, 2}
    assert all(len(set(face)) == 3 for face in faces.tolist())


def test_nobody_can_write_to_the_table() -> None:
    with pytest.raises(ValueError, match="read-only"):
        TRIANGLES[0] = 0
