from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.generation.mesh.untangle import SWEEPS, untangle


def grid(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Points and triangles of an n by n sheet."""
    y, x = np.mgrid[:n, :n]
    points = np.stack([x.ravel(), y.ravel()], axis=1).astype(float)
    faces = []
    for i in range(n - 1):
        for j in range(n - 1):
            a = i * n + j
            faces += [(a, a + 1, a + n), (a + 1, a + n + 1, a + n)]
    return points, np.array(faces, np.int32)


def test_a_sheet_without_folds_is_left_exactly_as_it_is() -> None:
    rest, faces = grid(6)
    moved = rest * [1.3, 0.7] + 4.0
    before = moved.copy()
    assert untangle(rest, moved, faces, np.ones(len(rest))) == 0
    np.testing.assert_array_equal(moved, before)


@given(st.integers(0, 10_000))
@settings(max_examples=25)
def test_folds_are_pushed_out(seed: int) -> None:
    rest, faces = grid(7)
    rng = np.random.default_rng(seed)
    moved = rest.copy()
    for k in rng.choice(len(rest), 3, replace=False):
        moved[k] += rng.normal(0, 0.9, 2)
    assert untangle(rest, moved, faces, np.ones(len(rest))) <= SWEEPS
    a, b, c = (moved[faces[:, k]] for k in range(3))
    area = (b - a)[:, 0] * (c - a)[:, 1] - (c - a)[:, 0] * (b - a)[:, 1]
    assert np.minimum(area, 0).sum() > -0.02


def test_vertices_that_do_not_ease_stay_put() -> None:
    rest, faces = grid(5)
    moved = rest.copy()
    moved[12] += [1.6, 0.2]
    ease = np.ones(len(rest))
    ease[12] = 0
    untangle(rest, moved, faces, ease)
    np.testing.assert_array_equal(moved[12], rest[12] + [1.6, 0.2])


def test_a_small_change_stays_small_while_a_fold_forms(areas: Callable[..., np.ndarray]) -> None:
    rest, faces = grid(6)
    ease = np.ones(len(rest))
    before = None
    for step in np.linspace(0, 2.2, 221):
        moved = rest.copy()
        moved[14] += [step, 0.3 * step]
        untangle(rest, moved, faces, ease)
        if before is not None:
            assert np.abs(moved - before).max() < 0.06
        before = moved
